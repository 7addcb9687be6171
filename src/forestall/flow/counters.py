"""Counters: how many posts of the last minutes, hours or days share something with this one (`count`, `distinct` in rules).

A window ends with the instant of the decision being made and is exact to the event: a post counts if it was decided later than one
window before. The wall clock has no part in it. A post (content and revision) counts once however often it is screened, at the
earliest instant it was; an edited post is another revision. Posts that come out of order are counted where they belong, as long as
they come at most one window late.

Memory is bounded. Of each value (one contact point, one text …) the newest `MOST_EVENTS` posts are remembered, and so many values in
all that they have at most `MOST_HELD` posts; the value met longest ago is forgotten first. So a counter's value says *at least*: it
is exact below the bound, and never more than there was.

What this process decides is counted at once. What others decided, and what was decided before the start, is read from the store by
`follow`: fresh as often as that is called, which whoever runs the house does about once a second.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from forestall.flow.series import MOST_EVENTS, Series, Single, Value, grown
from forestall.model.content import Content
from forestall.model.counter import Counter
from forestall.model.decision import Fact
from forestall.model.finding import Finding
from forestall.model.lists import Places
from forestall.model.past import Judged, Noticed
from forestall.model.reading import Reading, Role
from forestall.model.sources import PastSource
from forestall.text.fold import Folded, fold

MOST_HELD = 500_000
"""Posts remembered of all values together."""
_PAGE = 1_000
_LONGEST_KEY = 64
_MINUTE = 60_000
_WRITTEN = len("2026-01-31T12:00:00.000Z")
_CONTACT = frozenset({"contact-point", "contact-invite"})
_KNOWN = frozenset({"known-exact", "known-near", "known-text", "known-unconfirmed"})

Values = Mapping[str, Sequence[Value]]
"""Entity → what a post has of it, each once."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is asked about one entity: which others are told apart beside it, for how long back, and the facts.

    `asked` are the fact, the place of what is told apart among `kinds` (-1 for posts), and the window in milliseconds. `zeros` are
    the facts before anything is counted, `nothing` those of a post that has nothing of the entity, `nameless` those that nobody can
    know of a post whose account is not known.
    """

    by: str
    kinds: tuple[str, ...]
    longest: int
    asked: tuple[tuple[str, int, int], ...]
    zeros: Mapping[str, Fact]
    nothing: Mapping[str, Fact]
    nameless: Mapping[str, Fact]


class Counters:
    """Counts what the rules ask for. Safe to use from many threads; without counters it costs nothing.

    Takes:
        counters: what is asked.
        store: where decisions of others, and of before the start, are read; None counts what comes to this process.
        places: gives the addresses of a reading, for `url` and `domain`.
        most_held: posts remembered of all values together.
    """

    def __init__(
        self,
        counters: Sequence[Counter],
        store: PastSource | None = None,
        places: Places = lambda _reading: (),
        most_held: int = MOST_HELD,
    ) -> None:
        self.counters = tuple(dict.fromkeys(counters))
        self._store = store
        self._places = places
        self._most_held = most_held
        self._plans = _plans(self.counters)
        self._needed = frozenset({one.by for one in counters} | {one.what for one in counters if one.what})
        self._series: OrderedDict[tuple[str, Value], Series | Single] = OrderedDict()
        self._held = 0
        self._turn = threading.Lock()
        self._reading = threading.Lock()
        self._cursor: str | None = None

    @property
    def held(self) -> int:
        """Say how many posts are remembered, of all values together."""
        return self._held

    def facts(
        self, content: Content, revision: str, at: str, reading: Reading, findings: Sequence[Finding]
    ) -> dict[str, Fact]:
        """Give the value of every counter for a post that is being decided at an instant, and remember the post.

        A post that has nothing of what is asked counts 0. None (unknown) where the platform did not say whose post it is.
        """
        facts: dict[str, Fact] = {}
        if self._plans:
            values = self._values(content.author, content.thread, reading, findings)
            with self._turn:
                self._take(hash((content.id, revision)), _milliseconds(at), values, facts)
        return facts

    def follow(self) -> bool:
        """Take in what was decided and is not counted yet; tells whether there was anything. The first time, the last window."""
        if self._store is None or not self._plans:
            return False
        with self._reading:
            if self._cursor is None:
                self._cursor = self._warm(self._store)
                return bool(self._cursor)
            found = False
            while (page := self._store.judged_since(self._cursor, _PAGE)).items:
                found = True
                self._remember(page.items)
                self._cursor = page.next_cursor
            return found

    def _warm(self, store: PastSource) -> str:
        """Take in the last window of decisions, newest first, as many as are remembered; gives where to go on."""
        page = store.judged_before("", _PAGE)
        if not page.items:
            return ""
        first = page.items[0].place
        oldest = _milliseconds(page.items[0].at) - max(plan.longest for plan in self._plans)
        taken = 0
        while page.items and taken < self._most_held:
            self._remember(page.items)
            taken += len(page.items)
            # decisions are committed about in the order they are made: a whole page before the window ends it
            if max(_milliseconds(one.at) for one in page.items) <= oldest:
                break
            page = store.judged_before(page.next_cursor, _PAGE)
        return first

    def _remember(self, past: Iterable[Judged]) -> None:
        """Take in what was decided before."""
        for one in past:
            values = self._values(one.author, one.thread, Reading(one.content, one.segments), one.findings)
            with self._turn:
                self._take(hash((one.content, one.revision)), _milliseconds(one.at), values, {})

    def _take(self, post: int, at: int, values: Values, facts: dict[str, Fact]) -> None:
        """Count a post into `facts`, then remember it; the lock is held. `post` tells posts apart: a hash nobody can foresee."""
        for plan in self._plans:
            mine = values[plan.by]
            if not mine:
                facts.update(plan.nothing)
                continue
            facts.update(plan.zeros)
            event = (post, at, tuple([values[kind] for kind in plan.kinds]) if plan.kinds else ())
            for value in mine:
                self._meet(plan, value, event, facts)
            if plan.nameless and not values["author"]:
                facts.update(plan.nameless)
        while self._held > self._most_held:
            gone = self._series.popitem(last=False)[1]
            self._held -= len(gone) if isinstance(gone, Series) else 1

    def _meet(self, plan: _Plan, value: Value, event: Single, facts: dict[str, Any]) -> None:
        """Raise the facts to what one value of a post comes to, and remember the post under it."""
        (post, at, others), key, held = event, (plan.by, value), self._series
        series = held.get(key)
        if series is None:
            held[key] = event
            self._held += 1
            for fact, kind, _ in plan.asked:
                found = 1 if kind < 0 else len(others[kind])
                if found > facts[fact]:  # noqa: PLR1730 - a call costs more than all of this
                    facts[fact] = found
            return
        held.move_to_end(key)
        if not isinstance(series, Series):
            series = held[key] = grown(series)
        for fact, kind, window in plan.asked:
            after = at - window
            found = series.count(after, at, post) if kind < 0 else series.distinct(kind, after, at, others[kind])
            if found > facts[fact]:
                facts[fact] = min(found, MOST_EVENTS)
        self._held += series.add(post, at, others, at - 2 * plan.longest)

    def _values(
        self, author: str, thread: str, reading: Reading, findings: Sequence[Finding | Noticed]
    ) -> dict[str, Sequence[Value]]:
        """Give what a post has of every entity that is asked for."""
        needed = self._needed
        found: dict[str, Sequence[Value]] = {
            "author": (author,) if author else (),
            "thread": (thread,) if thread else (),
        }
        if "contact" in needed:
            points = [
                _key(point) for one in findings if one.label in _CONTACT and (point := one.evidence.get("canonical"))
            ]
            found["contact"] = points if len(points) < 2 else tuple(dict.fromkeys(points))
        if "material" in needed:
            met = [one.evidence for one in findings if one.label in _KNOWN]
            found["material"] = tuple(dict.fromkeys(f"{one.get('bank', '')} {one.get('signal_id', '')}" for one in met))
        if "text" in needed:
            found["text"] = _text(reading)
        if "url" in needed or "domain" in needed:
            places = tuple(self._places(reading))
            for entity in ("url", "domain"):
                own = (
                    _key(one.value) for one in places if one.kind == entity and not (entity == "domain" and one.variant)
                )
                found[entity] = tuple(dict.fromkeys(own))
        return found


def _plans(counters: Sequence[Counter]) -> tuple[_Plan, ...]:
    """Give what is asked, entity by entity."""
    plans = []
    for by in dict.fromkeys(one.by for one in counters):
        own = [one for one in counters if one.by == by]
        kinds = tuple(sorted({one.what for one in own if one.what}))
        asked = [(one.fact, kinds.index(one.what) if one.what else -1, one.minutes * _MINUTE) for one in own]
        zeros: dict[str, Fact] = dict.fromkeys((one.fact for one in own), 0)
        nothing: dict[str, Fact] = dict.fromkeys(zeros) if by == "author" else zeros
        nameless = dict.fromkeys(one.fact for one in own if one.what == "author")
        plans.append(_Plan(by, kinds, max(window for _, _, window in asked), tuple(asked), zeros, nothing, nameless))
    return tuple(plans)


def _text(reading: Reading) -> Sequence[Value]:
    """Give the post's own text as it folds, one value whatever its case, width and disguise; nothing where it has none."""
    for index, segment in enumerate(reading.segments):
        if segment.role is Role.BODY:
            view: Folded | None = reading.memo.get(f"folded:{index}")
            folded = (view or fold(segment.text)).text.strip()
            return (_key(folded),) if folded else ()
    return ()


def _key(value: str) -> Value:
    """Give a value as it is remembered: a long one by 64 bits of a hash that nobody outside can foresee."""
    return value if len(value) <= _LONGEST_KEY else hash(value)


def _milliseconds(at: str) -> int:
    """Give an instant as milliseconds since 1970."""
    if len(at) == _WRITTEN and at[23] == "Z":
        return _minute(at[:17]) + int(at[17:19] + at[20:23])
    return round(datetime.fromisoformat(at).timestamp() * 1000)


@lru_cache(maxsize=256)
def _minute(begin: str) -> int:
    """Give the beginning of a minute, written up to the seconds, as milliseconds since 1970."""
    return round(datetime.fromisoformat(f"{begin}00+00:00").timestamp() * 1000)
