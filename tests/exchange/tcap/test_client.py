"""The TCAP clients keep the contract, and what is their own."""

import json

import msgspec
import pytest

from forestall.exchange.tcap import client
from forestall.exchange.tcap.client import TcapAddresses, TcapHashes
from forestall.model.bank import Entry, Stance
from forestall.model.errors import BadSetting, ExchangeFailed
from forestall.model.feed import Verdict
from forestall.model.ports import Feed
from forestall.model.records import Exchange
from tests.contracts.exchange import SECRET, ExchangeContract, clock, taken
from tests.exchange.partner import Asked, Partner, Played, payload

OPTIONS = {"user": "desk@quay.example", "private": "yes"}


def exchange(address: str, **options: str) -> Exchange:
    """Give an exchange's record."""
    return Exchange("x-1", "tat", "tcap", "b-1", address, OPTIONS | options)


class _Desk:
    """Lets in who has the right password."""

    def signed_in(self, asked: Asked) -> Played | None:
        """Answer a login, or refuse whoever has no token."""
        if asked.path == "/token-auth/tcap/":
            given = msgspec.json.decode(asked.body)
            right = given == {"username": OPTIONS["user"], "password": SECRET}
            return Played(body=b'{"token": "jwt-1", "user": {"id": 7}}') if right else Played(400)
        return None if asked.headers.get("authorization") == "Bearer jwt-1" else Played(401)


class TestHashes(ExchangeContract, _Desk):
    """The content hash list."""

    pages = 3

    def healthy(self, asked: Asked) -> Played:
        """Give the page after a checkpoint."""
        if refused := self.signed_in(asked):
            return refused
        reached = float(asked.query.get("after", "0,0").partition(",")[0])
        number = 1 + sum(reached >= end for end in (1704901042.222779, 1704901045.222779))
        return Played(body=payload(f"tcap-v2-page-{number}.json"))

    def is_page(self, asked: Asked) -> bool:
        """Tell whether a request asks for the list."""
        return asked.path == "/api/hash-list/v2/all"

    def client(self, address: str) -> Feed:
        """Make a client."""
        return TcapHashes(exchange(address), SECRET, clock)

    def shrink(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Read half a page at most."""
        monkeypatch.setattr(client, "_LONGEST_ANSWER", 500)

    def test_every_fact_is_kept(self, feed: Feed) -> None:
        """All algorithms, ideology, file type, ids and moments come through (D12)."""
        batches, _ = taken(feed)
        entries = [entry for batch in batches for entry in batch.entries if isinstance(entry, Entry)]
        assert {entry.type for entry in entries} == {"md5", "sha256", "sha512", "pdq"}
        first = entries[0].opinion
        assert (first.source, first.ideology, first.file_type) == ("tcap", "islamist", "mp4")
        assert (first.reference, first.listing) == ("2819", "TCAP content hash list")
        assert first.first_seen == "2025-03-03T23:05:22.587Z"
        assert first.last_seen == "2024-01-10T15:37:20.222Z"
        assert entries[-1].opinion.withdrawn == "2024-01-10T15:37:26.222Z"

    def test_a_token_that_ran_out_is_renewed_once(self, feed: Feed, partner: Partner) -> None:
        """A 401 between two pages costs one more login and no page."""
        partner.failing = lambda _asked, number: Played(401) if number == 2 else None
        _, error = taken(feed)
        assert error is None
        assert sum(asked.path == "/token-auth/tcap/" for asked in partner.asked) == 2

    def test_a_wrong_password_is_said(self, partner: Partner) -> None:
        """The error names user or password and repeats neither."""
        feed = TcapHashes(exchange(partner.address), "wrong-password", clock)
        _, error = taken(feed)
        feed.close()
        assert isinstance(error, ExchangeFailed)
        assert error.lasting
        assert "user or password" in error.what
        assert "wrong-password" not in str(error)

    def test_the_same_page_forever_ends(self, feed: Feed, partner: Partner) -> None:
        """A list that does not move on is a failure, not a loop."""
        partner.failing = lambda _asked, number: Played(body=payload("tcap-v2-page-1.json")) if number else None
        _, error = taken(feed)
        assert isinstance(error, ExchangeFailed)
        assert "again and again" in error.what

    def test_a_page_without_a_checkpoint_goes_on_from_its_last_row(self, feed: Feed, partner: Partner) -> None:
        """Where the service leaves its checkpoint out, the last row's place is one."""

        def without(asked: Asked, number: int) -> Played | None:
            if not number:
                return None
            page = json.loads(self.healthy(asked).body)
            del page["checkpoint"]
            return Played(body=json.dumps(page).encode())

        partner.failing = without
        batches, error = taken(feed)
        assert error is None
        assert batches[-1].checkpoint == "1704901046.222779,2825"


class TestAddresses(ExchangeContract, _Desk):
    """The URL hash list."""

    deletes = False

    def healthy(self, asked: Asked) -> Played:
        """Give two rows from an offset on."""
        if refused := self.signed_in(asked):
            return refused
        if asked.query.get("from"):
            return Played(body=b'{"count": 0, "results": []}')
        number = 1 + int(asked.query["offset"]) // 2
        return Played(body=payload(f"tcap-urls-page-{number}.json"))

    def is_page(self, asked: Asked) -> bool:
        """Tell whether a request asks for the list."""
        return asked.path == "/core/url-hash-list"

    def client(self, address: str) -> Feed:
        """Make a client."""
        return TcapAddresses(exchange(address), SECRET, clock)

    def shrink(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Read half a page at most."""
        monkeypatch.setattr(client, "_LONGEST_ANSWER", 250)

    def test_each_form_of_an_address_is_a_signal(self, feed: Feed) -> None:
        """Every MD5 of a row comes through, with the row's facts."""
        batches, _ = taken(feed)
        entries = [entry for batch in batches for entry in batch.entries if isinstance(entry, Entry)]
        assert len(entries) == 12
        assert {entry.type for entry in entries} == {"url-md5"}
        assert entries[0].opinion.ideology == "islamist"
        assert batches[-1].checkpoint == "2026-01-01"

    def test_the_next_pull_begins_a_day_earlier(self, feed: Feed, partner: Partner) -> None:
        """Rows that were added later on the day of the last pull are not missed."""
        taken(feed, "2026-01-01")
        page = next(asked for asked in partner.asked if self.is_page(asked))
        assert page.query["from"] == "2025-12-31"

    def test_hashes_as_bare_texts_are_read(self, feed: Feed, partner: Partner) -> None:
        """A list of texts is a list of hashes."""
        body = json.dumps({"count": 1, "results": ["ab" * 16]}).encode()
        partner.failing = lambda _asked, number: Played(body=body) if number else None
        batches, _ = taken(feed)
        assert [e.value for b in batches for e in b.entries if isinstance(e, Entry)] == ["ab" * 16]


@pytest.mark.parametrize(
    ("address", "options"),
    [
        ("", {"user": ""}),
        ("", {"ideology": "all of them"}),
        ("", {"path": "/../x y"}),
        ("ftp://tat.example", {}),
        ("https://tat.example/?token=kBqXw7", {}),
        ("https://user:kBqXw7@tat.example/", {}),
        ("http://tat.example", {"private": "no"}),
    ],
)
def test_options_that_cant_work_are_refused(address: str, options: dict[str, str]) -> None:
    """An exchange that can't work is refused when it is added, without repeating what may be a token."""
    with pytest.raises(BadSetting) as refused:
        TcapHashes(exchange(address, **options), SECRET, clock)
    assert "kBqXw7" not in str(refused.value)


def test_the_tcap_takes_no_verdicts() -> None:
    """Nothing is ever queued for it."""
    feed = TcapHashes(exchange(""), SECRET, clock)
    assert not feed.listens
    assert "no verdicts" in feed.report(Verdict("md5", "00", Stance.SEED, ()))
    feed.close()
