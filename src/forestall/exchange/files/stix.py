"""STIX 2.1 bundles: indicators of hashes, URLs and domains, and the file, URL and domain objects beside them.

An indicator is an opinion of whoever made it; a bare object was only observed, so it is worth a look and no more. We read the few
objects and the part of the pattern language that lists need ourselves: bounded, streaming, and without another dependency.
"""

from typing import Any

import msgspec

from forestall.exchange import facts
from forestall.exchange.files.pattern import values_of
from forestall.model.bank import Entry, Opinion, Stance
from forestall.model.content import Problem
from forestall.model.errors import BadInput

OBSERVED = "stix-object"
"""The name under which bare objects stand."""

_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-512": "sha512", "PDQ": "pdq"}
_BENIGN = frozenset({"benign"})
_UNSURE = frozenset({"anomalous-activity", "unknown"})
_MARKINGS = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "TLP:WHITE",
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "TLP:GREEN",
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "TLP:AMBER",
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "TLP:RED",
    "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487": "TLP:CLEAR",
    "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb": "TLP:GREEN",
    "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421": "TLP:AMBER",
    "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003": "TLP:AMBER+STRICT",
    "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1": "TLP:RED",
}


class _Object(msgspec.Struct):
    """One object of a bundle, with what we read of any kind of them."""

    type: str
    id: str = ""
    created_by_ref: str = ""
    name: str = ""
    description: str = ""
    pattern: str = ""
    pattern_type: str = "stix"
    indicator_types: list[str] = msgspec.field(default_factory=list)
    labels: list[str] = msgspec.field(default_factory=list)
    object_marking_refs: list[str] = msgspec.field(default_factory=list)
    created: str = ""
    modified: str = ""
    valid_from: str = ""
    valid_until: str = ""
    revoked: bool = False
    confidence: int | None = None
    value: str = ""
    hashes: dict[str, Any] = msgspec.field(default_factory=dict)
    mime_type: str = ""


class _Kind(msgspec.Struct):
    """What kind of object it is."""

    type: str = ""


_decode = msgspec.json.Decoder(_Object).decode
_READ = frozenset({"indicator", "file", "url", "domain-name"})


def of_object(data: bytes, where: str) -> list[Entry | Problem]:
    """Give the entries of one object of a bundle: none where it is of a kind that lists nothing."""
    try:
        if msgspec.json.decode(data, type=_Kind).type not in _READ:
            return []
        found = _decode(data)
        return _of_indicator(found) if found.type == "indicator" else _of_observed(found, where)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
        return [facts.bad_row(where, why)]
    except BadInput as error:
        return [facts.bad_row(where, error.what, error.next_step)]


def _of_indicator(found: _Object) -> list[Entry | Problem]:
    """Give what an indicator lists; raises BadInput."""
    if found.pattern_type != "stix":
        raise BadInput(f"its pattern is written in `{found.pattern_type[:40]}`", "nothing to do: it is left out")
    named = {word.lower() for word in found.indicator_types}
    stance = Stance.POSITIVE
    if named & _BENIGN:
        stance = Stance.NEGATIVE
    elif named and named <= _UNSURE:
        stance = Stance.SEED
    changed = facts.when(found.modified or found.created)
    opinion = Opinion(
        source=facts.fact(f"stix:{found.created_by_ref}" if found.created_by_ref else "stix"),
        stance=stance,
        label=facts.fact(", ".join([*found.indicator_types, *found.labels])),
        note=_note(found),
        reference=facts.fact(found.id),
        first_seen=facts.when(found.valid_from),
        last_seen=changed,
        withdrawn=(changed or facts.UNDATED) if found.revoked else "",
    )
    until = facts.day(found.valid_until)
    return [Entry(kind, value.strip(), opinion, None, until) for kind, value in values_of(found.pattern)]


def _of_observed(found: _Object, where: str) -> list[Entry | Problem]:
    """Give what a file, URL or domain object says of itself."""
    opinion = Opinion(
        source=OBSERVED,
        stance=Stance.SEED,
        file_type=facts.fact(found.mime_type),
        note=_note(found),
        reference=facts.fact(found.id),
    )
    if found.type != "file":
        kind = "url" if found.type == "url" else "domain"
        return (
            [Entry(kind, found.value.strip(), opinion)]
            if found.value
            else [facts.bad_row(where, "its value is missing")]
        )
    return [
        Entry(_HASHES[name.upper()], value.strip(), opinion)
        for name, value in found.hashes.items()
        if name.upper() in _HASHES and isinstance(value, str)
    ]


def _note(found: _Object) -> str:
    """Give the name, description, confidence and markings of an object in one line."""
    markings = [_MARKINGS[mark] for mark in found.object_marking_refs if mark in _MARKINGS]
    confidence = "" if found.confidence is None else f"confidence {found.confidence}"
    return facts.fact("; ".join(part for part in (found.name, found.description, confidence, *markings) if part))
