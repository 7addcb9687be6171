"""The language of recruiting: cues, composed into the steps of recruiting, with the contexts that make speech safe."""

from pathlib import Path

from forestall.detect.recruit.detector import Recruit
from forestall.detect.recruit.learner import Learner
from forestall.detect.recruit.lexicon import lexicon, version
from forestall.detect.recruit.modelfile import bundled, bundled_digest
from forestall.detect.recruit.shelf import Shelf
from forestall.detect.recruit.thread import Threads
from forestall.model.ports import Detector, ThreadDetector

__all__ = ["Learner", "detector", "threads"]


def detector(data: Path | None = None) -> Detector:
    """Give the detector with the lexicon that comes with Forestall and the model in use in a data folder.

    Lexicon and the model that comes with Forestall are loaded when the first text is looked at; a model approved in the data folder is
    verified at once. Raises BadInput where that was changed or is not signed, NotFound where it is gone.
    """
    shelf = Shelf(data) if data is not None else None
    if shelf is None or shelf.in_use == bundled_digest():
        return Recruit(_version(bundled_digest()), lexicon, bundled)
    model = shelf.load(shelf.in_use)
    return Recruit(_version(model.digest), lexicon, lambda: model)


def _version(digest: str) -> str:
    """Give the detector's version: that of the lexicon, and of the model."""
    return f"{version()}.{digest[:12]}"


def threads() -> ThreadDetector:
    """Give what looks at whole threads."""
    return Threads()
