"""The entrance: invitations, signing in and out, and the look."""

from collections.abc import Callable

import pytest

from forestall.assembly import House
from forestall.doors.console import context
from forestall.doors.console.errors import Waiting
from forestall.model.settings import Settings
from forestall.review import people
from tests.doors.console.conftest import PASSWORD, Visitor, small_house

Visits = Callable[[], Visitor]


def invitation(house: House, role: str = "admin") -> str:
    """Make an invitation and give its path."""
    return f"/console/welcome/{people.invite(house.store, role, 1, house.clock, house.new_id)}"


def tags(house: House) -> list[str]:
    """Give the tags of all ledger lines."""
    return [row.tag for row in house.store.ledger_rows()]


def test_first_account_by_link(house: House, stranger: Visitor) -> None:
    """The one-time link makes the account, signs in, and leads to the list."""
    path = invitation(house)
    assert "makes the first account" in stranger.get(path)
    page = stranger.post(path, name="ada", password=PASSWORD, again=PASSWORD)
    assert "What needs a person" in page
    assert tags(house) == ["person:invited", "person:joined", "person:signed-in"]
    assert [person.role for person in house.store.people()] == ["admin"]


def test_link_works_once(house: House, visit: Visits) -> None:
    """A used or invented link says so, what it means and what to do, and makes no account."""
    path = invitation(house)
    first, second = visit(), visit()
    second.get(path)
    first.get(path)
    first.post(path, name="ada", password=PASSWORD, again=PASSWORD)
    assert "does not work any more" in second.post(path, 403, name="eve", password=PASSWORD, again=PASSWORD)
    assert second.client.get("/console/welcome/invented").status_code == 403
    assert len(house.store.people()) == 1


@pytest.mark.parametrize(
    ("name", "password", "again", "said"),
    [
        ("ada", "sh0rt", "sh0rt", "The password has 5 characters."),
        ("ada", PASSWORD, PASSWORD + "!", "The two passwords differ"),
        ("a b/c", PASSWORD, PASSWORD, "That name can&#39;t be used."),
        ("", PASSWORD, PASSWORD, "That name can&#39;t be used."),
    ],
)
def test_unusable_account(house: House, stranger: Visitor, *, name: str, password: str, again: str, said: str) -> None:
    """A name or password that cannot be used is named, and the invitation stays good."""
    path = invitation(house)
    stranger.get(path)
    page = stranger.post(path, 400, name=name, password=password, again=again)
    assert said in page
    assert password not in page
    stranger.post(path, name="ada", password=PASSWORD, again=PASSWORD)


def test_taken_name(house: House, moderator: Visitor, stranger: Visitor) -> None:
    """Two people cannot have one name."""
    path = invitation(house)
    stranger.get(path)
    assert "That name is taken." in stranger.post(path, 400, name="Ada", password=PASSWORD, again=PASSWORD)


def test_sign_in_and_out(house: House, moderator: Visitor, stranger: Visitor) -> None:
    """Signing in leads to the page one came for; signing out ends the session on the server too."""
    page = stranger.get("/console/answered")
    assert "Please sign in to go on." in page
    stranger.post("/console/sign-in", name="ada", password=PASSWORD, next="/console/answered")
    assert "What people answered" in stranger.get("/console/answered")
    held = stranger.client.cookies["forestall-session"]
    assert "You are signed out." in stranger.post("/console/sign-out")
    stranger.client.cookies.set("forestall-session", held)
    assert "<h1>Sign in</h1>" in stranger.get("/console/")


def test_wrong_name_and_wrong_password_look_the_same(house: House, moderator: Visitor, visit: Visits) -> None:
    """Nobody learns from the answer whether a name exists."""
    pages = []
    for name, password in (("ada", "wrong password here"), ("nobody", PASSWORD)):
        visitor = visit()
        visitor.get("/console/sign-in")
        page = visitor.post("/console/sign-in", 403, name=name, password=password)
        pages.append(page.replace(name, "NAME").replace(visitor.token, "TOKEN"))
    assert pages[0] == pages[1]
    assert "The name or the password is wrong." in pages[0]


def test_guessing_costs_time(house: House, moderator: Visitor, visit: Visits) -> None:
    """After five wrong attempts even the right password must wait, and the page says how long."""
    guesser = visit()
    guesser.get("/console/sign-in")
    for _ in range(5):
        guesser.post("/console/sign-in", 403, name="ada", password="wrong password here")
    answer = guesser.client.post(
        "/console/sign-in", data={"form_token": guesser.token, "name": "ada", "password": PASSWORD}
    )
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 15
    assert "Too many attempts" in answer.text
    assert tags(house).count("person:refused") == 5


def test_a_session_is_new_after_signing_in(house: House, moderator: Visitor, stranger: Visitor) -> None:
    """A session cookie that someone planted beforehand is worth nothing afterwards."""
    stranger.client.cookies.set("forestall-session", "planted")
    stranger.get("/console/sign-in")
    stranger.client.cookies.set("forestall-session", "planted")
    stranger.post("/console/sign-in", name="ada", password=PASSWORD)
    assert people.session(house.store, "planted", house.clock) is None


def test_cookies_are_kept_from_scripts_and_other_sites(house: House, stranger: Visitor) -> None:
    """Every cookie is HttpOnly and same-site strict."""
    path = invitation(house)
    given = stranger.client.get(path).headers.get_list("set-cookie")
    stranger.get(path)
    answer = stranger.client.post(
        path,
        data={"form_token": stranger.token, "name": "ada", "password": PASSWORD, "again": PASSWORD},
        follow_redirects=False,
    )
    given += answer.headers.get_list("set-cookie")
    assert {cookie.partition("=")[0] for cookie in given} == {"forestall-visitor", "forestall-session"}
    for cookie in given:
        assert "HttpOnly" in cookie
        assert "samesite=strict" in cookie.lower()


def test_cookies_over_https() -> None:
    """Where people reach the console over HTTPS, cookies are Secure and bound to the host, and browsers are told to stay on HTTPS."""
    from litestar import Litestar
    from litestar.testing import TestClient

    from forestall.doors import console

    house = small_house(Settings(public_url="https://desk.example"))
    app = Litestar(route_handlers=console.routes(house), openapi_config=None)
    with TestClient(app, base_url="https://desk.example") as client:
        answer = client.get("/console/sign-in")
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-forestall-visitor=")
        assert "Secure" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
        assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_look_is_remembered(moderator: Visitor) -> None:
    """Language, colours and keys are chosen once and hold on every page; nonsense changes nothing."""
    moderator.get("/console/")
    page = moderator.post("/console/look", language="ar", theme="dark", shortcuts="off", back="/console/answered")
    assert '<html lang="ar" dir="rtl" data-theme="dark" data-shortcuts="off">' in page
    page = moderator.post("/console/look", language="../en", theme="neon", shortcuts="off")
    assert '<html lang="ar" dir="rtl" data-theme="dark" data-shortcuts="off">' in page


def test_language_of_the_browser(stranger: Visitor) -> None:
    """Before anybody chooses, the browser's language decides."""
    assert 'lang="ar" dir="rtl"' in stranger.get("/console/sign-in", **{"accept-language": "ar-EG,en;q=0.5"})


def test_disabled_people_are_out(house: House, moderator: Visitor) -> None:
    """Someone who is disabled loses open sessions at once."""
    import dataclasses

    from forestall.model.records import Change, Event

    person = house.store.people()[0]
    disabled = dataclasses.replace(person, disabled=house.clock(), version=person.version + 1)
    house.store.submit(Change((Event("person:disabled", person.id, house.clock()),), (disabled,))).result()
    assert "<h1>Sign in</h1>" in moderator.get("/console/")


def test_password_checks_are_few_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Checking passwords takes memory, so only a few run at the same time."""
    from forestall.doors.console.visit import Jar

    desk = context.Desk(house, Jar(https=False))
    monkeypatch.setattr(context, "_LONGEST_QUEUE", 0)
    with context.room_to_check(desk), context.room_to_check(desk), pytest.raises(Waiting), context.room_to_check(desk):
        pass
    with context.room_to_check(desk):
        pass
