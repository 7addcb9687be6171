"""The ledger's key, kept in a file that only its owner may read."""

import base64
import os
import secrets
from contextlib import suppress
from pathlib import Path

from forestall.ledger.checkpoint import Signer
from forestall.model.errors import BadInput, BadSetting
from forestall.store.folders import sync_folder

_SEED_BYTES = 32


def ledger_signer(folder: Path) -> Signer:
    """Give the signer kept in `folder/keys/ledger.key`, making it on first use; raises BadSetting for a damaged file.

    The file holds one line, `name base64(seed)`. It appears whole or not at all, also when two processes start at once, and is on
    the disk when this returns: no checkpoint is ever signed with a key that a power cut could take away.
    """
    path = folder / "keys" / "ledger.key"
    try:
        if not path.exists():
            _make(folder, path)
        name, _, seed = path.read_text("utf-8").strip().partition(" ")
        return Signer(name, base64.b64decode(seed, validate=True))
    except (ValueError, BadInput):
        raise BadSetting(
            f"`{path}` is no ledger key", "restore it from a backup; without it earlier checkpoints can't be continued"
        ) from None
    except OSError as error:
        raise BadSetting(
            f"the ledger key `{path}` cannot be used ({error})", "check its owner and free space"
        ) from None


def _make(folder: Path, path: Path) -> None:
    """Write a fresh key; where another process was faster, theirs stays."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    fresh = path.with_name(f".ledger.key.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            seed = base64.b64encode(secrets.token_bytes(_SEED_BYTES)).decode()
            file.write(f"forestall/{secrets.token_hex(4)} {seed}\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
    for parent in (path.parent, folder):
        sync_folder(parent)
