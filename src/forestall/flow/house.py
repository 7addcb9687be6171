"""The house: everything plugged together, as the doors see it. `assembly.build` makes one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, BinaryIO, Self, cast

from forestall.flow import act, decide, retain, retrohunt
from forestall.flow.banks import Added, Banker
from forestall.flow.crisis import Crises
from forestall.flow.decide import Outbox
from forestall.flow.exchange import Puller, Routes
from forestall.flow.gather import Gatherer
from forestall.flow.importing import APART_BYTES, Importer, Job, size_of
from forestall.flow.learning import Learner
from forestall.flow.listing import Lister
from forestall.flow.lists import Lists
from forestall.flow.retrohunt import Hunter
from forestall.flow.rulebook import Rulebook
from forestall.flow.screen import Screened, Screening
from forestall.ledger.checkpoint import Signer
from forestall.model.bank import Bank, Match, Trace
from forestall.model.content import Attachment, Content
from forestall.model.errors import StoreFailed
from forestall.model.lists import ListFiles
from forestall.model.outcome import Outcome
from forestall.model.ports import (
    Archive,
    Clock,
    Exports,
    Fetcher,
    Library,
    NewId,
    Opener,
    Platform,
    SignalFiles,
    Store,
    Tracer,
    Types,
)
from forestall.model.records import HuntState, Retention
from forestall.model.settings import Settings


@dataclass(frozen=True, slots=True)
class Workshop:
    """What works on banks and on what was screened before; only where something is stored."""

    banker: Banker
    hunter: Hunter
    archive: Archive
    puller: Puller
    lister: Lister


@dataclass(frozen=True, slots=True)
class House:
    """Everything plugged together. Close it, or use it as a context manager; `store` exists unless built with keep=False."""

    settings: Settings
    screening: Screening
    opener: Opener
    exports: Exports
    fetcher: Fetcher
    files: SignalFiles
    library: Library
    types: Types
    tracer: Tracer
    labels: dict[str, Outcome]
    rulebook: Rulebook
    crises: Crises
    outbox: Outbox
    clock: Clock
    new_id: NewId
    kept: Store | None
    workshop: Workshop | None
    platform: Platform | None
    signer: Signer | None
    learner: Learner
    lists: Lists
    list_files: ListFiles
    importer: Importer = field(default_factory=Importer)

    @property
    def store(self) -> Store:
        """The store; raises StoreFailed where the house keeps nothing."""
        if self.kept is None:
            raise StoreFailed("nothing is stored here", "run it with a store")
        return self.kept

    @property
    def banker(self) -> Banker:
        """The verbs on banks; raises StoreFailed where the house keeps nothing."""
        return self._workshop.banker

    @property
    def lister(self) -> Lister:
        """The verbs on lists; raises StoreFailed where the house keeps nothing."""
        return self._workshop.lister

    @property
    def hunter(self) -> Hunter:
        """What searches earlier content; raises StoreFailed where the house keeps nothing."""
        return self._workshop.hunter

    @property
    def puller(self) -> Puller:
        """The verbs on exchanges; raises StoreFailed where the house keeps nothing."""
        return self._workshop.puller

    @property
    def _workshop(self) -> Workshop:
        if self.workshop is None:
            raise StoreFailed("nothing is stored here", "run it with a store")
        return self.workshop

    def screen(self, contents: Sequence[Content]) -> list[Screened]:
        """Screen content and keep the results; they are durable when this returns."""
        screened = [self.screening.screen(content) for content in contents]
        if self.kept is not None:
            for future in decide.keep(self.kept, screened, self.outbox):
                future.result()
        return screened

    def gatherer(self) -> Gatherer:
        """Give a fresh gatherer of content from paths."""
        return Gatherer(self.exports, self.opener, self.settings.max_file_bytes, self.settings.max_depth)

    def fetch(self, url: str) -> Attachment:
        """Fetch a file by its address; raises BadInput, Refused where no operator allows its host, and ExchangeFailed."""
        return self.fetcher.fetch(url)

    def traces(self, content: Content) -> Sequence[Trace]:
        """Open content and give its signals; decides and keeps nothing."""
        return self.tracer.traces(self.screening.open(content))

    def match(self, content: Content) -> Sequence[Match]:
        """Open content and give what it meets in the banks; decides and keeps nothing."""
        return self.library.matches(self.screening.open(content), self.clock())

    def lookup(self, kind: str, values: Sequence[str]) -> Sequence[Sequence[Match]]:
        """Give what written signals of a type meet in the banks; raises BadInput naming what can't be used."""
        return self.library.lookup(kind, [self.types.normalise(kind, value) for value in values], self.clock())

    def follow(self) -> bool:
        """Take in what changed in banks, lists, rules and counters, also by other processes; tells whether anything did.

        What another process is taking in at this moment is left to it, and is here a moment later.
        """
        changed = [
            self.library.follow(patient=False),
            self.lists.follow(),
            self.rulebook.follow(),
            self.crises.follow(),
            self.screening.follow(),
        ]
        return any(changed)

    @property
    def scratch(self) -> str | None:
        """The folder for files that are brought while they arrive: on the disk of our own data, or wherever the system has them."""
        return self.settings.data if self.signer is not None and Path(self.settings.data).is_dir() else None

    def bring(self, bank: Bank, form: str, name: str, file: IO[bytes], by: str) -> Added:
        """Import a file of a known format into a bank; a large one by a process of its own. Raises as `Importer.run` does."""
        # A store that was given to us, as one in memory, no other process can open.
        if self.scratch is None or size_of(file) <= APART_BYTES:
            return self.banker.add(bank, self.files.read(form, name, cast("BinaryIO", file)), by)
        added = self.importer.run(Job(self.settings, bank.id, form, name, by, file.fileno()))
        self.library.follow()
        return added

    def hunt_due(self, stop: Callable[[], bool] = lambda: False) -> int:
        """Search earlier content for signals that came since the last hunt, until `stop` says so; gives how many hunts ended.

        What a process of its own imports is searched for by that process.
        """
        filled = self.importer.bank
        if not filled:
            self.hunter.overlooked()
            self.hunter.late(stop)
        hunts = self.hunter.run_waiting(stop, filled)
        return sum(hunt.state is not HuntState.RUNNING for hunt in hunts)

    def pull_due(self, stop: Callable[[], bool] = lambda: False) -> int:
        """Pull every exchange that is due, until `stop` says so; gives how many were pulled without failure."""
        return self.puller.pull_due(stop)

    def act(self) -> int:
        """Hand due messages to the platform and verdicts to partners; gives how many were taken."""
        return act.carry_out(self.store, Routes(self.platform, self.puller), self.clock())

    def purge(self) -> int:
        """Apply retention now, to content and to the hashes kept of it; gives how many contents were purged.

        Lists whose last day is over, and a crisis whose time is up, are said to be over.
        """
        self.lister.expire_due()
        self.crises.expire_due()
        retrohunt.forget(self.store, self.clock(), self.settings.keep_hashes_days, self._workshop.archive.forget)
        days = {Retention.TRANSIENT: self.settings.keep_transient_days, Retention.CASE: self.settings.keep_case_days}
        return retain.purge(self.store, self.clock(), days)

    def close(self) -> None:
        """Finish writes and stop workers; closing twice is fine."""
        self.importer.stop()
        self.library.close()
        if self.workshop is not None:
            self.workshop.archive.close()
        if self.kept is not None:
            self.kept.close()
        if self.platform is not None:
            self.platform.close()
        self.opener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
