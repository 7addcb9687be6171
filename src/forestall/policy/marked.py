"""A rule file as a tree of marked nodes: every text, list and mapping with the line and column it was written at.

YAML in its plainest form only: anchors, aliases, tags, several documents, deep nesting and repeated keys are refused, and no value
is converted, so that `no` stays the text it looks like until a field asks for something else.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from forestall.policy.fault import Fault, Faulty, Place

LARGEST_FILE = 256 * 1024
"""Most characters of one rule file."""
DEEPEST = 10
"""Deepest nesting in a rule file."""


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar. `place` is where its first character stands; `one_line` says that its offsets are columns from there."""

    value: str
    place: Place
    one_line: bool


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple["Node", ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping, in the order written."""

    entries: dict[str, tuple[Text, "Node"]]
    place: Place


Node = Text | Items | Fields


def read(file: str, text: str) -> Fields:
    """Give the top-level mapping of a rule file; an empty file has no entries. Raises Faulty."""
    start = Place(file)
    if len(text) > LARGEST_FILE:
        raise Faulty(Fault(start, f"the file is longer than {LARGEST_FILE} characters", "split it into several files"))
    try:
        node = _Builder(file, text).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else start
        raise Faulty(
            Fault(place, f"this is not valid YAML ({error.problem})", "check indentation, quotes and colons")
        ) from None
    except yaml.YAMLError:
        raise Faulty(
            Fault(start, "the file holds characters that YAML does not allow", "save it as plain UTF-8 text")
        ) from None
    if node is None:
        return Fields({}, start)
    if not isinstance(node, Fields):
        raise Faulty(Fault(node.place, "a rule file is a mapping", "start with `rules:`, `excuses:` or `priority:`"))
    return node


class _Builder:
    """Builds the tree from YAML's events, so that nothing dangerous is ever composed."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.lines = text.split("\n")
        self.events: Iterator[yaml.Event] = iter(yaml.parse(text, Loader=yaml.SafeLoader))

    def document(self) -> Node | None:
        """Give the only document of the file."""
        node: Node | None = None
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._fault(event, "the file holds several documents", "remove the line `---`")
                node = self._node(next(self.events), 0)
        return node

    def _node(self, event: yaml.Event, depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise self._fault(
                event,
                "anchors and aliases (`&name`, `*name`) are not allowed",
                "write the value out; quote a text that starts so",
            )
        if getattr(event, "tag", None):
            raise self._fault(
                event, "tags (`!name`) are not allowed", "write the plain value; quote a text that starts with `!`"
            )
        if depth > DEEPEST:
            raise self._fault(event, "the file is nested too deeply", "a rule needs four levels at most")
        if isinstance(event, yaml.SequenceStartEvent):
            return self._items(event, depth)
        if isinstance(event, yaml.MappingStartEvent):
            return self._fields(event, depth)
        if isinstance(event, yaml.ScalarEvent):
            return self._text(event)
        raise self._fault(event, "this cannot stand here", "check the indentation")

    def _items(self, start: yaml.Event, depth: int) -> Items:
        items: list[Node] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return Items(tuple(items), self._place(start))

    def _fields(self, start: yaml.Event, depth: int) -> Fields:
        entries: dict[str, tuple[Text, Node]] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            if not isinstance(key, Text):
                raise self._fault(event, "a key is a plain word", "quote a text that starts with `{` or `[`")
            if key.value in entries:
                first = entries[key.value][0].place.line
                raise Faulty(
                    Fault(key.place, f"`{key.value}` stands here twice", f"the first is on line {first}; remove one")
                )
            entries[key.value] = (key, self._node(next(self.events), depth + 1))
        return Fields(entries, self._place(start))

    def _text(self, event: yaml.ScalarEvent) -> Text:
        """Give a scalar, and whether an offset in its value is a distance on its line (no escapes, no folding)."""
        place = self._place(event)
        quoted = event.style in {"'", '"'}
        if quoted:
            place = Place(place.file, place.line, place.column + 1)
        written = self.lines[place.line - 1][place.column - 1 :] if place.line <= len(self.lines) else ""
        one_line = "\n" not in event.value and written.startswith(event.value)
        return Text(event.value, place, one_line)

    def _place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1) if mark else Place(self.file)

    def _fault(self, event: yaml.Event, what: str, hint: str) -> Faulty:
        return Faulty(Fault(self._place(event), what, hint))
