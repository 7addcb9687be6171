"""The ThreatExchange client keeps the contract, and what is its own."""

import json
from urllib.parse import parse_qsl

import pytest

from forestall.exchange.threatexchange import client
from forestall.exchange.threatexchange.client import ThreatExchange
from forestall.model.bank import Entry, Stance
from forestall.model.content import Problem
from forestall.model.errors import BadSetting, ExchangeFailed
from forestall.model.feed import Verdict
from forestall.model.ports import Feed
from forestall.model.records import Exchange
from tests.contracts.exchange import NOW, SECRET, ExchangeContract, clock, said, taken
from tests.exchange.partner import Asked, Partner, Played, payload

DAY = 24 * 3600


def exchange(address: str, **options: str) -> Exchange:
    """Give an exchange's record."""
    given = {"group": "5550001", "private": "yes"} | options
    return Exchange("x-1", "gifct", "threatexchange", "b-1", address, given)


class TestThreatExchange(ExchangeContract):
    """A privacy group, the token in a header."""

    options: dict[str, str] = {}  # noqa: RUF012  # never changed

    def healthy(self, asked: Asked) -> Played:
        """Give the page a cursor or a start leads to."""
        if asked.method == "POST":
            return Played(body=b'{"success": true}')
        if not self.knows(asked):
            return Played(400, b'{"error": {"message": "x", "type": "OAuthException", "code": 190}}')
        later = asked.query.get("after") == "QWZ0ZXIx" or int(asked.query.get("start_time", "0")) > 1767254520
        body = payload(f"threatexchange-page-{2 if later else 1}.json")
        # As Graph does, the link to the next page carries the token.
        link = f'"http://{asked.headers["host"]}{asked.path}?access_token={SECRET}&'.encode()
        return Played(body=body.replace(b'"NEXT?', link))

    def knows(self, asked: Asked) -> bool:
        """Tell whether the token came where it belongs."""
        return asked.headers.get("authorization") == f"Bearer {SECRET}" and "access_token" not in asked.query

    def is_page(self, asked: Asked) -> bool:
        """Tell whether a request asks for updates."""
        return asked.path == "/v26.0/5550001/threat_updates/"

    def client(self, address: str) -> Feed:
        """Make a client."""
        return ThreatExchange(exchange(address, **self.options), SECRET, clock)

    def shrink(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Read half a page at most."""
        monkeypatch.setattr(client, "_LONGEST_ANSWER", 1_500)

    def test_every_member_has_an_opinion_of_its_own(self, feed: Feed) -> None:
        """Descriptors and reactions become opinions; who disagrees disagrees; facts, tags and ids are kept."""
        batches, _ = taken(feed)
        entries = [entry for batch in batches for entry in batch.entries if isinstance(entry, Entry)]
        stances = {(entry.type, entry.opinion.source): entry.opinion.stance for entry in entries}
        assert stances["pdq", "threatexchange:1001"] is Stance.POSITIVE
        assert stances["pdq", "threatexchange:1002"] is Stance.POSITIVE
        assert stances["md5", "threatexchange:1002"] is Stance.NEGATIVE
        assert stances["url", "threatexchange:1003"] is Stance.SEED
        poster = entries[0].opinion
        assert poster.label == "media_type_photo, group:Ashen Banner"
        assert (poster.reference, poster.listing, poster.file_type) == ("9000", "5550001", "image")
        assert "Harbour Watch" in poster.note
        assert "confidence 80" in poster.note
        assert next(entry for entry in entries if entry.type == "url-md5").expires == "2027-01-01"

    def test_types_we_cant_match_are_told(self, feed: Feed) -> None:
        """A type that is no signal of ours is a problem with its name, not a silence."""
        batches, _ = taken(feed)
        problems = [entry for batch in batches for entry in batch.entries if isinstance(entry, Problem)]
        assert [problem.what for problem in problems] == [
            "record 1: `HASH_TMK` is no type of signal that can be matched"
        ]

    def test_what_we_said_ourselves_does_not_come_back(self, partner: Partner) -> None:
        """Our own descriptors and reactions are left out."""
        feed = ThreatExchange(exchange(partner.address, **self.options), SECRET.replace("5550009", "1002"), clock)
        partner.failing = lambda asked, number: self.healthy(_as_ours(asked)) if number else None
        batches, error = taken(feed)
        feed.close()
        assert error is None
        assert not any(source == "threatexchange:1002" for _, _, source, _ in said(batches))

    def test_whoever_was_away_too_long_begins_anew(self, feed: Feed, partner: Partner) -> None:
        """After 85 days the first batch takes back everything said earlier, and all is asked for."""
        batches, error = taken(feed, f"1767254400,{int(NOW) - 86 * DAY}")
        assert error is None
        assert [batch.anew for batch in batches] == [True] + [False] * (len(batches) - 1)
        assert "start_time" not in partner.asked[0].query
        batches, _ = taken(feed, f"1767254400,{int(NOW) - 84 * DAY}")
        assert not any(batch.anew for batch in batches)

    def test_a_next_page_elsewhere_is_not_asked_for(self, feed: Feed, partner: Partner) -> None:
        """The link in an answer never leads the token to another host."""
        page = json.loads(payload("threatexchange-page-1.json"))
        page["paging"]["next"] = "https://graph.elsewhere.example/x?after=1"
        partner.failing = lambda _asked, number: Played(body=json.dumps(page).encode()) if number else None
        batches, error = taken(feed)
        assert isinstance(error, ExchangeFailed)
        assert "elsewhere" in error.what
        assert said(batches)

    @pytest.mark.parametrize(
        ("code", "lasting", "words"),
        [
            (190, True, "refused our token"),
            (200, True, "does not let us read"),
            (100, True, "does not know the group"),
            (613, False, "slow down"),
            (2, False, "trouble of its own"),
        ],
    )
    def test_what_graph_means_is_said_in_words(
        self, feed: Feed, partner: Partner, code: int, lasting: bool, words: str
    ) -> None:
        """Graph answers 400 for most things; its code tells them apart."""
        body = json.dumps({"error": {"message": f"token {SECRET}", "code": code}}).encode()
        partner.failing = lambda _asked, number: Played(400, body) if number else None
        _, error = taken(feed)
        assert isinstance(error, ExchangeFailed)
        assert words in error.what
        assert error.lasting == lasting

    def test_a_verdict_reacts_to_each_descriptor(self, feed: Feed, partner: Partner) -> None:
        """What a person found is told to every member whose words we have."""
        verdict = Verdict("md5", "00", Stance.NEGATIVE, ("9001", "../../x", "9002"))
        assert feed.report(verdict) == ""
        assert [asked.path for asked in partner.asked] == ["/v26.0/9001", "/v26.0/9002"]
        assert dict(parse_qsl(partner.asked[0].body.decode()))["reactions"] == "NON_MALICIOUS,SAW_THIS_TOO"

    def test_a_verdict_that_was_not_taken_says_why(self, feed: Feed, partner: Partner) -> None:
        """A failure is words without the token, and nothing is raised."""
        partner.failing = lambda _asked, _number: Played(500)
        assert "trouble" in feed.report(Verdict("md5", "00", Stance.POSITIVE, ("9001",)))
        assert "no member" in feed.report(Verdict("md5", "00", Stance.POSITIVE, ()))


class TestInQuery(TestThreatExchange):
    """The same with the token in the query, for versions of Graph that want it there."""

    options = {"token": "query"}  # noqa: RUF012  # never changed

    def knows(self, asked: Asked) -> bool:
        """Tell whether the token came where it belongs."""
        return asked.query.get("access_token") == SECRET and "authorization" not in asked.headers


def _as_ours(asked: Asked) -> Asked:
    """Give a request with the contract's token in place of another."""
    headers, query = dict(asked.headers), dict(asked.query)
    if "authorization" in headers:
        headers["authorization"] = f"Bearer {SECRET}"
    if "access_token" in query:
        query["access_token"] = SECRET
    return Asked(asked.method, asked.path, query, headers, asked.body)


@pytest.mark.parametrize(
    "options", [{"group": ""}, {"group": "5/../6"}, {"version": "latest"}, {"token": "cookie"}, {"private": ""}]
)
def test_options_that_cant_work_are_refused(options: dict[str, str]) -> None:
    """An exchange that can't work is refused when it is added."""
    with pytest.raises(BadSetting):
        ThreatExchange(exchange("http://graph.example", **options), SECRET, clock)
