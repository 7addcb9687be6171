"""The shelf: the models of a data folder, and which of them is in use. Where none was approved it is the one that comes with Forestall.

models/<digest>.model   what was learnt here, signed with the key in keys/models.key
models/current          the digest of the model in use
"""

import base64
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forestall.detect.recruit import modelfile
from forestall.detect.recruit.model import Model
from forestall.model.errors import BadInput, BadSetting, NotFound

_DIGEST = 64
_SEED = 32


class Shelf:
    """The models of a data folder, which need not be there. Files appear whole or not at all."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "models"
        self._key = data / "keys" / "models.key"

    @property
    def in_use(self) -> str:
        """The digest of the model in use."""
        current = self._folder / "current"
        return current.read_text("utf-8").strip() if current.is_file() else modelfile.bundled_digest()

    def names(self) -> list[str]:
        """Give the digests of all models there are, the one that comes with Forestall first."""
        own = sorted(path.stem for path in self._folder.glob("*.model")) if self._folder.is_dir() else []
        return [modelfile.bundled_digest(), *own]

    def full(self, digest: str) -> str:
        """Give the whole digest that begins so, or of `bundled`; raises NotFound, or BadInput where several do."""
        found = [name for name in self.names() if name.startswith(digest)] if digest else []
        if digest == "bundled":
            found = [modelfile.bundled_digest()]
        if not found:
            raise NotFound(f"there is no model `{digest[:_DIGEST]}`", "see which there are: forestall learn show")
        if len(found) > 1:
            raise BadInput(f"{len(found)} models begin with `{digest}`", "write more of the digest")
        return found[0]

    def load(self, digest: str) -> Model:
        """Read and verify a model; raises BadInput where its file was changed or is not signed, NotFound where there is none."""
        if digest == modelfile.bundled_digest():
            return modelfile.bundled()
        path = self._folder / f"{digest}.model"
        if len(digest) != _DIGEST or not digest.isalnum() or not path.is_file():
            raise NotFound(f"there is no model `{digest[:_DIGEST]}`", self._back)
        try:
            model = modelfile.load(path, self._signer().verifier)
        except BadInput as error:
            raise BadInput(error.what, self._back if digest == self.in_use else error.next_step) from None
        if model.digest != digest:
            raise BadInput(f"the model file `{path}` holds another model", self._back)
        return model

    def keep(self, facts: Mapping[str, Any], weights: NDArray[np.int8]) -> str:
        """Sign and write a model; gives its digest. It is not in use by that."""
        data = modelfile.write(facts, weights, self._signer())
        digest = modelfile.digest(data)
        self._write(f"{digest}.model", data)
        return digest

    def note(self, digest: str, report: bytes) -> None:
        """Keep the report that was made when a model was learnt beside it."""
        self._write(f"{digest}.json", report)

    def noted(self, digest: str) -> bytes:
        """Give that report; empty where there is none."""
        path = self._folder / f"{digest}.json"
        return path.read_bytes() if path.is_file() else b""

    def switch(self, digest: str) -> None:
        """Put a model in use that can be read; what runs already goes on with the one it has. Raises as `load` does."""
        self.load(digest)
        self._write("current", f"{digest}\n".encode())

    @property
    def _back(self) -> str:
        """What to do where the model in use is gone or damaged."""
        return f"delete `{self._folder / 'current'}` to go back to the model that comes with Forestall"

    def _write(self, name: str, data: bytes) -> None:
        """Write a file so that it appears whole or not at all."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self._folder / f".{name}.{secrets.token_hex(8)}"
        try:
            with fresh.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._folder / name)
        finally:
            fresh.unlink(missing_ok=True)

    def _signer(self) -> modelfile.Key:
        """Give the key this folder signs its models with, making it on first use; raises BadSetting for a damaged file."""
        if not self._key.exists():
            self._key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            seed = base64.b64encode(secrets.token_bytes(_SEED)).decode()
            with os.fdopen(os.open(self._key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(f"forestall-models/{secrets.token_hex(4)} {seed}\n")
        try:
            name, _, seed = self._key.read_text("utf-8").strip().partition(" ")
            return modelfile.Key(name, base64.b64decode(seed, validate=True))
        except ValueError:
            raise BadSetting(
                f"`{self._key}` is no key for models", f"restore it from a backup, or {self._back}"
            ) from None
