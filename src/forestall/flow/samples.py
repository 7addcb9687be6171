"""Blind samples: some of what rules that are only watched would have caught is put before a person who is not told why.

What people answer there says how good such a rule is before it ever decides.
"""

import hashlib
import threading
from collections import Counter

from forestall.model.rulebook import Shadow
from forestall.policy.desk import RESERVED

QUEUE = RESERVED
"""The queue of blind samples."""
DAYS = 7
"""Days until a sample should be answered."""


class Samples:
    """Chooses samples: a share of what each rule would have caught, spread evenly, and at most so many a day for each rule.

    Counts are those of this process, and begin anew when it does. Safe to use from many threads.
    """

    def __init__(self, share: float, most: int) -> None:
        self._share = share
        self._most = most
        self._lock = threading.Lock()
        self._taken: Counter[tuple[str, str]] = Counter()

    def takes(self, shadow: Shadow) -> bool:
        """Tell whether what rules would have said of a decision is to be looked at, and count it."""
        drawn = [rule for rule in shadow.fired if _number(shadow.id, rule) < self._share]
        if not drawn:
            return False
        day = shadow.at[:10]
        with self._lock:
            if any(first != day for first, _ in self._taken):
                self._taken = Counter({key: number for key, number in self._taken.items() if key[0] >= day})
            wanted = [rule for rule in drawn if self._taken[day, rule] < self._most]
            self._taken.update((day, rule) for rule in wanted)
        return bool(wanted)


def _number(decision: str, rule: str) -> float:
    """Give a number from 0 to 1 that stays with a decision and a rule, and tells nothing about either."""
    digest = hashlib.sha256(f"{decision}\0{rule}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
