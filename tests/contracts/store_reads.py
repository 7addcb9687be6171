"""What every store must give when it is read; included in `tests/contracts/store.py`."""

from dataclasses import replace

import pytest

from forestall.ledger.checkpoint import verify
from forestall.ledger.proof import prove, verify_proof
from forestall.model.decision import MACHINE, Decision
from forestall.model.errors import BadInput, NotFound
from forestall.model.ids import sha256_hex
from forestall.model.outcome import Outcome
from forestall.model.ports import Store
from forestall.model.records import (
    ApiKey,
    Case,
    CaseState,
    Change,
    Delivery,
    DeliveryState,
    Event,
    Invite,
    Page,
    Retention,
    Session,
    StoredFile,
)
from tests.store.samples import KEY, at, case, content, decided, decision, decision_of, fresh, made, person, with_line

BAD_CURSORS = ["x", "é", "\ud800", "W10", "WyJhIl0", "e30", "A" * 5_000, "WzFd=", "bnVsbA", "\0", " "]
"""Text no listing gave as a cursor: no base64, no JSON, or JSON of another shape."""

BAD_NAMES = [
    "",
    "ab",
    "../../../../etc/passwd",
    "A" * 64,
    "g" * 64,
    "a" * 63 + "\n",
    "a" * 65,
    "\0" * 64,
    "é" * 64,
    "a" * 64 + "\n",
]
"""What is no SHA-256 in lower-case hex."""


def submit(store: Store, *changes: Change) -> None:
    """Make changes in order and wait."""
    for future in [store.submit(change) for change in changes]:
        future.result(10)


def all_cases(store: Store, limit: int) -> list[Case]:
    """Give all open cases, page by page."""
    page = store.cases(CaseState.OPEN, limit=limit)
    found = list(page.items)
    while page.next_cursor:
        page = store.cases(CaseState.OPEN, page.next_cursor, limit)
        assert page.items
        found += page.items
    return found


def all_decisions(store: Store, limit: int, outcome: Outcome | None = None) -> list[Decision]:
    """Give all decisions of an outcome, page by page."""
    page = store.decisions(outcome=outcome, limit=limit)
    found = list(page.items)
    while page.next_cursor:
        page = store.decisions(page.next_cursor, outcome, limit)
        assert bool(page.items) == bool(page.next_cursor)
        found += page.items
    return found


class StoreReads:
    """The promises of a store when read."""

    def test_an_empty_store_gives_nothing(self, store: Store) -> None:
        """What is not there is None, an empty listing or zero, never an error."""
        missing: list[object] = [
            store.content("x"),
            store.content("x", "r"),
            store.decision("x"),
            store.decision_by_key("x"),
            store.case("x"),
        ]
        missing += [
            store.case_of("x", "r"),
            store.delivery("x"),
            store.api_key("x"),
            store.person("x"),
            store.person_named("x"),
        ]
        missing += [store.invite("x"), store.session("x"), store.decision_by_key("")]
        assert missing == [None] * 13
        assert not any(
            [
                store.decisions_of("x"),
                store.api_keys(),
                store.people(),
                store.deliveries_due(at()),
                store.ledger_of("x"),
            ]
        )
        assert not any(
            [store.checkpoints(), list(store.ledger_rows()), store.ledger_size(), store.count_cases(CaseState.OPEN)]
        )
        assert not any([store.holders_of("a" * 64), store.expired_contents(Retention.CASE, at())])
        assert store.decisions() == Page(())
        assert store.cases(CaseState.OPEN) == Page(())

    def test_the_revision_received_last_is_the_content(self, store: Store) -> None:
        """Without a revision the one received last is given; of those received in one instant the one kept last."""
        newer, older = content(received=at(9)), content(received=at(5))
        older = replace(older, id=newer.id, revision="r2")
        submit(store, with_line(newer), with_line(older))
        assert store.content(newer.id) == newer
        same = replace(newer, revision="r3")
        submit(store, with_line(same))
        assert store.content(newer.id) == same

    def test_content_received_again_is_the_newest(self, store: Store) -> None:
        """A revision that comes again, later, is again the one received last."""
        first = content(received=at(1))
        second = replace(first, revision="r2", received=at(2))
        again = replace(first, received=at(3))
        submit(store, with_line(first), with_line(second))
        assert store.content(first.id) == second
        submit(store, with_line(again))
        assert store.content(first.id) == again

    def test_decisions_of_content_come_oldest_first(self, store: Store) -> None:
        """All decisions on content are given in the order they were committed, whatever their ids and times."""
        of = [decision(content="c", id=f"{9 - n}-{fresh()}", at=at(9 - n)) for n in range(5)]
        submit(store, *(Change((made(item),), (item,)) for item in of), decided())
        assert list(store.decisions_of("c")) == of
        assert store.decision_by_key(of[3].key) == of[3]

    def test_a_thread_is_given_newest_first(self, store: Store) -> None:
        """A thread's contents come newest first, each once with the machine's last decision; what has none, or no thread, is not given."""
        posts = [content(id=f"p{n}", thread="t", received=at(n)) for n in range(4)]
        first = [decision(content=post.id, revision=post.revision, by=MACHINE) for post in posts[:3]]
        later = decision(content="p1", revision=posts[1].revision, by=MACHINE, at=at(50))
        person = decision(content="p1", revision=posts[1].revision, by="person", at=at(60))
        submit(store, *map(with_line, posts), with_line(content(id="loose", thread="")))
        submit(store, *(Change((made(one),), (one,)) for one in (*first, later, person)))
        assert list(store.thread("t")) == [(posts[2], first[2]), (posts[1], later), (posts[0], first[0])]
        assert [post.id for post, _ in store.thread("t", limit=2)] == ["p2"]
        assert list(store.thread("")) == []
        assert list(store.thread("nobody's")) == []

    def test_decisions_come_in_commit_order(self, store: Store) -> None:
        """The feed of decisions gives each once, in commit order, whatever the page size, also of one outcome only."""
        outcomes = [
            Outcome.PASS,
            Outcome.REVIEW,
            Outcome.PASS,
            Outcome.HOLD,
            Outcome.PASS,
            Outcome.REMOVE,
            Outcome.PASS,
        ]
        changes = [decided(outcome=outcome, id=f"{9 - n}-{fresh()}") for n, outcome in enumerate(outcomes)]
        submit(store, *changes)
        made_all = [decision_of(change) for change in changes]
        for limit in (1, 2, 6, 7, 8, 100):
            assert all_decisions(store, limit) == made_all
            assert all_decisions(store, limit, Outcome.PASS) == made_all[::2]
        assert all_decisions(store, 1, Outcome.HOLD) == [made_all[3]]

    def test_two_decisions_of_one_change_are_both_in_the_feed(self, store: Store) -> None:
        """A change with several decisions puts them in the feed in the order of their ledger lines."""
        first, second = decision(), decision()
        submit(store, Change((made(second), made(first)), (first, second)))
        assert all_decisions(store, 1) == [second, first]

    def test_a_decisions_cursor_stays_true(self, store: Store) -> None:
        """Decisions made while someone pages come at the end; none is given twice or left out."""
        changes = [decided() for _ in range(6)]
        submit(store, *changes[:4])
        page = store.decisions(limit=3)
        submit(store, *changes[4:])
        rest = store.decisions(page.next_cursor, limit=10)
        assert [*page.items, *rest.items] == [decision_of(change) for change in changes]
        assert store.decisions(rest.next_cursor, limit=10) == Page(())
        late = decided()
        submit(store, late)
        assert [*store.decisions(rest.next_cursor, limit=10).items] == [decision_of(late)]

    def test_cases_come_by_priority_then_age(self, store: Store) -> None:
        """Cases in a state come by priority, highest first, then oldest first, whatever the page size; others stay out."""
        opened = [
            case(decision(priority=priority), opened=at(second))
            for priority in (0.1, 1 / 3, 1.0, 0.0)
            for second in (5, 3, 3)
        ]
        done = case(decision(priority=0.9), state=CaseState.CONCLUDED)
        submit(store, Change((), tuple(opened)), Change((), (done,)))
        expected = sorted(opened, key=lambda item: (-item.priority, item.opened, item.id))
        for limit in (1, 2, 5, 11, 12, 13):
            assert all_cases(store, limit) == expected
        assert store.cases(CaseState.CONCLUDED).items == (done,)
        assert (store.count_cases(CaseState.OPEN), store.count_cases(CaseState.CONCLUDED)) == (12, 1)

    def test_a_cases_cursor_stays_true(self, store: Store) -> None:
        """Cases opened or concluded while someone pages make no other case come twice or stay out."""
        opened = [case(decision(priority=priority / 10)) for priority in range(9, 0, -1)]
        submit(store, Change((), tuple(opened)))
        page = store.cases(CaseState.OPEN, limit=4)
        assert list(page.items) == opened[:4]
        late = [case(decision(priority=0.95)), case(decision(priority=0.45))]
        gone = replace(opened[3], state=CaseState.CONCLUDED, version=2)
        submit(store, Change((), (*late, gone)))
        rest = store.cases(CaseState.OPEN, page.next_cursor, limit=10)
        assert list(rest.items) == [opened[4], opened[5], late[1], *opened[6:]] or list(rest.items) == [
            opened[4],
            late[1],
            *opened[5:],
        ]

    def test_the_newest_case_of_a_revision(self, store: Store) -> None:
        """Of several cases on a revision the one opened last is given; other revisions have their own."""
        about = decision()
        first, second = case(about, opened=at(1)), case(about, opened=at(2))
        other = case(replace(about, revision="r2"), opened=at(3))
        submit(store, Change((), (second, first, other)))
        assert store.case_of(about.content, about.revision) == second
        assert store.case_of(about.content, "r2") == other

    def test_deliveries_that_are_due(self, store: Store) -> None:
        """Outgoing messages are given once due, oldest first, until they are done or dead."""
        first, second, later = (Delivery(fresh(), "platform", "k", {"n": n}, at(n)) for n in (1, 2, 9))
        done = Delivery(fresh(), "platform", "k", {}, at(0), DeliveryState.DONE)
        submit(store, Change((), (second, later, first, done)))
        assert list(store.deliveries_due(at(2))) == [first, second]
        assert list(store.deliveries_due(at(2), limit=1)) == [first]
        tried = replace(first, due=at(8), attempts=1, last_error="refused", version=2)
        submit(store, Change((), (tried, replace(second, state=DeliveryState.DEAD, version=2))))
        assert list(store.deliveries_due(at(8))) == [tried]

    def test_keys_people_invites_and_sessions(self, store: Store) -> None:
        """Whoever works here is found by what they show: a hashed secret, a sign-in name in any case, a hashed token."""
        keys = [ApiKey(fresh(), "b", "s1", ("screen", "read"), at(2)), ApiKey(fresh(), "a", "s2", (), at(1))]
        people = [person(name="Åsa", created=at(2)), person(name="straße", created=at(1))]
        invite, session = Invite(fresh(), "t1", "admin", at(5)), Session("h1", people[0].id, at(1), at(9))
        submit(store, Change((), (*keys, *people, invite, session)))
        assert list(store.api_keys()) == keys[::-1]
        assert store.api_key("s1") == keys[0]
        assert list(store.people()) == people[::-1]
        assert store.person_named("A\u030aSA") == people[0]
        assert store.person_named("STRASSE") == people[1]
        assert store.invite("t1") == invite
        assert store.session("h1") == session
        submit(store, Change((), (replace(keys[0], revoked=at(3), version=2), replace(invite, used=at(3), version=2))))
        assert (store.api_key("s1"), store.invite("t1")) == (
            replace(keys[0], revoked=at(3), version=2),
            replace(invite, used=at(3), version=2),
        )

    def test_expired_contents(self, store: Store) -> None:
        """Content past its time is given oldest first, except what is purged, of another class, or under an open case."""
        old = [content(received=at(second)) for second in (3, 1, 2)]
        young = content(received=at(10))
        other = content(received=at(1), retention=Retention.CASE)
        purged = content(received=at(1), purged=at(9))
        held, released = content(received=at(4)), content(received=at(5))
        asked = [case(decision(content=item.id, revision=item.revision)) for item in (held, released)]
        answered = replace(asked[1], state=CaseState.CONCLUDED, version=2)
        submit(store, Change((), (*old, young, other, purged, held, released, *asked)), Change((), (answered,)))
        expected = [old[1], old[2], old[0], released]
        assert list(store.expired_contents(Retention.TRANSIENT, at(10))) == expected
        assert list(store.expired_contents(Retention.TRANSIENT.value, at(10), limit=2)) == expected[:2]
        assert list(store.expired_contents(Retention.CASE, at(10))) == [other]

    def test_who_holds_a_file(self, store: Store) -> None:
        """All content that holds a file is named, once, until it is purged or handed over without the file."""
        file = StoredFile("a.png", "image/png", 3, "c" * 64)
        held = [content(id=f"{n}-{fresh()}", files=(file, replace(file, name="b.png"))) for n in range(3)]
        other = content(id=held[0].id, revision="r2", files=())
        submit(store, *(with_line(item) for item in (*held, other, content())))
        assert list(store.holders_of(file.sha256)) == [(item.id, "r1") for item in held]
        submit(store, with_line(replace(held[0], purged=at())), with_line(replace(held[1], files=())))
        assert list(store.holders_of(file.sha256)) == [(held[2].id, "r1")]

    def test_ledger_lines_by_position(self, store: Store) -> None:
        """Lines are given from a position up to another, and a range beyond the ledger is cut to it."""
        submit(store, *(Change((Event("a:b", str(number), at()),)) for number in range(10)))
        rows = list(store.ledger_rows())
        assert [row.seq for row in rows] == list(range(10))
        assert store.ledger_size() == 10
        for start, stop in ((0, 3), (3, 7), (7, None), (5, 5), (9, 99), (99, 100), (-5, 2), (4, 2)):
            assert list(store.ledger_rows(start, stop)) == rows[max(start, 0) : 10 if stop is None else max(stop, 0)]

    def test_reading_the_ledger_does_not_chase_its_end(self, store: Store) -> None:
        """Lines committed after a reading began are not part of it."""
        submit(store, decided())
        rows = store.ledger_rows()
        submit(store, decided())
        assert len(list(rows)) == 2

    def test_ledger_lines_about_one_thing(self, store: Store) -> None:
        """All lines about an id are given, oldest first, and no others."""
        submit(
            store, *(Change((Event("a:b", subject, at()), Event("a:c", subject, at()))) for subject in ("x", "y", "x"))
        )
        assert [(row.seq, row.tag) for row in store.ledger_of("x")] == [(0, "a:b"), (1, "a:c"), (4, "a:b"), (5, "a:c")]

    def test_every_commit_is_under_a_checkpoint(self, store: Store) -> None:
        """Once a change is made, the newest checkpoint covers it, and its lines can be proven to whoever has the key."""
        for number in range(1, 6):
            submit(store, decided())
            notes = store.checkpoints()
            sizes = [verify(note, KEY).size for note in notes]
            assert sizes == sorted(set(sizes))
            assert sizes[-1] == 2 * number
        for row in store.ledger_rows():
            document = prove(store.ledger_rows(), row.seq, store.checkpoints()[-1], KEY)
            assert verify_proof(document, KEY).event.subject == row.subject

    @pytest.mark.parametrize("cursor", BAD_CURSORS)
    def test_a_made_up_cursor_is_refused(self, store: Store, cursor: str) -> None:
        """Text that no listing gave as a cursor is refused with the next step, not obeyed and not a crash."""
        submit(store, decided())
        with pytest.raises(BadInput, match="cursor"):
            store.decisions(cursor)
        with pytest.raises(BadInput, match="cursor"):
            store.cases(CaseState.OPEN, cursor)

    @pytest.mark.parametrize("limit", [0, -1])
    def test_an_empty_page_is_refused(self, store: Store, limit: int) -> None:
        """A page without room for an item is refused by every listing."""
        for ask in (
            lambda: store.decisions(limit=limit),
            lambda: store.cases(CaseState.OPEN, limit=limit),
            lambda: store.deliveries_due(at(), limit=limit),
            lambda: store.expired_contents("transient", at(), limit=limit),
        ):
            with pytest.raises(BadInput, match="one or more"):
                ask()

    @pytest.mark.parametrize("data", [b"", b"\0\xff", b"x" * 1_000_000], ids=["empty", "binary", "megabyte"])
    def test_media_read_back(self, store: Store, data: bytes) -> None:
        """Bytes are kept under their SHA-256, once, until they are deleted; deleting again does nothing."""
        name = store.blobs.put(data)
        assert name == sha256_hex(data) == store.blobs.put(data)
        assert store.blobs.get(name) == data
        store.blobs.delete(name)
        store.blobs.delete(name)
        with pytest.raises(NotFound, match=name):
            store.blobs.get(name)

    @pytest.mark.parametrize("name", BAD_NAMES, ids=range(len(BAD_NAMES)))
    def test_media_have_no_other_names(self, store: Store, name: str) -> None:
        """What is no SHA-256 names no media: it is not found, deletes nothing and leads nowhere."""
        with pytest.raises(NotFound):
            store.blobs.get(name)
        store.blobs.delete(name)
