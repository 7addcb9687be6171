"""The tables of kinds, hosts and words for messengers agree with each other."""

import re

import pytest

from forestall.detect.contact import canonical
from forestall.detect.contact.channels import channels
from forestall.detect.contact.kinds import KINDS
from forestall.detect.contact.links import READERS
from forestall.model.errors import BadInput
from forestall.text.fold import fold

ONE_PLACE = (
    ("t.me/Pale_Dawn", "https://telegram.me/s/pale_dawn/12", "tg://resolve?domain=PALE_DAWN", "pale_dawn.t.me", "Telegram: @Pale_Dawn"),
    ("https://t.me/+AbCdEfGhIjKlMnOp", "telegram.dog/joinchat/AbCdEfGhIjKlMnOp?x=1", "tg://join?invite=AbCdEfGhIjKlMnOp"),
    ("wa.me/491511234567", "https://api.whatsapp.com/send?text=hi&phone=+491511234567", "WhatsApp: +49 151 1234567", "whatsapp://send?phone=491511234567"),
    ("https://signal.me/#p/+491511234567", "Signal +49 (0)151 1234567"),
    ("tel:+491511234567", "call +49 151 123 45 67", "phone 0049-151-1234567"),
    ("https://matrix.to/#/%23Room%3AExample.org", "#Room:example.org", "matrix:r/Room:EXAMPLE.org?via=example.org"),
    ("https://archive.is/AbC12", "http://archive.today/AbC12", "archive.vn/AbC12,"),
    ("https://web.archive.org/web/2024/http://www.Example.org/a/", "web.archive.org/web/20200101000000/https://example.org/a"),
    ("https://Social.Example.org/@Anna", "@anna@social.example.org", "https://other.example.net/web/@anna@social.example.org"),
    ("https://pastebin.com/raw/AbCd12Ef", "pastebin.com/AbCd12Ef?x=1"),
    ("https://mega.nz/#!AbCd12Ef!key", "https://mega.nz/file/AbCd12Ef#key"),
    ("xmpp:Anna@chat.example.org?join", "Jabber: anna@chat.example.org"),
    ("https://threema.id/abcd1234", "Threema ID: ABCD1234", "threema://add?id=ABCD1234"),
)  # fmt: skip
"""Spellings of the same place."""


def test_every_row_leads_to_a_known_kind() -> None:
    """Each host, path and word in `channels.yaml` leads to a kind of the table, and each reader it names exists."""
    known = channels()
    rows = [row for table in (known.hosts, known.labels, known.parents) for found in table.values() for row in found]
    assert {row.kind for row in [*rows, *known.anywhere]} | {app.kind for app in known.apps.values()} <= set(KINDS)
    assert set(known.readers.values()) == set(READERS)


def test_hosts_are_written_as_they_are_looked_up() -> None:
    """Hosts stand in small letters without `www.`, which is taken off before they are looked up; words stand as they fold."""
    known = channels()
    for host in [*known.readers, *known.hosts, *known.parents]:
        assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", host), host
    assert all(fold(word).text == word for word in known.apps)


def test_pulls() -> None:
    """An invitation scores at most 0.45 by its kind alone; every kind says what stands there and what makes an id valid."""
    for name, kind in KINDS.items():
        assert 0.0 <= kind.pull <= 0.45, name
        assert kind.gloss, name
        assert kind.check, name
        assert kind.written.count("{}") == 1, name


@pytest.mark.parametrize("spellings", ONE_PLACE, ids=lambda spellings: spellings[0][:30])
def test_one_place_one_id(spellings: tuple[str, ...]) -> None:
    """However a place is written (case, mirror, escapes, noise behind it), it has one id."""
    assert len({canonical(text) for text in spellings}) == 1


def test_a_bot_banked_as_a_name_is_the_bot() -> None:
    """Ids of bots from before bots were a kind of their own are read as the bot."""
    assert canonical("telegram:name:pale_dawn_bot") == "telegram:bot:pale_dawn_bot"


@pytest.mark.parametrize(
    "text",
    [
        "xmpp:anna@chat",
        "briar://tooshort",
        "simplex:/contact#short",
        "mumble://localhost",
        "threema.id/ABC",
        "https://example.org/@user",
        "tel:+000000000",
        "pastebin.com/about",
        "mega.nz/help",
        "youtube.com/@somebody",
        "abc.b32.i2p",
    ],
)
def test_what_is_no_place_is_refused(text: str) -> None:
    """What fails a kind's check is no contact point."""
    with pytest.raises(BadInput):
        canonical(text)
