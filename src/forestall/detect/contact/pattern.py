"""The one linear-time pattern that finds everything that may be a contact point in a folded text.

It also knows how people write an address so that filters miss it: `t[.]me`, `t . me`, `t(dot)me`, `hxxp`. What it finds
is only a candidate; `points.py` decides. RE2 takes time linear in the text whatever the text.
"""

import re

import re2

_DOT_WORDS = r"dot|punkt|punto|point|titik|nokta|точка|نقطه"
_DOT = rf"\s?(?:[\[({{<]\s?)?(?:[.·•∙⋅]|{_DOT_WORDS})(?:\s?[\])}}>])?\s?"
_SLASH = r"\s?[\[(]?(?:/|%2f|slash|∕|⁄|⧸|\\)[\])]?\s?"
_PATH = rf"(?:(?:joinchat|addlist|invite|s|c){_SLASH})?[a-z0-9_\-+%#/@~$]+(?:\?phone=[+%0-9]+)?"
# A Matrix path holds server names. In the others a full stop ends the address, so that a second one right behind it is found too.
_MATRIX_PATH = r"[a-z0-9_\-+%#/@!:.=~]+"

HOSTS = {
    "telegram": (("t", "me"), ("telegram", "me"), ("telegram", "dog")),
    "whatsapp": (("whatsapp", "com"),),
    "wame": (("wa", "me"),),
    "signalgroup": (("signal", "group"),),
    "signalme": (("signal", "me"),),
    "discord": (("discord", "com"), ("discordapp", "com")),
    "discordgg": (("discord", "gg"),),
}
"""The hosts whose paths name contact points, by the name of the group that tells them."""

_ON = r"on|in|at|auf|sur|en|di|в|على"
_TELEGRAM = r"telegram|telegr|tlgrm|tg|телеграм[а-я]*|телег[а-я]|тг|تلغرام|تليغرام|تيليغرام|تليجرام|تيليجرام|تلجرام|تلكرام|تلگرام"
_CHANNEL = r"channel|kanal|canal|канал[а-я]*|قناتنا|قناه"
_ELSEWHERE = r"youtube|yt|twitch|instagram|insta|ig|twitter|tiktok|whatsapp|mastodon|facebook|kick|odysee|rumble"
_HANDLE = r"[a-z][a-z0-9_]+"

_AT = r"@|\s?[\[({]\s?(?:at|@|arobase)\s?[\])}]\s?"
_MAIL_DOT = rf"\.|\s?[\[({{]\s?(?:\.|{_DOT_WORDS})\s?[\])}}]\s?|\s(?:dot|punkt)\s"

MAIL_DOT = re.compile(_MAIL_DOT)
"""What stands between the labels of a mail domain; for domains already found, so short ones."""
STEP = re.compile(r"\s*[\[(]\s*(?:slash|/)\s*[\])]\s*|\s+slash\s+|\s*[/∕⁄⧸\\]\s*", re.IGNORECASE)
"""What stands between the steps of a path whose slashes were written out."""


def _hosts() -> str:
    """Give the alternation of all hosts, each service in its group."""
    groups = []
    for service, hosts in HOSTS.items():
        written = "|".join(f"{name}{_DOT}{top}" for name, top in hosts)
        groups.append(f"(?P<{service}>{written})")
    return "|".join(groups)


def compiled() -> "re2._Regexp[str]":
    """Compile the pattern; half a millisecond."""
    apart = r"(?:^|%2f|[^a-z0-9_\-'.])"
    bounded = (
        rf"(?:(?:chat|api|www|web|app){_DOT})?(?:{_hosts()})(?P<slash>{_SLASH})(?P<path>{_PATH})",
        rf"(?:(?:app|www){_DOT})?(?:matrix{_DOT}to|element{_DOT}io){_SLASH}(?P<matrix>{_MATRIX_PATH})",
        rf"(?P<sub>{_HANDLE})\.t\.me",
        r"(?P<scheme>tg|whatsapp|matrix):(?://)?(?P<query>[a-z0-9_\-=&%+?#/@:.]+)",
        r"(?P<room>[#@!][a-z0-9._=/+\-]+:[a-z0-9.\-]+\.[a-z]+)",
        rf"(?:(?P<elsewhere>{_ELSEWHERE})\s)?(?:{_TELEGRAM}|{_CHANNEL})(?:\s(?:channel|group|user|username|is|at))?[^a-z0-9@\n]?[^a-z0-9@\n]?[^a-z0-9@\n]?@(?P<handle>{_HANDLE})",
        rf"(?:{_TELEGRAM})\s?[:=]\s?(?P<bare>{_HANDLE})",
        rf"@(?P<back>{_HANDLE})\s(?:{_ON})\s(?:{_TELEGRAM})",
    )
    parts = (
        rf"{apart}(?:{'|'.join(bounded)})",
        r"(?:^|[^a-z0-9])(?P<long>[0-9a-z]{56,})",
        rf"(?:^|[^a-z0-9._%+\-@])(?P<mail>[a-z0-9._%+\-]+(?P<at>{_AT})(?P<domain>[a-z0-9\-]+(?:(?:{_MAIL_DOT})[a-z0-9\-]+)+))",
    )
    options = re2.Options()
    options.max_mem = 32 << 20
    options.log_errors = False
    return re2.compile("|".join(parts), options)
