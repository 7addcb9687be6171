"""Mail in one file: mbox, in any of its dialects. Every mail is an item with the mail itself as attachment, opened later in the box."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from forestall.exchange.platform.source import Attach, refused
from forestall.model.content import Attachment, Audience, Content, Problem

LARGEST_MAIL = 64 * 1024 * 1024
"""Most bytes of one mail."""

START = re.compile(rb"From \S{1,512} [^\n]{0,128}\d{4}")
"""The line that begins a mail; one inside a mail's text is quoted with `>`."""

_PIECE = 64 * 1024
_QUOTED = re.compile(rb">+From ")
_ID = re.compile(rb"^message-id:[ \t\r\n]*<([^<>\r\n]{1,512})>", re.IGNORECASE | re.MULTILINE)


def read(name: str, source: BinaryIO, _attach: Attach) -> Iterator[Content]:
    """Give the mails in order; the mail's own id is the item's. A mail that is too large is named and passed over."""
    for number, data in enumerate(_mails(source), 1):
        place = f"{name}:{number}"
        if data is None:
            what = f"mail {number} of `{name}` is larger than {LARGEST_MAIL:,} bytes and was not read"
            yield refused(place, Problem("too-large", what, "open it by hand"))
            continue
        found = _ID.search(data, 0, _headers(data))
        mail = Attachment(f"mail-{number}.eml", data, "message/rfc822")
        identity = found[1].decode("utf-8", "replace") if found else place
        yield Content(id=identity, attachments=(mail,), audience=Audience.PRIVATE)


def _headers(data: bytes) -> int:
    """Give where the headers of a mail end."""
    ends = [end for end in (data.find(b"\n\n", 0, _PIECE), data.find(b"\r\n\r\n", 0, _PIECE)) if end >= 0]
    return min(ends, default=_PIECE)


def _mails(source: BinaryIO) -> Iterator[bytes | None]:
    """Give the bytes of each mail, None for one that is too large."""
    pieces: list[bytes] = []
    size, begun, at_start, after_blank = 0, False, True, True
    while piece := source.readline(_PIECE):
        if at_start and after_blank and START.match(piece):
            if begun:
                yield b"".join(pieces) if size <= LARGEST_MAIL else None
            pieces, size, begun = [], 0, True
        elif begun:
            size += len(piece)
            if size > LARGEST_MAIL:
                pieces.clear()
            else:
                pieces.append(piece[1:] if at_start and _QUOTED.match(piece) else piece)
        after_blank = at_start and piece in {b"\n", b"\r\n"}
        at_start = piece.endswith(b"\n")
    if begun:
        yield b"".join(pieces) if size <= LARGEST_MAIL else None
