"""Names of archive members: which of them would escape, had anyone unpacked the archive to disk. We never do; who did might."""

import stat

from forestall.media.tray import Tray

_PLAIN = frozenset({0, stat.S_IFREG, stat.S_IFDIR})


def accepted(tray: Tray, part: str, name: str, mode: int = 0) -> str | None:
    """Give the safe part name for a member, or None for one that is a link or a device; what is unsafe is named.

    A plain file with an unsafe name is still opened, under the name with the way out removed: it may be the one that matters.
    """
    inner = tray.name(part, name)
    if stat.S_IFMT(mode) not in _PLAIN:
        tray.trouble("unsafe-path", inner, "a link" if stat.S_ISLNK(mode) else "a device")
        return None
    if escapes(name):
        tray.trouble("unsafe-path", inner, f"named {name[:200]!a}")
    return inner


def escapes(name: str) -> bool:
    """True for an absolute name, a drive letter, a step upwards, or an embedded NUL."""
    steps = name.replace("\\", "/")
    return steps.startswith("/") or steps[1:2] == ":" or ".." in steps.split("/") or "\0" in name
