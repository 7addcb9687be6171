"""Advise: a language model is asked about what a person will be asked about, so that its reasons lie beside the case.

Only texts that will be put in front of a person for what they say are given away, and only where the operator has named an adviser. Its
answer is a finding with the ceiling `pass`: no rule may rest on it, and an answer of `safe` takes nothing away.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from forestall.model.advice import RECRUITING, UNSURE
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.ports import Adviser
from forestall.model.reading import BODY, Reading, Role
from forestall.policy.ruleset import Ruleset

DETECTOR, VERSION, ADVICE = "adviser", "1", "advice"
LABELS: Mapping[str, Outcome] = MappingProxyType({ADVICE: Outcome.PASS})
"""The adviser's label with its ceiling."""
_SCORES = {RECRUITING: 1.0, UNSURE: 0.5}


def advice_on(reading: Reading, findings: Sequence[Finding], adviser: Adviser, ruleset: Ruleset) -> tuple[Finding, ...]:
    """Give an adviser's answer as a finding, where a person is to be asked for something a text says; nothing where it gave none."""
    parts = {finding.part for finding in findings if finding.ceiling is Outcome.REVIEW}
    texts = [
        segment
        for segment in reading.segments
        if segment.role in (Role.BODY, Role.PAGE) and (segment.part in parts or segment.part == BODY)
    ]
    if not texts:
        return ()
    advice = adviser.advise("\n\n".join(segment.text for segment in texts), policy_in_words(ruleset))
    if not advice.answer:
        return ()
    evidence = {"answer": advice.answer, "rationale": advice.rationale, "model": advice.model}
    score = _SCORES.get(advice.answer, 0.0)
    return (Finding(DETECTOR, VERSION, ADVICE, score, Outcome.PASS, texts[0].part, (), evidence),)


def policy_in_words(ruleset: Ruleset) -> str:
    """Give a ruleset as a model reads it: what each rule is called, which clause it serves, and what it asks for."""
    return "\n".join(f"- {rule.title} ({rule.clause}): {rule.outcome.value}" for rule in ruleset.rules)
