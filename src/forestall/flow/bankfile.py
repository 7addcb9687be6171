"""Banks as files: read whole for matching without a store, and written so that they can be read again."""

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec

from forestall.flow.opinions import checked, day
from forestall.model.bank import Bank, Entry, Opinion, Signal, Trust, signal_id
from forestall.model.content import Problem
from forestall.model.errors import BadBank, BadInput
from forestall.model.ports import SignalFiles, Types

COLUMNS = (
    "type",
    "value",
    "trust",
    "label",
    "source",
    "distance",
    "note",
    "confirmed_by",
    "expires",
    "ideology",
    "list",
    "file_type",
    "reference",
    "first_seen",
    "last_seen",
    "stance",
    "withdrawn",
)
"""Columns of an exported bank: one row per opinion, so a signal with two sources has two rows."""
FORMATS = ("csv", "ndjson")

HEAD_BYTES = 64 * 1024
"""Bytes of a file's beginning that its format is recognised by."""

_SHOWN = 5
_LONGEST_LINE = 64 * 1024
_OPINION_FIELDS = tuple(item.name for item in fields(Opinion))
_RANK = {trust: rank for rank, trust in enumerate(Trust)}

_Key = tuple[str, str]


class _Mention(NamedTuple):
    """What one entry says of a signal; most entries of a file say the same."""

    opinion: Opinion
    distance: int | None
    expires: str


def load_file(path: Path, formats: SignalFiles, types: Types, today: date) -> tuple[Bank, list[Signal]]:
    """Load a bank file to match against; the bank is named after the file without its ending.

    Its id follows its content: any change of what the bank would match or say changes it; order and repeats do not. Signals whose
    last day lies before `today` are left out, so what it matches never depends on the clock again. A value given several times
    counts once per source, with what its most trusted mention says. Raises BadBank naming the file, the first entries that can't be
    used and how many there are: a bank file is loaded whole or not at all.
    """
    kept: dict[_Key, tuple[_Mention, ...]] = {}
    same: dict[_Mention, _Mention] = {}
    wrong = _Wrong(path)
    count = 0
    with opened(path, formats) as (form, source):
        for count, entry in enumerate(formats.read(form, path.name, source), 1):  # noqa: B007 - the last number is the count
            if isinstance(entry, Problem):
                wrong.add(entry.part, entry.what)
                continue
            try:
                key, mention = _mention(entry, types)
            except BadInput as error:
                wrong.add("", str(error), entry.value)
                continue
            if not mention.expires or mention.expires >= today.isoformat():
                kept[key] = (*kept.get(key, ()), same.setdefault(mention, mention))
    wrong.refuse()
    if not count:
        raise BadBank(
            f"the bank file {path} holds no signal", "give a header and rows, JSON lines, or one hash per line"
        )
    return _banked(path.stem, kept)


@contextmanager
def opened(path: Path, formats: SignalFiles) -> Iterator[tuple[str, BinaryIO]]:
    """Open a bank file and give the name of its format and the file, at its beginning.

    Raises BadBank where it can't be opened or holds no signals in a format we know.
    """
    try:
        source = path.open("rb")
    except OSError as error:
        raise BadBank(
            f"the bank file {path} cannot be opened ({error.strerror})", "check its path and permissions"
        ) from None
    with source:
        form = formats.recognise(path.name, source.read(HEAD_BYTES))
        if not form:
            raise BadBank(
                f"the bank file {path} holds no signal in a format we know",
                "give a header and rows, JSON lines, or one hash per line, as UTF-8 text",
            )
        source.seek(0)
        yield form, source


def sourced(entries: Iterable[Entry | Problem], source: str, trust: Trust | None = None) -> Iterator[Entry | Problem]:
    """Give entries, those whose opinion names no source with this one, those that say no trust with this one."""
    said = named = Opinion("")
    for entry in entries:
        if isinstance(entry, Problem) or (entry.opinion.source and (entry.opinion.trust or trust is None)):
            yield entry
            continue
        if entry.opinion is not said:  # many entries of a file share theirs
            said = entry.opinion
            named = replace(said, source=said.source or source, trust=said.trust or trust)
        yield Entry(entry.type, entry.value, named, entry.distance, entry.expires)


def line_of(path: Path, value: str) -> int:
    """Find the first line of a text file that holds a value; 0 where none does. For telling people where to look."""
    wanted = re.compile(rb"(?<!\w)%b(?!\w)" % re.escape(value.strip().encode("utf-8", "surrogatepass")))
    if not value.strip():
        return 0
    try:
        with path.open("rb") as source:
            number = 0
            while line := source.readline(_LONGEST_LINE):
                number += 1
                if wanted.search(line):
                    return number
    except OSError:
        pass
    return 0


def lines(pages: Iterable[Signal], form: str) -> Iterator[str]:
    """Write signals as lines of CSV or NDJSON (`form`), each with its line end; raises BadInput for another format.

    Reading them again gives the same opinions.
    """
    if form not in FORMATS:
        raise BadInput(f"a bank cannot be written as `{form[:20]}`", f"choose {' or '.join(FORMATS)}")
    return _csv(pages) if form == "csv" else _ndjson(pages)


def _csv(signals: Iterable[Signal]) -> Iterator[str]:
    """Write signals as CSV with a header."""
    room = io.StringIO()
    writer = csv.writer(room, lineterminator="\n")
    writer.writerow(COLUMNS)
    for signal in signals:
        for row in _rows(signal):
            writer.writerow([row[name] for name in COLUMNS])
        yield room.getvalue()
        room.seek(0)
        room.truncate()
    yield room.getvalue()


def _ndjson(signals: Iterable[Signal]) -> Iterator[str]:
    """Write signals as JSON lines without what is empty."""
    encode = msgspec.json.Encoder().encode
    for signal in signals:
        for row in _rows(signal):
            yield encode({name: value for name, value in row.items() if value != ""}).decode() + "\n"


def _rows(signal: Signal) -> Iterator[Mapping[str, Any]]:
    """Give a signal's rows: one per opinion."""
    for opinion in signal.opinions:
        yield {
            "type": signal.type,
            "value": signal.value,
            "trust": opinion.trust.value if opinion.trust else "",
            "label": opinion.label,
            "source": opinion.source,
            "distance": "" if signal.distance is None else signal.distance,
            "note": opinion.note,
            "confirmed_by": opinion.confirmed_by,
            "expires": signal.expires,
            "ideology": opinion.ideology,
            "list": opinion.listing,
            "file_type": opinion.file_type,
            "reference": opinion.reference,
            "first_seen": opinion.first_seen,
            "last_seen": opinion.last_seen,
            "stance": opinion.stance.value,
            "withdrawn": opinion.withdrawn,
        }


class _Wrong:
    """The entries of a file that can't be used: the first of them in words, and how many there are."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._said: list[str] = []
        self._count = 0

    def add(self, where: str, why: str, value: str = "") -> None:
        """Count one; `where` says the place, or else `value` is looked for."""
        self._count += 1
        if len(self._said) < _SHOWN:
            number = 0 if where else line_of(self._path, value)
            where = where or (f"line {number}" if number else "a line")
            self._said.append(why if why.startswith(where) else f"{where}: {why}")

    def refuse(self) -> None:
        """Raise BadBank where there was any."""
        if self._count:
            more = "; …" if self._count > _SHOWN else ""
            raise BadBank(
                f"the bank file {self._path} has {self._count} line(s) that cannot be used ({'; '.join(self._said)}{more})",
                "correct or delete these lines; nothing was loaded",
            )


def _mention(entry: Entry, types: Types) -> tuple[_Key, _Mention]:
    """Give the signal an entry speaks of, and what it says; raises BadInput."""
    value = types.normalise(entry.type, entry.value)
    largest = types.largest_distance(entry.type)
    if entry.distance is not None and not 0 <= entry.distance <= largest:
        raise BadInput(f"the distance `{entry.distance}` cannot be used", f"give a whole number from 0 to {largest}")
    return (entry.type, value), _Mention(checked(entry.opinion), entry.distance, day(entry.expires))


def _order(mention: _Mention) -> tuple[Any, ...]:
    """Give the sort key of mentions: what was taken back, then the most trusted first, then anything fixed."""
    opinion = mention.opinion
    rank = _RANK[opinion.trust or Trust.CANDIDATE]
    distance = -1 if mention.distance is None else mention.distance
    said = [str(getattr(opinion, name)) for name in _OPINION_FIELDS]
    return not opinion.withdrawn, rank, distance, mention.expires, said


def _banked(name: str, kept: Mapping[_Key, tuple[_Mention, ...]]) -> tuple[Bank, list[Signal]]:
    """Give the bank of these signals, which from here on have ids."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape"))
    encode = msgspec.json.Encoder().encode
    signals = []
    for key in sorted(kept):
        mentions = kept[key]
        if len(mentions) > 1:
            mentions = tuple(sorted(set(mentions), key=_order))
        by_source = {mention.opinion.source: mention.opinion for mention in reversed(mentions)}
        best = next((mention for mention in mentions if not mention.opinion.withdrawn), mentions[0])
        opinions = tuple(by_source.values()) if len(by_source) > 1 else (mentions[0].opinion,)
        signal = Signal(0, "", *key, opinions, best.distance, "", best.expires)
        digest.update(encode(signal))
        signals.append(signal)
    bank = Bank(id=f"file:{digest.hexdigest()}", name=name)
    return bank, _numbered(bank.id, signals)


def _numbered(bank: str, signals: list[Signal]) -> list[Signal]:
    """Give signals their bank and an id each."""
    numbers: set[int] = set()
    for place, signal in enumerate(signals):
        number, attempt = signal_id(bank, signal.type, signal.value), 0
        while number in numbers:
            attempt += 1
            number = signal_id(bank, signal.type, signal.value, attempt)
        numbers.add(number)
        signals[place] = replace(signal, id=number, bank=bank)
    return signals
