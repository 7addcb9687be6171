"""The signal types `url` and `url-md5`: addresses that lead to known material.

`url` holds addresses in the one spelling of `addresses`. `url-md5` is for lists that hold only MD5 digests of addresses: the URL
hash list of Tech Against Terrorism's TCAP (`GET /core/url-hash-list`), which gives "MD5 of up to 13 normalised variants" of each
address. Its public pages do not say which 13. We ask for the thirteen that come of what may differ without leading elsewhere: as
it was written, and with `http://`, `https://` or no scheme, each with and without `www.`, each with and without a slash at the
end (1 + 3 x 2 x 2). As a list holds several variants of an address, one that both sides know is enough. ThreatExchange's
HASH_URL_MD5 is met too where it was taken of one of these spellings.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from forestall.detect.match.signals.addresses import LONGEST, Address, read
from forestall.detect.match.signals.base import Query, from_hex
from forestall.detect.match.signals.links import links
from forestall.model.bank import Trace
from forestall.model.errors import BadInput
from forestall.model.reading import BODY, Reading

_SCHEMES = ("https://", "http://", "")
_WRITTEN = "as written"


@dataclass(frozen=True, slots=True)
class Url:
    """The signal type `url`: the first 128 bits of SHA-256 of a canonical address, equal or not."""

    name: str = "url"
    size: int = 16
    radius: int = 0
    largest: int = 0
    floor: int = 0

    def normalise(self, value: str) -> str:
        """Give an address in its one spelling; raises BadInput."""
        address = read(value.strip())
        if address is None:
            raise BadInput(
                f"`{value.strip()[:60]}` is no web address",
                f"write it as https://host/path, at most {LONGEST} characters; for e-mail, phones and names use the type `contact`",
            )
        return address.url

    def compare(self, first: str, second: str) -> int:
        """Give 0 for equal addresses, else 1."""
        return int(first != second)

    def examples(self) -> Sequence[str]:
        """Give three addresses as they stand in bank files."""
        return (
            "https://files.example.org/Drop/7Qx2",
            "hxxps://paste[.]example[.]net/k3Zz",
            "video.example.com/watch?v=Ab3",
        )

    def key(self, value: str) -> bytes:
        """Give the key of a canonical address."""
        return hashlib.sha256(value.encode()).digest()[: self.size]

    def queries(self, reading: Reading) -> Iterable[Query]:
        """Give every address of a reading, targets of redirects included."""
        for link in links(reading):
            yield Query(link.part, self.key(link.address.url), link.variant, spans=link.spans)

    def asked(self, value: str) -> Iterable[Query]:
        """Give the key of one canonical address."""
        yield Query(BODY, self.key(value))

    def traces(self, reading: Reading) -> Iterable[Trace]:
        """Give every address of a reading, targets of redirects included."""
        for part, url in dict.fromkeys((link.part, link.address.url) for link in links(reading)):
            yield Trace(self.name, part, url)


@dataclass(frozen=True, slots=True)
class UrlMd5:
    """The signal type `url-md5`: the MD5 digest of an address in one of thirteen spellings, equal or not."""

    name: str = "url-md5"
    size: int = 16
    radius: int = 0
    largest: int = 0
    floor: int = 0

    def normalise(self, value: str) -> str:
        """Give a digest as 32 small hex digits; raises BadInput."""
        return from_hex(value, self.size, "the MD5 of an address").hex()

    def compare(self, first: str, second: str) -> int:
        """Give 0 for equal digests, else 1."""
        return int(first != second)

    def examples(self) -> Sequence[str]:
        """Give the digests of two addresses."""
        return tuple(_md5(text).hex() for text in ("https://files.example.org/Drop/7Qx2", "paste.example.net/k3Zz"))

    def key(self, value: str) -> bytes:
        """Give the bytes of a digest."""
        return bytes.fromhex(value)

    def queries(self, reading: Reading) -> Iterable[Query]:
        """Give the digests of all spellings of every address of a reading."""
        for link in links(reading):
            for variant, text in spellings(link.address):
                name = variant if not link.variant else f"{link.variant}, {variant}"
                yield Query(link.part, _md5(text), name, spans=link.spans)

    def asked(self, value: str) -> Iterable[Query]:
        """Give the bytes of one digest."""
        yield Query(BODY, self.key(value))

    def traces(self, reading: Reading) -> Iterable[Trace]:
        """Give the digests of all spellings of every address: which of them a later list holds, nobody knows."""
        found = ((link.part, text) for link in links(reading) for _, text in spellings(link.address))
        for part, text in dict.fromkeys(found):
            yield Trace(self.name, part, _md5(text).hex())


URL, URL_MD5 = Url(), UrlMd5()


def spellings(address: Address) -> Iterator[tuple[str, str]]:
    """Give the different spellings of an address and what each changes: the one written first, then up to twelve."""
    yield _WRITTEN, address.written
    seen = {address.written}
    _, _, plain = address.url.partition("://")
    before, mark, behind = plain.partition("?")
    if not mark:
        before, mark, behind = plain.partition("#")
    bare = before.removesuffix("/")
    for scheme in _SCHEMES:
        for prefix in ("", "www."):
            for slash in ("", "/"):
                text = f"{scheme}{prefix}{bare}{slash}{mark}{behind}"
                if text not in seen:
                    seen.add(text)
                    yield f"{scheme or 'no scheme'}{', www' if prefix else ''}{', slash' if slash else ''}", text


def _md5(text: str) -> bytes:
    """Give the MD5 digest of a spelling."""
    return hashlib.md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()
