"""Threads: the steps of recruiting taken one after the other, over the posts of one account in one thread.

An approach that begins with sympathy, goes on to material and ends in a channel is seldom said in one post, and each post alone may well
pass. Here the posts of a thread are put in order, each as a `Moment` (what was noticed on it), and what one account said in it is added
up: a step counts fully only after an earlier one, and less the longer ago it was taken. Only the thread is put in front of a person,
with its timeline; nothing is said about who wrote it, and what was said in other threads does not count.

Labels:
    recruiting-thread (asks a person): steps of recruiting follow one another in this thread.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from forestall.detect.base import Declared
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.thread import Moment

THREAD = "recruiting-thread"
STAGES = ("approach", "material", "channel", "training", "binding")
"""The stages in the order in which recruiters take them."""

_WEIGHTS = dict(zip(STAGES, (1.8, 2.2, 2.4, 3.0, 3.2), strict=True))
"""What a stage adds where it is certain, in log-odds. Set by hand on made-up threads; see docs/quality.md."""
_BASE = -3.0
_FURTHER = 0.7
"""What each stage after the first adds for following on one before it."""
_OUT_OF_ORDER = 0.5
"""How far a stage counts that no earlier one came before."""
_HALF_LIFE = 30.0
"""Days after which a step counts half."""
_LEAST = 0.1
"""Certainty from which a step is remembered, and score from which a thread is worth a finding."""
_MOST_SHOWN = 12
"""Posts of a timeline that are shown."""

_STEPS: Mapping[str, str] = MappingProxyType(
    {
        "grievance": "approach",
        "propaganda": "material",
        "known-near": "material",
        "known-exact": "material",
        "known-text": "material",
        "known-unconfirmed": "material",
        "contact": "channel",
        "contact-invite": "channel",
        "training": "training",
        "pledge": "binding",
        "incitement": "binding",
    }
)
"""The labels of other detectors that show a stage."""
_SIGNS: Mapping[str, tuple[str, float]] = MappingProxyType(
    {
        **dict.fromkeys(("grievance", "belong", "band"), ("approach", 0.3)),
        **dict.fromkeys(("glory", "boast", "dehuman"), ("material", 0.3)),
        "media": ("material", 0.5),
        **dict.fromkeys(("reach", "channel", "travel", "minor"), ("channel", 0.25)),
        **dict.fromkeys(("covert", "secrecy"), ("channel", 0.4)),
        "join": ("channel", 0.3),
        **dict.fromkeys(("train", "opsec"), ("training", 0.35)),
        "device": ("training", 0.5),
        **dict.fromkeys(("task", "vetting", "duty"), ("binding", 0.35)),
        **dict.fromkeys(("oath", "act"), ("binding", 0.5)),
    }
)
"""Signs of the recruiting language (`signs.yaml`): the stage each shows and how far; several of one stage show more together. Here they
count whatever the post as a whole scores, as it is their order that says something."""
_CLOSED = 0.35
"""Score of an invitation to a closed place, which is at most 0.45 by itself, that shows a channel fully."""


class Threads(Declared):
    """Notices steps of recruiting that follow one another in a thread."""

    def __init__(self) -> None:
        super().__init__("recruit-thread", "1", {THREAD: Outcome.REVIEW})

    def moment(self, content: str, author: str, at: str, findings: Sequence[Finding]) -> Moment:
        """Give what is remembered of a post: its steps, with what contexts such as news take away already taken, and its points."""
        safe = max((found.score for found in findings if found.label.startswith("context-")), default=0.0)
        steps: dict[str, float] = {}
        for found in findings:
            stage = _STEPS.get(found.label)
            if stage is not None:
                known = found.label.startswith("known-")
                score = min(found.score / _CLOSED, 1.0) if found.label == "contact-invite" else found.score
                _raise(steps, stage, score if known else score * (1.0 - safe))
            elif found.label == "recruiting":
                for name, doubt in _doubts(found.evidence.get("signs", ())).items():
                    _raise(steps, name, (1.0 - doubt) * (1.0 - safe))
        points = {
            str(found.evidence.get("canonical")): None
            for found in findings
            if found.label in {"contact-invite", "contact-point"} and found.evidence.get("canonical")
        }
        return Moment(
            content, author, at, {name: round(steps[name], 4) for name in STAGES if name in steps}, tuple(points)
        )

    def look(self, moments: Sequence[Moment]) -> Iterable[Finding]:
        """Give a finding where the account that wrote the last post has taken steps one after the other, this post being one of them."""
        if not moments or not moments[-1].steps:
            return
        last = moments[-1]
        own = [moment for moment in moments if moment.author == last.author and moment.steps]
        if len(own) < 2:
            return
        taken = _taken(own, last.at)
        score = _score(taken)
        if score >= _LEAST and len(taken) > 1:
            yield self.finding(THREAD, round(score, 4), evidence=_evidence(own, taken))


def _doubts(signs: Iterable[str]) -> dict[str, float]:
    """Give for each stage that signs show how much doubt they leave."""
    doubts: dict[str, float] = {}
    for sign in signs:
        if sign in _SIGNS:
            stage, shown = _SIGNS[sign]
            doubts[stage] = doubts.get(stage, 1.0) * (1.0 - shown)
    return doubts


def _raise(steps: dict[str, float], stage: str, score: float) -> None:
    """Keep the highest certainty of a stage."""
    if score >= _LEAST:
        steps[stage] = max(steps.get(stage, 0.0), min(score, 1.0))


def _taken(moments: Sequence[Moment], now: str) -> dict[str, float]:
    """Give how certain each stage is by now: its best post, less for age, and less where no earlier stage came before it."""
    best: dict[str, float] = {}
    before: set[str] = set()
    for moment in moments:
        kept = 0.5 ** (_days(moment.at, now) / _HALF_LIFE)
        for stage, score in moment.steps.items():
            led = stage == STAGES[0] or any(STAGES.index(earlier) < STAGES.index(stage) for earlier in before)
            best[stage] = max(best.get(stage, 0.0), score * kept * (1.0 if led else _OUT_OF_ORDER))
        before.update(moment.steps)
    return {stage: best[stage] for stage in STAGES if best.get(stage, 0.0) >= _LEAST}


def _score(taken: Mapping[str, float]) -> float:
    """Add the stages up; without a channel or anything beyond it, sympathy and material ask for nothing and stay below one half."""
    total = _BASE + sum(_WEIGHTS[stage] * certain for stage, certain in taken.items())
    total += _FURTHER * sum(sorted(taken.values())[:-1])
    if not taken.keys() & set(STAGES[2:]):
        total = min(total, -0.4)
    return 1.0 / (1.0 + math.exp(-total))


def _evidence(moments: Sequence[Moment], taken: Mapping[str, float]) -> dict[str, Any]:
    """Say which post took which step when; the first and the newest where there are many."""
    shown = [*moments[: _MOST_SHOWN // 2], *moments[max(len(moments) - _MOST_SHOWN // 2, _MOST_SHOWN // 2) :]]
    return {
        "stages": [f"{stage} {certain:.2f}" for stage, certain in taken.items()],
        "timeline": [
            f"{moment.at} {moment.content}: {', '.join(f'{stage} {score:.2f}' for stage, score in moment.steps.items())}"
            for moment in shown
        ],
        "posts": len(moments),
        "points": sorted({point for moment in moments for point in moment.points})[:_MOST_SHOWN],
    }


def _days(then: str, now: str) -> float:
    """Give the days between two instants, never negative; 0 where one is no instant, so that a broken clock hides nothing."""
    try:
        return max((datetime.fromisoformat(now) - datetime.fromisoformat(then)).total_seconds() / 86_400, 0.0)
    except (ValueError, TypeError):
        return 0.0
