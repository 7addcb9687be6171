"""Office documents: their text, where their links lead, the pictures inside."""

from forestall.media import Box, office
from forestall.media.warmup import zipped
from forestall.model.content import Attachment
from forestall.model.reading import Role
from tests.media.samples import INVITE, causes, coded, opened, parts, saved, texts

TYPES = b"<Types/>"
BODY = (
    b'<w:document xmlns:w="x"><w:p><w:r><w:t>Join </w:t></w:r><w:r><w:t>us</w:t></w:r></w:p>'
    b"<w:p><w:r><w:t>at</w:t><w:tab/><w:t>noon</w:t></w:r></w:p></w:document>"
)
RELATIONS = (
    f'<Relationships><Relationship Target="{INVITE}" TargetMode="External"/><Relationship Target="styles.xml"/></Relationships>'
).encode()


def test_a_document_is_read(box: Box) -> None:
    """Paragraphs are lines of text, outside links are links, pictures inside are opened; styles are left."""
    members = {
        "[Content_Types].xml": TYPES,
        "word/document.xml": BODY,
        "word/styles.xml": b"<w:t>style</w:t>",
        "word/_rels/document.xml.rels": RELATIONS,
        "word/media/image1.png": saved(coded("second door"), "PNG"),
    }
    found = opened(box, zipped(members), "d.docx")
    assert not found.problems
    assert found.files[0].media_type == office.TYPES["word/"]
    assert texts(found) == ["Join us\nat noon\n"]
    assert texts(found, Role.LINK) == [INVITE]
    assert texts(found, Role.CODE) == ["second door"]
    assert parts(found) == ["d.docx", "d.docx/word/media/image1.png"]


def test_slides_and_sheets_are_read(box: Box) -> None:
    """The words of slides and of spreadsheets are texts too."""
    slides = {"[Content_Types].xml": TYPES, "ppt/slides/slide1.xml": b"<p><a:t>slide</a:t></p>"}
    sheet = {
        "[Content_Types].xml": TYPES,
        "xl/sharedStrings.xml": b"<sst><si><t>cell</t></si><si><t>two</t></si></sst>",
    }
    assert texts(opened(box, zipped(slides))) == ["slide\n"]
    assert texts(opened(box, zipped(sheet))) == ["cell\ntwo\n"]


def test_a_document_is_no_archive(box: Box) -> None:
    """Unpacking an office document gives nothing: it is one thing to whoever posted it."""
    data = zipped({"[Content_Types].xml": TYPES, "word/document.xml": BODY})
    assert list(box.unpack(Attachment("d.docx", data))) == []


def test_entities_are_refused(box: Box) -> None:
    """A document type declaration, with which XML bombs are made, ends the reading of that part and is named."""
    bomb = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><p><t>&c;</t></p>'
    found = opened(box, zipped({"[Content_Types].xml": TYPES, "word/document.xml": BODY, "word/header1.xml": bomb}))
    assert texts(found) == ["Join us\nat noon\n"]
    assert causes(found) == ["truncated"]


def test_broken_xml_is_read_as_far_as_it_goes(box: Box) -> None:
    """What comes before the break in a part's XML is read, and the break named; deep nesting is no break."""
    found = opened(box, zipped({"[Content_Types].xml": TYPES, "word/document.xml": BODY[:-40]}))
    assert texts(found)[0].startswith("Join us")
    assert causes(found) == ["truncated"]
    deep = b"<a>" * 20_000 + b"<t>deep</t>" + b"</a>" * 20_000
    assert texts(opened(box, zipped({"[Content_Types].xml": TYPES, "word/document.xml": deep}))) == ["deep"]


def test_a_locked_document_is_named(box: Box) -> None:
    """An office document locked with a password, which is another kind of file outside, says so."""
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1000 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 100
    assert causes(opened(box, data)) == ["encrypted"]
    assert causes(opened(box, data[:900])) == ["unsupported"]
