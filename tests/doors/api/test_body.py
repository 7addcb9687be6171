"""Bodies: what is decoded is what was sent, and mending half emojis changes nothing else."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.doors.api.body import asked
from forestall.doors.api.problems import Wrong
from forestall.model.content import Attachment, Audience, Markup

_PIECES = st.lists(
    st.sampled_from(
        ["\\", '"', "\n", "u", "d", "8", "0", "é", "\ud800", "\udbff", "\udc00", "\udfff", "\U0001f600", "مرحبا"]
    ),
    max_size=12,
).map("".join)


def _utf16(text: str) -> str:
    """Give a text as JSON escapes mean it: two surrogates that meet are one character."""
    mended: str = json.loads(json.dumps(text))
    return mended


def _kind(raw: bytes) -> str:
    """Decode and give the kind of problem that refuses it, or an empty text."""
    try:
        asked(raw, None)
    except Wrong as error:
        return error.kind
    return ""


@settings(derandomize=True, max_examples=300)
@given(_PIECES)
def test_only_lone_surrogates_change(text: str) -> None:
    """Whatever surrounds them, lone surrogates become U+FFFD one for one, and every other character stays."""
    raw = b'{"id":"a","text":' + json.dumps(text).encode() + b"}"
    wanted = "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in _utf16(text))
    (content,) = asked(raw, None).contents
    assert content.text == wanted


@settings(derandomize=True, max_examples=200)
@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_refused(raw: bytes) -> None:
    """No bytes make the decoder fail in another way than by a problem."""
    assert _kind(raw) in {"", "bad-request", "bad-item"}


@pytest.mark.parametrize(
    "unit", [rb"\\", rb"\ud800x", rb"\ud800", b"a", rb"\u0041", rb"\ud800\udc00", rb"\ud8", rb"\uD83D\u00"]
)
def test_mending_never_steps_back(unit: bytes) -> None:
    """A megabyte of any one pattern is decoded or refused; a pattern that steps back would not end."""
    raw = b'{"id":"a","text":"' + unit * (1_000_000 // len(unit)) + rb'\ud800"}'
    assert _kind(raw) in {"", "bad-request"}


def test_every_field_arrives() -> None:
    """Every field of an item is carried over to the content that is screened."""
    item = {
        "id": "a",
        "text": "<p>hi</p>",
        "markup": "html",
        "media": [{"name": "p.png", "type": "image/png", "data": "aGk="}],
        "links": ["https://example.org"],
        "audience": "closed",
        "author": "u",
        "thread": "t",
        "url": "https://forum.example/1",
        "published": "2026-01-31T12:00:00Z",
        "lang": "en",
    }
    (content,) = asked(json.dumps(item).encode(), None).contents
    assert content.attachments == (Attachment("p.png", b"hi", "image/png"),)
    assert (content.markup, content.audience, content.language) == (Markup.HTML, Audience.CLOSED, "en")
    assert (content.author, content.thread, content.url) == ("u", "t", "https://forum.example/1")
    assert (content.published, content.links) == ("2026-01-31T12:00:00Z", ("https://example.org",))
    assert (content.id, content.text, content.kind) == ("a", "<p>hi</p>", "post")


@pytest.mark.parametrize(
    "when", ["", "2026-01-31", "2026-01-31T12:00Z", "2026-01-31 12:00:00.5+03:00", "2026-01-31T12:00:00"]
)
def test_instants_of_many_platforms_are_taken(when: str) -> None:
    """Dates and instants in ISO 8601 are taken as they are."""
    (content,) = asked(json.dumps({"id": "a", "published": when}).encode(), None).contents
    assert content.published == when


@pytest.mark.parametrize(
    "when", ["now", "31.01.2026", "2026-13-01", "2026-01-31T25:00Z", "٢٠٢٦-٠١-٣١", "2026-01-31T12:00:00Z\n"]
)
def test_other_instants_are_refused(when: str) -> None:
    """What is no instant is refused by name rather than kept."""
    with pytest.raises(Wrong) as refused:
        asked(json.dumps({"id": "a", "published": when}).encode(), None)
    assert refused.value.field == "published"


def test_single_and_batch_are_told_apart() -> None:
    """An object with `items` is a batch, even of one; any other is one item."""
    assert asked(b'{"id":"a"}', None).single
    assert not asked(b'{"items":[{"id":"a"}]}', None).single


def test_names_of_many_files_stay_apart() -> None:
    """Files of one name in one item get names that differ, whatever names the others have."""
    media = [{"name": name, "data": ""} for name in ("a", "a (2)", "a", "a")]
    (content,) = asked(json.dumps({"id": "x", "media": media}).encode(), None).contents
    names = [item.name for item in content.attachments]
    assert names == ["a", "a (2)", "a (3)", "a (4)"]


def test_the_limits_of_an_item_are_those_of_its_schema() -> None:
    """One file or id too many or too long is refused, and the field is named."""
    for item, field in (
        ({"id": "a", "media": [{"name": "x", "data": ""}] * 65}, "media"),
        ({"id": "x" * 1_025}, "id"),
        ({"id": "a", "links": ["x" * 2_049]}, "links[0]"),
    ):
        with pytest.raises(Wrong) as refused:
            asked(msgspec.json.encode(item), None)
        assert refused.value.field == field


def test_files_are_only_taken_from_their_form() -> None:
    """A name of a file is only understood in a form; the JSON alone has no files to name."""
    raw = b'{"id":"a","media":["p.png"]}'
    assert asked(raw, {"p.png": Attachment("p.png", b"")}).contents[0].attachments[0].name == "p.png"
    with pytest.raises(Wrong):
        asked(raw, None)
