"""A house in which what was screened is remembered, with a banker and a hunter, for tests of retro-hunts."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from forestall.flow.banks import Banker
from forestall.flow.retrohunt import Hunter
from forestall.ledger.entry import parse
from forestall.model.bank import Bank, Entry, Match, Opinion, Purpose, Trace, Trust
from forestall.model.content import Content
from forestall.model.decision import MACHINE, Decision
from forestall.model.finding import Finding
from forestall.model.reading import Reading
from forestall.model.records import Case, CaseState, Event, Hunt
from tests.flow.known import BruteArchive, NoLibrary, TwoTypes, trace
from tests.support import LABELS, SmallHouse

A, B, C = ("0123456789abcdef" * 4, "fedcba9876543210" * 4, "00ff" * 16)
FILE = "0123456789abcdef" * 2
DAY = 86_400


class TextTracer:
    """Takes every hex word of a text for a signal of the post's pictures; `_7` behind it is its quality."""

    def traces(self, reading: Reading) -> Sequence[Trace]:
        """Give the traces of a reading."""
        words = [word.partition("_") for segment in reading.segments for word in segment.text.split()]
        return [
            trace(word, quality=int(quality or 100))
            for word, _, quality in words
            if len(word) in (32, 64) and not set(word) - set("0123456789abcdef")
        ]


class Room:
    """A house that keeps sightings, a banker and a hunter."""

    def __init__(self, *, webhook: bool = False) -> None:
        self.house = SmallHouse(webhook=webhook)
        self.house.screening = replace(self.house.screening, tracer=TextTracer())
        self.store, self.clock = self.house.store, self.house.clock
        types = TwoTypes()
        self.banker = Banker(self.store, types, self.clock, self.house.new_id)
        self.archive, self.library = BruteArchive(self.store), NoLibrary()
        screening = self.house.screening
        self.hunter = Hunter(
            self.store,
            self.archive,
            types,
            screening.current,
            self.house.outbox,
            self.clock,
            self.house.new_id,
            library=self.library,
            findings=findings,
        )

    def post(self, name: str, text: str) -> Decision:
        """Screen a post."""
        (screened,), _ = self.house.screen(Content(name, text))
        return screened.decision

    def bank(self, *values: str, trust: Trust = Trust.CANDIDATE, **fields: Any) -> Bank:
        """Give a bank of pictures and files."""
        bank = self.banker.create(self.house.new_id(), "cli", trust=trust, **fields)
        self.add(bank, *values)
        return bank

    def add(self, bank: Bank, *values: str) -> None:
        """Add signals to a bank."""
        entries = [
            Entry("pdq" if len(value) == 64 else "md5", value, Opinion("peer", label="poster")) for value in values
        ]
        self.banker.add(bank, entries, "cli")

    def hunt(self, bank: Bank) -> Hunt:
        """Hunt for a bank's signals."""
        return self.hunter.run(self.hunter.start(bank, "cli"))

    def machine(self, name: str) -> list[Decision]:
        """Give the machine's decisions on a post."""
        return [item for item in self.store.decisions_of(name) if item.by == MACHINE]

    def open_cases(self) -> list[Case]:
        """Give all open cases."""
        return list(self.store.cases(CaseState.OPEN, limit=1_000).items)

    def lines(self, tag: str) -> list[Event]:
        """Give the ledger lines with a tag."""
        return [parse(row.entry)[1] for row in self.store.ledger_rows() if row.tag == tag]


def findings(matches: Sequence[Match]) -> Sequence[Finding]:
    """Give a finding per match, as the detector of known material does."""
    allowed = {match.part for match in matches if match.bank.purpose is Purpose.ALLOW}
    labels = {Trust.CONFIRMED: "known-near", Trust.PARTNER: "known-unconfirmed", Trust.CANDIDATE: "known-unconfirmed"}
    found = []
    for match in matches:
        label = labels[match.standing.trust]
        if match.signal.type == "md5" and match.standing.trust is Trust.CONFIRMED:
            label = "known-exact"
        if match.part in allowed:
            label = "known-excused"
        evidence = {
            "bank": match.bank.name,
            "signal": match.signal.type,
            "signal_id": match.signal.id,
            "distance": match.distance,
            "apart": str(match.distance),
            "label": match.standing.opinion.label,
            "source": match.standing.opinion.source,
            "trust": match.standing.trust.value,
        }
        if match.bank.purpose is Purpose.BLOCK:
            found.append(Finding("match", "2", label, 0.9, LABELS[label], match.part, (), evidence))
    return found
