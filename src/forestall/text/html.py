"""The text a person sees in HTML, and where its links lead. One pass, no recursion, no tree: time and memory grow with the input only.

What a browser would not show is decided so that nothing can hide in it:
- Scripts, styles, comments and the tags themselves are left out.
- Text in hidden elements (`hidden`, `display:none`, `<template>`, no size, no opacity) would break words apart if it stayed in place
  (`jo<i hidden>x</i>in`), but a platform that strips styles does show it. So it is taken out of its place and stands at the end.
- `aria-hidden` hides from screen readers only and changes nothing.
- A tag that never ends stays as text, as it was written.
"""

import html as entities
import re
from dataclasses import dataclass

LONGEST_LINK = 4096
"""Most characters of one link target; the rest is cut."""
MOST_COMPLETED = 1_000
"""Most relative links completed by `<base>`, so that a short page cannot give a very long answer."""

_IGNORED = "".join(map(chr, range(33)))
_SPACE = "\t\n\f\r "
_SPACES = re.compile(f"[{_SPACE}]+")
_NAME = re.compile(f"[^{_SPACE}/>]+")
_BETWEEN = re.compile(f"[{_SPACE}/]*")
_ATTRIBUTE = re.compile(f"=?[^{_SPACE}/>=]*")
_EQUALS = re.compile(f"[{_SPACE}]*=[{_SPACE}]*")
_BARE = re.compile(f"[^{_SPACE}>]*")
_COMMENT_END = re.compile("--!?>")
_IN_TEXT = re.compile("&(?:#([0-9]+)|#[xX]([0-9a-fA-F]+)|[A-Za-z][A-Za-z0-9]{1,31});?")
_IN_VALUE = re.compile("&(?:#([0-9]+);?|#[xX]([0-9a-fA-F]+);?|[A-Za-z][A-Za-z0-9]{1,31};)")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,31}):")
_BASE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*:)//([^/?#]*)([^?#]*)")
_REFRESH = re.compile(r"url[\t\n\f\r ]?=", re.IGNORECASE)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LINES = _words(
    "address article aside blockquote body br caption center dd details dialog dir div dl dt fieldset figcaption figure footer form "
    "h1 h2 h3 h4 h5 h6 head header hr html legend li main menu nav ol optgroup option p pre section select summary table tbody tfoot "
    "thead title tr ul"
)
_CELLS = _words("audio button iframe img input td textarea th video")
_VOID = _words("area base br col embed hr img input link meta param source track wbr")
_UNSEEN = ("script", "style", "iframe", "noembed", "noframes")
_AS_WRITTEN = ("title", "textarea", "xmp")
_ENDS = {name: re.compile(f"</{name}(?=[{_SPACE}/>])", re.IGNORECASE) for name in (*_UNSEEN, *_AS_WRITTEN)}
_TARGETS = ("href", "src", "data-href", "action", "formaction", "data", "poster", "cite", "xlink:href")
_DROPPED = _words("about blob cid data javascript vbscript")
_HIDING = _words(
    "display:none visibility:hidden visibility:collapse opacity:0 font-size:0 font-size:0px font-size:0em font-size:0%"
)


@dataclass(frozen=True, slots=True)
class Visible:
    """`text` is what a person sees, lines where blocks were; `links` are link targets in order, each once."""

    text: str
    links: tuple[str, ...]


def visible(html: str) -> Visible:
    """Give the visible text of HTML and its link targets.

    Links keep any scheme (`https`, `tg`, `mailto`, `matrix`, …) except those that lead nowhere outside (`javascript`, `data`, …);
    relative ones are completed by `<base>`, or left out where there is none. Raises nothing.
    """
    scanner = _Scanner(html)
    scanner.run()
    shown, hidden = scanner.shown.text(), scanner.hidden.text()
    return Visible("\n".join(part for part in (shown, hidden) if part), tuple(scanner.links))


class _Flow:
    """Text as it flows on a page: runs of white space are one space, blocks begin a line."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.fresh = True
        self.gap = False

    def write(self, text: str, as_written: bool) -> None:
        """Add text; white space counts only `as_written`."""
        if as_written:
            self.parts.append(text)
            self.fresh, self.gap = text.endswith("\n"), False
            return
        flat = _SPACES.sub(" ", text)
        bare = flat.strip(" ")
        if not bare:
            self.gap = self.gap or bool(flat)
            return
        if (self.gap or flat[0] == " ") and not self.fresh:
            self.parts.append(" ")
        self.parts.append(bare)
        self.fresh, self.gap = False, flat[-1] == " "

    def line(self) -> None:
        """Begin a line, unless one has just begun."""
        if not self.fresh:
            self.parts.append("\n")
        self.fresh, self.gap = True, False

    def text(self) -> str:
        """Give everything written."""
        return "".join(self.parts).strip(_SPACE)


class _Scanner:
    """Walks the source once; every step moves on, and a search that finds nothing ends the walk."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.shown = _Flow()
        self.hidden = _Flow()
        self.links: dict[str, None] = {}
        self.base = ""
        self.completed = 0
        self.written = 0
        self.hiding = ""
        self.depth = 0

    def run(self) -> None:
        """Walk to the end."""
        at, end = 0, len(self.source)
        while at < end:
            tag = self.source.find("<", at)
            if tag < 0:
                self._text(at, end)
                return
            self._text(at, tag)
            at = self._markup(tag)

    def _markup(self, at: int) -> int:
        """Take what begins with `<`; give where it ends."""
        source = self.source
        following = source[at + 1 : at + 2]
        if following.isascii() and following.isalpha():
            return self._start(at)
        if following == "/":
            return self._end(at)
        if source.startswith("<!--", at):
            closed = _COMMENT_END.search(source, at + 2)
            return closed.end() if closed else len(source)
        if following and following in "!?":
            return self._after(">", at)
        self._text(at, at + 1)
        return at + 1

    def _after(self, sign: str, at: int) -> int:
        """Give the place after the next sign, or the end."""
        found = self.source.find(sign, at)
        return found + 1 if found >= 0 else len(self.source)

    def _start(self, at: int) -> int:
        """Take an opening tag."""
        named = _NAME.match(self.source, at + 1)
        place = named.end() if named else at + 1
        name = self.source[at + 1 : place].lower()
        attributes, end = ({}, place + 1) if self.source.startswith(">", place) else self._attributes(place)
        if end < 0:
            self._text(at, len(self.source))
            return len(self.source)
        if name not in {"script", "style"}:
            self._link(name, attributes)
        self._open(name, attributes)
        if name == "img" and attributes.get("alt"):
            self._flow().write(f" {attributes['alt']} ", as_written=False)
        if name in _ENDS:
            return self._raw(name, end)
        return end

    def _attributes(self, at: int) -> tuple[dict[str, str], int]:
        """Take the attributes of a tag, the first of each name; give them and where the tag ends, -1 if it never does."""
        source, size = self.source, len(self.source)
        found: dict[str, str] = {}
        while True:
            at = _skipped(_BETWEEN, source, at)
            if at >= size:
                return found, -1
            if source[at] == ">":
                return found, at + 1
            end = _skipped(_ATTRIBUTE, source, at)
            name = source[at:end].lower()
            equals = _EQUALS.match(source, end)
            value, at = "", end
            if equals:
                at = equals.end()
                quote = source[at : at + 1]
                if quote in {'"', "'"}:
                    close = source.find(quote, at + 1)
                    if close < 0:
                        return found, -1
                    value, at = source[at + 1 : close], close + 1
                else:
                    end = _skipped(_BARE, source, at)
                    value, at = source[at:end], end
            found.setdefault(name, _decoded(_IN_VALUE, value))

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        """Let an element begin."""
        self._break(name)
        if name == "pre":
            self.written += 1
        if name in _VOID:
            return
        if self.hiding:
            self.depth += name == self.hiding
        elif name == "template" or _is_hidden(attributes):
            self.hiding, self.depth = name, 1
            self.hidden.line()

    def _end(self, at: int) -> int:
        """Take a closing tag."""
        end = self._after(">", at)
        named = _NAME.match(self.source, at + 2, end)
        name = named[0].lower() if named else ""
        self._break(name)
        if name == "pre":
            self.written = max(0, self.written - 1)
        if self.hiding and name == self.hiding:
            self.depth -= 1
            if not self.depth:
                self.hiding = ""
        return end

    def _raw(self, name: str, at: int) -> int:
        """Take what stands in an element whose content is no markup, up to its closing tag."""
        closed = _ENDS[name].search(self.source, at)
        end = closed.start() if closed else len(self.source)
        if name in _AS_WRITTEN:
            self._text(at, end)
        return end

    def _break(self, name: str) -> None:
        """Begin a line or leave a gap where an element does."""
        if name in _LINES:
            self._flow().line()
        elif name in _CELLS:
            self._flow().write(" ", as_written=False)

    def _flow(self) -> _Flow:
        return self.hidden if self.hiding else self.shown

    def _text(self, start: int, end: int) -> None:
        if start < end:
            self._flow().write(_decoded(_IN_TEXT, self.source[start:end]), as_written=self.written > 0)

    def _link(self, name: str, attributes: dict[str, str]) -> None:
        """Keep the link targets of a tag."""
        if name == "base" and not self.base:
            self.base = attributes.get("href", "")[:LONGEST_LINK]
            return
        targets = [attributes[key] for key in _TARGETS if key in attributes]
        if name == "meta" and (refresh := _REFRESH.search(attributes.get("content", ""))):
            targets.append(attributes["content"][refresh.end() :].strip("'\""))
        for target in targets:
            link = _trimmed(target)
            if self.base and not _SCHEME.match(link) and self.completed < MOST_COMPLETED:
                link = _completed(self.base, link)
                self.completed += 1
            if link := _outward(link):
                self.links[link] = None


def _skipped(pattern: re.Pattern[str], source: str, at: int) -> int:
    """Give the place after what the pattern matches here."""
    match = pattern.match(source, at)
    return match.end() if match else at


def _decoded(pattern: re.Pattern[str], text: str) -> str:
    """Give a text with its entities resolved."""
    return pattern.sub(_entity, text) if "&" in text else text


def _entity(match: re.Match[str]) -> str:
    """Resolve one entity; a number too large for any character is U+FFFD, as in a browser."""
    digits = match[1] or match[2]
    if digits is None:
        return entities.unescape(match[0])
    digits = digits.lstrip("0") or "0"
    if len(digits) > 7:
        return "\ufffd"
    return entities.unescape(f"&#{'x' if match[2] else ''}{digits};")


def _is_hidden(attributes: dict[str, str]) -> bool:
    """Say whether an element's own attributes hide it."""
    if "hidden" in attributes:
        return True
    style = attributes.get("style", "")
    if ":" not in style:
        return False
    compact = _SPACES.sub("", style).lower()
    return any(declared.removesuffix("!important") in _HIDING for declared in compact.split(";"))


def _trimmed(written: str) -> str:
    """Give a link target without the white space and control characters that browsers ignore in it."""
    link = written[: LONGEST_LINK * 2].strip(_IGNORED)
    return link.replace("\t", "").replace("\n", "").replace("\r", "")[:LONGEST_LINK]


def _completed(base: str, link: str) -> str:
    """Give a relative link from its base, `..` left as it is; nothing where the base leads nowhere."""
    absolute = _BASE.match(base)
    if not absolute:
        return ""
    scheme, host, path = absolute.groups()
    if link.startswith("//"):
        return scheme + link
    if not link.startswith("/"):
        link = (path if link.startswith(("?", "#")) else path.rpartition("/")[0] + "/") + link
    return f"{scheme}//{host}{link}"


def _outward(link: str) -> str:
    """Give a link that leads somewhere outside, or nothing."""
    scheme = _SCHEME.match(link)
    if scheme:
        return "" if scheme[1].lower() in _DROPPED else link
    return f"https:{link}" if link.startswith("//") else ""
