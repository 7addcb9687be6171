"""The posts of one value in order of time, for counters: how many, and how many different accounts or other things among them.

Instants are milliseconds. A window reaches from later than `after` up to and including `at`.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

MOST_EVENTS = 1_000
"""Posts of one value that are remembered, and so the largest number a counter gives."""

_NEVER = -(1 << 62)

Value = str | int
"""What posts share, or what is told apart: itself, or a long one by its hash."""

Others = tuple[Sequence[Value], ...]
"""What a post has of each entity that is told apart."""


Single = tuple[int, int, Others]
"""The one post that a value has had so far, as most have: what tells it apart, its instant, its others. A tenth of a `Series`."""


class Series:
    """The posts of one value. Takes how many entities are told apart."""

    __slots__ = ("_instants", "_last", "_others", "_posts", "_seen")

    def __init__(self, kinds: int) -> None:
        self._instants = array("q")
        self._posts: list[int] = []
        self._seen: dict[int, int] = {}
        self._others: list[Others] = []
        self._last = tuple([_Last() for _ in range(kinds)])

    def __len__(self) -> int:
        return len(self._instants)

    def add(self, post: int, at: int, others: Others, oldest: int) -> int:
        """Take a post in; one already here moves to the earlier instant. Gives how many more posts are held than before.

        What lies before `oldest`, and beyond `MOST_EVENTS`, is let go of, the oldest first.
        """
        before = len(self._instants)
        known = self._seen.get(post)
        if known is not None:
            if at >= known:
                return 0
            self._drop(self._posts.index(post, bisect_left(self._instants, known)))
        if not self._instants or at >= self._instants[-1]:
            self._instants.append(at)
            self._posts.append(post)
            self._others.append(others)
        else:
            place = bisect_right(self._instants, at)
            self._instants.insert(place, at)
            self._posts.insert(place, post)
            self._others.insert(place, others)
        self._seen[post] = at
        for last, values in zip(self._last, others, strict=True):
            for value in values:
                last.add(value, at)
        while len(self._instants) > MOST_EVENTS or self._instants[0] < oldest:
            self._drop(0)
        return len(self._instants) - before

    def count(self, after: int, at: int, post: int) -> int:
        """Count the posts in the window, `post` among them wherever it stands."""
        instants = self._instants
        end = len(instants) if not instants or at >= instants[-1] else bisect_right(instants, at)
        known = self._seen.get(post)
        return end - bisect_right(instants, after) + (known is None or not after < known <= at)

    def distinct(self, kind: int, after: int, at: int, own: Sequence[Value]) -> int:
        """Count the different values of the entity number `kind` in the window, this post's `own` among them."""
        last, instants = self._last[kind], self._instants
        if not instants or at >= instants[-1]:
            found = last.since(after)
            for value in own:
                found += last.at(value) <= after
            return found
        places = range(bisect_right(instants, after), bisect_right(instants, at))
        return len({value for place in places for value in self._others[place][kind]}.union(own))

    def events(self) -> Iterator[tuple[int, int, Others]]:
        """Give the posts that are held in order of time: each with its instant and others."""
        return zip(self._posts, self._instants, self._others, strict=True)

    def _drop(self, place: int) -> None:
        """Let go of the post at a place."""
        at, others = self._instants.pop(place), self._others.pop(place)
        del self._seen[self._posts.pop(place)]
        for kind, (last, values) in enumerate(zip(self._last, others, strict=True)):
            for value in values:
                if last.at(value) == at:
                    last.set(value, self._latest(kind, value))

    def _latest(self, kind: int, value: Value) -> int:
        """Give the latest instant at which a value is there, `_NEVER` where it is nowhere."""
        for place in range(len(self._instants) - 1, -1, -1):
            if value in self._others[place][kind]:
                return self._instants[place]
        return _NEVER


class _Last:
    """When each value was last there, and how many were later than an instant."""

    __slots__ = ("_at", "_order")

    def __init__(self) -> None:
        self._at: dict[Value, int] = {}
        self._order = array("q")

    def at(self, value: Value) -> int:
        """Give when a value was last there, `_NEVER` where it was not."""
        return self._at.get(value, _NEVER)

    def add(self, value: Value, at: int) -> None:
        """Say that a value was there."""
        if at > self._at.get(value, _NEVER):
            self.set(value, at)

    def set(self, value: Value, at: int) -> None:
        """Say when a value was last there; `_NEVER` forgets it."""
        order = self._order
        before = self._at.pop(value, None)
        if before is not None:
            del order[bisect_left(order, before)]
        if at == _NEVER:
            return
        self._at[value] = at
        if not order or at >= order[-1]:
            order.append(at)
        else:
            order.insert(bisect_right(order, at), at)

    def since(self, after: int) -> int:
        """Count the values that were there later than an instant."""
        return len(self._order) - bisect_right(self._order, after)


def grown(single: Single) -> Series:
    """Give a series of one post."""
    post, at, others = single
    series = Series(len(others))
    series.add(post, at, others, at)
    return series
