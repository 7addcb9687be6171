"""Whether a ruleset holds together, proven before it is live: names, evidence, ceilings, and the laws that keep safe speech safe.

The laws: a rule needs a finding to fire; a label that may be excused only ever counts for firing, never against it, and a
context only ever counts against it, so that an excuse can never make an outcome harsher; known material is never excused.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from forestall.model.action import KINDS, LABELLING, Approval
from forestall.model.outcome import Outcome
from forestall.policy.engine import Mention, counted_in, hits_in, mentions, needs_finding
from forestall.policy.facts import FACTS, NO_CRISIS
from forestall.policy.fault import Fault, Place, nearest
from forestall.policy.hits import IN_TEXT
from forestall.policy.logic import pushed
from forestall.policy.reach import unreachable
from forestall.policy.syntax import And, Choice, Compare, Expr, FactName, Hit, Literal, Not, Or, Score
from forestall.policy.template import ALWAYS
from forestall.policy.written import Condition, Pardon, Rule, Written


def check(written: Written, labels: Mapping[str, Outcome]) -> list[Fault]:
    """Give every fault of a ruleset, given all labels the detectors declare with their ceilings."""
    return [*_Check(written, labels).faults()]


class _Check:
    """One check of one ruleset."""

    def __init__(self, written: Written, labels: Mapping[str, Outcome]) -> None:
        self.written = written
        self.labels = labels
        self.contexts = {pardon.context for pardon in written.pardons}
        self.excusable = {label for pardon in written.pardons for label in pardon.excuses}
        self.keys = {entry.label: entry.keys for entry in written.evidence}

    def faults(self) -> Iterator[Fault]:
        """Give all faults."""
        yield from self._twice()
        for rule in self.written.rules:
            yield from self._rule(rule)
        for pardon in self.written.pardons:
            yield from self._pardon(pardon)
        for named in self.written.never_excused:
            yield from self._label(named.label, named.place)
        for keys in self.written.evidence:
            yield from self._label(keys.label, keys.place)
        for weight in self.written.weights:
            yield from self._label(weight.label, weight.place)
            if weight.label in self.contexts and weight.weight > 0:
                hint = "remove it: a context must never raise the priority"
                yield Fault(weight.place, f"`{weight.label}` is a context and cannot have a weight", hint)
        for queue in self.written.queues:
            for line in queue.when:
                yield from self._routing(line)
        for incident in self.written.incidents:
            for lower in incident.lowers:
                yield from self._label(lower.label, lower.place)
                if lower.label in self.contexts:
                    hint = "lower what makes rules fire"
                    yield Fault(lower.place, f"`{lower.label}` is a context that excuses", hint)

    def _twice(self) -> Iterator[Fault]:
        """Find ids and labels given twice."""
        yield from _repeated("rule", ((rule.id, rule.places["id"]) for rule in self.written.rules))
        yield from _repeated("excuse", ((pardon.name, pardon.places["name"]) for pardon in self.written.pardons))
        yield from _repeated("queue", ((queue.id, queue.places["id"]) for queue in self.written.queues))
        yield from _repeated("incident", ((one.id, one.places["id"]) for one in self.written.incidents))
        yield from _repeated("weight of", ((weight.label, weight.place) for weight in self.written.weights))
        yield from _repeated("evidence of", ((keys.label, keys.place) for keys in self.written.evidence))

    def _rule(self, rule: Rule) -> Iterator[Fault]:
        spoken = [(line, mention) for line in rule.when for mention in mentions(line.expr)]
        for line, mention in spoken:
            yield from self._mention(line, mention)
            yield from self._law(rule, line, mention)
        for line in rule.when:
            yield from self._values(line)
        for example in rule.examples:
            for clue in example.clues:
                yield from self._label(clue.label, clue.place)
            yield from (
                _value(name, value, example.place) for name, value in example.facts.items() if _wrong(name, value)
            )
        yield from self._reason(rule, {mention.label for _, mention in spoken if mention.bearing >= 0})
        yield from self._outcome(rule, [mention for _, mention in spoken])
        yield from self._actions(rule, [mention for _, mention in spoken])
        if not any(needs_finding(line.expr) for line in rule.when):
            hint = 'add a condition such as `finding("…")`: without a finding nothing may happen'
            yield Fault(rule.places["when"], f"rule `{rule.id}` does not need a finding to fire", hint)
        yield from _narrowing(rule)
        never = unreachable(rule)
        if never:
            yield never

    def _mention(self, line: Condition, mention: Mention) -> Iterator[Fault]:
        """Find unknown labels and evidence keys in a condition."""
        place = _moved(line.place, mention.at)
        yield from self._label(mention.label, place)
        if mention.key and mention.label in self.labels:
            yield from self._key(mention.label, mention.key, place)

    def _label(self, label: str, place: Place) -> Iterator[Fault]:
        if label not in self.labels:
            yield Fault(place, f"there is no label `{label[:64]}`", nearest(label, self.labels))

    def _key(self, label: str, key: str, place: Place) -> Iterator[Fault]:
        keys = self.keys.get(label, ())
        if key not in keys:
            hint = nearest(key, keys) if keys else f"list the keys of `{label}` under `evidence:`"
            yield Fault(place, f"findings labelled `{label}` have no evidence `{key[:64]}`", hint)

    def _law(self, rule: Rule, line: Condition, mention: Mention) -> Iterator[Fault]:
        """Hold the law that an excuse never makes an outcome harsher."""
        place = _moved(line.place, mention.at)
        if mention.label in self.excusable and mention.bearing <= 0:
            told = f"`{mention.label}` may be excused, so rule `{rule.id}` cannot rest on its absence or exact number"
            yield Fault(place, told, "ask only whether there is enough of it (`finding`, `>=`, `>`)")
        if mention.label in self.contexts and mention.bearing >= 0:
            told = f"`{mention.label}` is a context that excuses, so it cannot make rule `{rule.id}` fire"
            yield Fault(place, told, "ask only for its absence (`not finding`, `<`, `<=`)")

    def _reason(self, rule: Rule, labels: set[str]) -> Iterator[Fault]:
        """Find places in the reason that nothing fills."""
        for hole in rule.reason.holes:
            place = rule.places["reason"]
            if not hole.label:
                if hole.key not in FACTS:
                    yield Fault(
                        place, f"the reason names the fact `{hole.key}`, which does not exist", nearest(hole.key, FACTS)
                    )
            elif hole.label not in labels:
                told = f"the reason of `{rule.id}` speaks of `{hole.label}`, on which the rule does not rest"
                yield Fault(place, told, nearest(hole.label, labels))
            elif hole.key not in ALWAYS and hole.label in self.labels:
                yield from self._key(hole.label, hole.key, place)

    def _outcome(self, rule: Rule, spoken: Sequence[Mention]) -> Iterator[Fault]:
        """Hold promise 1 already in the text: no outcome beyond the ceilings of what the rule rests on."""
        ceiling = self._ceiling(spoken)
        if ceiling is not None and rule.outcome.rank > ceiling.rank:
            told = f"rule `{rule.id}` asks for `{rule.outcome}`, but what it rests on may cause `{ceiling}` at most without a person"
            yield Fault(rule.places["outcome"], told, f"write `{ceiling}`, or rest it on known material")

    def _ceiling(self, spoken: Sequence[Mention]) -> Outcome | None:
        """Give the harshest that a rule may cause without a person by what it rests on; None where it rests on nothing."""
        lending = [self.labels.get(one.label, Outcome.REMOVE) for one in spoken if one.bearing >= 0]
        return max(lending, key=lambda outcome: outcome.rank, default=None)

    def _actions(self, rule: Rule, spoken: Sequence[Mention]) -> Iterator[Fault]:
        """Hold promise 1 for actions too: what restricts needs a person, or what it rests on may cause as much by itself."""
        ceiling = self._ceiling(spoken)
        for action in rule.actions:
            harshness = KINDS[action.kind].harshness
            if action.approval is Approval.NONE and ceiling is not None and harshness.rank > ceiling.rank:
                told = f"rule `{rule.id}` would `{action.kind}` by itself, but what it rests on may cause `{ceiling}` at most"
                yield Fault(action.place, told, f"write `{{do: {action.kind}, approval: person}}`")
            if action.kind in LABELLING and not action.note:
                told = f"`{action.kind}` does not say what is shown"
                yield Fault(action.place, told, f"write `{{do: {action.kind}, note: …}}`")
        seen = [(action.kind, action.note) for action in rule.actions]
        for place, action in enumerate(rule.actions):
            if seen[place] in seen[:place]:
                yield Fault(action.place, f"rule `{rule.id}` does `{action.kind}` twice", "keep one of them")

    def _routing(self, line: Condition) -> Iterator[Fault]:
        """Find what a queue cannot ask for: it sees what was found, and looks for nothing itself."""
        for mention in mentions(line.expr):
            yield from self._mention(line, mention)
        yield from self._values(line)
        asked = [hit for hit in hits_in(line.expr) if hit.kind != "match"]
        for at in (*(hit.at for hit in asked), *(counted.at for counted in counted_in(line.expr))):
            told = "a queue looks for no patterns, lists or counters"
            yield Fault(_moved(line.place, at), told, "let a rule find it, and ask for the rule's findings")

    def _values(self, line: Condition) -> Iterator[Fault]:
        """Find values that what they are compared with never has."""
        yield from _values(line, line.expr)
        kinds = (NO_CRISIS, *(incident.id for incident in self.written.incidents))
        for place, value in _compared(line.expr, "crisis"):
            if value not in kinds:
                hint = nearest(str(value), kinds)
                yield Fault(_moved(line.place, place), f"there is no kind of crisis `{str(value)[:64]}`", hint)

    def _pardon(self, pardon: Pardon) -> Iterator[Fault]:
        never = {named.label for named in self.written.never_excused}
        yield from self._label(pardon.context, pardon.places["context"])
        for label in pardon.excuses:
            place = pardon.places[f"excuses {label}"]
            yield from self._label(label, place)
            if label in never:
                yield Fault(place, f"`{label}` is never excused", "remove it here, or from `never_excused:`")
            elif self.labels.get(label, Outcome.PASS).rank > Outcome.REVIEW.rank:
                yield Fault(
                    place, f"`{label}` is known material", "known material is never excused by its context; remove it"
                )
            elif label in self.contexts:
                yield Fault(place, f"`{label}` is a context itself", "a context is not excused; remove it")
        if pardon.unless:
            for mention in mentions(pardon.unless.expr):
                yield from self._mention(pardon.unless, mention)
                if mention.label in self.contexts:
                    told = f"`{mention.label}` is a context; one excuse cannot depend on another"
                    yield Fault(_moved(pardon.unless.place, mention.at), told, "name findings that must not be excused")
                if mention.bearing <= 0:
                    told = f"more of `{mention.label}` would bring the excuse `{pardon.name}` back"
                    hint = "ask only whether there is enough of it (`finding`, `>=`, `>`)"
                    yield Fault(_moved(pardon.unless.place, mention.at), told, hint)
            yield from self._values(pardon.unless)


def _narrowing(rule: Rule) -> Iterator[Fault]:
    """Hold that a language decides nothing by itself: it may only narrow a pattern that must stand in the text (promise 2)."""
    asked = [line for line in rule.when if "language" in _facts(line.expr)]
    looks = any(_looks(part) for line in rule.when for part in _needed_parts(pushed(line.expr)))
    if asked and not looks:
        told = f"rule `{rule.id}` asks for the language of a text without a pattern that must stand in it"
        hint = 'add `phrase("…")`, `terms("…")` or `rx("…")` as a line of its own: in which language something is said is no reason'
        yield Fault(asked[0].place, told, hint)


def _looks(part: Expr) -> bool:
    """Tell whether a condition is nothing but patterns of texts."""
    items = part.items if isinstance(part, Or) else (part,)
    return all(isinstance(item, Hit) and item.kind in IN_TEXT for item in items)


def _needed_parts(expr: Expr) -> tuple[Expr, ...]:
    """Give the parts of a condition that must all be true."""
    return expr.items if isinstance(expr, And) else (expr,)


def _facts(expr: Expr) -> set[str]:
    """Give the facts a condition names."""
    if isinstance(expr, And | Or):
        return {name for item in expr.items for name in _facts(item)}
    if isinstance(expr, Not):
        return _facts(expr.item)
    if isinstance(expr, FactName):
        return {expr.name}
    return {one.name for one in expr.operands if isinstance(one, FactName)} if isinstance(expr, Compare) else set()


def _repeated(what: str, named: Iterable[tuple[str, Place]]) -> Iterator[Fault]:
    """Find names given twice."""
    first: dict[str, Place] = {}
    for name, place in named:
        if name in first:
            yield Fault(
                place,
                f"{what} `{name}` is written twice",
                f"the first is in {first[name].file}, line {first[name].line}",
            )
        first.setdefault(name, place)


def _values(line: Condition, expr: Expr) -> Iterator[Fault]:
    """Find values that what they are compared with never has."""
    if isinstance(expr, And | Or):
        for item in expr.items:
            yield from _values(line, item)
    elif isinstance(expr, Not):
        yield from _values(line, expr.item)
    elif isinstance(expr, Compare):
        for one, other in (
            *zip(expr.operands, expr.operands[1:], strict=False),
            *zip(expr.operands[1:], expr.operands, strict=False),
        ):
            given = other.values if isinstance(other, Choice) else (other.value,) if isinstance(other, Literal) else ()
            place = _moved(line.place, other.at)
            for value in given:
                if isinstance(one, FactName) and _wrong(one.name, value):
                    yield _value(one.name, value, place)
                if isinstance(one, Score) and isinstance(value, int | float) and value > 1:
                    yield Fault(place, "a score lies between 0 and 1", f"write {value / 100:g} for {value:g} per cent")


def _compared(expr: Expr, fact: str) -> Iterator[tuple[int, object]]:
    """Give every value that a condition compares a fact with, and where it stands."""
    if isinstance(expr, And | Or):
        for item in expr.items:
            yield from _compared(item, fact)
    elif isinstance(expr, Not):
        yield from _compared(expr.item, fact)
    elif isinstance(expr, Compare) and any(isinstance(one, FactName) and one.name == fact for one in expr.operands):
        for other in expr.operands:
            if isinstance(other, Choice):
                yield from ((other.at, value) for value in other.values)
            elif isinstance(other, Literal):
                yield other.at, other.value


def _wrong(name: str, value: object) -> bool:
    """Say whether a fact never has this value."""
    known = FACTS[name].values if name in FACTS else ()
    return bool(known) and value is not None and value not in known


def _value(name: str, value: object, place: Place) -> Fault:
    """Tell that a fact never has this value."""
    return Fault(place, f"`{name}` is never `{str(value)[:64]}`", nearest(str(value), FACTS[name].values))


def _moved(place: Place, offset: int) -> Place:
    """Give the place some characters further on its line."""
    return Place(place.file, place.line, place.column + offset)
