"""What ThreatExchange writes, in our words: one opinion per member, from its descriptor or from its reaction to another's.

`MALICIOUS` is a positive opinion, `NON_MALICIOUS` a negative one, everything else worth a look. Members who only reacted agree
(`HELPFUL`) or disagree (`NON_MALICIOUS`, `DISAGREE_WITH_TAGS`); who disagrees with anyone disagrees.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from forestall.exchange import facts
from forestall.model.bank import Entry, Opinion, Stance
from forestall.model.content import Problem
from forestall.model.errors import BadInput

SOURCES = "threatexchange:"
"""What the names of all members' opinions begin with; the member's id follows.

Some of our types have several names there (`URI`, `RAW_URI`). What is said under a second name stands under names of its own
(`threatexchange:RAW_URI:1001`): each of them is updated and deleted for itself.
"""

KINDS = {
    "HASH_MD5": "md5",
    "HASH_VIDEO_MD5": "md5",
    "HASH_SHA1": "sha1",
    "HASH_SHA256": "sha256",
    "HASH_VIDEO_SHA256": "sha256",
    "HASH_SHA512": "sha512",
    "HASH_PDQ": "pdq",
    "HASH_URL_MD5": "url-md5",
    "URI": "url",
    "RAW_URI": "url",
    "UNCLICKABLE_URL": "url",
    "DOMAIN": "domain",
    "TEXT_STRING": "text",
}
"""ThreatExchange's types of indicators that are signals of ours."""

_SECOND_NAMES = frozenset({"HASH_VIDEO_MD5", "HASH_VIDEO_SHA256", "RAW_URI", "UNCLICKABLE_URL"})
_STANCES = {"MALICIOUS": Stance.POSITIVE, "NON_MALICIOUS": Stance.NEGATIVE}
_REACTIONS = {
    "HELPFUL": Stance.POSITIVE,
    "NON_MALICIOUS": Stance.NEGATIVE,
    "DISAGREE_WITH_TAGS": Stance.NEGATIVE,
}
_FILE_TYPES = {"HASH_VIDEO_MD5": "video", "HASH_VIDEO_SHA256": "video", "HASH_PDQ": "image"}
_MOST_MEMBERS = 256
_REMARKS = ("confidence", "severity", "precision", "review_status", "share_level", "privacy_type")

Number = int | float | str | None


class _Reaction(msgspec.Struct):
    """Which members reacted in one way: their ids with commas."""

    key: str = ""
    value: str = ""


class _Owner(msgspec.Struct):
    """A member."""

    id: str | int = ""
    name: str = ""


class _Descriptor(msgspec.Struct):
    """What one member says about an indicator."""

    id: str | int = ""
    owner: _Owner = msgspec.field(default_factory=_Owner)
    status: str = ""
    type: str = ""
    raw_indicator: str = ""
    tags: Any = None
    description: str | None = None
    reactions: list[_Reaction] | None = None
    added_on: Number = None
    last_updated: Number = None
    first_active: Number = None
    last_active: Number = None
    expired_on: Number = None
    confidence: Number = None
    severity: Number = None
    precision: Number = None
    review_status: Number = None
    share_level: Number = None
    privacy_type: Number = None


class _Descriptors(msgspec.Struct):
    """A list of descriptors as Graph wraps it."""

    data: list[_Descriptor] = msgspec.field(default_factory=list)


class _Update(msgspec.Struct):
    """One entry of `threat_updates`."""

    indicator: str
    type: str
    id: str | int = ""
    last_updated: Number = None
    creation_time: Number = None
    should_delete: bool = False
    status: str = ""
    tags: Any = None
    descriptors: _Descriptors | list[_Descriptor] | None = None


_update = msgspec.json.Decoder(_Update).decode
_descriptor = msgspec.json.Decoder(_Descriptor).decode


def of_update(data: bytes, where: str, listing: str = "", ours: str = "") -> tuple[list[Entry | Problem], int]:
    """Give the entries of one update and when it was made, in seconds since 1970 (0 where it does not say).

    Takes:
        listing: the privacy group it came from.
        ours: our own member id; what we said ourselves is left out.

    A deletion is one entry, withdrawn, whose source names no member.
    """
    try:
        update = _update(data)
        seconds = _seconds(update.last_updated)
        if update.should_delete and update.type not in KINDS:
            return [], seconds
        kind = _kind(update.type)
        told = [] if update.should_delete else list(_opinions(update, listing, ours))
        if not told:
            # Nobody says anything (any more): the same as a deletion.
            changed = facts.when(update.last_updated) or facts.UNDATED
            told = [(Opinion(sources(update.type), listing=listing, withdrawn=changed), "")]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
        return [facts.bad_row(where, why)], 0
    except BadInput as error:
        return [facts.bad_row(where, error.what, error.next_step)], seconds_of(data)
    return [Entry(kind, update.indicator.strip(), opinion, None, expires) for opinion, expires in told], seconds


def of_descriptor(data: bytes, where: str, listing: str = "") -> list[Entry | Problem]:
    """Give the entries of one descriptor, as the `threat_descriptors` call gives it."""
    try:
        said = _descriptor(data)
        kind = _kind(said.type)
        opinion, expires = _explicit(said, _words(said.tags), listing, said.type)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
        return [facts.bad_row(where, why)]
    except BadInput as error:
        return [facts.bad_row(where, error.what, error.next_step)]
    value = said.raw_indicator.strip()
    if not value:
        return [facts.bad_row(where, "the indicator is missing", "ask for the field raw_indicator")]
    return [Entry(kind, value, opinion, None, expires)]


def seconds_of(data: bytes) -> int:
    """Give when an update was made that could not be read otherwise; 0 where it does not say."""
    try:
        return _seconds(msgspec.json.decode(data, type=_Moment).last_updated)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return 0


class _Moment(msgspec.Struct):
    """When an update was made."""

    last_updated: Number = None


def _seconds(value: Number) -> int:
    """Give a moment as seconds since 1970; 0 where it is none."""
    try:
        return max(0, min(int(float(value or 0)), 253_402_300_799))
    except (ValueError, OverflowError):
        return 0


def sources(kind: str) -> str:
    """Give what the names of all members begin with for an indicator of one of their types."""
    return f"{SOURCES}{kind}:" if kind in _SECOND_NAMES else SOURCES


def _kind(name: str) -> str:
    """Give our type for theirs; raises BadInput."""
    kind = KINDS.get(name)
    if kind is None:
        raise BadInput(f"`{name[:40]}` is no type of signal that can be matched", "nothing to do: it is left out")
    return kind


def _opinions(update: _Update, listing: str, ours: str) -> Iterator[tuple[Opinion, str]]:
    """Give every member's opinion on an indicator, with the last day it holds."""
    given = update.descriptors
    descriptors = given.data if isinstance(given, _Descriptors) else given or []
    shared = _words(update.tags)
    explicit: dict[str, tuple[Opinion, str]] = {}
    implied: dict[str, Stance] = {}
    for said in descriptors[:_MOST_MEMBERS]:
        owner = str(said.owner.id) or str(said.id)
        explicit[owner] = _explicit(said, [*_words(said.tags), *shared], listing, update.type)
        for reaction in said.reactions or ():
            stance = _REACTIONS.get(reaction.key)
            for member in reaction.value.split(",")[:_MOST_MEMBERS] if stance else ():
                if stance is Stance.NEGATIVE or member.strip() not in implied:
                    implied[member.strip()] = stance or Stance.SEED
    changed = facts.when(update.last_updated)
    for owner, told in explicit.items():
        if owner != ours:
            yield told
    for member, stance in list(implied.items())[:_MOST_MEMBERS]:
        if member and member != ours and member not in explicit:
            note = "reacted to what another member said"
            yield Opinion(sources(update.type) + member[:40], stance, listing=listing, note=note, last_seen=changed), ""


def _explicit(said: _Descriptor, tags: list[str], listing: str, kind: str) -> tuple[Opinion, str]:
    """Give the opinion a descriptor states, and the last day it holds; raises BadInput."""
    remarks = [
        f"{name.replace('_', ' ')} {getattr(said, name)}" for name in _REMARKS if getattr(said, name) is not None
    ]
    note = "; ".join(part for part in (said.owner.name, said.description or "", *remarks) if part)
    words = list(dict.fromkeys(tags))
    video = "video" if "media_type_video" in words else ""
    opinion = Opinion(
        source=sources(kind) + str(said.owner.id or said.id)[:40],
        stance=_STANCES.get(said.status, Stance.SEED),
        label=facts.fact(", ".join(words)),
        listing=listing,
        file_type=_FILE_TYPES.get(kind, video),
        note=facts.fact(note),
        reference=facts.fact(said.id),
        first_seen=facts.when(said.first_active or said.added_on),
        last_seen=facts.when(said.last_active or said.last_updated),
    )
    # An opinion without an end is written as 0 or left out.
    expires = facts.when(said.expired_on)[:10] if said.expired_on not in {None, 0, "0", ""} else ""
    return opinion, expires


def _words(tags: Any) -> list[str]:
    """Give the tags of a thing, in each of the forms Graph has written them in."""
    listed = tags.get("data") if isinstance(tags, dict) else tags
    if not isinstance(listed, list):
        return []
    words = [item.get("text") if isinstance(item, dict) else item for item in listed[:_MOST_MEMBERS]]
    return [facts.fact(word) for word in words if isinstance(word, str) and word]
