"""What differs between two rulesets, rule by rule and in words, and what of it can make an outcome harsher."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from forestall.policy.engine import Ruleset
from forestall.policy.template import Template
from forestall.policy.written import Pardon, Rule


@dataclass(frozen=True, slots=True)
class Edit:
    """One field that differs: as it was and as it is, each as it is written; empty where it was or is not there."""

    field: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One rule or excuse that differs. `how` is `added`, `removed` or `changed`; `harsher` says why it can make an outcome harsher."""

    what: str
    name: str
    how: str
    edits: tuple[Edit, ...] = ()
    harsher: str = ""


def differences(before: Ruleset, after: Ruleset) -> list[Difference]:
    """Give what differs: rules by id, then excuses by name, then the order of cases."""
    return [
        *_rules({rule.id: rule for rule in before.rules}, {rule.id: rule for rule in after.rules}),
        *_pardons({one.name: one for one in before.pardons}, {one.name: one for one in after.pardons}),
        *_weights(before, after),
    ]


def _rules(before: Mapping[str, Rule], after: Mapping[str, Rule]) -> Iterator[Difference]:
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if now is None:
            yield Difference("rule", name, "removed")
        elif was is None:
            told = f"new rule `{name}` can ask for `{now.outcome}`" if now.outcome.asks_a_person else ""
            yield Difference("rule", name, "added", _edits({}, _fields(now)), told)
        elif edits := _edits(_fields(was), _fields(now)):
            yield Difference("rule", name, "changed", edits, _harsher_rule(was, now))


def _harsher_rule(was: Rule, now: Rule) -> str:
    """Say why a changed rule can make an outcome harsher."""
    if now.outcome.rank > was.outcome.rank:
        return f"rule `{now.id}` asks for `{now.outcome}` instead of `{was.outcome}`"
    if not now.outcome.asks_a_person:
        return ""
    if now.unknown.rank > was.unknown.rank:
        return f"rule `{now.id}` asks for `{now.unknown}` where it cannot be answered, instead of `{was.unknown}`"
    if not {line.expr for line in was.when} <= {line.expr for line in now.when}:
        return f"the conditions of rule `{now.id}` are others; it may fire where it did not"
    return ""


def _pardons(before: Mapping[str, Pardon], after: Mapping[str, Pardon]) -> Iterator[Difference]:
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if now is None:
            yield Difference("excuse", name, "removed", (), f"the excuse `{name}` is gone")
        elif was is None:
            yield Difference("excuse", name, "added", _edits({}, _pardon(now)))
        elif edits := _edits(_pardon(was), _pardon(now)):
            less = (
                now.context != was.context
                or now.at_least > was.at_least
                or not set(was.excuses) <= set(now.excuses)
                or _unless(now) != _unless(was)
            )
            yield Difference("excuse", name, "changed", edits, f"the excuse `{name}` may excuse less" if less else "")


def _weights(before: Ruleset, after: Ruleset) -> Iterator[Difference]:
    was = {**{label: f"{weight:g}" for label, weight in before.weights.items()}, "excused": f"{before.discount:g}"}
    now = {**{label: f"{weight:g}" for label, weight in after.weights.items()}, "excused": f"{after.discount:g}"}
    if edits := _edits(was, now):
        yield Difference("order of cases", "priority", "changed", edits)


def _edits(was: Mapping[str, str], now: Mapping[str, str]) -> tuple[Edit, ...]:
    """Give the fields that differ, in the order they are written."""
    names = dict.fromkeys([*was, *now])
    return tuple(
        Edit(name, was.get(name, ""), now.get(name, "")) for name in names if was.get(name, "") != now.get(name, "")
    )


def _fields(rule: Rule) -> dict[str, str]:
    """Give a rule's fields as they are written."""
    return {
        "version": str(rule.version),
        "title": rule.title,
        "clause": rule.clause,
        "outcome": rule.outcome.value,
        "when": "\n".join(line.source for line in rule.when),
        "reason": _words(rule.reason),
        "unknown": rule.unknown.value,
    }


def _pardon(pardon: Pardon) -> dict[str, str]:
    """Give an excuse's fields as they are written."""
    return {
        "text": pardon.text,
        "context": pardon.context,
        "at_least": f"{pardon.at_least:g}",
        "excuses": ", ".join(pardon.excuses),
        "unless": _unless(pardon),
    }


def _unless(pardon: Pardon) -> str:
    """Give an excuse's `unless` as it is written."""
    return pardon.unless.source if pardon.unless else ""


def _words(template: Template) -> str:
    """Give a reason as it is written."""
    return "".join(
        part if isinstance(part, str) else "{" + f"{part.label}.{part.key}".lstrip(".") + "}" for part in template.parts
    )
