"""What kind of file it is, from its first bytes; what it is called or declared as is never trusted.

`media_type` looks at fixed positions only and is safe outside the box. Which kinds are opened by what is in `opening`.
"""

import re

TEXT = "text/plain"
HTML = "text/html"
MAIL = "message/rfc822"
MAILBOX = "application/mbox"
UNKNOWN = "application/octet-stream"
EMPTY = "application/x-empty"
TAR = "application/x-tar"
ZIP = "application/zip"

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"II+\0", "image/tiff"),
    (0, b"MM\0+", "image/tiff"),
    (0, b"PK\x03\x04", ZIP),
    (0, b"PK\x05\x06", ZIP),
    (0, b"PK\x07\x08", ZIP),
    (0, b"\x1f\x8b\x08", "application/gzip"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\xfd7zXZ\0", "application/x-xz"),
    (257, b"ustar", TAR),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),
    (0, b"MSCF", "application/vnd.ms-cab-compressed"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"\x7fELF", "application/x-elf"),
    (0, b"MZ", "application/x-msdownload"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"MThd", "audio/midi"),
    (0, b"\x1aE\xdf\xa3", "video/x-matroska"),
    (0, b"\0\0\x01\xba", "video/mpeg"),
    (0, b"FLV\x01", "video/x-flv"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    (0, b"#!AMR", "audio/amr"),
    *((0, bytes((0xFF, second)), "audio/mpeg") for second in (0xF2, 0xF3, 0xFA)),
    *((0, bytes((0xFF, second)), "audio/aac") for second in (0xF0, 0xF1, 0xF8, 0xF9)),
    (0, b"8BPS", "image/vnd.adobe.photoshop"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),
    (0, b"\xff\x0a", "image/jxl"),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
    (0, b"\0\0\x01\0", "image/vnd.microsoft.icon"),
    (0, b"SQLite format 3\0", "application/vnd.sqlite3"),
    (0, b"\0\x05\x16\x07", "application/applefile"),
    (0, b"\0\0\0\x01Bud1", "application/x-ds-store"),
    (0, b"OTTO", "font/otf"),
    (0, b"\0\x01\0\0\0", "font/ttf"),
    (0, b"wOFF", "font/woff"),
    (0, b"wOF2", "font/woff2"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"), "image/heic"),
}
_MADE_OF_LETTERS = frozenset({"image/gif", TAR})
INERT = frozenset(
    {"application/applefile", "application/x-ds-store", "font/otf", "font/ttf", "font/woff", "font/woff2"}
)
"""Kinds that say nothing to anyone: their digests are enough."""

_HEAD = 4096
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_MAIL_HEADER = re.compile(
    rb"(?:received|return-path|from|to|subject|date|message-id|mime-version|delivered-to|content-type):", re.IGNORECASE
)
_MAILBOX_LINE = re.compile(rb"From [^\r\n]{1,200}\r?\n[A-Za-z-]{1,60}:")
_HTML_START = re.compile(
    rb"<(?:!doctype|!--|\?xml|html|head|body|title|meta|link|div|span|p|a|h[1-6]|table|ul|ol|br|img|font|center|article|section"
    rb"|blockquote|svg)[\s/>-]",
    re.IGNORECASE,
)
"""How a page begins. A text that begins otherwise stays plain even if it holds tags: what a page hides, a plain text shows."""
_CONTROLS = bytes(sorted(set(range(32)) - {9, 10, 12, 13, 27}))


def media_type(data: bytes) -> str:
    """Name the kind of file, as a media type; `application/octet-stream` where its first bytes say nothing."""
    if not data:
        return EMPTY
    for offset, magic, found in _MAGIC:
        if data.startswith(magic, offset) and not _is_a_word(magic, found, data):
            return found
    if data[:4] == b"RIFF" and data[8:12] in _RIFF:
        return _RIFF[data[8:12]]
    if data[:4] == b"FORM" and data[8:12] in {b"AIFF", b"AIFC"}:
        return "audio/aiff"
    if data[:1] == b"G" and data[188:189] == data[376:377] == b"G" and not _looks_written(data[:_HEAD]):
        return "video/mp2t"
    if data[4:8] == b"ftyp":
        return _branded(data)
    if data[:2] == b"BM" and data[6:10] == b"\0\0\0\0" and data[15:18] == b"\0\0\0":
        return "image/bmp"
    if b"%PDF-" in data[:1024]:
        return "application/pdf"
    if _is_old_tar(data):
        return TAR
    return _written(data)


def _is_a_word(magic: bytes, found: str, data: bytes) -> bool:
    """True where a mark made of letters (`MZ`, `OTTO`) only begins a sentence."""
    return magic.isalnum() and found not in _MADE_OF_LETTERS and _looks_written(data[:_HEAD])


def _branded(data: bytes) -> str:
    """Tell AVIF, HEIC, sound and video apart by the brands of an ISO base media file (ISO/IEC 14496-12 §4.3)."""
    brands = (data[8:12], *(data[at : at + 4] for at in range(16, min(int.from_bytes(data[:4]), 256), 4)))
    if b"avif" in brands or b"avis" in brands:
        return "image/avif"
    return _BRANDS.get(brands[0], "video/mp4")


def _is_old_tar(data: bytes) -> bool:
    """True for a tar header without the `ustar` mark: its checksum holds."""
    header = data[:512]
    stated = header[148:156].strip(b" \0")
    if len(header) < 512 or not stated or not stated.isdigit() or not header[0]:
        return False
    try:
        return int(stated, 8) == sum(header) - sum(header[148:156]) + 8 * 32
    except ValueError:
        return False


def _written(data: bytes) -> str:
    """Tell kinds of text apart, or text from bytes."""
    head = data[:_HEAD]
    if not head.startswith(_BOMS) and not _looks_written(head):
        return UNKNOWN
    start = head.removeprefix(_BOMS[0]).lstrip()
    if _MAILBOX_LINE.match(start):
        return MAILBOX
    if _looks_like_mail(start):
        return MAIL
    if _HTML_START.match(start):
        return "image/svg+xml" if b"<svg" in start else HTML
    return TEXT


def _looks_written(head: bytes) -> bool:
    """True if the bytes read as text in some encoding: hardly any control characters, or UTF-16 without a mark."""
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return controls * 50 <= len(head) or utf16_without_mark(head) is not None


def utf16_without_mark(head: bytes) -> str | None:
    """Name the byte order of UTF-16 text that lacks its mark, or None.

    In such text every other byte names one of a few alphabets (00 Latin, 04 Cyrillic, 06 Arabic).
    """
    if len(head) < 8:
        return None
    even, odd = (sum(half.count(page) for page in b"\0\4\6") / len(half) for half in (head[0::2], head[1::2]))
    if odd > 0.8 and even < 0.2:
        return "utf-16-le"
    return "utf-16-be" if even > 0.8 and odd < 0.2 else None


def _looks_like_mail(start: bytes) -> bool:
    """True if the text begins with header lines of which at least two are a mail's."""
    found = set()
    for line in start.splitlines()[:60]:
        if not line:
            break
        if line[:1] in b" \t":
            continue
        name, colon, _ = line.partition(b":")
        if not colon or not name.replace(b"-", b"").isalnum():
            return False
        if _MAIL_HEADER.match(line):
            found.add(name.lower())
    return len(found) >= 2
