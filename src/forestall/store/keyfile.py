"""The ledger's key, kept in a file that only its owner may read."""

import base64
import os
import secrets
from pathlib import Path

from forestall.ledger.checkpoint import Signer
from forestall.model.errors import BadSetting

_SEED_BYTES = 32


def ledger_signer(folder: Path) -> Signer:
    """Give the signer kept in `folder/keys/ledger.key`, making it on first use; raises BadSetting for a damaged file.

    The file holds one line, `name base64(seed)`. It appears whole or not at all, also when two processes start at once.
    """
    path = folder / "keys" / "ledger.key"
    if not path.exists():
        _make(path)
    name, _, seed = path.read_text("utf-8").strip().partition(" ")
    try:
        return Signer(name, base64.b64decode(seed, validate=True))
    except ValueError:
        raise BadSetting(
            f"`{path}` is no ledger key", "restore it from a backup; without it earlier checkpoints can't be continued"
        ) from None


def _make(path: Path) -> None:
    """Write a fresh key; where another process was faster, theirs stays."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(f".ledger.key.{secrets.token_hex(8)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        seed = base64.b64encode(secrets.token_bytes(_SEED_BYTES)).decode()
        file.write(f"forestall/{secrets.token_hex(4)} {seed}\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
