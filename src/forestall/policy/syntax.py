"""The condition language as our own typed tree: what an analyst's line means, apart from how it is written.

`at` is the character offset in the line; it is not part of a node's meaning and does not take part in comparison.
"""

from dataclasses import dataclass, field
from typing import Literal as OneOf

from forestall.model.counter import Counter

Operator = OneOf["==", "!=", "<", "<=", ">", ">=", "in", "not in"]
Sign = OneOf["+", "-", "*", "/"]
HitKind = OneOf["phrase", "terms", "rx", "in_list", "match"]
Plain = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written out: a text, a number, `True` or `False`."""

    value: Plain
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """A list of values written out, on the right of `in`."""

    values: tuple[Plain, ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class FactName:
    """A declared fact; unknown when absent or `None`."""

    name: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Found:
    """`finding("label")`: whether there is a counted finding with this label."""

    label: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Score:
    """`score("label")`: the highest score of a counted finding with this label, 0 if there is none."""

    label: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Count:
    """`count("label")`: how many counted findings have this label."""

    label: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Evidence:
    """`evidence("label", "key")`: what counted findings with this label say under this key; a comparison holds if it holds for one."""

    label: str
    key: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Counted:
    """`count("contact", "24h")` and `distinct("author", "contact", "24h")`: a counter; unknown where it was not counted."""

    counter: Counter
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class DaysSince:
    """`days_since("published")`: days from that instant to the decision, with a fraction; unknown where either is not known."""

    name: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two numbers added, subtracted, multiplied or divided; unknown if one is unknown, or divided by zero."""

    sign: Sign
    left: "Operand"
    right: "Operand"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Hit:
    """Whether a counted match of a pattern, a list or a bank is there: `phrase`, `terms`, `rx`, `in_list`, `match`.

    `name` is the phrase, list, regular expression or bank as written; `of` what of the item is looked up (`in_list` only). `id` is how
    findings name it: two spellings that fold alike have one. Turned round by `not`, it asks that there is none, counted or not, so
    that an excuse never makes an absence.
    """

    kind: HitKind
    name: str
    of: str = ""
    id: str = ""
    at: int = field(default=0, compare=False)


Operand = Literal | Choice | FactName | Found | Score | Count | Evidence | Counted | DaysSince | Arithmetic


@dataclass(frozen=True, slots=True)
class Compare:
    """A comparison, possibly chained: `operands[0] operators[0] operands[1] operators[1] …`."""

    operands: tuple[Operand, ...]
    operators: tuple[Operator, ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite; unknown stays unknown."""

    item: "Expr"
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """All of them: false if one is false, else unknown if one is unknown."""

    items: tuple["Expr", ...]
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Or:
    """One of them: true if one is true, else unknown if one is unknown."""

    items: tuple["Expr", ...]
    at: int = field(default=0, compare=False)


Expr = And | Or | Not | Compare | Found | Hit | FactName | Literal
