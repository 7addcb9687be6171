"""Known material: signal types, the index, the library of all banks, and the detector that looks a reading up in it."""

from forestall.detect.match.detector import MatchDetector
from forestall.detect.match.library import Library
from forestall.detect.match.placed import placed
from forestall.detect.match.types import SignalTypes

__all__ = ["Library", "MatchDetector", "SignalTypes", "placed"]
