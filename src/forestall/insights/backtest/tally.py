"""Counting what a backtest finds. Tallies of parts add up to the tally of the whole, in whatever order they come."""

from collections import Counter
from dataclasses import dataclass, field

from forestall.insights.backtest.plan import Plan, Sides
from forestall.insights.rates import Rate
from forestall.model.outcome import Outcome
from forestall.model.rulebook import Snapshot

MOST_SURPRISES = 20
"""Changes that are shown one by one, for people to read."""
_PER_RULE = 5
"""Of which so many at most for the same rules, as long as there are others."""

_AGAINST = 4.0
"""What it adds to the surprise that a person had answered otherwise."""


@dataclass(frozen=True, slots=True)
class Change:
    """One decision that would come out otherwise. `surprise` orders them: highest first."""

    content: str
    revision: str
    decision: str
    at: str
    language: str
    before: Outcome
    after: Outcome
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    person: Outcome | None
    reason: str
    surprise: float


@dataclass(slots=True)
class Moves:
    """How many decisions newly ask a person, no longer do, or come out otherwise among those that did before and do after."""

    caught: int = 0
    dropped: int = 0
    harsher: int = 0
    milder: int = 0

    def __iadd__(self, other: "Moves") -> "Moves":
        self.caught += other.caught
        self.dropped += other.dropped
        self.harsher += other.harsher
        self.milder += other.milder
        return self

    @property
    def any(self) -> bool:
        """True where anything moved."""
        return bool(self.caught or self.dropped or self.harsher or self.milder)


@dataclass(slots=True)
class RuleTally:
    """What a rule in question said under the new ruleset: how often it spoke, newly, alone, and could not be answered.

    `right` and `wrong` count what people answered on what it spoke about: `wrong` where they let it pass.
    """

    fired: int = 0
    unknown: int = 0
    alone: int = 0
    right: int = 0
    wrong: int = 0
    beside: Counter[str] = field(default_factory=Counter)

    @property
    def precision(self) -> Rate:
        """The share of people's answers that agreed."""
        return Rate(self.right, self.right + self.wrong)


@dataclass(slots=True)
class Tally:
    """Everything counted: pairs of outcomes, moves by language, surface and family, by rule, and by day."""

    looked: int = 0
    touched: int = 0
    purged: int = 0
    outcomes: Counter[tuple[Outcome, Outcome]] = field(default_factory=Counter)
    moves: Moves = field(default_factory=Moves)
    languages: dict[str, Moves] = field(default_factory=dict)
    surfaces: dict[str, Moves] = field(default_factory=dict)
    families: dict[str, Moves] = field(default_factory=dict)
    rules: dict[str, RuleTally] = field(default_factory=dict)
    days: Counter[str] = field(default_factory=Counter)
    caught: RuleTally = field(default_factory=RuleTally)
    dropped: RuleTally = field(default_factory=RuleTally)
    _kinds: dict[tuple[object, ...], list[Change]] = field(default_factory=dict)

    def add(self, one: Snapshot, plan: Plan) -> None:
        """Count one decision."""
        sides = plan.sides(one)
        self.looked += 1
        self.purged += plan.searches and one.texts is None
        if sides is None:
            return
        self.touched += 1
        self.outcomes[sides.before, sides.after] += 1
        for rule in plan.rules.intersection(sides.fired):
            self._spoke(rule, one, sides)
        for rule in plan.rules.intersection(sides.unknown):
            self.rules.setdefault(rule, RuleTally()).unknown += 1
        if sides.before is not sides.after or sides.gained or sides.lost:
            self._moved(one, sides, plan)

    def _spoke(self, rule: str, one: Snapshot, sides: Sides) -> None:
        tally = self.rules.setdefault(rule, RuleTally())
        tally.fired += 1
        others = [other for other in sides.fired if other != rule]
        tally.alone += not others
        tally.beside.update(others)
        _answer(tally, one)

    def _moved(self, one: Snapshot, sides: Sides, plan: Plan) -> None:
        moves = _moves(sides)
        if moves.any:
            self.moves += moves
            self.days[one.at[:10]] += moves.caught - moves.dropped
            for slices, name in (
                (self.languages, one.language),
                (self.surfaces, str(one.facts.get("surface") or one.facts.get("kind") or "")),
                (self.families, one.family),
            ):
                if name:
                    slices.setdefault(name, Moves()).__iadd__(moves)
            if moves.caught:
                _answer(self.caught, one)
            if moves.dropped:
                _answer(self.dropped, one)
            self._surprise(one, sides, plan)

    def _surprise(self, one: Snapshot, sides: Sides, plan: Plan) -> None:
        """Keep a change to be read, unless enough of its kind that surprise more are kept already."""
        kind = (sides.gained, sides.lost, sides.before, sides.after)
        kept = self._kinds.setdefault(kind, [])
        if len(kept) == MOST_SURPRISES and _steps(one, sides) + 1.0 <= kept[0].surprise:
            return
        kept.append(_change(one, sides, plan))
        kept.sort(key=lambda change: change.surprise)
        del kept[:-MOST_SURPRISES]

    @property
    def surprises(self) -> list[Change]:
        """The changes most worth reading: the most surprising first, few of the same kind while there are others."""
        return worst([change for kept in self._kinds.values() for change in kept])

    def __iadd__(self, other: "Tally") -> "Tally":
        self.looked += other.looked
        self.touched += other.touched
        self.purged += other.purged
        self.outcomes.update(other.outcomes)
        self.moves += other.moves
        for mine, theirs in (
            (self.languages, other.languages),
            (self.surfaces, other.surfaces),
            (self.families, other.families),
        ):
            for name, moves in theirs.items():
                mine.setdefault(name, Moves()).__iadd__(moves)
        for rule, tally in other.rules.items():
            _sum(self.rules.setdefault(rule, RuleTally()), tally)
        for day, number in other.days.items():
            self.days[day] += number
        _sum(self.caught, other.caught)
        _sum(self.dropped, other.dropped)
        for kind, changes in other._kinds.items():
            kept = self._kinds.setdefault(kind, [])
            kept += changes
            kept.sort(key=lambda change: change.surprise)
            del kept[:-MOST_SURPRISES]
        return self


def worst(changes: list[Change]) -> list[Change]:
    """Give the changes most worth reading: the most surprising first, few of the same kind while there are others."""
    ranked = sorted(changes, key=lambda one: (-one.surprise, one.content, one.revision))
    seen: Counter[tuple[object, ...]] = Counter()
    first: list[Change] = []
    rest: list[Change] = []
    for one in ranked:
        kind = (one.gained, one.lost, one.before, one.after)
        seen[kind] += 1
        (first if seen[kind] <= _PER_RULE else rest).append(one)
    return sorted((first + rest)[:MOST_SURPRISES], key=lambda one: (-one.surprise, one.content, one.revision))


def _moves(sides: Sides) -> Moves:
    """Give one decision's move."""
    asked, asks = sides.before.asks_a_person, sides.after.asks_a_person
    return Moves(
        caught=asks and not asked,
        dropped=asked and not asks,
        harsher=asked and asks and sides.after.rank > sides.before.rank,
        milder=asked and asks and sides.after.rank < sides.before.rank,
    )


def _answer(tally: RuleTally, one: Snapshot) -> None:
    """Count what a person answered, where one did."""
    if one.person is not None:
        tally.right += one.person is not Outcome.PASS
        tally.wrong += one.person is Outcome.PASS


def _steps(one: Snapshot, sides: Sides) -> float:
    """Give what of a change's surprise is known at once: by how many steps it moves, and whether against a person's answer."""
    harsher = sides.after.rank > sides.before.rank
    against = one.person is not None and (one.person is Outcome.PASS) is harsher
    return abs(sides.after.rank - sides.before.rank) + (_AGAINST if against else 0.0)


def _change(one: Snapshot, sides: Sides, plan: Plan) -> Change:
    """Tell one change. What nobody would expect comes first: against a person's answer, by several steps, against the old priority."""
    reason, priority = plan.words(one, sides)
    expected = priority if sides.after.rank < sides.before.rank else 1.0 - priority
    return Change(
        one.content,
        one.revision,
        one.decision,
        one.at,
        one.language,
        sides.before,
        sides.after,
        sides.gained,
        sides.lost,
        one.person,
        reason,
        round(_steps(one, sides) + expected, 6),
    )


def _sum(mine: RuleTally, theirs: RuleTally) -> None:
    """Add one rule's tally to another."""
    mine.fired += theirs.fired
    mine.unknown += theirs.unknown
    mine.alone += theirs.alone
    mine.right += theirs.right
    mine.wrong += theirs.wrong
    mine.beside.update(theirs.beside)
