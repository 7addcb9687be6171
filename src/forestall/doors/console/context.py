"""What every handler of the console is given: the desk, who is there, the visit, and a form that is known to be ours."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from litestar.di import NamedDependency, Provide
from litestar.params import SkipValidation

from forestall.assembly import House
from forestall.doors.console import visit
from forestall.doors.console.errors import BadForm, SignInNeeded, Waiting
from forestall.doors.console.throttle import Throttle
from forestall.doors.console.visit import SESSION, AnyRequest, Jar, Visit
from forestall.insights.rulestats import RuleCounts
from forestall.model.errors import BadPolicy, Refused
from forestall.model.records import Person
from forestall.review import people

_SIGN_INS_AT_ONCE = 2
"""Passwords checked at the same time: each takes 64 MiB and tens of milliseconds (Argon2id)."""
_LONGEST_QUEUE = 5
"""Seconds a sign-in waits for that room; longer would keep threads from everybody else."""

Form = dict[str, str]


@dataclass(frozen=True, slots=True)
class Desk:
    """The house with what the console adds: its cookies, the memory of wrong sign-ins, room for checking passwords, rules' titles."""

    house: House
    jar: Jar
    throttle: Throttle = field(default_factory=Throttle)
    counts: RuleCounts = field(default_factory=RuleCounts)
    checking: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(_SIGN_INS_AT_ONCE))

    @property
    def titles(self) -> Mapping[str, str]:
        """The titles of the rules that decide now, by rule id; none where what was promoted does not hold together."""
        try:
            return {rule.id: rule.title for rule in self.house.rulebook.ruleset.rules}
        except BadPolicy:
            return {}

    @property
    def queues(self) -> Mapping[str, str]:
        """The titles of the queues of the ruleset that decides now, by queue id."""
        try:
            return {ready.queue.id: ready.queue.title for ready in self.house.rulebook.ruleset.queues}
        except BadPolicy:
            return {}


# Our own values are handed on as they are: nothing in them came from the request unchecked.
TheDesk = NamedDependency[SkipValidation[Desk]]
Seen = NamedDependency[SkipValidation[Visit]]
Holder = NamedDependency[SkipValidation[Person | None]]
"""Whom the session belongs to; None where nobody is signed in."""
Signed = NamedDependency[SkipValidation[Person]]
"""Someone who is signed in; asking for it closes a handler to everybody else."""
Admin = NamedDependency[SkipValidation[Person]]
"""Someone who is signed in and may change banks and exchanges; asking for it as `admin` closes a handler to everybody else."""
Sent = NamedDependency[SkipValidation[Form]]
"""The fields of a form that came from our own page; asking for it closes a handler to every other form."""


@contextmanager
def room_to_check(desk: Desk) -> Iterator[None]:
    """Wait a moment for room to check a password; raises Waiting where many others are ahead."""
    if not desk.checking.acquire(timeout=_LONGEST_QUEUE):
        raise Waiting(_LONGEST_QUEUE)
    try:
        yield
    finally:
        desk.checking.release()


def holder_of(request: AnyRequest, desk: TheDesk) -> Person | None:
    """Give whom the request's session belongs to, or None."""
    token = desk.jar.read(request, SESSION)
    return people.session(desk.house.store, token, desk.house.clock) if token else None


def person_of(holder: Holder) -> Person:
    """Give who is signed in; raises SignInNeeded."""
    if holder is None:
        raise SignInNeeded("nobody is signed in", "sign in")
    return holder


def decider_of(person: Signed) -> Person:
    """Give who is signed in and may answer cases; raises Refused."""
    if person.role not in people.DECIDES:
        raise Refused(f"the role `{person.role}` may not answer cases", "ask an admin of this service")
    return person


def admin_of(person: Signed) -> Person:
    """Give who is signed in and may change banks; raises Refused."""
    if person.role not in people.CURATES:
        raise Refused(f"the role `{person.role}` may not change banks", "ask an admin of this service")
    return person


def seen_by(request: AnyRequest, desk: TheDesk, holder: Holder) -> Visit:
    """Make the visit."""
    begun = visit.begin(request, desk.jar, holder, desk.house.clock(), desk.titles)
    return replace(begun, crisis=desk.house.crises.now) if holder else begun


async def form_of(request: AnyRequest, desk: TheDesk) -> Form:
    """Give a posted form; raises BadForm unless it came from our own page."""
    form = await visit.read_form(request, desk.jar)
    if form is None:
        raise BadForm("the form did not come from a page of this console", "load the page again and repeat")
    return form


def dependencies(desk: Desk) -> dict[str, Provide]:
    """Give what handlers may ask for by parameter name."""
    return {
        "desk": Provide(lambda: desk, sync_to_thread=False, use_cache=True),
        "holder": Provide(holder_of, sync_to_thread=True),
        "person": Provide(person_of, sync_to_thread=False),
        "decider": Provide(decider_of, sync_to_thread=False),
        "admin": Provide(admin_of, sync_to_thread=False),
        "seen": Provide(seen_by, sync_to_thread=False),
        "form": Provide(form_of),
    }
