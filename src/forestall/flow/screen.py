"""Screen: the one path of a piece of content from receipt to decision, without writing anything."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from forestall.flow import intake, notice, read
from forestall.flow.advise import advice_on
from forestall.flow.asking import Asked, asking_nothing
from forestall.flow.samples import Samples
from forestall.flow.threads import Threads
from forestall.model.bank import Trace
from forestall.model.content import Content
from forestall.model.decision import MACHINE, Decision, Fact, Verdict
from forestall.model.ports import Adviser, Clock, Detector, NewId, Opener, Tracer
from forestall.model.reading import Reading, Role
from forestall.model.records import Retention, StoredContent
from forestall.model.rulebook import Shadow
from forestall.policy.consequence import Planned
from forestall.policy.consequence import planned as consequences
from forestall.policy.evaluate import evaluate, shadow
from forestall.policy.facts import NO_CRISIS
from forestall.policy.route import Place
from forestall.policy.route import place as place_of
from forestall.policy.ruleset import Ruleset


@dataclass(frozen=True, slots=True)
class Screened:
    """One screened item: as received, as opened, as it will be kept, the decision on it, and the signals kept for retro-hunts.

    `shadow` is what rules that are only watched would have said, where they would have said anything. `place` is where its case waits,
    where it asks a person; `planned` are the actions that follow from it. `sampled` says that it passes, and a person is to look at it
    all the same, for the sake of rules that are only watched.
    """

    content: Content
    reading: Reading
    stored: StoredContent
    decision: Decision
    traces: Sequence[Trace] = ()
    shadow: Shadow | None = None
    place: Place | None = None
    planned: Sequence[Planned] = ()
    sampled: bool = False


@dataclass(frozen=True, slots=True)
class Screening:
    """Everything screening needs.

    `current` names every thing that can change a result (their digest is in each decision's key) and gives the same object
    until one of them changes. `tracer` takes the signals that are kept, where any are.
    """

    detectors: Sequence[Detector]
    opener: Opener
    current: Callable[[], "Versions"]
    clock: Clock
    new_id: NewId
    max_text: int
    tracer: Tracer | None = None
    threads: Threads | None = None
    adviser: Adviser | None = None
    samples: Samples | None = None

    @property
    def ruleset(self) -> Ruleset:
        """The ruleset that decides now."""
        return self.current().ruleset

    @property
    def versions(self) -> Mapping[str, str]:
        """Name every thing that can change a result, with its version now."""
        return self.current().names

    def follow(self) -> bool:
        """Take in what others decided, where rules count it; tells whether there was anything."""
        return self.current().asked.counters.follow()

    def screen(self, content: Content) -> Screened:
        """Receive, open, look and decide; writes nothing."""
        received = intake.receive(content, self.max_text)
        return self._decide(received, intake.revision_of(received))

    def key_of(self, content: Content) -> str:
        """Give the idempotency key that screening this content now would have."""
        received = intake.receive(content, self.max_text)
        return _key(received.id, intake.revision_of(received), self.current())

    def open(self, content: Content) -> Reading:
        """Receive and open, no more."""
        return read.open_up(intake.receive(content, self.max_text), self.opener, self.max_text)

    def _decide(self, content: Content, revision: str) -> Screened:
        versions = self.current()  # before looking: what changes meanwhile is a new screening
        reading = read.open_up(content, self.opener, self.max_text)
        findings = notice.look(reading, self.detectors)
        at = self.clock()
        if self.threads is not None:
            findings += self.threads.look(content, at, findings, _own(reading), reading.language)
        facts = facts_of(content, reading, at)
        matched, asked = versions.asked.answer(content, revision, at, reading, findings)
        findings += matched
        facts |= asked
        facts["crisis"] = versions.crisis
        verdict = evaluate(facts, findings, versions.ruleset)
        if self.adviser is not None and verdict.outcome.asks_a_person:
            findings += advice_on(reading, findings, self.adviser, versions.ruleset)
            verdict = evaluate(facts, findings, versions.ruleset)
        decision = Decision(
            id=self.new_id(),
            content=content.id,
            revision=revision,
            outcome=verdict.outcome,
            priority=verdict.priority,
            by=MACHINE,
            at=at,
            reasons=verdict.reasons,
            excuses=verdict.excuses,
            unknowns=verdict.unknowns,
            findings=findings,
            facts=facts,
            versions=versions.names,
            language=reading.language,
            key=_key(content.id, revision, versions),
        )
        asks = verdict.outcome.asks_a_person
        fired, unknown = shadow(facts, findings, versions.ruleset)
        watched = Shadow(decision.id, at, fired, unknown) if fired or unknown else None
        sampled = not asks and watched is not None and self.samples is not None and self.samples.takes(watched)
        retention = Retention.CASE if asks or sampled else Retention.TRANSIENT
        stored = intake.keep(content, revision, reading, retention, at)
        traces = self.tracer.traces(reading) if self.tracer is not None else ()
        place = placed(decision, versions.ruleset) if asks else None
        planned = consequences(verdict, findings, versions.ruleset)
        return Screened(content, reading, stored, decision, traces, watched, place, planned, sampled)


def placed(decision: Decision, ruleset: Ruleset) -> Place:
    """Give where the case that a decision opens waits."""
    verdict = Verdict(decision.outcome, decision.priority, decision.reasons, decision.excuses, decision.unknowns)
    return place_of(decision.facts, decision.findings, verdict, ruleset, decision.at)


def _own(reading: Reading) -> str:
    """Give a post's own text, empty where it has none."""
    first = reading.segments[0] if reading.segments else None
    return first.text if first is not None and first.role is Role.BODY else ""


class Versions:
    """The versions of everything that can change a result: their `names`, a `digest` of them, the `ruleset` and what it asks.

    `crisis` is the kind of crisis in force.
    """

    __slots__ = ("asked", "crisis", "digest", "names", "ruleset")

    def __init__(
        self, names: Mapping[str, str], ruleset: Ruleset, asked: Asked | None = None, crisis: str = NO_CRISIS
    ) -> None:
        self.names = names
        self.ruleset = ruleset
        self.crisis = crisis
        self.asked = asking_nothing(ruleset) if asked is None else asked
        text = "\n".join(f"{name}={value}" for name, value in sorted(names.items()))
        self.digest = hashlib.sha256(text.encode()).digest()


def _key(content_id: str, revision: str, versions: Versions) -> str:
    """Give the idempotency key of a screening."""
    digest = hashlib.sha256(versions.digest)
    digest.update(revision.encode())
    digest.update(content_id.encode())
    return digest.hexdigest()


def facts_of(content: Content, reading: Reading, at: str) -> dict[str, Fact]:
    """Give the plain facts that rules may use: about the content and where it stood, never about a person."""
    roles = {segment.role for segment in reading.segments}
    return {
        "kind": content.kind,
        "audience": content.audience.value,
        "language": reading.language,
        "has_media": bool(content.attachments),
        "has_text": Role.BODY in roles or Role.PAGE in roles,
        "in_thread": bool(content.thread),
        "parts": len(reading.segments) + len(reading.files),
        "text_length": sum(len(segment.text) for segment in reading.segments),
        "at": at,
        **({"published": content.published} if content.published else {}),
        **({"surface": content.surface} if content.surface else {}),
        **({"jurisdiction": content.jurisdiction} if content.jurisdiction else {}),
    }
