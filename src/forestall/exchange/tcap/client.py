"""Asks the TCAP for its content hash list (version 2, with checkpoints) and its URL hash list.

Docs: https://docs.terrorismanalytics.org/docs/api-services/content-hash-list and …/url-hash-list. The documentation and the public
clients differ in one path (`/hash-list/v2/all`, `/api/hash-list/v2/all`); the option `path` takes either.
"""

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import urlencode

import msgspec

from forestall.exchange.paging import Page
from forestall.exchange.tcap import translate
from forestall.exchange.wire import Answer, checked, place
from forestall.model.errors import BadSetting, ExchangeFailed
from forestall.model.feed import Batch, Verdict
from forestall.model.ports import Clock
from forestall.model.records import Exchange

ADDRESS = "https://app.terrorismanalytics.org"
"""Where the content hash list is, unless the exchange says otherwise."""

ADDRESS_OF_ADDRESSES = "https://beta.terrorismanalytics.org"
"""Where the URL hash list is, unless the exchange says otherwise."""

_WHO = "the TCAP"
_HASH_PATH = "/api/hash-list/v2/all"
_ADDRESS_PATH = "/core/url-hash-list"
_IDEOLOGIES = ("all", "islamist", "far-right")
_LISTS = frozenset({b"results", b"data", b"hashes"})
_PAGE = 1_000
_LONGEST_ANSWER = 64 * 1024 * 1024
_LONGEST_LOGIN = 64 * 1024
_LONGEST_CHECKPOINT = 200
_OVERLAP = timedelta(days=1)


class _Login(msgspec.Struct):
    """The answer to a login; what it says of the user is not kept."""

    token: str


class _Place(msgspec.Struct):
    """What a row says about its place in the list."""

    id: int | str = ""
    updated_on: float | str = ""


class _Session:
    """Signs in when it must, and once more when a token has run out. Its token and password never leave this object but to the TCAP."""

    def __init__(self, exchange: Exchange, secret: str, home: str, path: str) -> None:
        options = exchange.options
        self._user = options.get("user", "")
        if not self._user:
            raise BadSetting("the exchange does not say who signs in", "give the option user=NAME")
        if options.get("ideology", "all") not in _IDEOLOGIES:
            raise BadSetting("the option `ideology` can't be used", f"use {', '.join(_IDEOLOGIES)}")
        self.ideology = options.get("ideology", "all")
        self._place = place(exchange.address or home, options.get("private") == "yes")
        self._path = "/" + options.get("path", path).strip("/")
        if not re.fullmatch(r"(/[A-Za-z0-9._-]+)+", self._path):
            raise BadSetting("the option `path` can't be used", f"use {path}")
        self._secret = secret
        self._token = ""

    def page(self, query: dict[str, str]) -> Answer:
        """Ask for a page; raises ExchangeFailed."""
        fresh = not self._token
        if fresh:
            self._sign_in()
        answer = self._get(query)
        if answer.status in {401, 403} and not fresh:
            answer.body.close()
            self._sign_in()
            answer = self._get(query)
        return checked(answer, _WHO, "access to this hash list")

    def _get(self, query: dict[str, str]) -> Answer:
        """Ask for a page with the token we have."""
        url = f"{self._place.address}{self._path}?{urlencode(query)}"
        headers = {"authorization": f"Bearer {self._token}", "accept": "application/json"}
        return self._place.wire.ask("GET", url, headers, limit=_LONGEST_ANSWER)

    def _sign_in(self) -> None:
        """Get a token for user and password; raises ExchangeFailed."""
        if not self._secret:
            raise ExchangeFailed(
                f"there is no password for {_WHO}", "give it: forestall exchange token NAME", lasting=True
            )
        body = json.dumps({"username": self._user, "password": self._secret}).encode()
        headers = {"content-type": "application/json", "accept": "application/json"}
        url = f"{self._place.address}/token-auth/tcap/"
        answer = self._place.wire.ask("POST", url, headers, body, _LONGEST_LOGIN)
        if answer.status == 400:
            answer.body.close()
            raise ExchangeFailed(f"{_WHO} refused user or password (400)", "give them again", lasting=True)
        with checked(answer, _WHO, "the right user name and password"):
            try:
                self._token = msgspec.json.decode(answer.body.read(), type=_Login).token
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                raise ExchangeFailed(f"{_WHO} let us in without a token", "try again later") from None

    def close(self) -> None:
        """Let go of connections."""
        self._place.wire.close()


class _Tcap:
    """What both lists share. The TCAP takes no verdicts on its hash lists."""

    home = ""
    path = ""

    def __init__(self, exchange: Exchange, secret: str, clock: Clock) -> None:
        self._session = _Session(exchange, secret, self.home, self.path)
        self._clock = clock

    @property
    def listens(self) -> bool:
        """Tell that no verdicts can be told back."""
        return False

    def report(self, verdict: Verdict) -> str:  # noqa: ARG002  # the port's shape
        """Say that verdicts are not taken."""
        return f"{_WHO} takes no verdicts"

    def close(self) -> None:
        """Let go of connections."""
        self._session.close()


class TcapHashes(_Tcap):
    """The content hash list: every algorithm, with deletions, from a checkpoint `{seconds},{id}` on."""

    home = ADDRESS
    path = _HASH_PATH

    def pull(self, checkpoint: str) -> Iterator[Batch]:
        """Give what changed since a checkpoint; raises ExchangeFailed."""
        while True:
            query = {"ideology": self._session.ideology, "order": "asc", "limit": str(_PAGE)}
            with self._session.page(query | ({"after": checkpoint} if checkpoint else {})) as answer:
                page = Page(answer, _LISTS, _WHO)
                for group in page.groups(lambda data, where: [translate.of_hash(data, where)]):
                    if group:
                        yield Batch(group, checkpoint)
                page.ended()
            following = _checkpoint(page) or checkpoint
            done = not page.value("next") or not page.count
            if not done and following == checkpoint:
                raise ExchangeFailed(f"{_WHO} gives the same page again and again", "tell Tech Against Terrorism")
            yield Batch((), following, done)
            if done:
                return
            checkpoint = following


def _checkpoint(page: Page) -> str:
    """Give the checkpoint of a page as it says it, or as its last row does."""
    told = page.text("checkpoint")
    if not told and page.last:
        try:
            row = msgspec.json.decode(page.last, type=_Place)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return ""
        told = f"{row.updated_on},{row.id}" if row.updated_on and row.id else ""
    return told if len(told) <= _LONGEST_CHECKPOINT else ""


class TcapAddresses(_Tcap):
    """The URL hash list: MD5s of up to 13 forms of each address.

    It has no checkpoint, so ours is `{first day},{last day},{rows taken}` while a pull goes on and `{day}` after one; the day before
    the last pull is asked for again, as rows may still have been added to it. It tells no deletions.
    """

    home = ADDRESS_OF_ADDRESSES
    path = _ADDRESS_PATH

    def pull(self, checkpoint: str) -> Iterator[Batch]:
        """Give what was added since a checkpoint; raises ExchangeFailed."""
        since, until, offset = self._window(checkpoint)
        last = b""
        while True:
            query = {"to": until, "limit": str(_PAGE), "offset": str(offset)} | ({"from": since} if since else {})
            if self._session.ideology != "all":
                query["ideology"] = self._session.ideology
            with self._session.page(query) as answer:
                page = Page(answer, _LISTS, _WHO)
                for group in page.groups(translate.of_address):
                    if group:
                        yield Batch(group, f"{since},{until},{offset}")
                page.ended()
            if page.last and page.last == last:
                raise ExchangeFailed(f"{_WHO} gives the same page again and again", "tell Tech Against Terrorism")
            offset, last = offset + page.count, page.last
            total = page.value("count")
            done = not page.count or (isinstance(total, int) and offset >= total)
            yield Batch((), until if done else f"{since},{until},{offset}", done)
            if done:
                return

    def _window(self, checkpoint: str) -> tuple[str, str, int]:
        """Give the days to ask for and how many rows of them are taken; raises ExchangeFailed."""
        today = self._clock()[:10]
        if not checkpoint:
            return "", today, 0
        if found := re.fullmatch(r"((?:\d{4}-\d\d-\d\d)?),(\d{4}-\d\d-\d\d),(\d{1,12})", checkpoint):
            return found[1], found[2], int(found[3])
        try:
            return (date.fromisoformat(checkpoint) - _OVERLAP).isoformat(), today, 0
        except ValueError:
            raise ExchangeFailed("the checkpoint can't be read", "pull it from the start", lasting=True) from None
