"""Messages: the shapes of requests and answers. `openapi.py` publishes their schemas; decoding with them is the only validation."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from forestall.flow.result import Result, ResultExcuse, ResultFinding, ResultReason
from forestall.model.content import Audience, Markup
from forestall.model.decision import Decision, Fact
from forestall.model.outcome import Outcome
from forestall.model.reading import Role
from forestall.model.records import Page, Retention, StoredContent

MAX_ITEMS = 1_000
"""Most items in one request."""
MAX_ID = 1_024
"""Most characters of an id; long enough for the addresses that federated servers use as ids."""
MAX_MEDIA = 64
"""Most files named by one item."""
MAX_PAGE = 1_000
"""Most decisions in one answer."""

_BASE64 = r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
_CURSOR = r"^[A-Za-z0-9_-]*(?![\s\S])"
_INSTANT = (
    r"^(?:|[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?)(?![\s\S])"
)
"""ISO 8601 or nothing. It ends without `$`, which Python would also match before a line break."""
Id = Annotated[str, Meta(min_length=1, max_length=MAX_ID)]
FileName = Annotated[str, Meta(min_length=1, max_length=1_024)]
Short = Annotated[str, Meta(max_length=2_048)]


class InlineMedia(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file sent inside the JSON. `type` is what the sender believes it to be; it is checked against the bytes."""

    name: FileName
    data: Annotated[bytes, Meta(description="The bytes in base64", extra_json_schema={"pattern": _BASE64})]
    type: Short = ""


class _Post(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What JSON and forms say alike about a post."""

    id: Annotated[
        str, Meta(min_length=1, max_length=MAX_ID, description="The platform's own id of the post", examples=["post-1"])
    ]
    text: Annotated[str, Meta(description="The text as posted", examples=["Good morning, everyone!"])] = ""
    markup: Markup = Markup.PLAIN
    links: Annotated[
        tuple[Short, ...], Meta(max_length=1_000, description="Targets of links that the text does not show")
    ] = ()
    audience: Audience = Audience.PUBLIC
    author: Annotated[str, Meta(max_length=MAX_ID, description="The platform's opaque id of the author")] = ""
    thread: Annotated[str, Meta(max_length=MAX_ID, description="The platform's opaque id of the thread")] = ""
    url: Annotated[str, Meta(max_length=8_192, description="Where the post can be seen; never fetched")] = ""
    published: Annotated[
        str, Meta(pattern=_INSTANT, description="When it was posted (ISO 8601)", examples=["2026-01-31T12:00:00Z"])
    ] = ""
    lang: Annotated[
        str, Meta(max_length=64, description="The language as the platform declares it (BCP 47)", examples=["en"])
    ] = ""
    surface: Annotated[
        str, Meta(max_length=64, description="The part of the service it was posted to", examples=["comments"])
    ] = ""
    jurisdiction: Annotated[
        str, Meta(max_length=64, description="The legal area it falls in, as the platform names it", examples=["EU"])
    ] = ""


class Item(_Post, frozen=True):
    """What a user posted. Only `id` must be given: the platform's own id, under which sending it twice is harmless."""

    media: Annotated[
        tuple[InlineMedia, ...], Meta(max_length=MAX_MEDIA, description="Files that belong to the post")
    ] = ()


class FormItem(_Post, frozen=True):
    """An item sent in a form: its `media` may also name files of the same form."""

    media: Annotated[
        tuple[FileName | InlineMedia, ...],
        Meta(max_length=MAX_MEDIA, description="Files that belong to the post: inline, or names of files of the form"),
    ] = ()


class Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Several items, answered in the same order."""

    items: Annotated[tuple[Item, ...], Meta(min_length=1, max_length=MAX_ITEMS)]


class FormBatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Several items sent in a form."""

    items: Annotated[tuple[FormItem, ...], Meta(min_length=1, max_length=MAX_ITEMS)]


class Results(msgspec.Struct, frozen=True):
    """The results of a batch, in the order of its items."""

    results: tuple[Result, ...]


class ContentFile(msgspec.Struct, frozen=True):
    """A kept file: name, declared type, bytes, SHA-256."""

    name: str
    media_type: str
    size: int
    sha256: str


class ContentText(msgspec.Struct, frozen=True):
    """A text of the content, as detectors saw it; spans of findings with this `part` point into it."""

    part: str
    role: Role
    text: str


class ContentDecision(msgspec.Struct, frozen=True):
    """A decision on the content, in short."""

    id: str
    revision: str
    outcome: Outcome
    by: str
    at: str


class ContentAnswer(msgspec.Struct, frozen=True):
    """Content as kept, in the revision received last. `texts` is null for a key without the scope `read`, empty once purged."""

    id: str
    revision: str
    kind: str
    received: str
    audience: Audience
    retention: Retention
    language: str
    author: str
    thread: str
    url: str
    published: str
    purged: str
    files: tuple[ContentFile, ...]
    texts: tuple[ContentText, ...] | None
    decisions: tuple[ContentDecision, ...]


class ReasonAnswer(ResultReason, frozen=True):
    """Why, with the positions in `findings` it rests on."""

    findings: tuple[int, ...]


class ExcuseAnswer(ResultExcuse, frozen=True):
    """A named reason that the findings at these positions did not count."""

    findings: tuple[int, ...]


class DecisionAnswer(msgspec.Struct, frozen=True):
    """A recorded decision with everything it rests on. `by` is `machine` or `person:` and a pseudonym."""

    id: str
    content: str
    revision: str
    outcome: Outcome
    priority: Annotated[float, Meta(ge=0, le=1)]
    by: str
    at: str
    reasons: tuple[ReasonAnswer, ...]
    excuses: tuple[ExcuseAnswer, ...]
    unknowns: tuple[str, ...]
    findings: tuple[ResultFinding, ...]
    facts: Mapping[str, Fact]
    versions: Mapping[str, str]
    language: str
    case: str
    note: str


class DecisionsAnswer(msgspec.Struct, frozen=True):
    """Decisions in the order they were recorded. Ask again with `since` = `next` for those that follow."""

    decisions: tuple[DecisionAnswer, ...]
    next: str


class DecisionsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which decisions to list."""

    since: Annotated[
        str,
        Meta(
            max_length=4_096, pattern=_CURSOR, description="`next` of an earlier answer; without it, from the first on"
        ),
    ] = ""
    outcome: Annotated[Outcome, Meta(description="Only decisions with this outcome")] | msgspec.UnsetType = (
        msgspec.UNSET
    )
    limit: Annotated[int, Meta(ge=1, le=MAX_PAGE, description="Most decisions to give")] = 100


class Health(msgspec.Struct, frozen=True):
    """The process answers."""

    status: str
    version: str


def decision_answer(decision: Decision) -> DecisionAnswer:
    """Give a decision as answered."""
    return DecisionAnswer(
        id=decision.id,
        content=decision.content,
        revision=decision.revision,
        outcome=decision.outcome,
        priority=decision.priority,
        by=decision.by,
        at=decision.at,
        reasons=tuple(ReasonAnswer(item.rule, item.text, item.findings) for item in decision.reasons),
        excuses=tuple(ExcuseAnswer(item.name, item.text, item.findings) for item in decision.excuses),
        unknowns=decision.unknowns,
        findings=tuple(
            ResultFinding(f.detector, f.version, f.label, f.score, f.spans, f.evidence, f.part, f.ceiling)
            for f in decision.findings
        ),
        facts=decision.facts,
        versions=decision.versions,
        language=decision.language,
        case=decision.case,
        note=decision.note,
    )


def decisions_answer(page: Page[Decision], since: str) -> DecisionsAnswer:
    """Give a page of decisions as answered; `next` repeats `since` where nothing followed."""
    return DecisionsAnswer(tuple(decision_answer(item) for item in page.items), page.next_cursor or since)


def content_answer(content: StoredContent, decisions: tuple[Decision, ...], with_texts: bool) -> ContentAnswer:
    """Give content as answered, with or without its texts."""
    texts = tuple(ContentText(segment.part, segment.role, segment.text) for segment in content.segments)
    return ContentAnswer(
        id=content.id,
        revision=content.revision,
        kind=content.kind,
        received=content.received,
        audience=content.audience,
        retention=content.retention,
        language=content.language,
        author=content.author,
        thread=content.thread,
        url=content.url,
        published=content.published,
        purged=content.purged,
        files=tuple(ContentFile(file.name, file.media_type, file.size, file.sha256) for file in content.files),
        texts=texts if with_texts else None,
        decisions=tuple(ContentDecision(item.id, item.revision, item.outcome, item.by, item.at) for item in decisions),
    )
