"""Addresses that carry their own proof: a checksum says whether a run of letters is one or only looks like it."""

import base64
import binascii
import hashlib

_ONION_VERSION = b"\x03"


def is_onion(name: str) -> bool:
    """True for the 56 base32 letters (lower case) of a version 3 onion service.

    Public key, two bytes of SHA3-256(".onion checksum" | key | version), version (Tor rend-spec-v3 §6). One run of
    letters in 16 million passes by chance.
    """
    try:
        data = base64.b32decode(name.upper().encode("ascii"))
    except (binascii.Error, UnicodeEncodeError):
        return False
    if len(data) != 35 or data[34:] != _ONION_VERSION:
        return False
    return hashlib.sha3_256(b".onion checksum" + data[:32] + _ONION_VERSION).digest()[:2] == data[32:34]


def is_tox(digits: str) -> bool:
    """True for the 76 hex digits of a Tox id: key, nospam, and the XOR of all byte pairs before (Tox spec, "Tox ID")."""
    try:
        data = bytes.fromhex(digits)
    except ValueError:
        return False
    if len(data) != 38:
        return False
    even = odd = 0
    for first, second in zip(data[:36:2], data[1:36:2], strict=True):
        even ^= first
        odd ^= second
    return bytes((even, odd)) == data[36:]


def is_session(digits: str) -> bool:
    """True for the 66 hex digits of a Session id: the prefix 05, then an X25519 key, which carries no checksum."""
    return len(digits) == 66 and digits.startswith("05") and set(digits) <= set("0123456789abcdef")
