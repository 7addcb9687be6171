"""What every client of a partner's service promises (`ports.Feed`). Inherit `ExchangeContract` and give it a client and a partner."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator
from email.utils import formatdate

import pytest

from forestall.model.bank import Entry
from forestall.model.content import Problem
from forestall.model.errors import ExchangeFailed, ForestallError
from forestall.model.feed import Batch
from forestall.model.ids import instant
from forestall.model.ports import Feed
from tests.exchange.partner import Asked, Partner, Played

SECRET = "5550009|kBqXw7secretZt3-never-shown_91"
NOW = 1_767_300_000.0

Said = set[tuple[str, str, str, bool]]


def said(batches: list[Batch]) -> Said:
    """Give what batches say: type, value, source, and whether it was taken back."""
    entries = [entry for batch in batches for entry in batch.entries if isinstance(entry, Entry)]
    return {(entry.type, entry.value, entry.opinion.source, bool(entry.opinion.withdrawn)) for entry in entries}


def taken(feed: Feed, checkpoint: str = "") -> tuple[list[Batch], ForestallError | None]:
    """Pull until the end or a failure; gives both."""
    batches: list[Batch] = []
    try:
        for batch in feed.pull(checkpoint):
            batches.append(batch)  # noqa: PERF402  # what came before a failure is the point
    except ForestallError as error:
        return batches, error
    return batches, None


class ExchangeContract(ABC):
    """The promises. `pages` is how many pages the healthy partner has, `deletes` whether it tells deletions."""

    pages = 2
    deletes = True

    @abstractmethod
    def healthy(self, asked: Asked) -> Played:
        """Answer as the partner does when all is well."""

    @abstractmethod
    def is_page(self, asked: Asked) -> bool:
        """Tell whether a request asks for a page."""

    @abstractmethod
    def client(self, address: str) -> Feed:
        """Make a client with `SECRET` and a clock that stands at `NOW`."""

    @abstractmethod
    def shrink(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make the largest answer that is read very small."""

    @pytest.fixture
    def partner(self) -> Iterator[Partner]:
        """A healthy partner."""
        with Partner(self.healthy, self.is_page) as partner:
            yield partner

    @pytest.fixture
    def feed(self, partner: Partner) -> Iterator[Feed]:
        """A client of it."""
        feed = self.client(partner.address)
        yield feed
        feed.close()

    @pytest.fixture
    def all_said(self, feed: Feed, partner: Partner) -> Said:
        """What the healthy partner says."""
        batches, error = taken(feed)
        assert error is None
        partner.asked.clear()
        partner.pages = 0
        return said(batches)

    def test_a_fresh_pull_gives_everything(self, feed: Feed, partner: Partner) -> None:
        """All pages are asked for, only the last batch is done, and it carries a checkpoint."""
        batches, error = taken(feed)
        assert error is None
        assert partner.pages >= self.pages
        assert [batch.done for batch in batches] == [False] * (len(batches) - 1) + [True]
        assert batches[-1].checkpoint
        assert said(batches)

    def test_a_pull_goes_on_from_any_checkpoint(self, feed: Feed, partner: Partner, all_said: Said) -> None:
        """A crash after any batch loses nothing: what was kept and what comes from its checkpoint are everything."""
        batches, _ = taken(feed)
        for number, batch in enumerate(batches):
            again = self.client(partner.address)
            rest, error = taken(again, batch.checkpoint)
            again.close()
            assert error is None
            assert said(batches[: number + 1]) | said(rest) == all_said

    def test_deletions_are_told(self, all_said: Said) -> None:
        """What the partner deleted comes as taken back."""
        assert any(gone for *_, gone in all_said) == self.deletes

    @pytest.mark.parametrize("status", [401, 403])
    def test_a_refused_token_asks_for_a_person(self, feed: Feed, partner: Partner, status: int) -> None:
        """The error says what the account needs, and that asking again is no use."""
        partner.failing = lambda _asked, number: Played(status) if number else None
        batches, error = taken(feed)
        assert said(batches) == set()
        assert isinstance(error, ExchangeFailed)
        assert error.lasting
        assert str(status) in error.what
        assert error.next_step

    @pytest.mark.parametrize("written", ["120", formatdate(4_000_000_000, usegmt=True)])
    def test_asked_to_slow_down_it_says_how_long(self, feed: Feed, partner: Partner, written: str) -> None:
        """`Retry-After` is handed on in seconds, bounded, and nobody sleeps."""
        headers = {"content-type": "application/json", "retry-after": written}
        partner.failing = lambda _asked, number: Played(429, headers=headers) if number else None
        _, error = taken(feed)
        assert isinstance(error, ExchangeFailed)
        assert error.wait == (120 if written == "120" else 24 * 3600)
        assert not error.lasting

    @pytest.mark.parametrize("status", [500, 502, 503])
    def test_trouble_of_theirs_passes(self, feed: Feed, partner: Partner, all_said: Said, status: int) -> None:
        """After a failure in between, the next pull from the last checkpoint gives the rest."""
        partner.failing = lambda _asked, number: Played(status) if number == 2 else None
        batches, error = taken(feed)
        assert isinstance(error, ExchangeFailed)
        assert not error.lasting
        rest, error = taken(feed, batches[-1].checkpoint)
        assert error is None
        assert said(batches) | said(rest) == all_said

    @pytest.mark.parametrize("announced", [True, False])
    def test_half_a_page_is_kept_and_asked_for_again(
        self, feed: Feed, partner: Partner, all_said: Said, announced: bool
    ) -> None:
        """What came of a page that breaks off is given, and its checkpoint is not passed."""

        def half(asked: Asked, number: int) -> Played | None:
            if number != 2:
                return None
            page = self.healthy(asked)
            size = len(page.body) * 3 // 4
            return Played(body=page.body, cut=size) if announced else Played(body=page.body[:size])

        partner.failing = half
        batches, error = taken(feed)
        assert isinstance(error, ExchangeFailed)
        assert not any(batch.done for batch in batches)
        rest, error = taken(feed, batches[-1].checkpoint)
        assert error is None
        assert said(batches) | said(rest) == all_said

    def test_a_redirect_is_not_followed(self, feed: Feed, partner: Partner) -> None:
        """No token is carried to where a redirect leads."""
        headers = {"location": f"{partner.address}/elsewhere", "content-type": "application/json"}
        partner.failing = lambda _asked, number: Played(302, headers=headers) if number else None
        _, error = taken(feed)
        assert isinstance(error, ExchangeFailed)
        assert "not followed" in error.what
        assert all(asked.path != "/elsewhere" for asked in partner.asked)

    def test_a_huge_page_is_not_read_whole(self, feed: Feed, partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
        """An answer beyond the limit is cut, said, and not taken for the end of the list."""
        self.shrink(monkeypatch)
        batches, error = taken(feed)
        assert isinstance(error, ExchangeFailed)
        assert "larger than" in error.what
        assert not any(batch.done for batch in batches)

    @pytest.mark.parametrize(
        ("body", "media_type"),
        [(b"<html>Sign in</html>", "text/html"), (b"{}", "application/json"), (b"nothing", "application/json")],
    )
    def test_an_answer_that_is_no_list_is_a_failure(
        self, feed: Feed, partner: Partner, body: bytes, media_type: str
    ) -> None:
        """A login page or an empty object is never taken for an empty list."""
        partner.failing = lambda _asked, number: (
            Played(body=body, headers={"content-type": media_type}) if number else None
        )
        batches, error = taken(feed)
        assert isinstance(error, ExchangeFailed)
        assert said(batches) == set()

    def test_deep_and_odd_rows_are_problems(self, feed: Feed, partner: Partner) -> None:
        """A hostile row spoils itself only."""

        def odd(asked: Asked, number: int) -> Played | None:
            page = self.healthy(asked)
            if number != 1:
                return None
            place = page.body.index(b"[{") if b"[{" in page.body else page.body.index(b"[\n")
            rows = b"[" * 5_000 + b"]" * 5_000 + b',{"a":1},7,null,"\\u0000",'
            return Played(body=page.body[: place + 1] + rows + page.body[place + 1 :])

        partner.failing = odd
        batches, error = taken(feed)
        assert error is None
        problems = [entry for batch in batches for entry in batch.entries if isinstance(entry, Problem)]
        assert len(problems) >= 4
        assert said(batches)

    def test_nobody_there_is_a_failure_in_words(self) -> None:
        """An address where nobody answers is said so, without the address."""
        feed = self.client("http://127.0.0.1:1")
        _, error = taken(feed)
        feed.close()
        assert isinstance(error, ExchangeFailed)
        assert "no answer" in error.what
        assert "127.0.0.1" not in str(error)

    def test_the_secret_is_nowhere(
        self, partner: Partner, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Neither logs at their most talkative, nor errors, nor what objects say of themselves hold the secret."""
        caplog.set_level(logging.DEBUG)
        for name in ("httpx2", "httpcore2"):
            caplog.set_level(logging.DEBUG, logger=name)
        seen: list[object] = []
        echo = b'{"error": {"message": "bad token ' + SECRET.encode() + b'", "code": 190}}'
        headers = {"content-type": "application/json"}
        for status in (200, 400, 401, 403, 429, 500, 302):
            partner.failing = lambda _asked, number, status=status: (  # type: ignore[misc]
                Played(status, echo, headers) if number else None
            )
            feed = self.client(partner.address)
            batches, error = taken(feed)
            assert error is not None
            seen += [repr(feed), str(feed), vars(error), str(error), repr(error), error.__cause__, batches]
            feed.close()
        text = caplog.text + "".join(capsys.readouterr()) + repr(seen)
        for part in (SECRET, SECRET.partition("|")[2], SECRET.replace("|", "%7C")):
            assert part not in text


def clock() -> str:
    """Give `NOW`."""
    return instant(NOW)
