r"""Regular expressions of rules: linear in time whatever the text, and with our words, letters and digits.

An analyst writes `rx("join (us|them)\b")`; RE2 runs it over the folded text. Before that it is rewritten: what is written is folded as
texts are (`É` reads `e`), `\d`, `\w` and `\s` mean all of Unicode, and `\b`, which may stand only at the two ends, means the border of
a word as `text.terms` draws it. What RE2 does not have (back-references, looking around) is refused where it stands.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from forestall.text.fold import fold

MEMORY = 8 << 20
"""Bytes that one compiled expression may take."""

_WORD = r"\p{L}\p{M}\p{Nd}"
_ALONE = (
    r"\x{0E00}-\x{0EFF}\x{1000}-\x{109F}\x{1780}-\x{17FF}\x{3040}-\x{30FF}\x{31F0}-\x{31FF}"
    r"\x{3400}-\x{9FFF}\x{F900}-\x{FAFF}\x{20000}-\x{3FFFF}"
)
"""Letters of scripts written without spaces, each a word of its own (`text.sketch_kernels.alone`)."""
_LEFT, _RIGHT = rf"(?:^|[^{_WORD}]|[{_ALONE}])", rf"(?:$|[^{_WORD}]|[{_ALONE}])"
_CLASSES = {"d": r"\p{Nd}", "w": rf"{_WORD}_", "s": r"\s\p{Z}"}
_SPACED = "*+?{"
_FLAGS = re.compile(r"\(\?(?:P<[A-Za-z_][A-Za-z0-9_]*>|[ism]*:)")
_UNICODE = re.compile(r"\\[pP](?:[A-Z]|\{\^?[A-Za-z_]{1,40}\})")
_HEX = re.compile(r"\\x(?:[0-9A-Fa-f]{2}|\{[0-9A-Fa-f]{1,6}\})")
_POSIX = re.compile(r"\[:\^?[a-z]{1,10}:\]")
_AROUND = ("(?=", "(?!", "(?<=", "(?<!")


class BadExpression(Exception):
    """An expression that cannot be searched for: `at` is the offset in it, `hint` what to write instead."""

    def __init__(self, at: int, what: str, hint: str) -> None:
        super().__init__(what)
        self.at = at
        self.what = what
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression ready for RE2: `inner` without the borders at its ends, for the search of all at once; `whole` with them.

    What was found is group 1 of `whole`.
    """

    inner: str
    whole: str


@lru_cache(maxsize=4096)
def expression(written: str) -> Expression:
    """Give an expression as RE2 takes it; raises BadExpression at what is not admitted."""
    left, right = written.startswith(r"\b"), _ends_at_border(written)
    walk = _Walk(written, 2 if left else 0, len(written) - (2 if right else 0))
    inner = walk.run()
    if walk.branches and (left or right):
        hint = r"put brackets around the alternatives, as in `\b(?:one|two)\b`"
        raise BadExpression(walk.branches[0], r"it is not clear to which alternative `\b` belongs", hint)
    compiled(inner)
    if _matches(inner, ""):
        raise BadExpression(0, "this holds even where nothing is written", "let it need at least one character")
    begins = _LEFT if left and not walk.starts_free else ""
    ends = _RIGHT if right and not walk.ends_free else ""
    whole = f"{begins}({inner}){ends}"
    compiled(whole)
    return Expression(inner, whole)


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> Any:
    """Give RE2's program of a rewritten expression; raises BadExpression where RE2 refuses it."""
    import re2  # noqa: PLC0415 - loaded by the first ruleset that has an expression

    try:
        return re2.compile(pattern, options(MEMORY))
    except re2.error as error:
        raise BadExpression(0, _told(error), "write it simpler") from None


def options(memory: int) -> Any:
    """Give RE2's options: silent, within some bytes of memory."""
    import re2  # noqa: PLC0415 - see above

    chosen = re2.Options()
    chosen.log_errors = False
    chosen.max_mem = memory
    return chosen


def _matches(pattern: str, text: str) -> bool:
    return compiled(pattern).search(text) is not None


def _told(error: Exception) -> str:
    """Give RE2's complaint as words."""
    said = error.args[0] if error.args else b""
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return f"this is not a regular expression ({words[:120]})"


def _ends_at_border(written: str) -> bool:
    r"""Say whether an expression ends with `\b`, and not with an escaped backslash and a `b`."""
    slashes = len(written[:-1]) - len(written[:-1].rstrip("\\")) if written.endswith(r"\b") else 0
    return slashes % 2 == 1 and len(written) > 2


class _Walk:
    """Rewrites an expression from left to right, refusing at its offset what is not admitted."""

    def __init__(self, written: str, start: int, end: int) -> None:
        self.written = written
        self.at = start
        self.end = end
        self.out: list[str] = []
        self.open: list[int] = []
        self.branches: list[int] = []
        self.starts_free = False
        self.ends_free = False

    def run(self) -> str:
        """Give the rewritten expression."""
        start = self.at
        while self.at < self.end:
            first, self.ends_free = self.at == start, False
            char = self.written[self.at]
            if char == "\\":
                self._escape()
            elif char == "[":
                self._class()
            elif char == "(":
                self._bracket()
            elif char == ")":
                if not self.open:
                    raise self._fault("this bracket closes nothing", r"open it, or write `\)` for the sign itself")
                self.open.pop()
                self._put(char)
            elif char in "|*+?{.^$":
                self._sign(char)
            else:
                self._literal(char, first)
        if self.open:
            self.at = self.open[-1]
            raise self._fault("this bracket is not closed", r"close it, or write `\(` for the sign itself")
        return "".join(self.out)

    def _put(self, text: str, wide: int = 1) -> None:
        self.out.append(text)
        self.at += wide

    def _sign(self, char: str) -> None:
        """Take a sign of the expression language."""
        if char == "|" and not self.open:
            self.branches.append(self.at)
        if char == "{":
            bounds = re.compile(r"\{\d{1,4}(?:,\d{0,4})?\}").match(self.written, self.at, self.end)
            if bounds is None:
                raise self._fault("this brace is no number of times", r"write `{2,5}`, or `\{` for the sign itself")
            self._put(bounds[0], len(bounds[0]))
            return
        self._put(char)

    def _literal(self, char: str, first: bool) -> None:
        """Take a character that means itself, as texts have it after folding."""
        told = fold(char).text
        following = self.written[self.at + 1 : self.at + 2]
        if not told and following and following in _SPACED:
            raise self._fault("texts are searched without this mark", "leave it out")
        free = bool(told) and not told.isalnum()
        self.starts_free |= first and (free or _alone(told[:1]))
        follows = following not in {*_SPACED, ""} or self.at + 1 >= self.end
        self.ends_free = follows and (free or _alone(told[-1:]))
        self._put(re.escape(told) if len(told) < 2 else f"(?:{re.escape(told)})")

    def _bracket(self) -> None:
        """Take an opening bracket; groups need no names or numbers here."""
        rest = self.written[self.at : self.end]
        if rest.startswith(_AROUND):
            raise self._fault("looking ahead or back is not possible in linear time", "write two conditions instead")
        flags = _FLAGS.match(rest)
        if rest.startswith("(?") and flags is None:
            raise self._fault("this bracket is not known", "write `(?:…)` or `(…)`")
        self.open.append(self.at)
        if flags is None:
            self._put("(?:")
        else:
            self._put("(?:" if "P<" in flags[0] else flags[0], len(flags[0]))

    def _escape(self) -> None:
        """Take what stands after a backslash."""
        following = self.written[self.at + 1 : self.end][:1]
        for known in (_UNICODE, _HEX):
            match = known.match(self.written, self.at, self.end)
            if match:
                self._put(match[0], len(match[0]))
                return
        if following in _CLASSES:
            self._put(f"[{_CLASSES[following]}]", 2)
        elif following and following in "DWS":
            self._put(f"[^{_CLASSES[following.lower()]}]", 2)
        elif following == "n":
            self._put(r"\n", 2)
        elif following and not following.isalnum():
            self._put(re.escape(fold(following).text), 2)
        else:
            raise self._refused(following)

    def _refused(self, following: str) -> BadExpression:
        """Say why an escape is not admitted."""
        if following in {"b", "B"}:
            return self._fault(rf"`\{following}` stands only at the ends, as `\b`", r"write `\bwords\b`")
        if following.isdigit() or following == "k":
            return self._fault("a back-reference is not possible in linear time", "write out what is meant")
        if not following:
            return self._fault("a backslash stands at the end", r"write `\\` for the sign itself")
        return self._fault(
            rf"`\{following}` is not known", r"known are `\d \w \s \D \W \S \n \b \p{…}` and escaped signs"
        )

    def _class(self) -> None:
        """Take a set of characters in square brackets."""
        opened = self.at
        parts = ["["]
        self.at += 1
        if self.written.startswith("^", self.at):
            parts.append("^")
            self.at += 1
        first = True
        while self.at < self.end and (first or self.written[self.at] != "]"):
            parts.append(self._member())
            first = False
        if self.at >= self.end:
            self.at = opened
            raise self._fault("this bracket is not closed", r"close it, or write `\[` for the sign itself")
        self.out.append("".join(parts))
        self._put("]")

    def _member(self) -> str:
        """Take one character, escape or range of a set."""
        for known in (_POSIX, _UNICODE, _HEX):
            match = known.match(self.written, self.at, self.end)
            if match:
                self.at += len(match[0])
                return match[0]
        char = self._one()
        if len(char) > 1:
            return char
        if self.written.startswith("-", self.at) and self.written[self.at + 1 : self.at + 2] not in {"", "]"}:
            start = self.at
            self.at += 1
            last = self._one()
            low, high = fold(char).text, fold(last).text
            plain = low == char.lower() and high == last.lower() and len(low) == len(high) == 1
            if not plain or low > high or char.isupper() is not last.isupper():
                self.at = start
                raise self._fault("this range does not stand in folded texts", "name the letters, without accents")
            return f"{re.escape(low)}-{re.escape(high)}"
        told = fold(char).text
        if len(told) > 1:
            raise self._fault(f"texts have `{told}` for this character", "write it outside the square brackets")
        return re.escape(told)

    def _one(self) -> str:
        """Give one member: a character, or the rewritten form of an escape."""
        char = self.written[self.at]
        if char != "\\":
            self.at += 1
            return char
        following = self.written[self.at + 1 : self.end][:1]
        if following in _CLASSES:
            self.at += 2
            return _CLASSES[following]
        if following == "n":
            self.at += 2
            return r"\n"
        if following and not following.isalnum():
            self.at += 2
            return following
        raise self._refused(following)

    def _fault(self, what: str, hint: str) -> BadExpression:
        return BadExpression(self.at, what, hint)


def _alone(char: str) -> bool:
    """Say whether a letter is a word of its own, so that a border stands on both its sides anyway."""
    return bool(char) and re.match(_alone_class(), char) is not None


@lru_cache(maxsize=1)
def _alone_class() -> str:
    """Give the letters that are words of their own as a set for Python's `re`."""
    ranges = re.findall(r"\\x\{([0-9A-F]+)\}-\\x\{([0-9A-F]+)\}", _ALONE)
    return "[" + "".join(f"{chr(int(low, 16))}-{chr(int(high, 16))}" for low, high in ranges) + "]"
