"""PDF documents, through PDFium (pypdfium2, the `pdf` extra): text, link targets, pages as pictures, attached files.

No form environment is ever set up, so PDFium has nowhere to run a document's JavaScript; the builds we pin have no JavaScript engine
either. Pictures placed on a page are laid out by themselves too: a known picture inside a page's margins is known only by itself.
Fonts that a document does not bring are drawn with PDFium's own.
"""

import ctypes
import hashlib
import io
import itertools
import math
from collections.abc import Iterable, Iterator
from typing import Any

from PIL import Image

from forestall.media import codes, names
from forestall.media.tray import SIDE, Member, OutOfTime, Tray, reduced
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
_LEAST_INSET, _MOST_INSETS, _MOST_FORMS = 100, 8, 4
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
            links.update(dict.fromkeys(itertools.islice(_links(document, page), _MOST_LINKS)))
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
        size = raw.FPDFAction_GetURIPath(document.raw, action, None, 0)
        if 0 < size <= _LONGEST_LINK:
            buffer = ctypes.create_string_buffer(size)
            raw.FPDFAction_GetURIPath(document.raw, action, buffer, size)
            yield buffer.value.decode("utf-8", "replace")


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
    """Lay out each page as a picture, the larger pictures on it, and the codes; where time runs out, the rest stays text (named)."""
    seen: set[bytes] = set()
    for number in range(1, count + 1):
        inner = f"{part}#page{number}"
        try:
            tray.check_time()
            page = document[number - 1]
            try:
                _look_at(tray, inner, page, number - 1, seen)
            finally:
                page.close()
        except OutOfTime:
            tray.trouble("too-many-pages", inner, f"from page {number} on only the text was read, for want of time")
            return
        except (pypdfium2.PdfiumError, ValueError) as error:
            tray.trouble("truncated", inner, str(error)[:200])


def _look_at(tray: Tray, inner: str, page: Any, index: int, seen: set[bytes]) -> None:
    """Lay out one page as a picture, then those pictures on it that no page before had; and what codes anywhere on it say."""
    luma = _drawn(page)
    texts = dict.fromkeys(codes.scan(luma))
    tray.picture(inner, luma.reduce(max(1, min(luma.size) // _PAGE_SIDE)), index)
    for number, inset in enumerate(_insets(tray, inner, page), start=1):
        digest = hashlib.sha256(inset.tobytes()).digest()
        if digest not in seen:
            seen.add(digest)
            tray.picture(f"{inner}#image{number}", inset, index)
            texts.update(dict.fromkeys(codes.scan(inset)))
    for number, text in enumerate(texts, start=1):
        tray.text(f"{inner}#code{number}", Role.CODE, text)


def _drawn(page: Any) -> Image.Image:
    """Draw a page as brightness; raises ValueError for one without a usable size."""
    width, height = page.get_size()
    if not (math.isfinite(width * height) and width >= 1 and height >= 1):
        raise ValueError("the page has no size")
    scale = min(_SCALE, math.sqrt(_MOST_PIXELS / (width * height)))
    return _brightness(page.render(scale=scale, grayscale=True, may_draw_forms=False))


def _insets(tray: Tray, inner: str, page: Any) -> Iterator[Image.Image]:
    """Give the first larger pictures placed on a page as brightness, as they are stored; what is under 100 pixels is decoration."""
    found = 0
    for item in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=_MOST_FORMS):
        tray.check_time()
        width, height = item.get_px_size()
        if min(width, height) < _LEAST_INSET:
            continue
        if width * height > tray.limits.pixels:
            tray.trouble("too-many-pixels", inner, f"{width} × {height} pixels")
            continue
        yield reduced(_brightness(item.get_bitmap()), SIDE)
        found += 1
        if found == _MOST_INSETS:
            return


def _brightness(bitmap: Any) -> Image.Image:
    """Give a PDFium bitmap as brightness and free it."""
    try:
        luma: Image.Image = bitmap.to_pil().convert("L")
        return luma
    finally:
        bitmap.close()
