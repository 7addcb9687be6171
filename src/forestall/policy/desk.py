"""What a ruleset says about the desk and the platform: queues, kinds of incident, and the actions of a rule."""

import re
from collections.abc import Iterator

from forestall.model.action import KINDS, Approval
from forestall.policy import values
from forestall.policy.facts import NO_CRISIS
from forestall.policy.fault import Fault, Faulty, nearest
from forestall.policy.marked import Fields, Node
from forestall.policy.written import Consequence, Incident, Queue, Weight

_QUEUE = ("id", "title", "minutes", "when")
_QUEUE_NEEDED = ("id", "title", "minutes")
_INCIDENT = ("id", "title", "hours", "lowers", "raises", "text")
_INCIDENT_NEEDED = ("id", "title", "hours")
_ACTION = ("do", "approval", "note", "jitter")
_JITTER = re.compile(r"([0-9]{1,4})([smh])\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3_600}
RESERVED = "blind-sample"
"""The queue that is none of the ruleset's: where blind samples of rules in shadow wait."""
LONGEST_JITTER = 24 * 3_600
"""Longest wait of an action, in seconds."""
MOST_HOURS = 14 * 24
"""Longest crisis of one declaration, in hours."""
MOST_MINUTES = 90 * 24 * 60
"""Longest time to answer a case, in minutes."""
MOST_LOWERED = 0.3
"""Most that a kind of incident may lower a threshold: beyond it a score says nothing any more."""


def queue(node: Node) -> Queue:
    """Read one queue; without `when:` it takes every case."""
    fields = values.fields(node, "a queue, a mapping that starts with `id:`")
    values.known(fields, _QUEUE, _QUEUE_NEEDED)
    value = {key: entry[1] for key, entry in fields.entries.items()}
    lines = values.items(value["when"], "a list of conditions, one per line") if "when" in value else ()
    if values.slug(value["id"]) == RESERVED:
        raise Faulty(Fault(value["id"].place, f"`{RESERVED}` is where blind samples wait", "take another name"))
    return Queue(
        id=values.slug(value["id"]),
        title=values.text(value["title"]),
        minutes=_between(value["minutes"], 1, MOST_MINUTES, "minutes"),
        when=tuple(values.condition(line, routing=True) for line in lines),
        places=values.places(fields),
    )


def incident(node: Node) -> Incident:
    """Read one kind of incident."""
    fields = values.fields(node, "a kind of incident, a mapping that starts with `id:`")
    values.known(fields, _INCIDENT, _INCIDENT_NEEDED)
    value = {key: entry[1] for key, entry in fields.entries.items()}
    if values.slug(value["id"]) == NO_CRISIS:
        raise Faulty(Fault(value["id"].place, f"`{NO_CRISIS}` means that there is no crisis", "take another name"))
    lowers: list[Weight] = []
    if "lowers" in value:
        for label, (place, entry) in values.fields(value["lowers"], "a mapping of labels").entries.items():
            amount = values.share(entry)
            if amount > MOST_LOWERED:
                hint = f"lower it by {MOST_LOWERED} at most"
                raise Faulty(Fault(entry.place, f"`{label}` would be lowered by {amount}", hint))
            lowers.append(Weight(label, amount, place.place))
    return Incident(
        id=values.slug(value["id"]),
        title=values.text(value["title"]),
        hours=_between(value["hours"], 1, MOST_HOURS, "hours"),
        lowers=tuple(lowers),
        raises=values.share(value["raises"]) if "raises" in value else 0.0,
        text=values.text(value["text"]) if "text" in value else "",
        places=values.places(fields),
    )


def consequences(node: Node) -> Iterator[Consequence]:
    """Read the actions of a rule: each a kind by itself, or a mapping with `do:`."""
    for item in values.items(node, "a list of actions"):
        value: dict[str, Node] = {"do": item}
        if isinstance(item, Fields):
            values.known(item, _ACTION, ("do",))
            value = {key: entry[1] for key, entry in item.entries.items()}
        kind = values.text(value["do"])
        if kind not in KINDS:
            raise Faulty(Fault(value["do"].place, f"there is no action `{kind[:64]}`", nearest(kind, KINDS)))
        approval = values.text(value["approval"]) if "approval" in value else Approval.NONE.value
        if approval not in set(Approval):
            hint = nearest(approval, Approval)
            raise Faulty(Fault(value["approval"].place, f"`{approval[:64]}` says not who must agree", hint))
        note = values.text(value["note"]) if "note" in value else ""
        jitter = _jitter(value["jitter"]) if "jitter" in value else 0
        yield Consequence(kind, Approval(approval), note, jitter, item.place)


def _jitter(node: Node) -> int:
    """Give a wait in seconds, written `30s`, `20m` or `2h`."""
    text = values.text(node)
    match = _JITTER.match(text)
    seconds = int(match[1]) * _SECONDS[match[2]] if match else 0
    if not 0 < seconds <= LONGEST_JITTER:
        raise Faulty(Fault(node.place, f"`{text[:64]}` is no wait", "write `30s`, `20m` or `2h`, 24h at most"))
    return seconds


def _between(node: Node, least: int, most: int, what: str) -> int:
    """Give a whole number within bounds."""
    number = values.whole(node)
    if not least <= number <= most:
        raise Faulty(Fault(node.place, f"`{number}` {what} is not possible", f"write {least} to {most:,}"))
    return number
