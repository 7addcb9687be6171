"""Mails: subject, sender, bodies, attachments; and mails made to exhaust a parser."""

from email.message import EmailMessage

from forestall.media import Box
from forestall.model.content import Attachment, Markup
from forestall.model.reading import Role
from forestall.model.settings import Settings
from tests.media.samples import INVITE, causes, coded, opened, parts, saved, tarred, texts

ARABIC = "\N{ARABIC LETTER SEEN}\N{ARABIC LETTER LAM}\N{ARABIC LETTER ALEF}\N{ARABIC LETTER MEEM}"


def letter(subject: str = "hello", body: str = "a body") -> EmailMessage:
    """Give a mail."""
    message = EmailMessage()
    message["From"] = f"{ARABIC} <a@example.org>"
    message["To"] = "b@example.org"
    message["Subject"] = subject
    message.set_content(body)
    return message


def test_a_mail_is_read_whole(box: Box) -> None:
    """Subject and sender decoded, the plain and the web body, and attachments opened under their names."""
    message = letter(subject=f"{ARABIC} today", body=f"{ARABIC} plain\n")
    message.add_alternative("<p>web</p>", subtype="html")
    message.add_attachment(saved(coded(), "PNG"), maintype="image", subtype="png", filename=f"{ARABIC}.png")
    message.add_attachment(tarred({"in.txt": b"inner"}), maintype="application", subtype="x", filename="a.tar")
    found = opened(box, message.as_bytes(), "m.eml")
    assert not found.problems
    assert [(segment.part, segment.text.strip()) for segment in found.segments] == [
        ("m.eml#subject", f"{ARABIC} today"),
        ("m.eml#from", f"{ARABIC} <a@example.org>"),
        ("m.eml#body", f"{ARABIC} plain"),
        ("m.eml#body2", "<p>web</p>"),
        (f"m.eml/{ARABIC}.png#code1", INVITE),
        ("m.eml/a.tar/in.txt", "inner"),
    ]
    assert [segment.markup for segment in found.segments][3] is Markup.HTML
    assert parts(found) == ["m.eml", f"m.eml/{ARABIC}.png", "m.eml/a.tar", "m.eml/a.tar/in.txt"]


def test_bare_eight_bit_headers_are_read(box: Box) -> None:
    """A subject in raw UTF-8, as sloppy programs write it, is read."""
    found = opened(box, f"From: a@example.org\r\nSubject: {ARABIC}\r\n\r\nbody\r\n".encode())
    assert texts(found) == [ARABIC, "a@example.org", "body\r\n"]


def test_a_forwarded_mail_is_opened(box: Box) -> None:
    """A mail inside a mail is opened like one."""
    outer = letter()
    outer.add_attachment(letter(subject="inner one", body="inner body"))
    assert {"inner one", "inner body\n"} <= set(texts(opened(box, outer.as_bytes())))


def multipart(levels: int) -> bytes:
    """Give a mail of multiparts inside each other."""
    head = b"From: a@example.org\nSubject: deep\n"
    body = b"\n\nthe end\n"
    for level in range(levels):
        mark = f"b{level}".encode()
        body = (
            b"Content-Type: multipart/mixed; boundary="
            + mark
            + b"\n\n--"
            + mark
            + b"\n"
            + body
            + b"\n--"
            + mark
            + b"--\n"
        )
    return head + body


def test_deep_multiparts_are_named(box: Box) -> None:
    """Ordinary nesting is read; thousands of multiparts inside each other end with a name for it, the headers read."""
    assert "the end" in "".join(texts(opened(box, multipart(8))))
    found = opened(box, multipart(3_000))
    assert causes(found) == ["too-deep"]
    assert texts(found)[0] == "deep"


def test_too_many_parts_are_named() -> None:
    """A mail of more parts than we open is read up to there."""
    box = Box(Settings(box_workers=1, max_entries=10))
    body = b"--x\n\npart\n" * 500
    found = opened(box, b"From: a@example.org\nSubject: s\nContent-Type: multipart/mixed; boundary=x\n\n" + body)
    box.close()
    assert causes(found) == ["too-many-entries"]
    assert texts(found).count("part") == 10


def test_broken_mails_are_read_as_far_as_they_go(box: Box) -> None:
    """A mail without its end, with broken encodings or absurd headers, gives what there is and never a crash."""
    head = b"From: a@example.org\nSubject: s\n"
    cases = [
        head + b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\nno end",
        head + b"Content-Transfer-Encoding: base64\n\n!!!!YWJj!",
        head + b'Content-Type: multipart/mixed; boundary=""\n\nno end',
        head + b"Content-Type: text/plain; charset=punycode\n\nno end",
        head + b"Content-Type: text/plain; charset*=''%%%\n\nno end",
        head + b"X: " + b';"' * 20_000 + b"\n\nno end",
        head + b"Subject: " + b"=?utf-8?q?" * 5_000 + b"\n\nno end",
    ]
    for number, data in enumerate(cases):
        found = opened(box, data)
        assert any(text in {"no end", "abc"} for text in texts(found)), number


def test_a_mailbox_is_an_archive_of_mails(box: Box) -> None:
    """An mbox file gives its mails one by one, and opens to all their texts."""
    data = b"".join(
        b"From a@example.org Thu Jan  1 00:00:00 2026\n" + letter(f"number {n}").as_bytes() + b"\n" for n in range(3)
    )
    members = [member for member in box.unpack(Attachment("m.mbox", data)) if isinstance(member, Attachment)]
    assert [member.name for member in members] == ["m.mbox/1.eml", "m.mbox/2.eml", "m.mbox/3.eml"]
    assert members[0].data.startswith(b"From: ")
    found = opened(box, data)
    assert [segment.text for segment in found.segments if segment.part.endswith("#subject")] == [
        "number 0",
        "number 1",
        "number 2",
    ]
    assert all(segment.role is Role.PAGE for segment in found.segments)
