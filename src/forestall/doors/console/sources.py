"""The handlers of exchanges, where signals come from, and of retro-hunts, where they are looked for."""

from litestar import Response, get, post
from litestar.params import FromPath

from forestall.doors.console import bankpage, listing, pages
from forestall.doors.console.context import Admin, Seen, Sent, Signed, TheDesk
from forestall.flow.house import House
from forestall.model.errors import NotFound
from forestall.model.records import CaseState
from forestall.review import cases
from forestall.review.people import CURATES

Page = Response[bytes]
HUNTS_SHOWN = 100
"""Retro-hunts on the page, newest first."""
CASES_SHOWN = 100
"""Cases of one retro-hunt on its page, those that wait first."""


@get("/exchanges", sync_to_thread=True)
def exchange_list(desk: TheDesk, seen: Seen, person: Signed) -> Page:
    """Show all exchanges: how the last pull went, and when the next is due."""
    house = desk.house
    names = _names(house)
    rows = [bankpage.exchange_row(exchange, names, seen.words, seen.now) for exchange in house.store.exchanges()]
    may = person.role in CURATES
    return pages.page(seen, desk.jar, "exchanges.html", rows=rows, may_change=may)


@post("/exchanges/{exchange_id:str}", sync_to_thread=True)
def switch_exchange(exchange_id: FromPath[str], desk: TheDesk, admin: Admin, form: Sent) -> Page:
    """Switch an exchange on or off."""
    exchange = desk.house.store.exchange(exchange_id)
    if exchange is None:
        raise NotFound(f"there is no exchange `{exchange_id}`", "go back to the list")
    on = form.get("enabled") == "on"
    if on != exchange.enabled:
        puller = desk.house.puller
        (puller.enable if on else puller.disable)(exchange, admin.id)
    return pages.seen_other("/console/exchanges")


@get("/hunts", sync_to_thread=True)
def hunt_list(desk: TheDesk, seen: Seen, person: Signed) -> Page:
    """Show the retro-hunts, newest first."""
    del person  # everybody signed in may look
    house = desk.house
    names = _names(house)
    rows = [bankpage.hunt_row(hunt, names, seen.words, seen.now) for hunt in house.store.hunts(HUNTS_SHOWN)]
    return pages.page(seen, desk.jar, "hunts.html", rows=rows)


@get("/hunts/{hunt_id:str}", sync_to_thread=True)
def hunt_page(hunt_id: FromPath[str], desk: TheDesk, seen: Seen, person: Signed) -> Page:
    """Show one retro-hunt with the cases it opened."""
    del person  # everybody signed in may look
    house = desk.house
    hunt = house.store.hunt(hunt_id)
    if hunt is None:
        raise NotFound(f"there is no retro-hunt `{hunt_id}`", "go back to the list")
    row = bankpage.hunt_row(hunt, _names(house), seen.words, seen.now)
    shown = [listing.row(view, seen.words, seen.now) for view in cases.clustered(house.store, hunt.id, CASES_SHOWN)]
    found = house.store.cases_in(hunt.id)
    waiting = sum(case.state is CaseState.OPEN for case in found)
    return pages.page(seen, desk.jar, "hunt.html", row=row, cases=shown, waiting=waiting, total=len(found))


HANDLERS = [exchange_list, switch_exchange, hunt_list, hunt_page]


def _names(house: House) -> dict[str, str]:
    """Give the banks' names by id."""
    return {bank.id: bank.name for bank in house.store.banks()}
