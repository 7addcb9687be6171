"""Screen: the one path of a piece of content from receipt to decision, without writing anything."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from forestall.flow import intake, notice, read
from forestall.model.content import Content
from forestall.model.decision import MACHINE, Decision, Fact
from forestall.model.ports import Clock, Detector, NewId, Opener
from forestall.model.reading import Reading, Role
from forestall.model.records import Retention, StoredContent
from forestall.policy.evaluate import evaluate
from forestall.policy.ruleset import Ruleset


@dataclass(frozen=True, slots=True)
class Screened:
    """One screened item: as received, as opened, as it will be kept, and the decision on it."""

    content: Content
    reading: Reading
    stored: StoredContent
    decision: Decision


@dataclass(frozen=True, slots=True)
class Screening:
    """Everything screening needs. `versions` names every thing that can change a result; its digest is in each decision's key."""

    detectors: Sequence[Detector]
    opener: Opener
    ruleset: Ruleset
    versions: Mapping[str, str]
    clock: Clock
    new_id: NewId
    max_text: int
    _versions_digest: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        text = "\n".join(f"{name}={value}" for name, value in sorted(self.versions.items()))
        object.__setattr__(self, "_versions_digest", hashlib.sha256(text.encode()).digest())

    def screen(self, content: Content) -> Screened:
        """Receive, open, look and decide; writes nothing."""
        received = intake.receive(content, self.max_text)
        return self._decide(received, intake.revision_of(received))

    def key_of(self, content: Content) -> str:
        """Give the idempotency key that screening this content now would have."""
        received = intake.receive(content, self.max_text)
        return self._key(received.id, intake.revision_of(received))

    def _decide(self, content: Content, revision: str) -> Screened:
        reading = read.open_up(content, self.opener, self.max_text)
        findings = notice.look(reading, self.detectors)
        facts = facts_of(content, reading)
        verdict = evaluate(facts, findings, self.ruleset)
        at = self.clock()
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
            versions=self.versions,
            language=reading.language,
            key=self._key(content.id, revision),
        )
        retention = Retention.CASE if verdict.outcome.asks_a_person else Retention.TRANSIENT
        stored = intake.keep(content, revision, reading, retention, at)
        return Screened(content, reading, stored, decision)

    def _key(self, content_id: str, revision: str) -> str:
        digest = hashlib.sha256(self._versions_digest)
        digest.update(revision.encode())
        digest.update(content_id.encode())
        return digest.hexdigest()


def facts_of(content: Content, reading: Reading) -> dict[str, Fact]:
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
    }
