"""What differs between two rulesets, rule by rule and in words, and what of it can make an outcome harsher."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from forestall.model.action import Approval
from forestall.policy.engine import Ruleset
from forestall.policy.template import Template
from forestall.policy.written import Consequence, Incident, Limits, Pardon, Queue, Rule, Status

T = TypeVar("T")
_NEVER = "9999-12-31"


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
        *_others(
            "queue",
            {one.queue.id: one.queue for one in before.queues},
            {one.queue.id: one.queue for one in after.queues},
            _queue,
        ),
        *_others(
            "incident",
            {name: one.incident for name, one in before.incidents.items()},
            {name: one.incident for name, one in after.incidents.items()},
            _incident,
            _harsher_incident,
        ),
    ]


def _rules(before: Mapping[str, Rule], after: Mapping[str, Rule]) -> Iterator[Difference]:
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if now is None:
            yield Difference("rule", name, "removed")
        elif was is None:
            told = f"new rule `{name}` can ask for `{now.outcome}`" if _decides(now) else ""
            yield Difference("rule", name, "added", _edits({}, _fields(now)), told)
        elif edits := _edits(_fields(was), _fields(now)):
            yield Difference("rule", name, "changed", edits, _harsher_rule(was, now))


def _harsher_rule(was: Rule, now: Rule) -> str:
    """Say why a changed rule can make an outcome harsher, or do more on the platform."""
    if not _decides(now):
        return ""
    if not _decides(was) and was.outcome.asks_a_person:
        return f"rule `{now.id}` decides from now on, and can ask for `{now.outcome}`"
    if now.outcome.rank > was.outcome.rank:
        return f"rule `{now.id}` asks for `{now.outcome}` instead of `{was.outcome}`"
    if now.unknown.rank > was.unknown.rank:
        return f"rule `{now.id}` asks for `{now.unknown}` where it cannot be answered, instead of `{was.unknown}`"
    if not {line.expr for line in was.when} <= {line.expr for line in now.when}:
        return f"the conditions of rule `{now.id}` are others; it may fire where it did not"
    if _wider(was.limits, now.limits):
        return f"rule `{now.id}` applies at times or places where it did not"
    if not set(now.actions) <= set(was.actions):
        return f"rule `{now.id}` does on the platform what it did not, or asks fewer people"
    return ""


def _decides(rule: Rule) -> bool:
    """Tell whether a rule can make an outcome other than `pass`."""
    return rule.status is Status.LIVE and rule.outcome.asks_a_person


def _wider(was: Limits, now: Limits) -> bool:
    """Tell whether a rule applies somewhere it did not."""
    if now.since < was.since or (now.until or _NEVER) > (was.until or _NEVER):
        return True
    places = ((was.jurisdictions, now.jurisdictions), (was.surfaces, now.surfaces))
    return any(before and not (after and set(after) <= set(before)) for before, after in places)


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


def _others(
    what: str,
    before: Mapping[str, T],
    after: Mapping[str, T],
    fields: Callable[[T], dict[str, str]],
    harsher: Callable[[T | None, T], str] = lambda _was, _now: "",
) -> Iterator[Difference]:
    """Give what differs among queues, or kinds of incident."""
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if now is None:
            yield Difference(what, name, "removed")
        elif edits := _edits(fields(was) if was else {}, fields(now)):
            yield Difference(what, name, "changed" if was else "added", edits, harsher(was, now))


def _queue(queue: Queue) -> dict[str, str]:
    """Give a queue's fields as they are written."""
    when = "\n".join(line.source for line in queue.when)
    return {"title": queue.title, "minutes": str(queue.minutes), "when": when}


def _incident(incident: Incident) -> dict[str, str]:
    """Give the fields of a kind of incident as they are written."""
    return {
        "title": incident.title,
        "hours": str(incident.hours),
        "lowers": ", ".join(f"{lower.label}: {lower.weight:g}" for lower in incident.lowers),
        "raises": f"{incident.raises:g}",
        "text": incident.text,
    }


def _harsher_incident(was: Incident | None, now: Incident) -> str:
    """Say why a kind of incident can make an outcome harsher while it is declared."""
    before = {lower.label: lower.weight for lower in was.lowers} if was else {}
    more = [lower.label for lower in now.lowers if lower.weight > before.get(lower.label, 0.0)]
    return f"while `{now.id}` is declared, rules take {', '.join(more)} for more certain" if more else ""


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
        "status": rule.status.value,
        "title": rule.title,
        "clause": rule.clause,
        "limb": rule.limb,
        "severity": str(rule.severity),
        "owner": rule.owner,
        "effective": f"{rule.limits.since} to {rule.limits.until}" if rule.limits.since or rule.limits.until else "",
        "jurisdictions": ", ".join(rule.limits.jurisdictions),
        "surfaces": ", ".join(rule.limits.surfaces),
        "outcome": rule.outcome.value,
        "when": "\n".join(line.source for line in rule.when),
        "reason": _words(rule.reason),
        "unknown": rule.unknown.value,
        "actions": "\n".join(_action(action) for action in rule.actions),
        "known_false_positives": "\n".join(rule.false_positives),
    }


def _action(action: Consequence) -> str:
    """Give an action as it is written, on one line."""
    return ", ".join(
        part
        for part in (
            action.kind,
            f"approval: {action.approval}" if action.approval is not Approval.NONE else "",
            f"note: {action.note}" if action.note else "",
            f"jitter: {action.jitter}s" if action.jitter else "",
        )
        if part
    )


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
