"""The digests of a file, as lists of known material name it."""

import hashlib


def digests(data: bytes) -> tuple[str, str, str, str]:
    """Give MD5, SHA-1, SHA-256 and SHA-512 in lower-case hex."""
    names = ("md5", "sha1", "sha256", "sha512")
    md5, sha1, sha256, sha512 = (hashlib.new(name, data, usedforsecurity=False).hexdigest() for name in names)
    return md5, sha1, sha256, sha512
