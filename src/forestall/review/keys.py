"""API keys: who may call the API, for what. Only a key's SHA-256 is kept; the secret is shown once."""

import secrets
from collections.abc import Sequence
from dataclasses import replace

from forestall.model.errors import BadInput, NotFound
from forestall.model.ids import sha256_hex
from forestall.model.ports import Clock, NewId, Store
from forestall.model.records import ApiKey, Change, Event

PREFIX = "fsk_"
"""What every secret begins with, so that secret scanners can find a leaked one."""
SCOPES = {
    "screen": "screen content",
    "read": "read contents, decisions and metrics",
    "match": "look up signals and content in the banks",
    "banks": "change the banks",
}
"""Every scope with what it allows."""


def create(store: Store, name: str, scopes: Sequence[str], clock: Clock, new_id: NewId) -> tuple[ApiKey, str]:
    """Make a key and give it with its secret; raises BadInput for an unknown scope or no name."""
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        named = f"`{unknown[0]}` is no scope" if unknown else "a key needs at least one scope"
        raise BadInput(named, f"scopes are {', '.join(SCOPES)}")
    if not name.strip():
        raise BadInput("a key needs a name", "name it for the service that will use it")
    # 256 random bits: a plain hash is enough, there is nothing to guess.
    secret = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey(new_id(), name.strip(), sha256_hex(secret.encode()), tuple(sorted(set(scopes))), clock())
    body = {"name": key.name, "scopes": list(key.scopes)}
    store.submit(Change((Event("key:created", key.id, key.created, body),), (key,))).result()
    return key, secret


def check(store: Store, secret: str) -> ApiKey | None:
    """Give the key with this secret, or None where there is none or it was revoked."""
    if not secret.startswith(PREFIX):
        return None
    key = store.api_key(sha256_hex(secret.encode("utf-8", "replace")))
    return None if key is None or key.revoked else key


def revoke(store: Store, key_id: str, clock: Clock) -> ApiKey:
    """Revoke a key at once; raises NotFound. Revoking twice changes nothing."""
    key = next((item for item in store.api_keys() if item.id == key_id), None)
    if key is None:
        raise NotFound(f"there is no key `{key_id}`", "see `forestall key list`")
    if key.revoked:
        return key
    revoked = replace(key, revoked=clock(), version=key.version + 1)
    store.submit(Change((Event("key:revoked", key.id, revoked.revoked),), (revoked,))).result()
    return revoked
