"""Lists: bring them in, see what changed, take them out. Every change is a ledger line; every edition is kept.

Entries are checked as they come. Addresses and contact points are written in the one spelling of their signal type; terms and names
are kept as given and folded where they are looked up, so that a new way of folding needs no new import.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from unicodedata import normalize

from forestall.flow.intake import valid
from forestall.ledger.entry import digest
from forestall.model.content import Problem
from forestall.model.errors import BadInput, BadList, Conflict, NotFound
from forestall.model.lists import Diff, Edition, ListEntry, ListFile, ListKind, Watchlist, diff, digest_of, in_order
from forestall.model.ports import Clock, NewId, Store, Types
from forestall.model.records import Change, Event, Record
from forestall.text.fold import fold
from forestall.text.terms import MOST, split

MOST_ENTRIES = MOST
"""Entries of one list."""
LONGEST_VALUE = 2_048
LONGEST_TEXT = 300
"""Characters of a term, a name or another spelling of it."""
LONGEST_NAME = 64
LONGEST_NOTE = 1_000
SHOWN = 20
"""Problems that are kept word for word; all are counted."""
SHORTEST = 3
"""Letters and digits of a listed organisation's name; fewer say nothing."""
MOST_WORDS = 8
"""Words of a term."""

_TYPES = {ListKind.URLS: "url", ListKind.DOMAINS: "domain", ListKind.CONTACTS: "contact"}
_DIGESTS = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a file's entries: those that count, in canonical order, and what could not be used.

    `refused` counts all of those, `problems` are the first; `repeated` are entries that say what another one says.
    """

    kind: ListKind
    entries: tuple[ListEntry, ...]
    refused: int
    repeated: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """An import as it would be: the list after it and before (None where it is new), its edition, and what changes."""

    after: Watchlist
    before: Watchlist | None
    edition: Edition
    diff: Diff
    checked: Checked

    @property
    def same(self) -> bool:
        """Tell whether the entries are those the list has."""
        return self.before is not None and not self.before.removed and self.before.digest == self.after.digest


class Lister:
    """The verbs on lists. `by` is `cli`, a person's pseudonym, or `key:<id>`.

    Takes `changed`, called after every committed change so that whoever looks things up can follow at once.
    """

    def __init__(
        self, store: Store, types: Types, clock: Clock, new_id: NewId, changed: Callable[[], object] = lambda: None
    ) -> None:
        self._store = store
        self._types = types
        self._clock = clock
        self._new_id = new_id
        self._changed = changed

    def find(self, name: str) -> Watchlist:
        """Give the list with this name or id, removed ones included; raises NotFound."""
        found = self._store.watchlist_named(name) or self._store.watchlist(name)
        if found is None:
            raise NotFound(f"there is no list `{name[:LONGEST_NAME]}`", "see which there are: `forestall list lists`")
        return found

    def plan(
        self, name: str, file: ListFile, by: str, *, kind: ListKind | None = None, source: str = "", dated: str = "",
        expires: str = "",
    ) -> Plan:  # fmt: skip
        """Say what importing a file as the list `name` would change; writes nothing.

        What is said here counts before what the file says, and what the list had before counts last. Raises BadInput and BadList.
        """
        before = self._store.watchlist_named(name)
        held = before if before is not None and not before.removed else None
        kind = kind or file.kind or (held.kind if held is not None else None)
        if kind is None:
            known = ", ".join(ListKind)
            raise BadList(f"the file {file.name} does not tell what its entries are", f"say so: --kind ({known})")
        if held is not None and held.kind is not kind:
            raise BadInput(
                f"the list `{held.name}` holds {held.kind.value}, and {file.name} brings {kind.value}",
                "import it under another name, or remove the list first",
            )
        checked = check(kind, file, self._types)
        now, version = self._clock(), digest_of(kind, checked.entries)
        changes = diff(self._entries(held), checked.entries)
        after = Watchlist(
            id=before.id if before is not None else self._new_id(),
            name=before.name if before is not None else _name(name),
            kind=kind,
            source=valid(source or file.source or (held.source if held is not None else ""))[:LONGEST_TEXT],
            dated=_day(dated or file.dated, "dated"),
            imported=now,
            by=by,
            digest=version,
            edition=held.edition if held is not None and held.digest == version else self._new_id(),
            size=len(checked.entries),
            people=file.people,
            expires=_day(expires or (held.expires if held is not None else ""), "expires")[:10],
            version=before.version + 1 if before is not None else 1,
        )
        if after.past(now[:10]):
            raise BadInput(f"the list would have expired on {after.expires}", "say until when it counts: --expires DAY")
        edition = Edition(
            after.edition, after.id, version, after.source, after.dated, now, by, len(changes.added), len(changes.changed),
            len(changes.gone), file.people, checked.entries,
        )  # fmt: skip
        return Plan(after, before, edition, changes, checked)

    def import_(self, plan: Plan) -> Watchlist:
        """Make a planned import; raises Conflict where the list changed since it was planned."""
        after, edition = plan.after, plan.edition
        records: list[Record] = [after] if plan.same else [after, edition]
        body = {
            "by": after.by,
            "name": after.name,
            "kind": after.kind.value,
            "source": after.source,
            "dated": after.dated,
            "version": after.digest,
            "entries": after.size,
            "added": edition.added,
            "changed": edition.changed,
            "gone": edition.gone,
            "refused": plan.checked.refused,
            "people_left_out": after.people,
            "expires": after.expires,
            "digest": digest(after),
        }
        self._submit(Event("list:imported", after.id, after.imported, body), *records)
        return after

    def remove(self, name: str, by: str, note: str = "") -> Watchlist:
        """Take a list out of use; its editions stay. Raises NotFound, BadInput where it was removed before, and Conflict."""
        found = self.find(name)
        if found.removed:
            raise BadInput(f"the list `{found.name}` was removed on {found.removed[:10]}", "import it to use it again")
        now = self._clock()
        after = replace(found, removed=now, version=found.version + 1)
        body = {"by": by, "name": after.name, "version": after.digest, "note": _note(note), "digest": digest(after)}
        self._submit(Event("list:removed", after.id, now, body), after)
        return after

    def expire_due(self) -> int:
        """Write into the ledger which lists no longer count because their last day is over; gives how many.

        Each is said once, whoever says it: where another process was quicker, that is fine.
        """
        said = 0
        now = self._clock()
        due = [one for one in self._store.watchlists() if one.past(now[:10]) and not one.removed and not one.expired]
        for one in due:
            after = replace(one, expired=now, version=one.version + 1)
            body = {"name": one.name, "version": one.digest, "expires": one.expires, "digest": digest(after)}
            try:
                self._submit(Event("list:expired", one.id, now, body), after)
            except Conflict:
                continue
            said += 1
        return said

    def difference(self, name: str, first: str = "", second: str = "") -> tuple[Edition, Edition, Diff]:
        """Give two editions of a list and what changed from one to the other: the last two, where none are named.

        Editions are named by id, by the beginning of their version, or by the day they were imported. Raises NotFound.
        """
        found = self.find(name)
        editions = self._store.editions(found.id)
        if not first and len(editions) < 2:
            raise NotFound(f"the list `{found.name}` has had one edition only", "import a newer one")
        older = _edition(found, editions, first) if first else editions[1]
        newer = _edition(found, editions, second) if second else editions[0]
        return older, newer, diff(self._held(older), self._held(newer))

    def entries(self, found: Watchlist) -> Sequence[ListEntry]:
        """Give the entries of a list."""
        return self._entries(found)

    def history(self, found: Watchlist) -> Sequence[Edition]:
        """Give the editions of a list, newest first, without their entries."""
        return self._store.editions(found.id)

    def _entries(self, found: Watchlist | None) -> Sequence[ListEntry]:
        """Give the entries of a list, none where there is no list."""
        edition = self._store.edition(found.edition) if found is not None else None
        return edition.entries if edition is not None else ()

    def _held(self, edition: Edition) -> Sequence[ListEntry]:
        """Give the entries of an edition that a listing gave without."""
        whole = self._store.edition(edition.id)
        return whole.entries if whole is not None else ()

    def _submit(self, event: Event, *records: Record) -> None:
        """Make a change and wait for it."""
        self._store.submit(Change((event,), records)).result()
        self._changed()


def check(kind: ListKind, file: ListFile, types: Types) -> Checked:
    """Check what a file holds and write it as its kind writes it; raises BadList where nothing of it can be used."""
    problems = list(file.problems[:SHOWN])
    refused, kept, given = len(file.problems), dict[str, ListEntry](), 0
    if len(file.entries) > MOST_ENTRIES:
        raise BadList(f"the list {file.name} has {len(file.entries):,} entries", f"split it: at most {MOST_ENTRIES:,}")
    for entry in file.entries:
        try:
            ready = _checked(kind, entry, types)
        except BadInput as error:
            refused += 1
            if len(problems) < SHOWN:
                problems.append(Problem("bad-row", error.what, error.next_step, file.name))
            continue
        given += 1
        kept.setdefault(_same(kind, ready), ready)
    if not kept and not file.people:
        first = f": {problems[0].what}" if problems else ""
        raise BadList(f"the list {file.name} holds nothing that can be used{first}", f"give {kind.value}, one per line")
    return Checked(kind, in_order(kept.values()), refused, given - len(kept), tuple(problems))


def _same(kind: ListKind, entry: ListEntry) -> str:
    """Give what two entries have in common that say the same: of terms the folded text, of names everything."""
    if kind is ListKind.NAMES:
        return "\n".join((entry.reference, entry.value, *entry.aliases, "", *entry.weak))
    return _plain(fold(entry.value).text) if kind is ListKind.TERMS else entry.value


def _checked(kind: ListKind, entry: ListEntry, types: Types) -> ListEntry:
    """Give an entry as its kind writes it; raises BadInput."""
    value = _tidy(entry.value)
    longest = LONGEST_TEXT if kind in (ListKind.TERMS, ListKind.NAMES) else LONGEST_VALUE
    if not value or len(value) > longest:
        raise BadInput(f"an entry has {len(value)} characters", f"give one to {longest:,}")
    if kind in _TYPES:
        value = types.normalise(_TYPES[kind], value)
    elif kind is ListKind.HASHES:
        value = types.normalise(_DIGESTS.get(len(value), "sha256"), value)
    elif kind is ListKind.TERMS:
        words = split(fold(value).codes)[2]
        if not 1 <= words <= MOST_WORDS:
            raise BadInput(f"the term `{value[:40]}` has {words} words", f"give one to {MOST_WORDS}, its telling ones")
    elif sum(map(str.isalnum, value)) < SHORTEST:
        raise BadInput(f"the name `{value}` is too short to say anything", f"give {SHORTEST} letters or more")
    return ListEntry(
        value,
        _spellings(entry.aliases, {value}),
        _spellings(entry.weak, {value, *entry.aliases}),
        _tidy(entry.reference)[:LONGEST_TEXT],
        _tidy(entry.programme)[:LONGEST_TEXT],
        _tidy(entry.note)[:LONGEST_NOTE],
    )


def _spellings(given: Iterable[str], known: set[str]) -> tuple[str, ...]:
    """Give other spellings of a name in their order, each once."""
    tidied = (_tidy(one) for one in given)
    return tuple(dict.fromkeys(one for one in tidied if one and one not in known and len(one) <= LONGEST_TEXT))


def _tidy(text: str) -> str:
    """Give a text with single blanks and composed letters, so that how a file was typed does not change its version."""
    return _plain(normalize("NFC", valid(text)))


def _plain(text: str) -> str:
    """Give a text with single blanks."""
    return " ".join(text.split())


def _name(name: str) -> str:
    """Give the name of a new list; raises BadInput where it can't be one."""
    tidy = _tidy(name)
    if not tidy or tidy != name or len(tidy) > LONGEST_NAME or not tidy.isprintable() or '"' in tidy:
        raise BadInput(f"`{name[:LONGEST_NAME]}` can't name a list", f"give 1 to {LONGEST_NAME} printable characters")
    return tidy


def _note(note: str) -> str:
    """Give a note for the ledger; raises BadInput where it is too long."""
    if len(note) > LONGEST_NOTE:
        raise BadInput(f"the note has {len(note):,} characters", f"give at most {LONGEST_NOTE:,}")
    return valid(note)


def _day(written: str, what: str) -> str:
    """Give a day or instant; raises BadInput where it begins with no day."""
    try:
        if written:
            date.fromisoformat(written[:10])
    except ValueError:
        raise BadInput(f"`{what}` is `{written[:40]}`", "write a day as 2027-01-31") from None
    return written[:32]


def _edition(found: Watchlist, editions: Sequence[Edition], named: str) -> Edition:
    """Give the newest edition by this name; raises NotFound."""
    for one in editions:
        if one.id == named or one.digest.startswith(named) or one.imported.startswith(named):
            return one
    raise NotFound(
        f"the list `{found.name}` has no edition `{named[:40]}`",
        f"see which it has had: `forestall list show {found.name} --history`",
    )
