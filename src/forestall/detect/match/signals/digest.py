"""Exact digests of whole files: MD5 (RFC 1321), SHA-1, SHA-256 and SHA-512 (FIPS 180-4). Only an unchanged copy matches."""

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from forestall.detect.match.signals.base import Query, from_hex
from forestall.model.bank import Trace
from forestall.model.errors import BadInput
from forestall.model.reading import BODY, Reading


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest by its `hashlib` name, `length` bytes long; the digests of every file and archive member come with the reading."""

    name: str
    length: int
    radius: int = 0
    largest: int = 0
    floor: int = 0

    @property
    def size(self) -> int:
        """Bytes of a key: 256 bits tell all files apart."""
        return min(self.length, 32)

    def normalise(self, value: str) -> str:
        """Give the digest in lower-case hex; raises BadInput."""
        return from_hex(value, self.length, f"{self.name} digest").hex()

    def key(self, value: str) -> bytes:
        """Give the digest's bytes, the first 32 of longer ones."""
        return bytes.fromhex(value)[: self.size]

    def compare(self, first: str, second: str) -> int:
        """Give 0 for equal digests and 1 for others: digests of similar files have nothing in common."""
        return int(first != second)

    def examples(self) -> Sequence[str]:
        """Give the digests of two short texts."""
        return tuple(hashlib.new(self.name, text, usedforsecurity=False).hexdigest() for text in (b"", b"forestall"))

    def traces(self, reading: Reading) -> Iterable[Trace]:
        """Give the digest of every file of the reading that is not empty."""
        for file in reading.files:
            with suppress(BadInput):  # a file whose digest was not taken
                if file.size:
                    yield Trace(self.name, file.part, self.normalise(getattr(file, self.name)))

    def queries(self, reading: Reading) -> Iterable[Query]:
        """Give the digest of every file of the reading."""
        for trace in self.traces(reading):
            yield Query(trace.part, self.key(trace.value))

    def asked(self, value: str) -> Iterable[Query]:
        """Give the digest itself."""
        yield Query(BODY, self.key(value))


MD5 = Digest("md5", 16)
SHA1 = Digest("sha1", 20)
SHA256 = Digest("sha256", 32)
SHA512 = Digest("sha512", 64)
