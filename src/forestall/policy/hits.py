"""Matches of patterns, lists and banks: how a finding and the condition that asks for it name the same thing."""

from collections.abc import Mapping
from types import MappingProxyType

from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.policy.syntax import Hit, HitKind
from forestall.text.fold import fold

TEXT_MATCH, LIST_MATCH = "text-match", "list-match"
LABELS: Mapping[str, Outcome] = MappingProxyType({TEXT_MATCH: Outcome.REVIEW, LIST_MATCH: Outcome.REVIEW})
"""What looking for a ruleset's patterns and lists can give, with its ceilings: words alone ask a person, no more (promise 1)."""
KNOWN = ("known-exact", "known-near", "known-text", "known-unconfirmed")
"""The labels of findings that `match("bank")` asks for."""
KINDS = ("contact", "url", "domain", "hash")
"""What of an item `in_list` can look up."""
IN_TEXT = ("phrase", "terms", "rx")
"""The conditions that a scan of the texts answers."""
NEEDS_LIST = ("terms", "in_list")
"""The conditions that cannot be answered where their list is not there."""

_IN_LIST, _MATCH = "in_list", "match"
DETECTOR = "rules"
"""The detector name of findings of patterns and lists."""


def hit(kind: HitKind, name: str, of: str = "", at: int = 0) -> Hit:
    """Give the condition with its id."""
    return Hit(kind, name, of, id_of(kind, name, of), at)


def id_of(kind: HitKind, name: str, of: str = "") -> str:
    """Give the id under which matches are looked up: `phrase: join us`, `in_list: blocked, url`, `match: own`."""
    if kind == "phrase":
        return f"phrase: {folded_phrase(name)}"
    return f"{kind}: {name}, {of}" if of else f"{kind}: {name}"


def folded_phrase(phrase: str) -> str:
    """Give a phrase as texts have it after folding."""
    return " ".join(fold(phrase).text.split())


def labels_of(hit: Hit) -> tuple[str, ...]:
    """Give the labels that findings of a match can have."""
    if hit.kind == _MATCH:
        return KNOWN
    return (LIST_MATCH,) if hit.kind == _IN_LIST else (TEXT_MATCH,)


def hit_of(finding: Finding) -> str:
    """Give the id of the condition that a finding answers, empty where it answers none."""
    evidence = finding.evidence
    if finding.label == TEXT_MATCH:
        return str(evidence.get("pattern", ""))
    if finding.label == LIST_MATCH:
        return f"{_IN_LIST}: {evidence.get('list')}, {evidence.get('kind')}"
    return f"{_MATCH}: {evidence.get('bank')}" if finding.label in KNOWN else ""


ANSWERING = frozenset({TEXT_MATCH, LIST_MATCH, *KNOWN})
"""The labels of all findings that answer such a condition."""
