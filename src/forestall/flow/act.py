"""Act: hand outgoing messages to the platform, at least once each, and write down what became of them."""

from dataclasses import replace
from datetime import datetime, timedelta

from forestall.model.ids import instant
from forestall.model.ports import Platform, Store
from forestall.model.records import Change, Delivery, DeliveryState, Event

MAX_ATTEMPTS = 12
"""Tries before a message is set aside for a person; with the waits below that is about two days."""
_FIRST_WAIT = 30
_LONGEST_WAIT = 6 * 3600


def carry_out(store: Store, platform: Platform, now: str, limit: int = 100) -> int:
    """Send what is due; gives how many messages were taken. A message that fails is due again later, with growing waits.

    Delivery comes before the record of it, so a crash between the two sends a message again under the same id.
    """
    taken = 0
    for delivery in store.deliveries_due(now, limit):
        error = platform.deliver(delivery)
        store.submit(_told(delivery, error, now)).result()
        taken += not error
    return taken


def _told(delivery: Delivery, error: str, now: str) -> Change:
    """Give the change that records one try."""
    attempts = delivery.attempts + 1
    after = replace(delivery, attempts=attempts, last_error=error, version=delivery.version + 1)
    if not error:
        after, verb = replace(after, state=DeliveryState.DONE), "delivered"
    elif attempts >= MAX_ATTEMPTS:
        after, verb = replace(after, state=DeliveryState.DEAD), "given-up"
    else:
        after, verb = replace(after, due=_later(now, attempts)), "failed"
    body = {"kind": delivery.kind, "attempt": attempts} | ({"error": error} if error else {})
    return Change((Event(f"action:{verb}", delivery.id, now, body),), (after,))


def _later(now: str, attempts: int) -> str:
    """Give the instant of the next try: 30 s, doubling up to six hours."""
    wait = min(_FIRST_WAIT * 2 ** (attempts - 1), _LONGEST_WAIT)
    return instant((datetime.fromisoformat(now) + timedelta(seconds=wait)).timestamp())
