"""The language of recruiting: cues, composed into the steps of recruiting, with the contexts that make speech safe."""

from forestall.detect.recruit.detector import Recruit
from forestall.detect.recruit.lexicon import lexicon
from forestall.model.ports import Detector

__all__ = ["detector"]


def detector() -> Detector:
    """Give the detector with the lexicon that comes with Forestall; loading it takes under a second, once per process."""
    return Recruit(lexicon())
