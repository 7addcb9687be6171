"""People: invitations, accounts, passwords, sessions. Tokens are kept as SHA-256 only; passwords as Argon2id."""

import re
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from forestall.model.errors import BadInput, Conflict, Refused
from forestall.model.ids import instant, sha256_hex
from forestall.model.ports import Clock, NewId, Store
from forestall.model.records import Change, Event, Invite, Person, Session

ROLES = {
    "admin": "decides cases, changes banks, invites people",
    "moderator": "decides cases",
    "auditor": "reads, changes nothing",
}
"""Every role with what it may do."""
DECIDES = frozenset({"admin", "moderator"})
"""Roles that may answer cases."""
CURATES = frozenset({"admin"})
"""Roles that may change banks and exchanges."""
MIN_PASSWORD = 12
MAX_PASSWORD = 1_000
_NAME = re.compile(r"[\w.@+-]{1,64}")
_hasher = PasswordHasher()


def invite(store: Store, role: str, hours: int, clock: Clock, new_id: NewId) -> str:
    """Make an invitation and give its token, which works once within `hours`; raises BadInput for an unknown role."""
    if role not in ROLES:
        raise BadInput(f"`{role}` is no role", f"roles are {', '.join(ROLES)}")
    token = secrets.token_urlsafe(32)
    at = clock()
    invitation = Invite(new_id(), sha256_hex(token.encode()), role, _later(at, hours))
    store.submit(Change((Event("person:invited", invitation.id, at, {"role": role}),), (invitation,))).result()
    return token


def invited(store: Store, token: str, clock: Clock) -> Invite:
    """Give the open invitation with this token; raises Refused where it is unknown, used or expired."""
    invitation = store.invite(sha256_hex(token.encode("utf-8", "replace")))
    if invitation is None or invitation.used or invitation.expires <= clock():
        raise Refused("this invitation does not work any more", "make a new one with `forestall invite`")
    return invitation


def accept(store: Store, token: str, name: str, password: str, *, clock: Clock, new_id: NewId) -> Person:
    """Make an account from an invitation; raises Refused (invitation), BadInput (name, password), Conflict (name taken)."""
    invitation = invited(store, token, clock)
    name = name.strip()
    if not _NAME.fullmatch(name):
        raise BadInput("that name can't be used", "use 1 to 64 letters, digits or . @ + - _")
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise BadInput(
            f"the password has {len(password)} characters", f"use {MIN_PASSWORD} or more; a sentence is easy to keep"
        )
    if store.person_named(name) is not None:
        raise Conflict(f"the name `{name}` is taken", "choose another")
    at = clock()
    person = Person(_pseudonym(new_id), name, invitation.role, _hasher.hash(password), at)
    used = replace(invitation, used=at, version=invitation.version + 1)
    body = {"role": person.role, "invitation": invitation.id}
    store.submit(Change((Event("person:joined", person.id, at, body),), (person, used))).result()
    return person


def sign_in(store: Store, name: str, password: str, *, hours: int, clock: Clock) -> str:
    """Give a new session's token; raises Refused, with the same words for an unknown name and a wrong password."""
    person = store.person_named(name.strip())
    right = _verified(person.password_hash if person else _nobody(), password)
    at = clock()
    if person is None or not right or person.disabled:
        subject = person.id if person else "unknown"
        store.submit(Change((Event("person:refused", subject, at),))).result()
        raise Refused("the name or the password is wrong", "try again, or ask an admin for a new invitation")
    token = secrets.token_urlsafe(32)
    session = Session(sha256_hex(token.encode()), person.id, at, _later(at, hours))
    store.submit(Change((Event("person:signed-in", person.id, at),), (session,))).result()
    return token


def session(store: Store, token: str, clock: Clock) -> Person | None:
    """Give the person a session token belongs to, or None where it is unknown, expired or revoked."""
    found = store.session(sha256_hex(token.encode("utf-8", "replace"))) if token else None
    if found is None or found.revoked or found.expires <= clock():
        return None
    person = store.person(found.person)
    return None if person is None or person.disabled else person


def sign_out(store: Store, token: str, clock: Clock) -> None:
    """Revoke a session; an unknown one is no error."""
    found = store.session(sha256_hex(token.encode("utf-8", "replace")))
    if found is not None and not found.revoked:
        at = clock()
        revoked = replace(found, revoked=at, version=found.version + 1)
        store.submit(Change((Event("person:signed-out", found.person, at),), (revoked,))).result()


def _pseudonym(new_id: NewId) -> str:
    """Give a short name under which a person appears outside the desk; it says nothing about them."""
    return f"reviewer-{new_id().replace('-', '')[-8:]}"


def _verified(password_hash: str, password: str) -> bool:
    """Check a password without telling why it is wrong."""
    try:
        return _hasher.verify(password_hash, password[:MAX_PASSWORD])
    except (Argon2Error, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    """Give a hash to check when a name is unknown, so that an unknown name takes as long as a wrong password."""
    return _hasher.hash(secrets.token_urlsafe(16))


def _later(at: str, hours: int) -> str:
    """Give the instant some hours later."""
    return instant((datetime.fromisoformat(at) + timedelta(hours=hours)).timestamp())
