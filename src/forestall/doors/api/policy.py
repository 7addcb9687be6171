"""Rules over the API: which decide now, and whether others would hold together, as a policy kept in version control asks before a merge."""

import asyncio
from collections.abc import Mapping
from typing import Annotated

import msgspec
from litestar import Response, get, post
from msgspec import Meta

from forestall.doors.api import body
from forestall.doors.api.answers import api_of, written
from forestall.doors.api.keys import SCOPES
from forestall.doors.api.openapi import DOC, Doc
from forestall.doors.api.problems import AnyRequest
from forestall.flow.house import House
from forestall.model.errors import BadPolicy
from forestall.model.outcome import Outcome
from forestall.policy.difference import differences
from forestall.policy.ruleset import LARGEST, MOST_FILES, load, second_looks

READ = ("read",)
FileName = Annotated[str, Meta(min_length=1, max_length=200, examples=["60-ours.yaml"])]
FileText = Annotated[str, Meta(max_length=LARGEST)]


class RuleAnswer(msgspec.Struct, frozen=True):
    """A rule: what it asks for, under which clause of the policy, who looks after it, and whether it decides."""

    id: str
    version: int
    title: str
    clause: str
    limb: str
    severity: int
    owner: str
    status: str
    outcome: Outcome


class PolicyAnswer(msgspec.Struct, frozen=True):
    """The ruleset that decides: its name, the digest of its files, its rules, and who promoted it when (empty: the policy folder)."""

    name: str
    digest: str
    promoted: str
    author: str
    second: str
    rules: tuple[RuleAnswer, ...]


class PolicyRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The files of a ruleset, by name."""

    files: Annotated[Mapping[FileName, FileText], Meta(min_length=1, max_length=MOST_FILES)]


class CheckAnswer(msgspec.Struct, frozen=True):
    """Whether a ruleset holds together; if not, every fault with file, line and column.

    `warnings` are what is worth a second look, `changes` what differs from the rules that decide, `harsher` what could become harsher.
    """

    holds: bool
    faults: str = ""
    digest: str = ""
    warnings: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    harsher: tuple[str, ...] = ()


_CHECK = msgspec.json.Decoder(PolicyRequest)


@get("/v1/policy", opt={SCOPES: READ, DOC: Doc("The rules that decide", answers=(PolicyAnswer,))})
async def policy(request: AnyRequest) -> Response[bytes]:
    """Gives the ruleset that decides now and each of its rules, also those that are only watched."""
    return written(_answer(api_of(request).house))


@post(
    "/v1/policy/check",
    status_code=200,
    opt={
        SCOPES: READ,
        DOC: Doc(
            "Would these rules hold together?",
            answers=(CheckAnswer,),
            body=PolicyRequest,
            problems=("bad-request", "bad-item", "timed-out", "too-large", "wrong-type"),
        ),
    },
)
async def check_policy(request: AnyRequest) -> Response[bytes]:
    """Checks the files of a ruleset as `forestall policy check` does, examples included, and changes nothing."""
    asked = await body.structure(request, _CHECK)
    return written(await asyncio.to_thread(_checked, api_of(request).house, asked.files))


def _answer(house: House) -> PolicyAnswer:
    standing = house.rulebook.standing
    version = standing.version
    return PolicyAnswer(
        name=standing.ruleset.name,
        digest=standing.ruleset.version,
        promoted=version.decided if version else "",
        author=version.author if version else "",
        second=version.second if version else "",
        rules=tuple(
            RuleAnswer(
                rule.id,
                rule.version,
                rule.title,
                rule.clause,
                rule.limb,
                rule.severity,
                rule.owner,
                rule.status.value,
                rule.outcome,
            )
            for rule in standing.ruleset.rules
        ),
    )


def _checked(house: House, files: Mapping[str, str]) -> CheckAnswer:
    """Check a ruleset against what the detectors of a house can say and the lists it has."""
    try:
        ruleset = load(files, house.labels)
    except BadPolicy as error:
        return CheckAnswer(holds=False, faults=error.what)
    found = differences(house.rulebook.ruleset, ruleset)
    known = ruleset.lists - house.lists.missing(ruleset.lists)
    return CheckAnswer(
        holds=True,
        digest=ruleset.version,
        warnings=tuple(second_looks(files, house.clock()[:10], known)),
        changes=tuple(f"{one.how} {one.what} {one.name}" for one in found),
        harsher=tuple(dict.fromkeys(one.harsher for one in found if one.harsher)),
    )


HANDLERS = [policy, check_policy]
