"""Asks ThreatExchange for a privacy group's `threat_updates` and tells it what our people found.

Docs: https://developers.facebook.com/docs/threat-exchange/reference/apis/threat-updates/ and …/reference/reacting. Updates come in
the order of their time; deletions are told for 90 days, so whoever stays away longer begins anew.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from forestall.exchange.paging import Page
from forestall.exchange.threatexchange import translate
from forestall.exchange.wire import Answer, checked, place
from forestall.model.bank import Entry, Stance
from forestall.model.content import Problem
from forestall.model.errors import BadSetting, ExchangeFailed, ForestallError
from forestall.model.feed import Batch, Verdict
from forestall.model.ports import Clock
from forestall.model.records import Exchange

ADDRESS = "https://graph.facebook.com"
"""Where Graph is, unless the exchange says otherwise."""

VERSION = "v26.0"
"""The version of Graph that is spoken, unless the exchange says otherwise."""

_WHO = "ThreatExchange"
_STALE = 85 * 24 * 3600
_PAGE = 500
_LONGEST_ANSWER = 64 * 1024 * 1024
_LONGEST_ERROR = 64 * 1024
_LONGEST_QUERY = 8_192
_MOST_REACTIONS = 32
_LISTS = frozenset({b"data"})
_FIELDS = (
    "id,indicator,type,creation_time,last_updated,should_delete,tags,status,"
    "descriptors{id,owner{id,name},status,tags,description,reactions,added_on,last_updated,first_active,last_active,expired_on,"
    "confidence,severity,precision,review_status,share_level,privacy_type}"
)
_REACTIONS = {
    Stance.POSITIVE: "HELPFUL,SAW_THIS_TOO",
    Stance.NEGATIVE: "NON_MALICIOUS,SAW_THIS_TOO",
    Stance.SEED: "SAW_THIS_TOO",
}
_SECRET_KEYS = frozenset({"access_token", "appsecret_proof", "input_token"})
_BAD_TOKEN = frozenset({102, 190, 463, 467, 2500})
_TOO_FAST = frozenset({4, 17, 32, 341, 613})
_TEMPORARY = frozenset({1, 2})
_SLOW_DOWN = 15 * 60


class _Error(msgspec.Struct):
    """What Graph says is wrong; its message is not read, as it may repeat the token."""

    code: int = 0


class _Wrong(msgspec.Struct):
    """An answer that says something is wrong."""

    error: _Error


class _Paging(msgspec.Struct):
    """Where the next page is."""

    next: str = ""


class ThreatExchange:
    """One privacy group. The token is sent in a header, or with the option `token=query` where Graph wants it, and shown nowhere."""

    def __init__(self, exchange: Exchange, secret: str, clock: Clock) -> None:
        options = exchange.options
        self._group = options.get("group", "")
        if not re.fullmatch(r"\d{1,32}", self._group):
            raise BadSetting("the exchange does not say which privacy group", "give the option group=NUMBER")
        version = options.get("version", VERSION)
        if not re.fullmatch(r"v\d{1,3}\.\d", version):
            raise BadSetting("the option `version` can't be used", f"write it as {VERSION}")
        if options.get("token", "header") not in {"header", "query"}:
            raise BadSetting("the option `token` can't be used", "use header or query")
        self._in_query = options.get("token") == "query"
        self._place = place(exchange.address or ADDRESS, options.get("private") == "yes")
        self._base = f"{self._place.address}/{version}"
        self._secret = secret
        self._clock = clock

    @property
    def listens(self) -> bool:
        """Tell that verdicts can be told back."""
        return True

    def pull(self, checkpoint: str) -> Iterator[Batch]:
        """Give what changed since a checkpoint, `{newest update},{when we asked}` in seconds since 1970; raises ExchangeFailed."""
        since, anew = self._begun(checkpoint)
        newest = since
        query = {"fields": _FIELDS, "limit": str(_PAGE)} | ({"start_time": str(since)} if since else {})

        def row(data: bytes, where: str) -> list[Entry | Problem]:
            nonlocal newest
            entries, seconds = translate.of_update(data, where, self._group, self._member)
            newest = max(newest, seconds)
            return entries

        while True:
            reached = f"{newest},{self._now()}"
            with self._page(query) as answer:
                page = Page(answer, _LISTS, _WHO)
                for group in page.groups(row):
                    if group:
                        yield Batch(group, reached, whole=translate.SOURCES, anew=anew)
                        anew = False
                page.ended()
            following = self._following(page.value("paging"), query)
            yield Batch((), f"{newest},{self._now()}", not following, translate.SOURCES, anew)
            anew = False
            if not following:
                return
            query = following

    def report(self, verdict: Verdict) -> str:
        """React to what members said about a signal; gives an empty string when it was taken, or why it was not."""
        wanted = [one for one in verdict.references if re.fullmatch(r"\d{1,32}", one)][:_MOST_REACTIONS]
        if not wanted:
            return "no member said anything that could be reacted to"
        for descriptor in wanted:
            try:
                self._ask("POST", f"{self._base}/{descriptor}", {"reactions": _REACTIONS[verdict.stance]}).body.close()
            except ForestallError as error:
                return str(error)
        return ""

    def close(self) -> None:
        """Let go of connections."""
        self._place.wire.close()

    @property
    def _member(self) -> str:
        """Our own member id: the first part of an app token."""
        return self._secret.partition("|")[0]

    def _now(self) -> int:
        """Give now in seconds since 1970."""
        return int(datetime.fromisoformat(self._clock()).timestamp())

    def _begun(self, checkpoint: str) -> tuple[int, bool]:
        """Give the second to ask from, and whether everything has to be asked for again; raises ExchangeFailed."""
        if not checkpoint:
            return 0, False
        found = re.fullmatch(r"(\d{1,12}),(\d{1,12})", checkpoint)
        if found is None:
            raise ExchangeFailed("the checkpoint can't be read", "pull it from the start", lasting=True)
        if self._now() - int(found[2]) > _STALE:
            return 0, True
        return int(found[1]), False

    def _page(self, query: dict[str, str]) -> Answer:
        """Ask for a page; raises ExchangeFailed."""
        return self._ask("GET", f"{self._base}/{self._group}/threat_updates/", query)

    def _ask(self, method: str, url: str, query: dict[str, str]) -> Answer:
        """Ask for something; raises ExchangeFailed."""
        if not self._secret:
            raise ExchangeFailed(
                f"there is no token for {_WHO}", "give it: forestall exchange token NAME", lasting=True
            )
        headers = {"accept": "application/json"}
        if self._in_query:
            query = query | {"access_token": self._secret}
        else:
            headers["authorization"] = f"Bearer {self._secret}"
        body = b""
        if method == "POST":
            headers["content-type"] = "application/x-www-form-urlencoded"
            body = urlencode(query).encode()
        else:
            url = f"{url}?{urlencode(query)}"
        answer = self._place.wire.ask(method, url, headers, body, _LONGEST_ANSWER)
        if answer.status != 200 and "json" in answer.media_type:
            _understood(answer)
        return checked(answer, _WHO, f"to be a member of the privacy group {self._group}")

    def _following(self, paging: object, query: dict[str, str]) -> dict[str, str] | None:
        """Give what to ask for the next page, None where there is none; never follows where it leads. Raises ExchangeFailed."""
        try:
            following = msgspec.convert(paging or {}, _Paging).next
            parts = urlsplit(following)
            there, here = (parts.scheme, parts.netloc), urlsplit(self._base)
            asked = dict(parse_qsl(parts.query[:_LONGEST_QUERY]))
        except (msgspec.ValidationError, ValueError):
            raise ExchangeFailed(f"{_WHO} names a next page that can't be read", "try again later") from None
        if not following:
            return None
        if there != (here.scheme, here.netloc):
            raise ExchangeFailed(f"{_WHO} names a next page elsewhere, which is not followed", "check the address")
        wanted = query | {name: value for name, value in asked.items() if name not in _SECRET_KEYS}
        if wanted == query:
            raise ExchangeFailed(f"{_WHO} gives the same page again and again", "try again later")
        return wanted


def _understood(answer: Answer) -> None:
    """Say what is wrong by Graph's code (https://developers.facebook.com/docs/graph-api/guides/error-handling); raises ExchangeFailed."""
    try:
        code = msgspec.json.decode(answer.body.read(_LONGEST_ERROR), type=_Wrong).error.code
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    failure = None
    if code in _BAD_TOKEN:
        failure = ExchangeFailed(f"{_WHO} refused our token (code {code})", "give a token that is valid", lasting=True)
    elif code in _TOO_FAST:
        failure = ExchangeFailed(
            f"{_WHO} asks us to slow down (code {code})", "nothing to do", wait=answer.wait or _SLOW_DOWN
        )
    elif code == 10 or 200 <= code < 300:
        next_step = "ask the group's owner to add the app, and have threat_updates enabled for the group"
        failure = ExchangeFailed(f"{_WHO} does not let us read this group (code {code})", next_step, lasting=True)
    elif code == 100:
        failure = ExchangeFailed(
            f"{_WHO} does not know the group or a field (code 100)", "check the options", lasting=True
        )
    elif code in _TEMPORARY:
        failure = ExchangeFailed(f"{_WHO} has trouble of its own (code {code})", "nothing to do", wait=answer.wait)
    if failure:
        answer.body.close()
        raise failure
