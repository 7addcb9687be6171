"""Fetching a file by its address: from hosts that an operator named, and from nowhere else.

What stands in an address is written by strangers, so this is the door through which a server is made to ask others. Every hop,
the first like each redirect, goes through the same checks: scheme, no user name, host on the list, public addresses only.
"""

import ipaddress
import time
from urllib.parse import unquote

import httpx2

from forestall.exchange.wire import Answer, Wire
from forestall.model.content import Attachment
from forestall.model.errors import BadInput, BadSetting, ExchangeFailed, Refused
from forestall.model.settings import Settings

SECONDS = 30.0
"""Longest time for one file, redirects included; only looking a host's name up may take longer."""
MOST_REDIRECTS = 5

_IDLE = 10.0
_LONGEST_ADDRESS = 8_192
_LONGEST_NAME = 200
_LONGEST_HOST = 80
_SEND_IT = "send the file itself"
_NAME_HOST = f"{_SEND_IT}, or let an operator name the host in `fetch_hosts`"
_NAME_PRIVATE = f"{_SEND_IT}, or let an operator name the host in `fetch_private_hosts` too"
_MOVED = frozenset({301, 302, 303, 307, 308})
_PARTS_OF_NAMES = str.maketrans("/\\#", "___")


class WebFetcher:
    """Fetches files over HTTP from named hosts, without cookies, tokens, proxies or compression. Implements `ports.Fetcher`.

    Takes:
        settings: `fetch_hosts`, where `files.example` is that very host and `.files.example` every host below it;
            `fetch_private_hosts`, which of them may be inside our own network and on any port; `max_file_bytes`.
        seconds: longest time for one file.

    Raises BadSetting where an entry is no host name.
    """

    def __init__(self, settings: Settings, seconds: float = SECONDS) -> None:
        named = [(entry.startswith("."), _host_of(entry.removeprefix("."))) for entry in settings.fetch_hosts]
        self._exact = frozenset(host for below, host in named if not below)
        self._below = tuple(f".{host}" for below, host in named if below)
        self._private = frozenset(map(_host_of, settings.fetch_private_hosts))
        self._largest = settings.max_file_bytes
        self._seconds = seconds

    def fetch(self, url: str) -> Attachment:
        """Fetch a file; the type is what its host says, so never trust it.

        Raises BadInput for what is no address to fetch, Refused where it may not be fetched, ExchangeFailed where its host does not
        give it whole. No error holds more of the address than its host.
        """
        if not self._exact and not self._below:
            raise Refused("no address is fetched here", _NAME_HOST)
        where = self._checked(_parsed(url))
        latest = time.monotonic() + self._seconds
        # A wire of its own for each file: nothing a host sets, and no connection, outlives it.
        wire = Wire(self._private, seconds=min(_IDLE, self._seconds), allow=_NAME_PRIVATE, latest=latest)
        try:
            for _ in range(MOST_REDIRECTS + 1):
                with self._asked(wire, where) as answer:
                    if answer.status not in _MOVED:
                        return Attachment(_name(where), self._whole(answer, where, latest), answer.media_type)
                    where = self._checked(_moved(where, answer.location))
            raise ExchangeFailed(f"`{_host(where)}` redirects more than {MOST_REDIRECTS} times", _SEND_IT)
        finally:
            wire.close()

    def _checked(self, url: httpx2.URL) -> httpx2.URL:
        """Give an address that may be asked; raises BadInput and Refused."""
        if url.scheme not in ("http", "https") or not url.host:
            raise BadInput("the address is not one of the web", "give one that begins with `https://`")
        if url.userinfo:
            raise BadInput("the address holds a user name or password", f"give it without, or {_SEND_IT}")
        host = url.raw_host.decode("ascii").lower()
        if host not in self._exact and not host.endswith(self._below):
            raise Refused(f"files are not fetched from `{_host(url)}`", _NAME_HOST)
        return url

    def _asked(self, wire: Wire, url: httpx2.URL) -> Answer:
        """Ask for a file. What our own network looks like stays out of errors."""
        try:
            headers = {"accept": "*/*", "user-agent": "forestall"}
            return wire.ask("GET", str(url.copy_with(fragment=None)), headers, limit=self._largest)
        except Refused:
            what = f"`{_host(url)}` leads to a place that may not be asked: a private address, or a port of its own"
            raise Refused(what, _NAME_PRIVATE) from None
        except ExchangeFailed as error:
            raise ExchangeFailed(f"`{_host(url)}` gave {error.what}", f"check the address, or {_SEND_IT}") from None

    def _whole(self, answer: Answer, url: httpx2.URL, latest: float) -> bytes:
        """Give the file in an answer; raises ExchangeFailed where it is not there or not whole."""
        if answer.status != 200:
            raise ExchangeFailed(f"`{_host(url)}` answered {answer.status}", f"check the address, or {_SEND_IT}")
        if answer.cut:
            why = f"it took longer than {self._seconds:g} s" if time.monotonic() >= latest else answer.cut
            raise ExchangeFailed(f"the file at `{_host(url)}` did not come whole: {why}", _SEND_IT)
        return answer.body.read()


def _parsed(text: str) -> httpx2.URL:
    """Read an address; what is checked later is what is asked, also where reading it again would give another."""
    try:
        if len(text) <= _LONGEST_ADDRESS:
            return httpx2.URL(str(httpx2.URL(text.strip())))
    except (httpx2.InvalidURL, ValueError):
        pass
    raise BadInput("the address cannot be read", "give one like https://files.example/poster.jpg")


def _moved(before: httpx2.URL, location: str) -> httpx2.URL:
    """Give where a redirect leads; raises BadInput and Refused."""
    try:
        after = _parsed(str(before.join(location)))
    except (httpx2.InvalidURL, ValueError):
        after = _parsed("")
    if before.scheme == "https" and after.scheme == "http":
        raise Refused(f"`{_host(before)}` redirects from https to http", _SEND_IT)
    return after


def _host_of(entry: str) -> str:
    """Give a host as names are compared: in ASCII, so that letters that look alike are told apart. Raises BadSetting."""
    try:
        host = str(ipaddress.ip_address(entry))
    except ValueError:
        host = ""
    try:
        url = httpx2.URL("http://" + (f"[{host}]" if ":" in host else entry) + "/")
    except (httpx2.InvalidURL, ValueError):
        url = httpx2.URL("")
    ascii_host = url.raw_host.decode("ascii").lower()
    plain = ascii_host and not ascii_host.startswith(".") and not set("*%") & set(ascii_host)
    if not plain or str(url) not in (f"http://{ascii_host}/", f"http://[{ascii_host}]/"):
        raise BadSetting(
            f"`{entry[:_LONGEST_HOST]}` in `fetch_hosts` or `fetch_private_hosts` is no host name",
            "give names such as `files.example`, or `.files.example` in `fetch_hosts` for all hosts below it",
        )
    return ascii_host


def _host(url: httpx2.URL) -> str:
    """Give the host of an address for an error, as it is spelled on the wire."""
    return url.raw_host.decode("ascii")[:_LONGEST_HOST]


def _name(url: httpx2.URL) -> str:
    """Give a file name from the last part of a path, without what has a meaning in names of parts."""
    last = unquote(url.raw_path.decode("ascii").partition("?")[0].rpartition("/")[2]).translate(_PARTS_OF_NAMES)
    return "".join(filter(str.isprintable, last))[-_LONGEST_NAME:].strip(" .") or "file"
