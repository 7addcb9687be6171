"""The language of recruiting: cues, composed into the steps of recruiting, with the contexts that make speech safe."""

from forestall.detect.recruit.detector import Recruit
from forestall.detect.recruit.lexicon import lexicon, version
from forestall.detect.recruit.thread import Threads
from forestall.model.ports import Detector, ThreadDetector

__all__ = ["detector", "threads"]


def detector() -> Detector:
    """Give the detector with the lexicon that comes with Forestall, which is loaded when the first text is looked at."""
    return Recruit(version(), lexicon)


def threads() -> ThreadDetector:
    """Give what looks at whole threads."""
    return Threads()
