"""Threads: what is remembered of one post when later posts of its thread are looked at."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Moment:
    """One post in a thread, as far as the thread as a whole is concerned: no text, only what was noticed.

    `content` and `author` are the platform's opaque ids, `at` an instant. `steps` are the steps of recruiting that detectors noticed
    (0..1 each, after what made them safe was taken away); `points` the contact points named, by canonical id.
    """

    content: str
    author: str
    at: str
    steps: Mapping[str, float] = field(default_factory=dict)
    points: tuple[str, ...] = ()

    @property
    def speaks(self) -> bool:
        """True where the post adds anything to what its thread says."""
        return bool(self.steps or self.points)
