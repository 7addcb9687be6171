"""Lists that are published: every form gives the same organisations, people are left out, hostile files are refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forestall.exchange.lists import LARGEST_FILE, ListFormats, load
from forestall.model.errors import BadList
from forestall.model.lists import ListEntry, ListFile, ListKind
from tests.exchange.lists.samples import ALT, EU, EU_CSV, OFAC, SDN, UK, UK_CSV, UN

FORMATS = ListFormats()


def read(*texts: str | bytes, name: str = "list.xml") -> ListFile:
    """Read one list."""
    return FORMATS.read([(name, text if isinstance(text, bytes) else text.encode()) for text in texts])


def test_un_xml() -> None:
    """Organisations are read with aliases, number, programme and original script; people are counted and left out."""
    file = read(UN)
    assert (file.form, file.kind, file.dated, file.people) == ("un-xml", ListKind.NAMES, "2026-01-01", 1)
    banner, order = file.entries
    assert banner == ListEntry(
        "THE ASHEN BANNER", ("Banner of Ash", "TABX", "راية الرماد"), ("The Banner",), "EXe.001", "Example"
    )
    assert order.value == 'Order of the "Pale" Dawn'
    assert "Nobody" not in repr(file.entries)


@pytest.mark.parametrize(("text", "form", "weak"), [(EU, "eu-xml", ("Banner",)), (EU_CSV, "eu-csv", ())])
def test_eu(text: str, form: str, weak: tuple[str, ...]) -> None:
    """The EU's list is read from XML and CSV alike; only the XML says which names are weak."""
    file = read(text)
    assert (file.form, file.dated, file.people, file.source) == (form, "2026-02-03", 1, "European Union (FSF)")
    assert file.entries == (ListEntry("The Ashen Banner", ("Banner of Ash",), weak, "EU.1.1", "EXA"),)


def test_ofac_xml() -> None:
    """OFAC's list gives entities with all their programmes; people are counted, ships are nothing to us."""
    file = read(OFAC)
    assert (file.form, file.dated, file.people) == ("ofac-xml", "2026-03-04", 1)
    assert file.entries == (ListEntry("ASHEN BANNER", ("BANNER OF ASH",), ("TAB",), "36", "EXA, EXB"),)


@pytest.mark.parametrize("texts", [(SDN, ALT), (ALT, SDN)], ids=["sdn first", "alt first"])
def test_ofac_csv(texts: tuple[str, str]) -> None:
    """OFAC's two files make one list, in whatever order they are named."""
    file = read(*texts, name="sdn.csv")
    assert (file.form, file.people, file.name) == ("ofac-csv", 1, "sdn")
    assert file.entries == (ListEntry("ASHEN BANNER", ("BANNER OF ASH", "ASH BANNER FRONT"), (), "36", "EXA, EXB"),)


@pytest.mark.parametrize(("text", "form"), [(UK, "uk-xml"), (UK_CSV, "uk-csv")])
def test_uk(text: str, form: str) -> None:
    """The UK's list is read from XML and CSV alike: name parts put together, weak aliases apart, original script kept."""
    file = read(text)
    assert (file.form, file.dated, file.people) == (form, "2026-04-05", 1)
    (banner,) = file.entries
    assert (banner.value, banner.weak, banner.reference) == ("The Ashen Banner", ("Banner",), "EXA0001")
    assert sorted(banner.aliases) == ["Banner of Ash", "راية الرماد"]
    assert "Nobody" not in repr(file.entries)


@pytest.mark.parametrize("kind", ["term", "url", "domain", "contact", "hash", "name"])
def test_csv_tells_its_kind(kind: str) -> None:
    """The column with the entries tells what they are; a row that is too short is a problem and the rest goes on."""
    file = read(f"# ours\n{kind},note,reference\nfirst,why,7\nsecond\nthird,,\n")
    assert file.kind is not None
    assert file.kind.value == f"{kind}{'es' if kind == 'hash' else 's'}"
    assert file.entries == (ListEntry("first", note="why", reference="7"), ListEntry("third"))
    assert [problem.cause for problem in file.problems] == ["bad-row"]


def test_own_names() -> None:
    """A CSV of names has aliases, and rows about people are counted and left out."""
    file = read('name,aliases,kind\n"Ninth Tide, The",Tide IX; 9T ,entity\nSomebody,,individual\n')
    assert (file.entries, file.people) == ((ListEntry("Ninth Tide, The", ("Tide IX", "9T")),), 1)


def test_plain_text() -> None:
    """Plain text has one entry per line and does not tell its kind."""
    file = read("\ufeff# ours\n\nIron Meridian\r\n  Ashen Banner \n")
    assert (file.kind, [entry.value.strip() for entry in file.entries]) == (None, ["Iron Meridian", "Ashen Banner"])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "b">]><CONSOLIDATED_LIST>&a;</CONSOLIDATED_LIST>',
            "document type",
        ),
        ('<!DOCTYPE l SYSTEM "file:///etc/passwd"><sdnList/>', "document type"),
        ("<sdnList>&undefined;</sdnList>", "not XML"),
        ("<export><sanctionEntity>", "not XML"),
        ("<html><body>Not found</body></html>", "no sanctions list"),
        ("<Sanctions/>", "advanced XML"),
        ("<Designations>" + "<a>" * 100_000, "nested"),
        ("<Designations><Designation>" + "<a>" * 100_000, "nested"),
        (
            "<CONSOLIDATED_LIST><ENTITIES><ENTITY><DATAID>1</DATAID></ENTITY></ENTITIES></CONSOLIDATED_LIST>",
            "without a name",
        ),
        ('<?xml version="1.0" encoding="no-such"?><sdnList/>', "not XML"),
        ("name,alias\nA Name,B\n", "column `alias`"),
        ("name,name\nA Name,B\n", "repeated column"),
        ("name,term\nA Name,B\n", "repeated column"),
        ('name,aliases\n"open,\n', "not CSV"),
        (b"\x89PNG\r\n\x1a\n\xff", "not UTF-8"),
        (b"GIF89a\x00\x01\x02", "not a text"),
        (b" " * (LARGEST_FILE + 1), "larger than"),
        (ALT, "no `sdn.csv`"),
    ],
    ids=range(18),  # the longest is no use in a name
)
def test_what_is_no_list_is_refused(data: str | bytes, said: str) -> None:
    """What is no list, or brings entities, depth or size to hurt the reader, is refused with what to do."""
    with pytest.raises(BadList, match=said) as refused:
        read(data)
    assert refused.value.next_step
    assert "list.xml" in refused.value.what


def test_two_files_of_nothing_are_refused() -> None:
    """Several files are one list only where the list is published so."""
    with pytest.raises(BadList, match="not the files of one list"):
        read("a\n", "b\n")
    with pytest.raises(BadList, match="not the files of one list"):
        read(UN, "b\n")


def test_long_and_many_are_bounded() -> None:
    """Megabytes of text in an element, or a million elements in a record, are read in bounded memory; the list is fine."""
    long = f"<ENTITY><FIRST_NAME>Iron Meridian</FIRST_NAME><COMMENTS1>{'x' * 2_000_000}</COMMENTS1></ENTITY>"
    many = f"<ENTITY><FIRST_NAME>Ninth Tide</FIRST_NAME>{'<a/>' * 200_000}</ENTITY>"
    file = read(f"<CONSOLIDATED_LIST><ENTITIES>{long}{many}</ENTITIES></CONSOLIDATED_LIST>")
    assert [entry.value for entry in file.entries] == ["Iron Meridian", "Ninth Tide"]


def test_files_are_loaded_by_path(tmp_path: Path) -> None:
    """A list is named after its file; a path without a file is a BadList, not a traceback."""
    (tmp_path / "un.xml").write_text(UN, "utf-8")
    assert load(tmp_path / "un.xml").name == "un"
    with pytest.raises(BadList, match="cannot be opened"):
        load(tmp_path / "none.xml")


@given(st.one_of(st.text(max_size=80), st.sampled_from([UN, EU, OFAC, UK, EU_CSV, UK_CSV, SDN])), st.integers(0, 900))
def test_any_beginning_is_a_list_or_said(text: str, cut: int) -> None:
    """Whatever a file holds, and wherever it was cut off, it is read without its people, or refused in words."""
    try:
        file = read(text[:cut])
    except BadList:
        return
    assert "Nobody" not in repr(file.entries) or file.kind is None
