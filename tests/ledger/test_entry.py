"""Ledger entries: one canonical form, read back exactly, refusing what programs write differently."""

import hashlib
import json
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.ledger.entry import MAX_DEPTH, canonical, digest, leaf_hash, parse
from forestall.model.errors import BadInput, LedgerBroken
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.records import Event

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
EVENTS = st.builds(Event, TEXTS, TEXTS, TEXTS, st.dictionaries(TEXTS, VALUES, max_size=4))
BY_EXAMPLE = settings(max_examples=150, deadline=None, derandomize=True)


class Colour(StrEnum):
    """An enumeration of strings."""

    RED = "red"


def event(**body: Any) -> Event:
    """Give an event with a body."""
    return Event("content:received", "c1", "2026-01-31T12:00:00.000Z", body)


def nested(depth: int) -> list[Any]:
    """Give lists within lists."""
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def test_the_form_is_the_documented_one() -> None:
    """An entry is compact JSON with sorted keys, in UTF-8, with the shortest escapes."""
    assert (
        canonical(event(b='é"\\\n\x01', a=[1, True, None, {"z": -1, "y": "😀"}]), 7)
        == (
            '{"at":"2026-01-31T12:00:00.000Z","body":{"a":[1,true,null,{"y":"😀","z":-1}],"b":"é\\"\\\\\\n\\u0001"},'
            '"seq":7,"subject":"c1","tag":"content:received"}'
        ).encode()
    )


@BY_EXAMPLE
@given(EVENTS, st.integers(0, 2**53))
def test_entries_read_back(given_event: Event, seq: int) -> None:
    """An entry's bytes give the event and the position they were made of."""
    assert parse(canonical(given_event, seq)) == (seq, given_event)


@BY_EXAMPLE
@given(EVENTS)
def test_entries_are_json_as_others_write_it(given_event: Event) -> None:
    """An entry is what Python's own JSON writer makes of the same values, sorted and compact."""
    values = {
        "at": given_event.at,
        "body": given_event.body,
        "seq": 3,
        "subject": given_event.subject,
        "tag": given_event.tag,
    }
    expected = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert canonical(given_event, 3).decode() == expected


def test_kinds_of_mappings_and_strings_do_not_matter() -> None:
    """Tuples are lists, enumerations their values, and any mapping is an object."""
    given_event = event(a=(1, MappingProxyType({"c": Colour.RED})))
    assert canonical(given_event, 0) == canonical(event(a=[1, {"c": "red"}]), 0)
    proxied = Event("a:b", "c", "", MappingProxyType({"x": "y"}))
    assert canonical(proxied, 0) == canonical(Event("a:b", "c", "", {"x": "y"}), 0)


@pytest.mark.parametrize(
    "value",
    [
        0.5,
        1.0,
        float("nan"),
        2**53,
        -(2**53),
        b"x",
        {1, 2},
        object(),
        {1: "x"},
        [0.5],
        {"a": {"b": 0.5}},
        nested(MAX_DEPTH + 1),
        "\ud800",
    ],
    ids=lambda value: repr(value)[:20].encode("ascii", "replace").decode(),
)
def test_what_programs_write_differently_is_refused(value: Any) -> None:
    """Fractions, integers beyond 2^53, and what is no JSON are refused; the message names the entry and the next step."""
    with pytest.raises(BadInput, match="content:received") as caught:
        canonical(event(value=value), 0)
    assert caught.value.next_step


@pytest.mark.parametrize(
    "entry",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"at":"","body":{},"seq":1,"subject":"","tag":""} ',
        b'{"at":"", "body":{},"seq":1,"subject":"","tag":""}',
        b'{"body":{},"at":"","seq":1,"subject":"","tag":""}',
        b'{"at":"","body":{},"seq":1,"seq":1,"subject":"","tag":""}',
        b'{"at":"","body":{"a":1,"a":1},"seq":1,"subject":"","tag":""}',
        b'{"at":"","body":{"a":1.0},"seq":1,"subject":"","tag":""}',
        b'{"at":"","body":{},"seq":1,"subject":"","tag":"","more":1}',
        b'{"at":"","body":{},"seq":"1","subject":"","tag":""}',
        b'{"at":"","body":{"a":"\\u0041"},"seq":1,"subject":"","tag":""}',
        b'{"at":"","body":{"a":' + b"[" * 5_000 + b"]" * 5_000 + b'},"seq":1,"subject":"","tag":""}',
    ],
)
def test_no_second_form_is_read(entry: bytes) -> None:
    """Bytes that are no entry, or an entry written in another way, are refused."""
    with pytest.raises(LedgerBroken):
        parse(entry)


def test_leaves_differ_from_nodes() -> None:
    """A leaf hash covers a zero byte and the entry, so that no entry can pose as a node of the tree."""
    assert leaf_hash(b"x") == hashlib.sha256(b"\0x").digest()


def test_digests_do_not_depend_on_order_or_kind() -> None:
    """A record's digest is that of the mapping of its fields, whatever the order of keys, tuples or lists."""
    finding = Finding("a", "1", "b", 0.1, Outcome.HOLD, "text", ((1, 2),), {"y": (1, 2.5), "x": None})
    fields = {
        "spans": [[1, 2]],
        "detector": "a",
        "version": "1",
        "label": "b",
        "score": 0.1,
        "ceiling": "hold",
        "part": "text",
    }
    assert digest(finding) == digest({**fields, "evidence": {"x": None, "y": [1, 2.5]}})
    assert digest(finding) != digest({**fields, "evidence": {"x": None, "y": [1, 2.4]}})


def test_digests_take_keys_that_are_no_strings() -> None:
    """A mapping with integer keys has the digest it has once read back from JSON."""
    assert digest({"a": {2: "x", 10: "y"}}) == digest({"a": {"10": "y", "2": "x"}})
