"""Ledger entries: the canonical bytes of an event at its position, and digests of the records that events speak about.

An entry is one JSON object with exactly the keys `at`, `body`, `seq`, `subject` and `tag`, in the spirit of RFC 8785 (JCS):
keys sorted (by code point), no white space, UTF-8, shortest escapes. Numbers are integers that every JSON reader keeps
exactly (|n| < 2^53); numbers with a fraction are refused, because two programs may write the same one differently.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from forestall.model.errors import BadInput, LedgerBroken
from forestall.model.records import Event

MAX_INTEGER = 2**53 - 1
"""Largest magnitude of an integer in an entry (RFC 8785 §3.2.2.3, I-JSON)."""

MAX_DEPTH = 16
"""Deepest nesting of an event's body."""

_encode = msgspec.json.Encoder(order="sorted").encode
_plain = msgspec.json.Encoder()
_loose = msgspec.json.Decoder()


def frame(event: Event) -> tuple[bytes, bytes]:
    """Give an event's bytes before and after its position, which is known only when it commits: see `place`.

    Raises BadInput naming what an entry cannot hold.
    """
    try:
        head = b'{"at":%b,"body":%b,"seq":' % (_encode(event.at), _encode(_body(event)))
        return head, b',"subject":%b,"tag":%b}' % (_encode(event.subject), _encode(event.tag))
    except UnicodeEncodeError:
        raise BadInput(
            f"the ledger entry {event.tag!r} holds half of a surrogate pair", "replace it by U+FFFD before"
        ) from None


def place(head: bytes, seq: int, tail: bytes) -> bytes:
    """Give the canonical bytes of an event framed by `frame` at position `seq`."""
    return b"%b%d%b" % (head, seq, tail)


def canonical(event: Event, seq: int) -> bytes:
    """Give the canonical bytes of an event at position `seq`; raises BadInput naming what an entry cannot hold."""
    head, tail = frame(event)
    return place(head, seq, tail)


def leaf_hash(entry: bytes) -> bytes:
    """Give an entry's leaf hash: SHA-256(0x00 || entry), RFC 9162 §2.1.1."""
    return hashlib.sha256(b"\x00" + entry).digest()


def parse(entry: bytes) -> tuple[int, Event]:
    """Give the position and event that an entry's bytes say; raises LedgerBroken unless they are canonical."""
    try:
        said = _reader.decode(entry)
        event = Event(tag=said.tag, subject=said.subject, at=said.at, body=said.body)
        exact = canonical(event, said.seq) == entry
    except (msgspec.DecodeError, BadInput, RecursionError) as error:
        raise LedgerBroken(f"an entry is not a ledger entry ({error})") from None
    if not exact:
        raise LedgerBroken(f"the entry that calls itself {said.seq} is not in canonical form")
    return said.seq, event


def digest(record: Any) -> str:
    """Give the SHA-256 in hex of a record: a dataclass, or the mapping of its fields.

    The digest of a record read back from the store equals that of the record handed to it: keys are sorted, tuples and
    lists are the same, fractions are written in their shortest form that reads back exactly. Not a ledger entry, so
    fractions are fine here.
    """
    try:
        data = _encode(record)
    except TypeError:  # a mapping inside with keys that are not strings: JSON makes them strings
        data = _encode(_loose.decode(_plain.encode(record)))
    return hashlib.sha256(data).hexdigest()


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    """An entry as read back."""

    at: str
    body: dict[str, Any]
    seq: int
    subject: str
    tag: str


_reader = msgspec.json.Decoder(_Entry)


def _body(event: Event) -> Mapping[str, Any]:
    """Give the event's body in plain types, unchanged where it already is."""
    for key, value in event.body.items():
        if type(key) is not str or not (type(value) is str or value is None or type(value) is bool):
            return {
                _key(name, event.tag): _value(inner, f"{event.tag} {name}", 1) for name, inner in event.body.items()
            }
    return event.body if type(event.body) is dict else dict(event.body)


def _key(key: Any, where: str) -> str:
    """Give a mapping's key, which must be a string."""
    if isinstance(key, str):
        return str.__str__(key)
    raise BadInput(f"the ledger entry `{where}` has the key {key!r}", "keys are strings")


def _value(value: Any, where: str, depth: int) -> Any:
    """Give a value in plain types, or raise BadInput."""
    if depth > MAX_DEPTH:
        raise BadInput(f"the ledger entry `{where}` is nested too deep", f"stay within {MAX_DEPTH} levels")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int) and abs(value) <= MAX_INTEGER:
        return int(value)
    if isinstance(value, Mapping):
        return {_key(name, where): _value(inner, f"{where}.{name}", depth + 1) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return [_value(inner, f"{where}[{index}]", depth + 1) for index, inner in enumerate(value)]
    kind = type(value).__name__
    raise BadInput(f"the ledger entry `{where}` is a {kind} that JSON readers may not keep exactly", "give a string")
