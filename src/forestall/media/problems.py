"""What can be wrong with a file: one table of causes, so that the same thing is always called by the same name.

| cause | when | deserves a person |
|---|---|---|
| `archive-overlap` | members of an archive share the same bytes | yes |
| `archive-ratio` | an archive unpacks to far more than it weighs | yes |
| `crashed` | the program that decodes the file died | yes |
| `damaged` | the file breaks the rules of its format | |
| `empty` | the file holds no bytes | |
| `encoding` | a text does not say its encoding, or says a wrong one | |
| `encrypted` | a password is needed | |
| `hidden-archive` | an archive is appended to a picture or another file | yes |
| `text-too-long` | a text is longer than we read | |
| `too-deep` | archives or mails are nested deeper than we follow | yes |
| `too-large` | more bytes than we open | |
| `too-many-entries` | an archive or mail has more parts than we open | yes |
| `too-many-frames` | an animation is too long to be walked through in time | |
| `too-many-pages` | a document has more pages than we read | |
| `too-many-pixels` | a picture is larger than we decode | yes |
| `too-much-media` | one file holds more pictures than we keep | |
| `too-much-sound` | a sound is longer than we listen to | |
| `too-much-memory` | opening takes more memory than a worker may have | yes |
| `too-slow` | opening took longer than we wait | yes |
| `truncated` | a file ends early; what there is was read | |
| `unsafe-path` | a member is a link or a device, or its name points outside the archive | yes |
| `unsupported` | we have no reader for this kind of file | |

What deserves a person is what ordinary files hardly ever do and what a file made to escape notice would do. The others happen
every day to people who mean nothing by it; they are named on the item, and policy decides.
"""

from dataclasses import dataclass

from forestall.model.content import Problem


@dataclass(frozen=True, slots=True)
class Cause:
    """One way a file can fail: what happened in plain words, what the operator can do, and whether it looks like evasion."""

    what: str
    next_step: str
    evasive: bool = False


_LOOK = "look at the file by hand before you trust it"
_RAISE = "raise `{}` if files like this are normal on your service"

CAUSES: dict[str, Cause] = {
    "archive-overlap": Cause("members of the archive share the same bytes, as in an archive bomb", _LOOK, evasive=True),
    "archive-ratio": Cause(
        "the archive unpacks to far more than it weighs, so it was not unpacked to the end",
        f"{_LOOK}, or {_RAISE.format('max_ratio')}",
        evasive=True,
    ),
    "crashed": Cause("the program that decodes this file died on it", f"{_LOOK}; update Forestall", evasive=True),
    "damaged": Cause("the file breaks the rules of its format and could not be read", "ask for the file again"),
    "empty": Cause("the file is empty", "ask for the file again"),
    "encoding": Cause("the text's encoding is unclear and was guessed", "check that the text reads well"),
    "encrypted": Cause(
        "the file is locked with a password", "ask the person who posted it for the password or a plain copy"
    ),
    "hidden-archive": Cause("an archive is hidden behind another file", _LOOK, evasive=True),
    "text-too-long": Cause("the text is longer than we read; the rest was left", _RAISE.format("max_text")),
    "too-deep": Cause(
        "files are nested deeper than we follow", f"{_LOOK}, or {_RAISE.format('max_depth')}", evasive=True
    ),
    "too-large": Cause("the file is larger than we open", _RAISE.format("max_file_bytes")),
    "too-many-entries": Cause(
        "there are more files inside than we open; the rest was not looked at",
        f"{_LOOK}, or {_RAISE.format('max_entries')}",
        evasive=True,
    ),
    "too-many-frames": Cause("the animation is too long; its end was not looked at", _RAISE.format("max_seconds")),
    "too-many-pages": Cause("the document has more pages than we read; the rest was left", _RAISE.format("max_pages")),
    "too-many-pixels": Cause(
        "the picture is larger than we decode", f"{_LOOK}, or {_RAISE.format('max_pixels')}", evasive=True
    ),
    "too-much-media": Cause(
        "there are more pictures inside than we keep; the rest was not looked at", "split the file"
    ),
    "too-much-sound": Cause(
        "the sound is longer than we listen to; its end was not compared", "listen to the rest if it matters"
    ),
    "too-much-memory": Cause("opening the file takes more memory than a worker may have", _LOOK, evasive=True),
    "too-slow": Cause(
        "opening the file took longer than we wait; only what was read until then was looked at",
        f"{_LOOK}, or {_RAISE.format('max_seconds')}",
        evasive=True,
    ),
    "truncated": Cause(
        "the file ends early or is damaged in places; what is there was looked at", "ask for the file again"
    ),
    "unsafe-path": Cause(
        "a member is a link or a device, or its name points outside the archive; nothing was written",
        _LOOK,
        evasive=True,
    ),
    "unsupported": Cause(
        "there is no reader for this kind of file; only its digests were compared",
        "look at the file by hand if it matters",
    ),
}
"""Every cause the box can name."""

DESERVE_A_PERSON: frozenset[str] = frozenset(code for code, cause in CAUSES.items() if cause.evasive)
"""Causes that a file built to escape notice has and an ordinary file hardly ever has."""


def problem(cause: str, part: str, detail: str = "") -> Problem:
    """Make the Problem for a cause on a part; `detail` adds the particulars (`50000 × 50000 pixels`) to the plain words."""
    row = CAUSES[cause]
    what = f"{row.what} ({detail})" if detail else row.what
    return Problem(cause=cause, what=what, next_step=row.next_step, part=part)
