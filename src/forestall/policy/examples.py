"""Examples in rule files are tests: a ruleset loads only if every rule fires where it says and stays quiet where it says."""

from collections.abc import Mapping

from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.policy.engine import Ruleset
from forestall.policy.evaluate import evaluate
from forestall.policy.fault import Fault
from forestall.policy.written import Example


def unmet(ruleset: Ruleset, labels: Mapping[str, Outcome]) -> list[Fault]:
    """Give a fault for every example that does not hold, under the whole ruleset with its excuses."""
    faults: list[Fault] = []
    for rule in ruleset.rules:
        for example in rule.examples:
            verdict = evaluate(example.facts, _findings(example, labels), ruleset)
            fired = rule.id in {reason.rule for reason in verdict.reasons} and rule.id not in verdict.unknowns
            if fired is not example.fires:
                told = "should fire here but does not" if example.fires else "should stay quiet here but fires"
                excused = (
                    f"; excused by {', '.join(given.name for given in verdict.excuses)}" if verdict.excuses else ""
                )
                faults.append(
                    Fault(example.place, f"rule `{rule.id}` {told}{excused}", "correct the example or the conditions")
                )
    return faults


def _findings(example: Example, labels: Mapping[str, Outcome]) -> list[Finding]:
    """Make the findings an example speaks of; all in the text of the post."""
    return [
        Finding("example", "1", clue.label, clue.score, labels[clue.label], evidence=dict(clue.evidence))
        for clue in example.clues
    ]
