"""The part of the STIX 2.1 pattern language that lists of known material use; everything else is refused, never guessed.

Read are comparisons with `=` and `IN` of file hashes, URLs and domain names, joined by OR; hashes of one file may also be joined by
AND. A pattern that asks for anything more (sizes, names, times, NOT, LIKE) means something narrower than its hashes and is refused.
"""

import re
from dataclasses import dataclass

from forestall.model.errors import BadInput

LONGEST_PATTERN = 256 * 1024
"""Most characters of a pattern."""

_PATHS = {"url:value": "url", "domain-name:value": "domain"}
_HASHES = {
    "MD5": "md5",
    "SHA-1": "sha1",
    "SHA1": "sha1",
    "SHA-256": "sha256",
    "SHA256": "sha256",
    "SHA-512": "sha512",
    "SHA512": "sha512",
    "PDQ": "pdq",
}
_TOKEN = re.compile(
    r"\s*+(?:(?P<text>'[^'\\]*+(?:\\.[^'\\]*+)*+')"
    r"|(?P<path>[a-z][a-z0-9-]{1,40}:[A-Za-z_][A-Za-z0-9_.'\[\]*-]{0,200}+)"
    r"|(?P<word>[A-Za-z_]{1,20}+)"
    r"|(?P<sign>[\[\]()=,]))",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class _Token:
    """One token: `text`, `path`, `word` or `sign`, and what it says."""

    kind: str
    said: str


def values_of(pattern: str) -> list[tuple[str, str]]:
    """Give the `(type, value)` pairs a pattern lists; raises BadInput where it asks for more than a list can say."""
    if len(pattern) > LONGEST_PATTERN:
        raise BadInput(f"its pattern is longer than {LONGEST_PATTERN:,} characters", "split it")
    return _Reader(_tokens(pattern)).observations()


def _tokens(pattern: str) -> list[_Token]:
    """Take a pattern apart; raises BadInput."""
    tokens = []
    at, end = 0, len(pattern.rstrip())
    while at < end:
        found = _TOKEN.match(pattern, at)
        if found is None or found.lastgroup is None:
            raise _more_than_a_list(pattern[at : at + 20].strip())
        tokens.append(_Token(found.lastgroup, found[found.lastgroup]))
        at = found.end()
    return tokens


class _Reader:
    """Reads tokens one after the other; no recursion, so that nesting costs nothing."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def observations(self) -> list[tuple[str, str]]:
        """Give what all observations list."""
        values: list[tuple[str, str]] = []
        while True:
            values += self._observation()
            if self._at == len(self._tokens):
                return values
            self._take("word", "OR")

    def _observation(self) -> list[tuple[str, str]]:
        """Give what one pair of brackets lists."""
        self._take("sign", "[")
        values: list[tuple[str, str]] = []
        joined = set()
        kinds: set[str] = set()
        depth = 0
        while True:
            while self._is("sign", "("):
                depth += 1
                self._at += 1
            path = self._take("path")
            values += self._comparison(path)
            kinds.add(path.partition(":")[0])
            while depth and self._is("sign", ")"):
                depth -= 1
                self._at += 1
            if self._is("sign", "]") and not depth:
                self._at += 1
                break
            joined.add(self._take("word"))
        if not joined <= {"OR", "AND"} or ("AND" in joined and kinds != {"file"}):
            raise _more_than_a_list(" ".join(sorted(joined)))
        return values

    def _comparison(self, path: str) -> list[tuple[str, str]]:
        """Give what one comparison lists."""
        kind = _PATHS.get(path)
        if path.startswith("file:hashes."):
            kind = _HASHES.get(path.removeprefix("file:hashes.").strip("'").upper())
        if kind is None:
            raise _more_than_a_list(path)
        if self._is("sign", "="):
            self._at += 1
            return [(kind, _text(self._take("text")))]
        self._take("word", "IN")
        self._take("sign", "(")
        values = [(kind, _text(self._take("text")))]
        while self._is("sign", ","):
            self._at += 1
            values.append((kind, _text(self._take("text"))))
        self._take("sign", ")")
        return values

    def _is(self, kind: str, said: str) -> bool:
        return self._at < len(self._tokens) and self._tokens[self._at] == _Token(kind, said)

    def _take(self, kind: str, said: str = "") -> str:
        """Give the next token, which must be of a kind, and say `said` where given; raises BadInput."""
        if self._at >= len(self._tokens):
            raise BadInput("its pattern breaks off", "get it again")
        token = self._tokens[self._at]
        if token.kind != kind or (said and token.said != said):
            raise _more_than_a_list(token.said)
        self._at += 1
        return token.said


def _text(quoted: str) -> str:
    """Give a quoted text without quotes and backslashes."""
    return re.sub(r"\\(.)", r"\1", quoted[1:-1], flags=re.DOTALL)


def _more_than_a_list(said: str) -> BadInput:
    """Say that a pattern is not read, and at what."""
    return BadInput(
        f"its pattern asks for more than a list of hashes, URLs or domains (`{said[:40]}`)", "nothing to do"
    )
