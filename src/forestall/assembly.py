"""The one file that plugs things together: settings in, `House` out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from forestall import __version__, media
from forestall.detect import contact, match, names, recruit
from forestall.exchange.platform import PlatformExports
from forestall.exchange.platform.webhook import WebhookPlatform
from forestall.flow import act, decide, notice, replay, retain
from forestall.flow.decide import Outbox
from forestall.flow.gather import Gatherer
from forestall.flow.screen import Screened, Screening
from forestall.ledger.checkpoint import Signer
from forestall.model import ids
from forestall.model.content import Content
from forestall.model.errors import BadPolicy, StoreFailed
from forestall.model.outcome import Outcome
from forestall.model.ports import Clock, Detector, Exports, NewId, Opener, Platform, Store
from forestall.model.records import Retention
from forestall.model.settings import Settings
from forestall.policy import ruleset
from forestall.policy.ruleset import Ruleset
from forestall.store import open_store
from forestall.store.keyfile import ledger_signer


@dataclass(frozen=True, slots=True)
class House:
    """Everything plugged together. Close it, or use it as a context manager; `store` exists unless built with keep=False."""

    settings: Settings
    screening: Screening
    opener: Opener
    exports: Exports
    labels: dict[str, Outcome]
    outbox: Outbox
    clock: Clock
    new_id: NewId
    kept: Store | None
    platform: Platform | None
    signer: Signer | None

    @property
    def store(self) -> Store:
        """The store; raises StoreFailed where the house keeps nothing."""
        if self.kept is None:
            raise StoreFailed("nothing is stored here", "run it with a store")
        return self.kept

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

    def act(self) -> int:
        """Hand due messages to the platform; gives how many it took, 0 where no webhook is configured."""
        return 0 if self.platform is None else act.carry_out(self.store, self.platform, self.clock())

    def purge(self) -> int:
        """Apply retention now; gives how many contents were purged."""
        days = {Retention.TRANSIENT: self.settings.keep_transient_days, Retention.CASE: self.settings.keep_case_days}
        return retain.purge(self.store, self.clock(), days)

    def close(self) -> None:
        """Finish writes and stop workers; closing twice is fine."""
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


def build(settings: Settings, *, keep: bool = True, store: Store | None = None) -> House:
    """Build a house. `keep=False` stores nothing; `store` puts a store of the caller's in place of the settings' own."""
    detectors, versions = _detectors(settings)
    labels = notice.labels(detectors)
    rules = ruleset.load(_policy_files(settings.policy), labels)
    opener = media.Box(settings)
    signer = None
    if keep and store is None:
        signer = ledger_signer(Path(settings.data))
        store = open_store(Path(settings.data), signer, ids.now)
    bundle = replay.bundle_of(rules, labels)
    versions |= {"ruleset": f"{rules.name}@{rules.version[:12]}", "ruleset-files": ids.sha256_hex(bundle)}
    if store is not None:
        store.blobs.put(bundle)
    screening = Screening(detectors, opener, rules, versions, ids.now, ids.new_id, settings.max_text)
    outbox = Outbox(bool(settings.webhook_url), ids.new_id)
    platform = None
    if settings.webhook_url:
        platform = WebhookPlatform(settings.webhook_url, settings.webhook_secret, settings.webhook_private_hosts)
    exports = PlatformExports()
    return House(settings, screening, opener, exports, labels, outbox, ids.now, ids.new_id, store, platform, signer)


def capabilities() -> dict[str, str]:
    """Say what the media box can rely on here: each protection with `on` or `off: why`."""
    return media.capabilities()


def check_policy(folder: str) -> Ruleset:
    """Check a policy folder against everything the detectors can say; raises BadPolicy."""
    detectors, _ = _detectors(Settings())
    return ruleset.load(_policy_files(folder), notice.labels(detectors))


def _detectors(settings: Settings) -> tuple[list[Detector], dict[str, str]]:
    """Give the detectors with their banks and lists, and the versions of all of them."""
    banks = [match.load_bank(Path(path)) for path in settings.banks]
    lists = [names.load_list(Path(path)) for path in settings.lists]
    detectors: list[Detector] = [match.detector(banks), contact.detector(), names.detector(lists), recruit.detector()]
    versions = {"forestall": __version__, "detector:reader": notice.READER_VERSION}
    versions |= {f"detector:{detector.name}": detector.version for detector in detectors}
    versions |= {f"bank:{bank.name}": bank.version[:16] for bank in banks}
    versions |= {f"list:{listed.name}": listed.version[:16] for listed in lists}
    return detectors, versions


def _policy_files(folder: str) -> dict[str, str]:
    """Give the YAML files of a policy folder, or the packaged ones; raises BadPolicy."""
    if not folder:
        return ruleset.default_files()
    try:
        files = {path.name: path.read_text("utf-8") for path in sorted(Path(folder).glob("*.yaml"))}
    except (OSError, UnicodeDecodeError) as error:
        raise BadPolicy(f"the policy folder `{folder}` can't be read ({error})", "check its files") from None
    if not files:
        raise BadPolicy(f"the policy folder `{folder}` has no .yaml file", "put the ruleset there")
    return files
