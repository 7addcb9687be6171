"""Contact points: every way of writing an address gives one canonical id; what only looks like one gives nothing."""

import base64
import hashlib
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.detect.contact.points import MOST_CANDIDATES, Point, scan
from forestall.detect.contact.proof import is_onion, is_session, is_tox
from forestall.text.fold import fold

CODE = "AbCdEfGh12_-xyzQ"
WHATSAPP = "AbCdEfGhIjKlMnOpQrStUv"
SIGNAL = "CjQKIAbcdefghijklmnop-_"
SESSION = "05" + "0123456789abcdef" * 4


def onion(key: bytes = bytes(range(32))) -> str:
    """Give the name of an onion service by its key, as the specification computes it."""
    check = hashlib.sha3_256(b".onion checksum" + key + b"\x03").digest()[:2]
    return base64.b32encode(key + check + b"\x03").decode().lower()


def tox(body: bytes = bytes(range(36))) -> str:
    """Give the Tox id of a key and nospam, as the specification computes it."""
    even = odd = 0
    for at in range(0, 36, 2):
        even ^= body[at]
        odd ^= body[at + 1]
    return (body + bytes((even, odd))).hex().upper()


def points(text: str) -> list[Point]:
    """Give the points of a text."""
    return list(scan(text, fold(text)))


def found(text: str) -> list[str]:
    """Give the canonical ids in a text."""
    return [point.canonical for point in points(text)]


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (f"https://t.me/+{CODE}", f"telegram:invite:{CODE}"),
        (f"t.me/joinchat/{CODE}", f"telegram:invite:{CODE}"),
        (f"HTTPS://T.ME/JOINCHAT/{CODE}", f"telegram:invite:{CODE}"),
        (f"https://telegram.me/joinchat/{CODE}?x=1", f"telegram:invite:{CODE}"),
        (f"telegram.dog/+{CODE}", f"telegram:invite:{CODE}"),
        (f"https://t.me/%2B{CODE}", f"telegram:invite:{CODE}"),
        (f"tg://join?invite={CODE}", f"telegram:invite:{CODE}"),
        ("https://t.me/addlist/AbCdEfGhIj", "telegram:list:AbCdEfGhIj"),
        ("tg://addlist?slug=AbCdEfGhIj", "telegram:list:AbCdEfGhIj"),
        ("https://t.me/c/1234567890/12", "telegram:chat:1234567890"),
        ("t.me/+4915112345678", "telegram:phone:4915112345678"),
        ("https://t.me/Pale_Dawn", "telegram:name:pale_dawn"),
        ("https://www.t.me/pale_dawn/123?single", "telegram:name:pale_dawn"),
        ("(t.me/s/Pale_Dawn)", "telegram:name:pale_dawn"),
        ("t.me/@Pale_Dawn.", "telegram:name:pale_dawn"),
        ("pale_dawn.t.me", "telegram:name:pale_dawn"),
        ("tg://resolve?domain=Pale_Dawn&start=1", "telegram:name:pale_dawn"),
        ("Telegram: @Pale_Dawn", "telegram:name:pale_dawn"),
        ("my TG @pale_dawn", "telegram:name:pale_dawn"),
        ("Telegram channel: @pale_dawn", "telegram:name:pale_dawn"),
        ("our channel: @pale_dawn", "telegram:name:pale_dawn"),
        ("find @pale_dawn on Telegram", "telegram:name:pale_dawn"),
        ("telegram: pale_dawn7", "telegram:name:pale_dawn7"),
        ("قناتنا على تيليجرام @pale_dawn", "telegram:name:pale_dawn"),
        ("наш телеграм: @pale_dawn", "telegram:name:pale_dawn"),
        (f"https://chat.whatsapp.com/{WHATSAPP}", f"whatsapp:invite:{WHATSAPP}"),
        (f"chat.whatsapp.com/invite/{WHATSAPP}?mode=x", f"whatsapp:invite:{WHATSAPP}"),
        (f"whatsapp://chat?code={WHATSAPP}", f"whatsapp:invite:{WHATSAPP}"),
        (f"https://whatsapp.com/channel/{WHATSAPP}", f"whatsapp:channel:{WHATSAPP}"),
        ("https://wa.me/491511234567?text=hi", "whatsapp:phone:491511234567"),
        ("https://api.whatsapp.com/send?phone=+491511234567&text=x", "whatsapp:phone:491511234567"),
        ("wa.me/message/ABCDEFGH12", "whatsapp:message:ABCDEFGH12"),
        (f"https://signal.group/#{SIGNAL}", f"signal:group:{SIGNAL}"),
        (f"sgnl://signal.group/#{SIGNAL}", f"signal:group:{SIGNAL}"),
        ("https://signal.me/#p/+491511234567", "signal:phone:491511234567"),
        (f"https://signal.me/#eu/{SIGNAL}", f"signal:user:{SIGNAL}"),
        ("https://discord.gg/AbC12", "discord:invite:AbC12"),
        ("discord.com/invite/AbC12", "discord:invite:AbC12"),
        ("https://discordapp.com/invite/AbC12", "discord:invite:AbC12"),
        ("https://matrix.to/#/#Room:Example.org?via=example.org", "matrix:#Room:example.org"),
        ("https://matrix.to/#/%23Room%3AExample.org", "matrix:#Room:example.org"),
        ("https://app.element.io/#/room/!aBc:example.org", "matrix:!aBc:example.org"),
        ("matrix:r/Room:example.org", "matrix:#Room:example.org"),
        ("come to #Room:Example.org.", "matrix:#Room:example.org"),
        ("I am @User:Example.org", "matrix:@user:example.org"),
        (f"session {SESSION}", f"session:{SESSION}"),
        (f"Session:{SESSION.upper()}", f"session:{SESSION}"),
        (f"tox:{tox()}", f"tox:{tox()}"),
        (tox().lower(), f"tox:{tox()}"),
        (f"http://{onion()}.onion/x", f"onion:{onion()}"),
        (f"www.{onion().upper()}.ONION", f"onion:{onion()}"),
        ("Mail: John.Doe@Example.org.", "email:john.doe@example.org"),
        ("<john+x@mail.example.com>", "email:john+x@mail.example.com"),
    ],
)
def test_plain_addresses(text: str, canonical: str) -> None:
    """Each plain way of writing an address gives its canonical id, with the case of codes kept, and is not called disguised."""
    (point,) = points(text)
    assert (point.canonical, point.obfuscated) == (canonical, False)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (f"t[.]me/+{CODE}", f"telegram:invite:{CODE}"),
        (f"t(dot)me/joinchat/{CODE}", f"telegram:invite:{CODE}"),
        (f"t . me / joinchat / {CODE}", f"telegram:invite:{CODE}"),
        (f"t dot me slash joinchat slash {CODE}", f"telegram:invite:{CODE}"),
        (f"t{{.}}me[/]+{CODE}", f"telegram:invite:{CODE}"),
        (f"hxxps://t.me/+{CODE}", f"telegram:invite:{CODE}"),
        (f"t\u200b.m\u200de/+{CODE[:4]}\u200b{CODE[4:]}", f"telegram:invite:{CODE}"),
        (f"ｔ．ｍｅ／＋{CODE}", f"telegram:invite:{CODE}"),
        (f"t.mе/+{CODE}", f"telegram:invite:{CODE}"),  # Cyrillic е
        (f"\u202et.me/+\u2066{CODE}", f"telegram:invite:{CODE}"),
        ("t.me/+АbCdEfGh12xyzQ", "telegram:invite:AbCdEfGh12xyzQ"),  # Cyrillic А in the code
        ("t ( نقطة ) me/pale_dawn", "telegram:name:pale_dawn"),
        ("t·me/pale_dawn", "telegram:name:pale_dawn"),
        (f"chat[.]whatsapp[.]com/{WHATSAPP}", f"whatsapp:invite:{WHATSAPP}"),
        ("discord (dot) gg/AbC12", "discord:invite:AbC12"),
        ("john (at) example (dot) org", "email:john@example.org"),
        ("john[at]mail[.]example[.]org", "email:john@mail.example.org"),
        ("ｊｏｈｎ＠example.org", "email:john@example.org"),
    ],
)
def test_disguised_addresses(text: str, canonical: str) -> None:
    """An address written so that filters miss it gives the same id as the plain one and is called disguised."""
    assert [(point.canonical, point.obfuscated) for point in points(text)] == [(canonical, True)]


@pytest.mark.parametrize(
    "text",
    [
        "xxxt.me/hello",
        "my-t.me/hello",
        "sport.me/hello and chat.me/hello",
        "https://t.me/share/url?url=x",
        "t.me/addstickers/Cats",
        "t.me/proxy?server=x",
        "t.me/ and then",
        "t.me/abc",
        "t.me/s/",
        "t.me/+123",
        "I don't. Me / you know",
        "it is not me / you",
        "telegram: banned in the country",
        "my YouTube channel @pale_dawn",
        "telegram: https everywhere",
        "@user",
        "email @user about it",
        "@user@social.example",
        "https://whatsapp.com/business-messaging-features",
        "https://discord.com/channels/123/456",
        "signal.org/#download",
        "at 10:30 #tag:thing",
        "a@b",
        "a@1.2",
        ".@b.org",
        SESSION + "0",
        "06" + "ab" * 32,
        "ab" * 38,
        tox()[:-1] + ("0" if tox()[-1] != "0" else "1"),
        "a" * 56 + ".onion",
        "b" + onion()[1:] + ".onion",
        onion() + "a",
        "",
        "@",
        "t.me",
    ],
)
def test_look_alikes(text: str) -> None:
    """What only looks like an address gives nothing."""
    assert found(text) == []


def test_several_in_one_text() -> None:
    """Addresses side by side are all found, from left to right, with spans that show them in the original."""
    text = f"Ａ t.me/pale_dawn,t.me/+{CODE};discord.gg/AbC john@example.org"
    assert found(text) == [
        "telegram:name:pale_dawn",
        f"telegram:invite:{CODE}",
        "discord:invite:AbC",
        "email:john@example.org",
    ]
    view = fold(text)
    shown = [text[slice(*view.span(point.start, point.end))] for point in points(text)]
    assert shown == ["t.me/pale_dawn", f"t.me/+{CODE}", "discord.gg/AbC", "john@example.org"]


def test_share_button_hides_nothing() -> None:
    """A share link is no place, but the link it shares is."""
    assert found(f"https://t.me/share/url?url=https://t.me/+{CODE}") == [f"telegram:invite:{CODE}"]


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    key=st.binary(min_size=32, max_size=32),
    at=st.integers(0, 55),
    letter=st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"),
)
def test_onion_checksum(key: bytes, at: int, letter: str) -> None:
    """Every onion name is known, and with any one letter changed none is."""
    name = onion(key)
    assert is_onion(name)
    changed = name[:at] + letter + name[at + 1 :]
    assert is_onion(changed) == (changed == name)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(body=st.binary(min_size=36, max_size=36), at=st.integers(0, 75), digit=st.sampled_from("0123456789ABCDEF"))
def test_tox_checksum(body: bytes, at: int, digit: str) -> None:
    """Every Tox id is known, and with any one digit changed none is."""
    name = tox(body)
    changed = name[:at] + digit + name[at + 1 :]
    assert is_tox(name)
    assert is_tox(changed) == (changed == name)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.text(max_size=80))
def test_proofs_take_anything(text: str) -> None:
    """Any text may be asked about."""
    assert not is_onion(text)
    assert not is_tox(text)
    assert not is_session(text)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.text(st.sampled_from("t.me/+@:#[]() dotslah" + string.digits + "\u200b\u202eе۔．\n"), max_size=60))
def test_any_text_gives_spans_inside_it(text: str) -> None:
    """Whatever the text, nothing is raised and every point lies inside it."""
    view = fold(text)
    for point in scan(text, view):
        start, end = view.span(point.start, point.end)
        assert 0 <= start < end <= len(text)


@pytest.mark.parametrize(
    "text",
    [
        "t.me/" * 200_000,
        "@" * 100_000,
        "@a:" * 100_000,
        "f" * 1_000_000,
        (SESSION[:-1] + "g") * 10_000,
        "t . " * 100_000,
        "[.]" * 100_000,
        "a@a." * 100_000,
        "telegram " * 50_000,
        "\u202e\u2066\u200b" * 100_000 + "t.me/x",
        "t.me/" + "+" * 500_000,
        "#" * 100_000 + ":" + "a." * 100_000,
    ],
    ids=["hosts", "at", "users", "hex", "near-session", "dots", "brackets", "mails", "word", "bidi", "plus", "room"],
)
def test_hostile_texts_end(text: str) -> None:
    """A megabyte made to be slow is read like any other and gives next to nothing."""
    assert len(points(text)) <= 1


def test_a_flood_is_cut() -> None:
    """Of a text with nothing but addresses, the first few thousand are examined."""
    text = "".join(f"t.me/name{number} " for number in range(MOST_CANDIDATES + 100))
    assert len(points(text)) == MOST_CANDIDATES
