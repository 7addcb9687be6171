"""XML that others publish, read record by record. It comes from outside, so the reader is strict and bounded.

No document type, no entities of its own; bounded in depth, in text of an element, and in elements of a record.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from forestall.model.errors import BadList

_DEEPEST = 32
_LONGEST_TEXT = 4_000
_MOST_NODES = 5_000
"""Elements of one record that are read; those after them are passed over."""


@dataclass(slots=True)
class Node:
    """An element of a record: its name without prefix, attributes, text with single blanks, and the elements inside it."""

    tag: str
    attributes: Mapping[str, str]
    text: str = ""
    children: list["Node"] = field(default_factory=list)

    def all(self, *path: str) -> Iterator["Node"]:
        """Give the elements at a path below this one."""
        for child in self.children:
            if child.tag == path[0]:
                if len(path) == 1:
                    yield child
                else:
                    yield from child.all(*path[1:])

    def first(self, *path: str) -> str:
        """Give the text of the first element at a path that has any, else an empty one."""
        return next((node.text for node in self.all(*path) if node.text), "")


Take = Callable[[Node], None]
"""Takes one record."""


class Tree:
    """Walks through a document.

    Takes:
        source: what errors call the file.
        begun: called with the root element; gives what takes each kind of record, by name. May refuse with BadList.
    """

    def __init__(self, source: str, begun: Callable[[Node], Mapping[str, Take]]) -> None:
        self._source = source
        self._begun = begun
        self._takers: Mapping[str, Take] = {}
        self._depth = 0
        self._open: list[Node] = []
        self._text: list[str] = []
        self._length = 0
        self._nodes = 0
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse
        self._parser.ExternalEntityRefHandler = self._refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._data

    def walk(self, data: bytes) -> None:
        """Read a whole document; raises BadList."""
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            what = f"the list {self._source} is not XML (line {error.lineno}: {error})"
            raise BadList(what, "download it again") from None
        except (ValueError, LookupError) as error:  # an encoding Python does not know
            raise BadList(f"the list {self._source} is not XML ({error})", "download it again") from None

    def _refuse(self, *_: object) -> int:
        """Refuse documents that bring their own declarations: lists have none, attacks do."""
        raise BadList(
            f"the list {self._source} declares a document type or entities", "give the list as its source publishes it"
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin an element."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise BadList(
                f"the list {self._source} is nested more than {_DEEPEST} deep",
                "give the list as its source publishes it",
            )
        node = Node(name.rpartition(":")[2], attributes)
        if self._depth == 1:
            self._takers = self._begun(node)
            return
        if not self._open and node.tag not in self._takers:
            return
        self._text, self._length = [], 0
        if self._open and self._nodes < _MOST_NODES:
            self._open[-1].children.append(node)
        self._nodes = self._nodes + 1 if self._open else 0
        self._open.append(node)

    def _data(self, text: str) -> None:
        """Gather the text of an element up to the limit."""
        if self._open and self._length < _LONGEST_TEXT:
            self._text.append(text[: _LONGEST_TEXT - self._length])
            self._length += len(text)

    def _end(self, _: str) -> None:
        """End an element, and hand over a record that is whole."""
        self._depth -= 1
        if not self._open:
            return
        node = self._open.pop()
        node.text, self._text, self._length = " ".join("".join(self._text).split()), [], 0
        if not self._open:
            self._takers[node.tag](node)
