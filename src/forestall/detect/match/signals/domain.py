"""The signal type `domain`: a site that is known material as a whole. A banked domain is met by itself and by every name below it.

What very many unrelated people publish under (`t.me`, `github.io`, `co.uk`) can't be banked: `shared_places.txt` lists it.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from forestall.detect.match.signals.addresses import read
from forestall.detect.match.signals.base import Query
from forestall.detect.match.signals.links import links
from forestall.model.bank import Trace
from forestall.model.errors import BadInput
from forestall.model.reading import BODY, Reading

_MOST_LABELS = 12
"""Parents of a host that are asked for, counted from the right; real names have fewer."""
_BELOW = "subdomain of"


@dataclass(frozen=True, slots=True)
class Domain:
    """The signal type `domain`: the first 128 bits of SHA-256 of a host name, equal or not."""

    name: str = "domain"
    size: int = 16
    radius: int = 0
    largest: int = 0
    floor: int = 0

    def normalise(self, value: str) -> str:
        """Give a domain in small letters and punycode, without `www.`, `*.` or a full stop; raises BadInput."""
        written = value.strip()
        bare = written.removeprefix("*.").removeprefix(".")
        address = read(bare) or read(f"[{bare}]")  # an IPv6 address needs brackets to be read
        if address is None:
            raise BadInput(f"`{written[:60]}` is no domain", "write it as example.org")
        if address.url not in (f"https://{address.host}/", f"https://[{address.host}]/"):
            raise BadInput(
                f"`{written[:60]}` is more than a domain",
                "bank it as `url`, or only its host if the whole site is known material",
            )
        if address.host in shared_places():
            raise BadInput(
                f"the domain {address.host} would match everything that anybody puts there",
                "bank the address of the material as `url`, the account as `contact`, or the name below it that is theirs alone",
            )
        return address.host

    def compare(self, first: str, second: str) -> int:
        """Give 0 for equal domains, else 1."""
        return int(first != second)

    def examples(self) -> Sequence[str]:
        """Give three domains as they stand in bank files."""
        return ("ashen-banner.example", "*.pale-dawn.example.org", "www.bücher.example")

    def key(self, value: str) -> bytes:
        """Give the key of a canonical domain."""
        return hashlib.sha256(value.encode()).digest()[: self.size]

    def queries(self, reading: Reading) -> Iterable[Query]:
        """Give the host of every address of a reading, and every domain above it that could be banked."""
        for link in links(reading):
            for name, variant in above(link.address.host):
                yield Query(link.part, self.key(name), variant, spans=link.spans)

    def asked(self, value: str) -> Iterable[Query]:
        """Give the key of a domain, and of those above it."""
        for name, variant in above(value):
            yield Query(BODY, self.key(name), variant)

    def traces(self, reading: Reading) -> Iterable[Trace]:
        """Give the same names: a domain that is banked later may be any of them."""
        names = ((link.part, name) for link in links(reading) for name, _ in above(link.address.host))
        for part, name in dict.fromkeys(names):
            yield Trace(self.name, part, name)


DOMAIN = Domain()


@cache
def shared_places() -> frozenset[str]:
    """Give the domains that can't be banked."""
    text = (files("forestall.detect.match.signals") / "shared_places.txt").read_text("utf-8")
    return frozenset(name for line in text.splitlines() if not line.startswith("#") for name in line.split())


def above(host: str) -> Iterator[tuple[str, str]]:
    """Give a host and the domains above it, down to two labels, that are not shared; with the variant each is met as."""
    if ":" in host or host.rpartition(".")[2].isdigit():
        yield host, ""
        return
    labels = host.split(".")
    for first in range(max(0, len(labels) - _MOST_LABELS), len(labels) - 1):
        name = ".".join(labels[first:])
        if name not in shared_places():
            yield name, _BELOW if first else ""
