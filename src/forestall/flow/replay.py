"""Replay: evaluate stored decisions again under the ruleset they were made with, and report any difference (promise 4)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import msgspec

from forestall.model.decision import MACHINE, Decision
from forestall.model.errors import ForestallError, NotFound, StoreFailed
from forestall.model.ids import sha256_hex
from forestall.model.outcome import Outcome
from forestall.model.ports import Blobs, Store
from forestall.policy.replay import Difference, replay
from forestall.policy.ruleset import Ruleset, load

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Replayed:
    """One decision played again: `difference` is None where it came to the same; `failed` says why it could not be played."""

    decision: Decision
    difference: Difference | None
    failed: str = ""


class _Bundle(msgspec.Struct, frozen=True):
    """A ruleset as kept: its files and the label ceilings it was checked against."""

    files: dict[str, str]
    labels: dict[str, Outcome]


def versions_of(rules: Ruleset, labels: Mapping[str, Outcome], store: Store | None) -> dict[str, str]:
    """Give the versions that name a ruleset in decisions, and keep what a replay needs of it where there is a store."""
    bundle = bundle_of(rules, labels)
    if store is not None:
        store.blobs.put(bundle)
    return {"ruleset": f"{rules.name}@{rules.version[:12]}", "ruleset-files": sha256_hex(bundle)}


def bundle_of(ruleset: Ruleset, labels: Mapping[str, Outcome]) -> bytes:
    """Give a ruleset as the bytes that are kept."""
    return msgspec.json.encode(_Bundle(dict(ruleset.files), dict(labels)), order="sorted")


def unbundled(bundle: bytes) -> tuple[dict[str, str], dict[str, Outcome]]:
    """Give the files of a kept ruleset and the ceilings it was checked against; raises StoreFailed where it is damaged."""
    try:
        kept = msgspec.json.decode(bundle, type=_Bundle)
    except msgspec.DecodeError as error:
        raise StoreFailed(f"the ruleset kept as `{sha256_hex(bundle)}` is damaged ({error})") from None
    return kept.files, kept.labels


def replay_all(store: Store, ids: Iterable[str] | None = None) -> Iterator[Replayed]:
    """Replay the decisions (or all decisions on content) with these ids, or every one; people's decisions are not replayed."""
    rulesets = Rulesets(store.blobs)
    for decision in _named(store, ids) if ids is not None else _all(store):
        if decision.by == MACHINE:
            yield _once(decision, rulesets)


def _once(decision: Decision, ruleset_of: Callable[[Decision], Ruleset]) -> Replayed:
    """Replay one decision."""
    try:
        return Replayed(decision, replay(decision, ruleset_of(decision)))
    except ForestallError as error:
        return Replayed(decision, None, str(error))


class Rulesets:
    """Gives kept rulesets by digest, each loaded once."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._loaded: dict[str, Ruleset] = {}

    def __call__(self, decision: Decision) -> Ruleset:
        """Give the ruleset a decision was made with; raises StoreFailed, BadPolicy where it cannot be had any more."""
        digest = decision.versions.get("ruleset-files", "")
        if digest not in self._loaded:
            self._loaded[digest] = load(*unbundled(self._blobs.get(digest)))
        return self._loaded[digest]


def _named(store: Store, ids: Iterable[str]) -> Iterator[Decision]:
    """Give the decisions named by decision or content id."""
    for asked in ids:
        decision = store.decision(asked)
        found = [decision] if decision is not None else store.decisions_of(asked)
        if not found:
            raise NotFound(f"there is no decision `{asked}`", "give the id of a decision or of screened content")
        yield from found


def _all(store: Store) -> Iterator[Decision]:
    """Give every stored decision in commit order."""
    cursor = ""
    while True:
        page = store.decisions(cursor, limit=_PAGE)
        yield from page.items
        if not page.next_cursor:
            return
        cursor = page.next_cursor
