"""Retain: purge texts and media when their retention ends, and only then. Decisions and ledger lines stay."""

from dataclasses import replace
from datetime import datetime, timedelta

from forestall.model.errors import NotFound
from forestall.model.ids import instant
from forestall.model.ports import Store
from forestall.model.records import Change, Event, Retention, StoredContent

_BATCH = 500


def purge(store: Store, now: str, keep_days: dict[Retention, int]) -> int:
    """Purge all content whose class has run out at `now`; gives how many. Content with an open case is never purged."""
    count = 0
    for retention, days in keep_days.items():
        before = instant((datetime.fromisoformat(now) - timedelta(days=days)).timestamp())
        while expired := store.expired_contents(retention.value, before, _BATCH):
            futures = [store.submit(_purged(content, now)) for content in expired]
            for future in futures:
                future.result()
            for content in expired:
                for file in content.files:
                    _forget(store, content, file.sha256)
            count += len(expired)
    return count


def _purged(content: StoredContent, now: str) -> Change:
    """Give the change that empties one revision of content."""
    emptied = replace(content, segments=(), purged=now)
    body = {"revision": content.revision, "retention": content.retention.value}
    return Change((Event("content:purged", content.id, now, body),), (emptied,))


def _forget(store: Store, purged: StoredContent, sha256: str) -> None:
    """Delete bytes that nobody holds any more. Content that arrives meanwhile gets them back: here, or in `decide.keep`."""
    if _still_used(store, purged, sha256):
        return
    try:
        data = store.blobs.get(sha256)
    except NotFound:
        return
    store.blobs.delete(sha256)
    if _still_used(store, purged, sha256):
        store.blobs.put(data)


def _still_used(store: Store, purged: StoredContent, sha256: str) -> bool:
    """Tell whether kept content still needs these bytes."""
    return any(holder != (purged.id, purged.revision) for holder in store.holders_of(sha256))
