"""The handlers of rules: how they are doing, editing and trying them, and how a version comes to decide. Admins change."""

import json
import threading
from dataclasses import dataclass
from typing import Any

from litestar import MediaType, Response, get, post
from litestar.params import FromPath

from forestall.doors.console import pages, rulepage
from forestall.doors.console.context import Admin, Desk, Seen, Sent, Signed, TheDesk
from forestall.doors.console.visit import AnyRequest, Visit
from forestall.doors.console.words import Words
from forestall.flow.house import House
from forestall.insights.backtest import report
from forestall.insights.backtest.impact import Impact, impact
from forestall.insights.backtest.run import Backtest, backtest
from forestall.insights.backtest.tally import Change
from forestall.insights.rulestats import DAYS
from forestall.model import records
from forestall.model.errors import BadInput, BadPolicy, Conflict, NotFound, Refused
from forestall.model.records import Event, Person
from forestall.model.rulebook import RulesetState, RulesetVersion
from forestall.policy.difference import Difference, differences
from forestall.policy.engine import Ruleset
from forestall.policy.facts import FACTS
from forestall.policy.parse import FUNCTIONS
from forestall.policy.ruleset import load
from forestall.review.people import CURATES

Page = Response[bytes]
Fault = tuple[str, str]
LONGEST_EXCERPT = 400
"""Characters shown of the text of a changed decision."""
LONGEST_FILE = 48 * 1024
"""Longest file edited here, in bytes; larger ones are changed in the policy folder."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A ruleset tried: what it would change, and what that means for people."""

    found: Backtest
    impact: Impact
    differences: list[Difference]


_trying = threading.Lock()
"""One backtest at a time: it takes every core it may have."""


@get("/rules", sync_to_thread=True)
def rule_list(desk: TheDesk, seen: Seen, person: Signed, request: AnyRequest) -> Page:
    """Show the rules that decide, and the versions that wait."""
    return _list(desk, seen, person, done=request.query_params.get("done", ""))


@get("/rules/files/{name:str}", sync_to_thread=True)
def edit_file(name: FromPath[str], desk: TheDesk, seen: Seen, person: Signed) -> Page:
    """Show a file of rules to look at and change."""
    files = _now(desk.house).files
    if name not in files:
        raise NotFound(f"there is no file of rules `{name[:64]}`", "go back to the list")
    return _editor(desk, seen, person, (name, files[name]))


@post("/rules/files/{name:str}/check", sync_to_thread=True)
def check_file(name: FromPath[str], desk: TheDesk, person: Signed, form: Sent) -> Response[bytes]:  # noqa: ARG001 - closes it
    """Say as JSON whether the ruleset would hold together with a file changed; for the editor, while somebody types."""
    try:
        _changed(desk.house, name, form.get("text", ""))
        answer: dict[str, Any] = {"holds": True}
    except (BadPolicy, BadInput) as error:
        answer = {"holds": False, "what": error.what}
    return Response(json.dumps(answer).encode(), media_type=MediaType.JSON, status_code=200)


@post("/rules/files/{name:str}", sync_to_thread=True)
def try_file(name: FromPath[str], desk: TheDesk, seen: Seen, person: Signed, form: Sent) -> Page:
    """Try a changed file on everything that was decided, and show what would change."""
    text = form.get("text", "")
    try:
        after = _changed(desk.house, name, text)
        trial = _tried(desk.house, after)
    except (BadPolicy, BadInput, Conflict) as error:
        return _editor(desk, seen, person, (name, text), 409 if isinstance(error, Conflict) else 400, fault=error.what)
    return _trial(desk, seen, person, (name, text), trial)


@post("/rules/files/{name:str}/edit", sync_to_thread=True)
def edit_on(name: FromPath[str], desk: TheDesk, seen: Seen, person: Signed, form: Sent) -> Page:
    """Show the editor again with what was tried."""
    return _editor(desk, seen, person, (name, form.get("text", "")))


@post("/rules/propose/{name:str}", sync_to_thread=True)
def propose(name: FromPath[str], desk: TheDesk, seen: Seen, admin: Admin, form: Sent) -> Page:
    """Write a changed file down for a second person, tried once more."""
    text = form.get("text", "")
    try:
        after = _changed(desk.house, name, text)
        trial = _tried(desk.house, after)
        proof = report.totals(trial.found, trial.impact)
        made = desk.house.rulebook.propose(
            after, admin.id, form.get("reason", ""), proof, rulepage.harsher(trial.differences)
        )
    except (BadPolicy, BadInput, Conflict) as error:
        return _editor(desk, seen, admin, (name, text), 409 if isinstance(error, Conflict) else 400, fault=error.what)
    return pages.seen_other(f"/console/rules/versions/{made.id}")


@get("/rules/versions/{version_id:str}", sync_to_thread=True)
def version_page(version_id: FromPath[str], desk: TheDesk, seen: Seen, person: Signed) -> Page:
    """Show a version: what it changes, what its backtest said, who wanted it and who agreed."""
    return _version(desk, seen, person, version_id)


@post("/rules/versions/{version_id:str}/{answer:str}", sync_to_thread=True)
def answer_version(
    version_id: FromPath[str], answer: FromPath[str], *, desk: TheDesk, seen: Seen, admin: Admin, form: Sent
) -> Page:
    """Agree to a proposed version or refuse it."""
    verbs = {"approve": desk.house.rulebook.approve, "refuse": desk.house.rulebook.refuse}
    if answer not in verbs:
        raise NotFound(f"a version cannot be answered with `{answer[:20]}`", "approve or refuse it")
    try:
        verbs[answer](version_id, admin.id, form.get("reason", ""))
    except (BadInput, Conflict, Refused) as error:
        status = 403 if isinstance(error, Refused) else 409 if isinstance(error, Conflict) else 400
        return _version(desk, seen, admin, version_id, status, fault=_fault(error, seen.words))
    return pages.seen_other(f"/console/rules?done={answer}")


@post("/rules/rollback", sync_to_thread=True)
def roll_back(desk: TheDesk, seen: Seen, admin: Admin, form: Sent) -> Page:
    """Let the version that decided before decide again."""
    try:
        desk.house.rulebook.roll_back(admin.id, form.get("reason", ""))
    except (BadInput, Conflict) as error:
        return _list(desk, seen, admin, 409, fault=_fault(error, seen.words))
    return pages.seen_other("/console/rules?done=rollback")


def _list(
    desk: Desk, seen: Visit, person: Person, status: int = 200, *, done: str = "", fault: Fault | None = None
) -> Page:
    """Show the rules."""
    house, words, now = desk.house, seen.words, desk.house.clock()
    standing = house.rulebook.standing
    kept = rulepage.versions(house.store.rulesets(), _names(house), words, now)
    return pages.page(
        seen,
        desk.jar,
        "rules.html",
        status,
        rows=rulepage.rows(standing.ruleset.rules, desk.counts.of(house.store, now), now, words),
        days=DAYS,
        plot=(rulepage.PLOT_WIDTH, rulepage.PLOT_HEIGHT),
        ruleset=standing.ruleset,
        files=sorted(standing.ruleset.files),
        versions=kept,
        waiting=[row for row in kept if row.proposed],
        promoted=standing.version is not None,
        may_change=person.role in CURATES,
        done=done if done in ("approve", "refuse", "rollback") else "",
        fault=fault,
    )


def _editor(
    desk: Desk, seen: Visit, person: Person, file: tuple[str, str], status: int = 200, *, fault: str = ""
) -> Page:
    """Show the editor of a file: its name and text."""
    name, text = file
    return pages.page(
        seen,
        desk.jar,
        "rule_edit.html",
        status,
        name=name,
        text=text,
        fault=fault,
        may_change=person.role in CURATES,
        too_long=len(text.encode("utf-8", "replace")) > LONGEST_FILE,
        known=" ".join(sorted([*desk.house.labels, *FACTS, *FUNCTIONS])),
    )


def _trial(desk: Desk, seen: Visit, person: Person, file: tuple[str, str], trial: Trial) -> Page:
    """Show what a changed file would change."""
    name, text = file
    tally = trial.found.tally
    return pages.page(
        seen,
        desk.jar,
        "rule_trial.html",
        name=name,
        text=text,
        may_change=person.role in CURATES,
        same=not trial.differences,
        **_told(trial.found, trial.differences, seen.words),
        caught=rulepage.rate_text(tally.caught.precision),
        dropped=rulepage.rate_text(tally.dropped.precision),
        impact=trial.impact if trial.impact.days else None,
        days=rulepage.days_of(trial.impact),
        plot=(rulepage.PLOT_WIDTH, rulepage.PLOT_HEIGHT),
        surprises=_read(desk.house, person, trial),
    )


def _read(house: House, person: Person, trial: Trial) -> list[tuple[Change, str]]:
    """Give the changes worth reading, each with the beginning of its text where that is kept; the ledger says who was shown what."""
    found = []
    for one in trial.found.tally.surprises:
        content = house.store.content(one.content, one.revision)
        texts = content.segments if content is not None and not content.purged else ()
        found.append((one, texts[0].text[:LONGEST_EXCERPT] if texts else ""))
    if found:
        body = {"by": person.id, "contents": [one.content for one, _ in found]}
        line = Event("policy:tried", trial.found.plan.after.version, house.clock(), body)
        house.store.submit(records.Change((line,))).result()
    return found


def _names(house: House) -> dict[str, str]:
    """Give the names of people by pseudonym."""
    return {person.id: person.name for person in house.store.people()}


def _told(found: Backtest, differing: list[Difference], words: Words) -> dict[str, Any]:
    """Give what a trial says, for a page."""
    tally = found.tally
    return {
        "differences": differing,
        "harsher": rulepage.harsher(differing),
        "looked": tally.looked,
        "decisions": found.decisions,
        "moves": tally.moves,
        "outcomes": rulepage.outcome_lines(tally, words),
        "by_rule": rulepage.rule_lines(tally),
        "by_language": rulepage.moves_lines(tally.languages),
        "by_surface": rulepage.moves_lines(tally.surfaces),
    }


def _version(
    desk: Desk, seen: Visit, person: Person, version_id: str, status: int = 200, *, fault: Fault | None = None
) -> Page:
    """Show a version."""
    house = desk.house
    version = house.store.ruleset(version_id)
    if version is None:
        raise NotFound(f"there is no version `{version_id[:64]}`", "go back to the list")
    return pages.page(
        seen,
        desk.jar,
        "rule_version.html",
        status,
        row=rulepage.versions([version], _names(house), seen.words, house.clock())[0],
        differences=_against(house, version),
        may_answer=person.role in CURATES and version.state is RulesetState.PROPOSED,
        own=version.author.casefold() == person.id.casefold(),
        fault=fault,
    )


def _against(house: House, version: RulesetVersion) -> list[Difference]:
    """Give what a version changes against the one it was proposed against, as far as that is kept."""
    base = next((one for one in house.store.rulesets() if one.digest == version.base), None)
    try:
        after = house.rulebook.loaded(version)
        before = house.rulebook.loaded(base) if base is not None else house.rulebook.folder
    except BadPolicy:  # it held together under the labels of its time
        return []
    return differences(before, after)


def _now(house: House) -> Ruleset:
    """Give the ruleset that decides."""
    return house.rulebook.ruleset


def _changed(house: House, name: str, text: str) -> Ruleset:
    """Give the ruleset that decides with one file changed; raises BadPolicy and BadInput."""
    files = dict(_now(house).files)
    if name not in files:
        raise NotFound(f"there is no file of rules `{name[:64]}`", "go back to the list")
    if len(text.encode("utf-8", "replace")) > LONGEST_FILE:
        raise BadInput(f"the file is longer than {LONGEST_FILE >> 10} KiB", "change it in the policy folder")
    return load({**files, name: text}, house.labels)


def _tried(house: House, after: Ruleset) -> Trial:
    """Try a ruleset; raises Conflict where another is being tried."""
    if not _trying.acquire(blocking=False):
        raise Conflict("another backtest is under way", "try again when it is through")
    try:
        before = _now(house)
        found = backtest(before, after, house.labels, house.store)
        return Trial(found, impact(found), differences(before, after))
    finally:
        _trying.release()


def _fault(error: BadInput | Conflict | Refused, words: Words) -> Fault:
    """Say what was wrong."""
    return words("bank.fault", what=error.what), error.next_step


HANDLERS = [
    rule_list,
    edit_file,
    check_file,
    try_file,
    edit_on,
    propose,
    version_page,
    answer_version,
    roll_back,
]
