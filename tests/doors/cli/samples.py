"""Screened items made by hand, for what the command line shows."""

from forestall.flow.screen import Screened
from forestall.model.content import Audience, Content
from forestall.model.decision import Decision, Excuse, Reason
from forestall.model.finding import Finding, Span
from forestall.model.outcome import Outcome
from forestall.model.reading import Reading, Role, Segment
from forestall.model.records import Retention, StoredContent

AT = "2026-01-31T12:00:00.000Z"


def finding(label: str, *spans: Span, part: str = "text", score: float = 0.9, **evidence: object) -> Finding:
    """Give a finding."""
    return Finding("sample", "1", label, score, Outcome.REVIEW, part, spans, evidence)


def item(
    text: str,
    *findings: Finding,
    outcome: Outcome = Outcome.REVIEW,
    priority: float = 0.5,
    name: str = "1",
    language: str = "en",
    excused: tuple[int, ...] = (),
) -> Screened:
    """Give a screened item with one text, its findings, one reason where it needs a person, and one excuse where asked for."""
    segments = (Segment("text", Role.BODY, text),)
    reasons = (Reason("sample-rule", f"The text of {name} speaks for itself.", (0,)),) if outcome.asks_a_person else ()
    excuses = (Excuse("news", "It reports.", excused),) if excused else ()
    decision = Decision(
        f"decision-{name}", name, "rev", outcome, priority, "machine", AT, reasons, excuses,
        findings=findings, language=language, versions={"ruleset": "sample@1"},
    )  # fmt: skip
    stored = StoredContent(name, "rev", "post", AT, Audience.PUBLIC, Retention.CASE, language, segments=segments)
    return Screened(Content(name, text), Reading(name, segments, language=language), stored, decision)
