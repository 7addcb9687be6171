"""The rulebook: which ruleset decides, and how another takes its place.

One person proposes a version with the backtest that was run of it, a second agrees, and from that moment it decides, in every process
that follows the store. Until the first was promoted the policy folder decides. Every version is kept with its files, so that the one
before can be taken back in one step, which needs no second person: what decided before was agreed on before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from forestall.flow import replay
from forestall.model.errors import BadInput, BadPolicy, Conflict, ForestallError, NotFound, Refused
from forestall.model.ids import sha256_hex
from forestall.model.outcome import Outcome
from forestall.model.ports import Clock, NewId, Store
from forestall.model.records import Change, Event
from forestall.model.rulebook import RulesetState, RulesetVersion
from forestall.policy.engine import Ruleset
from forestall.policy.ruleset import load

_LONGEST = 500
"""Most characters of a reason or a remark."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The ruleset that decides, and the version it was promoted as; without one it is that of the policy folder."""

    ruleset: Ruleset
    version: RulesetVersion | None
    names: Mapping[str, str]


class Rulebook:
    """Gives the ruleset that decides, and changes it.

    Takes:
        folder: the ruleset of the policy folder, which decides until another is promoted.
        labels: every label the detectors declare, with its ceiling.
        store: where versions are kept; without one the folder's ruleset stays.
    """

    def __init__(
        self, folder: Ruleset, labels: Mapping[str, Outcome], store: Store | None, clock: Clock, new_id: NewId
    ) -> None:
        self.folder = folder
        self._labels = labels
        self._store = store
        self._clock = clock
        self._new_id = new_id
        self._standing = Standing(folder, None, replay.versions_of(folder, labels, store))
        self._broken: BadPolicy | None = None
        self._kept_rulesets: dict[str, Ruleset | None] = {}
        try:
            self.follow()
        except BadPolicy as error:  # raised when something is to be decided; going back must still be possible
            self._broken = error

    @property
    def standing(self) -> Standing:
        """What decides now; the same object until it changes. Raises BadPolicy where what was promoted no longer holds together."""
        if self._broken is not None:
            raise BadPolicy(
                f"the promoted ruleset no longer holds together: {self._broken.what}",
                'go back to the one before: `forestall policy rollback --by NAME --why "…"`',
            )
        return self._standing

    @property
    def ruleset(self) -> Ruleset:
        """The ruleset that decides now."""
        return self.standing.ruleset

    @property
    def overruled(self) -> bool:
        """True where what was promoted decides, and the policy folder says otherwise."""
        return self.standing.version is not None and self.standing.ruleset.version != self.folder.version

    def follow(self) -> bool:
        """Take over what was promoted, also by another process; tells whether anything changed. Raises StoreFailed, BadPolicy."""
        live = self._store.ruleset_live() if self._store is not None else None
        known = self._standing.version
        if live is None or (known is not None and known.id == live.id):
            return False
        ruleset = self.loaded(live)
        self._standing = Standing(ruleset, live, replay.versions_of(ruleset, self._labels, self._store))
        self._broken = None
        return True

    def loaded(self, version: RulesetVersion) -> Ruleset:
        """Load a kept version, as it would decide under today's labels; raises BadPolicy where it no longer holds together."""
        files, _ = replay.unbundled(self._kept.blobs.get(version.bundle))
        return load(files, self._labels)

    def kept(self, bundle: str) -> Ruleset | None:
        """Give the ruleset of a kept bundle by its digest, as it decided then; None where it cannot be had any more."""
        if bundle not in self._kept_rulesets:
            try:
                loaded = load(*replay.unbundled(self._kept.blobs.get(bundle)), examples=False)
            except ForestallError:
                loaded = None
            self._kept_rulesets[bundle] = loaded
        return self._kept_rulesets[bundle]

    def propose(
        self, ruleset: Ruleset, author: str, reason: str, proof: Mapping[str, Any], harsher: Sequence[str] = ()
    ) -> RulesetVersion:
        """Write a ruleset down for a second person to agree to.

        Takes:
            proof: the totals of the backtest that was run of exactly this ruleset.
            harsher: what it makes harsher, in words.
        Raises BadInput where it is what decides already, or where there is no reason or no backtest.
        """
        if ruleset.version == self.ruleset.version:
            raise BadInput("this ruleset decides already", "change a rule first")
        if not proof:
            raise BadInput("this ruleset was not backtested", "run `forestall policy backtest` on it first")
        bundle = replay.bundle_of(ruleset, self._labels)
        self._kept.blobs.put(bundle)
        made = RulesetVersion(
            id=self._new_id(),
            name=ruleset.name,
            digest=ruleset.version,
            bundle=sha256_hex(bundle),
            base=self.ruleset.version,
            state=RulesetState.PROPOSED,
            author=named(author),
            reason=said(reason, "why it is wanted"),
            proposed=self._clock(),
            harsher=tuple(harsher),
            proof=dict(proof),
        )
        return self._write(Event("policy:proposed", made.id, self._clock(), _body(made, author)), made)

    def approve(self, version_id: str, by: str, remark: str) -> RulesetVersion:
        """Let a proposed version decide from now on.

        Raises NotFound, Refused where the one who agrees is its author, Conflict where it was answered or another version was
        promoted since it was proposed, and BadPolicy where it no longer holds together.
        """
        version = self._proposed(version_id)
        if same_person(by, version.author):
            raise Refused(
                f"`{by}` proposed this version and cannot be the one who agrees", "ask a second person to approve it"
            )
        self.follow()
        if version.base != self.ruleset.version:
            raise Conflict(
                "another version was promoted since this one was proposed", "propose it again, so that it is tried anew"
            )
        self.loaded(version)
        live = replace(
            version,
            state=RulesetState.LIVE,
            second=named(by),
            remark=said(remark, "why you agree"),
            decided=self._clock(),
            version=version.version + 1,
        )
        self._write(Event("policy:promoted", live.id, self._clock(), _body(live, by)), live, *self._retired())
        self.follow()
        return live

    def refuse(self, version_id: str, by: str, remark: str) -> RulesetVersion:
        """Say no to a proposed version; its author may take it back this way. Raises NotFound and Conflict."""
        version = self._proposed(version_id)
        refused = replace(
            version,
            state=RulesetState.REFUSED,
            second=named(by),
            remark=said(remark, "why not"),
            decided=self._clock(),
            version=version.version + 1,
        )
        return self._write(Event("policy:refused", refused.id, self._clock(), _body(refused, by)), refused)

    def roll_back(self, by: str, reason: str) -> RulesetVersion:
        """Let the version that decided before decide again, at once. Raises Conflict where there is none."""
        now = self._kept.ruleset_live()
        before = next(
            (
                one
                for one in self._kept.rulesets()
                if one.state is RulesetState.RETIRED and now and one.digest == now.base
            ),
            None,
        )
        if now is None or before is None:
            raise Conflict(
                "nothing was promoted before, so there is nothing to go back to", "correct the rules and propose them"
            )
        at = self._clock()
        back = replace(
            before,
            id=self._new_id(),
            state=RulesetState.LIVE,
            author=named(by),
            reason=said(reason, "why the rules go back"),
            proposed=at,
            decided=at,
            harsher=(),
            second="",
            remark="",
            version=1,
        )
        retired = replace(now, state=RulesetState.RETIRED, version=now.version + 1)
        self._write(Event("policy:rolled-back", back.id, self._clock(), _body(back, by)), back, retired)
        self.follow()
        return back

    def _retired(self) -> list[RulesetVersion]:
        """Give what decided until now as retired; the folder's ruleset becomes a version of its own by that."""
        now = self.standing.version
        if now is not None:
            return [replace(now, state=RulesetState.RETIRED, version=now.version + 1)]
        bundle = replay.bundle_of(self.folder, self._labels)
        at = self._clock()
        return [
            RulesetVersion(
                id=self._new_id(),
                name=self.folder.name,
                digest=self.folder.version,
                bundle=sha256_hex(bundle),
                base="",
                state=RulesetState.RETIRED,
                author="settings",
                reason="the policy folder, until a version was first promoted",
                proposed=at,
                decided=at,
            )
        ]

    def _proposed(self, version_id: str) -> RulesetVersion:
        """Give a version that waits for an answer, by its id or its beginning."""
        found = [one for one in self._kept.rulesets() if one.id == version_id or one.id.startswith(version_id)]
        if not version_id or not found:
            raise NotFound(f"there is no proposed version `{version_id}`", "`forestall policy versions` lists them")
        if len(found) > 1:
            raise BadInput(f"several versions begin with `{version_id}`", "give more of its id")
        if found[0].state is not RulesetState.PROPOSED:
            raise Conflict(f"the version `{version_id}` is {found[0].state.value}", "propose it anew")
        return found[0]

    def _write(self, event: Event, version: RulesetVersion, *others: RulesetVersion) -> RulesetVersion:
        """Commit versions with one ledger line."""
        self._kept.submit(Change((event,), (version, *others))).result()
        return version

    @property
    def _kept(self) -> Store:
        if self._store is None:
            raise Refused("nothing is stored here, so no version can be kept", "run it with a store")
        return self._store


def _body(version: RulesetVersion, by: str) -> dict[str, str]:
    """Give what the ledger says about a version."""
    return {"ruleset": version.digest, "base": version.base, "by": named(by), "bundle": version.bundle}


def named(by: str) -> str:
    """Give the name of who acts; raises BadInput where there is none."""
    name = " ".join(by.split())
    if not name or len(name) > 100:
        raise BadInput("it is not said who does this", "give a name of at most 100 characters")
    return name


def same_person(one: str, other: str) -> bool:
    """Tell whether two names are one person's: case and blanks do not make another."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def said(text: str, what: str) -> str:
    """Give a reason; raises BadInput where there is none."""
    said = text.strip()
    if not said or len(said) > _LONGEST:
        raise BadInput(f"it is not said {what}", f"say it in at most {_LONGEST} characters")
    return said
