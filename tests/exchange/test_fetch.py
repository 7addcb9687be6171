"""Fetching by address asks nobody whom an operator did not name, and ends in time and within its size."""

import gzip
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from forestall.exchange import fetch, wire
from forestall.exchange.fetch import MOST_REDIRECTS, WebFetcher
from forestall.model.errors import BadInput, BadSetting, ExchangeFailed, ForestallError, Refused
from forestall.model.ports import Fetcher
from forestall.model.settings import Settings
from tests.contracts.fetcher import SECRET, FetcherContract
from tests.exchange.partner import Asked, Partner, Played

FILE = b"\x89PNG" + bytes(range(256)) * 20
PICTURE = {"content-type": "image/PNG; charset=binary"}
HERE = "127.0.0.1"
DRIPS = 200
OPEN = Settings(fetch_hosts=(HERE,), fetch_private_hosts=(HERE,), max_file_bytes=1_000_000)


def partner(answer: Callable[[Asked], Played]) -> Partner:
    """Give a host of files."""
    return Partner(answer, lambda _asked: True)


def whole(_asked: Asked) -> Played:
    """Answer with the file."""
    return Played(body=FILE, headers=PICTURE)


def moved(to: str, status: int = 302) -> Played:
    """Send whoever asks elsewhere."""
    return Played(status, headers={"location": to})


class TestWebFetcher(FetcherContract):
    """The laws of fetching hold for HTTP."""

    host = "files.example"
    elsewhere = (
        "https://elsewhere.example/x",
        "https://files.example.elsewhere.example/x",
        "https://notfiles.example/x",
        "https://below.files.example/x",
        "https://files.example./x",
        "https://files.example%2eevil/x",
        "https://github.com/x",
        "http://127.0.0.1/x",
        "http://2130706433/x",
        "http://0x7f.1/x",
        "http://[::1]/x",
        "http://[::ffff:127.0.0.1]/x",
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost/x",
        "http://files.example:22/x",
        "http://files.example:8080/x",
    )

    @pytest.fixture
    def fetcher(self, monkeypatch: pytest.MonkeyPatch) -> Fetcher:
        """Give a fetcher whose one host has a public address; asking anybody is an error."""
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", ("93.184.216.34", 80))])
        return WebFetcher(Settings(fetch_hosts=("files.example",)))


def test_a_file_comes_as_it_is() -> None:
    """Bytes and name arrive; the type is the one its host says."""
    with partner(whole) as there:
        fetched = WebFetcher(OPEN).fetch(f"{there.address}/a/poster%20one.png?sig=1#top")
        assert (fetched.data, fetched.name, fetched.media_type) == (FILE, "poster one.png", "image/png")
        (asked,) = there.asked
        assert (asked.path, asked.query) == ("/a/poster%20one.png", {"sig": "1"})
        assert asked.headers["accept-encoding"] == "identity"
        assert not {"cookie", "authorization", "referer"} & set(asked.headers)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("", "file"),
        ("/", "file"),
        ("/..%2f..%2fetc%2fpasswd", "_.._etc_passwd"),
        ("/a%5Cb%23page1.png", "a_b_page1.png"),
        ("/%00%0a%E2%80%AEgnp.exe", "gnp.exe"),
        ("/%ff%fe.png", "\ufffd\ufffd.png"),
        ("/..", "file"),
        ("/" + "x" * 500 + ".png", "x" * 196 + ".png"),
    ],
)
def test_a_name_holds_nothing_that_means_something(path: str, name: str) -> None:
    """The name is the last part of the path, without separators, control characters or more than 200 characters."""
    with partner(whole) as there:
        assert WebFetcher(OPEN).fetch(there.address + path).name == name


def test_nothing_is_fetched_unless_a_host_is_named() -> None:
    """Without the setting everything is refused, also what is no address."""
    for address in ("https://files.example/x", "http://127.0.0.1/", "nonsense"):
        with pytest.raises(Refused, match="fetch_hosts"):
            WebFetcher(Settings(fetch_private_hosts=(HERE,))).fetch(address)


def test_a_host_that_leads_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A named host with one private address among its addresses is not asked; the refusal does not tell where it leads."""
    inside = [(0, 0, 0, "", ("93.184.216.34", 443)), (0, 0, 0, "", ("10.1.2.3", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: inside)
    for named in ("files.example", ".example"):
        with pytest.raises(Refused, match="fetch_private_hosts") as refused:
            WebFetcher(Settings(fetch_hosts=(named,))).fetch("https://files.example/x")
        assert "10.1.2.3" not in str(refused.value)


def test_a_named_address_of_our_own_is_refused_too() -> None:
    """Naming an address inside is not enough: it must be named as private as well."""
    with partner(whole) as there:
        with pytest.raises(Refused, match="fetch_private_hosts"):
            WebFetcher(Settings(fetch_hosts=(HERE,))).fetch(there.address)
        assert not there.asked


def test_a_dot_before_a_name_means_all_hosts_below_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """`.files.example` allows what ends with it, and neither itself nor what only looks like it; a name alone allows itself."""
    asked: list[str] = []

    def nowhere(host: str, *_: object, **__: object) -> list[object]:
        asked.append(host)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    fetcher = WebFetcher(Settings(fetch_hosts=(".Files.example", "One.example", "münchen.example")))
    allowed = ["a.files.example", "a.b.files.example", "one.example", "xn--mnchen-3ya.example"]
    for host in ("A.files.example", "a.b.files.example", "ONE.example", "MÜNCHEN.example"):
        with pytest.raises(ExchangeFailed, match="no answer"):
            fetcher.fetch(f"https://{host}/x")
    assert asked == allowed
    for host in ("files.example", "xfiles.example", "a.one.example", "munchen.example"):
        with pytest.raises(Refused):
            fetcher.fetch(f"https://{host}/x")
    assert asked == allowed


def test_letters_that_look_alike_are_told_apart() -> None:
    """A host spelled with a Cyrillic letter is another host, and the refusal shows its true spelling."""
    with pytest.raises(Refused, match="xn--"):
        WebFetcher(Settings(fetch_hosts=("example.org",))).fetch("https://ex\u0430mple.org/x")
    with pytest.raises(BadInput):
        WebFetcher(Settings(fetch_hosts=("example.org",))).fetch("https://\uff45xample.org/x")


@pytest.mark.parametrize(
    "entry",
    [
        "",
        ".",
        "..a",
        "https://a.example",
        "a.example/x",
        "a.example:8080",
        "*.a.example",
        "u@a.example",
        "a b",
        "a?b",
        "[",
    ],
)
def test_what_is_no_host_name_is_no_setting(entry: str) -> None:
    """A setting that would never match, or match something else than it says, is refused at the start."""
    with pytest.raises(BadSetting, match="fetch_hosts"):
        WebFetcher(Settings(fetch_hosts=(entry,)))
    with pytest.raises(BadSetting, match="fetch_private_hosts"):
        WebFetcher(Settings(fetch_private_hosts=(entry or ".",)))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_within_the_list_is_followed(status: int) -> None:
    """A redirect to an allowed host is followed, relative ones too, and the name is that of the last address."""
    with partner(lambda asked: moved("../b/y.png?k=1", status) if asked.path == "/a/x" else whole(asked)) as there:
        assert WebFetcher(OPEN).fetch(f"{there.address}/a/x").name == "y.png"
        assert [asked.path for asked in there.asked] == ["/a/x", "/b/y.png"]


@pytest.mark.parametrize(
    ("to", "error"),
    [
        ("http://localhost:{port}/secret", Refused),
        ("http://[::1]:{port}/secret", Refused),
        ("http://169.254.169.254/latest/meta-data/", Refused),
        ("//elsewhere.example/x", Refused),
        ("http://127.0.0.1.elsewhere.example/x", Refused),
        ("http://user:pass@127.0.0.1:{port}/secret", BadInput),
        ("file:///etc/passwd", BadInput),
        ("gopher://127.0.0.1:{port}/_x", BadInput),
        ("http://[::1/x", BadInput),
        ("http://{port}:x:y/", BadInput),
        ("http://127.0.0.1\\@localhost:{port}/secret", BadInput),
    ],
)
def test_a_redirect_goes_through_the_same_checks(to: str, error: type[ForestallError]) -> None:
    """A redirect to loopback, to a host that is not named, or to something else than the web ends there."""
    with partner(lambda asked: Played()) as there:
        there.healthy = lambda _asked: moved(to.format(port=there.address.rpartition(":")[2]))
        with pytest.raises(error):
            WebFetcher(OPEN).fetch(f"{there.address}/x")
        assert [asked.path for asked in there.asked] == ["/x"]


def test_a_public_host_does_not_lead_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A redirect to another named host is refused where that one leads inside and nobody said it may."""
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *more, **named: real(HERE, *more, **named) if host else [])
    settings = Settings(fetch_hosts=("a.example", "b.example"), fetch_private_hosts=("a.example",))
    with partner(lambda _asked: moved("http://b.example/x")) as there:
        port = there.address.rpartition(":")[2]
        with pytest.raises(Refused, match=r"b\.example"):
            WebFetcher(settings).fetch(f"http://a.example:{port}/x")
        assert len(there.asked) == 1


def test_tls_is_not_left() -> None:
    """A redirect from https to http is refused."""
    with pytest.raises(Refused, match="from https to http"):
        fetch._moved(fetch._parsed("https://a.example/x"), "http://a.example/x")


def test_redirects_in_a_circle_end() -> None:
    """After a few redirects the fetch fails; cookies set on the way are not kept for the next file."""
    with partner(lambda _asked: moved("/x")) as there:
        with pytest.raises(ExchangeFailed, match="redirects more than"):
            WebFetcher(OPEN).fetch(f"{there.address}/x")
        assert len(there.asked) == MOST_REDIRECTS + 1


def test_a_file_that_is_too_large_is_not_taken() -> None:
    """What is larger than the largest file opened is refused, at the limit it is taken."""
    with partner(lambda _asked: Played(body=bytes(1_000_001), headers=PICTURE)) as there:
        with pytest.raises(ExchangeFailed, match="larger than 1,000,000"):
            WebFetcher(OPEN).fetch(f"{there.address}/x")
        there.healthy = lambda _asked: Played(body=bytes(1_000_000), headers=PICTURE)
        assert len(WebFetcher(OPEN).fetch(f"{there.address}/x").data) == 1_000_000


def test_half_a_file_is_none() -> None:
    """A file that breaks off is not hashed as if it were whole."""
    half = Played(body=FILE, headers=PICTURE, cut=1_000)
    with partner(lambda _asked: half) as there, pytest.raises(ExchangeFailed, match="broke off"):
        WebFetcher(OPEN).fetch(f"{there.address}/x")


def test_a_compressed_answer_is_not_unfolded() -> None:
    """An answer that comes compressed although nobody asked for that is left folded."""
    bomb = Played(body=gzip.compress(bytes(10_000_000)), headers=PICTURE | {"content-encoding": "gzip"})
    with partner(lambda _asked: bomb) as there, pytest.raises(ExchangeFailed, match="compressed"):
        WebFetcher(OPEN).fetch(f"{there.address}/x")


@pytest.mark.parametrize("status", [204, 206, 304, 401, 404, 500])
def test_only_a_whole_answer_is_a_file(status: int) -> None:
    """Error pages are not hashed; the error names host and status and nothing of the rest of the address."""
    with partner(lambda _asked: Played(status, headers=PICTURE)) as there:
        with pytest.raises(ExchangeFailed, match=f"127.0.0.1.* answered {status}") as failed:
            WebFetcher(OPEN).fetch(f"{there.address}/{SECRET}?token={SECRET}")
        assert SECRET not in str(failed.value)


def test_nobody_there_is_an_error_in_words() -> None:
    """A refused connection fails, names the host and nothing else of the address."""
    with pytest.raises(ExchangeFailed, match=r"127\.0\.0\.1.*no answer") as failed:
        WebFetcher(OPEN).fetch(f"http://127.0.0.1:1/?token={SECRET}")
    assert SECRET not in str(failed.value)


@contextmanager
def dripping(head: bytes, drip: bytes, end: bytes) -> Iterator[str]:
    """Serve a whole answer, most of it in `DRIPS` drips, to whoever listens for so long."""
    listener = socket.create_server((HERE, 0))
    listener.settimeout(10)
    over = threading.Event()

    def serve() -> None:
        there, _ = listener.accept()
        with there:
            there.sendall(head)
            with suppress(OSError):
                for _ in range(DRIPS):
                    over.wait(0.02)
                    there.sendall(drip)
                there.sendall(end)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://{HERE}:{listener.getsockname()[1]}/x"
    finally:
        over.set()
        thread.join()
        listener.close()


@pytest.mark.parametrize(
    ("head", "drip", "end"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % DRIPS, b"x", b""),
        (b"HTTP/1.1 200 OK\r\n", b"a: b\r\n", b"content-length: 0\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nx-", b"a", b": b\r\ncontent-length: 0\r\n\r\n"),
    ],
    ids=["body", "headers", "one header"],
)
def test_a_host_that_drips_is_left(head: bytes, drip: bytes, end: bytes) -> None:
    """A host that sends a byte now and then, in the body or already before it, is left when the time is up."""
    with dripping(head, drip, end) as address, pytest.raises(ExchangeFailed):
        WebFetcher(OPEN, seconds=0.3).fetch(address)


def test_redirects_share_the_time() -> None:
    """A host that answers each hop just in time does not get the time again with each."""

    def slowly(_asked: Asked) -> Played:
        time.sleep(0.25)
        return moved("/x")

    with partner(slowly) as there, pytest.raises(ExchangeFailed):
        WebFetcher(OPEN, seconds=0.4).fetch(f"{there.address}/x")
    assert len(there.asked) <= 2


def _certificate(folder: Path) -> Path:
    """Write a key and a certificate of our own for this machine into one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "files")])
    day = datetime(2020, 1, 1, tzinfo=UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), 1, day, day.replace(year=2120))
    built = built.add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HERE))]), critical=False
    )
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    own = built.sign(key, hashes.SHA256())
    path = folder / "own.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + own.public_bytes(serialization.Encoding.PEM))
    return path


def test_files_come_under_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file comes over https from a host whose certificate is trusted, and from no other."""
    own = _certificate(tmp_path)
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(own)
    trusting = ssl.create_default_context(cafile=str(own))
    with partner(whole) as there:
        there.under_tls(served)
        address = there.address.replace("http:", "https:") + "/p.png"
        with pytest.raises(ExchangeFailed, match="no answer"):
            WebFetcher(OPEN).fetch(address)
        monkeypatch.setattr(wire, "_tls", lambda: trusting)
        assert WebFetcher(OPEN).fetch(address).data == FILE
        assert len(there.asked) == 1
