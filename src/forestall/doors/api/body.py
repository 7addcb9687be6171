"""Body: turn the bytes of `POST /v1/screen` into content, or say which item and field is wrong. Nothing is written here."""

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import msgspec
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import HTTPException

from forestall.doors.api.messages import Batch, FormBatch, FormItem, InlineMedia, Item
from forestall.doors.api.problems import AnyRequest, Wrong
from forestall.model.content import Attachment, Content

T = TypeVar("T")
MAX_JSON_BYTES = 64 * 1024 * 1024
"""Largest JSON body, and largest form without its largest file."""
MAX_PARTS = 2_000
"""Most parts of a form."""
BODY_SECONDS = 120.0
"""Longest time a request may take to arrive."""
OFF_LOOP_BYTES = 256 * 1024
"""Bodies from this size on are decoded in a thread, so that other requests go on meanwhile."""

_EITHER: Sequence[str] = ("application/json", "multipart/form-data")
_TYPES = {"accept-post": ", ".join(_EITHER)}
_LONE = re.compile(
    rb"((?:[^\\]++|\\[^u]|\\u(?![dD][89a-fA-F][0-9a-fA-F]{2})|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})*+)"
    rb"((?:\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][c-fC-F][0-9a-fA-F]{2})*+)"
)
"""Everything up to escaped surrogates without a partner, and those. It matches at every place and never steps back: linear."""


class _Probe(msgspec.Struct):
    """Tells a batch from a single item."""

    items: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


Decoders = (
    tuple[msgspec.json.Decoder[Item], msgspec.json.Decoder[Batch]]
    | tuple[msgspec.json.Decoder[FormItem], msgspec.json.Decoder[FormBatch]]
)
"""For one item and for a batch, as JSON or in a form."""

_probe = msgspec.json.Decoder(_Probe)
_JSON: Decoders = (msgspec.json.Decoder(Item), msgspec.json.Decoder(Batch))
_FORM: Decoders = (msgspec.json.Decoder(FormItem), msgspec.json.Decoder(FormBatch))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks to be screened; `single` says that it was one item and is answered as one."""

    contents: tuple[Content, ...]
    single: bool


class Room:
    """Memory for request bodies: `take` refuses when the bodies being worked on would be larger than `total` bytes together."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._taken = 0

    @contextmanager
    def take(self, size: int) -> Iterator[None]:
        """Hold room for a body of so many bytes; raises Wrong `busy`. A single body always finds room."""
        if self._taken and self._taken + size > self._total:
            raise Wrong("busy", "the requests being worked on already fill the memory set aside for them")
        self._taken += size
        try:
            yield
        finally:
            self._taken -= size


def announced(request: AnyRequest, limit: int) -> int:
    """Give the size of the body as announced, or the most it may be where it is sent in chunks; raises Wrong `too-large`."""
    size = request.content_length
    if size is None:
        return limit
    if size > limit or (size > MAX_JSON_BYTES and not _is_form(request)):
        raise Wrong(
            "too-large", f"the request body has {size:,} bytes; this address takes {_limit_of(request, limit):,}"
        )
    return max(size, 0)


async def structure(request: AnyRequest, decoder: msgspec.json.Decoder[T]) -> T:
    """Read a JSON body and decode it; raises Wrong naming the field."""
    _check_type(request, _EITHER[:1])
    body = await whole(request)
    if len(body) >= OFF_LOOP_BYTES:
        return await asyncio.to_thread(decoded, body, decoder)
    return decoded(body, decoder)


def decoded(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Decode JSON; raises Wrong naming the field."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise refusal(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Wrong("bad-request", f"the body is not valid JSON in UTF-8 ({_reason(error)})") from None
    except RecursionError:
        raise Wrong("bad-request", "the JSON is nested too deeply") from None


async def whole(request: AnyRequest) -> bytes:
    """Give the bytes of the body of at most `MAX_JSON_BYTES`; raises Wrong."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await request.body()
    except TimeoutError:
        raise Wrong("timed-out", f"the request body did not arrive within {BODY_SECONDS:.0f} seconds") from None
    except HTTPException as error:
        if error.status_code >= 500:
            raise Wrong("timed-out", "the connection was closed before the request body had arrived") from None
        raise
    if len(body) > MAX_JSON_BYTES and not _is_form(request):
        raise Wrong(
            "too-large", f"the request body has {len(body):,} bytes; this address takes {MAX_JSON_BYTES:,} of JSON"
        )
    return body


async def read(request: AnyRequest) -> Asked:
    """Read and decode the body, whose size the route bounds; raises Wrong."""
    _check_type(request)
    body = await whole(request)
    if _is_form(request):
        return await _from_form(request)
    if len(body) >= OFF_LOOP_BYTES:
        return await asyncio.to_thread(asked, body, None)
    return asked(body, None)


def asked(body: bytes, files: Mapping[str, Attachment] | None) -> Asked:
    """Decode JSON into content; `files` are those of the form it came with. Raises Wrong naming item and field."""
    items, single = _decode(body, _JSON if files is None else _FORM)
    unused = set(files or ())
    contents = tuple(_content(item, None if single else index, files or {}, unused) for index, item in enumerate(items))
    if unused:
        what = f"the file `{min(unused)}` of the form is named by no item's `media`, so it would not be screened"
        raise Wrong("bad-request", what, "name it in the `media` of the item it belongs to, or leave it out")
    return Asked(contents, single)


def _check_type(request: AnyRequest, taken: Sequence[str] = _EITHER) -> None:
    """Refuse what is neither JSON in UTF-8 nor, where that is taken, a form; and compressed bodies."""
    kind, options = request.content_type
    if kind not in taken:
        what = f"the content type is `{kind}`" if kind else "the request names no content type"
        told = {"accept-post": ", ".join(taken)}
        raise Wrong("wrong-type", what, f"send {' or '.join(f'`{name}`' for name in taken)}", headers=told)
    if options.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise Wrong(
            "wrong-type", "the JSON is announced in a character set other than UTF-8", "send UTF-8", headers=_TYPES
        )
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Wrong("wrong-type", "the body is compressed", "send it without `Content-Encoding`", headers=_TYPES)


def _is_form(request: AnyRequest) -> bool:
    return request.content_type[0] == RequestEncodingType.MULTI_PART


def _limit_of(request: AnyRequest, limit: int) -> int:
    return limit if _is_form(request) else MAX_JSON_BYTES


async def _from_form(request: AnyRequest) -> Asked:
    """Decode a form whose body has arrived: one field `item` or `items`, and the files its items name."""
    try:
        fields = (await request.form()).multi_items()
    except HTTPException as error:
        if "Too Large" in error.detail:
            raise Wrong(
                "too-large", f"the form has more than {MAX_PARTS:,} parts, or a part with too long a head"
            ) from None
        raise Wrong("bad-request", "the form is not valid `multipart/form-data`") from None
    except (LookupError, ValueError):  # a part announced in an unknown character set, or not written in it
        raise Wrong("bad-request", "a field of the form is not text in UTF-8") from None
    files: dict[str, Attachment] = {}
    texts: list[tuple[str, bytes]] = []
    for name, value in fields:
        if name in ("item", "items"):
            texts.append((name, await value.read() if isinstance(value, UploadFile) else str(value).encode()))
        elif not isinstance(value, UploadFile):
            raise Wrong("bad-request", f"the form has the field `{name}`", "send `item` or `items`, and files")
        elif value.filename in files:
            raise Wrong(
                "bad-request", f"the form has two files named `{value.filename}`", "give each file its own name"
            )
        else:
            files[value.filename] = Attachment(value.filename, await value.read(), value.content_type)
    if len(texts) != 1:
        raise Wrong("bad-request", f"the form has {len(texts)} fields `item` or `items`", "send exactly one of the two")
    ((name, text),) = texts
    return asked(text if name == "item" else b'{"items":' + text + b"}", files)


def _decode(body: bytes, decoders: Decoders) -> tuple[Sequence[Item | FormItem], bool]:
    """Give the items of a JSON body and whether it was a single one."""
    try:
        return _decode_once(body, decoders)
    except msgspec.ValidationError as error:
        raise refusal(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        mended = _mended(body)
        if mended is None:
            raise Wrong("bad-request", f"the body is not valid JSON in UTF-8 ({_reason(error)})") from None
    except RecursionError:
        raise Wrong("bad-request", "the JSON is nested too deeply") from None
    return _decode(mended, decoders)


def _decode_once(body: bytes, decoders: Decoders) -> tuple[Sequence[Item | FormItem], bool]:
    """Decode without any mending."""
    one, many = decoders
    if _probe.decode(body).items is msgspec.UNSET:
        return (one.decode(body),), True
    return many.decode(body).items, False


def _mended(body: bytes) -> bytes | None:
    """Give the JSON with every escaped surrogate without a partner as U+FFFD, one for one, or None where there is none.

    Platforms cut texts in the middle of an emoji, and an item that could not be sent would never be screened.
    """
    if b"\\ud" not in body and b"\\uD" not in body:
        return None
    mended = _LONE.sub(lambda found: found[1] + rb"\ufffd" * (len(found[2]) // 6), body)
    return mended if mended != body else None


def _reason(error: Exception) -> str:
    """Give a decoder's complaint; of a wrong byte only the place, never its neighbours."""
    if isinstance(error, UnicodeDecodeError):
        return "it holds bytes that are not UTF-8"
    return str(error)


def refusal(complaint: str) -> Wrong:
    """Give a decoder's complaint as an error that names item and field."""
    what, _, path = complaint.partition(" - at `$")
    field = path.rstrip("`").lstrip(".")
    for marker in ("missing required field `", "unknown field `"):
        if marker in what:
            named = what.split(marker, 1)[1].rstrip("`")
            field = f"{field}.{named}" if field else named
    index = re.match(r"items\[(\d{1,9})\]", field)
    what = what[:1].lower() + what[1:]
    return Wrong(
        "bad-item" if index or field else "bad-request",
        f"`{field}`: {what}" if field else what,
        index=int(index[1]) if index else None,
        field=field or None,
    )


def _content(item: Item | FormItem, index: int | None, files: Mapping[str, Attachment], unused: set[str]) -> Content:
    """Give an item as content, with its files; each file used is taken out of `unused`."""
    attachments: list[Attachment] = []
    for position, media in enumerate(item.media):
        if isinstance(media, InlineMedia):
            attachments.append(Attachment(media.name, media.data, media.type))
        elif media in files:
            attachments.append(files[media])
            unused.discard(media)
        else:
            field = f"media[{position}]" if index is None else f"items[{index}].media[{position}]"
            what = f"`{field}`: the form has no file named `{media}`"
            raise Wrong("bad-item", what, "send the file in the same form, or inline", index=index, field=field)
    return Content(
        id=item.id,
        text=item.text,
        attachments=_distinct(attachments),
        audience=item.audience,
        author=item.author,
        thread=item.thread,
        url=item.url,
        published=item.published,
        language=item.lang,
        markup=item.markup,
        links=item.links,
        surface=item.surface,
        jurisdiction=item.jurisdiction,
    )


def _distinct(attachments: Sequence[Attachment]) -> tuple[Attachment, ...]:
    """Give attachments whose names differ, because findings name the part they are about: `a.png`, `a.png (2)`."""
    seen: set[str] = set()
    distinct = []
    for attachment in attachments:
        name, number = attachment.name, 1
        while name in seen:
            number += 1
            name = f"{attachment.name} ({number})"
        seen.add(name)
        distinct.append(attachment if number == 1 else Attachment(name, attachment.data, attachment.media_type))
    return tuple(distinct)
