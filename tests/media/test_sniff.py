"""Kinds of files, told by their first bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forestall.media import image, sniff
from forestall.media.warmup import zipped
from tests.media.samples import painting, pdf, saved, tarred

KINDS = {
    **{media_type: saved(painting(16, 16), form) for media_type, form in image.FORMATS.items()},
    "application/pdf": pdf(""),
    "application/zip": zipped({"a": b""}),
    "application/x-tar": tarred({"a": b""}),
    "image/heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "video/mp4": b"\0\0\0\x18ftypisom\0\0\2\0isomiso2",
    "video/quicktime": b"\0\0\0\x14ftypqt  \0\0\2\0qt  ",
    "audio/mp4": b"\0\0\0\x14ftypM4A \0\0\2\0isom",
    "audio/wav": b"RIFF\0\0\0\0WAVEfmt ",
    "video/x-matroska": b"\x1aE\xdf\xa3\x01\0\0",
    "application/vnd.rar": b"Rar!\x1a\x07\x01\0",
    "application/x-msdownload": b"MZ\x90\0\3\0\0\0",
    "text/plain": b"just words",
    "text/html": b"<!doctype html><p>words",
    "message/rfc822": b"Received: from x\nFrom: a@example.org\nSubject: s\n\nwords",
    "application/mbox": b"From a@example.org Thu Jan  1 00:00:00 2026\nSubject: s\n\nwords",
    "application/x-empty": b"",
    "application/octet-stream": bytes(range(32)) * 4,
}


@pytest.mark.parametrize("media_type", KINDS)
def test_kinds_are_told(media_type: str) -> None:
    """Every kind of file is told from its bytes alone."""
    assert sniff.media_type(KINDS[media_type]) == media_type


@pytest.mark.parametrize(
    "text",
    [
        b"BM is an abbreviation",
        b"MZUNGU means traveller",
        b"From here on it is easy",
        b"Subject: only one header line\nand then prose",
        b"RIFFs of guitars",
        b"key: value\nfrom: list\n",
        b"PKs are taken in football",
        b"12345678 " * 60,
    ],
)
def test_words_that_look_like_magic_are_words(text: bytes) -> None:
    """Ordinary sentences that begin like a binary file's mark are not taken for one."""
    assert sniff.media_type(text) == "text/plain"


def test_an_old_tar_is_told_by_its_checksum() -> None:
    """A TAR archive from before the `ustar` mark is still one; with a wrong checksum it is not."""
    data = bytearray(tarred({"a.txt": b"words"}))
    data[257:265] = b"\0" * 8
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    assert sniff.media_type(bytes(data)) == "application/x-tar"
    data[0] += 1
    assert sniff.media_type(bytes(data)) != "application/x-tar"


@given(data=st.binary(max_size=600))
def test_every_file_has_a_kind(data: bytes) -> None:
    """Any bytes have a media type, and looking for it never raises."""
    assert "/" in sniff.media_type(data)
