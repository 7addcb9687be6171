"""Sanctions lists in XML: the UN's consolidated list, the EU's (FSF 1.1), the US list of OFAC (`sdn.xml`), and the UK's.

Each reader takes records one by one. Structures as published in 2024; what else a record holds is passed over.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from forestall.exchange.lists.tree import Node, Take, Tree
from forestall.model.errors import BadList
from forestall.model.lists import ListEntry

_MOST_ALIASES = 200
_DATES = ("%Y-%m-%d", "%d/%m/%Y", "%d-%b-%Y", "%d-%B-%Y")


class Sanctions:
    """What a sanctions list holds: organisations, how many people it also has, who publishes it, and of which day it is."""

    source = ""

    def __init__(self, file: str) -> None:
        self.file = file
        self.entries: list[ListEntry] = []
        self.people = 0
        self.dated = ""

    def keep(self, entry: ListEntry, record: str) -> None:
        """Keep one organisation, each spelling once; raises BadList where it has no name."""
        if not entry.value:
            raise BadList(f"the list {self.file} has {record} without a name", "download it again")
        good = tuple(one for one in dict.fromkeys(entry.aliases) if one and one != entry.value)[:_MOST_ALIASES]
        poor = tuple(one for one in dict.fromkeys(entry.weak) if one and one not in (entry.value, *good))
        self.entries.append(replace(entry, aliases=good, weak=poor[:_MOST_ALIASES]))


class Records(Sanctions, ABC):
    """A sanctions list in XML, taken record by record."""

    @abstractmethod
    def begun(self, root: Node, /) -> Mapping[str, Take]:
        """Take the root element, and give what takes each kind of record."""


class UnitedNations(Records):
    """The UN Security Council's consolidated list: INDIVIDUAL and ENTITY."""

    source = "United Nations Security Council"

    def begun(self, root: Node, /) -> Mapping[str, Take]:
        """Take the root element, and give what takes each kind of record."""
        self.dated = day(root.attributes.get("dateGenerated", ""))
        return {"INDIVIDUAL": self._person, "ENTITY": self._entity}

    def _person(self, _: Node) -> None:
        self.people += 1

    def _entity(self, node: Node) -> None:
        parts = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
        name = " ".join(text for part in parts if (text := node.first(part)))
        given = [(alias.first("ALIAS_NAME"), alias.first("QUALITY").lower()) for alias in node.all("ENTITY_ALIAS")]
        good = [alias for alias, quality in given if quality != "low"]
        weak = [alias for alias, quality in given if quality == "low"]
        good.append(node.first("NAME_ORIGINAL_SCRIPT"))
        self.keep(
            ListEntry(name, tuple(good), tuple(weak), node.first("REFERENCE_NUMBER"), node.first("UN_LIST_TYPE")),
            "an ENTITY",
        )


class EuropeanUnion(Records):
    """The EU's consolidated list of financial sanctions, FSF XML 1.1: sanctionEntity with nameAlias."""

    source = "European Union (FSF)"

    def begun(self, root: Node, /) -> Mapping[str, Take]:
        """Take the root element, and give what takes each kind of record."""
        self.dated = day(root.attributes.get("generationDate", ""))
        return {"sanctionEntity": self._entity}

    def _entity(self, node: Node) -> None:
        told = next(node.all("subjectType"), None)
        kinds = {value.lower() for value in told.attributes.values()} if told is not None else set()
        if kinds & {"person", "p"}:
            self.people += 1
            return
        given = [
            (" ".join(alias.attributes.get("wholeName", "").split()), alias.attributes.get("strong", "true").lower())
            for alias in node.all("nameAlias")
        ]
        strong = [name for name, sure in given if sure != "false"] or [name for name, _ in given]
        weak = [name for name, sure in given if sure == "false" and name not in strong]
        reference = node.attributes.get("euReferenceNumber", "") or node.attributes.get("logicalId", "")
        ruled = next(node.all("regulation"), None)
        programme = ruled.attributes.get("programme", "") if ruled is not None else ""
        self.keep(
            ListEntry(next(iter(strong), ""), tuple(strong), tuple(weak), reference, programme), "a sanctionEntity"
        )


class UnitedStates(Records):
    """The US list of specially designated nationals (OFAC), `sdn.xml`: sdnEntry."""

    source = "OFAC (SDN)"

    def begun(self, _: Node, /) -> Mapping[str, Take]:
        """Take the root element, and give what takes each kind of record."""
        return {"publshInformation": self._published, "sdnEntry": self._entry}

    def _published(self, node: Node) -> None:
        self.dated = american_day(node.first("Publish_Date"))

    def _entry(self, node: Node) -> None:
        kind = node.first("sdnType").lower()
        if kind == "individual":
            self.people += 1
        if kind != "entity":  # ships and aircraft call nobody to anything
            return
        given = [(alias.first("lastName"), alias.first("category").lower()) for alias in node.all("akaList", "aka")]
        good = [alias for alias, category in given if category != "weak"]
        weak = [alias for alias, category in given if category == "weak"]
        programmes = ", ".join(one.text for one in node.all("programList", "program") if one.text)
        self.keep(
            ListEntry(node.first("lastName"), tuple(good), tuple(weak), node.first("uid"), programmes), "an sdnEntry"
        )


class UnitedKingdom(Records):
    """The UK sanctions list: Designation with Names and NonLatinNames."""

    source = "UK Sanctions List"

    def begun(self, _: Node, /) -> Mapping[str, Take]:
        """Take the root element, and give what takes each kind of record."""
        return {"DateGenerated": self._generated, "Designation": self._designation}

    def _generated(self, node: Node) -> None:
        self.dated = day(node.text)

    def _designation(self, node: Node) -> None:
        kind = node.first("IndividualEntityShip").lower()
        if kind == "individual":
            self.people += 1
        if kind != "entity":
            return
        primary, good, weak = "", [], []
        for one in node.all("Names", "Name"):
            written = " ".join(text for part in UK_PARTS if (text := one.first(part)))
            if not primary and one.first("NameType").lower().startswith("primary"):
                primary = written
            elif "low" in one.first("AliasStrength").lower():
                weak.append(written)
            else:
                good.append(written)
        good += [one.text for one in node.all("NonLatinNames", "NonLatinName", "NameNonLatinScript")]
        name = primary or next(iter(good), "")
        self.keep(
            ListEntry(name, tuple(good), tuple(weak), node.first("UniqueID"), node.first("RegimeName")), "a Designation"
        )


UK_PARTS = ("Name1", "Name2", "Name3", "Name4", "Name5", "Name6")
"""The parts of a name on the UK's list, in the order in which it is read: the last one is the surname or the whole."""

_ROOTS: Mapping[str, type[Records]] = {
    "CONSOLIDATED_LIST": UnitedNations,
    "export": EuropeanUnion,
    "sdnList": UnitedStates,
    "Designations": UnitedKingdom,
}


def read_xml(data: bytes, file: str) -> tuple[str, Records]:
    """Give what a sanctions list in XML holds, and the name of its root element; raises BadList."""
    found: list[tuple[str, Records]] = []

    def begun(root: Node) -> Mapping[str, Take]:
        known = _ROOTS.get(root.tag)
        if root.tag == "Sanctions":
            raise BadList(f"the list {file} is OFAC's advanced XML", "give its sdn.xml, which has the same names")
        if known is None:
            raise BadList(
                f"the list {file} is no sanctions list that is known (its root element is `{root.tag[:40]}`)",
                f"give one whose root element is {', '.join(_ROOTS)}",
            )
        found.append((root.tag, known(file)))
        return found[0][1].begun(root)

    Tree(file, begun).walk(data)
    return found[0]


def day(written: str) -> str:
    """Give a day in ISO 8601 as these lists write it; empty where it is none."""
    for form in _DATES:
        for text in (written.strip(), written.strip()[:10]):
            try:
                return datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007 - a day, no instant
            except ValueError:
                continue
    return ""


def american_day(written: str) -> str:
    """Give a day written month/day/year in ISO 8601; empty where it is none."""
    try:
        return datetime.strptime(written.strip(), "%m/%d/%Y").date().isoformat()  # noqa: DTZ007 - a day, no instant
    except ValueError:
        return ""
