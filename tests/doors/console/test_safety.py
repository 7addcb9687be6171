"""What holds on every page and every route, also on those that come later."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from litestar import Litestar

from forestall.assembly import House
from forestall.doors import console
from forestall.doors.console import pages
from forestall.model.records import Case, CaseState
from tests.doors.console.conftest import PASSWORD, Visitor, small_house

CONSOLE = Path(pages.__file__).parent
OPEN = {
    "/console/sign-in",
    "/console/welcome/{token:str}",
    "/console/static/{stamp:str}/{name:str}",
    "/console/{rest:path}",
}
"""Addresses that show something to people who are not signed in."""
MARKUP = sorted((CONSOLE / "templates").iterdir())
SCRIPTS = sorted((CONSOLE / "static").iterdir())


def every_route() -> Iterator[tuple[str, str]]:
    """Give the methods and addresses of all routes of the console."""
    from forestall.model.settings import Settings

    app = Litestar(route_handlers=console.routes(small_house(Settings())), openapi_config=None)
    for route in app.routes:
        for method in sorted(getattr(route, "methods", ())):
            if method in {"GET", "POST", "PUT", "PATCH", "DELETE"}:
                yield method, route.path_format.replace("{rest}", "{rest:path}") if "rest" in route.path else route.path


ROUTES = sorted(set(every_route()))


def address(path: str, case: Case) -> str:
    """Fill an address in with values."""
    asset = {"stamp": pages.stamp(), "name": "console.css"}
    values = {
        "case_id": case.id,
        "sha256": "0" * 64,
        "number": "0",
        "token": "t",
        "crisis_id": "c",
        "action_id": "a",
        "rest": "nowhere/at/all",
        **asset,
    }
    values |= {
        "version_id": "v",
        "answer": "approve",
        "name": "console.css",
        "bank_id": "b",
        "exchange_id": "e",
        "hunt_id": "h",
    }
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda match: values[match[1]], path)


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_headers_on_every_route(moderator: Visitor, make_case: Callable[..., Case], method: str, path: str) -> None:
    """Whatever a route answers, the browser is told to run nothing but our files, show us in no frame, and send nothing on."""
    answer = moderator.client.request(method, address(path, make_case("!pledge")), follow_redirects=False)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in answer.headers["permissions-policy"]
    if "static" not in path:
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", [path for method, path in ROUTES if method == "POST" and "rest" not in path])
@pytest.mark.parametrize("token", ["", "0" * 64, "wröng"])
def test_no_form_works_without_its_token(
    house: House, admin: Visitor, make_case: Callable[..., Case], path: str, token: str
) -> None:
    """No form is accepted unless it carries the token of this very browser, and nothing happens."""
    case = make_case("!pledge")
    before = house.store.ledger_size()
    fields = {
        "form_token": token,
        "version": "1",
        "choice": "remove",
        "name": "ada",
        "password": PASSWORD,
        "again": PASSWORD,
    }
    answer = admin.client.post(address(path, case), data=fields, follow_redirects=False)
    assert answer.status_code == 403
    assert "Nothing was changed." in answer.text
    assert house.store.ledger_size() == before
    assert house.store.count_cases(CaseState.OPEN) == 1
    assert "set-cookie" not in answer.headers or "session" not in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://elsewhere.example"},
    ],
)
def test_no_form_works_from_another_site(
    house: House, moderator: Visitor, make_case: Callable[..., Case], headers: dict[str, str]
) -> None:
    """A form with the right token is refused all the same when the browser says another site sent it."""
    case = make_case("!pledge")
    moderator.get(f"/console/cases/{case.id}")
    fields = {"form_token": moderator.token, "version": "1", "choice": "remove"}
    answer = moderator.client.post(f"/console/cases/{case.id}/answer", data=fields, headers=headers)
    assert answer.status_code == 403
    assert house.store.count_cases(CaseState.OPEN) == 1


def test_a_token_belongs_to_one_browser(
    house: House, moderator: Visitor, visit: Callable[[], Visitor], make_case: Callable[..., Case]
) -> None:
    """The token of one person's page is worth nothing in another person's browser."""
    case = make_case("!pledge")
    other = visit().join(house, name="ben")
    moderator.get("/console/")
    other.token = moderator.token
    other.post(f"/console/cases/{case.id}/answer", 403, version="1", choice="remove")


@pytest.mark.parametrize(("method", "path"), [item for item in ROUTES if item[1] not in OPEN])
def test_everything_else_needs_someone_signed_in(
    house: House, stranger: Visitor, make_case: Callable[..., Case], method: str, path: str
) -> None:
    """Nobody sees a case, a list or a picture, or answers anything, without signing in first."""
    case = make_case("secret words !pledge")
    before = house.store.ledger_size()
    stranger.get("/console/sign-in")
    data = {"form_token": stranger.token, "version": "1", "choice": "remove"} if method == "POST" else None
    answer = stranger.client.request(method, address(path, case), data=data, follow_redirects=False)
    assert answer.status_code == 303
    if path not in {"/console/look", "/console/sign-out"}:
        assert answer.headers["location"].startswith("/console/sign-in?next=/console")
    assert "secret words" not in answer.text
    assert house.store.ledger_size() == before


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_nothing_here(stranger: Visitor, method: str) -> None:
    """An address that leads nowhere says so in a page, with where to go."""
    answer = stranger.client.request(method, "/console/<b>nothing</b>")
    assert answer.status_code == 404
    assert "Nothing stands at this address." in answer.text
    assert 'href="/console/"' in answer.text
    assert "<b>" not in answer.text


def test_wrong_method(moderator: Visitor, make_case: Callable[..., Case]) -> None:
    """A method that an address does not take is refused without a trace of the inside."""
    answer = moderator.client.delete(f"/console/cases/{make_case('!pledge').id}")
    assert answer.status_code in (404, 405)
    assert "Traceback" not in answer.text


def test_too_large_a_form(moderator: Visitor) -> None:
    """A form far larger than any of ours is refused before it is read."""
    moderator.get("/console/")
    answer = moderator.client.post("/console/look", data={"form_token": moderator.token, "back": "x" * 100_000})
    assert answer.status_code == 413
    assert "<h1>" in answer.text


def test_a_crash_says_nothing_of_the_inside(
    moderator: Visitor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error nobody foresaw gives a page that apologises, and the log holds the place but no content."""
    from forestall.doors.console import listing
    from forestall.review import cases

    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("inside words")

    monkeypatch.setattr(cases, "waiting", crash)
    answer = moderator.client.get("/console/")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text
    assert "inside words" not in answer.text + capsys.readouterr().out
    assert listing


def test_own_files_are_kept_and_named(stranger: Visitor) -> None:
    """Our own files may be kept for a year under their stamp, are asked for again under an old one, and no other file is served."""
    page = stranger.get("/console/sign-in")
    for path in re.findall(r'(?:href|src)="(/console/static/[^"]+)"', page):
        answer = stranger.client.get(path)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert stranger.client.get(path.replace(pages.stamp(), "0" * 16)).headers["cache-control"] == "no-cache"
    for name in ("base.html", "..%2Frouter.py", "en.toml", "console.css%00"):
        assert stranger.client.get(f"/console/static/{pages.stamp()}/{name}").status_code == 404


@pytest.mark.parametrize("path", MARKUP, ids=lambda path: path.name)
def test_templates_hold_nothing_inline(path: Path) -> None:
    """No template switches escaping off or holds a script, a style or an event handler of its own."""
    text = path.read_text("utf-8")
    assert not re.search(r"\|\s*safe\b|autoescape|Markup", text)
    assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert "://" not in text.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_own_files_ask_no_other_host(path: Path) -> None:
    """No script, style or image of ours names another host or turns text into code or markup."""
    text = path.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
    assert "//" not in re.sub(r"(?m)^\s*//.*$|(?<=;)\s*//.*$", "", text)
    for word in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "Function(",
        "@import",
        "url(",
    ):
        assert word not in text


def test_style_sheet_has_no_sides() -> None:
    """The style sheet names no left and no right, so that a right-to-left language mirrors every page."""
    text = re.sub(r"/\*.*?\*/", "", (CONSOLE / "static" / "console.css").read_text("utf-8"), flags=re.DOTALL)
    found = re.findall(
        r"(?<![\w-])(?:margin|padding|border|inset)?-?(?:left|right)\s*[:;]|text-align:\s*(?:left|right)", text
    )
    assert found == []
