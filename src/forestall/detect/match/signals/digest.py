"""Exact digests of whole files: MD5 (RFC 1321), SHA-1 and SHA-256 (FIPS 180-4). Only an unchanged copy matches."""

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from forestall.detect.match.signals.base import Query, from_hex
from forestall.model.errors import BadInput
from forestall.model.reading import Reading


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest by its `hashlib` name; the digests of every file and archive member come with the reading."""

    name: str
    size: int
    radius: int = 0

    def normalise(self, value: str) -> bytes:
        """Give the digest's bytes; raises BadInput."""
        return from_hex(value, self.size, f"{self.name} digest")

    def compare(self, first: bytes, second: bytes) -> int:
        """Give 0 for equal digests and 1 for others: digests of similar files have nothing in common."""
        return int(first != second)

    def examples(self) -> Sequence[str]:
        """Give the digests of two short texts."""
        return tuple(hashlib.new(self.name, text, usedforsecurity=False).hexdigest() for text in (b"", b"forestall"))

    def queries(self, reading: Reading) -> Iterable[Query]:
        """Give the digest of every file of the reading."""
        for file in reading.files:
            with suppress(BadInput):  # a file whose digest was not taken
                yield Query(file.part, self.normalise(getattr(file, self.name)))


MD5 = Digest("md5", 16)
SHA1 = Digest("sha1", 20)
SHA256 = Digest("sha256", 32)
