"""PDF documents, through PDFium (pypdfium2, the `pdf` extra): text, link targets, pages as pictures, attached files.

No form environment is ever set up, so PDFium has nowhere to run a document's JavaScript; the builds we pin have no JavaScript engine
either. Fonts that a document does not bring are drawn with PDFium's own.
"""

import ctypes
import io
import math
from collections.abc import Iterable, Iterator
from typing import Any

from PIL import Image

from forestall.media import codes, names
from forestall.media.tray import Member, OutOfTime, Tray
from forestall.model.reading import Role

try:
    import pypdfium2
    from pypdfium2 import raw
except ImportError:  # the extra is not installed
    pypdfium2 = raw = None

_SCALE = 110 / 72
"""Pages are drawn at 110 dots per inch: codes printed at 1.5 cm are still read, and an A4 page is 1.2 MP."""
_MOST_PIXELS = 4_000_000
_PAGE_SIDE = 512
_PASSWORD_NEEDED = 4
_LONGEST_LINK = 4_000
_MOST_LINKS = 1_000


def available() -> bool:
    """True where documents can be read at all."""
    return pypdfium2 is not None


def samples() -> Iterator[bytes]:
    """Give a document of one empty page, where documents can be read."""
    if pypdfium2 is not None:
        sink = io.BytesIO()
        document = pypdfium2.PdfDocument.new()
        document.new_page(72, 72)
        document.save(sink)
        document.close()
        yield sink.getvalue()


def read(tray: Tray, part: str, data: bytes, media_type: str) -> Iterable[Member]:  # noqa: ARG001 - a Reader's signature
    """Lay out a document: first all texts and links, then pages as pictures while there is time; gives attached files."""
    if pypdfium2 is None:
        tray.trouble("unsupported", part, "install Forestall with its `pdf` extra to read documents")
        return
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        cause = "encrypted" if getattr(error, "err_code", 0) == _PASSWORD_NEEDED else "damaged"
        tray.trouble(cause, part, "" if cause == "encrypted" else str(error)[:200])
        return
    try:
        count = min(len(document), tray.limits.pages)
        if len(document) > count:
            tray.trouble("too-many-pages", part, f"{len(document)} pages")
        _texts(tray, part, document, count)
        yield from _attached(tray, part, document)
        _pictures(tray, part, document, count)
    finally:
        document.close()


def _texts(tray: Tray, part: str, document: Any, count: int) -> None:
    """Lay out the text of each page, and once each where its links lead."""
    links: dict[str, None] = {}
    for number in range(1, count + 1):
        tray.check_time()
        try:
            page = document[number - 1]
            written = page.get_textpage()
            tray.text(f"{part}#page{number}", Role.PAGE, written.get_text_range())
            written.close()
            links.update(dict.fromkeys(_links(document, page)))
            page.close()
        except pypdfium2.PdfiumError as error:
            tray.trouble("truncated", f"{part}#page{number}", str(error)[:200])
    for number, link in enumerate(list(links)[:_MOST_LINKS], start=1):
        tray.text(f"{part}#link{number}", Role.LINK, link)


def _links(document: Any, page: Any) -> Iterator[str]:
    """Give the addresses that link annotations of a page lead to (PDF 32000-1 §12.6.4.7)."""
    position, link = ctypes.c_int(0), raw.FPDF_LINK()
    while raw.FPDFLink_Enumerate(page.raw, ctypes.byref(position), ctypes.byref(link)):
        action = raw.FPDFLink_GetAction(link)
        if not action or raw.FPDFAction_GetType(action) != raw.PDFACTION_URI:
            continue
        size = min(raw.FPDFAction_GetURIPath(document.raw, action, None, 0), _LONGEST_LINK)
        buffer = ctypes.create_string_buffer(size + 1)
        raw.FPDFAction_GetURIPath(document.raw, action, buffer, size)
        yield buffer.raw[:size].rstrip(b"\0").decode("utf-8", "replace")


def _attached(tray: Tray, part: str, document: Any) -> Iterator[Member]:
    """Give the files attached to a document."""
    for index in range(document.count_attachments()):
        tray.check_time()
        if not tray.admit(part):
            return
        try:
            attachment = document.get_attachment(index)
            inner = names.accepted(tray, part, attachment.get_name())
            content = bytes(attachment.get_data())
        except pypdfium2.PdfiumError as error:
            tray.trouble("truncated", part, str(error)[:200])
            continue
        if inner is not None:
            yield Member(inner, content)


def _pictures(tray: Tray, part: str, document: Any, count: int) -> None:
    """Lay out pages as pictures and the codes on them; where time runs out, the rest stays text (which is named)."""
    for number in range(1, count + 1):
        inner = f"{part}#page{number}"
        try:
            tray.check_time()
            luma = _drawn(document, number - 1)
        except OutOfTime:
            tray.trouble("too-slow", inner, f"from page {number} on only the text was read")
            return
        except (pypdfium2.PdfiumError, ValueError) as error:
            tray.trouble("truncated", inner, str(error)[:200])
            continue
        for code, text in enumerate(codes.scan(luma), start=1):
            tray.text(f"{inner}#code{code}", Role.CODE, text)
        tray.picture(inner, luma.reduce(max(1, min(luma.size) // _PAGE_SIDE)), frame=number - 1)


def _drawn(document: Any, index: int) -> Image.Image:
    """Draw a page as brightness; raises ValueError for one without a usable size."""
    page = document[index]
    try:
        width, height = page.get_size()
        if not (math.isfinite(width * height) and width >= 1 and height >= 1):
            raise ValueError("the page has no size")
        scale = min(_SCALE, math.sqrt(_MOST_PIXELS / (width * height)))
        bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=False)
        luma: Image.Image = bitmap.to_pil().convert("L")
        bitmap.close()
        return luma
    finally:
        page.close()
