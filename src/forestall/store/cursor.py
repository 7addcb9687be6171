"""Cursors: where a listing goes on, as opaque text that a client may keep and hand back, and may also make up."""

import base64
import binascii
import sys
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from forestall.ledger.entry import MAX_INTEGER
from forestall.model.errors import BadInput

T = TypeVar("T", bound=tuple[Any, ...])

MAX_LENGTH = 4_096


def write(values: Sequence[Any]) -> str:
    """Give the cursor that says `values`."""
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def read(cursor: str, shape: type[T]) -> T:
    """Give the values of a cursor, typed as `shape`; raises BadInput where it is not one we gave."""
    try:
        if len(cursor) > MAX_LENGTH:
            raise ValueError(cursor)
        padded = cursor + "=" * (-len(cursor) % 4)
        values: T = msgspec.json.decode(base64.b64decode(padded.encode("ascii"), b"-_", validate=True), type=shape)
        if write(list(values)) != cursor or any(
            isinstance(value, int) and abs(value) > MAX_INTEGER for value in values
        ):
            raise ValueError(cursor)
    except (msgspec.DecodeError, ValueError, binascii.Error):
        raise BadInput("the cursor is not one that a listing gave", "start again without a cursor") from None
    return values


def limit(number: int) -> int:
    """Give a page size that is at least one; raises BadInput otherwise."""
    if number < 1:
        raise BadInput(f"a page of {number} items cannot be given", "ask for one or more")
    return number


def behind(prefix: str) -> str:
    """Give the first text behind all that begin with `prefix`, in the order of code points; empty where there is none."""
    cut = prefix.rstrip(chr(sys.maxunicode))
    if not cut:
        return ""
    last = ord(cut[-1]) + 1
    return cut[:-1] + chr(0xE000 if last == 0xD800 else last)  # half a surrogate pair is no text
