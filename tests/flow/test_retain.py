"""Texts and media go when their time is over; decisions and the ledger stay."""

from concurrent.futures import Future

from forestall.flow.retain import purge
from forestall.model.content import Attachment, Content
from forestall.model.ids import sha256_hex
from forestall.model.records import Change, Receipt, Retention
from tests.support import SmallHouse

DAYS = {Retention.TRANSIENT: 30, Retention.CASE: 184}
DAY = 86_400


def test_purge_empties_what_ran_out_and_nothing_else() -> None:
    """After a month passed content is emptied; content with an open case stays whole."""
    house = SmallHouse()
    house.screen(Content("old", "hello"), Content("asked", "!recruiting"))
    house.clock.seconds += 31 * DAY
    house.screen(Content("new", "hello there"))
    assert purge(house.store, house.clock(), DAYS) == 1
    old, asked, new = (house.store.content(name) for name in ("old", "asked", "new"))
    assert old is not None
    assert old.segments == ()
    assert old.purged
    assert asked is not None
    assert asked.segments
    assert new is not None
    assert new.segments
    assert house.tags()[-1] == "content:purged"
    assert len(house.store.decisions_of("old")) == 1
    house.clock.seconds += 200 * DAY
    assert purge(house.store, house.clock(), DAYS) == 1


def test_a_file_goes_only_when_nobody_holds_it_any_more() -> None:
    """Bytes that a newer item still holds survive the purge of an older one."""
    house = SmallHouse()
    file = Attachment("a.txt", b"same bytes")
    (first,), _ = house.screen(Content("old", attachments=(file,)))
    sha256 = first.stored.files[0].sha256
    house.clock.seconds += 31 * DAY
    house.screen(Content("new", attachments=(file,)))
    purge(house.store, house.clock(), DAYS)
    assert house.store.blobs.get(sha256) == b"same bytes"


def test_bytes_that_a_purge_took_in_between_come_back() -> None:
    """A purge that deletes a file between the keeping of its bytes and the commit of new content does not lose it."""
    house = SmallHouse()
    file = Attachment("a.txt", b"same bytes")
    submit = house.store.submit

    def purged_in_between(change: Change) -> Future[Receipt]:
        house.store.blobs.delete(sha256_hex(b"same bytes"))
        return submit(change)

    house.store.submit = purged_in_between  # type: ignore[method-assign]
    house.screen(Content("new", attachments=(file,)))
    assert house.store.blobs.get(sha256_hex(b"same bytes")) == b"same bytes"
