"""A visit: where to go on, how the console looks, and the token of forms."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.doors.console.visit import Jar, Look, form_token, here, look_of


@pytest.mark.parametrize(
    "path",
    [
        "https://elsewhere.example/console/",
        "//elsewhere.example/console/",
        "/console/..//elsewhere.example",
        "/console\\elsewhere.example",
        "/console/\r\nSet-Cookie: a=b",
        "/consolex",
        "/v1/screen",
        "javascript:alert(1)",
        "",
    ],
)
def test_going_on_stays_in_the_console(path: str) -> None:
    """A link that leads elsewhere after signing in leads to the list."""
    assert here(path) == "/console/"


@given(st.text(max_size=40))
@settings(max_examples=200, derandomize=True)
def test_going_on_is_always_a_path_of_ours(path: str) -> None:
    """Whatever is asked for, the browser stays on this host and below the console."""
    for asked in (path, "/console/" + path):
        went = here(asked)
        assert went == "/console/" or (went.startswith("/console/") and "//" not in went and "\\" not in went)


@pytest.mark.parametrize("path", ["/console/", "/console/cases/0190-a?done=7", "/console/answered?after=x"])
def test_going_on_keeps_our_pages(path: str) -> None:
    """A page of the console is found again after signing in."""
    assert here(path) == path


@pytest.mark.parametrize(
    ("cookie", "look"),
    [
        ("", Look("ar")),
        ("en.dark.off", Look("en", "dark", shortcuts=False)),
        ("xx.neon.maybe", Look("ar")),
        ("en.light", Look("en", "light")),
    ],
)
def test_look_cookie(cookie: str, look: Look) -> None:
    """Each part of the look falls back by itself where it is missing or unknown."""
    assert look_of(cookie, "ar") == look
    assert look_of(str(look), "") == look


def test_form_token_does_not_lead_back() -> None:
    """The token in a form differs by session and does not hold the session's secret."""
    assert form_token("secret-a") != form_token("secret-b")
    assert "secret" not in form_token("secret-a")


def test_cookie_names() -> None:
    """Over HTTPS cookies are bound to the host by their name."""
    assert Jar(https=True).name("session") == "__Host-forestall-session"
    assert Jar(https=False).name("session") == "forestall-session"
