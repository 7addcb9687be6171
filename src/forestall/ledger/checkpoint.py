r"""Signed checkpoints: a C2SP tlog-checkpoint (origin, size, root) in a C2SP signed-note envelope, signed with Ed25519.

    <origin>\n<size in decimal>\n<base64 root>\n
    \n
    — <key name> <base64(4-byte key hash || signature)>\n

Sources: https://c2sp.org/tlog-checkpoint and https://c2sp.org/signed-note. We write no extension lines; we accept them, and
signature lines by keys we do not know (witnesses), as the specifications ask.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from forestall.model.errors import BadInput, LedgerBroken

_ED25519 = b"\x01"
"""Signature type of Ed25519 in signed notes."""

_MAX_NOTE = 64 * 1024
_MAX_SIGNATURES = 100
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f\ud800-\udfff]{1,255}")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_FORBIDDEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]")
_NEXT = "get the checkpoint again from where it came"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a verified checkpoint says: the log's `origin`, how many entries it had, and the root over them."""

    origin: str
    size: int
    root: bytes


class Signer:
    """Signs checkpoints.

    Takes:
        name: the key's name, which is also the log's origin; no white space, no `+`.
        seed: 32 secret bytes (an Ed25519 private key, RFC 8032 §5.1.5).
    Raises BadInput where either cannot be used.
    """

    def __init__(self, name: str, seed: bytes) -> None:
        if not _NAME.fullmatch(name):
            raise BadInput(f"{name!r} cannot name a ledger key", "use a host name or path without spaces or `+`")
        if len(seed) != 32:
            raise BadInput(f"the ledger key has {len(seed)} bytes", "give 32 bytes")
        self.name = name
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        public = self._key.public_key().public_bytes_raw()
        self._hash = _key_hash(name, public)
        self.verifier_key = f"{name}+{self._hash.hex()}+{base64.b64encode(_ED25519 + public).decode()}"

    def __repr__(self) -> str:
        return f"Signer({self.verifier_key})"

    def sign(self, size: int, root: bytes) -> str:
        """Give the signed checkpoint of a log with `size` entries under `root`."""
        body = f"{self.name}\n{size}\n{base64.b64encode(root).decode()}\n"
        signature = base64.b64encode(self._hash + self._key.sign(body.encode())).decode()
        return f"{body}\n— {self.name} {signature}\n"


def verify(note: str, verifier_key: str) -> Checkpoint:
    """Give what a signed checkpoint says, once the key has signed it.

    Raises LedgerBroken where the note is malformed, not signed by this key, wrongly signed, or of another origin than the
    key's name; BadInput where `verifier_key` is none.
    """
    name, key_hash, key = _verifier(verifier_key)
    body, signatures = _open(note)
    found = [raw for who, raw in signatures if who == name and raw[:4] == key_hash]
    if not found:
        raise LedgerBroken(
            f"the checkpoint is not signed by {name}+{key_hash.hex()}", "check which key signs this ledger"
        )
    for raw in found:
        try:
            key.verify(raw[4:], body.encode())
        except InvalidSignature:
            raise LedgerBroken(f"the signature of {name} on the checkpoint is wrong", _NEXT) from None
    checkpoint = _read(body)
    if checkpoint.origin != name:
        raise LedgerBroken(f"the checkpoint is of the log {checkpoint.origin!r}, not of {name!r}", _NEXT)
    return checkpoint


def _open(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Give a signed note's body and its signatures by key name; raises LedgerBroken."""
    if len(note) > _MAX_NOTE or _FORBIDDEN.search(note):
        raise LedgerBroken("the checkpoint is too long or holds control characters", _NEXT)
    body, blank, tail = note.rpartition("\n\n")
    lines = tail.split("\n")
    if not blank or not body or lines.pop() or not 0 < len(lines) <= _MAX_SIGNATURES:
        raise LedgerBroken("the checkpoint is not a signed note", _NEXT)
    signatures = []
    for line in lines:
        dash, _, rest = line.partition(" ")
        who, _, encoded = rest.partition(" ")
        raw = _base64(encoded)
        if dash != "—" or not _NAME.fullmatch(who) or len(raw) <= 4:
            raise LedgerBroken("the checkpoint has a malformed signature line", _NEXT)
        signatures.append((who, raw))
    return body + "\n", signatures


def _read(body: str) -> Checkpoint:
    """Give what a checkpoint's body says; raises LedgerBroken."""
    lines = body.split("\n")[:-1]
    if len(lines) < 3 or not all(lines) or not _SIZE.fullmatch(lines[1]):
        raise LedgerBroken("the signed note is not a checkpoint", _NEXT)
    root = _base64(lines[2])
    if len(root) != 32:
        raise LedgerBroken("the checkpoint's root is not a SHA-256", _NEXT)
    return Checkpoint(lines[0], int(lines[1]), root)


@lru_cache(maxsize=16)
def _verifier(verifier_key: str) -> tuple[str, bytes, Ed25519PublicKey]:
    """Give the name, key hash and public key of a verifier key `name+hash+base64(0x01||public)`; raises BadInput."""
    name, _, rest = verifier_key.partition("+")
    hexed, _, encoded = rest.partition("+")
    raw = _base64(encoded)
    if not _NAME.fullmatch(name) or len(raw) != 33 or raw[:1] != _ED25519 or hexed != _key_hash(name, raw[1:]).hex():
        raise BadInput(
            "the verifier key cannot be used", "copy it whole: `name+hash+key`, as `forestall ledger` shows it"
        )
    return name, bytes.fromhex(hexed), Ed25519PublicKey.from_public_bytes(raw[1:])


def _key_hash(name: str, public: bytes) -> bytes:
    """Give the 4-byte key hash: SHA-256(name || newline || 0x01 || public key), cut."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


def _base64(text: str) -> bytes:
    """Give the bytes of canonical standard base64, or nothing where it is none."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return raw if base64.b64encode(raw).decode() == text else b""
