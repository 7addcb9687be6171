"""Asking a partner: bounded, guarded, and in words that hold no address and no token."""

import gzip
from email.utils import formatdate

import pytest

from forestall.exchange import facts, wire
from forestall.exchange.wire import Wire, checked, place
from forestall.model.errors import BadInput, BadSetting, ExchangeFailed, ForestallError, Refused
from tests.exchange.partner import Partner, Played

JSON = {"content-type": "application/json; charset=utf-8"}


def ask(played: Played, limit: int = 1_000_000) -> wire.Answer:
    """Ask a partner that gives one answer."""
    with Partner(lambda _asked: played, lambda _asked: True) as partner:
        asker = Wire(["127.0.0.1"])
        answer = asker.ask("GET", f"{partner.address}/x?access_token=hush", {}, limit=limit)
        asker.close()
    return answer


def test_an_answer_comes_whole() -> None:
    """Status, type and body arrive; nothing was cut."""
    with ask(Played(body=b"{}", headers=JSON)) as answer:
        assert (answer.status, answer.media_type, answer.wait, answer.cut) == (200, "application/json", None, "")
        assert answer.body.read() == b"{}"
    assert answer.body.closed


def test_a_large_answer_goes_to_a_file_and_is_bounded() -> None:
    """What is beyond the limit is not read, and that is said; what came is there."""
    with ask(Played(body=b"x" * 3_000_000, headers=JSON), limit=2_000_000) as answer:
        assert "larger than 2,000,000" in answer.cut
        assert len(answer.body.read()) <= 2_000_000


def test_an_answer_that_breaks_off_is_given_as_far_as_it_came() -> None:
    """The part that came is kept."""
    with ask(Played(body=b"x" * 200_000, headers=JSON, cut=100_000)) as answer:
        assert answer.cut
        assert len(answer.body.read()) <= 100_000


def test_a_compressed_answer_nobody_asked_for_is_not_unfolded() -> None:
    """A small answer that would unfold to a gigabyte is left folded."""
    bomb = gzip.compress(b"0" * 10_000_000)
    with ask(Played(body=bomb, headers=JSON | {"content-encoding": "gzip"})) as answer:
        assert "compressed" in answer.cut
        assert answer.body.read() == b""


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", None),
        ("30", 30),
        ("9" * 40, 86_400),
        ("soon", None),
        ("-5", None),
        (formatdate(0, usegmt=True), 0),
        (formatdate(4e9, usegmt=True), 86_400),
        ("Thu, 99 Foo 2026", None),
    ],
)
def test_retry_after_is_read_in_both_forms(text: str, seconds: int | None) -> None:
    """Seconds or a date, at most a day; anything else is as if nothing was said."""
    with ask(Played(429, headers=JSON | {"retry-after": text})) as answer:
        assert answer.wait == seconds


def test_the_way_leads_to_public_addresses_only() -> None:
    """A partner inside the network is refused unless the operator says so, and the error says how."""
    asker = Wire(allow="add the exchange with --private")
    with pytest.raises(Refused, match="--private"):
        asker.ask("GET", "http://127.0.0.1/?access_token=hush", {})
    asker.close()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/?t=hush", "http://[::1/?t=hush", "gopher://x/?t=hush"])
def test_a_failure_names_no_address(url: str) -> None:
    """The error is in words of ours."""
    asker = Wire(["127.0.0.1"])
    with pytest.raises(ForestallError) as failed:
        asker.ask("GET", url, {"authorization": "Bearer a\nb"})
    asker.close()
    assert "hush" not in str(failed.value)
    assert failed.value.__cause__ is None


def test_a_bad_answer_is_closed_when_it_is_refused() -> None:
    """No temporary file is left behind."""
    answer = ask(Played(500, headers=JSON))
    with pytest.raises(ExchangeFailed):
        checked(answer, "they", "access")
    assert answer.body.closed


@pytest.mark.parametrize(
    "address",
    ["", "x", "ftp://a.example", "https://", "https://a.example/?a=b", "https://u:p@a.example", "http://a.example"],
)
def test_addresses_that_cant_be_used_are_refused(address: str) -> None:
    """Only plain https addresses are taken, and what was given is not repeated."""
    with pytest.raises(BadSetting) as refused:
        place(address, private=False)
    assert "a.example" not in str(refused.value)


def test_a_private_place_may_do_without_tls() -> None:
    """The operator may name a mirror in the own network."""
    there = place("http://10.0.0.7:8080/tcap/", private=True)
    assert there.address == "http://10.0.0.7:8080/tcap"
    there.wire.close()


@pytest.mark.parametrize(
    ("given", "instant"),
    [
        ("", ""),
        (None, ""),
        (0, "1970-01-01T00:00:00.000Z"),
        ("1767254400", "2026-01-01T08:00:00.000Z"),
        (1767254400.5, "2026-01-01T08:00:00.500Z"),
        ("2026-01-01", "2026-01-01T00:00:00.000Z"),
        ("2026-01-01T08:00:00+0100", "2026-01-01T07:00:00.000Z"),
        ("2026-01-01 08:00:00,587", "2026-01-01T08:00:00.587Z"),
        ("2026-01-01T08:00:00.587Z", "2026-01-01T08:00:00.587Z"),
    ],
)
def test_moments_are_read_however_they_are_written(given: object, instant: str) -> None:
    """Seconds, ISO 8601 with and without a zone, and the forms partners write become instants."""
    assert facts.when(given) == instant


@pytest.mark.parametrize(
    "given", ["tomorrow", "2026-13-01", "2026-13-01 08:00:00,587", -1, 1e18, float("inf"), float("nan"), True, "9" * 13]
)
def test_what_is_no_moment_is_refused(given: object) -> None:
    """Nothing is guessed."""
    with pytest.raises(BadInput):
        facts.when(given)
