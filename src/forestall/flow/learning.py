"""Learning: a model from people's decisions. It is learnt, compared with the one in use, and used only after a person approved it.

The examples are the answers to cases that were opened for the language of recruiting: `pass` says that a text does not recruit, any
other answer that it does. What one account wrote, and what stands in one thread, is never split between learning and measuring.
Data on which a probe that sees only the form of a text (length, case, punctuation, emoji, links, script) does too well is refused: a
model would learn the form.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import IO, Any, Protocol

import msgspec

from forestall.flow.form import F1_LIMIT, form_f1
from forestall.flow.intake import valid
from forestall.model.decision import Decision
from forestall.model.errors import BadInput, Refused
from forestall.model.example import Example
from forestall.model.outcome import Outcome
from forestall.model.ports import Clock, Store
from forestall.model.reading import BODY
from forestall.model.records import Case, CaseState, Change, Event, StoredContent
from forestall.text.language import identify

LEAST = 200
"""Examples of each kind from which a model is learnt."""
LEAST_GROUPS = 20
"""Groups (accounts, threads) each kind must come from."""
LONGEST_NOTE = 2_000
"""Most characters of why a model was approved."""
_DETECTOR = "recruit"
_HALF = 0.5
_PAGE = 200
_MOST_LINE = 1_000_000
_SAFE, _RECRUITING = "safe", "recruiting"


class Shelf(Protocol):
    """The models there are, and which is in use."""

    @property
    def in_use(self) -> str:
        """The digest of the model in use."""
        ...

    def names(self) -> Sequence[str]:
        """Give the digests of all models, the one that comes with Forestall first."""
        ...

    def full(self, digest: str) -> str:
        """Give the whole digest that begins so, or of `bundled`; raises NotFound and BadInput."""
        ...

    def note(self, digest: str, report: bytes) -> None:
        """Keep a model's report."""
        ...

    def noted(self, digest: str) -> bytes:
        """Give a model's report; empty where there is none."""
        ...

    def load(self, digest: str) -> Any:
        """Read and verify a model; raises BadInput and NotFound."""
        ...

    def switch(self, digest: str) -> None:
        """Put a model in use; raises as `load` does."""
        ...


class Learner(Protocol):
    """Learns models from examples."""

    @property
    def shelf(self) -> Shelf:
        """Where they are kept."""
        ...

    def scores(self, examples: Sequence[Example], digest: str) -> list[float]:
        """Give what a model says of examples (0..1)."""
        ...

    def learn(self, examples: Sequence[Example]) -> tuple[str, list[float]]:
        """Learn a model and keep it; gives its digest, and what it says of each example where its group was left out of learning."""
        ...


class Count(msgspec.Struct, frozen=True):
    """How many of some examples score one half or more: with the new model, where their group was left out, and with the one in use."""

    total: int
    new: int
    old: int


class Comparison(msgspec.Struct, frozen=True):
    """A new model beside the one in use, on the same examples.

    `parts` are counts by what is counted: `recruiting` or `safe`, then `all`, or `language` or `family` and which.
    `form_f1` is what the probe of the form reached.
    """

    model: str
    beside: str
    made: str
    groups: int
    form_f1: float
    parts: dict[str, Count]


@dataclass(frozen=True, slots=True)
class Gathered:
    """Examples, and how many were left out and why."""

    examples: Sequence[Example]
    left_out: Mapping[str, int]


def gather(store: Store) -> Gathered:
    """Give the examples that people's answers make; content that was purged, or changed its answer, is left out."""
    examples: list[Example] = []
    left_out = {"about something else": 0, "purged": 0}
    links = _Links()
    for case in _concluded(store):
        asked, answer = store.decision(case.decision), store.decision(case.conclusion)
        if asked is None or answer is None or not _about_language(asked):
            left_out["about something else"] += 1
            continue
        content = store.content(case.content, case.revision)
        text = _text(content) if content is not None else ""
        if content is None or not text:
            left_out["purged"] += 1
            continue
        group = links.join(*_sources(content, text))
        family = asked.reasons[0].rule if asked.reasons else ""
        examples.append(Example(text, answer.outcome is not Outcome.PASS, group, family, content.language))
    return Gathered(links.grouped(examples), left_out)


def read_lines(file: IO[bytes]) -> Gathered:
    """Give the examples of JSON lines: `text`, `label` (`recruiting` or `safe`), and `group`, `family`, `language` where known.

    A line that can't be used is counted. Raises BadInput where none can.
    """
    examples: list[Example] = []
    bad = 0
    while line := file.readline(_MOST_LINE):
        if not line.strip():
            continue
        try:
            row = msgspec.json.decode(line, type=_Line)
        except msgspec.DecodeError:
            bad += 1
            continue
        group = row.group or f"line {len(examples)}"
        examples.append(
            Example(row.text, row.label == _RECRUITING, group, row.family, row.language or identify(row.text))
        )
    if not examples:
        raise BadInput("the file holds no example", 'write lines such as {"text": "…", "label": "safe", "group": "…"}')
    return Gathered(examples, {"not readable": bad} if bad else {})


def learn(learner: Learner, examples: Sequence[Example], clock: Clock, least: int = LEAST) -> Comparison:
    """Learn a model and compare it with the one in use; it is kept, and not used. Raises BadInput where the examples can't carry one."""
    found = check(examples, least)
    beside = learner.shelf.in_use
    old = learner.scores(examples, beside)
    digest, new = learner.learn(examples)
    compared = Comparison(
        digest,
        beside,
        clock(),
        len({example.group for example in examples}),
        round(found, 3),
        _parts(examples, new, old),
    )
    learner.shelf.note(digest, msgspec.json.encode(compared))
    return compared


def check(examples: Sequence[Example], least: int = LEAST) -> float:
    """Check that examples can carry a model; gives the F1 of the probe of their form. Raises BadInput saying what is missing."""
    for label, recruits in ((_RECRUITING, True), (_SAFE, False)):
        some = [example for example in examples if example.recruits is recruits]
        groups = {example.group for example in some}
        if len(some) < least or len(groups) < LEAST_GROUPS:
            raise BadInput(
                f"there are {len(some):,} {label} examples from {len(groups):,} accounts or threads",
                f"decide more cases first: it takes {least:,} from {LEAST_GROUPS} of each kind, or add some with --from",
            )
    found = form_f1(examples)
    if found > F1_LIMIT:
        raise BadInput(
            f"the form of the texts alone (length, case, punctuation, emoji, links, script) tells them apart with an F1 of {found:.2f}, "
            f"more than {F1_LIMIT:.2f}; a model would learn the form and not what is said",
            "add examples of both kinds in the same form, such as safe posts with as many links and of the same length",
        )
    return found


def compared(learner: Learner, digest: str) -> Comparison | None:
    """Give the report that was made when a model was learnt; None where there is none."""
    report = learner.shelf.noted(learner.shelf.full(digest))
    return msgspec.json.decode(report, type=Comparison) if report else None


@dataclass(frozen=True, slots=True)
class Approval:
    """Which model to use (the beginning of its digest, or `bundled`), who says so, and why."""

    digest: str
    by: str
    why: str


def approve(store: Store, learner: Learner, approval: Approval, clock: Clock) -> str:
    """Put a model in use from the next start on: a ledger line first, then the switch. Gives its digest.

    Repeating it after a crash does what was left undone. Raises NotFound, BadInput (no name, no reason, a damaged file), Refused where
    it is in use already.
    """
    digest = learner.shelf.full(approval.digest)
    by, why = valid(approval.by.strip()), valid(approval.why.strip())
    if not by or not why:
        raise BadInput("an approval needs a name and a reason", "say --by who you are and --why it is better")
    if len(by) + len(why) > LONGEST_NOTE:
        raise BadInput(f"name and reason have {len(by) + len(why):,} characters", f"say it in at most {LONGEST_NOTE:,}")
    before = learner.shelf.in_use
    if digest == before:
        raise Refused(f"the model {digest[:12]} is in use already")
    learner.shelf.load(digest)
    body = {"by": by, "note": why, "before": before}
    store.submit(Change((Event("model:approved", digest, clock(), body),))).result()
    learner.shelf.switch(digest)
    return digest


class _Line(msgspec.Struct):
    """A line of a file of examples."""

    text: str
    label: str
    group: str = ""
    family: str = ""
    language: str = ""

    def __post_init__(self) -> None:
        if self.label not in (_SAFE, _RECRUITING) or not self.text.strip():
            raise ValueError("not a label, or no text")


class _Links:
    """Joins names that must stay together (an account and a thread it wrote in) into groups."""

    def __init__(self) -> None:
        self._over: dict[str, str] = {}

    def join(self, *names: str) -> str:
        """Say that names, at least one, belong together; gives one of them."""
        first, *others = [self._top(name) for name in names]
        for other in others:
            self._over[other] = first
        return first

    def grouped(self, examples: Iterable[Example]) -> list[Example]:
        """Give examples with the name of their whole group."""
        return [replace(example, group=self._top(example.group)) for example in examples]

    def _top(self, name: str) -> str:
        """Give the name that stands for all that were joined with one."""
        while self._over.setdefault(name, name) != name:
            self._over[name] = self._over[self._over[name]]
            name = self._over[name]
        return name


def _concluded(store: Store) -> Iterator[Case]:
    """Give all answered cases."""
    cursor = ""
    while True:
        page = store.cases(CaseState.CONCLUDED, cursor, _PAGE)
        yield from page.items
        if not page.next_cursor:
            return
        cursor = page.next_cursor


def _about_language(asked: Decision) -> bool:
    """True where a reason of a decision rests on what the recruiting detector noticed in the post's own text."""
    rested = {index for reason in asked.reasons for index in reason.findings}
    return any(
        finding.detector == _DETECTOR and finding.part == BODY and index in rested
        for index, finding in enumerate(asked.findings)
    )


def _text(content: StoredContent) -> str:
    """Give a post's own text; empty where it was purged."""
    return next((segment.text for segment in content.segments if segment.part == BODY), "")


def _sources(content: StoredContent, text: str) -> Iterator[str]:
    """Name where a post comes from: its account and its thread, where known, and its words, as the same words may come again."""
    if content.author:
        yield f"author {content.author}"
    if content.thread:
        yield f"thread {content.thread}"
    yield f"text {hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def _parts(examples: Sequence[Example], new: Sequence[float], old: Sequence[float]) -> dict[str, Count]:
    """Count examples that score one half or more, by kind, language and family."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for example, now, before in zip(examples, new, old, strict=True):
        kind = _RECRUITING if example.recruits else _SAFE
        names = [f"{kind} all", f"{kind} language {example.language}"]
        if example.family:
            names.append(f"{kind} family {example.family}")
        for name in names:
            for place, value in enumerate((1, now >= _HALF, before >= _HALF)):
                counts[name][place] += value
    return {name: Count(*counts[name]) for name in sorted(counts)}
