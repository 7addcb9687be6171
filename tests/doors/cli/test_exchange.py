"""`forestall exchange`: what a person or a script does with partners, end to end over a real store and a partner on this machine."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from forestall.doors.cli import exits
from forestall.doors.cli.main import forestall
from tests.contracts.exchange import SECRET
from tests.doors.cli.conftest import Call
from tests.exchange.partner import Partner, Played
from tests.exchange.threatexchange.test_client import TestInQuery as Group


@pytest.fixture
def partner() -> Iterator[Partner]:
    """A privacy group on this machine."""
    group = Group()
    with Partner(group.healthy, group.is_page) as partner:
        yield partner


@pytest.fixture
def added(cli: Call, data: Path, partner: Partner) -> Result:
    """The group, added with its token from standard input."""
    command = ["exchange", "add", "gifct", "threatexchange", "--group", "5550001", "--address", partner.address]
    command += ["--private", "--reports", "--option", "token=query", "--token-stdin"]
    return CliRunner().invoke(forestall, command, input=f"{SECRET}\n", standalone_mode=False)


def test_add_pull_and_look(cli: Call, added: Result, data: Path) -> None:
    """From nothing to a filled bank in two commands; the token lies in a file of its own and is shown nowhere."""
    assert added.exception is None
    assert "fills the bank gifct" in added.output
    path = data / "keys" / "exchange-gifct"
    assert path.read_text().strip() == SECRET
    assert path.stat().st_mode & 0o777 == 0o600
    pulled = cli("exchange", "pull")
    assert pulled.return_value == exits.OK
    assert "gifct: 4 added, 0 withdrawn, 1 refused." in pulled.output
    assert "HASH_TMK" in pulled.output
    assert cli("exchange", "pull").output.strip() == "No exchange is due."
    listed = cli("exchange", "list")
    assert listed.return_value == exits.OK
    assert "gifct" in listed.output
    shown = cli("exchange", "status", "GIFCT")
    assert shown.return_value == exits.OK
    assert "every 60 minutes" in shown.output
    assert "kept" in shown.output
    bank = cli("bank", "show", "gifct", "--format", "jsonl")
    assert json.loads(bank.output.splitlines()[0])["trust"] == "partner"
    everything = "".join(result.output for result in (added, pulled, listed, shown, bank))
    kept = [item for item in data.rglob("*") if item.is_file() and item.parent.name != "keys"]
    assert kept
    everything += "".join(item.read_bytes().decode("latin-1") for item in kept)
    assert SECRET.partition("|")[2] not in everything


def test_a_failure_is_told_and_asks_for_a_person(cli: Call, added: Result, partner: Partner) -> None:
    """The error says what the account needs; list and status end with 10 until it is cured by another token."""
    partner.failing = lambda _asked, _number: Played(403)
    pulled = cli("exchange", "pull", "gifct")
    assert pulled.return_value == exits.ERROR
    assert "refused our token (403)" in pulled.output
    assert cli("exchange", "list").return_value == exits.PERSON
    assert cli("exchange", "status", "gifct").return_value == exits.PERSON
    partner.failing = lambda _asked, _number: None
    given = CliRunner().invoke(
        forestall, ["exchange", "token", "gifct", "--token-stdin"], input=SECRET, standalone_mode=False
    )
    assert given.exception is None
    assert cli("exchange", "pull").return_value == exits.OK
    assert cli("exchange", "status", "gifct").return_value == exits.OK


def test_off_and_on_and_from_the_start(cli: Call, added: Result, partner: Partner) -> None:
    """What is off is not due; what is on is due now; from the start everything is asked for again."""
    cli("exchange", "off", "gifct")
    assert "No exchange is due" in cli("exchange", "pull").output
    assert "is off" in cli("exchange", "off", "gifct").output
    cli("exchange", "on", "gifct")
    assert cli("exchange", "pull").return_value == exits.OK
    partner.asked.clear()
    assert cli("exchange", "pull", "gifct", "--from-start").return_value == exits.OK
    assert "start_time" not in partner.asked[0].query


def test_a_verdict_is_queued(cli: Call, added: Result, partner: Partner) -> None:
    """What a person found is queued for the partner; a signal it never gave is said to be missing."""
    cli("exchange", "pull", "gifct")
    bank = cli("bank", "show", "gifct", "--format", "jsonl", "--type", "pdq")
    value = json.loads(bank.output.splitlines()[1])["value"]
    queued = cli("exchange", "report", "gifct", "pdq", value, "disagree")
    assert queued.exception is None
    assert "Queued for gifct" in queued.output
    missing = cli("exchange", "report", "gifct", "md5", "0" * 32, "agree")
    assert "no such signal" in str(missing.exception)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["add", "x", "pigeon"], "no kind of exchange"),
        (["add", "x", "threatexchange"], "group=NUMBER"),
        (["add", "x", "tcap"], "user=NAME"),
        (["add", "../x", "tcap", "--user", "u"], "no name of an exchange"),
        (["add", "x", "tcap", "--user", "u", "--option", "kBqXw7"], "name=value"),
        (["add", "x", "tcap", "--user", "u", "--address", "https://a.example/?t=kBqXw7"], "address"),
        (["pull", "--from-start"], "name of an exchange"),
        (["token", "x", "--token-stdin"], "no exchange"),
        (["status", "x"], "no exchange"),
    ],
)
def test_what_cant_work_is_refused_in_words(cli: Call, data: Path, command: list[str], words: str) -> None:
    """Each refusal says what to do and repeats nothing that may be a token."""
    (data / "keys").mkdir(parents=True)
    result = cli("exchange", *command)
    assert words in str(result.exception)
    assert "kBqXw7" not in str(result.exception)


def test_without_a_terminal_the_token_is_asked_for_later(cli: Call, data: Path) -> None:
    """A script that gives no token is told how to give it, and a pull without one says so."""
    result = cli("exchange", "add", "tat", "tcap", "--user", "u", "--preview")
    assert result.exception is None
    assert "forestall exchange token tat" in result.output
    assert "There is no exchange" not in cli("exchange", "list").output
    pulled = cli("exchange", "pull", "tat")
    assert pulled.return_value == exits.ERROR
    assert "no password" in pulled.output


def test_the_environment_may_hold_the_token(cli: Call, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the variable is set, nothing is asked and nothing is written."""
    monkeypatch.setenv("FORESTALL_EXCHANGE_TAT_TOKEN", "from outside")
    result = cli("exchange", "add", "tat", "tcap", "--user", "u")
    assert "FORESTALL_EXCHANGE_TAT_TOKEN" in result.output
    assert not (data / "keys" / "exchange-tat").exists()
