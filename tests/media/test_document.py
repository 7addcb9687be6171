"""PDF documents: texts, links, pages as pictures, attached files; no JavaScript, no locks."""

import pytest

from forestall.media import Box, document, wire
from forestall.media.limits import from_settings
from forestall.media.tray import OutOfTime, Tray
from forestall.model.reading import Plane, Role
from forestall.model.settings import Settings
from tests.media.samples import (
    INVITE,
    causes,
    coded,
    difference,
    opened,
    painting,
    parts,
    pdf,
    pixels,
    saved,
    texts,
    written,
)

LINK = f"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI({INVITE})>>>>"


def test_pages_are_read_and_drawn(box: Box) -> None:
    """Each page gives its text and a picture of itself on which there is something to see."""
    found = opened(box, pdf(written("first words"), written("more")), "d.pdf")
    assert not found.problems
    assert [(segment.part, segment.text.strip()) for segment in found.segments] == [
        ("d.pdf#page1", "first words"),
        ("d.pdf#page2", "more"),
    ]
    assert [(plane.part, plane.frame) for plane in found.planes] == [("d.pdf#page1", 0), ("d.pdf#page2", 1)]
    drawn = pixels(found.planes[0])
    assert (drawn == 255).mean() > 0.9
    assert drawn.min() < 100


def test_links_are_read(box: Box) -> None:
    """Where a page's links lead is a segment of role link, once however often it stands there."""
    found = opened(box, pdf(written("join"), page=f"/Annots[{LINK}{LINK}]"), "d.pdf")
    assert [(segment.part, segment.text) for segment in found.segments if segment.role is Role.LINK] == [
        ("d.pdf#link1", INVITE)
    ]


def code_stream() -> str:
    """Give a page's content stream that paints a QR code."""
    code = coded(scale=1)
    squares = [
        f"{20 + 4 * x} {180 - 4 * y} 4 4 re"
        for y in range(code.height)
        for x in range(code.width)
        if code.getpixel((x, y)) == 0
    ]
    return "0 g " + " ".join(squares) + " f"


def test_codes_on_pages_are_read(box: Box) -> None:
    """A code printed on a page, even painted from squares, is read under the page's name."""
    found = opened(box, pdf("", code_stream()), "d.pdf")
    assert [(segment.part, segment.text) for segment in found.segments if segment.role is Role.CODE] == [
        ("d.pdf#page2#code1", INVITE)
    ]


def test_pictures_on_pages_are_laid_out(box: Box) -> None:
    """A picture placed on pages is laid out once by itself, as it is stored, beside the pages it stands on; decoration is not."""
    picture = painting(400, 300)
    objects = []
    for image in (picture, picture.resize((40, 30))):
        body = saved(image, "JPEG", quality=95).decode("latin-1")
        size = f"/Width {image.width}/Height {image.height}"
        objects.append(
            f"<</Type/XObject/Subtype/Image{size}/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode/Length {len(body)}>>"
            f"stream\n{body}\nendstream"
        )
    pages = pdf(*["100 0 0 75 20 60 cm /A Do /B Do"] * 2, objects=objects)
    data = pages.replace(b"/Font<<", b"/XObject<</A 100 0 R/B 101 0 R>>/Font<<")
    found = opened(box, data, "d.pdf")
    assert not found.problems
    assert [plane.part for plane in found.planes] == ["d.pdf#page1", "d.pdf#page1#image1", "d.pdf#page2"]
    inset = Plane("", 400, 300, picture.convert("L").tobytes())
    assert difference(found.planes[1], inset) < 3


def test_javascript_is_never_run(box: Box) -> None:
    """A document whose scripts would change its text, on opening and on every page, is read as it is written."""
    script = "<</S/JavaScript/JS(this.getField('a').value = 'changed'; app.alert('boo'); while(1);)>>"
    data = pdf(
        written("as written"),
        catalog=f"/OpenAction {script}/AcroForm<</Fields[100 0 R]>>",
        page=f"/AA<</O {script}>>/Annots[100 0 R]",
        objects=[f"<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/V(as it was)/Rect[0 0 9 9]/AA<</K {script}/F {script}>>>>"],
    )
    found = opened(box, data)
    assert not found.problems
    assert texts(found) == ["as written"]


def test_attached_files_are_opened(box: Box) -> None:
    """A file attached to a document is opened under its name; a name that leads outside is named too."""
    body = b"hidden words"
    objects = [
        "<</Names[(a) 101 0 R]>>",
        "<</Type/Filespec/F(../a.txt)/UF(../a.txt)/EF<</F 102 0 R>>>>",
        f"<</Type/EmbeddedFile/Length {len(body)}>>stream\n{body.decode()}\nendstream",
    ]
    found = opened(box, pdf(written("x"), catalog="/Names<</EmbeddedFiles 100 0 R>>", objects=objects), "d.pdf")
    assert parts(found) == ["d.pdf", "d.pdf/a.txt"]
    assert "hidden words" in texts(found)
    assert causes(found) == ["unsafe-path"]


def test_a_locked_document_is_named(box: Box) -> None:
    """A document that needs a password says so."""
    data = pdf(written("secret")).replace(
        b"trailer<<",
        b"trailer<</Encrypt<</Filter/Standard/V 1/R 2/Length 40/P -4/O<"
        + b"41" * 32
        + b">/U<"
        + b"42" * 32
        + b">>>/ID[<61><61>]",
    )
    assert causes(opened(box, data)) == ["encrypted"]


def test_pages_beyond_the_limit_are_left() -> None:
    """A document of more pages than we read is read up to there, and says how many it has."""
    box = Box(Settings(box_workers=1, max_pages=3))
    found = opened(box, pdf(*[written(f"page {number}") for number in range(5)]))
    box.close()
    assert causes(found) == ["too-many-pages"]
    assert "5 pages" in found.problems[0].what
    assert len(texts(found)) == len(found.planes) == 3


@pytest.mark.parametrize("size", ["0 0 0 0", "0 0 14400 14400", "0 0 1 200000", "-5 -5 -5 -5", "0 0 1e30 1e30"])
def test_absurd_pages_are_bounded(box: Box, size: str) -> None:
    """A page without a size, or of an absurd one, is drawn small or named; its text is read all the same."""
    found = opened(box, pdf(written("words")).replace(b"0 0 300 200", size.encode()))
    assert all(plane.width * plane.height <= 5_000_000 for plane in found.planes)
    assert set(causes(found)) <= {"truncated"}


def test_a_broken_document_is_damaged(box: Box) -> None:
    """A document that cannot be read at all says so."""
    assert causes(opened(box, b"%PDF-1.7\nnothing follows")) == ["damaged"]


def test_without_the_extra_documents_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PDFium is not installed, a document says what to install."""
    said: list[object] = []
    monkeypatch.setattr(document, "pypdfium2", None)
    tray = Tray(from_settings(Settings()), 1, lambda message, _: said.append(message))
    assert list(document.read(tray, "", b"%PDF-", "application/pdf")) == []
    assert "unsupported" in str(said)
    assert "extra" in str(said)
    assert list(document.samples()) == []
    assert not document.available()


def test_drawing_stops_when_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where time runs out while pages are drawn, all texts are there, and the first page that was not drawn is named."""
    said: list[wire.Reply] = []
    tray = Tray(from_settings(Settings()), 1000, lambda message, _: said.append(message))
    drawn: list[int] = []

    def slow(*arguments: object) -> None:
        drawn.append(1)
        if len(drawn) == 2:
            monkeypatch.setattr(tray, "check_time", lambda: (_ for _ in ()).throw(OutOfTime))

    monkeypatch.setattr(document, "_look_at", slow)
    list(document.read(tray, "", pdf(*[written(f"page {number}") for number in range(5)]), "application/pdf"))
    assert len([message for message in said if isinstance(message, wire.Text)]) == 5
    assert [(message.cause, message.part) for message in said if isinstance(message, wire.Trouble)] == [
        ("too-many-pages", "#page3")
    ]
