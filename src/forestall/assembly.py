"""The one file that plugs things together: settings in, `House` out."""

from datetime import UTC, datetime
from pathlib import Path

from forestall import __version__, media
from forestall.detect import contact, match, names, recruit
from forestall.detect.match.seen import Seen
from forestall.detect.match.signals.contact import type_of
from forestall.exchange import advice
from forestall.exchange.feeds import feeds
from forestall.exchange.fetch import WebFetcher
from forestall.exchange.files import SignalFileFormats
from forestall.exchange.lists import ListFormats, load
from forestall.exchange.platform import PlatformExports
from forestall.exchange.platform.webhook import from_settings
from forestall.flow import notice
from forestall.flow.asking import Asking
from forestall.flow.bankfile import load_file
from forestall.flow.banks import Banker
from forestall.flow.crisis import Crises
from forestall.flow.current import Current
from forestall.flow.decide import Outbox
from forestall.flow.exchange import Puller
from forestall.flow.house import House, Workshop
from forestall.flow.listing import Lister
from forestall.flow.lists import Lists
from forestall.flow.retrohunt import Hunter
from forestall.flow.rulebook import Rulebook
from forestall.flow.samples import Samples
from forestall.flow.screen import Screening
from forestall.flow.threads import Threads
from forestall.flow.tokens import Tokens
from forestall.model import ids
from forestall.model.outcome import Outcome
from forestall.model.ports import Detector, Store, ThreadDetector
from forestall.model.settings import Settings
from forestall.policy import ruleset
from forestall.policy.ruleset import Ruleset
from forestall.store import open_store
from forestall.store.keyfile import ledger_signer

__all__ = ["House", "build", "capabilities", "check_policy", "try_examples"]


def build(settings: Settings, *, keep: bool = True, store: Store | None = None) -> House:
    """Build a house. `keep=False` stores nothing; `store` puts a store of the caller's in place of the settings' own."""
    signer, folder = None, None
    if keep and store is None:
        signer = ledger_signer(Path(settings.data))
        store = open_store(Path(settings.data), signer, ids.now)
        folder = Path(settings.data) / "index"
    types, formats = _types(), SignalFileFormats()
    filed = [load_file(Path(path), formats, types, datetime.now(UTC).date()) for path in settings.banks]
    library = match.Library(types, store, folder and folder / "banks", filed)
    found = match.MatchDetector(library)
    lists = Lists(store, types, ids.now, match.placed, [load(Path(path)) for path in settings.lists])
    detectors, named = _detectors(settings, found, lists)
    threads = Threads(recruit.threads(), store, contact.detector().across)
    speaking: list[Detector | ThreadDetector] = [*detectors, threads.detector]
    labels = notice.labels(speaking)
    rules = ruleset.load(ruleset.files_of(settings.policy), labels)
    rulebook = Rulebook(rules, labels, store, ids.now, ids.new_id)
    crises = Crises(rulebook, store, ids.now, ids.new_id)
    current = Current(named, rulebook, speaking, library, Asking(lists, store, match.placed), crises=crises)
    traced = types if store is not None and settings.keep_hashes_days else None
    adviser = advice.from_settings(settings, Tokens(Path(settings.data))("adviser"))
    screening = Screening(
        detectors, media.Box(settings), current, ids.now, ids.new_id, settings.max_text, traced, threads, adviser,
        Samples(settings.shadow_sample, settings.shadow_sample_per_day) if store is not None else None,
    )  # fmt: skip
    workshop: Workshop | None = None
    outbox = Outbox(
        bool(settings.webhook_url), ids.new_id, lambda one: workshop.puller.verdicts(one) if workshop else ()
    )
    if store is not None:
        hunter = Hunter(
            store=store, archive=Seen(store, types, folder and folder / "seen"), types=types, current=current,
            outbox=outbox, clock=ids.now, new_id=ids.new_id, library=library, findings=found.findings,
        )  # fmt: skip
        workshop = _workshop(settings, store, hunter, types, lists)
    return House(
        settings=settings,
        screening=screening,
        opener=screening.opener,
        exports=PlatformExports(),
        fetcher=WebFetcher(settings),
        files=formats,
        library=library,
        types=types,
        tracer=types,
        labels=labels,
        rulebook=rulebook,
        crises=crises,
        outbox=outbox,
        clock=ids.now,
        new_id=ids.new_id,
        kept=store,
        workshop=workshop,
        platform=from_settings(settings),
        signer=signer,
        learner=recruit.Learner(Path(settings.data)),
        lists=lists,
        list_files=ListFormats(),
    )


def _workshop(settings: Settings, store: Store, hunter: Hunter, types: match.SignalTypes, lists: Lists) -> Workshop:
    """Give what works on banks; whoever changes one has earlier content searched and everybody who matches follow."""
    banker = Banker(store, types, ids.now, ids.new_id, hunter.library.follow, arrived=hunter.arrived)
    secret = Tokens(Path(settings.data))
    puller = Puller(store, banker, feeds(ids.now), secret, clock=ids.now, new_id=ids.new_id, types=types)
    lister = Lister(store, types, ids.now, ids.new_id, lists.follow)
    return Workshop(banker, hunter, hunter.archive, puller, lister)


def capabilities() -> dict[str, str]:
    """Say what the media box can rely on here: each protection with `on` or `off: why`."""
    return media.capabilities()


def check_policy(folder: str) -> Ruleset:
    """Check a policy folder against everything the detectors can say; raises BadPolicy."""
    return ruleset.load(ruleset.files_of(folder), _labels())


def try_examples(folder: str) -> list[ruleset.Tried]:
    """Try the examples of a policy folder; raises BadPolicy where it does not hold together."""
    return ruleset.try_all(ruleset.files_of(folder), _labels())


def _labels() -> dict[str, Outcome]:
    """Give every label there can be, with its ceiling."""
    types = _types()
    known = match.MatchDetector(match.Library(types, None, None))
    detectors, _ = _detectors(Settings(), known, Lists(None, types, ids.now))
    return notice.labels([*detectors, recruit.threads()])


def _types() -> match.SignalTypes:
    """Give all signal types; families don't know each other, so what finds contact points is handed over here."""
    return match.SignalTypes([type_of(contact.points_of, contact.canonical)])


def _detectors(settings: Settings, known: Detector, lists: Lists) -> tuple[list[Detector], dict[str, str]]:
    """Give the detectors with their lists, and the versions of all that stays as it is while the house stands."""
    detectors: list[Detector] = [known, contact.detector(), names.detector(lists)]
    detectors.append(recruit.detector(Path(settings.data)))
    versions = {"forestall": __version__, "detector:reader": notice.READER_VERSION}
    return detectors, versions
