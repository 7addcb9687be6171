"""What several tests share: a house of fakes whose clock and ids are known."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import count

from forestall.flow.decide import Outbox, keep
from forestall.flow.replay import bundle_of
from forestall.flow.screen import Screened, Screening, Versions
from forestall.ledger.checkpoint import Signer
from forestall.model.content import Attachment, Content, Problem
from forestall.model.finding import Finding
from forestall.model.ids import instant, sha256_hex
from forestall.model.outcome import Outcome
from forestall.model.ports import Detector
from forestall.model.reading import Opened, Reading, Role, Segment
from forestall.model.records import Person, Receipt
from forestall.policy import ruleset
from forestall.store import MemoryStore

LABELS = {
    "known-exact": Outcome.REMOVE,
    "known-near": Outcome.HOLD,
    "known-text": Outcome.REVIEW,
    "known-unconfirmed": Outcome.REVIEW,
    "known-excused": Outcome.PASS,
    "contact-point": Outcome.PASS,
    "contact-invite": Outcome.REVIEW,
    "listed-name": Outcome.PASS,
    "recruiting": Outcome.REVIEW,
    "recruiting-thread": Outcome.REVIEW,
    "advice": Outcome.PASS,
    "grievance": Outcome.PASS,
    **dict.fromkeys(("propaganda", "contact", "training", "pledge", "incitement", "unreadable"), Outcome.REVIEW),
    **dict.fromkeys(
        (
            "context-news",
            "context-counter-speech",
            "context-scripture",
            "context-research",
            "context-fiction",
            "context-negation",
            "context-personal",
        ),
        Outcome.PASS,
    ),
}
"""Every label of the real detectors with its ceiling, so that the packaged ruleset loads."""
PERSON = Person("reviewer-1", "ada", "moderator", "", "2026-01-01T00:00:00.000Z")


class Clock:
    """A clock that a test moves; each look takes a millisecond."""

    def __init__(self, start: float = 1_767_225_600.0) -> None:
        self.seconds = start

    def __call__(self) -> str:
        self.seconds += 0.001
        return instant(self.seconds)


class Ids:
    """Ids that count up."""

    def __init__(self, prefix: str = "id") -> None:
        self._numbers = count(1)
        self._prefix = prefix

    def __call__(self) -> str:
        return f"{self._prefix}-{next(self._numbers):06d}"


class WordDetector:
    """Finds `!label` in text: a detector whose findings a test writes into the content itself."""

    name = "words"
    version = "1"
    labels: Mapping[str, Outcome] = LABELS

    def look(self, reading: Reading) -> Iterable[Finding]:
        """Give one finding per marked word."""
        for segment in reading.segments:
            for label, ceiling in LABELS.items():
                at = segment.text.find(f"!{label}")
                if at >= 0:
                    span = ((at, at + len(label) + 1),)
                    evidence = {
                        "bank": "b",
                        "signal": "pdq",
                        "label": "l",
                        "source": "s",
                        "distance": 1,
                        "trust": "partner",
                    }
                    yield Finding(self.name, self.version, label, 1.0, ceiling, segment.part, span, evidence)


class FailingDetector(WordDetector):
    """A detector that always fails."""

    name = "failing"

    def look(self, reading: Reading) -> Iterable[Finding]:
        """Fail."""
        raise RuntimeError("no luck")


class BoastingDetector(WordDetector):
    """A detector whose findings claim more than it declared."""

    name = "boasting"

    def look(self, reading: Reading) -> Iterable[Finding]:
        """Claim the harshest ceiling for a text label and for a label nobody declared."""
        for label in ("recruiting", "undeclared"):
            yield Finding(self.name, self.version, label, 1.0, Outcome.REMOVE)


class PlainOpener:
    """An opener for tests: every attachment is UTF-8 text, an archive is `TAR!` and lines of `name=text`."""

    def open(self, attachment: Attachment) -> Opened:
        """Give the bytes as one page of text."""
        return Opened((Segment(attachment.name, Role.PAGE, attachment.data.decode("utf-8", "replace")),))

    def unpack(self, attachment: Attachment) -> Iterator[Attachment | Problem]:
        """Give the lines of a pretended archive."""
        for line in attachment.data.decode().splitlines()[1:]:
            name, _, text = line.partition("=")
            if name == "bad":
                yield Problem("damaged", "a member is damaged", "", f"{attachment.name}/bad")
            else:
                yield Attachment(f"{attachment.name}/{name}", text.encode())

    def close(self) -> None:
        """Nothing to stop."""


class SmallHouse:
    """Screening over a memory store, with fakes in every port."""

    def __init__(self, *extra: Detector, webhook: bool = False) -> None:
        self.clock, self.new_id = Clock(), Ids()
        self.store = MemoryStore(Signer("forestall/test", b"7" * 32), self.clock)
        self.opener = PlainOpener()
        rules = ruleset.load(ruleset.default_files(), LABELS)
        bundle = bundle_of(rules, LABELS)
        self.store.blobs.put(bundle)
        names = {"ruleset": f"{rules.name}@{rules.version[:12]}", "ruleset-files": sha256_hex(bundle)}
        versions = Versions(names, rules)
        detectors = [WordDetector(), *extra]
        self.screening = Screening(detectors, self.opener, lambda: versions, self.clock, self.new_id, 1000)
        self.outbox = Outbox(webhook, self.new_id)

    def screen(self, *contents: Content) -> tuple[list[Screened], list[Receipt]]:
        """Screen and keep."""
        screened = [self.screening.screen(content) for content in contents]
        return screened, [future.result() for future in keep(self.store, screened, self.outbox)]

    def tags(self) -> list[str]:
        """Give the tags of all ledger lines."""
        return [row.tag for row in self.store.ledger_rows()]
