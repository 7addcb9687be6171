"""What is worth a second look though it holds together: rules that contradict, repeat, catch everything, ended, or ask nobody's list."""

from collections.abc import Collection, Iterator, Sequence

from forestall.model.outcome import Outcome
from forestall.policy.engine import hits_in, mentions
from forestall.policy.fault import Fault, Place
from forestall.policy.hits import NEEDS_LIST, folded_phrase, labels_of
from forestall.policy.logic import pushed
from forestall.policy.syntax import And, Expr
from forestall.policy.written import Queue, Rule, Status, Written

SHORT = 3
"""Letters up to which a single word is too short to say anything."""
_WORKING = (Status.LIVE, Status.SHADOW)


def warnings(written: Written, today: str, lists: Collection[str] | None = None) -> list[Fault]:
    """Give what is worth a second look in a ruleset that holds together.

    Takes:
        today: a day such as `2026-11-24`, against which `effective:` is held.
        lists: the names of the lists there are; None where nobody knows.
    """
    working = [rule for rule in written.rules if rule.status in _WORKING]
    return [
        *_alike(working),
        *(fault for rule in working for fault in _broad(rule)),
        *(fault for rule in working for fault in _ended(rule, today)),
        *(fault for rule in working for fault in _untried(rule)),
        *(fault for rule in working for fault in _listless(rule, lists)),
        *_unused(written),
        *_behind(written.queues),
    ]


def _alike(rules: Sequence[Rule]) -> Iterator[Fault]:
    """Find rules that contradict or repeat each other, and rules another one makes pointless."""
    conditions = [(rule, frozenset(_parts(rule))) for rule in rules]
    for number, (rule, parts) in enumerate(conditions):
        for other, others in conditions[:number]:
            if rule.limits != other.limits:
                continue
            where, first = rule.places["when"], other.places["id"]
            at = f"{first.file}, line {first.line}"
            if parts == others and rule.outcome is not other.outcome:
                told = f"rules `{rule.id}` and `{other.id}` ask the same and conclude `{rule.outcome}` and `{other.outcome}`"
                yield Fault(where, told, f"the harsher wins; remove one (the other is in {at})")
            elif parts == others:
                yield Fault(
                    where, f"rule `{rule.id}` asks the same as `{other.id}`", f"remove one (the other is in {at})"
                )
            elif parts > others and _covers(other, rule):
                told = f"whenever rule `{rule.id}` fires, `{other.id}` does, and asks for as much"
                yield Fault(where, told, f"remove it, or let it ask for more (the other is in {at})")
            elif parts < others and _covers(rule, other):
                told = f"whenever rule `{other.id}` fires, `{rule.id}` does, and asks for as much"
                yield Fault(where, told, f"remove the other, in {at}, or let it ask for more")


def _covers(broad: Rule, narrow: Rule) -> bool:
    """Tell whether a rule that fires whenever another does makes that one pointless: it decides, asks for as much, and is as severe."""
    decides = broad.status is Status.LIVE or narrow.status is not Status.LIVE
    return decides and broad.outcome.rank >= narrow.outcome.rank and broad.severity >= narrow.severity


def _parts(rule: Rule) -> Iterator[Expr]:
    """Give the conditions that must all be true, without an order."""
    for line in rule.when:
        expr = pushed(line.expr)
        yield from expr.items if isinstance(expr, And) else (expr,)


def _broad(rule: Rule) -> Iterator[Fault]:
    """Find patterns that stand in nearly every text."""
    for line in rule.when:
        for hit in hits_in(line.expr):
            if hit.kind == "phrase":
                word = folded_phrase(hit.name)
                if " " not in word and len(word) <= SHORT and word.isalpha():
                    place = Place(line.place.file, line.place.line, line.place.column + hit.at)
                    told = (
                        f"the phrase `{hit.name}` of rule `{rule.id}` is one short word and stands in very many texts"
                    )
                    yield Fault(place, told, "write more of what is said")


def _ended(rule: Rule, today: str) -> Iterator[Fault]:
    """Find rules whose time is over, or has not come."""
    if rule.limits.until and rule.limits.until < today:
        told = f"rule `{rule.id}` ended on {rule.limits.until}"
        yield Fault(rule.places["effective"], told, "retire it, or give it a later day")
    elif rule.limits.since > today:
        told = f"rule `{rule.id}` begins on {rule.limits.since}"
        yield Fault(rule.places["effective"], told, "nothing to do if that is meant")


def _untried(rule: Rule) -> Iterator[Fault]:
    """Find rules that ask a person and say nowhere on what they should, or should not."""
    if rule.outcome is Outcome.PASS:
        return
    for fires, name in ((True, "must_match"), (False, "must_not_match")):
        if not any(example.fires is fires for example in rule.examples):
            yield Fault(
                rule.places["id"], f"rule `{rule.id}` has no `{name}`", "add an example; it is tried at every load"
            )


def _listless(rule: Rule, lists: Collection[str] | None) -> Iterator[Fault]:
    """Find conditions on lists that are not there."""
    for line in rule.when:
        for hit in hits_in(line.expr) if lists is not None else ():
            if hit.kind in NEEDS_LIST and hit.name not in (lists or ()):
                place = Place(line.place.file, line.place.line, line.place.column + hit.at)
                told = f"there is no list `{hit.name}`, so rule `{rule.id}` cannot be answered"
                yield Fault(place, told, f"import it: `forestall list import {hit.name} FILE`")


def _unused(written: Written) -> Iterator[Fault]:
    """Find excuses that excuse nothing any rule rests on."""
    spoken = {mention for rule in written.rules for mention in _spoken(rule)}
    for pardon in written.pardons:
        if spoken.isdisjoint(pardon.excuses):
            told = f"the excuse `{pardon.name}` excuses only what no rule rests on"
            yield Fault(pardon.places["name"], told, "remove it, or name what it should excuse")


def _behind(queues: Sequence[Queue]) -> Iterator[Fault]:
    """Find queues behind one that takes every case."""
    taking = next((place for place, queue in enumerate(queues) if not queue.when), len(queues))
    for queue in queues[taking + 1 :]:
        told = f"the queue `{queue.id}` stands behind `{queues[taking].id}`, which takes every case"
        yield Fault(queue.places["id"], told, "move the one without `when:` to the end")


def _spoken(rule: Rule) -> Iterator[str]:
    """Give the labels a rule speaks of."""
    for line in rule.when:
        for mention in mentions(line.expr):
            yield mention.label
        for hit in hits_in(line.expr):
            yield from labels_of(hit)
