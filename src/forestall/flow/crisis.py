"""Crises: one person declares one, a second agrees, it lowers thresholds and opens its queue, and it ends by itself.

What it changes stands in the ruleset (`incidents:`), and that it is in force is a fact of every decision (`crisis`), so that each can be
replayed. Every process that follows the store knows of it.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from forestall.flow.rulebook import Rulebook, named, said, same_person
from forestall.model.crisis import Crisis, CrisisState
from forestall.model.errors import BadInput, Conflict, NotFound, Refused
from forestall.model.ids import instant
from forestall.model.ports import Clock, NewId, Store
from forestall.model.records import Change, Event, Record
from forestall.policy.desk import MOST_HOURS
from forestall.policy.facts import NO_CRISIS


class Crises:
    """Knows which crisis is in force, and changes that.

    Takes:
        rulebook: whose ruleset says which kinds there are.
        store: where crises are kept; without one there is never any.
    """

    def __init__(self, rulebook: Rulebook, store: Store | None, clock: Clock, new_id: NewId) -> None:
        self._rulebook = rulebook
        self._store = store
        self._clock = clock
        self._new_id = new_id
        self._active: Crisis | None = None
        self.follow()

    @property
    def now(self) -> Crisis | None:
        """The crisis in force; the same object until that changes. One whose time is up is over, also before that is written down."""
        active = self._active
        return active if active is not None and active.on(self._clock()) else None

    @property
    def kind(self) -> str:
        """The kind of the crisis in force, `none` in quiet times."""
        now = self.now
        return now.kind if now else NO_CRISIS

    def follow(self) -> bool:
        """Take over what was declared or ended, also by another process; tells whether anything changed."""
        before, self._active = self._active, self._store.crisis_active() if self._store is not None else None
        return before != self._active

    def declare(self, kind: str, author: str, reason: str, hours: int = 0) -> Crisis:
        """Declare a crisis, for a second person to agree to.

        Takes:
            kind: an incident of the ruleset.
            hours: how long it lasts; as long as the ruleset says where it is 0.
        Raises NotFound for an unknown kind, BadInput where no reason is given or it would last too long, Conflict where one waits
        already. One may be declared while another is in force: it takes its place once a second person agrees.
        """
        incidents = self._rulebook.ruleset.incidents
        if kind not in incidents:
            there = ", ".join(incidents) or "none: write some under `incidents:` in a rule file"
            raise NotFound(f"there is no kind of incident `{kind[:64]}`", f"there are {there}")
        if hours < 0 or hours > MOST_HOURS:
            raise BadInput(f"a crisis cannot last {hours:,} hours", f"declare at most {MOST_HOURS:,} hours at a time")
        waiting = next((one for one in self._kept.crises() if one.state is CrisisState.PROPOSED), None)
        if waiting is not None:
            raise Conflict(f"the crisis `{waiting.id}` waits for a second person", "agree to it, or refuse it, first")
        incident = incidents[kind].incident
        at = self._clock()
        made = Crisis(
            id=self._new_id(),
            kind=kind,
            title=incident.title,
            state=CrisisState.PROPOSED,
            author=named(author),
            reason=said(reason, "why it is declared"),
            declared=at,
            hours=hours or incident.hours,
        )
        self._write(Event("crisis:declared", made.id, at, {"kind": kind, "by": made.author, "hours": made.hours}), made)
        return made

    def agree(self, crisis_id: str, by: str, remark: str) -> Crisis:
        """Let a declared crisis begin. Raises NotFound, Conflict where it was answered, Refused where it is its author who agrees."""
        crisis = self._proposed(crisis_id)
        if same_person(by, crisis.author):
            raise Refused(f"`{by}` declared this crisis and cannot be the one who agrees", "ask a second person")
        at = self._clock()
        begun = replace(
            crisis,
            state=CrisisState.ACTIVE,
            second=named(by),
            remark=said(remark, "why you agree"),
            began=at,
            until=instant((datetime.fromisoformat(at) + timedelta(hours=crisis.hours)).timestamp()),
            version=crisis.version + 1,
        )
        events = [Event("crisis:begun", begun.id, at, {"kind": begun.kind, "by": begun.second, "until": begun.until})]
        records: list[Record] = [begun]
        before = self._kept.crisis_active()
        if before is not None:
            records.append(_ended(before, min(at, before.until), named(by), f"`{begun.id}` took its place"))
            events.append(Event("crisis:ended", before.id, at, {"by": begun.second}))
        self._kept.submit(Change(tuple(events), tuple(records))).result()
        self.follow()
        return begun

    def refuse(self, crisis_id: str, by: str, remark: str) -> Crisis:
        """Say no to a declared crisis; its author may take it back this way. Raises NotFound and Conflict."""
        crisis = self._proposed(crisis_id)
        at = self._clock()
        refused = replace(
            crisis,
            state=CrisisState.REFUSED,
            second=named(by),
            remark=said(remark, "why not"),
            ended=at,
            version=crisis.version + 1,
        )
        self._write(Event("crisis:refused", refused.id, at, {"by": refused.second}), refused)
        return refused

    def end(self, by: str, why: str) -> Crisis:
        """End the crisis in force, which one person can. Raises Conflict where there is none."""
        self.follow()
        now = self.now
        if now is None:
            raise Conflict("no crisis is in force", "`forestall crisis list` shows those that were")
        at = self._clock()
        ended = _ended(now, at, named(by), said(why, "why it ends"))
        self._write(Event("crisis:ended", ended.id, at, {"by": ended.ended_by}), ended)
        self.follow()
        return ended

    def expire_due(self) -> bool:
        """Write down that the time of a crisis is up; tells whether it was."""
        active = self._kept.crisis_active()
        at = self._clock()
        if active is None or active.on(at):
            return False
        ended = _ended(active, active.until, "", "its time was up")
        self._write(Event("crisis:expired", ended.id, at, {"until": active.until}), ended)
        self.follow()
        return True

    def found(self, crisis_id: str) -> Crisis:
        """Give a crisis by its id, or its beginning; raises NotFound, and BadInput where several begin so."""
        found = [one for one in self._kept.crises() if crisis_id and one.id.startswith(crisis_id)]
        if not found:
            raise NotFound(f"there is no crisis `{crisis_id[:64]}`", "`forestall crisis list` shows them")
        if len(found) > 1 and not any(one.id == crisis_id for one in found):
            raise BadInput(f"several crises begin with `{crisis_id}`", "give more of its id")
        return next((one for one in found if one.id == crisis_id), found[0])

    def _proposed(self, crisis_id: str) -> Crisis:
        """Give a crisis that waits for an answer."""
        crisis = self.found(crisis_id)
        if crisis.state is not CrisisState.PROPOSED:
            raise Conflict(f"the crisis `{crisis.id}` is {crisis.state.value}", "declare it anew")
        return crisis

    def _write(self, event: Event, crisis: Crisis) -> None:
        """Commit a crisis with its ledger line."""
        self._kept.submit(Change((event,), (crisis,))).result()

    @property
    def _kept(self) -> Store:
        if self._store is None:
            raise Refused("nothing is stored here, so no crisis can be declared", "run it with a store")
        return self._store


def _ended(crisis: Crisis, at: str, by: str, why: str) -> Crisis:
    """Give a crisis as ended."""
    return replace(crisis, state=CrisisState.ENDED, ended=at, ended_by=by, closing=why, version=crisis.version + 1)
