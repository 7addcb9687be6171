"""Small stand-ins for known material: two signal types, an archive that compares everything with everything, a library without banks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from forestall.model.bank import Found, Match, Trace
from forestall.model.errors import BadInput
from forestall.model.ports import Store
from forestall.model.reading import Reading
from forestall.model.records import Sighting

SIZES = {"md5": 32, "pdq": 64}
LARGEST = {"md5": 0, "pdq": 31}
FLOORS = {"md5": 0, "pdq": 50}


class TwoTypes:
    """The types `md5` (equality) and `pdq` (Hamming distance up to 31), as `ports.Types`."""

    names: Sequence[str] = tuple(SIZES)

    def normalise(self, kind: str, value: str) -> str:
        """Give a value in lower case; raises BadInput."""
        if kind not in SIZES:
            raise BadInput(f"unknown type of signal `{kind[:40]}`", "known types are md5, pdq")
        digits = value.strip().lower()
        if len(digits) != SIZES[kind] or set(digits) - set("0123456789abcdef"):
            raise BadInput(f"a value has {len(digits)} characters", f"{kind} is written as {SIZES[kind]} hex digits")
        return digits

    def largest_distance(self, kind: str) -> int:
        """Give the largest distance of a type."""
        return LARGEST[kind]

    def radius(self, kind: str) -> int:
        """Give the distance within which values match where a bank does not say."""
        return LARGEST[kind]

    def floor(self, kind: str) -> int:
        """Give the least quality of a type."""
        return FLOORS[kind]

    def compare(self, kind: str, first: str, second: str) -> int:
        """Give the bits in which two values differ."""
        return apart(first, second)


class BruteArchive:
    """An archive without an index: reads all sightings each time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.searches = 0

    def follow(self) -> int:
        """Nothing to follow."""
        return 0

    def search(self, kind: str, values: Sequence[str], radius: int) -> Iterator[Found]:
        """Compare every trace with every value."""
        self.searches += 1
        for position, sighting in list(self._all()):
            for trace in sighting.traces:
                for asked, value in enumerate(values):
                    if trace.type == kind and (distance := apart(trace.value, value)) <= radius:
                        yield Found(asked, position, trace, distance)

    def forget(self, traces: Iterable[Trace]) -> None:
        """Have nothing of its own to forget: it reads the store each time."""

    def close(self) -> None:
        """Nothing to close."""

    def _all(self) -> Iterator[tuple[int, Sighting]]:
        page = self._store.sightings_since()
        while page.items:
            yield from page.items
            page = self._store.sightings_since(page.next_cursor)


class NoLibrary:
    """A library that meets only what a test tells it to (`told`: value → matches)."""

    def __init__(self) -> None:
        self.told: dict[str, Sequence[Match]] = {}

    def follow(self, *, patient: bool = True) -> bool:
        """Nothing to follow."""
        del patient
        return False

    def versions(self) -> Mapping[str, str]:
        """There are no banks."""
        return {}

    def matches(self, reading: Reading, now: str) -> Sequence[Match]:
        """Nothing is known."""
        return ()

    def lookup(self, kind: str, values: Sequence[str], now: str) -> Sequence[Sequence[Match]]:
        """Give what the test told."""
        return [self.told.get(value, ()) for value in values]

    def close(self) -> None:
        """Nothing to close."""


def apart(first: str, second: str) -> int:
    """Give the bits in which two hex values differ."""
    return (int(first, 16) ^ int(second, 16)).bit_count()


def flipped(value: str, bits: int) -> str:
    """Give a hex value with its lowest bits changed."""
    return f"{int(value, 16) ^ ((1 << bits) - 1):0{len(value)}x}"


def trace(value: str, part: str = "photo.jpg", quality: int = 100) -> Trace:
    """Give a trace of a picture or file, by the length of its value."""
    kind = next(name for name, size in SIZES.items() if size == len(value))
    return Trace(kind, part, value, quality if kind == "pdq" else -1)
