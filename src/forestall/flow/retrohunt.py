"""Retro-hunts: when signals arrive, what was screened before is searched for them. Nothing is opened again: kept hashes are enough.

A hunt goes through the signals that changed since the last hunt on its bank, page by page, and looks each page up at once among
the traces of everything screened. What is met gets a new machine decision: the findings of the last one, with what the bank now
knows. The rules decide what follows; where they ask a person, a case is opened, and all cases of a hunt are one cluster. An open
case on the same revision is left as it is: the new decision names it.

A page's decisions are committed before the hunt's cursor moves on, each under a key of its own, so a hunt that was killed goes on
where it was and decides nothing twice.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from forestall.flow.decide import Outbox, answered, case_for, made, received
from forestall.flow.impact import Impact, ImpactOf
from forestall.flow.screen import Versions, placed
from forestall.model.bank import Bank, BankState, Match, Opinion, Purpose, Signal, Trace, standing
from forestall.model.decision import MACHINE, Decision
from forestall.model.errors import BadInput, Conflict, NotFound
from forestall.model.finding import Finding
from forestall.model.ids import instant
from forestall.model.ports import Archive, Clock, Library, NewId, Store, Types
from forestall.model.records import (
    CaseState,
    Change,
    Event,
    Hunt,
    HuntState,
    Receipt,
    Record,
    Retention,
    Sighting,
)
from forestall.policy.evaluate import evaluate

PAGE = 20_000
"""Signals looked up at once."""
AT_ONCE = 100_000
"""Matches held in memory; more on one page are decided in several goes."""

LATE_SECONDS = 60
"""After so long everything is kept that was being screened when a hunt looked."""
_LATE_AT_MOST = 3_600

_TRIES = 50
_FORGET = 500
_HUNTS_LOOKED_AT = 1_000


@dataclass(slots=True)
class _Noticed:
    """How far `Hunter.overlooked` has looked: up to which change, and which banks were to be hunted for then.

    `repeated` names the hunts that were looked into once more (`Hunter.late`).
    """

    position: int = -2
    cursor: str | None = None
    wanted: set[str] = field(default_factory=set)
    repeated: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Hunter:
    """Searches what was screened before.

    Takes:
        current: gives the ruleset that decides, and names every thing that can change a result, as screening does.
        findings: turns matches on one piece of content, those of allow banks among them, into findings.
    """

    store: Store
    archive: Archive
    types: Types
    current: Callable[[], Versions]
    outbox: Outbox
    clock: Clock
    new_id: NewId
    library: Library
    findings: Callable[[Sequence[Match]], Sequence[Finding]]
    _noticed: _Noticed = field(default_factory=_Noticed, init=False, repr=False, compare=False)

    def wanted(self, bank: Bank) -> bool:
        """Tell whether there is anything to hunt for: the bank is live and names what is to be found, not what is to be excused."""
        return bank.purpose is Purpose.BLOCK and standing(bank, _ANY, self.clock()) is not None

    def start(self, bank: Bank, by: str, *, whole: bool = False) -> Hunt:
        """Begin a hunt for the signals that came since the last one, or for the `whole` bank; `run` does the work.

        One that is running takes new signals in, so it is given instead of another. Raises BadInput where the bank is not to be
        hunted for (see `wanted`).
        """
        if not self.wanted(bank):
            raise BadInput(
                f"the bank `{bank.name}` is not hunted for: it is {bank.state.value}, expired, disabled, or an allow bank",
                f"switch it on: `forestall bank change {bank.name} --state live`",
            )
        running, since = self._before(bank)
        if running is not None and not (whole and running.since):
            try:
                # Moved on by one version, so that it can't end without looking once more.
                return self._keep(replace(running, version=running.version + 1))
            except Conflict:
                return self.start(bank, by, whole=whole)
        hunt = Hunt(self.new_id(), bank.id, HuntState.RUNNING, self.clock(), "" if whole else since)
        body = {"bank": bank.id, "by": by, "whole": whole or not since}
        return self._keep(hunt, Event("hunt:started", hunt.id, hunt.started, body))

    def arrived(self, before: Bank, after: Bank, by: str) -> Hunt | None:
        """Begin a hunt where earlier content may match now; `Banker` calls this.

        Signals that came into a bank are hunted for; one that was switched on, made wider or trusted more is hunted for whole. Other
        changes begin nothing.
        """
        if not self.wanted(after):
            return None
        if before is after:
            return self.start(after, by)
        switched = not self.wanted(before)
        same = (before.trust, before.distances, before.quality) == (after.trust, after.distances, after.quality)
        return self.start(after, by, whole=True) if switched or not same else None

    def overlooked(self) -> Sequence[Hunt]:
        """Begin hunts for signals that came in without one, as where a process died in between. Cheap where nothing came in."""
        position, noticed = self.store.signals_position(), self._noticed
        if position == noticed.position:
            return ()
        banks = [bank for bank in self.store.banks() if self.wanted(bank)]
        changed = {bank.id for bank in banks} - noticed.wanted
        if noticed.cursor is None:
            noticed.cursor = next((hunt.cursor for hunt in self.store.hunts() if hunt.state is HuntState.DONE), "")
        filled, noticed.cursor = self.store.banks_since(noticed.cursor)
        changed.update(filled)
        found = [self.start(bank, "machine") for bank in banks if bank.id in changed and self._unseen(bank)]
        noticed.wanted, noticed.position = {bank.id for bank in banks}, position
        return found

    def late(self, stop: Callable[[], bool] = lambda: False) -> int:
        """Search once more, a minute after they ended, for what the hunts of the last hour were after; gives how many were repeated.

        Content that was being screened while signals arrived is met neither by its screening nor by the hunt.
        """
        now = datetime.fromisoformat(self.clock()).timestamp()
        first, last = instant(now - _LATE_AT_MOST), instant(now - LATE_SECONDS)
        hunts = [hunt for hunt in self.store.hunts(_HUNTS_LOOKED_AT // 10) if first <= hunt.finished <= last]
        count = 0
        for hunt in hunts:
            bank = self.store.bank(hunt.bank)
            if hunt.state is not HuntState.DONE or hunt.id in self._noticed.repeated or bank is None or stop():
                continue
            cursor = hunt.since
            while self.wanted(bank) and (page := self.store.signals_since(cursor, PAGE)).items:
                self._decide(hunt, bank, [signal for signal in page.items if signal.bank == bank.id], set())
                cursor = page.next_cursor
            self._noticed.repeated.add(hunt.id)
            count += 1
        return count

    def run_waiting(self, stop: Callable[[], bool] = lambda: False, besides: str = "") -> Sequence[Hunt]:
        """Do all hunts that wait, oldest first, besides those on one bank, and give them as they then are."""
        return [self.run(hunt, None, stop) for hunt in self.waiting() if hunt.bank != besides]

    def waiting(self) -> Sequence[Hunt]:
        """Give the hunts that were begun and are not done, oldest first."""
        hunts = self.store.hunts(_HUNTS_LOOKED_AT)
        return [hunt for hunt in reversed(hunts) if hunt.state is HuntState.RUNNING]

    def run(
        self, hunt: Hunt, progress: Callable[[Hunt], None] | None = None, stop: Callable[[], bool] = lambda: False
    ) -> Hunt:
        """Do a hunt from where it stands and give it as it then is: done, failed, or still running where `stop` said so.

        Any number of processes may run the same hunt; they share the work badly, but it comes out right. Content that several pages
        of signals meet is counted once, unless the hunt was cut off in between.
        """
        seen: set[int] = set()
        while hunt.state is HuntState.RUNNING and not stop():
            bank = self.store.bank(hunt.bank)
            if bank is None or not self.wanted(bank):
                return self._end(hunt, "the bank was switched off meanwhile")
            page = self.store.signals_since(hunt.cursor or hunt.since, PAGE)
            signals = [signal for signal in page.items if signal.bank == bank.id]
            matched = self._decide(hunt, bank, signals, seen) if signals else 0
            if page.items:
                hunt = self._further(hunt, page.next_cursor, len(signals), matched)
            else:
                try:
                    hunt = self._end(hunt)
                except Conflict:
                    hunt = self._again(hunt)
            if progress is not None:
                progress(hunt)
        return hunt

    def preview(self, bank: Bank, progress: Callable[[int], None] | None = None) -> Impact:
        """Say what a bank would have matched of everything screened, as if it were live; decides nothing."""
        live = replace(bank, state=BankState.LIVE, disabled_until="")
        impact = ImpactOf(live)
        cursor = ""
        while not impact.full:
            page = self.store.signals_of(bank.id, cursor, PAGE)
            for matches in self._met(live, page.items):
                impact.add(self._sighted(matches), matches)
            impact.signals += len(page.items)
            if progress is not None:
                progress(len(page.items))
            cursor = page.next_cursor
            if not cursor:
                break
        return impact.sum()

    def _before(self, bank: Bank) -> tuple[Hunt | None, str]:
        """Give the hunt on a bank that is running, if one is, and the cursor where the next one begins."""
        for limit in (_HUNTS_LOOKED_AT // 50, _HUNTS_LOOKED_AT):
            for hunt in self.store.hunts(limit):
                if hunt.bank == bank.id:
                    return (hunt if hunt.state is HuntState.RUNNING else None), hunt.cursor or hunt.since
                if hunt.state is HuntState.DONE and hunt.finished < bank.created:
                    # All signals of this bank came after what that hunt went through.
                    return None, hunt.cursor or hunt.since
        return None, ""

    def _unseen(self, bank: Bank) -> bool:
        """Tell whether a bank has signals that no hunt has gone through or is going to."""
        running, cursor = self._before(bank)
        while running is None and self.store.signals_of(bank.id, limit=1).items:
            page = self.store.signals_since(cursor, PAGE)
            if any(signal.bank == bank.id for signal in page.items):
                return True
            if not page.items:
                break
            cursor = page.next_cursor
        return False

    def _further(self, hunt: Hunt, cursor: str, looked: int, matched: int) -> Hunt:
        """Move a hunt on behind a page; gives it as another runner left it where that one was faster."""
        while True:
            further = replace(hunt, cursor=cursor, looked=hunt.looked + looked, matched=hunt.matched + matched)
            try:
                return self._keep(replace(further, version=hunt.version + 1))
            except Conflict:
                now = self._again(hunt)
                if now.state is not HuntState.RUNNING or now.cursor != hunt.cursor:
                    return now
                hunt = now

    def _again(self, hunt: Hunt) -> Hunt:
        """Give a hunt as somebody else left it meanwhile."""
        found = self.store.hunt(hunt.id)
        if found is None:
            raise NotFound(f"the retro-hunt {hunt.id} is gone", "verify the ledger: `forestall ledger verify`")
        return found

    def _keep(self, hunt: Hunt, *events: Event) -> Hunt:
        """Write a hunt down."""
        self.store.submit(Change(events, (hunt,))).result()
        return hunt

    def _end(self, hunt: Hunt, error: str = "") -> Hunt:
        """Write down that a hunt is over; raises Conflict where it was wanted to go on."""
        state = HuntState.FAILED if error else HuntState.DONE
        ended = replace(hunt, state=state, finished=self.clock(), error=error, version=hunt.version + 1)
        body = {
            "bank": hunt.bank,
            "state": state.value,
            "looked": hunt.looked,
            "matched": hunt.matched,
            "cases": len(self.store.cases_in(hunt.id)),
        }
        return self._keep(ended, Event("hunt:finished", hunt.id, ended.finished, body))

    def _decide(self, hunt: Hunt, bank: Bank, signals: Sequence[Signal], seen: set[int]) -> int:
        """Decide on everything that some signals meet; gives how many contents they meet that are not `seen`, and now are.

        Durable when it returns.
        """
        self.library.follow()
        before = len(seen)
        for matches in self._met(bank, signals):
            seen.update(matches)
            sightings = self._sighted(matches)
            futures: list[Future[Receipt]] = []
            for position, sighting in sightings.items():
                change = self._change(hunt, bank, sighting, matches[position])
                if change is not None:
                    futures.append(self.store.submit(change))
            for future in futures:
                future.result()
        return len(seen) - before

    def _met(self, bank: Bank, signals: Sequence[Signal]) -> Iterator[dict[int, list[Match]]]:
        """Give what signals of a bank meet in the archive by the position of the sighting, `AT_ONCE` matches at a time."""
        self.archive.follow()
        now = self.clock()
        found: dict[int, list[Match]] = defaultdict(list)
        count = 0
        for kind in self.types.names:
            least = self.types.floor(kind)
            widest = min(bank.distances.get(kind, self.types.radius(kind)), self.types.largest_distance(kind))
            floor = max(least, bank.quality) if least else 0
            stand = [
                (signal, stands)
                for signal in signals
                if signal.type == kind and (stands := standing(bank, signal, now)) is not None
            ]
            if not stand:
                continue
            for met in self.archive.search(kind, [signal.value for signal, _ in stand], widest):
                signal, stands = stand[met.asked]
                radius = widest if signal.distance is None else min(widest, signal.distance)
                if met.distance > radius or 0 <= met.trace.quality < floor:
                    continue
                trace = met.trace
                seen = Match(signal, bank, stands, trace.part, met.distance, radius, quality=trace.quality)
                found[met.position].append(seen)
                count += 1
                if count >= AT_ONCE:
                    yield found
                    found, count = defaultdict(list), 0
        if found:
            yield found

    def _sighted(self, positions: Mapping[int, object]) -> dict[int, Sighting]:
        """Give the sightings at some positions, in order."""
        return dict(sorted(self.store.sightings_at(list(positions))))

    def _change(self, hunt: Hunt, bank: Bank, sighting: Sighting, matches: Sequence[Match]) -> Change | None:
        """Give the change a newly matched revision of content comes to, or `None` where it brings nothing new."""
        decisions = [item for item in self.store.decisions_of(sighting.id) if item.revision == sighting.revision]
        last = next((item for item in reversed(decisions) if item.by == MACHINE), None)
        decision = self._decision(bank, sighting, last, matches)
        if not decision.outcome.asks_a_person or not _news(decision, last, decisions):
            return None
        earlier = self.store.case_of(sighting.id, sighting.revision)
        if answered(earlier, decision):
            return None
        if earlier is not None and earlier.state is CaseState.OPEN:
            decision = replace(decision, case=earlier.id)
        records: list[Record] = [decision]
        events = [made(decision)]
        if not decisions or decision.outcome.rank > decisions[-1].outcome.rank:
            records += self.outbox.messages(decision)
        if not decision.case:
            case = case_for(decision, self.new_id(), placed(decision, self.current().ruleset), hunt.id)
            records.append(case)
            events.append(Event("case:opened", case.id, decision.at, {"decision": decision.id, "cluster": hunt.id}))
        self._hold_on_to(sighting, records, events)
        return Change(tuple(events), tuple(records), once=decision.key)

    def _decision(self, bank: Bank, sighting: Sighting, last: Decision | None, matches: Sequence[Match]) -> Decision:
        """Give the decision on a sighting: the findings of the last one, and what the bank's signals add to them."""
        ordered = self._ordered(sighting, matches)
        fresh = self.findings([*ordered, *self._allowed(sighting, ordered)])
        numbers = {match.signal.id for match in matches}
        kept = [item for item in (last.findings if last else ()) if item.evidence.get("signal_id") not in numbers]
        findings = (*kept, *fresh)
        versions = self.current()
        facts = {**(last.facts if last else {}), "crisis": versions.crisis}
        verdict = evaluate(facts, findings, versions.ruleset)
        return Decision(
            id=self.new_id(),
            content=sighting.id,
            revision=sighting.revision,
            outcome=verdict.outcome,
            priority=verdict.priority,
            by=MACHINE,
            at=self.clock(),
            reasons=verdict.reasons,
            excuses=verdict.excuses,
            unknowns=verdict.unknowns,
            findings=findings,
            facts=facts,
            versions=versions.names,
            language=last.language if last else "und",
            key=f"hunt:{bank.id}:{sighting.id}:{sighting.revision}:{self._digest(bank, matches)}",
        )

    def _digest(self, bank: Bank, matches: Sequence[Match]) -> str:
        """Give a digest of the signals that were met as they now are, and of what else the outcome depends on."""
        signals = sorted({f"{match.signal.id}.{match.signal.version}" for match in matches})
        text = " ".join([self.current().ruleset.version, str(bank.version), *signals])
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def _ordered(self, sighting: Sighting, matches: Sequence[Match]) -> list[Match]:
        """Give matches as the library does: by type, part, distance and value, each signal once per part."""
        kinds = {kind: place for place, kind in enumerate(self.types.names)}
        parts = {part: place for place, part in enumerate(dict.fromkeys(trace.part for trace in sighting.traces))}
        ordered = sorted(
            matches,
            key=lambda m: (kinds[m.signal.type], parts.get(m.part, len(parts)), m.distance, m.signal.value),
        )
        return list({(match.part, match.signal.id): match for match in reversed(ordered)}.values())[::-1]

    def _allowed(self, sighting: Sighting, matches: Sequence[Match]) -> list[Match]:
        """Give what allow banks know of the parts that were met, so that they excuse it as they do in screening."""
        if not any(item.purpose is Purpose.ALLOW and item.state is BankState.LIVE for item in self.store.banks()):
            return []
        parts = {match.part for match in matches}
        by_kind: dict[str, list[Trace]] = defaultdict(list)
        for trace in sighting.traces:
            if trace.part in parts and trace.type in self.types.names:
                by_kind[trace.type].append(trace)
        now = self.clock()
        return [
            replace(match, part=trace.part)
            for kind, traces in by_kind.items()
            for trace, met in zip(
                traces, self.library.lookup(kind, [trace.value for trace in traces], now), strict=True
            )
            for match in met
            if match.bank.purpose is Purpose.ALLOW
        ]

    def _hold_on_to(self, sighting: Sighting, records: list[Record], events: list[Event]) -> None:
        """Keep content for as long as what a person was asked about; what was purged stays purged."""
        stored = self.store.content(sighting.id, sighting.revision)
        if stored is not None and not stored.purged and stored.retention is Retention.TRANSIENT:
            longer = replace(stored, retention=Retention.CASE)
            records.append(longer)
            events.append(replace(received(longer), at=self.clock()))


def forget(store: Store, now: str, days: int, dropped: Callable[[Sequence[Trace]], object] = lambda _: None) -> int:
    """Drop the traces of everything seen more than `days` ago; gives of how many revisions. The decisions on it stay.

    `dropped` is handed the traces of each batch once they are gone from the store, so that indexes can let go of them too.
    """
    before = instant((datetime.fromisoformat(now) - timedelta(days=days)).timestamp())
    count = 0
    while sightings := store.sightings_before(before, _FORGET):
        futures = [store.submit(_forgotten(sighting, now)) for sighting in sightings]
        for future in futures:
            future.result()
        dropped([trace for sighting in sightings for trace in sighting.traces])
        count += len(sightings)
    return count


def _forgotten(sighting: Sighting, now: str) -> Change:
    """Give the change that drops the traces of one revision of content."""
    body = {"revision": sighting.revision, "hashes": len(sighting.traces)}
    return Change((Event("content:forgotten", sighting.id, now, body),), (replace(sighting, traces=(), forgotten=now),))


_ANY = Signal(0, "", "", "", (Opinion(""),))


def _news(decision: Decision, last: Decision | None, decisions: Sequence[Decision]) -> bool:
    """Tell whether a decision says more than what is in force: something harsher, or as harsh for reasons not given before.

    A person's decision is only followed by something harsher.
    """
    if last is None or not decisions:
        return True
    in_force = decisions[-1]
    if decision.outcome.rank != in_force.outcome.rank:
        return decision.outcome.rank > in_force.outcome.rank
    known = {(reason.rule, reason.text) for reason in last.reasons}
    return in_force.by == MACHINE and any((reason.rule, reason.text) not in known for reason in decision.reasons)
