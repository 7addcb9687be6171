"""The detector `names`: listed organisations as context, as whole words, in any spelling a reader takes for the same."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from forestall.detect.names import detector
from forestall.detect.names.detector import LABELS, MOST_PER_PART, NamesDetector
from forestall.model.finding import Finding
from forestall.model.lists import ListEntry, ListKind, NameList, digest_of
from forestall.model.outcome import Outcome
from forestall.model.ports import Detector
from forestall.model.reading import Reading, Role, Segment
from tests.contracts.detector import DetectorContract

BANNER = ListEntry("THE ASHEN BANNER", ("Banner of Ash", "TABX", "راية الرماد"), ("The Banner",), "EXe.001", "Example")


@dataclass
class Shelf:
    """Lists that a test changes."""

    lists: Sequence[NameList] = ()

    def names(self) -> Sequence[NameList]:
        """Give them."""
        return self.lists


def named(name: str, *entries: ListEntry | str) -> NameList:
    """Give a list of organisations."""
    made = tuple(ListEntry(one) if isinstance(one, str) else one for one in entries)
    return NameList(name, digest_of(ListKind.NAMES, made), made)


@pytest.fixture(scope="module")
def names() -> NamesDetector:
    """Give the detector over a list like the UN's and a plain one."""
    own = ("Ninth-Tide", "Harakat al-Fajr (HAF)", "Meridian", "حركة الفجر", "IX")
    return detector(Shelf([named("un", BANNER), named("own", *own)]))


def look(names: NamesDetector, text: str, role: Role = Role.BODY) -> list[Finding]:
    """Give the findings on a text."""
    return list(names.look(Reading("1", segments=(Segment("text", role, text),))))


def shown(names: NamesDetector, text: str) -> list[str]:
    """Give the words of a text in which listed names were found."""
    return [text[start:end] for finding in look(names, text) for start, end in finding.spans]


def test_a_name_is_context(names: NamesDetector) -> None:
    """A listed name is a finding that can cause nothing, with list, number, name and programme as evidence."""
    (finding,) = look(names, "A report on the Ashen Banner came out")
    assert (finding.label, finding.ceiling, finding.spans) == ("listed-name", Outcome.PASS, ((16, 28),))
    evidence = dict(finding.evidence)
    assert len(evidence.pop("list_version")) == 64
    assert evidence == {
        "list": "un",
        "reference": "EXe.001",
        "name": "THE ASHEN BANNER",
        "kind": "entity",
        "programme": "Example",
    }
    assert dict(LABELS) == {"listed-name": Outcome.PASS}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("THE  ASHEN\nBANNER", "ASHEN\nBANNER"),
        ("they are the Аshеn Bаnner now", "Аshеn Bаnner"),  # Cyrillic letters
        ("t\u200bhe ashen ban\u200bner", "ashen ban\u200bner"),
        ("ｂａｎｎｅｒ of ash", "ｂａｎｎｅｒ of ash"),
        ("bánner of ásh!", "bánner of ásh"),
        ("(ninth tide)", "ninth tide"),
        ("#ninth-tide", "ninth-tide"),
        ("Harakat al-Fajr said", "Harakat al-Fajr"),
        ("harakat al fajr said", "harakat al fajr"),
        ("the Meridian group", "Meridian"),
        ("بيان رَايَة الرماد", "رَايَة الرماد"),
        ("قالت حركة الفجر", "حركة الفجر"),
        ("وحركة الفجر", "حركة الفجر"),
        ("لحركة الفجر", "حركة الفجر"),
        ("an Ashen Banner flag", "Ashen Banner"),
        ("TABX claimed", "TABX"),
        ("The Banner claimed", "The Banner"),
    ],
)
def test_spellings(names: NamesDetector, text: str, words: str) -> None:
    """Case, width, accents, hidden characters, look-alikes, hyphens and attached Arabic particles do not hide a name."""
    assert shown(names, text) == [words]


@pytest.mark.parametrize(
    "text",
    [
        "the ashen bannerman",
        "breathe ashen banner1",
        "meridians and premeridian",
        "tabx files",  # an acronym in small letters is a word
        "the banner at the top",  # an alias of low quality, not as listed
        "HAF",  # only a remark behind a name
        "IX",  # too short to say anything
        "قحركة الفجر",
        "Nobody Ofthatname",
        "",
    ],
)
def test_look_alikes(names: NamesDetector, text: str) -> None:
    """Parts of words, acronyms in small letters, weak aliases, very short names and people are not listed names."""
    assert look(names, text) == []


def test_one_finding_per_organisation_and_part(names: NamesDetector) -> None:
    """An organisation named three ways is one finding with three spans; a longer name hides the shorter one inside it."""
    text = "The Ashen Banner, Banner of Ash, TABX and Ninth Tide"
    findings = look(names, text)
    assert [finding.evidence["name"] for finding in findings] == ["THE ASHEN BANNER", "Ninth-Tide"]
    assert shown(names, text) == ["Ashen Banner", "Banner of Ash", "TABX", "Ninth Tide"]
    assert findings[0].score > look(names, "TABX")[0].score
    assert look(names, "TABX")[0].evidence["written"] == "TABX"


def test_pages_are_read_and_links_are_not(names: NamesDetector) -> None:
    """Names count in texts and pages; in the words of an address they say nothing."""
    assert len(look(names, "Ninth Tide", Role.PAGE)) == 1
    assert look(names, "https://example.org/ninth-tide", Role.LINK) == []


def test_lists_are_followed() -> None:
    """The detector and its version change with the lists while it stands; without lists it notices nothing."""
    shelf = Shelf()
    following = detector(shelf)
    version = following.version
    assert look(following, "Ninth Tide") == []
    shelf.lists = (named("own", "Ninth Tide"),)
    assert len(look(following, "Ninth Tide")) == 1
    assert following.version != version
    shelf.lists = ()
    assert look(following, "Ninth Tide") == []
    assert following.version == version


def test_hostile_texts_end(names: NamesDetector) -> None:
    """A megabyte of one name, or of almost one, is bounded in what it gives."""
    (finding,) = look(names, "ninth tide " * 100_000)
    assert len(finding.spans) == MOST_PER_PART
    assert look(names, "ninth tid" * 100_000) == []
    assert look(names, "\u202e\u200b" * 300_000) == []
    assert look(names, "وحركة" * 100_000) == []


class TestContract(DetectorContract):
    """The contract of all detectors."""

    must_not_catch = ("The Ashen Banner was named in the report.", "A banner made of ash.")

    @pytest.fixture(scope="class")
    @classmethod
    def detector(cls) -> Detector:
        """Give the detector with a list of two fictional names."""
        return detector(Shelf([named("own", "The Ashen Banner", "الراية الرمادية")]))
