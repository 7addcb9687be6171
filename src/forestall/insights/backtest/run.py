"""Running a backtest: parts of the store, or rows of a file, one after the other or in several processes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context

from forestall.insights.backtest.plan import Plan, plan_of
from forestall.insights.backtest.tally import Tally
from forestall.model.outcome import Outcome
from forestall.model.rulebook import Batches, RuleSource, Snapshot
from forestall.policy.engine import Ruleset
from forestall.policy.ruleset import load
from forestall.policy.texts import Terms_

APART = 30_000
"""Decisions from which more than one process is worth starting."""
PART = 20_000
"""Decisions of one part, about: progress moves and memory stays small."""

Progress = Callable[[int, int], None]
"""Told how many decisions were looked at, of how many."""

Packed = tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]
"""A ruleset as it travels to another process: its files, and the ceilings of all labels."""


Lists = tuple[tuple[str, str, tuple[str, ...]], ...]
"""Lists of terms as they travel: name, version, terms."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """What a backtest found.

    `decisions` is how many there are with findings, `concerned` how many of them the difference could touch and were looked at;
    `asked` is how many asked a person by day before, of all there are.
    """

    plan: Plan
    tally: Tally
    decisions: int
    concerned: int
    asked: Mapping[str, int]


def backtest(
    before: Ruleset,
    after: Ruleset,
    labels: Mapping[str, Outcome],
    source: RuleSource,
    *,
    lists: Mapping[str, Terms_] | None = None,
    processes: int = 2,
    progress: Progress = lambda _done, _all: None,
) -> Backtest:
    """Try a new ruleset on every decision a store holds, against the old one. Raises StoreFailed.

    Takes:
        labels: every label with its ceiling, as both rulesets were loaded with.
        lists: the lists of terms that new patterns name, as they are now.
        processes: how many may work at once; with few decisions this one does it alone.
        progress: told after each part.
    """
    plan = plan_of(before, after, lists)
    sets = source.label_sets()
    wanted = None if plan.everything else plan.concerned(sets.keys())
    number = source.count_decided() if wanted is None else sum(sets[one] for one in wanted)
    parts = source.snapshots(wanted, max(number // PART, 1), texts=plan.searches) if number else []
    tally = Tally()
    with ThreadPoolExecutor(1) as beside:  # the database counts while rules are tried
        asked = beside.submit(source.asked_by_day)
        for part in _tallies(plan, parts, labels, processes if number >= APART else 1):
            tally += part
            progress(min(tally.looked, number), number)
        return Backtest(plan, tally, sum(sets.values()), number, asked.result())


def tried(plan: Plan, rows: Iterable[Snapshot]) -> Tally:
    """Count what changes on these decisions."""
    tally = Tally()
    for one in rows:
        tally.add(one, plan)
    return tally


def _tallies(plan: Plan, parts: Sequence[Batches], labels: Mapping[str, Outcome], processes: int) -> Iterable[Tally]:
    """Give the tallies of all parts as they are done."""
    if processes < 2 or len(parts) < 2 or not all(part.apart for part in parts):
        for part in parts:
            yield tried(plan, (one for batch in part for one in batch))
        return
    packed = tuple(_packed(ruleset, labels) for ruleset in (plan.before, plan.after))
    with ProcessPoolExecutor(min(processes, len(parts)), mp_context=get_context("spawn")) as pool:
        lists = tuple(sorted((name, version, tuple(terms)) for name, (version, terms) in plan.lists.items()))
        waiting: list[Future[Tally]] = [pool.submit(_part, packed[0], packed[1], lists, part) for part in parts]
        try:
            for done in as_completed(waiting):
                yield done.result()
        finally:
            for future in waiting:
                future.cancel()


def _packed(ruleset: Ruleset, labels: Mapping[str, Outcome]) -> Packed:
    """Give a ruleset as it travels."""
    return tuple(sorted(ruleset.files.items())), tuple(sorted((name, one.value) for name, one in labels.items()))


def _part(before: Packed, after: Packed, lists: Lists, part: Batches) -> Tally:
    """Count one part, in a process of its own."""
    return tried(_plan(before, after, lists), (one for batch in part for one in batch))


@lru_cache(maxsize=2)
def _plan(before: Packed, after: Packed, lists: Lists) -> Plan:
    """Give the plan again where it travelled to, once for all parts."""
    return plan_of(_loaded(before), _loaded(after), {name: (version, terms) for name, version, terms in lists})


def _loaded(packed: Packed) -> Ruleset:
    files, labels = packed
    # its examples were tried where it comes from
    return load(dict(files), {name: Outcome(value) for name, value in labels}, examples=False)
