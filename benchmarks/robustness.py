"""Which copies of a picture are recognised, and what else is: attacks on photographs, every copy against every other picture.

    .venv/bin/python benchmarks/robustness.py [--data ../shared/data/images] [--seed 1] [--picture-hash luma]

Originals are all photographs under the folder whose PDQ quality reaches the floor, one of each scene. A bank holds the signals of each
type that an original leaves, and those of drawn pictures beside, so that it is large enough for lists to be used. Every attack
(`attacks.py`) makes one copy of each original; it goes through the box like any upload, and what is found in the bank is counted: recall
is the share of copies that meet their original, false is the number of pairs of a copy and another scene that meet. Then the right halves
of the originals are looked for in a bank of their left halves: the hardest strangers we have. Posters on one layout with different
words come last: they are not copies, and look like some.
"""

import argparse
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from forestall.detect.match.signals.parts import PARTS
from forestall.detect.match.signals.pdq import PDQ
from forestall.media import Box
from forestall.model.content import Attachment
from forestall.model.reading import Plane, Reading
from forestall.model.settings import Settings

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.attacks import ATTACKS, saved, templates

SCENES = (
    "photos/perception/*",
    "photos/scikit-image/*",
    "pdq/labelme-subset/*",
    "pdq/formats/[!l]*",
    "pdq/bridge-mods/aaa-orig.jpg",
)
_DECOYS = 1_000_000
KINDS = {".jpg", ".jpeg", ".png"}


class Bench:
    """Opens pictures in the box and looks for them among the known ones."""

    def __init__(self, picture_hash: str) -> None:
        self.box = Box(Settings(box_workers=1, picture_hash=picture_hash))
        self.known: list[tuple[str, Image.Image]] = []
        self._keys: NDArray[np.uint8] = np.empty((0, 32), np.uint8)
        self._owners: NDArray[np.int64] = np.empty(0, np.int64)
        self._values = [(_DECOYS + seed, value) for seed in range(100) for value in _values(_drawn(seed))]
        self._parts = PARTS.matcher()

    def reading(self, data: bytes) -> Reading:
        """Give what is in a picture file."""
        return Reading("1", planes=self.box.open(Attachment("copy", data)).planes)

    def learn(self, name: str, picture: Image.Image) -> bool:
        """Bank a picture; false where its quality is too low for any signal."""
        reading = self.reading(saved(picture, "PNG"))
        traces = list(PDQ.traces(reading))
        if traces:
            place = len(self.known)
            self.known.append((name, picture))
            keys = np.frombuffer(b"".join(PDQ.key(trace.value) for trace in traces), np.uint8).reshape(-1, 32)
            self._keys = np.concatenate([self._keys, keys])
            self._owners = np.concatenate([self._owners, [place] * len(traces)])
            self._values += [(place, value) for value in _values(reading)]
        return bool(traces)

    def found(self, data: bytes) -> dict[str, set[int]]:
        """Give per signal type the places of the known pictures that a file meets."""
        if not len(self._parts):
            self._parts.add(self._values)  # all at once, so that one segment with lists holds them
        reading = self.reading(data)
        queries = [query.key for query in PDQ.queries(reading)]
        near: set[int] = set()
        if queries:
            asked = np.frombuffer(b"".join(queries), np.uint8).reshape(-1, 1, 32)
            distances = np.bitwise_count(asked ^ self._keys[None]).sum(axis=2)
            near = set(self._owners[distances.min(axis=0) <= PDQ.radius].tolist())
        alike = {hit.id for hit in self._parts.look(reading) if hit.distance <= PARTS.radius}
        return {PDQ.name: near, PARTS.name: alike}


def _drawn(seed: int) -> Reading:
    """Give a drawn picture with detail at many scales."""
    rng = np.random.default_rng(seed)
    total = np.zeros((300, 400))
    for cells in (3, 7, 16, 40):
        coarse = Image.fromarray(rng.random((cells, cells)).astype(np.float32))
        total += np.asarray(coarse.resize((400, 300), Image.Resampling.BICUBIC)) / cells**0.5
    luma = ((total - total.min()) / (total.max() - total.min()) * 255).astype(np.uint8)
    return Reading("1", planes=(Plane("p", 400, 300, luma.tobytes()),))


def _values(reading: Reading) -> list[str]:
    """Give the values of a picture's parts."""
    return [trace.value for trace in PARTS.traces(reading)]


def scenes(folder: Path) -> list[tuple[str, Image.Image]]:
    """Give the photographs of the evaluation data, one of each scene."""
    paths = [path for pattern in SCENES for path in sorted(folder.glob(pattern)) if path.suffix in KINDS]
    return [(path.name, Image.open(path).convert("RGB")) for path in paths if path.stem not in {"text", "I16"}]


def attacked(bench: Bench, seed: int) -> None:
    """Print recall and false matches per attack and type."""
    kinds = [PDQ.name, PARTS.name]
    totals = dict.fromkeys(kinds, 0)
    pairs = 0
    print(f"{len(bench.known)} originals\n{'attack':40}" + "".join(f"{kind:>18}" for kind in kinds) + f"{'any':>8}")
    for name, attack in ATTACKS.items():
        rng = random.Random(f"{seed} {name}")
        hits, false, either = dict.fromkeys(kinds, 0), dict.fromkeys(kinds, 0), 0
        for place, (_, picture) in enumerate(bench.known):
            found = bench.found(attack(picture, rng))
            for kind in kinds:
                hits[kind] += place in found[kind]
                false[kind] += len(found[kind] - {place})
            either += any(place in found[kind] for kind in kinds)
            pairs += len(bench.known) - 1
        for kind in kinds:
            totals[kind] += false[kind]
        count = len(bench.known)
        cells = "".join(f"{hits[kind] / count:9.2f}, {false[kind]:2} false" for kind in kinds)
        print(f"{name:40}{cells}{either / count:8.2f}", flush=True)
    print(
        f"false matches over {pairs} unrelated pairs: " + ", ".join(f"{kind} {count}" for kind, count in totals.items())
    )


def halves(known: Sequence[tuple[str, Image.Image]], picture_hash: str) -> None:
    """Print how many right halves of pictures meet a left half, of their own picture or another."""
    bench = Bench(picture_hash)
    rights = []
    for name, picture in known:
        middle = picture.width // 2
        if bench.learn(name, picture.crop((0, 0, middle, picture.height))):
            rights.append(picture.crop((middle, 0, picture.width, picture.height)))
    found = [bench.found(saved(right)) for right in rights]
    count = {kind: sum(len(met[kind]) for met in found) for kind in (PDQ.name, PARTS.name)}
    print(f"right halves that meet a left half, of {len(rights) ** 2} pairs: " + _counts(count))
    bench.box.close()


def posters(picture_hash: str, of_each: int) -> None:
    """Print how many pairs of posters meet that have one layout and different words, and that have different layouts."""
    bench = Bench(picture_hash)
    drawn = [(name, picture) for name, picture in templates(of_each) if bench.learn(name, picture)]
    alike: dict[str, int] = {}
    other: dict[str, int] = {}
    pairs = 0
    for place, (name, picture) in enumerate(drawn):
        for kind, places in bench.found(saved(picture)).items():
            same = sum(drawn[at][0].rsplit(" ", 1)[0] == name.rsplit(" ", 1)[0] for at in places - {place})
            alike[kind] = alike.get(kind, 0) + same
            other[kind] = other.get(kind, 0) + len(places - {place}) - same
        pairs += sum(of[0].rsplit(" ", 1)[0] == name.rsplit(" ", 1)[0] for of in drawn) - 1
    print(f"posters on one layout with different words that meet, of {pairs} pairs: " + _counts(alike))
    print(
        f"posters on different layouts that meet, of {len(drawn) * (len(drawn) - 1) - pairs} pairs: " + _counts(other)
    )
    bench.box.close()


def _counts(found: dict[str, int]) -> str:
    """Give counts by type."""
    return ", ".join(f"{kind} {count}" for kind, count in found.items())


def main(given: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[1].parent / "shared" / "data" / "images")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--picture-hash", default="luma", choices=("luma", "exact"))
    parser.add_argument("--posters", type=int, default=12, help="posters of each layout")
    asked = parser.parse_args(given)
    bench = Bench(asked.picture_hash)
    for name, picture in scenes(asked.data):
        if not bench.learn(name, picture):
            print(f"left out, quality too low: {name}")
    attacked(bench, asked.seed)
    halves(bench.known, asked.picture_hash)
    bench.box.close()
    posters(asked.picture_hash, asked.posters)


if __name__ == "__main__":
    main()
