"""The way out of the machine leads to public addresses only, and messages are signed."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from standardwebhooks import Webhook

from forestall.exchange.platform.webhook import WebhookPlatform
from forestall.exchange.wire import Wire, is_public
from forestall.model.errors import BadSetting, Refused
from forestall.model.records import Delivery

SECRET = "whsec_" + "c2VjcmV0IGZvciB0ZXN0cyBvbmx5"
MESSAGE = Delivery(
    "id-1", "platform", "content.hold", {"type": "content.hold", "text": "سلام"}, "2026-01-01T00:00:00.000Z"
)


class Handler(BaseHTTPRequestHandler):
    """Keeps what it was sent."""

    got: list[tuple[dict[str, str], bytes]]
    status = 200

    def do_POST(self) -> None:
        """Take a message."""
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append((dict(self.headers), body))  # type: ignore[attr-defined]
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.send_header("location", "http://127.0.0.1:1/")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name http.server uses
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    """Serve on a free loopback port."""
    httpd = HTTPServer(("127.0.0.1", 0), Handler)
    httpd.got = []  # type: ignore[attr-defined]
    httpd.status = 200  # type: ignore[attr-defined]
    thread = threading.Thread(target=httpd.serve_forever)
    thread.start()
    yield httpd
    httpd.shutdown()
    httpd.server_close()
    thread.join()


INNER = """
127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 0.0.0.0 100.64.0.1 192.88.99.1 224.0.0.1
::1 :: fe80::1 fe80::1%eth0 fc00::1 fec0::1 ff02::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1 2002:7f00:1::
"""


@pytest.mark.parametrize("address", INNER.split())
def test_inner_addresses_are_not_public(address: str) -> None:
    """Every way of writing an inner address is recognised."""
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_public(address: str) -> None:
    """Ordinary addresses are allowed."""
    assert is_public(address)


@pytest.mark.parametrize(
    "url", ["http://localhost/", "http://127.0.0.1/", "http://0x7f000001/", "http://[::1]/", "http://127.0.0.1:9/"]
)
def test_the_wire_does_not_lead_inside(url: str) -> None:
    """The guard is on the connection itself; if a library update unplugged it, this fails."""
    with pytest.raises(Refused):
        Wire().post(url, b"", {})


def test_a_message_arrives_signed(server: HTTPServer) -> None:
    """The receiver can check the signature with the shared secret and recognise a repeat by its id."""
    platform = WebhookPlatform(f"http://127.0.0.1:{server.server_port}/hook", SECRET, ("127.0.0.1",))
    assert platform.deliver(MESSAGE) == ""
    platform.close()
    ((headers, body),) = server.got  # type: ignore[attr-defined]
    lower = {name.lower(): value for name, value in headers.items()}
    assert Webhook(SECRET).verify(body, lower) == MESSAGE.body
    assert lower["webhook-id"] == "id-1"


@pytest.mark.parametrize("status", [302, 404, 500])
def test_any_other_answer_is_a_failure_and_no_redirect_is_followed(server: HTTPServer, status: int) -> None:
    """Only 2xx means taken."""
    server.status = status  # type: ignore[attr-defined]
    platform = WebhookPlatform(f"http://127.0.0.1:{server.server_port}/hook", SECRET, ("127.0.0.1",))
    assert platform.deliver(MESSAGE) == f"answered {status}"
    platform.close()


def test_an_unreachable_or_forbidden_receiver_is_an_error_in_words() -> None:
    """Nothing is raised: the error is kept with the message."""
    platform = WebhookPlatform("http://127.0.0.1:1/", SECRET, ("127.0.0.1",))
    assert "no answer" in platform.deliver(MESSAGE)
    platform.close()
    guarded = WebhookPlatform("http://127.0.0.1/", SECRET)
    assert "not public" in guarded.deliver(MESSAGE)
    guarded.close()


def test_bad_settings_do_not_repeat_the_secret() -> None:
    """A wrong secret or address is refused without writing the secret into the error."""
    with pytest.raises(BadSetting) as refused:
        WebhookPlatform("https://a.example/", "whsec_!!")
    assert "!!" not in str(refused.value)
    with pytest.raises(BadSetting):
        WebhookPlatform("ftp://a.example/", SECRET)
