"""Every kind of contact point: what it is, how it is written, how one is known to be real, and how closed it is.

This is the one table of kinds. A canonical id is the kind's name, a colon and the id within the kind, such as
`telegram:name:pale_dawn7`. Which hosts and words lead to which kind stands in `channels.yaml`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_ONION = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd"
_TOX = bytes(range(36)).hex().upper() + "0202"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of contact point.

    `gloss` says what stands there; `check` what makes an id valid; `written` is a text in which the scanner reads the id
    back (`{}` is the id); `example` is an invented id; `pull` is the score of an invitation there with nothing else: 0 for
    an open place, where inviting is advertising, up to 0.45 for one that nobody sees into.
    """

    gloss: str
    check: str
    written: str
    example: str
    pull: float = 0.0


_CODE22 = "AbCdEfGhIjKlMnOpQrStUv"

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "telegram:name": Kind(
            "public Telegram channel, group or person", "4–32 letters, digits, _; no service path", "t.me/{}", "pale_dawn7"
        ),
        "telegram:bot": Kind("Telegram bot", "a name that ends in `bot`", "t.me/{}", "pale_dawn_bot", 0.15),
        "telegram:invite": Kind("invite to a Telegram group", "base64url, 8–64", "t.me/+{}", "AbCdEfGhIjKlMn", 0.30),
        "telegram:phone": Kind("Telegram account by number", "7–15 digits", "t.me/+{}", "4915112345678"),
        "telegram:list": Kind("folder of Telegram chats", "base64url, 6–64", "t.me/addlist/{}", "AbCdEfGh12", 0.25),
        "telegram:chat": Kind("private Telegram chat, for its members", "5–20 digits", "t.me/c/{}", "1234567890", 0.30),
        "whatsapp:invite": Kind("WhatsApp group", "20–26 letters, digits", "chat.whatsapp.com/{}", _CODE22, 0.25),
        "whatsapp:channel": Kind(
            "WhatsApp channel", "20–26 letters, digits", "whatsapp.com/channel/{}", "0029VaAbCdEfGhIjKlMnOp"
        ),
        "whatsapp:message": Kind("WhatsApp short link to a chat", "8–32", "wa.me/message/{}", "ABCDEFGH1234567"),
        "whatsapp:phone": Kind("WhatsApp account by number", "7–15 digits", "wa.me/{}", "4915112345678"),
        "signal:group": Kind(
            "Signal group", "base64url, 16–256", "signal.group/#{}", "CjQKIEabcdefghijklmnopqrstuv", 0.35
        ),
        "signal:user": Kind("Signal account by link", "base64url, 16–256", "signal.me/#eu/{}", "AbCdEfGhIjKlMnOpQrSt"),
        "signal:phone": Kind("Signal account by number", "7–15 digits", "signal.me/#p/+{}", "4915112345678"),
        "signal:name": Kind(
            "Signal user name", "3–32 letters, digits, _, then a full stop and 2–9 digits", "Signal: {}", "pale_dawn.01", 0.20
        ),
        "discord:invite": Kind("Discord server", "2–32 letters, digits, -", "discord.gg/{}", "AbCd123", 0.15),
        "matrix": Kind("Matrix room or person", "a sigil, a name, a server", "{}", "#harbour:example.org"),
        "session": Kind("Session account", "05, then 64 hex digits", "{}", "05" + "0123456789abcdef" * 4, 0.45),
        "session:name": Kind("Session name (ONS)", "letters, digits, - and _", "Session ONS: {}", "pale-dawn", 0.45),
        "tox": Kind("Tox account", "76 hex digits whose checksum holds", "{}", _TOX, 0.45),
        "threema": Kind("Threema account", "8 letters and digits", "threema.id/{}", "ABCD1234", 0.25),
        "wire": Kind("Wire account", "2–64 letters, digits, . _ -", "Wire: @{}", "pale_dawn", 0.20),
        "wire:group": Kind("Wire conversation", "two codes", "account.wire.com/{}", "conversation-join/?key=AbCd12_x&code=Ef-34y", 0.30),
        "simplex": Kind(
            "SimpleX address or one-time invitation", "the key of its queue", "simplex:/{}", "contact#AbCdEfGhIjKlMnOpQrStUvWx", 0.45
        ),
        "briar": Kind("Briar account", "53 base32 letters", "briar://{}", "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstu", 0.45),
        "rocketchat": Kind("Rocket.Chat server or invite", "host, invite code", "https://{}", "open.rocket.chat/invite/AbCd12", 0.15),
        "mattermost": Kind(
            "invite to a Mattermost team", "26 letters, digits", "https://{}",
            "team.example.org/signup_user_complete/?id=abcdefghijkmnopqrstuwxyz13", 0.15
        ),
        "zulip": Kind("Zulip organisation", "host, invite code", "https://{}", "harbour.zulipchat.com", 0.10),
        "mumble": Kind("Mumble voice server", "a host", "mumble://{}", "voice.example.org", 0.15),
        "teamspeak": Kind("TeamSpeak voice server", "a host", "ts3server://{}", "voice.example.org", 0.15),
        "xmpp": Kind("Jabber account or room", "name@server", "xmpp:{}", "anna@chat.example.org", 0.20),
        "fediverse": Kind("account on a Fediverse server", "name@server", "@{}", "anna@social.example.org"),
        "zello": Kind("Zello channel or person", "a name", "zello.com/{}", "abcd1234", 0.15),
        "viber": Kind("Viber group or community", "an invite code", "invite.viber.com/?g2={}", "AQBabcdefgh1234", 0.20),
        "line": Kind("LINE account or group", "a code", "line.me/ti/g/{}", "AbCdEfGh12", 0.15),
        "kakao": Kind("KakaoTalk open chat", "a code", "open.kakao.com/o/{}", "gAbCd12e", 0.10),
        "wechat": Kind("WeChat account", "6–20 letters, digits, _ -", "add me on WeChat: {}", "pale_dawn7", 0.15),
        "imo": Kind("imo group or profile", "a code", "imo.im/group/{}", "AbCdEfGh12", 0.20),
        "bip": Kind("BiP group", "a code", "group.bip.ai/{}", "AbCdEfGh12", 0.20),
        "snapchat": Kind("Snapchat account or group", "a name or code", "snapchat.com/add/{}", "pale_dawn7", 0.10),
        "tiktok": Kind("TikTok account, where somebody asks to be written to there", "a name", "message me on TikTok @{}", "pale_dawn7"),
        "instagram": Kind("Instagram account, where somebody asks to be written to there", "a name", "ig.me/m/{}", "pale_dawn7"),
        "x": Kind("X account, where somebody asks to be written to there", "a name", "message me on Twitter @{}", "pale_dawn7"),
        "facebook": Kind("Facebook account or group to be written to", "a name or number", "m.me/{}", "pale.dawn7"),
        "youtube": Kind("YouTube account, where somebody asks to be written to there", "a name", "message me on YouTube @{}", "pale_dawn7"),
        "onion": Kind("onion service", "56 base32 letters whose checksum holds", "{}.onion", _ONION, 0.35),
        "i2p": Kind("I2P site", "52 base32 letters, or a name of the address book", "{}.i2p", "pale-dawn", 0.35),
        "email": Kind("mail address", "a name, @, a domain that can exist", "{}", "someone@example.org"),
        "phone": Kind("telephone number", "length by country code (E.164)", "tel:+{}", "4915112345678"),
        "paste": Kind("text on a paste host", "host, code", "https://{}", "pastebin.com/AbCd12Ef"),
        "file": Kind("file on a file host", "host, code", "https://{}", "gofile.io/d/AbCd12"),
        "short": Kind("short link, which hides where it leads", "host, code", "https://{}", "bit.ly/3AbCdEf"),
        "archive": Kind("archived copy of a page", "host and code, or the page's address", "https://{}", "archive.ph/AbC12"),
    }
)  # fmt: skip
"""The kinds by name. A bot is told from a person by the ending of its name, which Telegram itself demands."""

PGP_PULL = 0.20
"""The pull of a mail address that comes with a PGP key: what is written to it nobody else reads."""
