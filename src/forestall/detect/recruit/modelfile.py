r"""Model files: weights that a person can read, signed as a C2SP signed note with Ed25519.

    forestall recruiting model 2\n
    <header: JSON, one fact a line>\n
    n-grams\n
    <base64 of the n-gram weights: zlib of 2**18 int8>\n
    \n
    — <key name> <base64(4-byte key hash || signature)>\n

The header says from what the model was learnt, the version of the features, the weight of every named feature and what it means, and
which words are masked and which are known. A file belongs to one version of the n-grams. Source: https://c2sp.org/signed-note.
"""

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from numpy.typing import NDArray

from forestall.detect.recruit.model import LEAST, Model
from forestall.detect.recruit.names import Vocabulary
from forestall.model.errors import BadInput
from forestall.text import ngrams

FORM = "forestall recruiting model 2"
MOST_BYTES = 4 * 1024 * 1024
"""Largest file that is read."""
BUNDLED = "bundled.model"
_KEY = "bundled.key"
_WORDS = "n-grams"
_ED25519 = b"\x01"
_NEXT = "the model in use stays; get the file again from where it came"


class Key:
    """A key that signs model files. Takes its name (no white space, no `+`) and 32 secret bytes."""

    def __init__(self, name: str, seed: bytes) -> None:
        self.name = name
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        public = _ED25519 + self._key.public_key().public_bytes_raw()
        self._hash = _key_hash(name, public)
        self.verifier = f"{name}+{self._hash.hex()}+{base64.b64encode(public).decode()}"

    def sign(self, body: str) -> str:
        """Give a text, which ends with a line feed, as a signed note."""
        raw = self._hash + self._key.sign(body.encode())
        return f"{body}\n— {self.name} {base64.b64encode(raw).decode()}\n"


def write(facts: Mapping[str, Any], weights: NDArray[np.int8], key: Key) -> bytes:
    """Give a model file: what its header says (`features`, `bias`, `scale`, … as `read` wants them) and the n-gram weights."""
    header = json.dumps(facts, indent=1, ensure_ascii=False, sort_keys=True)
    packed = base64.b64encode(zlib.compress(weights.tobytes(), 9)).decode()
    return key.sign(f"{FORM}\n{header}\n{_WORDS}\n{packed}\n").encode()


def read(data: bytes, verifier: str) -> Model:
    """Give the model of a file that this key has signed; raises BadInput naming what is wrong with it."""
    if len(data) > MOST_BYTES:
        raise BadInput(f"the model file has {len(data):,} bytes", f"a model has at most {MOST_BYTES:,}")
    body = _verified(data, verifier)
    try:
        form, rest = body.split("\n", 1)
        header, packed = rest.rsplit(f"\n{_WORDS}\n", 1)
        facts = json.loads(header)
        weights = np.frombuffer(_unpacked(packed), np.int8)
        if form != FORM:
            raise ValueError(f"it is a `{form[:40]}`")
        if facts["n-grams"] != ngrams.VERSION:
            raise ValueError(f"its n-grams are of version {facts['n-grams']}, ours of {ngrams.VERSION}")
        named = {name: float(entry["weight"]) for name, entry in facts["features"].items()}
        mask = ngrams.Mask(facts["masked"])
        words = ngrams.Linear(weights, 0.0, scale=float(facts["scale"]), mask=mask, least=LEAST)
        vocabulary = Vocabulary(facts["known"].split())
        return Model(digest(data), float(facts["bias"]), named, words, vocabulary, facts)
    except (ValueError, KeyError, TypeError, AttributeError, zlib.error, RecursionError) as error:
        raise BadInput(f"the model file cannot be used ({error})", _NEXT) from None


def digest(data: bytes) -> str:
    """Give what names a model file: its SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


@cache
def bundled() -> Model:
    """Give the model that comes with Forestall, once per process."""
    folder = files(__package__)
    return read((folder / BUNDLED).read_bytes(), (folder / _KEY).read_text("utf-8").strip())


@cache
def bundled_digest() -> str:
    """Give the digest of the model that comes with Forestall; reads the file and no more."""
    return digest((files(__package__) / BUNDLED).read_bytes())


def load(path: Path, verifier: str) -> Model:
    """Read a model from a file; raises BadInput."""
    try:
        with path.open("rb") as file:
            return read(file.read(MOST_BYTES + 1), verifier)
    except OSError as error:
        raise BadInput(f"the model file `{path}` cannot be read ({error.strerror})", _NEXT) from None


def _verified(data: bytes, verifier: str) -> str:
    """Give the text that was signed; raises BadInput unless the key signed it."""
    name, _, rest = verifier.partition("+")
    hexed, _, encoded = rest.partition("+")
    public = _base64(encoded)
    if len(public) != 33 or public[:1] != _ED25519 or hexed != _key_hash(name, public).hex():
        raise BadInput("the key of the model cannot be used", "restore it: one line, `name+hash+key`")
    try:
        body, blank, tail = data.decode().rpartition("\n\n")
        dash, who, signature = tail.removesuffix("\n").split(" ")
    except ValueError:
        raise BadInput("the model file is not signed, or was cut off", _NEXT) from None
    raw = _base64(signature)
    if not blank or dash != "—" or who != name or raw[:4].hex() != hexed:
        raise BadInput(f"the model file is not signed by {name}", _NEXT)
    try:
        Ed25519PublicKey.from_public_bytes(public[1:]).verify(raw[4:], f"{body}\n".encode())
    except InvalidSignature:
        raise BadInput("the model file was changed after it was signed", _NEXT) from None
    return f"{body}\n"


def _unpacked(packed: str) -> bytes:
    """Give the bytes of the n-gram weights; raises ValueError unless there is one for each bucket and no more."""
    unpacking = zlib.decompressobj()
    raw = unpacking.decompress(_base64(packed.rstrip("\n")), ngrams.BUCKETS)
    if len(raw) != ngrams.BUCKETS or not (unpacking.eof or unpacking.decompress(unpacking.unconsumed_tail, 1) == b""):
        raise ValueError("its n-gram weights are not complete")
    return raw


def _key_hash(name: str, public: bytes) -> bytes:
    """Give the 4-byte key hash: SHA-256(name || newline || type || public key), cut."""
    return hashlib.sha256(name.encode() + b"\n" + public).digest()[:4]


def _base64(text: str) -> bytes:
    """Give the bytes of standard base64, or nothing where it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
