"""Reading the UN Security Council's consolidated list: XML with INDIVIDUALS and ENTITIES.

The file comes from outside, so the reader is strict: no document type, no entities of its own, bounded depth and text.
"""

from xml.parsers import expat

from forestall.detect.names.words import Entry
from forestall.model.errors import BadList

_ROOT = "CONSOLIDATED_LIST"
_NAMES = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
_DEEPEST = 32
_LONGEST_TEXT = 4_000
_MOST_ALIASES = 200


def read_un_xml(data: bytes, source: str) -> tuple[list[Entry], int]:
    """Give the organisations of the list, and how many people it also holds; raises BadList."""
    reader = _Reader(source)
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        raise BadList(f"the list {source} is not XML (line {error.lineno}: {error})", "download it again") from None
    if not reader.rooted:
        raise BadList(f"the list {source} is not the UN's consolidated list", f"its root element must be {_ROOT}")
    return reader.entries, reader.people


class _Reader:
    """Gathers entries while the parser walks through the file."""

    def __init__(self, source: str) -> None:
        self.entries: list[Entry] = []
        self.people = 0
        self.rooted = False
        self._source = source
        self._path: list[str] = []
        self._text: list[str] = []
        self._length = 0
        self._fields: dict[str, str] = {}
        self._aliases: list[tuple[str, str]] = []
        self._alias: dict[str, str] = {}
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.EntityDeclHandler = self._refuse
        self.parser.ExternalEntityRefHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data

    def _refuse(self, *_: object) -> int:
        """Refuse documents that bring their own declarations: lists have none, attacks do."""
        raise BadList(
            f"the list {self._source} declares a document type or entities", "give the list as the UN publishes it"
        )

    def _start(self, tag: str, _: dict[str, str]) -> None:
        """Begin an element."""
        if not self._path:
            self.rooted = tag == _ROOT
        self._path.append(tag)
        if len(self._path) > _DEEPEST:
            raise BadList(
                f"the list {self._source} is nested more than {_DEEPEST} deep", "give the list as the UN publishes it"
            )
        self._text, self._length = [], 0
        if tag == "ENTITY":
            self._fields, self._aliases = {}, []
        elif tag == "ENTITY_ALIAS":
            self._alias = {}

    def _data(self, text: str) -> None:
        """Gather the text of an element up to the limit."""
        if self._length < _LONGEST_TEXT:
            self._text.append(text[: _LONGEST_TEXT - self._length])
            self._length += len(text)

    def _end(self, tag: str) -> None:
        """End an element: keep what belongs to an organisation, count people."""
        self._path.pop()
        text, self._text = " ".join("".join(self._text).split()), []
        parent = self._path[-1] if self._path else ""
        if tag == "INDIVIDUAL" and parent == "INDIVIDUALS":
            self.people += 1
        elif tag == "ENTITY" and parent == "ENTITIES":
            self._keep()
        elif parent == "ENTITY":
            if tag == "ENTITY_ALIAS":
                self._aliases.append((self._alias.get("ALIAS_NAME", ""), self._alias.get("QUALITY", "")))
            elif text:
                self._fields.setdefault(tag, text)
        elif parent == "ENTITY_ALIAS":
            self._alias[tag] = text

    def _keep(self) -> None:
        """Keep the organisation whose element just ended."""
        name = " ".join(self._fields[part] for part in _NAMES if part in self._fields)
        if not name:
            raise BadList(f"the list {self._source} has an ENTITY without FIRST_NAME", "download it again")
        given = [alias for alias in self._aliases[:_MOST_ALIASES] if alias[0]]
        good = [alias for alias, quality in given if quality.lower() != "low"]
        if "NAME_ORIGINAL_SCRIPT" in self._fields:
            good.append(self._fields["NAME_ORIGINAL_SCRIPT"])
        weak = tuple(alias for alias, quality in given if quality.lower() == "low")
        self.entries.append(
            Entry(
                name=name,
                aliases=tuple(good),
                reference=self._fields.get("REFERENCE_NUMBER", ""),
                programme=self._fields.get("UN_LIST_TYPE", ""),
                weak=weak,
            )
        )
