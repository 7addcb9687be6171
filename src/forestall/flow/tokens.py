"""The tokens of exchanges: in the environment, or each in a file that only its owner may read. Never in the database or the ledger."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from forestall.model.errors import BadInput, BadSetting

LONGEST_TOKEN = 4_096
"""Most characters of a token."""

_OTHERS = 0o077


class Tokens:
    """Looks tokens up by the name of their exchange.

    Takes:
        folder: the data folder; tokens lie in `keys/exchange-NAME` there.
        environment: where `FORESTALL_EXCHANGE_NAME_TOKEN` comes before the file.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str] = os.environ) -> None:
        self._folder = folder / "keys"
        self._environment = environment

    def __call__(self, name: str) -> str:
        """Give the token of an exchange, empty where there is none; raises BadSetting where its file can be read by others."""
        given = self._environment.get(variable(name), "").strip()
        if given:
            return given
        path = self._path(name)
        try:
            if path.stat().st_mode & _OTHERS:
                raise BadSetting(f"the token in {path} can be read by others", f"chmod 600 {path}")
            return path.read_text("utf-8").strip()
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise BadSetting(f"the token in {path} can't be read ({type(error).__name__})", "give it again") from None

    def keep(self, name: str, token: str) -> Path:
        """Keep a token in its file and give the path; raises BadInput without repeating it."""
        token = token.strip()
        if not token or len(token) > LONGEST_TOKEN or not token.isprintable():
            raise BadInput("that is no token", f"give 1 to {LONGEST_TOKEN:,} printable characters")
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(name)
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write(token + "\n")
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
        return path

    def _path(self, name: str) -> Path:
        """Give where a token lies; names are checked when an exchange is added, and here again."""
        if not name or not name.replace("-", "").isalnum() or not name.isascii():
            raise BadInput(f"`{name[:40]}` is no name of an exchange", "see `forestall exchange list`")
        return self._folder / f"exchange-{name.lower()}"


def variable(name: str) -> str:
    """Give the name of the environment variable that holds an exchange's token."""
    return f"FORESTALL_EXCHANGE_{name.upper().replace('-', '_')}_TOKEN"
