"""Addresses that carry their own proof: a checksum says whether a run of letters is one or only looks like it."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

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


@cache
def countries() -> Mapping[str, frozenset[str]]:
    """Give the lists of `countries.yaml`; read once per process."""
    data = yaml.safe_load(files(__package__).joinpath("countries.yaml").read_text("utf-8"))
    return {name: frozenset(listed.split()) for name, listed in data.items()}


def is_domain(name: str) -> bool:
    """True where a domain name can exist: two to eight labels, the last one a country's or a word that is no file's ending."""
    labels = name.split(".")
    if not (2 <= len(labels) <= 8 and len(name) <= 253 and all(0 < len(label) <= 63 for label in labels)):
        return False
    if any(label[0] == "-" or label[-1] == "-" for label in labels):
        return False
    top = labels[-1]
    if len(top) == 2:
        return top in countries()["domains"]
    return 3 <= len(top) <= 18 and top.isalpha() and top not in countries()["not_domains"]
