"""What can change a result, named with its version as it is now."""

from collections.abc import Callable, Mapping, Sequence

from forestall.flow.lists import Lists
from forestall.flow.screen import Versions
from forestall.model.ports import Detector, Library, ThreadDetector


def current(
    named: Mapping[str, str], detectors: Sequence[Detector | ThreadDetector], library: Library, lists: Lists
) -> Callable[[], Versions]:
    """Give what names all versions: those of banks and lists change while the house stands, the `named` ones do not.

    It gives the same object until one of them changes.
    """
    latest: list[tuple[Mapping[str, str], Mapping[str, str], Versions]] = []

    def now() -> Versions:
        banks, listed = library.versions(), lists.versions()
        if not latest or latest[0][0] is not banks or latest[0][1] is not listed:
            looking = {f"detector:{detector.name}": detector.version for detector in detectors}
            latest[:] = [(banks, listed, Versions({**named, **looking, **banks, **listed}))]
        return latest[0][2]

    return now
