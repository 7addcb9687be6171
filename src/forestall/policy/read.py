"""From the marked tree of rule files to what they say: every field typed, unknown fields refused with a hint.

One fault is collected per rule, excuse or section, so that a whole ruleset is corrected in one go.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import TypeVar

from forestall.model.decision import Fact
from forestall.model.outcome import Outcome
from forestall.policy import marked
from forestall.policy.facts import FACTS
from forestall.policy.fault import Fault, Faulty, Place, nearest
from forestall.policy.marked import Fields, Items, Node, Text
from forestall.policy.parse import parse
from forestall.policy.template import Template, template
from forestall.policy.written import (
    Clue,
    Condition,
    Example,
    Keys,
    Limits,
    Named,
    Pardon,
    Rule,
    Status,
    Weight,
    Written,
)

T = TypeVar("T")

DISCOUNT = 0.3
"""What part of its weight an excused finding keeps in the priority where the ruleset does not say."""

_SECTIONS = ("name", "rules", "excuses", "never_excused", "priority", "evidence")
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
    *("outcome", "when", "reason", "unknown", "known_false_positives", "must_match", "must_not_match"),
)
_RULE_NEEDED = ("id", "version", "title", "clause", "outcome", "when", "reason")
_PARDON = ("name", "text", "context", "at_least", "excuses", "unless")
_PARDON_NEEDED = ("name", "text", "context", "excuses")
_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?\Z")
_COUNTER = re.compile(r"(?:count|distinct)\([a-z]+(?:, [a-z]+)?, [0-9]+[mhd]\)\Z")
"""How a counter stands among the facts of an example (`Counter.fact`)."""
_LONGEST_TEXT = 2_000
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

    def file(self, file: str, text: str) -> None:
        """Read one file."""
        try:
            tree = marked.read(file, text)
            _known(tree, _SECTIONS, ())
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
        )

    def _try(self, read: Callable[..., None], *given: object) -> None:
        try:
            read(*given)
        except Faulty as error:
            self.faults.append(error.fault)

    def _name(self, node: Node) -> None:
        if self.name:
            raise Faulty(Fault(node.place, "the ruleset is named twice", "keep `name:` in one file"))
        self.name = _slug(node)

    def _rules(self, node: Node) -> None:
        for item in _items(node, "a list of rules"):
            self._try(lambda item: self.rules.append(_rule(item)), item)

    def _excuses(self, node: Node) -> None:
        for item in _items(node, "a list of excuses"):
            self._try(lambda item: self.pardons.append(_pardon(item)), item)

    def _never_excused(self, node: Node) -> None:
        self.never_excused += [Named(_text(item), item.place) for item in _items(node, "a list of labels")]

    def _priority(self, node: Node) -> None:
        fields = _fields(node, "a mapping with `weights` and `excused`")
        _known(fields, ("weights", "excused"), ())
        if "excused" in fields.entries:
            if self.discount is not None:
                raise Faulty(Fault(node.place, "`excused` is set twice", "keep `priority: excused:` in one file"))
            self.discount = _share(fields.entries["excused"][1])
        if "weights" in fields.entries:
            for label, (place, value) in _fields(fields.entries["weights"][1], "a mapping of labels").entries.items():
                self.weights.append(Weight(label, _share(value), place.place))

    def _evidence(self, node: Node) -> None:
        for label, (place, value) in _fields(node, "a mapping of labels to lists of keys").entries.items():
            keys = tuple(_text(item) for item in _items(value, "a list of evidence keys"))
            self.evidence.append(Keys(label, keys, place.place))


def _rule(node: Node) -> Rule:
    """Read one rule."""
    fields = _fields(node, "a rule, a mapping that starts with `id:`")
    _known(fields, _RULE, _RULE_NEEDED)
    value = {key: entry[1] for key, entry in fields.entries.items()}
    outcome = _outcome(value["outcome"], tuple(Outcome))
    default = Outcome.REVIEW if outcome.rank > Outcome.REVIEW.rank else Outcome.PASS
    when = tuple(
        _condition(item) for item in _items(value["when"], "a list of conditions, one per line with `- ` before it")
    )
    if not when:
        raise Faulty(Fault(value["when"].place, "`when` holds no condition", "write at least one"))
    return Rule(
        id=_slug(value["id"]),
        version=_whole(value["version"]),
        title=_text(value["title"]),
        clause=_text(value["clause"]),
        outcome=outcome,
        when=when,
        reason=_template(value["reason"]),
        unknown=_outcome(value["unknown"], (Outcome.PASS, Outcome.REVIEW)) if "unknown" in value else default,
        examples=(
            *(_examples(value["must_match"], fires=True) if "must_match" in value else ()),
            *(_examples(value["must_not_match"], fires=False) if "must_not_match" in value else ()),
        ),
        status=_status(value["status"]) if "status" in value else Status.LIVE,
        limits=_limits(value),
        limb=_text(value["limb"]) if "limb" in value else "",
        severity=_severity(value["severity"]) if "severity" in value else 3,
        owner=_text(value["owner"]) if "owner" in value else "",
        false_positives=_texts(value.get("known_false_positives")),
        places=_places(fields),
    )


def _limits(value: Mapping[str, Node]) -> Limits:
    """Read when and where a rule applies."""
    since = until = ""
    if "effective" in value:
        fields = _fields(value["effective"], "a mapping with `from` and `until`")
        _known(fields, ("from", "until"), ())
        days = {name: _day(node) for name, (_, node) in fields.entries.items()}
        since, until = days.get("from", ""), days.get("until", "")
        if since and until and until < since:
            raise Faulty(Fault(fields.place, f"the rule ends on {until} before it begins on {since}", "swap the days"))
    return Limits(since, until, _texts(value.get("jurisdictions")), _texts(value.get("surfaces")))


def _day(node: Node) -> str:
    """Give a day as it is written, `2026-11-24`."""
    text = _text(node, "a day")
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Faulty(Fault(node.place, f"`{text[:64]}` is no day", "write it like 2026-11-24")) from None


def _status(node: Node) -> Status:
    """Give a rule's status."""
    text = _text(node)
    if text not in set(Status):
        raise Faulty(Fault(node.place, f"`{text[:64]}` is no status", nearest(text, Status)))
    return Status(text)


def _severity(node: Node) -> int:
    """Give a severity from 1 to 5."""
    number = _whole(node)
    if not 1 <= number <= 5:
        raise Faulty(Fault(node.place, f"`{number}` is no severity", "write 1 (least) to 5 (worst)"))
    return number


def _texts(node: Node | None) -> tuple[str, ...]:
    """Give a list of texts; none where it was left out."""
    return tuple(_text(item) for item in _items(node, "a list of texts")) if node is not None else ()


def _pardon(node: Node) -> Pardon:
    """Read one excuse."""
    fields = _fields(node, "an excuse, a mapping that starts with `name:`")
    _known(fields, _PARDON, _PARDON_NEEDED)
    value = {key: entry[1] for key, entry in fields.entries.items()}
    labels = _items(value["excuses"], "a list of labels")
    places = {**_places(fields), **{f"excuses {_text(item)}": item.place for item in labels}}
    return Pardon(
        name=_slug(value["name"]),
        text=_text(value["text"]),
        context=_text(value["context"]),
        at_least=_share(value["at_least"]) if "at_least" in value else 0.0,
        excuses=tuple(_text(item) for item in labels),
        unless=_condition(value["unless"]) if "unless" in value else None,
        places=places,
    )


def _examples(node: Node, *, fires: bool) -> Iterator[Example]:
    """Read the examples of a rule that must match, or must not."""
    items = _items(node, "a list of examples")
    if len(items) > _MOST_EXAMPLES:
        raise Faulty(Fault(node.place, f"more than {_MOST_EXAMPLES} examples", "keep the telling ones"))
    for item in items:
        yield _example(item, fires)


def _example(node: Node, fires: bool) -> Example:
    """Read one example: a text, labels with a score (or a mapping of `score` and evidence, or several), and facts by name."""
    clues: list[Clue] = []
    facts: dict[str, Fact] = {}
    text = ""
    for name, (key, value) in _fields(node, "a mapping of labels and facts, or of `text`").entries.items():
        if name == "text":
            text = _text(value)
        elif name in FACTS:
            facts[name] = _fact(name, value)
        elif _COUNTER.match(name):
            facts[name] = None if _text(value) == "unknown" else _whole(value)
        else:
            clues += [_clue(name, key.place, one) for one in (value.items if isinstance(value, Items) else (value,))]
    return Example(fires, tuple(clues), facts, node.place, text)


def _clue(label: str, place: Place, node: Node) -> Clue:
    """Read one finding of an example: a score, or a mapping of `score` and evidence."""
    if not isinstance(node, Fields):
        return Clue(label, _share(node), {}, place)
    said = {under: _plain(entry) for under, (_, entry) in node.entries.items() if under != "score"}
    return Clue(label, _share(node.entries["score"][1]) if "score" in node.entries else 1.0, said, place)


def _fact(name: str, node: Node) -> Fact:
    """Read a fact's value by its declared type; `unknown` is unknown."""
    text = _text(node)
    kind = FACTS[name].kind
    if text == "unknown":
        return None
    if kind == "bool":
        return _yes(node)
    return _whole(node) if kind == "number" else text


def _plain(node: Node) -> Fact:
    """Read a value of evidence: a number where it looks like one, else a text."""
    text = _text(node)
    return float(text) if _NUMBER.match(text) else text


def _condition(node: Node) -> Condition:
    """Read one condition."""
    source = _text(node, "a condition on one line")
    if not (isinstance(node, Text) and node.one_line):
        raise Faulty(
            Fault(
                node.place,
                "a condition stands on one line, without escapes",
                "join it, or split it into several conditions",
            )
        )
    indent = len(node.value) - len(node.value.lstrip())
    place = Place(node.place.file, node.place.line, node.place.column + indent)
    return Condition(source, place, parse(source, place))


def _template(node: Node) -> Template:
    """Read the words of a reason; in a text over several lines a fault points at its start."""
    text = _text(node)
    try:
        return template(text, node.place)
    except Faulty as error:
        if isinstance(node, Text) and node.one_line:
            raise
        raise Faulty(Fault(node.place, error.fault.what, error.fault.hint)) from None


def _places(fields: Fields) -> Mapping[str, Place]:
    """Give where the value of each field stands."""
    return {"": fields.place, **{key: value.place for key, (_, value) in fields.entries.items()}}


def _known(fields: Fields, known: tuple[str, ...], needed: tuple[str, ...]) -> None:
    """Refuse unknown and missing keys."""
    for key, (at, _) in fields.entries.items():
        if key not in known:
            raise Faulty(Fault(at.place, f"there is no field `{key}` here", nearest(key, known)))
    for key in needed:
        if key not in fields.entries:
            raise Faulty(Fault(fields.place, f"the field `{key}` is missing", f"add `{key}:`"))


def _fields(node: Node, wanted: str) -> Fields:
    """Give a mapping, or raise Faulty."""
    if not isinstance(node, Fields):
        raise Faulty(Fault(node.place, f"expected {wanted}", "check the indentation and the colon"))
    return node


def _items(node: Node, wanted: str) -> tuple[Node, ...]:
    """Give the items of a list, or raise Faulty."""
    if not isinstance(node, Items):
        raise Faulty(Fault(node.place, f"expected {wanted}", "write each item on its own line after `- `"))
    return node.items


def _text(node: Node, wanted: str = "a text") -> str:
    """Give a non-empty text, or raise Faulty."""
    if not isinstance(node, Text):
        raise Faulty(Fault(node.place, f"expected {wanted}", "put quotes around a text that holds `: `, `{` or `[`"))
    text = node.value.strip()
    if not text or len(text) > _LONGEST_TEXT:
        hint = "write it out" if not text else "say it shorter"
        raise Faulty(Fault(node.place, f"expected {wanted} of 1 to {_LONGEST_TEXT} characters", hint))
    return text


def _slug(node: Node) -> str:
    """Give a name of small letters, digits and hyphens."""
    text = _text(node)
    if not _SLUG.match(text) or len(text) > 64:
        raise Faulty(
            Fault(
                node.place, f"`{text[:64]}` is not a name", "use small letters, digits and single hyphens, 64 at most"
            )
        )
    return text


def _share(node: Node) -> float:
    """Give a number from 0 to 1."""
    text = _text(node, "a number from 0 to 1")
    if not _NUMBER.match(text) or float(text) > 1:
        raise Faulty(Fault(node.place, f"`{text[:64]}` is not a number from 0 to 1", "write it like 0.5"))
    return float(text)


def _whole(node: Node) -> int:
    """Give a whole number from 0."""
    text = _text(node, "a whole number")
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Faulty(Fault(node.place, f"`{text[:64]}` is not a whole number", "write it like 3"))
    return int(text)


def _yes(node: Node) -> bool:
    """Give yes or no."""
    text = _text(node).lower()
    if text not in {"yes", "no", "true", "false"}:
        raise Faulty(Fault(node.place, f"`{text[:64]}` is neither yes nor no", "write `yes`, `no` or `unknown`"))
    return text in {"yes", "true"}


def _outcome(node: Node, allowed: tuple[Outcome, ...]) -> Outcome:
    """Give one of the outcomes allowed here."""
    text = _text(node)
    if text not in set(allowed):
        raise Faulty(Fault(node.place, f"`{text[:64]}` is not an outcome that can stand here", nearest(text, allowed)))
    return Outcome(text)
