"""Banks: make them, fill them, change and correct them. Every change is a ledger line that says who and, where they say it, why.

Adding is a stream: entries are checked, put together with what is stored, and written in batches, each of them one change with
one line `bank:added`. A batch that meets a concurrent writer is read again and repeated, so nothing that anybody said is lost,
and the same file added twice changes nothing.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

from forestall.flow.bankfile import lines
from forestall.flow.intake import valid
from forestall.flow.opinions import Draft, Gathered, Key, checked, day, gather, taken_back, until
from forestall.ledger.entry import digest
from forestall.model.bank import Bank, BankState, Entry, Opinion, Purpose, Signal, Trust, signal_id
from forestall.model.content import Problem
from forestall.model.errors import BadInput, Conflict, NotFound, StoreFailed
from forestall.model.ports import Clock, NewId, Store, Types
from forestall.model.records import Change, Event, Receipt

BATCH = 5_000
"""Most signals in one change."""
BATCH_LETTERS = 8_000_000
"""Most letters of values in one change; a batch of long films is shorter."""
LONGEST_VALUE = 4_000_000
"""Most letters of one value."""
SHOWN = 20
"""Problems that are kept word for word; all are counted."""
LONGEST_NAME = 128
LONGEST_NOTE = 1_000
LONGEST_DESCRIPTION = 4_000

_TRIES = 50
_SHOWN_VALUE = 80
_SOURCES_NAMED = 20
_CHANGEABLE = frozenset(
    {"name", "trust", "purpose", "state", "description", "distances", "quality", "disabled_until", "expires"}
)


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a stream of entries: `read` is the sum of all the other counts.

    `same` said nothing new; `withdrawn` were taken back by their source; `unknown` were taken back although nobody here had them;
    `refused` could not be used, and `problems` are the first of those.
    """

    read: int = 0
    added: int = 0
    changed: int = 0
    same: int = 0
    withdrawn: int = 0
    refused: int = 0
    problems: tuple[Problem, ...] = ()
    unknown: int = 0


class Banker:
    """The verbs on banks. `by` is `cli`, a person's pseudonym, or `key:<id>`.

    Takes:
        changed: called after every committed change, so that whoever matches can follow at once.
        arrived: called with a bank before and after, and by whom, once signals came into it or it was changed, so that earlier
            content is searched for them (`retrohunt.Hunter.arrived`).
    """

    def __init__(
        self,
        store: Store,
        types: Types,
        clock: Clock,
        new_id: NewId,
        changed: Callable[[], object] = lambda: None,
        *,
        arrived: Callable[[Bank, Bank, str], object] = lambda _before, _after, _by: None,
    ) -> None:
        self._store = store
        self._types = types
        self._clock = clock
        self._new_id = new_id
        self._changed = changed
        self._arrived = arrived

    def find(self, name: str) -> Bank:
        """Give the bank with this name or id; raises NotFound."""
        bank = self._store.bank_named(name) or self._store.bank(name)
        if bank is None:
            raise NotFound(f"there is no bank `{name[:LONGEST_NAME]}`", "list them: `forestall bank list`")
        return bank

    def create(
        self,
        name: str,
        by: str,
        *,
        trust: Trust = Trust.CANDIDATE,
        purpose: Purpose = Purpose.BLOCK,
        state: BankState = BankState.LIVE,
        description: str = "",
        distances: Mapping[str, int] | None = None,
        quality: int = 0,
        expires: str = "",
        exchange: str = "",
        note: str = "",
    ) -> Bank:
        """Make an empty bank. Raises BadInput naming what can't be used, also where the name is taken."""
        now = self._clock()
        bank = self._valid(
            Bank(
                id=self._new_id(),
                name=name,
                trust=trust,
                purpose=purpose,
                state=state,
                description=description,
                distances=dict(distances or {}),
                quality=quality,
                expires=expires,
                exchange=exchange,
                created=now,
            )
        )
        body = {"by": by, "name": bank.name, "state": bank.state.value, **_note(note)}
        try:
            self._write(Event("bank:created", bank.id, now, body | {"digest": digest(bank)}), (bank,))
        except StoreFailed:
            self._free(bank)  # somebody was faster: say so in words
            raise
        return bank

    def change(self, bank: Bank, by: str, *, note: str = "", **fields: Any) -> Bank:
        """Change fields of a bank as the caller saw it; raises BadInput, and Conflict where somebody else changed it meanwhile."""
        unknown = sorted(set(fields) - _CHANGEABLE)
        if unknown:
            raise BadInput(f"`{unknown[0]}` of a bank cannot be changed", f"change {', '.join(sorted(_CHANGEABLE))}")
        after = self._valid(replace(bank, **fields, version=bank.version + 1))
        names = sorted(name for name in fields if getattr(bank, name) != getattr(after, name))
        if not names:
            return bank
        body = {"by": by, "fields": names, "state": after.state.value, "digest": digest(after), **_note(note)}
        self._write(Event("bank:changed", bank.id, self._clock(), body), (after,))
        self._arrived(bank, after, by)
        return after

    def add(
        self,
        bank: Bank,
        entries: Iterable[Entry | Problem],
        by: str,
        progress: Callable[[int], None] | None = None,
    ) -> Added:
        """Add what a file or an exchange says, and take back what it withdraws.

        Every source has one opinion on a signal, the newest it gave; when it first gave one is kept. Memory stays bounded however
        long the stream is; `progress` is called with the number of entries of each finished batch. Entries that can't be used are
        counted and do not stop the others. What was written before an error stays.
        """
        tally = _Tally()
        flying: list[_Flight] = []
        try:
            for drafts in self._checked(entries, tally):
                # Checking a batch runs beside the commit of the one before.
                if flying:
                    self._land(flying.pop(), tally, progress)
                flying.append(self._launch(_Flight(bank, by, drafts, tally.take())))
        finally:
            if flying:
                self._land(flying.pop(), tally, progress)
            if tally.news:
                self._arrived(bank, bank, by)
        return tally.sum()

    def withdraw(self, bank: Bank, source: str, by: str, note: str = "") -> int:
        """Take back everything a source said in a bank; gives of how many signals. What no source stands by stops matching at once."""
        count, cursor = 0, ""
        while True:
            page = self._store.signals_of(bank.id, cursor, BATCH, source=source)
            count += self._withdraw(bank, source, by, page.items, note)
            cursor = page.next_cursor
            if not cursor:
                return count

    def disable(self, bank: Bank, number: int, instant: str, by: str, note: str = "") -> Signal:
        """Keep a signal from matching until an instant; empty lets it match again. Raises NotFound and BadInput."""
        signal = self._signal(bank, number)
        after = replace(signal, disabled_until=until(instant), version=signal.version + 1)
        return self._told(bank, after, {"by": by, "disabled_until": after.disabled_until, **_note(note)})

    def opine(self, bank: Bank, number: int, opinion: Opinion, by: str, note: str = "") -> Signal:
        """Say what a source thinks of a signal, in place of what it said before; raises NotFound and BadInput."""
        signal = self._signal(bank, number)
        entry = Entry(signal.type, signal.value, checked(opinion), signal.distance, signal.expires)
        key = (signal.type, signal.value)
        gathered = gather(bank.id, [Draft(key, entry)], {key: signal.id}, {key: signal}, self._clock())
        after = gathered.signals[0] if gathered.signals else None
        if after is None:
            return signal
        body = {"by": by, "source": opinion.source, "stance": opinion.stance.value, **_note(note)}
        return self._told(bank, after, body | ({"withdrawn": opinion.withdrawn} if opinion.withdrawn else {}))

    def export(self, bank: Bank, form: str) -> Iterator[str]:
        """Give a bank as lines of `csv` or `ndjson`, by type and value; adding them to an empty bank makes the same bank again."""
        return lines(self._pages(bank), form)

    def _pages(self, bank: Bank) -> Iterator[Signal]:
        """Give all signals of a bank."""
        cursor = ""
        while True:
            page = self._store.signals_of(bank.id, cursor, BATCH)
            yield from page.items
            cursor = page.next_cursor
            if not cursor:
                return

    def _told(self, bank: Bank, after: Signal, body: Mapping[str, Any]) -> Signal:
        """Write one changed signal."""
        line = {"bank": bank.id, "digest": digest(after), **body}
        self._write(Event("signal:changed", str(after.id), self._clock(), line), (after,))
        if not after.disabled_until:
            self._arrived(bank, bank, str(body["by"]))
        return after

    def _signal(self, bank: Bank, number: int) -> Signal:
        """Give a signal of this very bank; raises NotFound."""
        found = [signal for signal in self._store.signals([number]) if signal.bank == bank.id]
        if not found:
            raise NotFound(f"the bank `{bank.name}` has no signal {number}", "search for it: `forestall bank search`")
        return found[0]

    def _checked(self, entries: Iterable[Entry | Problem], tally: "_Tally") -> Iterator[list[Draft]]:
        """Give usable entries in batches, their values canonical; what is not usable is counted. A batch may be empty."""
        desk = _Desk(self._types)
        batch: list[Draft] = []
        letters = 0
        for entry in entries:
            tally.read += 1
            try:
                if isinstance(entry, Problem):
                    tally.refuse(entry)
                else:
                    batch.append(desk.draft(entry))
                    letters += len(entry.value)
            except BadInput as error:
                tally.refuse(_problem(entry, error, tally.read))
            if len(batch) >= BATCH or letters >= BATCH_LETTERS or tally.read - tally.taken >= 4 * BATCH:
                yield batch
                batch, letters = [], 0
        yield batch

    def _launch(self, flight: "_Flight") -> "_Flight":
        """Put a batch together with what is stored and submit it."""
        if flight.drafts:
            numbers, held = self._stored(flight.bank.id, dict.fromkeys(draft.key for draft in flight.drafts))
            flight.gathered = gather(flight.bank.id, flight.drafts, numbers, held, self._clock())
            flight.future = None
            if flight.gathered.signals:
                event = self._added(flight.bank, flight.by, flight.gathered)
                flight.future = self._store.submit(Change((event,), flight.gathered.signals))
        return flight

    def _land(self, flight: "_Flight", tally: "_Tally", progress: Callable[[int], None] | None) -> None:
        """Wait until a batch is durable, repeating it where somebody else wrote the same signals; then count it."""
        for attempt in range(_TRIES):
            try:
                if flight.future is not None:
                    flight.future.result()
                    self._changed()
                break
            except Conflict:
                if attempt + 1 == _TRIES:
                    raise
                self._launch(flight)
        tally.count(flight.gathered)
        if progress is not None and flight.read:
            progress(flight.read)

    def _stored(self, bank: str, keys: Iterable[Key]) -> tuple[dict[Key, int], dict[Key, Signal]]:
        """Give the id of each type and value in a bank, and those of the signals that are stored."""
        numbers: dict[Key, int] = {}
        held: dict[Key, Signal] = {}
        owners: dict[int, Key] = {}
        left, attempt = list(keys), 0
        while left:
            tried = [(key, signal_id(bank, key[0], key[1], attempt)) for key in left]
            stored = {signal.id: signal for signal in self._store.signals([number for _, number in tried])}
            left = []
            for key, number in tried:
                row = stored.get(number)
                if number in owners or (row is not None and (row.bank, row.type, row.value) != (bank, *key)):
                    left.append(key)  # by chance another signal has this id
                    continue
                owners[number], numbers[key] = key, number
                if row is not None:
                    held[key] = row
            attempt += 1
        return numbers, held

    def _added(self, bank: Bank, by: str, gathered: Gathered) -> Event:
        """Give the ledger line of a batch."""
        body = {
            "bank": bank.name,
            "by": by,
            "count": len(gathered.signals),
            "withdrawn": gathered.withdrawn,
            "signals": _digest(gathered.signals),
            "sources": sorted(gathered.sources)[:_SOURCES_NAMED],
        }
        return Event("bank:added", bank.id, self._clock(), body)

    def _withdraw(self, bank: Bank, source: str, by: str, signals: Sequence[Signal], note: str) -> int:
        """Take back a source's opinions on some signals, repeating where somebody else wrote them; gives how many it was."""
        for attempt in range(_TRIES):
            now = self._clock()
            after = [changed for signal in signals if (changed := taken_back(signal, source, now)) is not None]
            if not after:
                return 0
            body = {"bank": bank.name, "by": by, "source": source, "count": len(after), "signals": _digest(after)}
            try:
                self._write(Event("bank:withdrawn", bank.id, now, body | _note(note)), tuple(after))
            except Conflict:
                if attempt + 1 == _TRIES:
                    raise
                signals = self._store.signals([signal.id for signal in signals])
            else:
                return len(after)
        return 0

    def _write(self, event: Event, records: tuple[Bank, ...] | tuple[Signal, ...]) -> None:
        """Make one change and tell who follows."""
        self._store.submit(Change((event,), records)).result()
        self._changed()

    def _valid(self, bank: Bank) -> Bank:
        """Give a bank whose every field can be used; raises BadInput."""
        name = bank.name.strip()
        if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
            raise BadInput(
                f"a bank cannot be called {bank.name[: LONGEST_NAME + 1]!r}",
                f"give 1 to {LONGEST_NAME} characters, none of them a control character",
            )
        if len(bank.description) > LONGEST_DESCRIPTION:
            raise BadInput("the description is too long", f"say it in at most {LONGEST_DESCRIPTION:,} characters")
        if not 0 <= bank.quality <= 100:
            raise BadInput(f"the quality {bank.quality} cannot be used", "give a whole number from 0 to 100")
        for kind, distance in bank.distances.items():
            if kind not in self._types.names:
                raise BadInput(f"unknown type `{kind[:40]}`", f"known types are {', '.join(self._types.names)}")
            if not 0 <= distance <= self._types.largest_distance(kind):
                raise BadInput(
                    f"the distance {distance} for {kind} cannot be used",
                    f"give a whole number from 0 to {self._types.largest_distance(kind)}",
                )
        after = replace(bank, name=name, expires=day(bank.expires), disabled_until=until(bank.disabled_until))
        self._free(after)
        return after

    def _free(self, bank: Bank) -> None:
        """Raise BadInput where another bank has this name."""
        other = self._store.bank_named(bank.name)
        if other is not None and other.id != bank.id:
            raise BadInput(f"there is a bank `{other.name}` already", "add to that one, or choose another name")


@dataclass(slots=True)
class _Flight:
    """A batch on its way into the store; `read` entries were read for it, refused ones included."""

    bank: Bank
    by: str
    drafts: list[Draft]
    read: int
    gathered: Gathered = field(default_factory=Gathered)
    future: Future[Receipt] | None = None


class _Desk:
    """Checks entries. Many say the same about their values, so what was checked last is not checked again."""

    def __init__(self, types: Types) -> None:
        self._normalise = types.normalise
        self._largest = {name: types.largest_distance(name) for name in types.names}
        self._said = self._sound = Opinion("")

    def draft(self, entry: Entry) -> Draft:
        """Check one entry; raises BadInput."""
        if len(entry.value) > LONGEST_VALUE:
            raise BadInput(f"a value has {len(entry.value):,} characters", f"the longest has {LONGEST_VALUE:,}")
        value = self._normalise(entry.type, entry.value)
        if entry.opinion is not self._said:
            self._sound = checked(entry.opinion)
            self._said = entry.opinion
        if entry.distance is not None and not 0 <= entry.distance <= self._largest[entry.type]:
            limit = self._largest[entry.type]
            raise BadInput(f"the distance {entry.distance} cannot be used", f"give a whole number from 0 to {limit}")
        last_day = day(entry.expires) if entry.expires else ""
        if self._sound is not entry.opinion or last_day != entry.expires:
            entry = replace(entry, opinion=self._sound, expires=last_day)
        return Draft((entry.type, value), entry)


class _Tally:
    """Counts while entries stream through."""

    def __init__(self) -> None:
        self.read = self.taken = 0
        self._refused = 0
        self._problems: list[Problem] = []
        self._counts = Gathered()

    def take(self) -> int:
        """Give how many entries were read since this was asked last."""
        fresh = self.read - self.taken
        self.taken = self.read
        return fresh

    def refuse(self, problem: Problem) -> None:
        """Count an entry that can't be used."""
        self._refused += 1
        if len(self._problems) < SHOWN:
            self._problems.append(problem)

    def count(self, gathered: Gathered) -> None:
        """Count a finished batch."""
        before = self._counts
        self._counts = Gathered(
            (),
            before.added + gathered.added,
            before.changed + gathered.changed,
            before.same + gathered.same,
            before.withdrawn + gathered.withdrawn,
            before.unknown + gathered.unknown,
        )

    @property
    def news(self) -> bool:
        """True once something was written that could match."""
        return self._counts.added + self._counts.changed > 0

    def sum(self) -> Added:
        """Give the result."""
        done, refused, problems = self._counts, self._refused, tuple(self._problems)
        counts = (self.read, done.added, done.changed, done.same, done.withdrawn)
        return Added(*counts, refused, problems, done.unknown)


def _problem(entry: Entry | Problem, error: BadInput, number: int) -> Problem:
    """Say why an entry can't be used, and enough of it to find it."""
    value = valid(entry.value[:_SHOWN_VALUE]) if isinstance(entry, Entry) else ""
    what = f"`{value}`: {error.what}" if value else error.what
    return Problem("bad-signal", what, error.next_step, f"entry {number}")


def _note(note: str) -> dict[str, str]:
    """Give why somebody did something as the ledger keeps it, where they said; raises BadInput where it is too long."""
    text = valid(note.strip())
    if len(text) > LONGEST_NOTE:
        raise BadInput(f"the note has {len(text):,} characters", f"say it in at most {LONGEST_NOTE:,}")
    return {"note": text} if text else {}


def _digest(signals: Iterable[Signal]) -> str:
    """Give the SHA-256 over ids and versions in ascending order."""
    lines = sorted([f"{signal.id} {signal.version}\n" for signal in signals])
    return hashlib.sha256("".join(lines).encode()).hexdigest()
