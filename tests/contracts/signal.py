"""What every signal type must do. Inherit `KeyedContract` or `SequenceContract`, give `kind` and `met`, and the laws below are tested.

`met` is a written value and a reading that holds it. A type for which the case of letters carries meaning says so with
`case_matters`; one that needs something from outside says `built_in = False`; a type that takes any words (texts, names of places)
overrides `junk` with what it does refuse.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.detect.match.signals.base import Hit, KeyedType, SequenceMatcher, SequenceType
from forestall.detect.match.types import SignalTypes
from forestall.model.errors import BadInput
from forestall.model.reading import BODY, Plane, Reading, Role, Segment

HOSTILE_VALUES = (
    "",
    " ",
    "0",
    "-1",
    "０",
    "\0",
    "\ud800",
    "\u202ea",
    "[]",
    "{}",
    "null",
    "a" * 100_000,
    "1;" * 50_000,
    "\n" * 10_000,
    "%" * 1_000,
    "https://[",
    "://///",
    "\U0010ffff" * 1_000,
)
"""Values nobody means: each is refused or taken, nothing else happens."""

JUNK = ("", " ", "0", "no-value", "-1", "０", "\0", "\ud800", "[]")
"""What no type with a fixed way of writing takes for a value."""

HOSTILE_READINGS = (
    Reading("1"),
    Reading("2", segments=(Segment(BODY, Role.BODY, ""), Segment(BODY, Role.BODY, "\ud800\0\u202e\U0010ffff" * 50))),
    Reading(
        "3", segments=(Segment("a#link1", Role.LINK, "https://[::1"), Segment("a#code1", Role.CODE, "http://" * 99))
    ),
    Reading("4", segments=(Segment(BODY, Role.BODY, "a" * 50_000), Segment(BODY, Role.BODY, "a " * 25_000))),
    Reading(
        "5",
        planes=(Plane("a", 0, 0, b""), Plane("b", 7, 9, b"x"), Plane("c", 1, 1, b"x"), Plane("d", -3, -3, b"x" * 9)),
    ),
    Reading(
        "6",
        planes=(Plane("a", 64, 64, bytes(4096)), Plane("a", 64, 64, bytes(4096), 1), Plane("a", 9, 4, bytes(36), -1)),
    ),
)
"""Readings that no ordinary post makes."""

_GENTLE = settings(derandomize=True, max_examples=40, deadline=None)


class SignalContract:
    """The laws of a signal type."""

    kind: KeyedType | SequenceType
    met: tuple[str, Reading]
    built_in: ClassVar[bool] = True
    case_matters: ClassVar[bool] = False
    junk: ClassVar[Sequence[str]] = JUNK

    def values(self) -> list[str]:
        """Give the canonical values of the examples."""
        return [self.kind.normalise(example) for example in self.kind.examples()]

    def test_is_listed(self) -> None:
        """Banks can name the type."""
        listed = SignalTypes(() if self.built_in else (self.kind,))
        assert listed.kind(self.kind.name) is self.kind
        assert self.kind.name == self.kind.name.lower().strip()

    def test_limits_hold_together(self) -> None:
        """What matches by default is never more than a bank may ask for."""
        assert 0 <= self.kind.radius <= self.kind.largest
        assert 0 <= self.kind.floor <= 100

    def test_examples_are_values(self) -> None:
        """Every type shows at least two different valid values."""
        assert len(set(self.values())) >= 2

    def test_white_space_does_not_matter(self) -> None:
        """A value pasted with white space around it is the same value, and in capitals too unless they mean something."""
        for example, value in zip(self.kind.examples(), self.values(), strict=True):
            assert self.kind.normalise(f" \t{example}\r\n") == value
            if not self.case_matters:
                assert self.kind.normalise(example.upper()) == value

    def test_normalising_again_changes_nothing(self) -> None:
        """A canonical value, written down and read again, is itself."""
        for value in (*self.values(), self.kind.normalise(self.met[0])):
            assert self.kind.normalise(value) == value

    def test_junk_is_refused(self) -> None:
        """What is no value is refused with the next step, never guessed at."""
        for junk in self.junk:
            with pytest.raises(BadInput) as refused:
                self.kind.normalise(junk)
            assert refused.value.next_step

    @pytest.mark.parametrize("value", HOSTILE_VALUES, ids=range(len(HOSTILE_VALUES)))
    def test_any_value_is_taken_or_refused(self, value: str) -> None:
        """Whatever somebody writes as a value, it has one canonical form or is refused; nothing else happens."""
        try:
            found = self.kind.normalise(value)
        except BadInput:
            return
        assert self.kind.normalise(found) == found

    def test_any_text_is_taken_or_refused(self) -> None:
        """The same holds of any text at all, and of any piece and any mixture of examples."""
        pieces = st.sampled_from([*self.kind.examples(), *self.values()])

        @_GENTLE
        @given(st.one_of(st.text(max_size=200), pieces.flatmap(_broken)))
        def holds(value: str) -> None:
            self.test_any_value_is_taken_or_refused(value)

        holds()

    def test_distance_is_a_distance(self) -> None:
        """A value is at distance 0 from itself, and two values are as far apart either way round."""
        values = [*self.values(), self.kind.normalise(self.met[0])]
        for first in values:
            assert self.kind.compare(first, first) == 0
            for second in values:
                assert self.kind.compare(first, second) == self.kind.compare(second, first) >= 0

    def test_examples_are_far_apart(self) -> None:
        """The examples are not copies of each other."""
        values = self.values()
        for at, first in enumerate(values):
            assert all(self.kind.compare(first, second) > self.kind.radius for second in values[at + 1 :])

    def test_an_empty_reading_holds_none(self) -> None:
        """A post without anything holds no value."""
        assert list(self.kind.traces(Reading("1"))) == []

    def test_traces_are_values(self) -> None:
        """What a reading holds is written canonically, with a part of that reading, once, and the same every time."""
        reading = self.met[1]
        traces = list(self.kind.traces(reading))
        assert traces == list(self.kind.traces(fresh(reading)))
        assert len(set(traces)) == len(traces)
        for trace in traces:
            assert trace.type == self.kind.name
            assert self.kind.normalise(trace.value) == trace.value
            assert trace.part in parts(reading)
            assert -1 <= trace.quality <= 100

    @pytest.mark.parametrize("reading", HOSTILE_READINGS, ids=lambda reading: reading.content_id)
    def test_any_reading_is_taken(self, reading: Reading) -> None:
        """No reading makes a type raise, and what it takes from one is canonical."""
        for trace in self.kind.traces(fresh(reading)):
            assert self.kind.normalise(trace.value) == trace.value


class KeyedContract(SignalContract):
    """The laws of a type whose values are keys of one size."""

    kind: KeyedType

    def test_keys_have_one_size(self) -> None:
        """Every value has a key of the type's size, and different values have different keys."""
        values = {*self.values(), self.kind.normalise(self.met[0])}
        assert all(len(self.kind.key(value)) == self.kind.size for value in values)
        assert len({self.kind.key(value) for value in values}) == len(values)

    def test_distance_is_what_the_index_finds(self) -> None:
        """Two values are as far apart as their keys: bits that differ, or for types without nearness only equal or not."""
        for first in self.values():
            for second in self.values():
                bits = _bits(self.kind.key(first), self.kind.key(second))
                distance = self.kind.compare(first, second)
                assert distance == bits if self.kind.largest else (distance == 0) == (bits == 0)

    def test_a_value_asks_for_itself(self) -> None:
        """Whoever hands in a value finds the equal one, named as unchanged."""
        for value in self.values():
            asked = list(self.kind.asked(value))
            assert asked == list(self.kind.asked(value))
            assert (self.kind.key(value), "") in {(query.key, query.variant) for query in asked}
            assert all(len(query.key) == self.kind.size for query in asked)

    def test_a_reading_asks_for_what_it_holds(self) -> None:
        """A banked value is met by a reading that holds it, and so is everything kept of the reading for later."""
        value, reading = self.met
        queries = list(self.kind.queries(fresh(reading)))
        assert queries == list(self.kind.queries(fresh(reading)))
        key = self.kind.key(self.kind.normalise(value))
        assert min(_bits(key, query.key) for query in queries) <= self.kind.radius
        keys = {query.key for query in queries}
        assert all(self.kind.key(trace.value) in keys for trace in self.kind.traces(fresh(reading)))
        texts = {segment.part: segment.text for segment in reading.segments}
        for query in queries:
            assert query.part in parts(reading)
            assert all(0 <= start < end <= len(texts[query.part]) for start, end in query.spans)

    def test_an_empty_reading_asks_nothing(self) -> None:
        """A post without anything asks the banks nothing."""
        assert list(self.kind.queries(Reading("1"))) == []

    @pytest.mark.parametrize("reading", HOSTILE_READINGS, ids=lambda reading: reading.content_id)
    def test_any_reading_may_ask(self, reading: Reading) -> None:
        """No reading makes a type raise when it asks, and every key has the type's size."""
        assert all(len(query.key) == self.kind.size for query in self.kind.queries(fresh(reading)))


class SequenceContract(SignalContract):
    """The laws of a type whose values are met in part, by a matcher of its own."""

    kind: SequenceType

    def full(self) -> SequenceMatcher:
        """Give a matcher that holds the examples, numbered from 1."""
        matcher = self.kind.matcher()
        matcher.add(list(enumerate(self.values(), start=1)))
        return matcher

    def test_an_empty_matcher_finds_nothing(self) -> None:
        """Without banked values nothing is met."""
        matcher = self.kind.matcher()
        assert len(matcher) == 0
        assert list(matcher.lookup(self.values()[0])) == []
        assert list(matcher.look(fresh(self.met[1]))) == []

    def test_a_value_meets_itself_alone(self) -> None:
        """Of unrelated banked values only the equal one is met, at distance 0, and the same every time."""
        matcher = self.full()
        assert len(matcher) == len(self.values())
        for number, value in enumerate(self.values(), start=1):
            hits = list(matcher.lookup(value))
            assert hits == list(matcher.lookup(value))
            assert [(hit.id, hit.distance) for hit in hits if hit.distance <= self.kind.radius] == [(number, 0)]
            assert_plain(hits)

    def test_an_id_is_taken_once(self) -> None:
        """Adding an id again changes nothing, whatever value comes with it."""
        matcher = self.full()
        first, second = self.values()[:2]
        matcher.add([(1, second)])
        assert len(matcher) == len(self.values())
        assert self._near(matcher, first) == [1]
        assert self._near(matcher, second) == [2]

    def test_what_is_removed_is_not_met(self) -> None:
        """A removed value is met no more, the others are; removing what is not there is no error; it may come back."""
        matcher = self.full()
        first, second = self.values()[:2]
        matcher.remove([1, 999])
        assert len(matcher) == len(self.values()) - 1
        assert self._near(matcher, first) == []
        assert self._near(matcher, second) == [2]
        matcher.add([(1, first)])
        assert self._near(matcher, first) == [1]

    def test_equal_values_are_all_met(self) -> None:
        """Two banks may hold the same value: both are met, by id, however many there are."""
        for count in (1, 2, 4, 16):
            matcher = self.kind.matcher()
            matcher.add([(number, self.values()[0]) for number in range(1, count + 1)])
            assert self._near(matcher, self.values()[0]) == list(range(1, count + 1))

    def test_a_reading_meets_what_it_holds(self) -> None:
        """A banked value is met in a reading that holds it, in a part of that reading, with evidence in plain values."""
        value, reading = self.met
        matcher = self.full()
        matcher.add([(77, self.kind.normalise(value))])
        hits = list(matcher.look(fresh(reading)))
        assert hits == list(matcher.look(fresh(reading)))
        found = [hit for hit in hits if hit.id == 77 and hit.distance <= self.kind.radius]
        assert found
        assert all(hit.part in parts(reading) and hit.distance <= self.kind.largest for hit in hits)
        texts = {segment.part: segment.text for segment in reading.segments}
        assert all(0 <= start < end <= len(texts[hit.part]) for hit in hits for start, end in hit.spans)
        assert_plain(hits)

    def test_what_was_kept_is_met_later(self) -> None:
        """What is kept of a reading today is met by the value that arrives tomorrow."""
        reading = self.met[1]
        for trace in self.kind.traces(fresh(reading)):
            matcher = self.kind.matcher()
            matcher.add([(5, trace.value)])
            assert 5 in {hit.id for hit in matcher.look(fresh(reading)) if hit.distance <= self.kind.radius}

    @pytest.mark.parametrize("reading", HOSTILE_READINGS, ids=lambda reading: reading.content_id)
    def test_any_reading_may_be_looked_at(self, reading: Reading) -> None:
        """No reading makes a matcher raise."""
        assert_plain(list(self.full().look(fresh(reading))))

    def _near(self, matcher: SequenceMatcher, value: str) -> list[int]:
        """Give the ids a value meets by default, in order of id."""
        return sorted(hit.id for hit in matcher.lookup(value) if hit.distance <= self.kind.radius)


def fresh(reading: Reading) -> Reading:
    """Give the same reading with nothing derived from it yet."""
    return replace(reading, memo={})


def parts(reading: Reading) -> set[str]:
    """Give every part a reading names."""
    things: Iterable[Any] = (*reading.segments, *reading.planes, *reading.files, *reading.sounds)
    return {thing.part for thing in things}


def assert_plain(hits: Iterable[Hit]) -> None:
    """Check that the evidence of hits is plain JSON and comes back from it as it was."""
    for hit in hits:
        assert isinstance(hit.evidence, Mapping)
        assert json.loads(json.dumps(hit.evidence)) == hit.evidence


def _bits(first: bytes, second: bytes) -> int:
    """Count the bits in which two keys differ."""
    return (int.from_bytes(first) ^ int.from_bytes(second)).bit_count()


def _broken(example: str) -> st.SearchStrategy[str]:
    """Give ways of damaging an example: cut, doubled, one character changed."""
    place = st.integers(0, max(0, len(example) - 1))
    return st.one_of(
        place.map(lambda at: example[:at]),
        place.map(lambda at: example[at:]),
        place.map(lambda at: example[:at] + "~" + example[at + 1 :]),
        place.map(lambda at: example[:at] + example),
    )
