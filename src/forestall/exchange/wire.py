"""Guarded HTTP: the only way out of the machine. Every address a name resolves to is checked, and the checked one is connected to."""

import ipaddress
import socket
from collections.abc import Iterable
from typing import Any

import httpcore2
import httpx2

from forestall.model.errors import Refused

_NOT_GLOBAL = tuple(
    ipaddress.ip_network(network)
    # `is_global` calls these global, although packets to them can end up inside: NAT64, IPv4-compatible, site-local, 6to4 relay.
    for network in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96", "fec0::/10", "2002::/16", "192.88.99.0/24")
)
_PORTS = {80, 443}
_MAX_ANSWER = 1024 * 1024


class GuardedBackend(httpcore2.SyncBackend):
    """Opens connections to public addresses only; `private` names hosts that may be anywhere, on any port."""

    def __init__(self, private: Iterable[str] = ()) -> None:
        super().__init__()
        self._private = {host.lower() for host in private}

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first address of the host, if all of its addresses are allowed; raises Refused."""
        addresses = [info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        if host.lower() not in self._private:
            if port not in _PORTS:
                raise Refused(f"port {port} of `{host}` is not allowed", "name the host in `webhook_private_hosts`")
            blocked = [address for address in addresses if not is_public(str(address))]
            if blocked:
                raise Refused(
                    f"`{host}` leads to {blocked[0]}, which is not public", "name it in `webhook_private_hosts`"
                )
        return super().connect_tcp(str(addresses[0]), port, timeout, local_address, socket_options)

    def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore2.NetworkStream:
        """Refuse local sockets."""
        raise Refused("local sockets are not allowed", "give an http(s) address")


def is_public(address: str) -> bool:
    """Tell whether an address is on the public internet; mapped IPv4 is judged as the IPv4 it is."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(parsed, "ipv4_mapped", None)
    if mapped is not None:
        parsed = mapped
    return parsed.is_global and not parsed.is_multicast and not any(parsed in network for network in _NOT_GLOBAL)


class Wire:
    """An HTTP client that follows no redirect, reads no proxy setting and stops after `seconds`."""

    def __init__(self, private: Iterable[str] = (), seconds: float = 10.0) -> None:
        transport = httpx2.HTTPTransport(trust_env=False)
        # The pool takes a network backend in public; the transport has no public way to hand one on (tests/exchange/test_wire.py).
        transport._pool = httpcore2.ConnectionPool(
            ssl_context=httpx2.create_ssl_context(trust_env=False), network_backend=GuardedBackend(private)
        )
        self._client = httpx2.Client(transport=transport, timeout=seconds, follow_redirects=False, trust_env=False)

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Post bytes; gives the status and at most 1 MiB of the answer. Raises Refused and httpx2.HTTPError."""
        with self._client.stream("POST", url, content=body, headers=headers) as response:
            answer = b""
            for chunk in response.iter_bytes():
                answer += chunk
                if len(answer) > _MAX_ANSWER:
                    break
            return response.status_code, answer

    def close(self) -> None:
        """Close all connections."""
        self._client.close()
