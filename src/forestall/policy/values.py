"""Values of rule files: each read from a marked node, typed, or refused where it stands with a hint."""

import re
from collections.abc import Mapping

from forestall.model.outcome import Outcome
from forestall.policy.fault import Fault, Faulty, Place, nearest
from forestall.policy.marked import Fields, Items, Node, Text
from forestall.policy.parse import parse
from forestall.policy.written import Condition

NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?\Z")
_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")
_LONGEST_TEXT = 2_000


def condition(node: Node, *, routing: bool = False) -> Condition:
    """Read one condition; with `routing` it may ask for what only says where a case waits."""
    source = text(node, "a condition on one line")
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
    return Condition(source, place, parse(source, place, routing=routing))


def places(fields: Fields) -> Mapping[str, Place]:
    """Give where the value of each field stands."""
    return {"": fields.place, **{key: value.place for key, (_, value) in fields.entries.items()}}


def known(fields: Fields, known: tuple[str, ...], needed: tuple[str, ...]) -> None:
    """Refuse unknown and missing keys."""
    for key, (at, _) in fields.entries.items():
        if key not in known:
            raise Faulty(Fault(at.place, f"there is no field `{key}` here", nearest(key, known)))
    for key in needed:
        if key not in fields.entries:
            raise Faulty(Fault(fields.place, f"the field `{key}` is missing", f"add `{key}:`"))


def fields(node: Node, wanted: str) -> Fields:
    """Give a mapping, or raise Faulty."""
    if not isinstance(node, Fields):
        raise Faulty(Fault(node.place, f"expected {wanted}", "check the indentation and the colon"))
    return node


def items(node: Node, wanted: str) -> tuple[Node, ...]:
    """Give the items of a list, or raise Faulty."""
    if not isinstance(node, Items):
        raise Faulty(Fault(node.place, f"expected {wanted}", "write each item on its own line after `- `"))
    return node.items


def text(node: Node, wanted: str = "a text") -> str:
    """Give a non-empty text, or raise Faulty."""
    if not isinstance(node, Text):
        raise Faulty(Fault(node.place, f"expected {wanted}", "put quotes around a text that holds `: `, `{` or `[`"))
    word = node.value.strip()
    if not word or len(word) > _LONGEST_TEXT:
        hint = "write it out" if not word else "say it shorter"
        raise Faulty(Fault(node.place, f"expected {wanted} of 1 to {_LONGEST_TEXT} characters", hint))
    return word


def slug(node: Node) -> str:
    """Give a name of small letters, digits and hyphens."""
    word = text(node)
    if not _SLUG.match(word) or len(word) > 64:
        raise Faulty(
            Fault(
                node.place, f"`{word[:64]}` is not a name", "use small letters, digits and single hyphens, 64 at most"
            )
        )
    return word


def share(node: Node) -> float:
    """Give a number from 0 to 1."""
    word = text(node, "a number from 0 to 1")
    if not NUMBER.match(word) or float(word) > 1:
        raise Faulty(Fault(node.place, f"`{word[:64]}` is not a number from 0 to 1", "write it like 0.5"))
    return float(word)


def whole(node: Node) -> int:
    """Give a whole number from 0."""
    word = text(node, "a whole number")
    if not word.isascii() or not word.isdigit() or len(word) > 9:
        raise Faulty(Fault(node.place, f"`{word[:64]}` is not a whole number", "write it like 3"))
    return int(word)


def yes(node: Node) -> bool:
    """Give yes or no."""
    word = text(node).lower()
    if word not in {"yes", "no", "true", "false"}:
        raise Faulty(Fault(node.place, f"`{word[:64]}` is neither yes nor no", "write `yes`, `no` or `unknown`"))
    return word in {"yes", "true"}


def outcome(node: Node, allowed: tuple[Outcome, ...]) -> Outcome:
    """Give one of the outcomes allowed here."""
    word = text(node)
    if word not in set(allowed):
        raise Faulty(Fault(node.place, f"`{word[:64]}` is not an outcome that can stand here", nearest(word, allowed)))
    return Outcome(word)
