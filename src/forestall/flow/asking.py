"""What rules ask for beside what detectors notice: patterns in texts, entries of lists, counters."""

from collections.abc import Mapping, Sequence

from forestall.flow.counters import Counters
from forestall.flow.lists import Lists
from forestall.model.content import Content
from forestall.model.decision import Fact
from forestall.model.finding import Finding
from forestall.model.lists import Places
from forestall.model.ports import Store
from forestall.model.reading import Reading, Role
from forestall.policy.engine import Ruleset
from forestall.policy.facts import SCANNED, list_fact
from forestall.policy.texts import Scan
from forestall.text.views import folded

_PREFIX = "list:"
"""How versions name a list (`Lists.versions`)."""


class Asked:
    """What one ruleset asks, made ready, with the lists as they are at one moment.

    Takes:
        lists: where lists are looked up; None knows none.
        counters: counts what the ruleset asks for.
    """

    def __init__(self, ruleset: Ruleset, lists: Lists | None, counters: Counters) -> None:
        self._ruleset = ruleset
        self._lists = lists
        self.counters = counters
        self._scan = Scan(ruleset.hits, lists.terms if lists is not None else lambda _: None)
        self._looked_up = frozenset(hit.name for hit in ruleset.hits if hit.kind == "in_list")
        missing = lists.missing(ruleset.lists) if lists is not None else ruleset.lists
        versions: Mapping[str, str] = lists.versions() if lists is not None else {}
        self._facts: dict[str, Fact] = {
            list_fact(name): None if name in missing else versions.get(_PREFIX + name) for name in ruleset.lists
        }
        if ruleset.patterns:
            self._facts[SCANNED] = ruleset.patterns

    def answer(
        self, content: Content, revision: str, at: str, reading: Reading, findings: Sequence[Finding]
    ) -> tuple[tuple[Finding, ...], dict[str, Fact]]:
        """Look at one post: gives the findings of patterns and lists, and the facts that rules ask for; remembers it in counters."""
        found: list[Finding] = []
        if self._ruleset.patterns:
            for index, segment in enumerate(reading.segments):
                if segment.role in (Role.BODY, Role.PAGE):
                    found += self._scan.look(segment, folded(reading, index))
        if self._looked_up and self._lists is not None:
            found += self._lists.found(reading, findings, self._looked_up)
        return tuple(found), {**self._facts, **self.counters.facts(content, revision, at, reading, findings)}


class Asking:
    """Makes what rulesets ask ready; counters outlive changes of lists, and are made anew with another ruleset.

    Takes:
        store: where counters read what was decided before, and by others.
        places: gives the addresses of a reading.
    """

    def __init__(self, lists: Lists, store: Store | None, places: Places) -> None:
        self.lists = lists
        self._store = store
        self._places = places
        self._counters = Counters((), None)

    def asked(self, ruleset: Ruleset) -> Asked:
        """Give what a ruleset asks, with the lists as they are now."""
        if self._counters.counters != ruleset.counters:
            self._counters = Counters(ruleset.counters, self._store, self._places)
            self._counters.follow()
        return Asked(ruleset, self.lists, self._counters)


def asking_nothing(ruleset: Ruleset) -> Asked:
    """Give what a ruleset asks where there are neither lists nor anything counted."""
    return Asked(ruleset, None, Counters((), None))
