"""From the marked tree of rule files to what they say: every field typed, unknown fields refused with a hint.

One fault is collected per rule, excuse or section, so that a whole ruleset is corrected in one go.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import TypeVar

from forestall.model.decision import Fact
from forestall.model.outcome import Outcome
from forestall.policy import desk, marked, values
from forestall.policy.facts import FACTS
from forestall.policy.fault import Fault, Faulty, Place, nearest
from forestall.policy.marked import Fields, Items, Node, Text
from forestall.policy.template import Template, template
from forestall.policy.written import (
    Clue,
    Example,
    Incident,
    Keys,
    Limits,
    Named,
    Pardon,
    Queue,
    Rule,
    Status,
    Weight,
    Written,
)

T = TypeVar("T")

DISCOUNT = 0.3
"""What part of its weight an excused finding keeps in the priority where the ruleset does not say."""

_SECTIONS = ("name", "rules", "excuses", "never_excused", "priority", "evidence", "queues", "incidents")
_RULE = (
    *(
        "id",
        "version",
        "title",
        "clause",
        "limb",
        "severity",
        "owner",
        "status",
        "effective",
        "jurisdictions",
        "surfaces",
    ),
    *("outcome", "when", "reason", "unknown", "actions", "known_false_positives", "must_match", "must_not_match"),
)
_RULE_NEEDED = ("id", "version", "title", "clause", "outcome", "when", "reason")
_PARDON = ("name", "text", "context", "at_least", "excuses", "unless")
_PARDON_NEEDED = ("name", "text", "context", "excuses")
_COUNTER = re.compile(r"(?:count|distinct)\([a-z]+(?:, [a-z]+)?, [0-9]+[mhd]\)\Z")
"""How a counter stands among the facts of an example (`Counter.fact`)."""
_MOST_EXAMPLES = 50


class Reader:
    """Collects what files say and what is wrong with them."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.name = ""
        self.rules: list[Rule] = []
        self.pardons: list[Pardon] = []
        self.never_excused: list[Named] = []
        self.weights: list[Weight] = []
        self.discount: float | None = None
        self.evidence: list[Keys] = []
        self.queues: list[Queue] = []
        self.incidents: list[Incident] = []

    def file(self, file: str, text: str) -> None:
        """Read one file."""
        try:
            tree = marked.read(file, text)
            values.known(tree, _SECTIONS, ())
        except Faulty as error:
            self.faults.append(error.fault)
            return
        for section, (_, node) in tree.entries.items():
            self._try(getattr(self, f"_{section}"), node)

    def written(self) -> Written:
        """Give what was read so far."""
        return Written(
            name=self.name or "policy",
            rules=tuple(self.rules),
            pardons=tuple(self.pardons),
            never_excused=tuple(self.never_excused),
            weights=tuple(self.weights),
            discount=DISCOUNT if self.discount is None else self.discount,
            evidence=tuple(self.evidence),
            queues=tuple(self.queues),
            incidents=tuple(self.incidents),
        )

    def _try(self, read: Callable[..., None], *given: object) -> None:
        try:
            read(*given)
        except Faulty as error:
            self.faults.append(error.fault)

    def _name(self, node: Node) -> None:
        if self.name:
            raise Faulty(Fault(node.place, "the ruleset is named twice", "keep `name:` in one file"))
        self.name = values.slug(node)

    def _rules(self, node: Node) -> None:
        for item in values.items(node, "a list of rules"):
            self._try(lambda item: self.rules.append(_rule(item)), item)

    def _excuses(self, node: Node) -> None:
        for item in values.items(node, "a list of excuses"):
            self._try(lambda item: self.pardons.append(_pardon(item)), item)

    def _queues(self, node: Node) -> None:
        for item in values.items(node, "a list of queues"):
            self._try(lambda item: self.queues.append(desk.queue(item)), item)

    def _incidents(self, node: Node) -> None:
        for item in values.items(node, "a list of kinds of incident"):
            self._try(lambda item: self.incidents.append(desk.incident(item)), item)

    def _never_excused(self, node: Node) -> None:
        self.never_excused += [Named(values.text(item), item.place) for item in values.items(node, "a list of labels")]

    def _priority(self, node: Node) -> None:
        fields = values.fields(node, "a mapping with `weights` and `excused`")
        values.known(fields, ("weights", "excused"), ())
        if "excused" in fields.entries:
            if self.discount is not None:
                raise Faulty(Fault(node.place, "`excused` is set twice", "keep `priority: excused:` in one file"))
            self.discount = values.share(fields.entries["excused"][1])
        if "weights" in fields.entries:
            for label, (place, value) in values.fields(
                fields.entries["weights"][1], "a mapping of labels"
            ).entries.items():
                self.weights.append(Weight(label, values.share(value), place.place))

    def _evidence(self, node: Node) -> None:
        for label, (place, value) in values.fields(node, "a mapping of labels to lists of keys").entries.items():
            keys = tuple(values.text(item) for item in values.items(value, "a list of evidence keys"))
            self.evidence.append(Keys(label, keys, place.place))


def _rule(node: Node) -> Rule:
    """Read one rule."""
    fields = values.fields(node, "a rule, a mapping that starts with `id:`")
    values.known(fields, _RULE, _RULE_NEEDED)
    value = {key: entry[1] for key, entry in fields.entries.items()}
    outcome = values.outcome(value["outcome"], tuple(Outcome))
    default = Outcome.REVIEW if outcome.rank > Outcome.REVIEW.rank else Outcome.PASS
    when = tuple(
        values.condition(item)
        for item in values.items(value["when"], "a list of conditions, one per line with `- ` before it")
    )
    if not when:
        raise Faulty(Fault(value["when"].place, "`when` holds no condition", "write at least one"))
    return Rule(
        id=values.slug(value["id"]),
        version=values.whole(value["version"]),
        title=values.text(value["title"]),
        clause=values.text(value["clause"]),
        outcome=outcome,
        when=when,
        reason=_template(value["reason"]),
        unknown=values.outcome(value["unknown"], (Outcome.PASS, Outcome.REVIEW)) if "unknown" in value else default,
        examples=(
            *(_examples(value["must_match"], fires=True) if "must_match" in value else ()),
            *(_examples(value["must_not_match"], fires=False) if "must_not_match" in value else ()),
        ),
        status=_status(value["status"]) if "status" in value else Status.LIVE,
        limits=_limits(value),
        limb=values.text(value["limb"]) if "limb" in value else "",
        severity=_severity(value["severity"]) if "severity" in value else 3,
        owner=values.text(value["owner"]) if "owner" in value else "",
        false_positives=_texts(value.get("known_false_positives")),
        actions=tuple(desk.consequences(value["actions"])) if "actions" in value else (),
        places=values.places(fields),
    )


def _limits(value: Mapping[str, Node]) -> Limits:
    """Read when and where a rule applies."""
    since = until = ""
    if "effective" in value:
        fields = values.fields(value["effective"], "a mapping with `from` and `until`")
        values.known(fields, ("from", "until"), ())
        days = {name: _day(node) for name, (_, node) in fields.entries.items()}
        since, until = days.get("from", ""), days.get("until", "")
        if since and until and until < since:
            raise Faulty(Fault(fields.place, f"the rule ends on {until} before it begins on {since}", "swap the days"))
    return Limits(since, until, _texts(value.get("jurisdictions")), _texts(value.get("surfaces")))


def _day(node: Node) -> str:
    """Give a day as it is written, `2026-11-24`."""
    text = values.text(node, "a day")
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Faulty(Fault(node.place, f"`{text[:64]}` is no day", "write it like 2026-11-24")) from None


def _status(node: Node) -> Status:
    """Give a rule's status."""
    text = values.text(node)
    if text not in set(Status):
        raise Faulty(Fault(node.place, f"`{text[:64]}` is no status", nearest(text, Status)))
    return Status(text)


def _severity(node: Node) -> int:
    """Give a severity from 1 to 5."""
    number = values.whole(node)
    if not 1 <= number <= 5:
        raise Faulty(Fault(node.place, f"`{number}` is no severity", "write 1 (least) to 5 (worst)"))
    return number


def _texts(node: Node | None) -> tuple[str, ...]:
    """Give a list of texts; none where it was left out."""
    return tuple(values.text(item) for item in values.items(node, "a list of texts")) if node is not None else ()


def _pardon(node: Node) -> Pardon:
    """Read one excuse."""
    fields = values.fields(node, "an excuse, a mapping that starts with `name:`")
    values.known(fields, _PARDON, _PARDON_NEEDED)
    value = {key: entry[1] for key, entry in fields.entries.items()}
    labels = values.items(value["excuses"], "a list of labels")
    places = {**values.places(fields), **{f"excuses {values.text(item)}": item.place for item in labels}}
    return Pardon(
        name=values.slug(value["name"]),
        text=values.text(value["text"]),
        context=values.text(value["context"]),
        at_least=values.share(value["at_least"]) if "at_least" in value else 0.0,
        excuses=tuple(values.text(item) for item in labels),
        unless=values.condition(value["unless"]) if "unless" in value else None,
        places=places,
    )


def _examples(node: Node, *, fires: bool) -> Iterator[Example]:
    """Read the examples of a rule that must match, or must not."""
    items = values.items(node, "a list of examples")
    if len(items) > _MOST_EXAMPLES:
        raise Faulty(Fault(node.place, f"more than {_MOST_EXAMPLES} examples", "keep the telling ones"))
    for item in items:
        yield _example(item, fires)


def _example(node: Node, fires: bool) -> Example:
    """Read one example: a text, labels with a score (or a mapping of `score` and evidence, or several), and facts by name."""
    clues: list[Clue] = []
    facts: dict[str, Fact] = {}
    text = ""
    for name, (key, value) in values.fields(node, "a mapping of labels and facts, or of `text`").entries.items():
        if name == "text":
            text = values.text(value)
        elif name in FACTS:
            facts[name] = _fact(name, value)
        elif _COUNTER.match(name):
            facts[name] = None if values.text(value) == "unknown" else values.whole(value)
        else:
            clues += [_clue(name, key.place, one) for one in (value.items if isinstance(value, Items) else (value,))]
    return Example(fires, tuple(clues), facts, node.place, text)


def _clue(label: str, place: Place, node: Node) -> Clue:
    """Read one finding of an example: a score, or a mapping of `score` and evidence."""
    if not isinstance(node, Fields):
        return Clue(label, values.share(node), {}, place)
    said = {under: _plain(entry) for under, (_, entry) in node.entries.items() if under != "score"}
    return Clue(label, values.share(node.entries["score"][1]) if "score" in node.entries else 1.0, said, place)


def _fact(name: str, node: Node) -> Fact:
    """Read a fact's value by its declared type; `unknown` is unknown."""
    text = values.text(node)
    kind = FACTS[name].kind
    if text == "unknown":
        return None
    if kind == "bool":
        return values.yes(node)
    return values.whole(node) if kind == "number" else text


def _plain(node: Node) -> Fact:
    """Read a value of evidence: a number where it looks like one, else a text."""
    text = values.text(node)
    return float(text) if values.NUMBER.match(text) else text


def _template(node: Node) -> Template:
    """Read the words of a reason; in a text over several lines a fault points at its start."""
    text = values.text(node)
    try:
        return template(text, node.place)
    except Faulty as error:
        if isinstance(node, Text) and node.one_line:
            raise
        raise Faulty(Fault(node.place, error.fault.what, error.fault.hint)) from None
