"""Exchanges are pulled without loss, told without tokens, and asked again when it makes sense."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from forestall.exchange.feeds import feeds
from forestall.flow import taking
from forestall.flow.act import carry_out
from forestall.flow.banks import Banker
from forestall.flow.exchange import Puller, Routes
from forestall.flow.tokens import Tokens, variable
from forestall.ledger.checkpoint import Signer
from forestall.model.bank import BankState, Entry, Opinion, Signal, Stance, Trust
from forestall.model.content import Problem
from forestall.model.errors import BadInput, BadSetting, Conflict, ExchangeFailed, ForestallError, NotFound
from forestall.model.feed import Batch, Verdict
from forestall.model.records import DeliveryState, Exchange
from forestall.store import MemoryStore
from tests.contracts.exchange import SECRET
from tests.exchange.partner import Partner, Played
from tests.exchange.threatexchange.test_client import TestThreatExchange as Group
from tests.support import Clock, Ids

WHO = "threatexchange:"


class Types:
    """Signal types that take lower-case values and nothing else."""

    @property
    def names(self) -> Sequence[str]:
        """Give some names."""
        return ("md5", "pdq", "url", "url-md5")

    def normalise(self, kind: str, value: str) -> str:
        """Lower a value; refuse what is no type."""
        if kind not in self.names:
            raise BadInput(f"unknown type `{kind}`", "nothing")
        return value.lower()

    def largest_distance(self, kind: str) -> int:
        """Say that nothing is near."""
        return 0

    def floor(self, kind: str) -> int:
        """Say that quality is not measured."""
        return 0

    def radius(self, kind: str) -> int:
        """Say that nothing is near."""
        return 0

    def compare(self, kind: str, first: str, second: str) -> int:
        """Tell equal from different."""
        return int(first != second)


class Script:
    """A feed that gives what a test wrote: batches, or an error in between; per pull a new part of the script."""

    listens = True

    def __init__(self) -> None:
        self.steps: list[Batch | ForestallError] = []
        self.asked: list[str] = []
        self.told: list[Verdict] = []
        self.closed = 0
        self.answer = ""

    def pull(self, checkpoint: str) -> Iterator[Batch]:
        """Play the script."""
        self.asked.append(checkpoint)
        for step in self.steps:
            if isinstance(step, ForestallError):
                raise step
            yield step

    def report(self, verdict: Verdict) -> str:
        """Note a verdict."""
        self.told.append(verdict)
        return self.answer

    def close(self) -> None:
        """Count."""
        self.closed += 1


class Desk:
    """A puller over a memory store, with a scripted feed."""

    def __init__(self) -> None:
        self.clock, self.new_id = Clock(), Ids()
        self.store = MemoryStore(Signer("forestall/test", b"7" * 32), self.clock)
        self.banker = Banker(self.store, Types(), self.clock, self.new_id)
        self.script = Script()
        self.secrets: list[str] = []
        self.puller = self.made({"script": lambda _exchange, secret: self._feed(secret)})

    def made(self, makers: object) -> Puller:
        """Make a puller with some kinds of feeds."""
        return Puller(
            self.store,
            self.banker,
            makers,  # type: ignore[arg-type]  # a mapping; its lambdas are typed where they are written
            lambda _name: SECRET,
            clock=self.clock,
            new_id=self.new_id,
            types=Types(),
        )

    def _feed(self, secret: str) -> Script:
        self.secrets.append(secret)
        return self.script

    def added(self, **options: str) -> Exchange:
        """Add the scripted exchange."""
        return self.puller.add("gifct", "script", "cli", options=options)

    def signals(self) -> dict[tuple[str, str], Signal]:
        """Give all signals by type and value."""
        bank = self.store.bank_named("gifct")
        assert bank
        return {(signal.type, signal.value): signal for signal in self.store.signals_of(bank.id, limit=1_000).items}

    def standing(self, value: str) -> dict[str, Stance]:
        """Give who stands by a signal."""
        signal = next(signal for (_, found), signal in self.signals().items() if found == value)
        return {said.source: said.stance for said in signal.opinions if not said.withdrawn}


@pytest.fixture
def desk() -> Desk:
    """An empty desk."""
    return Desk()


def entry(value: str, source: str = f"{WHO}1001", **facts: object) -> Entry:
    """Give an entry of a member."""
    return Entry("md5", value, Opinion(source, **facts))  # type: ignore[arg-type]


def batch(*entries: Entry | Problem, at: str, done: bool = False, whole: str = "", anew: bool = False) -> Batch:
    """Give a batch."""
    return Batch(entries, at, done, whole, anew)


def later(desk: Desk, exchange: Exchange) -> float:
    """Give the seconds until an exchange is due."""
    return (datetime.fromisoformat(exchange.due) - datetime.fromisoformat(desk.clock())).total_seconds()


def test_an_exchange_fills_a_bank_of_its_own(desk: Desk) -> None:
    """The bank is trusted as a partner's, waits for nothing, and knows its exchange."""
    exchange = desk.added()
    bank = desk.store.bank(exchange.bank)
    assert bank
    assert (bank.name, bank.trust, bank.state, bank.exchange) == ("gifct", Trust.PARTNER, BankState.LIVE, exchange.id)
    assert [row.tag for row in desk.store.ledger_rows()] == ["bank:created", "exchange:added"]
    assert desk.puller.due(desk.clock()) == [exchange]


def test_a_pull_keeps_entries_counts_and_checkpoint(desk: Desk) -> None:
    """What came is banked, the rest is counted and told, and the exchange is due again after its minutes."""
    exchange = desk.added()
    bad = Problem("bad-row", "record 3: no", "", "record 3")
    desk.script.steps = [batch(entry("aa"), entry("bb"), at="1"), batch(bad, entry("cc"), at="2", done=True)]
    told: list[Problem] = []
    after = desk.puller.pull(exchange, told=told.append)
    assert sorted(value for _, value in desk.signals()) == ["aa", "bb", "cc"]
    assert (after.checkpoint, after.added, after.refused, after.last_error) == ("2", 3, 1, "")
    assert told == [bad]
    assert after.last_success
    assert 3_590 < later(desk, after) < 3_601
    assert desk.puller.due(desk.clock()) == []
    after = desk.puller.wake(after)
    assert desk.puller.due(desk.clock()) == [after]
    assert desk.puller.wake(replace(after, enabled=False)).version == after.version
    assert desk.secrets[-1] == SECRET
    assert desk.script.closed >= 1
    assert desk.puller.pull(after).added == 3
    assert desk.script.asked == ["", "2"]


def test_what_came_before_a_failure_is_kept(desk: Desk) -> None:
    """Half a pull is kept with its checkpoint; the error is kept in words; nothing is raised."""
    exchange = desk.added()
    desk.script.steps = [batch(entry("aa"), at="1"), batch(entry("bb"), at="1"), ExchangeFailed("it broke off", "wait")]
    after = desk.puller.pull(exchange)
    assert sorted(value for _, value in desk.signals()) == ["aa", "bb"]
    assert (after.checkpoint, after.last_error, after.last_success) == ("1", "it broke off: wait", "")


def test_a_feed_that_stops_before_its_end_is_no_success(desk: Desk) -> None:
    """Only a batch that says so ends a pull well."""
    desk.script.steps = [batch(entry("aa"), at="1")]
    after = desk.puller.pull(desk.added())
    assert after.last_error
    assert not after.last_success


def test_a_checkpoint_is_never_ahead_of_what_is_durable(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a crash at any batch, the stored checkpoint leads to entries that are stored."""
    monkeypatch.setattr("forestall.flow.banks.BATCH", 3)
    exchange = desk.added()
    desk.script.steps = [batch(entry(f"{n:04d}"), at=str(n)) for n in range(20)]
    seen: list[tuple[str, int]] = []

    def progress(_count: int) -> None:
        stored = desk.store.exchange(exchange.id)
        assert stored
        seen.append((stored.checkpoint, len(desk.signals())))
        if len(seen) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk.puller.pull(exchange, progress)
    assert len({checkpoint for checkpoint, _ in seen}) > 2
    for checkpoint, kept in seen:
        assert int(checkpoint or -1) < kept
    stored = desk.store.exchange(exchange.id)
    assert stored
    assert stored.due > desk.clock()
    desk.script.steps = [batch(*(entry(f"{n:04d}") for n in range(int(stored.checkpoint), 20)), at="19", done=True)]
    assert not desk.puller.pull(stored).last_error
    assert len(desk.signals()) == 20


def test_deletions_and_silence_take_back(desk: Desk) -> None:
    """A member whose word is gone no longer stands by a signal; a deletion takes back every member's."""
    exchange = desk.added()
    first, second = f"{WHO}1001", f"{WHO}1002"
    desk.script.steps = [
        batch(entry("aa", first), entry("aa", second), entry("bb", first), at="1", done=True, whole=WHO)
    ]
    exchange = desk.puller.pull(exchange)
    bank = desk.store.bank(exchange.bank)
    assert bank
    number = desk.signals()["md5", "aa"].id
    desk.banker.opine(bank, number, Opinion("reviewer-1", Stance.NEGATIVE), "reviewer-1")
    desk.script.steps = [
        batch(entry("AA", second), entry("bb", WHO, withdrawn="2026-01-05T00:00:00.000Z"), at="2", done=True, whole=WHO)
    ]
    after = desk.puller.pull(exchange)
    assert set(desk.standing("aa")) == {second, "reviewer-1"}
    assert desk.standing("bb") == {}
    assert after.withdrawn == 2


def test_what_is_said_under_a_second_name_stands_for_itself(desk: Desk) -> None:
    """An update of the second name of a type takes nothing back that was said under the first."""
    exchange = desk.added()
    desk.script.steps = [batch(entry("aa", f"{WHO}1001"), at="1", done=True, whole=WHO)]
    exchange = desk.puller.pull(exchange)
    desk.script.steps = [batch(entry("aa", f"{WHO}RAW_URI:1002"), at="2", done=True, whole=WHO)]
    desk.puller.pull(exchange)
    assert set(desk.standing("aa")) == {f"{WHO}1001", f"{WHO}RAW_URI:1002"}


def test_a_deletion_finds_what_is_still_on_its_way(desk: Desk) -> None:
    """An update and the deletion of the same signal in one pull end with nobody standing by it."""
    desk.script.steps = [
        batch(entry("aa"), at="1", whole=WHO),
        batch(entry("aa", WHO, withdrawn="2026-01-05T00:00:00.000Z"), at="2", done=True, whole=WHO),
    ]
    desk.puller.pull(desk.added())
    assert desk.standing("aa") == {}


def test_beginning_anew_takes_back_what_was_not_said_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """After too long away, what the partner still says stands again and the rest does not; our people's words stay."""
    monkeypatch.setattr(taking, "_PAGE", 1)
    exchange = desk.added()
    desk.script.steps = [batch(entry("aa"), entry("bb"), entry("cc", "desk"), at="1", done=True, whole=WHO)]
    exchange = desk.puller.pull(exchange)
    desk.script.steps = [batch(entry("aa"), at="2", done=True, whole=WHO, anew=True)]
    desk.puller.pull(exchange)
    assert set(desk.standing("aa")) == {f"{WHO}1001"}
    assert desk.standing("bb") == {}
    assert set(desk.standing("cc")) == {"desk"}


@pytest.mark.parametrize(
    ("failure", "least", "most"),
    [
        (ExchangeFailed("slow", wait=1_800), 1_790, 1_801),
        (ExchangeFailed("slow", wait=0), 50, 61),
        (ExchangeFailed("token", lasting=True), 3_590, 3_601),
        (BadSetting("others can read the token"), 3_590, 3_601),
        (ExchangeFailed("trouble"), 50, 61),
    ],
)
def test_after_a_failure_it_is_due_when_that_makes_sense(
    desk: Desk, failure: ForestallError, least: float, most: float
) -> None:
    """What the partner asks for is kept to; what needs a person is not hammered; trouble is tried again soon."""
    desk.script.steps = [failure]
    assert least < later(desk, desk.puller.pull(desk.added())) < most


def test_waits_double_while_trouble_lasts(desk: Desk) -> None:
    """Each wait is about as long as the trouble has lasted, up to six hours."""
    exchange = desk.added()
    desk.script.steps = [ExchangeFailed("trouble")]
    waits = []
    for _ in range(14):
        exchange = desk.puller.pull(exchange)
        waits.append(later(desk, exchange))
        desk.clock.seconds += waits[-1]
    assert waits == sorted(waits)
    assert waits[4] > 300
    assert 21_000 < waits[-1] < 21_601


def test_two_do_not_pull_at_once(desk: Desk) -> None:
    """Whoever comes second is told, and nothing is counted twice."""
    exchange = desk.added()
    desk.puller.pull(exchange)
    with pytest.raises(Conflict):
        desk.puller.pull(exchange)


def test_a_pull_that_we_stop_goes_on_where_it_was(desk: Desk) -> None:
    """A server that shuts down ends a pull between two batches, without an error, and it is due at once."""
    exchange = desk.added()
    desk.script.steps = [batch(entry("aa"), at="1"), batch(entry("bb"), at="2", done=True)]
    answers = iter([False, True])
    after = desk.puller.pull(exchange, stop=lambda: next(answers))
    assert (after.checkpoint, after.last_error, after.last_success) == ("1", "", "")
    assert desk.puller.due(desk.clock()) == [after]
    assert desk.puller.pull_due(lambda: True) == 0
    assert desk.puller.pull_due() == 1
    assert desk.puller.pull_due() == 0
    assert len(desk.signals()) == 2


def test_settings_changed_during_a_pull_stay(desk: Desk) -> None:
    """Switching an exchange off while it is pulled neither stops the pull nor is undone by it."""
    exchange = desk.added()

    class Off(Script):
        def pull(self, checkpoint: str) -> Iterator[Batch]:
            stored = desk.store.exchange(exchange.id)
            assert stored
            desk.puller.disable(stored, "cli")
            yield batch(entry("aa"), at="1", done=True)

    desk.script = Off()
    after = desk.puller.pull(exchange)
    assert not after.enabled
    assert after.checkpoint == "1"
    assert desk.puller.due("9999") == []
    assert desk.puller.enable(after, "cli").enabled


def test_changes_are_checked_and_written_down(desk: Desk) -> None:
    """What can't work is refused; what changed is a ledger line with the names of the fields only."""
    exchange = desk.added()
    for wrong in (
        {"minutes": 1},
        {"kind": "x"},
        {"checkpoint": "9"},
        {"options": {"a b": "c"}},
        {"options": {"a": "c\n"}},
    ):
        with pytest.raises(BadInput):
            desk.puller.change(exchange, "cli", **wrong)
    after = desk.puller.change(exchange, "ada", minutes=30, checkpoint="")
    assert after.minutes == 30
    assert desk.puller.change(after, "ada", minutes=30) is after
    assert [row.tag for row in desk.store.ledger_rows()].count("exchange:changed") == 1


@pytest.mark.parametrize("name", ["", "../x", "A B", "x" * 41, "1x", "x/y"])
def test_names_that_could_lead_elsewhere_are_refused(desk: Desk, name: str) -> None:
    """A name is part of a file's name, so it holds letters, digits and hyphens only."""
    with pytest.raises(BadInput):
        desk.puller.add(name, "script", "cli")
    with pytest.raises(NotFound):
        desk.puller.find(name)


def test_an_exchange_is_added_once(desk: Desk) -> None:
    """A second one of the name, an unknown kind or a bank that is taken is refused in words."""
    desk.added()
    with pytest.raises(BadInput, match="already"):
        desk.added()
    with pytest.raises(BadSetting, match="no kind"):
        desk.puller.add("other", "pigeon", "cli")
    with pytest.raises(BadInput, match="already"):
        desk.puller.add("other", "script", "cli", bank_name="gifct")


def test_a_bank_left_by_a_crash_gets_its_exchange(desk: Desk) -> None:
    """Where a crash came between bank and exchange, adding it again finishes the work."""
    bank = desk.banker.create("gifct", "cli", exchange="id-lost")
    exchange = desk.added()
    assert (exchange.id, exchange.bank) == ("id-lost", bank.id)


def test_a_verdict_is_told_where_that_is_wanted(desk: Desk) -> None:
    """It is queued with the partner's own ids, sent until it is taken, and sent to nobody else."""
    exchange = desk.added(reports="yes")
    desk.script.steps = [batch(entry("aa", reference="9001"), at="1", done=True)]
    desk.puller.pull(exchange)
    bank = desk.store.bank(exchange.bank)
    assert bank
    delivery = desk.puller.report(bank, desk.signals()["md5", "aa"], Stance.NEGATIVE, "reviewer-1")
    assert delivery
    assert delivery.target == f"exchange:{exchange.id}"
    desk.script.answer = "slow down"
    routes = Routes(None, desk.puller)
    assert carry_out(desk.store, routes, desk.clock()) == 0
    desk.script.answer = ""
    desk.clock.seconds += 60
    assert carry_out(desk.store, routes, desk.clock()) == 1
    stored = desk.store.delivery(delivery.id)
    assert stored
    assert stored.state is DeliveryState.DONE
    assert desk.script.told == [Verdict("md5", "aa", Stance.NEGATIVE, ("9001",))] * 2
    assert routes.deliver(replace(delivery, target="platform")) == "no `webhook_url` is set"
    assert "no such exchange" in routes.deliver(replace(delivery, target="exchange:x"))
    assert "no verdict" in routes.deliver(replace(delivery, body={}))
    routes.close()


@pytest.mark.parametrize("options", [{}, {"reports": "no"}])
def test_nothing_is_told_that_the_operator_did_not_ask_for(desk: Desk, options: dict[str, str]) -> None:
    """Without `reports=yes` no message is queued."""
    exchange = desk.added(**options)
    desk.script.steps = [batch(entry("aa", reference="9001"), at="1", done=True)]
    desk.puller.pull(exchange)
    bank = desk.store.bank(exchange.bank)
    assert bank
    assert desk.puller.report(bank, desk.signals()["md5", "aa"], Stance.POSITIVE, "reviewer-1") is None


def test_tokens_lie_in_files_of_their_own(tmp_path: Path) -> None:
    """A token is kept 0600, the environment comes first, and a file others can read is refused."""
    environment: dict[str, str] = {}
    tokens = Tokens(tmp_path / "data", environment)
    assert tokens("gifct") == ""
    path = tokens.keep("gifct", SECRET + "\n")
    assert path.stat().st_mode & 0o777 == 0o600
    assert tokens("gifct") == SECRET
    environment[variable("gifct-two")] = "from outside"
    assert variable("gifct-two") == "FORESTALL_EXCHANGE_GIFCT_TWO_TOKEN"
    assert tokens("gifct-two") == "from outside"
    path.chmod(0o644)
    with pytest.raises(BadSetting) as refused:
        tokens("gifct")
    assert SECRET not in str(refused.value)
    for wrong in ("", "a\x00b", "x" * 5_000):
        with pytest.raises(BadInput):
            tokens.keep("gifct", wrong)
    with pytest.raises(BadInput):
        tokens("../ledger")


def test_a_real_client_leaves_no_token_behind(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """Through good and bad days the token is in no record, no ledger line and no log."""
    caplog.set_level(logging.DEBUG)
    group = Group()
    puller = desk.made(feeds(desk.clock))
    with Partner(group.healthy, group.is_page) as partner:
        options = {"group": "5550001", "private": "yes", "token": "query", "reports": "yes"}
        group.knows = lambda asked: asked.query.get("access_token") == SECRET  # type: ignore[method-assign]
        exchange = puller.add("gifct", "threatexchange", "cli", address=partner.address, options=options)
        for status in (0, 401, 429, 500):
            partner.failing = lambda _asked, _number, status=status: Played(status) if status else None  # type: ignore[misc]
            exchange = puller.pull(exchange)
            desk.clock.seconds += timedelta(hours=1).total_seconds()
            assert bool(exchange.last_error) == bool(status)
    assert exchange.added == 4
    assert desk.standing(desk.signals().popitem()[0][1]) is not None
    text = caplog.text + repr(desk.store.exchanges()) + repr(list(desk.store.ledger_rows())) + repr(desk.signals())
    for part in (SECRET, SECRET.partition("|")[2], SECRET.replace("|", "%7C")):
        assert part not in text
