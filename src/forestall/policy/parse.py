"""From one line of condition to its tree: a small part of Python's expressions, everything else refused at its column.

Python's own parser reads the line (`ast`, nothing is ever run); this module admits `and or not`, comparisons also chained, `in`,
`+ - * /`, texts, numbers, `True` and `False`, declared facts, and the functions of `FUNCTIONS`.
"""

import ast
import math
import re
from typing import get_args

from forestall.model.counter import ENTITIES, Counter, minutes
from forestall.policy import hits, rx
from forestall.policy.facts import FACTS, INSTANTS, ROUTING
from forestall.policy.fault import Fault, Faulty, Place, nearest
from forestall.policy.syntax import (
    And,
    Arithmetic,
    Choice,
    Compare,
    Count,
    Counted,
    DaysSince,
    Evidence,
    Expr,
    FactName,
    Found,
    Hit,
    HitKind,
    Literal,
    Not,
    Operand,
    Operator,
    Or,
    Plain,
    Score,
    Sign,
)

LONGEST = 500
"""Most characters of one condition."""
DEEPEST = 24
"""Deepest nesting of one condition."""
LARGEST = 1e12
"""Largest number that may be written."""

FUNCTIONS = {
    "finding": 'finding("label")',
    "score": 'score("label")',
    "count": 'count("label")` or `count("contact", "24h")',
    "distinct": 'distinct("author", "contact", "24h")',
    "evidence": 'evidence("label", "key")',
    "phrase": 'phrase("words as they are said")',
    "terms": 'terms("list")',
    "rx": 'rx(r"expression")',
    "in_list": 'in_list("list", "url")',
    "match": 'match("bank")',
    "days_since": 'days_since("published")',
}
"""The registered functions and how each is written."""

_OPERATORS: dict[type[ast.cmpop], Operator] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}

_REFUSED: dict[type[ast.AST], str] = {
    ast.Attribute: "a dot",
    ast.Subscript: "square brackets after a name",
    ast.BinOp: "this arithmetic",
    ast.UnaryOp: "a sign before a value",
    ast.Lambda: "`lambda`",
    ast.IfExp: "`if … else`",
    ast.Dict: "a dictionary",
    ast.Set: "a set",
    ast.ListComp: "a comprehension",
    ast.SetComp: "a comprehension",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
    ast.NamedExpr: "`:=`",
    ast.JoinedStr: "an f-text",
    ast.Starred: "`*`",
    ast.Await: "`await`",
    ast.Yield: "`yield`",
    ast.YieldFrom: "`yield`",
}

_SIGNS: dict[type[ast.operator], Sign] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_HIT_KINDS: dict[str, HitKind] = {kind: kind for kind in get_args(HitKind)}
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,127}\Z")
MOST_WORDS = 8
"""Most words of a phrase."""

_ALLOWED = (
    "a condition is made of facts, finding(), score(), count(), evidence(), phrase(), terms(), rx(), in_list(), match(), comparisons, "
    "`in`, `+ - * /`, `and`, `or`, `not`"
)


_WANTED: dict[str, tuple[int, ...]] = {"evidence": (2,), "in_list": (2,), "distinct": (3,), "count": (1, 2)}
"""How many texts a function takes, where it is not one."""


def parse(source: str, place: Place, *, routing: bool = False) -> Expr:
    """Give the tree of one condition that starts at `place`; raises Faulty at the column of what is not admitted.

    With `routing` it may ask for what only says where a case waits.
    """
    return _Parser(source, place, routing).condition()


class _Parser:
    """Walks Python's tree of one line and builds ours."""

    def __init__(self, source: str, place: Place, routing: bool) -> None:
        self.source = source
        self.routing = routing
        self.place = place
        self.encoded = source.encode("utf-8", "surrogatepass")

    def condition(self) -> Expr:
        """Give the tree of the whole line."""
        if len(self.source) > LONGEST:
            raise self._fault(
                LONGEST, f"the condition is longer than {LONGEST} characters", "split it over several lines"
            )
        for offset, char in enumerate(self.source):
            if not char.isprintable():
                raise self._fault(
                    offset, f"the character {char!a} is not allowed in a condition", "write plain characters"
                )
        try:
            tree = ast.parse(self.source, mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise self._syntax(error) from None
        self._no_escapes(tree)
        return self._expr(tree.body, 0)

    def _no_escapes(self, tree: ast.Expression) -> None:
        """Refuse escapes: a text means the characters it shows. Expressions, which are full of them, are written `r"…"`."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                written = self._slice(node)
                if "\\" in written and not _raw(written):
                    at = self._at(node) + written.index("\\")
                    raise self._fault(
                        at, "the character '\\\\' is not allowed in a condition", 'write an expression as `rx(r"…")`'
                    )

    def _syntax(self, error: Exception) -> Faulty:
        offset = max(0, (getattr(error, "offset", None) or 1) - 1)
        hints = {
            "&&": "write `and` for `&&`",
            "||": "write `or` for `||`",
            "!": "write `not` for `!`",
            "=": "compare with `==`",
        }
        bare = self.source.replace("==", "").replace("!=", "").replace("<=", "").replace(">=", "")
        hint = next((hint for sign, hint in hints.items() if sign in bare), _ALLOWED)
        detail = (getattr(error, "msg", None) or "too deeply nested").split(". ")[0]
        return self._fault(min(offset, len(self.source)), f"this is not a condition ({detail})", hint)

    def _expr(self, node: ast.expr, depth: int) -> Expr:
        """Give something that is true, false or unknown."""
        at = self._at(node)
        if depth > DEEPEST:
            raise self._fault(at, "the condition is nested too deeply", "split it over several lines")
        if isinstance(node, ast.BoolOp):
            items = tuple(self._expr(value, depth + 1) for value in node.values)
            return And(items, at) if isinstance(node.op, ast.And) else Or(items, at)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return Not(self._expr(node.operand, depth + 1), at)
        if isinstance(node, ast.Compare):
            return self._compare(node, at)
        operand = self._operand(node)
        if isinstance(operand, Found | Hit) or (isinstance(operand, Literal) and isinstance(operand.value, bool)):
            return operand
        if isinstance(operand, FactName) and FACTS[operand.name].kind == "bool":
            return operand
        raise self._fault(
            at, "this is a value, not something true or false", 'compare it, as in `score("label") >= 0.5`'
        )

    def _compare(self, node: ast.Compare, at: int) -> Compare:
        operators: list[Operator] = []
        for operation in node.ops:
            known = _OPERATORS.get(type(operation))
            if known is None:
                raise self._fault(at, "`is` is not allowed", "compare with `==`")
            operators.append(known)
        operands = [self._value(node.left)]
        for operator, right in zip(operators, node.comparators, strict=True):
            operands.append(self._choice(right) if operator in {"in", "not in"} else self._value(right))
        compare = Compare(tuple(operands), tuple(operators), at)
        self._typed(compare)
        return compare

    def _typed(self, compare: Compare) -> None:
        """Refuse comparing what cannot be compared."""
        evidence = [operand for operand in compare.operands if isinstance(operand, Evidence)]
        if len(evidence) > 1:
            raise self._fault(
                evidence[1].at, "one comparison holds evidence() twice", "compare each with a value of its own"
            )
        for left, operator, right in zip(compare.operands, compare.operators, compare.operands[1:], strict=False):
            if evidence and operator in {"!=", "not in"}:
                better = "`not (… == …)`" if operator == "!=" else "`not (… in …)`"
                raise self._fault(
                    evidence[0].at,
                    f"`{operator}` with evidence() is ambiguous among several findings",
                    f"write {better}",
                )
            kinds = _kinds(left) & _kinds(right)
            if isinstance(left, Choice):
                raise self._fault(left.at, "a list stands only on the right of `in`", _ALLOWED)
            if not kinds:
                told = f"{_told(left)} cannot be compared with {_told(right)}"
                raise self._fault(right.at, told, "compare values of the same type")
            if operator in {"<", "<=", ">", ">="} and "number" not in kinds:
                raise self._fault(left.at, f"`{operator}` compares numbers only", "use `==` or `in`")

    def _choice(self, node: ast.expr) -> Choice:
        at = self._at(node)
        if not isinstance(node, ast.List | ast.Tuple) or not node.elts:
            raise self._fault(at, "`in` needs a list of values on its right", 'write `kind in ["post", "file"]`')
        values: list[Plain] = []
        for element in node.elts:
            operand = self._value(element)
            if not isinstance(operand, Literal):
                raise self._fault(
                    operand.at, "the list after `in` holds written-out values only", 'write `["one", "two"]`'
                )
            if values and _kind(operand.value) != _kind(values[0]):
                raise self._fault(operand.at, "the list mixes types", "write values of one type")
            values.append(operand.value)
        return Choice(tuple(values), at)

    def _value(self, node: ast.expr) -> Operand:
        """Give a value that can be compared or calculated with."""
        operand = self._operand(node)
        if isinstance(operand, Hit):
            raise self._fault(operand.at, f"`{operand.kind}` is true or false by itself", "leave the comparison out")
        return operand

    def _operand(self, node: ast.expr) -> Operand | Hit:
        at = self._at(node)
        if isinstance(node, ast.Constant):
            return self._literal(node, at)
        if isinstance(node, ast.Name):
            return self._fact(node, at)
        if isinstance(node, ast.Call):
            return self._call(node, at)
        if isinstance(node, ast.BinOp) and type(node.op) in _SIGNS:
            return self._arithmetic(node, at)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call):
            hint = f'write `{node.attr}("label")`' if node.attr in FUNCTIONS else 'write `evidence("label", "key")`'
            raise self._fault(at, "a dot is not allowed in a condition", hint)
        if isinstance(node, ast.BoolOp | ast.Compare) or (
            isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
        ):
            raise self._fault(at, "a condition cannot be compared", "join conditions with `and` or `or`")
        if isinstance(node, ast.List | ast.Tuple):
            raise self._fault(at, "a list stands only on the right of `in`", _ALLOWED)
        raise self._fault(at, f"{_REFUSED.get(type(node), 'this')} is not allowed in a condition", _ALLOWED)

    def _literal(self, node: ast.Constant, at: int) -> Literal:
        value = node.value
        if not isinstance(value, str | int | float):
            hint = "an unknown fact makes a condition unknown by itself" if value is None else _ALLOWED
            raise self._fault(at, f"`{ast.unparse(node)}` is not allowed in a condition", hint)
        if not isinstance(value, str) and not (math.isfinite(value) and value <= LARGEST):
            raise self._fault(at, "the number is too large", f"write a number up to {LARGEST:.0f}")
        return Literal(value, at)

    def _fact(self, node: ast.Name, at: int) -> FactName:
        written = self._slice(node)
        declared = FACTS.get(node.id)
        if written != node.id or declared is None:
            if node.id in FUNCTIONS:
                raise self._fault(at, f"`{node.id}` needs a label", f"write `{FUNCTIONS[node.id]}`")
            raise self._fault(at, f"there is no fact `{written}`", nearest(written, FACTS))
        if declared.instead and not (self.routing and node.id in ROUTING):
            raise self._fault(at, f"`{written}` may be shown but cannot decide", declared.instead)
        return FactName(node.id, at)

    def _arithmetic(self, node: ast.BinOp, at: int) -> Arithmetic:
        """Give two numbers combined."""
        depth = 0
        inner: ast.expr = node
        while isinstance(inner, ast.BinOp):
            depth, inner = depth + 1, inner.left
            if depth > DEEPEST:
                raise self._fault(at, "the condition is nested too deeply", "split it over several lines")
        left, right = self._value(node.left), self._value(node.right)
        for side in (left, right):
            if isinstance(side, Evidence):
                raise self._fault(side.at, "one cannot calculate with evidence()", "compare it by itself")
            if _kinds(side) != {"number"}:
                raise self._fault(side.at, f"{_told(side)} cannot be calculated with", "calculate with numbers")
        return Arithmetic(_SIGNS[type(node.op)], left, right, at)

    def _call(self, node: ast.Call, at: int) -> Operand | Hit:
        if not isinstance(node.func, ast.Name) or self._slice(node.func) not in FUNCTIONS:
            called = self._slice(node.func)[:64]
            hint = nearest(called, FUNCTIONS) if isinstance(node.func, ast.Name) else _ALLOWED
            raise self._fault(at, f"there is no function `{called}`", hint)
        name = node.func.id
        texts = [
            argument.value
            for argument in node.args
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
        ]
        if node.keywords or len(texts) != len(node.args) or len(texts) not in _WANTED.get(name, (1,)):
            raise self._fault(at, f"`{name}` does not take that", f"write `{FUNCTIONS[name]}`")
        places = [self._at(argument) + (2 if _raw(self._slice(argument)) else 1) for argument in node.args]
        if name in _HIT_KINDS:
            return self._hit(_HIT_KINDS[name], texts, places)
        if name == "distinct" or (name == "count" and len(texts) == 2):
            return self._counted(texts, places)
        if name == "days_since":
            if texts[0] not in INSTANTS:
                raise self._fault(places[0], f"there is no instant `{texts[0][:64]}`", nearest(texts[0], INSTANTS))
            return DaysSince(texts[0], places[0])
        if name == "finding":
            return Found(texts[0], places[0])
        if name == "score":
            return Score(texts[0], places[0])
        return Count(texts[0], places[0]) if name == "count" else Evidence(texts[0], texts[1], places[0])

    def _hit(self, kind: HitKind, texts: list[str], places: list[int]) -> Hit:
        """Give a pattern, list or bank that is asked for."""
        name, at = texts[0], places[0]
        if kind == "phrase":
            words = sum(any(char.isalnum() for char in word) for word in hits.folded_phrase(name).split())
            if not words:
                raise self._fault(at, "this phrase has no letter or digit", "write the words to look for")
            if words > MOST_WORDS:
                raise self._fault(at, f"a phrase has at most {MOST_WORDS} words", "write its telling words")
        elif kind == "rx":
            try:
                rx.expression(name)
            except rx.BadExpression as error:
                raise self._fault(at + error.at, error.what, error.hint) from None
        elif kind != "match" and not _NAME.match(name):
            raise self._fault(at, f"`{name[:64]}` is no name of a list", "small letters, digits, `.`, `-` and `_`")
        elif not name.strip() or len(name) > 128:
            raise self._fault(at, "the name of a bank has 1 to 128 characters", "write the name of a bank")
        if kind == "in_list" and texts[1] not in hits.KINDS:
            raise self._fault(
                places[1], f"one cannot look up `{texts[1][:64]}` in a list", nearest(texts[1], hits.KINDS)
            )
        return hits.hit(kind, name, texts[1] if kind == "in_list" else "", at)

    def _counted(self, texts: list[str], places: list[int]) -> Counted:
        """Give a counter over a window of time."""
        what, by = (texts[0], texts[1]) if len(texts) == 3 else ("", texts[0])
        for entity, place in zip(texts[:-1], places, strict=False):
            if entity not in ENTITIES:
                raise self._fault(place, f"`{entity[:64]}` cannot be counted by", nearest(entity, ENTITIES))
        if what == by:
            raise self._fault(places[0], f"among posts that share one {by} there is one {by}", "count something else")
        if not minutes(texts[-1]):
            raise self._fault(
                places[-1], f"`{texts[-1][:64]}` is no length of time", "write `15m`, `24h` or `7d`, 90d at most"
            )
        return Counted(Counter(what, by, texts[-1]), places[0])

    def _at(self, node: ast.expr) -> int:
        """Give the character offset of a node; `ast` counts UTF-8 bytes."""
        return len(self.encoded[: node.col_offset].decode("utf-8", "surrogatepass"))

    def _slice(self, node: ast.expr) -> str:
        """Give a node as it was written; Python folds look-alike letters in names, we refuse them."""
        return self.encoded[node.col_offset : node.end_col_offset].decode("utf-8", "surrogatepass")

    def _fault(self, offset: int, what: str, hint: str) -> Faulty:
        place = Place(self.place.file, self.place.line, self.place.column + offset)
        return Faulty(Fault(place, what, hint))


def _raw(written: str) -> bool:
    """Tell whether a text is written `r"…"`."""
    return written[:1] in {"r", "R"}


def _kind(value: Plain) -> str:
    """Give the type of a written-out value in our words."""
    if isinstance(value, bool):
        return "bool"
    return "text" if isinstance(value, str) else "number"


def _kinds(operand: Operand) -> set[str]:
    """Give the types an operand can have."""
    if isinstance(operand, Literal):
        return {_kind(operand.value)}
    if isinstance(operand, Choice):
        return {_kind(operand.values[0])}
    if isinstance(operand, FactName):
        return {FACTS[operand.name].kind}
    if isinstance(operand, Evidence):
        return {"text", "number", "bool"}
    return {"bool"} if isinstance(operand, Found) else {"number"}


def _told(operand: Operand) -> str:
    """Give an operand's type in words."""
    return {"bool": "yes or no", "text": "a text", "number": "a number"}[min(_kinds(operand))]
