"""Which export is this? Told from the first 64 KiB of a file, never from its name alone."""

import re

from forestall.exchange.platform import mailbox, tables

_TOKEN = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"?|[{}\[\]:,]', re.DOTALL)
_MOST_TOKENS = 20_000
_ROOT = re.compile(r"\s*(?:<\?[^>]*>|<!--(?:[^-]|-(?!->))*+-->|<!DOCTYPE[^>\[]*(?:\[[^\]]*\]\s*)?>)")
_FEED = re.compile(r"\s*<(?:\w+:)?(?:rss|feed|RDF)[\s>]")
_LINE_NAMES = (".jsonl", ".ndjson")
_TABLES = {",": "posts-comma", "\t": "posts-tab", ";": "posts-semicolon", "|": "posts-bar"}
_TELEGRAM_ACCOUNT = {"personal_information", "profile_pictures", "frequent_contacts", "sessions", "left_chats"}


def recognised(name: str, head: bytes) -> str:
    """Give the name of the format in `exports.FORMATS`, or nothing."""
    head = head.removeprefix(b"\xef\xbb\xbf")
    if mailbox.START.match(head) and re.search(rb"\n[A-Za-z-]{1,64}:", head[:4096]):
        return "mbox"
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        text = head[: len(head) // 2 * 2].decode("utf-16", "replace")
        return "feed" if _is_feed(text) else ""
    text = head.decode("utf-8", "replace")
    start = text.lstrip()[:1]
    if start == "<":
        return "feed" if _is_feed(text) else ""
    if start == "{":
        return _object(name, text)
    if start == "[":
        return "posts-list" if _posts(_keys(text, 2)) else ""
    return _table(name, text)


def _object(name: str, text: str) -> str:
    """Tell exports that begin with a JSON object apart by its keys."""
    keys = _keys(text, 1)
    if "post_stream" in keys:
        return "discourse"
    if "orderedItems" in keys or {"@context", "items", "totalItems"} <= keys:
        return "mastodon"
    if "messages" in keys:
        return "matrix" if {"room_name", "exported_by", "export_date", "room_creator"} & keys else _chat(keys)
    if "chats" in keys or len(_TELEGRAM_ACCOUNT & keys) > 1 or {"about", "personal_information"} <= keys:
        return "telegram"
    line, _, rest = text.lstrip().partition("\n")
    if name.lower().endswith(_LINE_NAMES):
        return "posts-lines"
    if _posts(keys) and (line.rstrip().endswith("}") or not rest):
        return "posts-lines"
    if _posts(keys):
        return "posts-one"
    return "posts-list" if "posts" in keys and _posts(_keys(text, 3)) else ""


def _chat(keys: set[str]) -> str:
    """Name a Telegram chat; other files with messages are not ours."""
    return "telegram" if {"id", "type"} <= keys or {"name", "id"} <= keys else ""


def _posts(keys: set[str]) -> bool:
    """Say whether these are the fields of a post."""
    return "text" in keys or {"id", "media"} <= keys


def _keys(text: str, wanted: int) -> set[str]:
    """Give the keys at a depth of nesting in JSON that may break off; 1 is the outermost object."""
    depth = 0
    before = ""
    keys: set[str] = set()
    for count, match in enumerate(_TOKEN.finditer(text)):
        sign = match[0]
        if sign in {"{", "["}:
            depth += 1
        elif sign in {"}", "]"}:
            depth -= 1
            if depth <= 0:
                break
        elif sign == ":" and depth == wanted and before:
            keys.add(before)
        before = match[1] or "" if sign[0] == '"' else ""
        if count > _MOST_TOKENS:
            break
    return keys


def _is_feed(text: str) -> bool:
    """Say whether the root element is that of a feed."""
    at = 0
    while match := _ROOT.match(text, at):
        at = match.end()
    return _FEED.match(text, at) is not None


def _table(name: str, text: str) -> str:
    """Tell a table by the names in its first line; with the file name of a table one name is enough."""
    line = text.partition("\n")[0].rstrip("\r")
    delimiter = tables.header(line) if len(line) < 4096 else ""
    if not delimiter and name.lower().endswith((".csv", ".tsv")) and line.strip().strip('"').lower() == "text":
        delimiter = "\t" if name.lower().endswith(".tsv") else ","
    return _TABLES.get(delimiter, "")
