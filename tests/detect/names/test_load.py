"""Lists of listed names: three forms; people are left out; hostile XML is refused."""

from pathlib import Path

import pytest

from forestall.detect.names import NameList, load_list
from forestall.detect.names.load import LARGEST_FILE
from forestall.model.errors import BadList

XML = """<?xml version="1.0" encoding="UTF-8"?>
<CONSOLIDATED_LIST xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" dateGenerated="2026-01-01T00:00:00">
  <INDIVIDUALS>
    <INDIVIDUAL>
      <DATAID>1</DATAID><FIRST_NAME>Nobody</FIRST_NAME><SECOND_NAME>Ofthatname</SECOND_NAME>
      <UN_LIST_TYPE>Example</UN_LIST_TYPE><REFERENCE_NUMBER>EXi.001</REFERENCE_NUMBER>
      <INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>The Nobody</ALIAS_NAME></INDIVIDUAL_ALIAS>
    </INDIVIDUAL>
  </INDIVIDUALS>
  <ENTITIES>
    <ENTITY>
      <DATAID>2</DATAID><FIRST_NAME>THE ASHEN BANNER</FIRST_NAME>
      <UN_LIST_TYPE>Example</UN_LIST_TYPE><REFERENCE_NUMBER>EXe.001</REFERENCE_NUMBER>
      <NAME_ORIGINAL_SCRIPT>راية الرماد</NAME_ORIGINAL_SCRIPT>
      <ENTITY_ALIAS><QUALITY>a.k.a.</QUALITY><ALIAS_NAME>Banner   of Ash</ALIAS_NAME></ENTITY_ALIAS>
      <ENTITY_ALIAS><QUALITY>a.k.a.</QUALITY><ALIAS_NAME>TABX</ALIAS_NAME></ENTITY_ALIAS>
      <ENTITY_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>The Banner</ALIAS_NAME></ENTITY_ALIAS>
      <ENTITY_ALIAS><QUALITY/><ALIAS_NAME/></ENTITY_ALIAS>
      <ENTITY_ADDRESS><COUNTRY>Nowhere</COUNTRY></ENTITY_ADDRESS>
    </ENTITY>
    <ENTITY><FIRST_NAME>Order of the &quot;Pale&quot; Dawn</FIRST_NAME><REFERENCE_NUMBER>EXe.002</REFERENCE_NUMBER></ENTITY>
  </ENTITIES>
</CONSOLIDATED_LIST>
"""


def loaded(folder: Path, data: str | bytes, name: str = "list.xml") -> NameList:
    """Load a list from a text."""
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return load_list(path)


def test_un_list(tmp_path: Path) -> None:
    """Organisations are read with aliases, number, programme and original script; people are counted and left out."""
    names = loaded(tmp_path, XML)
    banner, order = names.entries
    assert (banner.name, banner.reference, banner.programme) == ("THE ASHEN BANNER", "EXe.001", "Example")
    assert banner.aliases == ("Banner of Ash", "TABX", "راية الرماد")
    assert banner.weak == ("The Banner",)
    assert order.name == 'Order of the "Pale" Dawn'
    assert (len(names), names.people, names.name) == (2, 1, "list")
    assert "Nobody" not in repr(names.entries)


def test_csv_and_plain_text(tmp_path: Path) -> None:
    """A CSV and a plain list give the same kind of entries; rows about people are left out."""
    table = loaded(
        tmp_path,
        '# ours\nname,aliases,reference,kind\n"Ninth Tide, The",Tide IX; 9T ,X1,entity\nSomebody,,X2,individual\n',
        "table.csv",
    )
    assert [(entry.name, entry.aliases, entry.reference) for entry in table.entries] == [
        ("Ninth Tide, The", ("Tide IX", "9T"), "X1")
    ]
    assert table.people == 1
    plain = loaded(tmp_path, "\ufeff# ours\n\nIron Meridian\r\n  Ashen   Banner, The \n", "plain.txt")
    assert [entry.name for entry in plain.entries] == ["Ashen Banner, The", "Iron Meridian"]


def test_version_follows_the_content(tmp_path: Path) -> None:
    """A changed, added or removed name changes the version; order, blank lines and repeats do not."""
    version = loaded(tmp_path, "Iron Meridian\nNinth Tide\n", "a.txt").version
    assert loaded(tmp_path, "Ninth  Tide\n\nIron Meridian\nNinth Tide\n", "b.txt").version == version
    assert loaded(tmp_path, "Iron Meridian\n", "c.txt").version != version
    assert loaded(tmp_path, "Iron Meridian\nTenth Tide\n", "d.txt").version != version


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "b">]><CONSOLIDATED_LIST>&a;</CONSOLIDATED_LIST>',
            "document type",
        ),
        ('<!DOCTYPE l SYSTEM "file:///etc/passwd"><CONSOLIDATED_LIST/>', "document type"),
        ("<CONSOLIDATED_LIST>&undefined;</CONSOLIDATED_LIST>", "not XML"),
        ("<CONSOLIDATED_LIST><ENTITIES>", "not XML"),
        ("<html><body>Not found</body></html>", "not the UN's"),
        ("<CONSOLIDATED_LIST>" + "<a>" * 100_000, "nested"),
        (
            "<CONSOLIDATED_LIST><ENTITIES><ENTITY><DATAID>1</DATAID></ENTITY></ENTITIES></CONSOLIDATED_LIST>",
            "without FIRST_NAME",
        ),
        ("<CONSOLIDATED_LIST></CONSOLIDATED_LIST>", "holds no name"),
        ("", "holds no name"),
        ("# only a remark\n", "holds no name"),
        ("name,aliases\nA Name\n", "line 2"),
        ("name,alias\nA Name,B\n", "column `alias`"),
        ("name,name\nA Name,B\n", "repeated column"),
        ('name,aliases\n"open,\n', "not CSV"),
        ("name\n \n", "0 characters"),
        ("x" * 10_000, "10000 characters"),
        (b"\x89PNG\r\n\x1a\n\xff", "not UTF-8"),
        (b"GIF89a\x00\x01\x02", "not a text"),
        (b" " * (LARGEST_FILE + 1), "larger than"),
    ],
    ids=range(19),  # the longest is no use in a name
)
def test_what_is_no_list_is_refused(tmp_path: Path, data: str | bytes, said: str) -> None:
    """What is no list, or brings entities, depth or size to hurt the reader, is refused with what to do."""
    with pytest.raises(BadList, match=said) as refused:
        loaded(tmp_path, data)
    assert refused.value.next_step
    assert "list.xml" in refused.value.what


def test_missing_file_is_said(tmp_path: Path) -> None:
    """A path without a file is a BadList, not a traceback."""
    with pytest.raises(BadList, match="cannot be opened"):
        load_list(tmp_path / "none.xml")


def test_long_texts_are_cut(tmp_path: Path) -> None:
    """An element with megabytes of text is read in bounded memory and the list around it is fine."""
    entity = f"<ENTITY><FIRST_NAME>Iron Meridian</FIRST_NAME><COMMENTS1>{'x' * 2_000_000}</COMMENTS1></ENTITY>"
    names = loaded(tmp_path, f"<CONSOLIDATED_LIST><ENTITIES>{entity}</ENTITIES></CONSOLIDATED_LIST>")
    assert [entry.name for entry in names.entries] == ["Iron Meridian"]
