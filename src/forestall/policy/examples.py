"""Examples in rule files are tests: a ruleset loads only if every rule fires where it says and stays quiet where it says."""

from collections.abc import Mapping

from forestall.model.decision import Verdict
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.policy.engine import Ruleset
from forestall.policy.evaluate import evaluate
from forestall.policy.fault import Fault
from forestall.policy.written import Example, Rule


def unmet(ruleset: Ruleset, labels: Mapping[str, Outcome]) -> list[Fault]:
    """Give a fault for every example that does not hold, under the whole ruleset with its excuses."""
    faults: list[Fault] = []
    for rule in ruleset.rules:
        for example in rule.examples:
            wrong = _wrong(rule, example, evaluate(example.facts, _findings(example, labels), ruleset))
            if wrong:
                faults.append(
                    Fault(example.place, f"rule `{rule.id}` {wrong}", "correct the example or the conditions")
                )
    return faults


def _wrong(rule: Rule, example: Example, verdict: Verdict) -> str:
    """Say what does not hold about an example, or nothing."""
    fired = rule.id in {reason.rule for reason in verdict.reasons} and rule.id not in verdict.unknowns
    if not example.fires:
        return "should stay quiet here but fires" if fired else ""
    if not fired:
        excused = f"; excused by {', '.join(given.name for given in verdict.excuses)}" if verdict.excuses else ""
        return f"should fire here but does not{excused}"
    if verdict.outcome.rank < rule.outcome.rank:
        return f"fires here, but what it rests on here may cause `{verdict.outcome}` at most"
    return ""


def _findings(example: Example, labels: Mapping[str, Outcome]) -> list[Finding]:
    """Make the findings an example speaks of; all in the text of the post."""
    return [
        Finding("example", "1", clue.label, clue.score, labels[clue.label], evidence=dict(clue.evidence))
        for clue in example.clues
    ]
