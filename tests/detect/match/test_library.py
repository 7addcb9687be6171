"""The library: it knows what the store knows, in every process, whatever happened to its files."""

import fcntl
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from forestall.detect.match import Library
from forestall.model.bank import Bank, BankState, Opinion, Signal, Trust
from forestall.model.errors import BadInput
from forestall.model.records import Page
from tests.detect.match.shelf import TYPES, bank, banked, library

NOW = "2026-06-01T12:00:00.000Z"
OURS = bank()
PASSAGE = TYPES.normalise(
    "passage",
    "whoever lost everything is called to come to the harbour tonight and to listen to what the tide has to say",
)


class Source:
    """A store's banked signals in memory; each `put` is one change."""

    def __init__(self) -> None:
        self.kept: dict[int, tuple[int, Signal]] = {}
        self.held: dict[str, Bank] = {OURS.id: OURS}
        self.position = -1
        self.reads = 0

    def put(self, *signals: Signal) -> None:
        """Change signals."""
        self.position += 1
        self.kept.update((signal.id, (self.position, signal)) for signal in signals)

    def change(self, changed: Bank) -> None:
        """Change a bank."""
        self.position += 1
        self.held[changed.id] = changed

    def signals_position(self) -> int:
        """Give the newest change."""
        return self.position

    def banks(self) -> Sequence[Bank]:
        """Give all banks."""
        return list(self.held.values())

    def signals(self, ids: Sequence[int]) -> Sequence[Signal]:
        """Give signals by id."""
        return [self.kept[number][1] for number in ids if number in self.kept]

    def signals_since(self, cursor: str = "", limit: int = 5_000, kinds: Sequence[str] = ()) -> Page[Signal]:
        """Give changed signals, at most two at a time so that pages are cut anywhere."""
        self.reads += 1
        place = tuple(int(part) for part in cursor.split(".")) if cursor else (-1, -1)
        order = sorted(
            (seq, number) for number, (seq, signal) in self.kept.items() if not kinds or signal.type in kinds
        )
        found = [key for key in order if key > place][: min(limit, 2)]
        following = f"{found[-1][0]}.{found[-1][1]}" if found else ""
        return Page(tuple(self.kept[number][1] for _, number in found), following)


def digest(number: int) -> Signal:
    """Give a signal of one file."""
    return banked(OURS, "md5", f"{number:032x}")


def met(shelves: Library, *numbers: int) -> list[int]:
    """Give which of some files are known."""
    found = shelves.lookup("md5", [f"{number:032x}" for number in numbers], NOW)
    return [number for number, matches in zip(numbers, found, strict=True) if matches]


@pytest.mark.parametrize("kept", [True, False])
def test_follows_every_change(tmp_path: Path, *, kept: bool) -> None:
    """Added signals match after the next follow, withdrawn ones no longer; following without a change reads nothing."""
    source = Source()
    shelves = Library(TYPES, source, tmp_path / "index" if kept else None)
    assert met(shelves, 1, 2) == []
    source.put(digest(1), digest(2), digest(3))
    assert shelves.follow()
    assert met(shelves, 1, 2, 3, 4) == [1, 2, 3]
    source.put(replace(digest(2), opinions=(Opinion("desk", withdrawn=NOW),)))
    assert shelves.follow()
    assert met(shelves, 1, 2, 3) == [1, 3]
    reads = source.reads
    assert not shelves.follow()
    assert source.reads == reads
    source.put(digest(2))
    assert shelves.follow()
    assert met(shelves, 2) == [2]


def test_versions_change_with_every_change() -> None:
    """What a decision names as the banks' versions changes with every change, and not otherwise."""
    source = Source()
    source.change(OURS)
    shelves = Library(TYPES, source, None)
    before = shelves.versions()
    shelves.follow()
    assert shelves.versions() is before
    source.put(digest(1))
    shelves.follow()
    assert shelves.versions() != before
    assert list(before) == ["bank:ours"]


def test_a_bank_is_switched_at_once(tmp_path: Path) -> None:
    """Switching a bank off, on, or another trust counts from the next follow, without touching its signals."""
    source = Source()
    source.put(digest(1))
    shelves = Library(TYPES, source, tmp_path)
    for state, known in ((BankState.OFF, []), (BankState.LIVE, [1]), (BankState.PREVIEW, [])):
        source.change(replace(OURS, state=state))
        shelves.follow()
        assert met(shelves, 1) == known
    source.change(replace(OURS, trust=Trust.PARTNER))
    shelves.follow()
    ((match,),) = shelves.lookup("md5", [f"{1:032x}"], NOW)
    assert match.standing.trust is Trust.PARTNER


def test_two_processes_share_an_index(tmp_path: Path) -> None:
    """Whoever follows first takes a change in for both; the other sees it when it follows."""
    source = Source()
    one, two = Library(TYPES, source, tmp_path), Library(TYPES, source, tmp_path)
    for number in range(20):
        source.put(digest(number))
        (one if number % 2 else two).follow()
    one.follow()
    two.follow()
    assert met(one, *range(21)) == met(two, *range(21)) == list(range(20))
    one.close()
    two.close()


def test_what_another_process_takes_in_is_left_to_it(tmp_path: Path) -> None:
    """Without patience a follow neither waits nor repeats another's work; what is left over is taken in by the next one."""
    source = Source()
    one, two = Library(TYPES, source, tmp_path), Library(TYPES, source, tmp_path)
    source.put(digest(1))
    two.follow()
    with (tmp_path / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another process is at it
        source.put(digest(2), banked(OURS, "passage", PASSAGE))
        source.change(replace(OURS, trust=Trust.PARTNER))
        assert one.follow(patient=False)
        assert met(one, 1, 2) == [1]
        assert one.lookup("passage", [PASSAGE], NOW)[0]
        assert one.lookup("md5", [f"{1:032x}"], NOW)[0][0].standing.trust is Trust.PARTNER
    assert met(one, 1, 2) == [1]
    assert one.follow(patient=False)
    assert met(one, 1, 2) == [1, 2]
    reads = source.reads
    assert not one.follow(patient=False)
    assert source.reads == reads
    two.follow()
    assert met(two, 1, 2) == [1, 2]
    one.close()
    two.close()


@pytest.mark.parametrize("lost", ["everything", "cursor", "one index", "a torn index"])
def test_lost_files_are_made_again(tmp_path: Path, lost: str) -> None:
    """Whatever part of the index folder is lost or damaged, the library reads the store again and knows everything."""
    source = Source()
    source.put(digest(1), digest(2), banked(OURS, "sha1", "34" * 20))
    Library(TYPES, source, tmp_path).close()
    if lost == "everything":
        shutil.rmtree(tmp_path)
    elif lost == "cursor":
        (tmp_path / "cursor").unlink()
    elif lost == "one index":
        shutil.rmtree(tmp_path / "md5")
    else:
        for path in (tmp_path / "md5").iterdir():
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    shelves = Library(TYPES, source, tmp_path)
    assert met(shelves, 1, 2, 3) == [1, 2]
    assert shelves.lookup("sha1", ["34" * 20], NOW)[0]
    shelves.close()


def test_bank_files_stand_beside_the_store() -> None:
    """Signals of bank files and of the store are met together, each from its own bank."""
    source, filed = Source(), bank("filed")
    source.put(digest(1))
    shelves = Library(TYPES, source, None, [(filed, [banked(filed, "md5", f"{1:032x}")])])
    ((first, second),) = shelves.lookup("md5", [f"{1:032x}"], NOW)
    assert [first.bank.name, second.bank.name] == ["filed", "ours"]
    assert set(shelves.versions()) == {"bank:filed", "bank:ours"}


def test_one_hash_is_found() -> None:
    """An index that holds exactly one hash, the first ever banked, finds it (defect D2); so do 2, 4, 8, 16 and 64 equal ones."""
    for count in (1, 2, 4, 8, 16, 64):
        banks = [bank(f"bank-{n}") for n in range(count)]
        shelves = library(*[(own, [banked(own, "pdq", "5a" * 32)]) for own in banks])
        assert len(shelves.lookup("pdq", ["5a" * 32], NOW)[0]) == count


def test_unknown_types_are_refused_and_left_out() -> None:
    """Asking for a type that is not known is an error that names it; a stored signal of such a type is left alone."""
    source = Source()
    source.put(replace(digest(1), type="from-the-future"))
    shelves = Library(TYPES, source, None)
    with pytest.raises(BadInput, match="from-the-future"):
        shelves.lookup("from-the-future", ["1"], NOW)
