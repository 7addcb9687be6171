"""The archive: every trace of what was screened is found again, exactly, by all processes, and no longer than it is kept."""

import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from forestall.detect.match import seen
from forestall.detect.match.seen import Seen
from forestall.detect.match.signals.base import Hit, SequenceMatcher
from forestall.detect.match.types import SignalTypes
from forestall.model.bank import Found, Trace
from forestall.model.errors import BadInput
from forestall.model.reading import Reading
from forestall.model.records import Page, Sighting

PDQ = "d8f8f0cce0f4a84f0e370a22028f67f0b36e2ed596623e1d33e6b39c4e9c9b22"


class Sightings:
    """Sightings in a list; cursors are places in it, positions leave room between them."""

    def __init__(self) -> None:
        self.kept: list[tuple[int, Sighting]] = []

    def add(self, *traces: Trace) -> int:
        """Keep a sighting and give its position."""
        position = 3 * len(self.kept) + 1
        self.kept.append((position, Sighting(f"c{position}", "r", "2026-01-01T00:00:00.000Z", traces)))
        return position

    def forget(self, position: int) -> None:
        """Drop the traces of a sighting."""
        place = next(n for n, (at, _) in enumerate(self.kept) if at == position)
        self.kept[place] = (position, replace(self.kept[place][1], traces=(), forgotten="2027-01-01T00:00:00.000Z"))

    def sightings_since(self, cursor: str = "", limit: int = 1_000) -> Page[tuple[int, Sighting]]:
        """Give a page."""
        start = int(cursor or 0)
        items = tuple(self.kept[start : start + limit])
        return Page(items, str(start + len(items)) if items else "")

    def sightings_at(self, positions: Sequence[int]) -> Sequence[tuple[int, Sighting]]:
        """Give sightings that were not forgotten."""
        wanted = set(positions)
        return [(at, sighting) for at, sighting in self.kept if at in wanted and not sighting.forgotten]


class Words:
    """A sequence type: a value is words, and one meets another that holds all of them; the distance is how many more there are."""

    name, radius, largest, floor = "words", 2, 5, 0

    def normalise(self, value: str) -> str:
        """Give the value."""
        return value

    def compare(self, first: str, second: str) -> int:
        """Count words that only one has."""
        return len(set(first.split()) ^ set(second.split()))

    def examples(self) -> Sequence[str]:
        """Give some."""
        return ("a b",)

    def traces(self, reading: Reading) -> Iterator[Trace]:
        """Give none."""
        return iter(())

    def matcher(self) -> SequenceMatcher:
        """Give a matcher."""
        return WordMatcher()


class WordMatcher:
    """Holds values of `Words`."""

    def __init__(self) -> None:
        self._held: dict[int, set[str]] = {}

    def __len__(self) -> int:
        return len(self._held)

    def add(self, signals: Sequence[tuple[int, str]]) -> None:
        """Take signals."""
        self._held.update({number: set(value.split()) for number, value in signals})

    def remove(self, ids: Sequence[int]) -> None:
        """Forget signals."""

    def look(self, reading: Reading) -> Iterator[Hit]:
        """Give none."""
        return iter(())

    def lookup(self, value: str) -> Iterator[Hit]:
        """Give the signals whose words a value holds."""
        words = set(value.split())
        for number, held in self._held.items():
            if held <= words:
                yield Hit(number, distance=len(words - held))


@pytest.fixture
def source() -> Sightings:
    """No sightings yet."""
    return Sightings()


@pytest.fixture
def archive(source: Sightings) -> Iterator[Seen]:
    """An archive in memory."""
    made = Seen(source, SignalTypes(), None)
    yield made
    made.close()


def flipped(value: str, *bits: int) -> str:
    """Give a hash with some bits changed."""
    number = int(value, 16)
    for bit in bits:
        number ^= 1 << bit
    return f"{number:064x}"


def test_finds_near_and_equal_traces(source: Sightings, archive: Seen) -> None:
    """A value finds traces of its own type within the radius, with the trace as it was kept and the distance."""
    near = Trace("pdq", "photo.jpg", flipped(PDQ, 3, 99), 80)
    position = source.add(Trace("sha256", "photo.jpg", PDQ), near)
    source.add(Trace("pdq", "x", flipped(PDQ, *range(40))))
    assert archive.follow() == 2
    assert archive.follow() == 0
    assert list(archive.search("pdq", [PDQ], 31)) == [Found(0, position, near, 2)]
    assert list(archive.search("pdq", [PDQ], 1)) == []
    assert [found.distance for found in archive.search("sha256", ["0" * 64, PDQ], 0)] == [0]
    assert list(archive.search("md5", [], 0)) == []


def test_changed_forms_are_asked_too(source: Sightings, archive: Seen) -> None:
    """A mirrored or turned copy screened earlier is found by the hash of the picture as it was, once, at its least distance."""
    kind = SignalTypes().kind("pdq")
    forms = {query.key.hex() for query in kind.asked(PDQ)}  # type: ignore[union-attr]
    for form in sorted(forms):
        source.add(Trace("pdq", "copy.png", form, 100))
    archive.follow()
    found = list(archive.search("pdq", [PDQ], 0))
    assert len(forms) >= 8
    assert sorted(item.trace.value for item in found) == sorted(forms)


def test_equals_comparing_everything(source: Sightings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the batches, the archive gives exactly what comparing every value with every trace gives."""
    monkeypatch.setattr(seen, "PAGE", 7)
    monkeypatch.setattr(seen, "ASKED", 24)
    monkeypatch.setattr(seen, "RESOLVED", 5)
    monkeypatch.setattr(seen, "JOIN_FROM", 16)
    rng = random.Random(5)
    values = [f"{rng.getrandbits(256):064x}" for _ in range(20)]
    traces = [
        Trace("pdq", f"p{n}", flipped(rng.choice(values), *rng.sample(range(256), rng.randrange(40))), 90)
        for n in range(60)
    ]
    for start in range(0, 60, 3):
        source.add(*traces[start : start + 3])
    archive = Seen(source, SignalTypes(), None)
    archive.follow()
    kind = SignalTypes().kind("pdq")
    for radius in (0, 12, 31):
        brute = {
            (number, trace.part, least)
            for number, value in enumerate(values)
            for trace in traces
            if (
                least := min(
                    (int(query.key.hex(), 16) ^ int(trace.value, 16)).bit_count()
                    for query in kind.asked(value)  # type: ignore[union-attr]
                )
            )
            <= radius
        }
        found = [(item.asked, item.trace.part, item.distance) for item in archive.search("pdq", values, radius)]
        assert len(found) == len(set(found))
        assert set(found) == brute


def test_what_was_forgotten_is_not_given(source: Sightings, archive: Seen) -> None:
    """A sighting forgotten in the store is never given again, and forgetting takes exactly its entries out of the index."""
    shared = Trace("md5", "a.bin", "0" * 32)
    old = source.add(shared, Trace("md5", "b.bin", "1" * 32))
    new = source.add(shared)
    archive.follow()
    source.forget(old)
    assert [item.position for item in archive.search("md5", ["0" * 32, "1" * 32], 0)] == [new]
    assert len(archive) == 3
    archive.forget([shared, Trace("md5", "b.bin", "1" * 32), Trace("words", "x", "of no key")])
    assert len(archive) == 1
    assert [item.position for item in archive.search("md5", ["0" * 32], 0)] == [new]


def test_indexes_are_shared_and_can_be_thrown_away(source: Sightings, tmp_path: Path) -> None:
    """A second archive on the folder sees what the first took in; without the folder, or with one index lost, all is read again."""
    source.add(Trace("pdq", "p", PDQ), Trace("md5", "p", "0" * 32))
    folder = tmp_path / "index" / "seen"
    first, second = Seen(source, SignalTypes(), folder), Seen(source, SignalTypes(), folder)
    assert first.follow() == 1
    assert second.follow() == 0
    source.add(Trace("md5", "q", "0" * 32))
    assert second.follow() == 1
    first.follow()
    for archive in (first, second):
        assert len(list(archive.search("md5", ["0" * 32], 0))) == 2
        archive.close()
    shutil.rmtree(folder / "pdq")
    third = Seen(source, SignalTypes(), folder)
    assert third.follow() == 2
    assert len(third) == 3
    assert len(list(third.search("pdq", [PDQ], 0))) == 1
    third.close()


def test_sequences_are_read_past_a_matcher(source: Sightings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Types without keys are found too: every trace of theirs is looked at, with the asked values held."""
    monkeypatch.setattr(seen, "PAGE", 2)
    archive = Seen(source, SignalTypes((Words(),)), None)
    positions = [source.add(Trace("words", "text", text)) for text in ("a b c", "b", "a b", "a b c d e")]
    found = list(archive.search("words", ["z", "a b"], 2))
    assert [(item.asked, item.position, item.distance) for item in found] == [
        (1, positions[0], 1),
        (1, positions[2], 0),
    ]
    archive.close()


def test_traces_beyond_the_numbered_are_left_out(source: Sightings, archive: Seen) -> None:
    """A sighting with more traces than can be numbered keeps the first ones findable and breaks nothing."""
    count = 1 << seen.NUMBER_BITS
    position = source.add(*[Trace("md5", f"f{n}", f"{n:032x}") for n in range(count + 3)])
    archive.follow()
    last, beyond = f"{count - 1:032x}", f"{count:032x}"
    assert [item.position for item in archive.search("md5", [beyond, last], 0)] == [position]


def test_unknown_types_are_refused(archive: Seen) -> None:
    """Asking for a type that does not exist says so."""
    with pytest.raises(BadInput):
        list(archive.search("smell", ["x"], 0))


def test_what_everybody_has_is_not_taken_apart(
    source: Sightings, archive: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forgetting one copy of a file that very many posted does not go through all of them; the copy is still not given."""
    monkeypatch.setattr(seen, "CROWDED", 3)
    shared = Trace("md5", "logo.png", "0" * 32)
    positions = [source.add(shared) for _ in range(5)]
    archive.follow()
    source.forget(positions[0])
    archive.forget([shared])
    assert len(archive) == 5
    assert [item.position for item in archive.search("md5", ["0" * 32], 0)] == positions[1:]


def test_types_without_traces_are_not_written_for_each_page(
    source: Sightings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index that has nothing to take in is told only now and then how far it was read, and never reads again meanwhile."""
    monkeypatch.setattr(seen, "IDLE_PAGES", 3)
    archive = Seen(source, SignalTypes(), tmp_path / "seen")
    reads = 0
    since = source.sightings_since

    def counted(cursor: str = "", limit: int = 1_000) -> Page[tuple[int, Sighting]]:
        nonlocal reads
        reads += 1
        return since(cursor, limit)

    monkeypatch.setattr(source, "sightings_since", counted)
    for _ in range(7):
        source.add(Trace("md5", "a", "0" * 32))
        assert archive.follow() == 1
    assert reads == 14
    archive.close()
    again = Seen(source, SignalTypes(), tmp_path / "seen")
    reads = 0
    assert again.follow() == 0
    assert reads <= 4
    assert len(list(again.search("md5", ["0" * 32], 0))) == 7
    again.close()
