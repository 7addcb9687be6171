"""Exchanges: asks partners for signals again and again, and tells them what our people found, where the operator wants that.

An exchange fills a bank of its own. Its checkpoint is kept only after the entries before it are durable, so a crash at any moment
costs nothing but asking for some of them again; adding twice what was said once changes nothing.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from forestall.flow.banks import Added, Banker
from forestall.flow.taking import Taking
from forestall.model.bank import Bank, BankState, Signal, Stance, Trust
from forestall.model.content import Problem
from forestall.model.decision import Decision
from forestall.model.errors import BadInput, BadSetting, Conflict, ExchangeFailed, ForestallError, NotFound, StoreFailed
from forestall.model.feed import Verdict
from forestall.model.ids import instant
from forestall.model.outcome import Outcome
from forestall.model.ports import Clock, Feed, NewId, Platform, Store, Types
from forestall.model.records import Change, Delivery, Event, Exchange

Maker = Callable[[Exchange, str], Feed]
"""Makes the client of an exchange from its record and token; raises BadSetting for options that can't work."""

TARGET = "exchange:"
"""What the delivery targets that stand for exchanges begin with; the exchange's id follows."""

OPINION = "exchange.opinion"
"""The kind of delivery that carries a verdict."""

LEAST_MINUTES, MOST_MINUTES = 5, 7 * 24 * 60

_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_OPTION = re.compile(r"[a-z_]{1,32}")
_LONGEST_OPTION = 256
_CHANGEABLE = frozenset({"address", "options", "minutes", "enabled", "checkpoint"})
_CLAIMED = timedelta(minutes=15)
_FIRST_WAIT, _LONGEST_WAIT = 60, 6 * 3600
_LONGEST_ERROR = 500
_TRIES = 5


class Puller:
    """The verbs on exchanges. `by` is `cli`, a person's pseudonym, or `key:<id>`.

    Takes:
        feeds: kind of exchange → maker of its client.
        secret: gives the token of an exchange by its name, empty where there is none.
    """

    def __init__(
        self,
        store: Store,
        banker: Banker,
        feeds: Mapping[str, Maker],
        secret: Callable[[str], str],
        *,
        clock: Clock,
        new_id: NewId,
        types: Types,
    ) -> None:
        self._store = store
        self._banker = banker
        self._feeds = feeds
        self._secret = secret
        self._clock = clock
        self._new_id = new_id
        self._types = types

    @property
    def kinds(self) -> Sequence[str]:
        """Give the kinds of exchange there are."""
        return tuple(self._feeds)

    def find(self, name: str) -> Exchange:
        """Give the exchange with this name or id; raises NotFound."""
        found = self._store.exchange_named(name) or self._store.exchange(name)
        if found is None:
            raise NotFound(f"there is no exchange `{name[:40]}`", "see `forestall exchange list`")
        return found

    def add(
        self,
        name: str,
        kind: str,
        by: str,
        *,
        bank_name: str = "",
        address: str = "",
        options: Mapping[str, str] | None = None,
        minutes: int = 60,
        state: BankState = BankState.LIVE,
    ) -> Exchange:
        """Add an exchange and its bank, whose signals ask a person until one of ours confirms them.

        The bank is named like the exchange where no other name is given. Raises BadInput and BadSetting naming what can't work.
        Nothing is asked of the partner yet.
        """
        options = dict(options or {})
        name = name.strip().lower()
        if not _NAME.fullmatch(name):
            raise BadInput(
                f"`{name[:40]}` is no name of an exchange", "give a letter, then letters, digits and hyphens"
            )
        if self._store.exchange_named(name) is not None:
            raise BadInput(f"there is an exchange `{name}` already", "choose another name")
        now = self._clock()
        bank = self._store.bank_named(bank_name or name)
        # A crash between the two records leaves a bank whose exchange is missing: it gets the exchange it waits for.
        waiting = bank is not None and bool(bank.exchange) and self._store.exchange(bank.exchange) is None
        number = bank.exchange if bank is not None and waiting else self._new_id()
        planned = Exchange(number, name, kind, "", address.strip(), options, minutes=minutes, due=now, created=now)
        self._valid(planned)
        if bank is None or not waiting:
            bank = self._banker.create(
                bank_name or name,
                by,
                trust=Trust.PARTNER,
                state=state,
                exchange=number,
                description=f"filled by {name}",
            )
        exchange = replace(planned, bank=bank.id)
        body = {"by": by, "kind": kind, "bank": bank.id, "minutes": minutes, "options": sorted(options)}
        try:
            self._store.submit(Change((Event("exchange:added", number, now, body),), (exchange,))).result()
        except StoreFailed:
            if self._store.exchange_named(name) is not None:
                raise BadInput(f"there is an exchange `{name}` already", "choose another name") from None
            raise
        return exchange

    def change(self, exchange: Exchange, by: str, **fields: Any) -> Exchange:
        """Change an exchange as the caller saw it; `checkpoint=""` has it begin from the start.

        Raises BadInput and BadSetting naming what can't work, and Conflict where somebody else changed it meanwhile.
        """
        unknown = sorted(set(fields) - _CHANGEABLE)
        if unknown:
            raise BadInput(
                f"`{unknown[0]}` of an exchange cannot be changed", f"change {', '.join(sorted(_CHANGEABLE))}"
            )
        if fields.get("checkpoint"):
            raise BadInput("a checkpoint cannot be made up", 'give "" to begin from the start')
        now = self._clock()
        after = replace(exchange, **fields, version=exchange.version + 1)
        self._valid(after)
        names = sorted(name for name in fields if getattr(exchange, name) != getattr(after, name))
        if not names:
            return exchange
        if after.enabled:
            after = replace(after, due=now, last_error="")
        body = {"by": by, "fields": names, "enabled": after.enabled}
        self._store.submit(Change((Event("exchange:changed", exchange.id, now, body),), (after,))).result()
        return after

    def enable(self, exchange: Exchange, by: str) -> Exchange:
        """Have an exchange pulled again, at once."""
        return self.change(exchange, by, enabled=True)

    def disable(self, exchange: Exchange, by: str) -> Exchange:
        """Stop pulling an exchange; what its bank holds stays."""
        return self.change(exchange, by, enabled=False)

    def wake(self, exchange: Exchange) -> Exchange:
        """Have an exchange that is on pulled at once, as when it was given another token; raises Conflict."""
        if not exchange.enabled:
            return exchange
        after = replace(exchange, due=self._clock(), version=exchange.version + 1)
        self._store.submit(Change((), (after,))).result()
        return after

    def due(self, now: str) -> Sequence[Exchange]:
        """Give the exchanges to pull now, the longest waiting first."""
        waiting = [exchange for exchange in self._store.exchanges() if exchange.enabled and exchange.due <= now]
        return sorted(waiting, key=lambda exchange: exchange.due)

    def pull(
        self,
        exchange: Exchange,
        progress: Callable[[int], None] | None = None,
        told: Callable[[Problem], None] | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> Exchange:
        """Pull an exchange until nothing more is there now, and give it as it stands afterwards.

        Takes:
            progress: called with the number of entries of each batch that became durable.
            told: called with the first entries that could not be used.
            stop: asked between batches; where it says so, the pull ends there and is due again at once.

        A partner's failure is no error here: it is kept in `last_error`, and the exchange is due again later. Raises Conflict where
        somebody else pulls it at this moment.
        """
        bank = self._store.bank(exchange.bank)
        if bank is None:
            raise NotFound(f"the bank of the exchange `{exchange.name}` is missing", "restore it from a backup")
        record = _Record(self._store, exchange)
        record.write(due=self._after(_CLAIMED))
        added, failure, stopped = Added(), None, False
        try:
            feed = self._feed(exchange, self._secret(exchange.name))
        except ForestallError as error:
            failure = error
        else:
            try:
                added, failure, stopped = self._take(record, bank, feed, progress, stop)
            finally:
                feed.close()
        for problem in added.problems if told else ():
            if told:
                told(problem)
        return self._finish(record, added, failure, stopped=stopped)

    def pull_due(self, stop: Callable[[], bool] = lambda: False) -> int:
        """Pull every exchange that is due, one after the other, until `stop` says so; gives how many were pulled without failure."""
        well = 0
        for exchange in self.due(self._clock()):
            if stop():
                break
            try:
                well += not self.pull(exchange, stop=stop).last_error
            except Conflict:
                continue  # somebody else pulls it at this moment
        return well

    def report(self, bank: Bank, signal: Signal, stance: Stance, by: str) -> Delivery | None:
        """Queue what a person found about a partner's signal for that partner; `None` where it is not to be told.

        It is told where the exchange has the option `reports=yes` and its protocol can take it, at least once, by `Routes`.
        """
        now = self._clock()
        delivery = self.message(bank, signal, stance, now)
        if delivery is None:
            return None
        body = {"by": by, "bank": bank.id, "signal": str(signal.id), "stance": stance.value, "delivery": delivery.id}
        self._store.submit(Change((Event("exchange:told", bank.exchange, now, body),), (delivery,))).result()
        return delivery

    def verdicts(self, decision: Decision) -> Sequence[tuple[Event, Delivery]]:
        """Give what a person's decision says about partners' signals that were met, each with its ledger line, for the same change."""
        numbers = {finding.evidence.get("signal_id", 0) for finding in decision.findings if finding.detector == "match"}
        stance = Stance.NEGATIVE if decision.outcome is Outcome.PASS else Stance.POSITIVE
        told = []
        for signal in self._store.signals(sorted(numbers - {0})) if numbers else ():
            bank = self._store.bank(signal.bank)
            message = self.message(bank, signal, stance, decision.at) if bank is not None else None
            if bank is not None and message is not None:
                body = {"by": decision.by, "bank": bank.id, "signal": str(signal.id), "stance": stance.value}
                told.append(
                    (Event("exchange:told", bank.exchange, decision.at, body | {"delivery": message.id}), message)
                )
        return told

    def message(self, bank: Bank, signal: Signal, stance: Stance, now: str) -> Delivery | None:
        """Give the message that carries a verdict, for whoever commits it with a change of their own; `None` where there is none."""
        exchange = self._store.exchange(bank.exchange) if bank.exchange else None
        if exchange is None or exchange.options.get("reports") != "yes" or not self._listens(exchange):
            return None
        references = [said.reference for said in signal.opinions if said.reference and not said.withdrawn]
        if not references:
            return None
        body = {"type": signal.type, "value": signal.value, "stance": stance.value, "references": references}
        return Delivery(self._new_id(), TARGET + exchange.id, OPINION, body, now)

    def deliver(self, delivery: Delivery) -> str:
        """Tell a verdict to its exchange; gives an empty string when it was taken, or why it was not. Raises nothing for that."""
        exchange = self._store.exchange(delivery.target.removeprefix(TARGET))
        if exchange is None:
            return "there is no such exchange any more"
        body = delivery.body
        try:
            verdict = Verdict(body["type"], body["value"], Stance(body["stance"]), tuple(body["references"]))
            feed = self._feed(exchange, self._secret(exchange.name))
        except ForestallError as error:
            return str(error)
        except (KeyError, TypeError, ValueError):
            return "the message is no verdict"
        try:
            return feed.report(verdict)
        finally:
            feed.close()

    def _take(
        self,
        record: "_Record",
        bank: Bank,
        feed: Feed,
        progress: Callable[[int], None] | None,
        stop: Callable[[], bool],
    ) -> tuple[Added, ForestallError | None, bool]:
        """Take what a feed gives into a bank, keeping checkpoints behind what is durable; gives how it ended."""
        taking = Taking(self._store, self._types, bank, self._clock)

        def durable(count: int) -> None:
            checkpoint = taking.durable(count)
            if checkpoint:
                record.write(checkpoint=checkpoint, due=self._after(_CLAIMED))
            if progress:
                progress(count)

        by = TARGET + record.exchange.name
        added = self._banker.add(bank, taking.entries(feed, record.exchange.checkpoint, stop), by, durable)
        # Everything given is durable now, also the last few that came before a failure.
        checkpoint = taking.durable(0, final=True)
        if checkpoint:
            record.write(checkpoint=checkpoint)
        failure = taking.failure
        if failure is None and not taking.done and not taking.stopped:
            failure = ExchangeFailed("the partner stopped before the end", "nothing to do")
        return added, failure, taking.stopped

    def _finish(self, record: "_Record", added: Added, failure: ForestallError | None, *, stopped: bool) -> Exchange:
        """Write down how a pull went."""
        now = self._clock()
        before = record.exchange
        counts = {"added": added.added, "withdrawn": added.withdrawn, "refused": added.refused}
        fields: dict[str, Any] = {name: getattr(before, name) + count for name, count in counts.items()}
        body: dict[str, Any] = {"read": added.read, "changed": added.changed, "same": added.same, **counts}
        if stopped:
            fields |= {"due": now}
        elif failure is None:
            fields |= {"last_success": now, "last_error": "", "due": self._after(timedelta(minutes=before.minutes))}
        else:
            error = str(failure)[:_LONGEST_ERROR]
            fields |= {"last_error": error, "due": _later(before, failure, now)}
            body["error"] = error
        return record.write(Event("exchange:pulled", before.id, now, body), **fields)

    def _feed(self, exchange: Exchange, secret: str) -> Feed:
        """Make the client of an exchange; raises BadSetting."""
        maker = self._feeds.get(exchange.kind)
        if maker is None:
            raise BadSetting(f"`{exchange.kind[:40]}` is no kind of exchange", f"kinds are {', '.join(self._feeds)}")
        return maker(exchange, secret)

    def _listens(self, exchange: Exchange) -> bool:
        """Tell whether verdicts can be told to an exchange."""
        try:
            feed = self._feed(exchange, "")
        except ForestallError:
            return False
        feed.close()
        return feed.listens

    def _valid(self, exchange: Exchange) -> None:
        """Raise BadInput or BadSetting where an exchange could not work."""
        if not LEAST_MINUTES <= exchange.minutes <= MOST_MINUTES:
            raise BadInput(f"{exchange.minutes} minutes can't be used", f"give {LEAST_MINUTES} to {MOST_MINUTES:,}")
        for name, value in exchange.options.items():
            if not _OPTION.fullmatch(name) or len(value) > _LONGEST_OPTION or not value.isprintable():
                # The value is not repeated: it may be a token that somebody put in the wrong place.
                raise BadInput(f"the option `{name[:40]}` can't be used", "write options as name=value")
        self._feed(exchange, "").close()

    def _after(self, time: timedelta) -> str:
        """Give the instant some time from now."""
        return instant((datetime.fromisoformat(self._clock()) + time).timestamp())


class Routes:
    """Carries deliveries to where they belong: verdicts to exchanges, everything else to the operator's service."""

    def __init__(self, platform: Platform | None, puller: Puller) -> None:
        self._platform = platform
        self._puller = puller

    def deliver(self, delivery: Delivery) -> str:
        """Hand over one message; gives an empty string when it was taken, or why it was not."""
        if delivery.target.startswith(TARGET):
            return self._puller.deliver(delivery)
        return self._platform.deliver(delivery) if self._platform else "no `webhook_url` is set"

    def close(self) -> None:
        """Let go of connections."""
        if self._platform:
            self._platform.close()


class _Record:
    """An exchange's record while it is pulled: written again and again, although others may change settings meanwhile."""

    def __init__(self, store: Store, exchange: Exchange) -> None:
        self._store = store
        self.exchange = exchange

    def write(self, *events: Event, **fields: Any) -> Exchange:
        """Change fields and give the record; raises Conflict where somebody else pulls too."""
        for _ in range(_TRIES):
            after = replace(self.exchange, **fields, version=self.exchange.version + 1)
            try:
                self._store.submit(Change(events, (after,))).result()
            except Conflict:
                fresh = self._store.exchange(self.exchange.id)
                ours = (self.exchange.checkpoint, self.exchange.due, self.exchange.last_success)
                if fresh is None or (fresh.checkpoint, fresh.due, fresh.last_success) != ours:
                    break
                self.exchange = fresh
            else:
                self.exchange = after
                return after
        name = self.exchange.name
        raise Conflict(f"the exchange `{name}` was changed or pulled by somebody else", "look at it and pull again")


def _later(exchange: Exchange, failure: ForestallError, now: str) -> str:
    """Give when to ask again after a failure: when the partner says, when a person had time, or after waits that double."""
    at = datetime.fromisoformat(now)
    usual = exchange.minutes * 60
    if isinstance(failure, ExchangeFailed) and failure.wait is not None:
        wait = max(_FIRST_WAIT, failure.wait)
    elif not isinstance(failure, ExchangeFailed) or failure.lasting:
        wait = max(usual, 3600)
    else:
        # As long as it has been failing, so each wait is twice the one before.
        since = datetime.fromisoformat(exchange.last_success or exchange.created or now)
        failing = (at - since).total_seconds() - (usual if exchange.last_success else 0)
        wait = max(_FIRST_WAIT, min(int(failing), _LONGEST_WAIT))
    return instant((at + timedelta(seconds=wait)).timestamp())
