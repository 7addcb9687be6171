"""The entrance: the one-time link, signing in and out, and how someone wants the console to look."""

import time
from dataclasses import replace
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from forestall.doors.console import pages, throttle, visit
from forestall.doors.console.context import Desk, Holder, Seen, Sent, TheDesk, room_to_check
from forestall.doors.console.errors import Waiting
from forestall.doors.console.visit import SESSION, THEMES, VISITOR, AnyRequest, Visit
from forestall.doors.console.words import catalogue, languages
from forestall.model.errors import BadInput, Conflict, Refused
from forestall.review import people

Page = Response[bytes]
_MAX_FIELD = 4_096


@get("/welcome/{token:str}", sync_to_thread=True)
def welcome(token: FromPath[str], desk: TheDesk, seen: Seen) -> Page:
    """Show the form that makes an account from an invitation."""
    return _welcome(desk, seen, token, "")


@post("/welcome/{token:str}", sync_to_thread=True)
def join(token: FromPath[str], desk: TheDesk, seen: Seen, form: Sent) -> Page:
    """Make the account, sign in, and go to the list."""
    name, password = form.get("name", ""), form.get("password", "")
    if password != form.get("again", ""):
        words = seen.words
        return _welcome(desk, seen, token, name, (words("welcome.differ"), words("welcome.differ_next")))
    house = desk.house
    try:
        people.invited(house.store, token, house.clock)
        with room_to_check(desk):
            person = people.accept(house.store, token, name, password, clock=house.clock, new_id=house.new_id)
    except BadInput:
        return _welcome(desk, seen, token, name, _what_is_wrong(seen, password))
    except Conflict:
        words = seen.words
        return _welcome(desk, seen, token, name, (words("error.name_taken"), words("error.name_taken_next")))
    except Refused:
        return _no_invitation(desk, seen)
    return _signed_in(desk, person.name, password, "/console/")


@get("/sign-in", sync_to_thread=True)
def sign_in_page(desk: TheDesk, seen: Seen, holder: Holder, request: AnyRequest) -> Page:
    """Show the sign-in form, or go on where someone is signed in."""
    onward = visit.here(request.query_params.get("next", "/console/"))
    if holder is not None:
        return pages.seen_other(onward)
    note = ""
    if "out" in request.query_params:
        note = seen.words("sign_in.signed_out")
    elif "next" in request.query_params:
        note = seen.words("sign_in.again")
    return pages.page(seen, desk.jar, "sign_in.html", onward=onward, name="", note=note, fault=None)


@post("/sign-in", sync_to_thread=True)
def sign_in(desk: TheDesk, seen: Seen, form: Sent, request: AnyRequest) -> Page:
    """Check name and password and go on; wrong ones cost time, more with every further one."""
    name, password = form.get("name", "")[:_MAX_FIELD], form.get("password", "")[:_MAX_FIELD]
    onward = visit.here(form.get("next", ""))
    origin = throttle.sources(request.client.host if request.client else "", name)
    wait = desk.throttle.wait(origin, time.monotonic())
    if wait > 0:
        raise Waiting(int(wait) + 1)
    try:
        response = _signed_in(desk, name, password, onward)
    except Refused:
        desk.throttle.wrong(origin, time.monotonic())
        fault = (seen.words("error.wrong_sign_in"), seen.words("error.wrong_sign_in_next"))
        return pages.page(seen, desk.jar, "sign_in.html", 403, onward=onward, name=name[:64], note="", fault=fault)
    desk.throttle.right(origin[0])
    return response


@post("/sign-out", sync_to_thread=True)
def sign_out(desk: TheDesk, form: Sent, request: AnyRequest) -> Page:
    """End the session on the server, then in the browser."""
    del form  # asked for so that no other site can sign someone out
    people.sign_out(desk.house.store, desk.jar.read(request, SESSION), desk.house.clock)
    response = pages.seen_other("/console/sign-in?out=1")
    desk.jar.put(response, SESSION, "", 0)
    return response


@post("/look", sync_to_thread=False)
def change_look(desk: TheDesk, seen: Seen, form: Sent) -> Page:
    """Remember language, colours and whether single keys act, then show the page again."""
    look = seen.look
    language, theme = form.get("language", look.language), form.get("theme", look.theme)
    look = replace(
        look,
        language=language if language in languages() else look.language,
        theme=theme if theme in THEMES else look.theme,
        shortcuts=form.get("shortcuts", "on" if look.shortcuts else "off") == "on",
    )
    response = pages.seen_other(visit.here(form.get("back", "")))
    pages.keep_look(response, desk.jar, replace(seen, look=look, words=catalogue(look.language)))
    return response


def _signed_in(desk: Desk, name: str, password: str, onward: str) -> Page:
    """Start a session under a new token; raises Refused."""
    house = desk.house
    hours = house.settings.session_hours
    with room_to_check(desk):
        token = people.sign_in(house.store, name, password, hours=hours, clock=house.clock)
    response = pages.seen_other(onward)
    desk.jar.put(response, SESSION, token, hours * 3_600)
    desk.jar.put(response, VISITOR, "", 0)
    return response


def _welcome(desk: Desk, seen: Visit, token: str, name: str, fault: tuple[str, str] | None = None) -> Page:
    """Show the welcome form, with what was wrong with it."""
    house = desk.house
    try:
        invitation = people.invited(house.store, token, house.clock)
    except Refused:
        return _no_invitation(desk, seen)
    values: dict[str, Any] = {
        "name": name[:64],
        "fault": fault,
        "role": invitation.role,
        "first": not house.store.people(),
    }
    return pages.page(
        seen, desk.jar, "welcome.html", 400 if fault else 200, token=token, minimum=people.MIN_PASSWORD, **values
    )


def _no_invitation(desk: Desk, seen: Visit) -> Page:
    """Say that an invitation does not work."""
    words = seen.words
    values = {"title": words("error.refused_title"), "what": words("error.invitation_what")}
    return pages.page(seen, desk.jar, "error.html", 403, next_step=words("error.invitation_next"), **values)


def _what_is_wrong(seen: Visit, password: str) -> tuple[str, str]:
    """Say whether the password or the name cannot be used."""
    words = seen.words
    if not people.MIN_PASSWORD <= len(password) <= people.MAX_PASSWORD:
        return words("error.password_bad", n=len(password)), words("error.password_bad_next")
    return words("error.name_bad"), words("error.name_bad_next")


HANDLERS = [welcome, join, sign_in_page, sign_in, sign_out, change_look]
