"""What every store must do with banks, signals, sightings, retro-hunts and exchanges; included in `tests/contracts/store.py`."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forestall.ledger.entry import digest
from forestall.model.bank import BankState, Opinion, Purpose, Signal, Stance, Trace, Trust
from forestall.model.errors import BadInput, Conflict, StoreFailed
from forestall.model.ports import Store
from forestall.model.records import Change, Event, HuntState, Page, Receipt, Record, Sighting
from forestall.store.rows import HEAD_CHARACTERS
from tests.store.samples import (
    at,
    bank,
    banked,
    case,
    decided,
    decision,
    exchange,
    fresh,
    hunt,
    seen,
    sighting,
    signal,
    with_line,
)

HALF = "a\ud800b"
"""Half a surrogate pair, which is no text."""

ODD = ["'", '"', '","', "a,b", ",", "]", "%", "_", "A", "a", "\\", '\\"', "\0", "é", "\U0001f469", "a\nb", ",a", ""]
"""Names of sources that a careless search would take for others."""


def submit(store: Store, *changes: Change) -> list[Receipt]:
    """Make changes in order and wait."""
    return [future.result(10) for future in [store.submit(change) for change in changes]]


def followed(store: Store, limit: int, cursor: str = "", kinds: Sequence[str] = ()) -> tuple[list[Signal], str]:
    """Give all signals in the order of their last change after a cursor, page by page, and where they end."""
    found: list[Signal] = []
    while (page := store.signals_since(cursor, limit, kinds)).items:
        assert len(page.items) <= limit
        found += page.items
        cursor = page.next_cursor
    assert not page.next_cursor
    return found, cursor


def listed(store: Store, bank_id: str, limit: int, **asked: str) -> list[Signal]:
    """Give all signals of a bank that a listing gives, page by page."""
    page = store.signals_of(bank_id, limit=limit, **asked)
    found = list(page.items)
    while page.next_cursor:
        page = store.signals_of(bank_id, page.next_cursor, limit, **asked)
        assert page.items
        found += page.items
    return found


def shelved(signals: list[Signal]) -> list[Signal]:
    """Give signals in the order of listings."""
    return sorted(signals, key=lambda item: (item.type, item.value[:HEAD_CHARACTERS], item.id))


def seen_since(store: Store, limit: int) -> list[tuple[int, Sighting]]:
    """Give all sightings, page by page."""
    found: list[tuple[int, Sighting]] = []
    cursor = ""
    while (page := store.sightings_since(cursor, limit)).items:
        found += page.items
        cursor = page.next_cursor
    return found


def unkeepable() -> list[Any]:
    """Give records that hold what cannot be kept."""
    kept = bank()
    records: dict[str, Record] = {
        "name": bank(name=HALF),
        "threshold": bank(distances={HALF: 1}),
        "quality": bank(quality=2**63),
        "value": signal(kept, value=HALF, id=5),
        "source": signal(kept, opinions=(Opinion(HALF),)),
        "note": signal(kept, opinions=(Opinion("a", note=HALF),)),
        "id-beyond-the-database": signal(kept, id=2**63),
        "id-beyond-json": signal(kept, id=2**53),
        "distance": signal(kept, distance=-(2**64)),
        "part": sighting(traces=(Trace("pdq", HALF, "00"),)),
        "options": exchange(options={"a": HALF}),
        "count": exchange(added=2**70),
        "error": hunt(error=HALF),
    }
    return [pytest.param(record, id=name) for name, record in records.items()]


class StoreKnown:
    """The promises of a store about known material."""

    def test_nothing_known_at_first(self, store: Store) -> None:
        """A store without known material gives None, empty listings and the position before the first line."""
        assert [store.bank("x"), store.bank_named("x"), store.hunt("x"), store.exchange("x")] == [None] * 4
        assert store.exchange_named("") is None
        assert store.signals_position() == -1
        assert not any([store.banks(), store.signals([1, 2]), store.signals([]), store.hunts(), store.exchanges()])
        assert not any([store.count_signals("x"), store.sightings_at([0, 1]), store.sightings_before(at())])
        assert store.signals_since() == store.signals_of("x") == Page(())
        assert store.sightings_since() == Page(())
        assert not store.cases_in("x")

    def test_known_material_reads_back(self, store: Store) -> None:
        """Every field of banks, signals, opinions, sightings, retro-hunts and exchanges reads back as it was handed over."""
        kept = bank(
            trust=Trust.CONFIRMED,
            purpose=Purpose.ALLOW,
            state=BankState.PREVIEW,
            description="d",
            disabled_until=at(),
            expires="2027-01-01",
            exchange="e",
        )
        full = Opinion("s", Stance.SEED, Trust.CANDIDATE, *"abcdefghi")
        one = signal(kept, opinions=(full, Opinion("t"), Opinion("", Stance.NEGATIVE)), distance=0, expires="x")
        bare = signal(kept, opinions=(), type="passage", value="We meet at eight. " * 100, disabled_until=at())
        met = sighting(traces=(Trace("audio", "", "v", 0), Trace("text", "text", "", -1)))
        search = hunt(since="a", cursor="b", looked=2**40, matched=3, finished=at(), error="e", state=HuntState.FAILED)
        source = exchange(address="https://x.example", enabled=False, checkpoint="c" * 5_000, minutes=5, due=at())
        source = replace(source, last_success=at(), last_error="e", added=1, withdrawn=2, refused=2**40)
        submit(store, with_line(kept), banked(one, bare), seen(met), with_line(search), with_line(source))
        assert store.bank(kept.id) == kept
        assert {item.id: item for item in store.signals([one.id, bare.id])} == {one.id: one, bare.id: bare}
        assert store.sightings_since().items == ((2, met),)
        assert store.hunt(search.id) == search
        assert store.exchange(source.id) == source
        assert digest(store.bank(kept.id)) == digest(kept)
        assert digest(store.signals([one.id])[0]) == digest(one)

    @settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), st.integers(-(2**53) + 1, 2**53 - 1))
    def test_any_value_reads_back(self, store: Store, text: str, number: int) -> None:
        """Text of any script, NULs and separators included, and integers to 53 bits read back and are found."""
        kept = bank(id=fresh(), name=text + fresh(), description=text, distances={text: number})
        one = signal(kept, text, type="text", opinions=(Opinion(text, note=text),), distance=number)
        met = sighting(id=text + fresh(), traces=(Trace(text, text, text, number),))
        _, second, third = submit(store, with_line(kept), banked(one), seen(met))
        assert store.bank_named(kept.name) == kept
        assert list(store.signals([one.id])) == [one]
        assert listed(store, kept.id, 1, kind="text", source=text, value=text) == [one]
        assert list(store.sightings_at([third.first_seq])) == [(third.first_seq, met)]
        assert store.signals_position() == second.first_seq

    @pytest.mark.parametrize("record", unkeepable())
    def test_what_cannot_be_kept_is_refused(self, store: Store, record: Record) -> None:
        """A record with half a surrogate pair or an integer beyond 53 bits is refused with the next step, and nothing remains."""
        future, following = store.submit(with_line(record)), store.submit(decided())
        with pytest.raises(StoreFailed) as caught:
            future.result(10)
        assert caught.value.next_step
        assert following.result(10) == Receipt(0, 1)
        assert store.signals_position() == -1
        assert not any([store.banks(), store.exchanges(), store.hunts(), store.sightings_since().items])

    @pytest.mark.parametrize("record", [bank(), signal("b"), sighting()], ids=["bank", "signal", "sighting"])
    def test_what_others_follow_comes_with_a_ledger_line(self, store: Store, record: Record) -> None:
        """A bank, signal or sighting without a ledger line is refused: those who follow by position would miss it."""
        with pytest.raises(StoreFailed, match="without a ledger line"):
            store.submit(Change((), (record,))).result(10)

    def test_names_are_found_in_any_case_and_taken_once(self, store: Store) -> None:
        """Banks and exchanges are found by name whatever its case, listed by name, and no two share one."""
        makers: tuple[Callable[..., Any], ...] = (bank, exchange)
        for make in makers:
            first, second = make(name="Straße"), make(name="alpha")
            submit(store, with_line(first), with_line(second))
            with pytest.raises(StoreFailed):
                store.submit(with_line(make(name="STRASSE"))).result(10)
            submit(store, with_line(renamed := replace(first, name="Zulu", version=2)))
            submit(store, with_line(third := make(name="strasse")))
            named = store.bank_named if make is bank else store.exchange_named
            assert [named(name) for name in ("ZULU", "STRAßE", "Alpha", "nobody")] == [renamed, third, second, None]
            assert list(store.banks() if make is bank else store.exchanges()) == [second, third, renamed]

    @pytest.mark.parametrize("make", [bank, lambda **given: signal("b", "v", **given), hunt, exchange])
    def test_stale_changes_conflict(self, store: Store, make: Callable[..., Any]) -> None:
        """A bank, signal, retro-hunt or exchange that does not follow on the stored version conflicts, and all stays as it was."""
        first = make()
        submit(store, with_line(first))
        for version in (0, 1, 3):
            with pytest.raises(Conflict, match=str(first.id)):
                store.submit(with_line(replace(first, version=version))).result(10)
        assert store.ledger_size() == 1
        submit(store, with_line(replace(first, version=2)))

    def test_a_change_of_many_signals_is_whole_or_nothing(self, store: Store) -> None:
        """Of a change of thousands of signals of which one is stale nothing is kept; without that one all are."""
        many = [signal("b") for _ in range(6_000)]
        submit(store, banked(many[4_321]))
        with pytest.raises(Conflict, match=str(many[4_321].id)):
            store.submit(banked(*many)).result(30)
        assert store.count_signals("b") == {"sha256": 1}
        assert len(followed(store, 5_000)[0]) == 1
        submit(store, banked(*many[:4_321], *many[4_322:]))
        assert store.count_signals("b") == {"sha256": 6_000}
        assert len(store.signals([item.id for item in many] * 2)) == 6_000

    def test_a_signal_twice_in_one_change(self, store: Store) -> None:
        """A signal may move on twice within one change if its versions follow; else the whole change is a Conflict."""
        one = signal("b")
        with pytest.raises(Conflict):
            store.submit(banked(one, replace(one, distance=3))).result(10)
        moved = replace(one, distance=3, version=2)
        submit(store, banked(one, moved))
        assert followed(store, 1)[0] == [moved]

    def test_signals_are_followed_exactly_once(self, store: Store) -> None:
        """Signals come by the position of their last change, each once, however pages cut through the thousands of one change."""
        first = [signal("b") for _ in range(700)]
        second = [signal("c") for _ in range(30)]
        submit(store, decided(), banked(*first), banked(*second))
        expected = [*sorted(first, key=lambda item: item.id), *sorted(second, key=lambda item: item.id)]
        for limit in (1, 7, 99, 700, 729, 730, 731, 5_000):
            assert followed(store, limit)[0] == expected
        middle = store.signals_since(limit=350).next_cursor
        moved = [replace(item, version=2, disabled_until=at()) for item in (expected[3], expected[500], expected[720])]
        submit(store, banked(*moved, tag="signal:changed"))
        rest = [item for item in expected[350:] if item not in (expected[500], expected[720])]
        assert followed(store, 60, middle)[0] == rest + sorted(moved, key=lambda item: item.id)
        assert {item.id: item for item in followed(store, 60)[0]} == {item.id: item for item in [*expected, *moved]}

    def test_signals_are_followed_by_type(self, store: Store) -> None:
        """Asked for some types, following gives exactly those, in the same order, whatever stands between them."""
        kinds = ["sha256", "passage", "sha256", "url", "audio", "sha256", "passage"]
        groups = [[signal("b", type=kind) for kind in kinds for _ in range(9)] for _ in range(4)]
        submit(store, *(banked(*group) for group in groups))
        expected = [item for group in groups for item in sorted(group, key=lambda item: item.id)]
        for asked in (["passage"], ["audio", "url", "passage"], ["url", "nothing", "url"], kinds, ["nothing"]):
            for limit in (1, 10, 1_000):
                assert followed(store, limit, kinds=asked)[0] == [item for item in expected if item.type in asked]

    def test_following_can_wait_at_the_end(self, store: Store) -> None:
        """A follower that has seen everything keeps its cursor, and is given only what comes after."""
        submit(store, banked(signal("b")))
        _, cursor = followed(store, 10)
        assert store.signals_since(cursor) == Page(())
        submit(store, decided(), banked(late := signal("b", "0" * 64)))
        assert store.signals_since(cursor).items == (late,)

    def test_the_banks_that_changed(self, store: Store) -> None:
        """A follower that wants banks alone is given each once, and waits at the end like one that wants signals."""
        assert store.banks_since() == ([], "")
        submit(store, banked(signal("b"), signal("c")), banked(signal("b", "1" * 64)))
        found, cursor = store.banks_since()
        assert sorted(found) == ["b", "c"]
        assert store.banks_since(cursor) == ([], cursor)
        assert store.signals_since(cursor) == Page(())
        submit(store, banked(late := signal("c", "0" * 64)))
        assert store.banks_since(cursor)[0] == ["c"]
        assert store.signals_since(cursor).items == (late,)

    def test_the_position_of_known_material(self, store: Store) -> None:
        """The position is that of the newest change of a bank or signal; other changes do not move it."""
        positions = []
        for change in (
            with_line(kept := bank()),
            decided(),
            banked(one := signal(kept), signal(kept)),
            seen(sighting()),
            with_line(replace(kept, version=2)),
            banked(replace(one, version=2), tag="signal:changed"),
            with_line(hunt()),
        ):
            submit(store, change)
            positions.append(store.signals_position())
        assert positions == [0, 0, 3, 3, 5, 6, 6]
        assert store.submit(with_line(replace(kept, version=2))).exception(10)
        assert store.signals_position() == 6

    def test_signals_of_a_bank(self, store: Store) -> None:
        """A bank's signals are listed by type and value, and counted by type; other banks' signals are not among them."""
        mine = [signal("b", f"{number:064x}", type=kind) for number in (9, 10, 255, 3) for kind in ("pdq", "sha256")]
        mine += [signal("b", "x" * 32 + tail, type="passage") for tail in ("b", "a", "", "c" * 5_000)]
        submit(store, banked(*mine), banked(signal("a"), signal("c")))
        for limit in (1, 3, 11, 12, 13):
            assert listed(store, "b", limit) == shelved(mine)
        assert listed(store, "b", 2, kind="pdq") == [item for item in shelved(mine) if item.type == "pdq"]
        assert store.count_signals("b") == {"pdq": 4, "sha256": 4, "passage": 4}

    def test_signals_by_the_beginning_of_their_value(self, store: Store) -> None:
        """A listing by the beginning of values gives those that begin exactly so, however long or odd it is, case included."""
        values = [
            "",
            "a",
            "A",
            "ab",
            "a%",
            "a_",
            "a\U0010ffff",
            "a\U0010ffff\U0010ffffb",
            "b",
            "a\ud7ff",
            "a\ue000",
            "a\0c",
        ]
        values += ["y" * 32, "y" * 32 + "a", "y" * 31, "y" * 32 + "ab\0", "y" * 32 + "b", "\U0010ffff" * 33]
        mine = [signal("b", value, type="text", id=number) for number, value in enumerate(values, 1)]
        mine += [signal("b", "ab", type="url", id=99)]
        submit(store, banked(*[replace(item, value=values[item.id - 1]) if item.id < 99 else item for item in mine]))
        kept = list(store.signals(range(100)))
        for start in {value[:cut] for value in values for cut in (1, 2, 31, 32, 33, 34)}:
            expected = shelved([item for item in kept if item.value.startswith(start)])
            assert listed(store, "b", 2, value=start) == expected
            assert listed(store, "b", 2, value=start, kind="text") == [item for item in expected if item.type == "text"]

    def test_signals_by_source(self, store: Store) -> None:
        """A listing by source gives exactly the signals on which that very source has an opinion, whatever its name is made of."""
        mine = [signal("b", opinions=tuple(Opinion(name) for name in pair)) for pair in pairwise(ODD)]
        mine += [signal("b", opinions=()), signal("b", opinions=(Opinion("x", withdrawn=at()), Opinion("x")))]
        submit(store, banked(*mine))
        for name in [*ODD, "x", "X", "nobody", "%", '"a"', ',"a"']:
            expected = [item for item in mine if any(opinion.source == name for opinion in item.opinions)]
            assert listed(store, "b", 3, source=name) == shelved(expected if name else mine)
        stripped = replace(mine[-1], opinions=(Opinion("y"),), version=2)
        submit(store, banked(stripped))
        assert listed(store, "b", 3, source="x") == []
        assert listed(store, "b", 3, source="y", kind="sha256", value=stripped.value[:9]) == [stripped]

    def test_long_values(self, store: Store) -> None:
        """Values of a mebibyte that differ only at their end are kept, listed and found apart."""
        long = "0123456789abcdef" * 65_536
        mine = [signal("b", long + tail, type="vpdq") for tail in ("a", "b")]
        submit(store, banked(*mine))
        assert sorted(item.value[-1] for item in listed(store, "b", 1)) == ["a", "b"]
        assert listed(store, "b", 1, value=long + "b") == [mine[1]]

    def test_sightings_by_position(self, store: Store) -> None:
        """Sightings come by the position of the line that says their content was received, once each, and are found by it."""
        first, second, third = sighting(), sighting(), sighting()
        made = Event("decision:made", fresh(), at())
        received = Event("content:received", second.id, at(), {"revision": second.revision})
        submit(store, seen(first), Change((made, received), (second,)), Change((made,), (third,)))
        expected = [(0, first), (2, second), (3, third)]
        for limit in (1, 2, 3, 4):
            assert seen_since(store, limit) == expected
        assert sorted(store.sightings_at([3, 0, 0, 1, 7, -1, 2**70])) == [(0, first), (3, third)]

    def test_two_sightings_of_one_change(self, store: Store) -> None:
        """Sightings of one change take the positions of their own lines, each revision its own; without a line each they are refused."""
        first = sighting()
        second, other = replace(first, revision="r2"), sighting()
        events = tuple(
            Event("content:received", item.id, at(), {"revision": item.revision}) for item in (other, second, first)
        )
        submit(store, Change(events, (first, second, other)))
        assert seen_since(store, 2) == [(0, other), (1, second), (2, first)]
        gone = [replace(item, traces=(), forgotten=at()) for item in (first, second, other)]
        lines = tuple(Event("content:forgotten", item.id, at(), {"revision": item.revision}) for item in gone)
        submit(store, Change(lines, tuple(gone)))
        assert seen_since(store, 2) == [(0, gone[2]), (1, gone[1]), (2, gone[0])]
        with pytest.raises(StoreFailed, match="share a ledger line"):
            store.submit(Change((Event("a:b", "c", at()),), (sighting(), sighting()))).result(10)

    def test_forgetting_leaves_the_position(self, store: Store) -> None:
        """A forgotten sighting keeps its position without its traces, and is no longer given by position or age."""
        first, second = sighting(at=at(1)), sighting(at=at(2))
        submit(store, seen(first), seen(second))
        gone = replace(first, traces=(), forgotten=at(9))
        submit(store, Change((Event("content:forgotten", gone.id, at(9)),), (gone,)))
        assert seen_since(store, 1) == [(0, gone), (1, second)]
        assert list(store.sightings_at([0, 1, 2])) == [(1, second)]
        assert list(store.sightings_before(at(9))) == [second]

    def test_a_sighting_made_again_moves(self, store: Store) -> None:
        """Content screened again is at the position of the newer line only, forgotten before or not, so that followers see it."""
        first = sighting(at=at(1))
        again = replace(first, at=at(3), traces=(Trace("md5", "a.png", "00" * 16),))
        submit(store, seen(first), seen(other := sighting(at=at(2))), seen(again))
        assert seen_since(store, 1) == [(1, other), (2, again)]
        assert list(store.sightings_at([0, 2])) == [(2, again)]
        submit(store, Change((Event("a:b", "c", at()),), (replace(again, forgotten=at(4)),)), seen(first))
        assert seen_since(store, 5) == [(1, other), (4, first)]

    def test_sightings_by_age(self, store: Store) -> None:
        """Sightings older than an instant are given oldest first, of one instant in the order they came."""
        mine = [sighting(at=at(second)) for second in (3, 1, 2, 1, 9)]
        submit(store, *(seen(item) for item in mine))
        expected = [mine[1], mine[3], mine[2]]
        assert list(store.sightings_before(at(3))) == expected
        assert list(store.sightings_before(at(3), limit=2)) == expected[:2]

    def test_hunts_newest_first(self, store: Store) -> None:
        """Retro-hunts are given newest first, those of one instant by id."""
        mine = [hunt(id=name, started=at(second)) for name, second in (("a", 2), ("b", 1), ("c", 2), ("d", 3))]
        submit(store, Change((), tuple(mine)))
        assert [item.id for item in store.hunts()] == ["d", "c", "a", "b"]
        assert [item.id for item in store.hunts(limit=2)] == ["d", "c"]

    def test_cases_of_a_cluster(self, store: Store) -> None:
        """All cases of a cluster are given, oldest first, whatever their state; cases of none belong to no cluster."""
        mine = [
            case(decision(), cluster="h", opened=at(second), id=name) for second, name in ((2, "c"), (1, "b"), (2, "a"))
        ]
        submit(store, Change((), (*mine, case(decision()), case(decision(), cluster="i"))))
        assert [item.id for item in store.cases_in("h")] == ["b", "a", "c"]
        assert not store.cases_in("")
        submit(store, Change((), (moved := replace(mine[1], cluster="i", version=2),)))
        assert moved in store.cases_in("i")
        assert moved not in store.cases_in("h")

    @pytest.mark.parametrize("cursor", ["x", "é", "\ud800", "W10", "WyJhIl0", "WzFd", "e30", "A" * 5_000, "\0"])
    def test_a_made_up_cursor_to_known_material_is_refused(self, store: Store, cursor: str) -> None:
        """Text that no listing gave as a cursor is refused with the next step."""
        for ask in (store.signals_since, lambda cursor: store.signals_of("b", cursor)):
            with pytest.raises(BadInput, match="cursor"):
                ask(cursor)
        if cursor != "WzFd":
            with pytest.raises(BadInput, match="cursor"):
                store.sightings_since(cursor)

    @pytest.mark.parametrize(
        "cursor", ["WzksOTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5XQ", "WzEwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMF0"]
    )
    def test_a_cursor_beyond_the_database_is_refused(self, store: Store, cursor: str) -> None:
        """A made-up cursor with integers that no database holds is refused too."""
        for ask in (store.signals_since, store.sightings_since, store.decisions):
            with pytest.raises(BadInput, match="cursor"):
                ask(cursor)

    @pytest.mark.parametrize("limit", [0, -1])
    def test_an_empty_page_of_known_material_is_refused(self, store: Store, limit: int) -> None:
        """A page without room for an item is refused by every listing."""
        asks: tuple[Callable[[], object], ...] = (
            lambda: store.signals_since(limit=limit),
            lambda: store.signals_of("b", limit=limit),
            lambda: store.sightings_since(limit=limit),
            lambda: store.sightings_before(at(), limit=limit),
            lambda: store.hunts(limit=limit),
        )
        for ask in asks:
            with pytest.raises(BadInput, match="one or more"):
                ask()
