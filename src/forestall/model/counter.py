"""Counters: what a rule asks about the posts of the last minutes, hours or days."""

import re
from dataclasses import dataclass

ENTITIES = ("author", "thread", "contact", "domain", "url", "material", "text")
"""What posts can share, and what can be told apart: accounts, threads, contact points, link targets, known signals, folded texts."""
LONGEST = 90 * 24 * 60
"""Minutes of the longest window."""

_WINDOW = re.compile(r"([1-9][0-9]{0,6})([mhd])\Z")
_MINUTES = {"m": 1, "h": 60, "d": 24 * 60}


@dataclass(frozen=True, slots=True)
class Counter:
    """How many posts within a window share one `by` of this post, this one included; or how many different `what` are among them.

    `what` is empty for posts. `window` is written `15m`, `24h`, `7d`.
    """

    what: str
    by: str
    window: str

    @property
    def fact(self) -> str:
        """Give the name under which its value stands among the facts of a decision."""
        if self.what:
            return f"distinct({self.what}, {self.by}, {self.window})"
        return f"count({self.by}, {self.window})"

    @property
    def minutes(self) -> int:
        """Give the length of its window."""
        return minutes(self.window)


def minutes(window: str) -> int:
    """Give the minutes of a written window, 0 where it is none or longer than 90 days."""
    match = _WINDOW.match(window)
    length = int(match[1]) * _MINUTES[match[2]] if match else 0
    return length if length <= LONGEST else 0
