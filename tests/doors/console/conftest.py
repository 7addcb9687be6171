"""A console over a house of fakes: its cases are written into the texts, its pictures are made on the spot."""

import dataclasses
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from argon2 import PasswordHasher
from litestar import Litestar
from litestar.testing import TestClient

from forestall.assembly import House, build
from forestall.doors.server import create_app
from forestall.ledger.checkpoint import Signer
from forestall.model.content import Attachment, Content
from forestall.model.reading import Opened, Plane
from forestall.model.records import Case, CaseState
from forestall.model.settings import Settings
from forestall.review import people
from tests.support import LABELS, PlainOpener, SmallHouse

PASSWORD = "calm green ships sail"
Client = TestClient[Litestar]


class PictureOpener(PlainOpener):
    """An opener for tests: `PICTURES n` holds n pictures of 8 × 4 pixels, everything else is text."""

    def open(self, attachment: Attachment) -> Opened:
        """Give the pictures."""
        words = attachment.data.split()
        if words[:1] != [b"PICTURES"]:
            return super().open(attachment)
        count = int(words[1])
        return Opened(planes=tuple(Plane(attachment.name, 8, 4, bytes([n * 20]) * 32, n) for n in range(count)))


def small_house(settings: Settings) -> House:
    """Give a house of fakes with a store in memory."""
    small = SmallHouse()
    return dataclasses.replace(
        build(settings, store=small.store),
        screening=small.screening,
        opener=PictureOpener(),
        labels=dict(LABELS),
        outbox=small.outbox,
        clock=small.clock,
        new_id=small.new_id,
        signer=Signer("forestall/test", b"7" * 32),
    )


@dataclass
class Visitor:
    """Someone at the console with a browser of their own: keeps cookies, sends forms with the token of the last page."""

    client: Client
    token: str = ""
    pages: list[str] = field(default_factory=list)

    def get(self, path: str, **headers: str) -> str:
        """Open a page that must be there."""
        answer = self.client.get(path, headers=headers, follow_redirects=True)
        assert answer.status_code == 200, answer.text
        return self.read(answer.text)

    def read(self, text: str) -> str:
        """Take the form token from a page."""
        found = re.search(r'name="form_token" value="([0-9a-f]+)"', text)
        self.token = found[1] if found else self.token
        return text

    def post(self, path: str, status: int = 303, **fields: str) -> str:
        """Send a form; gives the page that follows, or the answer itself where it is no redirect."""
        answer = self.client.post(path, data={"form_token": self.token, **fields}, follow_redirects=False)
        assert answer.status_code == status, answer.text
        return self.get(answer.headers["location"]) if status == 303 else self.read(answer.text)

    def join(self, house: House, role: str = "moderator", name: str = "ada") -> "Visitor":
        """Make an account from an invitation; afterwards this visitor is signed in."""
        invitation = people.invite(house.store, role, 1, house.clock, house.new_id)
        self.get(f"/console/welcome/{invitation}")
        self.post(f"/console/welcome/{invitation}", name=name, password=PASSWORD, again=PASSWORD)
        return self


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing a password takes long on purpose; here it need not."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(people, "_hasher", quick)
    monkeypatch.setattr(people, "_nobody", lambda: quick.hash("nobody has this password"))


@pytest.fixture
def house() -> House:
    """A house of fakes."""
    return small_house(Settings())


@pytest.fixture
def visit(house: House) -> Iterator[Callable[[], Visitor]]:
    """Makes visitors, each with cookies of their own."""
    clients: list[Client] = []

    def make() -> Visitor:
        clients.append(TestClient(create_app(house)).__enter__())
        return Visitor(clients[-1])

    yield make
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture
def stranger(visit: Callable[[], Visitor]) -> Visitor:
    """Someone who is not signed in."""
    return visit()


@pytest.fixture
def moderator(house: House, visit: Callable[[], Visitor]) -> Visitor:
    """Someone signed in who may answer cases."""
    return visit().join(house)


@pytest.fixture
def admin(house: House, visit: Callable[[], Visitor]) -> Visitor:
    """Someone signed in who may change banks."""
    return visit().join(house, "admin", "grace")


@pytest.fixture
def make_case(house: House) -> Callable[..., Case]:
    """Screens a post that needs a person and gives its case; `!label` in the text is a finding."""

    def make(text: str, *files: Attachment, **more: str) -> Case:
        screened = house.screen([Content(id=more.pop("id", "post-1"), text=text, attachments=files, **more)])[0]  # type: ignore[arg-type]
        case = house.store.case_of(screened.decision.content, screened.decision.revision)
        assert case is not None
        assert case.state is CaseState.OPEN
        return case

    return make
