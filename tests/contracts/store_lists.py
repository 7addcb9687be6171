"""What every store must do with lists, and what counters read of it; included in `tests/contracts/store.py`."""

from dataclasses import replace

import pytest

from forestall.ledger.entry import digest
from forestall.model.errors import BadInput, Conflict, StoreFailed
from forestall.model.lists import Edition, ListEntry, ListKind, Watchlist
from forestall.model.past import Judged
from forestall.model.ports import Store
from forestall.model.records import Change, Event, Retention
from tests.store.samples import at, content, decision, fresh

ENTRIES = (ListEntry("join us", note="n"), ListEntry("راية", ("a", "b"), ("c",), "X1", "P"))


def listed(**given: object) -> Watchlist:
    """Give a list."""
    return replace(Watchlist(fresh(), fresh(), ListKind.TERMS, imported=at(), digest="d", size=2), **given)  # type: ignore[arg-type]


def imported(one: Watchlist, *editions: Edition) -> Change:
    """Give the change that keeps a list and editions."""
    return Change((Event("list:imported", one.id, at(), {"digest": digest(one)}),), (one, *editions))


def decided(store: Store, **given: object) -> Judged:
    """Keep content with a decision on it, and give what counters read of that."""
    by = str(given.pop("by", "machine"))
    one = content(**given)
    made = decision(content=one.id, revision=one.revision, by=by, key=fresh())
    store.submit(Change((Event("decision:made", made.id, made.at),), (one, made))).result(10)
    return Judged(one.id, one.revision, made.at, one.author, one.thread, segments=one.segments)


class ListContract:
    """Lists and their editions are kept as given, and followed by position."""

    def test_a_list_is_read_as_written(self, store: Store) -> None:
        """A list is found by id and by name whatever its case, and its edition comes back with its entries."""
        edition = Edition(fresh(), "", "d", "s", "2026-01-02", at(), "cli", 2, 1, 0, 7, ENTRIES)
        one = listed(name="Ours É", edition=edition.id)
        edition = replace(edition, list=one.id)
        store.submit(imported(one, edition)).result(10)
        assert store.watchlist(one.id) == store.watchlist_named("OURS é") == one
        assert store.watchlists() == [one]
        assert store.edition(edition.id) == edition
        assert store.watchlist("none") is None
        assert store.watchlist_named("none") is None
        assert store.edition("none") is None

    def test_editions_are_history(self, store: Store) -> None:
        """Editions are listed newest first and without their entries; those of other lists are not among them."""
        one, other = listed(), listed()
        editions = [Edition(f"e{number}", one.id, str(number), entries=ENTRIES) for number in range(5)]
        store.submit(imported(one, *editions)).result(10)
        store.submit(imported(other, Edition("o", other.id, "x"))).result(10)
        assert store.editions(one.id, 3) == [replace(edition, entries=()) for edition in editions[:1:-1]]
        assert len(store.editions(one.id)) == 5
        with pytest.raises(BadInput):
            store.editions(one.id, 0)

    def test_changes_of_lists_are_followed(self, store: Store) -> None:
        """The position is -1 before the first list, and moves with every change of one and with nothing else."""
        assert store.lists_position() == -1
        one = listed()
        assert store.submit(imported(one)).result(10).first_seq == store.lists_position()
        before = store.lists_position()
        decided(store)
        assert store.lists_position() == before
        changed = replace(one, removed=at(), version=2)
        assert store.submit(imported(changed)).result(10).first_seq == store.lists_position() > before
        assert store.watchlist(one.id) == changed

    def test_lists_are_guarded(self, store: Store) -> None:
        """A version that does not follow on is a Conflict, two lists never share a name, and none comes without a ledger line."""
        one = listed(name="ours")
        store.submit(imported(one)).result(10)
        with pytest.raises(Conflict):
            store.submit(imported(one)).result(10)
        with pytest.raises(StoreFailed):
            store.submit(imported(listed(name="OURS"))).result(10)
        with pytest.raises(StoreFailed, match="without a ledger line"):
            store.submit(Change((), (listed(),))).result(10)
        assert store.watchlists() == [one]

    def test_what_was_judged_is_read_both_ways(self, store: Store) -> None:
        """The machine's decisions come with their content in commit order, or newest first, from wherever a page ended."""
        made = [decided(store, author=f"a{number}", thread="t") for number in range(7)]
        decided(store, by="person:ada")
        forward, cursor = list[Judged](), ""
        while (page := store.judged_since(cursor, 3)).items:
            forward += page.items
            cursor = page.next_cursor
        back, before = list[Judged](), ""
        while (page := store.judged_before(before, 3)).items:
            back += page.items
            before = page.next_cursor
        assert [replace(one, findings=(), place="") for one in forward] == made
        assert back == forward[::-1]
        assert forward[-1].place == cursor
        assert [finding.label for finding in forward[0].findings] == ["contact-invite"]
        assert forward[0].findings[0].evidence["words"] == ["meet"]
        last = decided(store)
        assert [one.content for one in store.judged_since(cursor).items] == [last.content]

    def test_purged_texts_are_not_read(self, store: Store) -> None:
        """What was purged is judged still, without its texts."""
        one = content(retention=Retention.TRANSIENT)
        made = decision(content=one.id, key=fresh())
        store.submit(Change((Event("decision:made", made.id, made.at),), (one, made))).result(10)
        store.submit(
            Change((Event("content:purged", one.id, at()),), (replace(one, segments=(), purged=at()),))
        ).result(10)
        assert store.judged_before().items[0].segments == ()
        for bad in ("x", "W10"):
            with pytest.raises(BadInput):
                store.judged_since(bad)
            with pytest.raises(BadInput):
                store.judged_before(bad)
