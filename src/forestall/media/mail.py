"""Mails (RFC 5322, MIME): subject, sender and texts as segments; attachments as files inside.

The standard library's parser recurses as deep as a mail is nested; here the parts are split by a loop with a limit, and only header
blocks of bounded size go to it. Splitting copies nothing but what is handed on.
"""

import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser

from forestall.media import names, page
from forestall.media.tray import Member, Tray
from forestall.model.content import Markup
from forestall.model.reading import Role

_MOST_HEADER_BYTES = 64 * 1024
_MOST_HEADER_CHARACTERS = 2_000
_MOST_NESTING = 12
"""Deepest multipart inside multipart; ordinary mails reach 4."""

_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_headers = BytesHeaderParser()


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One part that is not a multipart: its headers and its bytes with the transfer encoding undone."""

    headers: "Message[str, str]"
    body: bytes


def read(tray: Tray, part: str, data: bytes, media_type: str) -> Iterable[Member]:  # noqa: ARG001 - a Reader's signature
    """Lay out subject, sender and bodies of a mail; gives its attachments and forwarded mails."""
    headers, _ = _split_headers(data)
    for name in ("subject", "from"):
        tray.text(f"{part}#{name}", Role.PAGE, _header(headers, name))
    bodies = 0
    for leaf in _leaves(tray, part, data):
        if not tray.admit(part):
            return
        kind = leaf.headers.get_content_type()
        attached = leaf.headers.get_content_disposition() == "attachment" or leaf.headers.get_filename()
        if kind in {"text/plain", "text/html"} and not attached:
            bodies += 1
            inner = f"{part}#body{bodies if bodies > 1 else ''}"
            markup = Markup.HTML if kind == "text/html" else Markup.PLAIN
            page.lay_out(tray, inner, leaf.body, markup, str(leaf.headers.get_content_charset() or ""))
            continue
        inner_name = _decoded(str(leaf.headers.get_filename() or "")) or f"part{bodies + 1}"
        accepted = names.accepted(tray, part, inner_name)
        if accepted is not None:
            yield Member(accepted, leaf.body)


def _leaves(tray: Tray, part: str, data: bytes) -> Iterator[_Leaf]:
    """Give the parts of a mail that are not multiparts, in order; nesting beyond the limit is named and left."""
    waiting: list[tuple[int, bytes]] = [(0, data)]
    while waiting:
        tray.check_time()
        depth, raw = waiting.pop()
        headers, body = _split_headers(raw)
        boundary = headers.get_boundary() if headers.get_content_maintype() == "multipart" else None
        if not boundary:
            yield _Leaf(headers, _untransferred(headers, body))
        elif depth >= _MOST_NESTING:
            tray.trouble("too-deep", part, f"more than {_MOST_NESTING} multiparts inside each other")
        else:
            most = tray.limits.entries
            pieces = _pieces(body, boundary.encode("ascii", "replace"), most)
            if len(pieces) > most:
                tray.trouble("too-many-entries", part, f"more than {most}")
            waiting += [(depth + 1, piece) for piece in reversed(pieces[:most])]


def _pieces(body: bytes, boundary: bytes, most: int) -> list[bytes]:
    """Split a multipart body at its boundary lines, into at most `most` + 1 pieces; a missing end is forgiven."""
    line = re.compile(rb"(?:^|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]{0,100}(?:\r?\n|\Z)")
    pieces: list[bytes] = []
    start = -1
    for found in line.finditer(body):
        if start >= 0:
            pieces.append(body[start : found.start()])
        start = found.end()
        if found[1] or len(pieces) > most:
            return pieces
    if start >= 0:
        pieces.append(body[start:])
    return pieces


def _split_headers(raw: bytes) -> "tuple[Message[str, str], bytes]":
    """Give the headers of a mail or part, and what follows the blank line; no more than 64 KiB of headers are read."""
    if raw[:1] in {b"\n", b"\r"}:  # a part without headers begins with its blank line
        return _headers.parsebytes(b""), raw.lstrip(b"\r\n")
    found = _BLANK_LINE.search(raw)
    head, body = (raw[: found.start()], raw[found.end() :]) if found else (raw, b"")
    return _headers.parsebytes(head[:_MOST_HEADER_BYTES]), body


def _untransferred(headers: "Message[str, str]", body: bytes) -> bytes:
    """Undo the transfer encoding; what is broken in it is skipped."""
    encoding = str(headers.get("content-transfer-encoding", "")).strip().lower()
    try:
        if encoding == "base64":
            return binascii.a2b_base64(body + b"==")
        if encoding == "quoted-printable":
            return binascii.a2b_qp(body)
    except binascii.Error:
        return body
    return body


def _header(headers: "Message[str, str]", wanted: str) -> str:
    """Give a header's text in one line: encoded words decoded (RFC 2047), bare bytes read as a text's would be."""
    for name, value in headers.raw_items():
        if name.lower() == wanted:
            return _decoded(page.decode(str(value).encode("utf-8", "surrogateescape"))[0])
    return ""


def _decoded(raw: str) -> str:
    """Decode encoded words of at most 2,000 characters of header text."""
    raw = " ".join(raw[:_MOST_HEADER_CHARACTERS].split())
    try:
        pieces = decode_header(raw)
    except (HeaderParseError, ValueError):
        return raw
    return "".join(
        page.decode(piece, charset or "")[0] if isinstance(piece, bytes) else piece for piece, charset in pieces
    )
