"""Knows the formats of lists by their content (`model.lists.ListFiles`)."""

from collections.abc import Sequence
from pathlib import Path, PurePath

from forestall.exchange.lists.sanctions import Sanctions, read_xml
from forestall.exchange.lists.tables import EuRows, UkRows, UsRows, lines, own_rows, told_by
from forestall.model.errors import BadList
from forestall.model.lists import ListFile, ListKind

LARGEST_FILE = 64 * 1024 * 1024
"""Bytes; the largest of the lists known here has about 30 MiB."""

_FORMS = {"CONSOLIDATED_LIST": "un-xml", "export": "eu-xml", "sdnList": "ofac-xml", "Designations": "uk-xml"}


class ListFormats:
    """All formats. A list is one file, but OFAC's CSV, whose names stand in two."""

    def read(self, files: Sequence[tuple[str, bytes]]) -> ListFile:
        """Give what the files of one list hold; raises BadList naming the file and what is wrong."""
        named = ", ".join(name for name, _ in files)
        for name, data in files:
            if len(data) > LARGEST_FILE:
                raise BadList(f"the list {name} is larger than {LARGEST_FILE >> 20} MiB", "give a list of entries only")
        if len(files) == 1 and _is_xml(files[0][1]):
            root, found = read_xml(files[0][1], named)
            return _of(_FORMS[root], found)
        texts = [_text(name, data) for name, data in files]
        forms = {told_by(text) for text in texts}
        if forms == {"ofac-csv"}:
            return _of("ofac-csv", UsRows(named).read(texts))
        if len(files) != 1:
            raise BadList(f"{named} are not the files of one list", "import each as a list of its own")
        return _single(forms.pop(), texts[0], named)


def load(path: Path) -> ListFile:
    """Read a list from a file, named after it without its ending; raises BadList naming the file and what is wrong."""
    try:
        with path.open("rb") as source:
            data = source.read(LARGEST_FILE + 1)
    except OSError as error:
        raise BadList(
            f"the list {path} cannot be opened ({error.strerror})", "check its path and permissions"
        ) from None
    return ListFormats().read([(str(path), data)])


def _single(form: str, text: str, file: str) -> ListFile:
    """Read a list that is one text."""
    if form == "eu-csv":
        return _of(form, EuRows(file).read(text))
    if form == "uk-csv":
        return _of(form, UkRows(file).read(text))
    if form == "csv":
        kind, entries, people, problems = own_rows(text, file)
        return ListFile(PurePath(file).stem, form, kind, tuple(entries), people=people, problems=tuple(problems))
    return ListFile(PurePath(file).stem, form, None, tuple(lines(text, file)))


def _of(form: str, found: Sanctions) -> ListFile:
    """Give what a sanctions list holds."""
    name = PurePath(found.file.partition(", ")[0]).stem
    return ListFile(name, form, ListKind.NAMES, tuple(found.entries), found.source, found.dated, found.people)


def _is_xml(data: bytes) -> bool:
    """Tell whether a file begins as XML does."""
    return data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") or data.startswith((b"\xff\xfe", b"\xfe\xff"))


def _text(name: str, data: bytes) -> str:
    """Give a file as text; raises BadList."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadList(f"the list {name} is not UTF-8 ({error.reason})", "save it as UTF-8 text") from None
