"""Examples in rule files are tests: a ruleset loads only if every rule fires where it says and stays quiet where it says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from forestall.model.decision import Fact, Verdict
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.reading import BODY, Role, Segment
from forestall.policy.engine import Ruleset, with_live
from forestall.policy.evaluate import evaluate
from forestall.policy.facts import SCANNED, list_fact
from forestall.policy.fault import Fault
from forestall.policy.texts import Scan
from forestall.policy.written import Example, Rule, Status
from forestall.text.fold import fold


@dataclass(frozen=True, slots=True)
class Tried:
    """An example that was tried: its rule, and what does not hold about it, empty where it holds."""

    rule: Rule
    example: Example
    wrong: str


def unmet(ruleset: Ruleset, labels: Mapping[str, Outcome]) -> list[Fault]:
    """Give a fault for every example that does not hold, under the whole ruleset with its excuses."""
    hint = "correct the example or the conditions"
    return [
        Fault(one.example.place, f"rule `{one.rule.id}` {one.wrong}", hint)
        for one in tried(ruleset, labels)
        if one.wrong
    ]


def tried(ruleset: Ruleset, labels: Mapping[str, Outcome]) -> Iterator[Tried]:
    """Try every example, those of rules that do not decide as if they did. Lists are not looked into: what they say stands there."""
    for rule in ruleset.rules:
        if not rule.examples:
            continue
        whole = with_live(ruleset, rule) if rule.status is not Status.LIVE else ruleset
        scan = Scan(whole.hits)
        for example in rule.examples:
            facts = _facts(example, whole)
            verdict = evaluate(facts, _findings(example, labels, scan), whole)
            yield Tried(rule, example, _wrong(rule, example, verdict))


def _facts(example: Example, ruleset: Ruleset) -> dict[str, Fact]:
    """Give an example's facts: its text was searched, lists are there, nothing was counted unless it says so."""
    usual: dict[str, Fact] = {SCANNED: ruleset.patterns, **{list_fact(name): "example" for name in ruleset.lists}}
    usual |= {counter.fact: 0 for counter in ruleset.counters}
    return {**usual, **example.facts}


def _wrong(rule: Rule, example: Example, verdict: Verdict) -> str:
    """Say what does not hold about an example, or nothing."""
    fired = rule.id in {reason.rule for reason in verdict.reasons} and rule.id not in verdict.unknowns
    if not example.fires:
        return "should stay quiet here but fires" if fired else ""
    if not fired and rule.id in verdict.unknowns:
        return "cannot be answered here; state the facts it asks for, such as `language: en`"
    if not fired:
        excused = f"; excused by {', '.join(given.name for given in verdict.excuses)}" if verdict.excuses else ""
        return f"should fire here but does not{excused}"
    if verdict.outcome.rank < rule.outcome.rank:
        return f"fires here, but what it rests on here may cause `{verdict.outcome}` at most"
    return ""


def _findings(example: Example, labels: Mapping[str, Outcome], scan: Scan) -> list[Finding]:
    """Make the findings an example speaks of, and those of patterns in its text; all in the text of the post."""
    said = [
        Finding("example", "1", clue.label, clue.score, labels[clue.label], evidence=dict(clue.evidence))
        for clue in example.clues
    ]
    segment = Segment(BODY, Role.BODY, example.text)
    return [*said, *scan.look(segment, fold(example.text))] if example.text else said
