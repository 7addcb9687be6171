"""Sound: anthems, songs and speeches, recognised by how the energy in 33 narrow bands rises and falls.

After the published descriptions of Haitsma and Kalker ("A Highly Robust Audio Fingerprinting System", 2002) and of Chromaprint's
windows (4,096 samples at 11,025 Hz, every 1,365). Between 200 and 2,000 Hz, 33 bands of equal musical width; a word of 32 bits every
0.124 s says between which neighbouring bands the difference in loudness grew over three quarters of a second. It holds through
other codecs, rates and loudness, and noise nearly as loud as the sound. Another recording, another speaker or another pitch or tempo
gives other bits: what is recognised is the recording. A word of zeros is silence.

**Written form.** `v1.` and URL-safe base64 of the words, 32 bits each, highest byte first.

**What is a match.** Words are looked up as they are and with their least certain bits turned, from two starting points half a step
apart. Where one is found, the two recordings are laid over each other there, and four seconds in which at most 27 % of the bits differ
(unrelated sound: 32 % at the least, at its luckiest place) count. The distance is the percent missing of the larger share, of the
copy or of the known recording, silence aside: 0 is the same value, 1 a recording heard whole within another.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from forestall.detect.match.signals.audio_postings import Postings
from forestall.detect.match.signals.base import Hit, SequenceMatcher
from forestall.model.bank import Trace
from forestall.model.errors import BadInput
from forestall.model.reading import BODY, Reading, Sound

RATE = 11_025
"""Samples a second that are listened to."""

STEP = 1_365
"""Samples from one word to the next."""

_FRAME = 4_096
_BITS = 32
_LOWEST, _HIGHEST = 200.0, 2_000.0
_MEAN = 3  # frames over which loudness is averaged
_PHASES = (0, STEP // 2)
_SILENT = 1e-7  # of full power, as the mean over the bands
_FLOOR = 1e-9
_BATCH = 256
_SURE, _PAIRS = 6, 3  # least certain bits turned one at a time, and two at a time
_LEAST_WORDS, _MOST_WORDS = 24, 16_384
_WINDOW, _MOST_ERRORS = 32, 0.27
_LOCAL, _LOCAL_ERRORS = 8, 0.40
_MOST_PLACES = 400
_WORD_SECONDS = STEP / RATE
_REACH_SECONDS = (_FRAME + (2 * _MEAN - 1) * STEP) / RATE - _WORD_SECONDS
_JOIN = 16
_MOST_RANGES = 20
_PREFIX = "v1."
_LONGEST_VALUE = 4 * _MOST_WORDS * 2
_HOW = "sound is written as `v1.` and base64, as `forestall` gives it for a recording of at least three seconds"

Words = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Heard:
    """The words of one recording from one starting point, and how certain each bit is: uint32 (N,), float32 (N, 32)."""

    words: Words
    certain: NDArray[np.float32] | None = None


class Audio:
    """The signal type `audio`: words of a recording."""

    name = "audio"
    radius = 95
    largest = 99
    floor = 0

    def normalise(self, value: str) -> str:
        """Give the words of a recording in their one written form; raises BadInput."""
        text = value.strip()
        body = text.removeprefix(_PREFIX).rstrip("=")
        if not text.startswith(_PREFIX) or len(text) > _LONGEST_VALUE or "+" in body or "/" in body:
            raise BadInput("a value is no sound", _HOW)
        try:
            data = binascii.a2b_base64(
                body.replace("-", "+").replace("_", "/") + "=" * (-len(body) % 4), strict_mode=True
            )
        except (ValueError, binascii.Error):
            raise BadInput("a value of type audio is damaged", _HOW) from None
        words = np.frombuffer(data[: len(data) // 4 * 4], ">u4").astype(np.uint32)
        if len(data) % 4 or len(words) > _MOST_WORDS or np.count_nonzero(words) < _LEAST_WORDS:
            raise BadInput("a value of type audio has too few words, too many or half of one", _HOW)
        return written(words)

    def compare(self, first: str, second: str) -> int:
        """Give the percent that is missing of what two recordings share: 0 for equal values, 100 for nothing in common."""
        if first == second:
            return 0
        one, other = sorted((first, second))
        matcher = AudioMatcher()
        matcher.add([(1, one)])
        return min((hit.distance for hit in matcher.lookup(other)), default=100)

    def examples(self) -> Sequence[str]:
        """Give two unrelated made-up recordings of eight seconds."""
        return written(_example(1)), written(_example(2))

    def traces(self, reading: Reading) -> Iterable[Trace]:
        """Give the words of every sound of a reading that is not silent."""
        for part, heard in sounds(reading):
            yield Trace(self.name, part, written(heard[0].words))

    def matcher(self) -> SequenceMatcher:
        """Give an empty matcher."""
        return AudioMatcher()


AUDIO = Audio()


def written(words: Words) -> str:
    """Give words as text."""
    return _PREFIX + base64.urlsafe_b64encode(words.astype(">u4").tobytes()).decode("ascii").rstrip("=")


def exact(value: str) -> Words:
    """Give the words of a canonical value."""
    body = value.removeprefix(_PREFIX)
    return np.frombuffer(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), ">u4").astype(np.uint32)


def sounds(reading: Reading) -> Sequence[tuple[str, list[Heard]]]:
    """Give the recordings of a reading by part, each from every starting point; taken once per reading."""
    found: list[tuple[str, list[Heard]]] | None = reading.memo.get("sounds")
    if found is None:
        found = []
        for sound in reading.sounds:
            heard = [listened(sound, phase) for phase in _PHASES] if sound.rate == RATE else []
            if heard and np.count_nonzero(heard[0].words) >= _LEAST_WORDS:
                found.append((sound.part, heard))
        reading.memo["sounds"] = found
    return found


def listened(sound: Sound, start: int = 0) -> Heard:
    """Give the words of a sound from a starting sample on."""
    samples = np.frombuffer(sound.samples[: len(sound.samples) // 2 * 2], "<i2")[start:]
    energy = _energies(samples[: (_MOST_WORDS + 2 * _MEAN) * STEP + _FRAME - STEP])
    count = len(energy) - 2 * _MEAN + 1
    if count < 1:
        return Heard(np.empty(0, np.uint32))
    loudness = np.log(energy + _FLOOR)
    steps = loudness[:, :-1] - loudness[:, 1:]
    summed = np.cumsum(np.vstack([np.zeros((1, _BITS)), steps]), axis=0)
    means = summed[_MEAN:] - summed[:-_MEAN]
    grew = (means[_MEAN:] - means[:-_MEAN]).astype(np.float32)
    words = np.packbits(grew > 0, axis=1).view(">u4").astype(np.uint32).reshape(-1)
    silent = np.cumsum(np.append(0, energy.mean(axis=1) < _SILENT))
    words[silent[2 * _MEAN :] - silent[: -2 * _MEAN] > 0] = 0
    return Heard(words[:_MOST_WORDS], np.abs(grew[:_MOST_WORDS]))


def _energies(samples: NDArray[np.int16]) -> NDArray[np.float64]:
    """Give the mean power in each band of each frame, float64 (N, 33), as a share of full power."""
    count = (len(samples) - _FRAME) // STEP + 1
    found = np.empty((max(0, count), _BITS + 1))
    window, edges = _shape()
    for first in range(0, count, _BATCH):
        rows = np.arange(first, min(first + _BATCH, count))[:, None] * STEP + np.arange(_FRAME)
        power = np.abs(np.fft.rfft(samples[rows] * window, axis=1)) ** 2
        sums = np.add.reduceat(power, edges, axis=1)[:, :-1]
        found[first : first + len(rows)] = sums / np.diff(edges)
    return found


@cache
def _shape() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Give the window of a frame, scaled to full power, and where in its spectrum each band begins (and the last one ends)."""
    edges = _LOWEST * (_HIGHEST / _LOWEST) ** (np.arange(_BITS + 2) / (_BITS + 1))
    window = np.hanning(_FRAME + 1)[:_FRAME] / 32_768
    return window, np.round(edges * _FRAME / RATE).astype(np.int64)


def _example(seed: int) -> Words:
    """Give made-up words."""
    digests = b"".join(hashlib.sha256(f"{seed}/{number}".encode()).digest() for number in range(8))
    return np.frombuffer(digests, ">u4").astype(np.uint32)


class AudioMatcher:
    """Holds banked recordings and finds them in others (`SequenceMatcher`)."""

    def __init__(self) -> None:
        self._postings = Postings()

    def __len__(self) -> int:
        return len(self._postings)

    def add(self, signals: Sequence[tuple[int, str]]) -> None:
        """Take signals as (id, canonical value); an id it already holds is left as it is."""
        self._postings.add([(number, exact(value)) for number, value in signals])

    def remove(self, ids: Sequence[int]) -> None:
        """Forget signals; ids it does not hold are no error."""
        self._postings.remove(ids)

    def look(self, reading: Reading) -> Iterator[Hit]:
        """Give the banked recordings heard in a reading, by part, nearest first."""
        for part, heard in sounds(reading) if len(self) else ():
            yield from self._met(part, heard)

    def lookup(self, value: str) -> Iterator[Hit]:
        """Give the banked recordings that a canonical value meets, nearest first."""
        if len(self):
            yield from self._met(BODY, [Heard(exact(value))])

    def _met(self, part: str, heard: Sequence[Heard]) -> list[Hit]:
        """Give the hits of one recording: per banked one, from the starting point that lies best."""
        best: dict[int, Hit] = {}
        for one in heard:
            keys, places = _asked(one)
            laid: dict[int, list[int]] = {}
            for number, shift in self._postings.places(keys, places, _MOST_PLACES):
                laid.setdefault(number, []).append(shift)
            for number, shifts in laid.items():
                hit = self._compared(part, one.words, heard[0].words, number, shifts)
                if hit is not None and (number not in best or hit.distance < best[number].distance):
                    best[number] = hit
        return sorted(best.values(), key=lambda hit: (hit.distance, hit.id))

    def _compared(self, part: str, words: Words, kept: Words, number: int, shifts: Iterable[int]) -> Hit | None:
        """Lay a banked recording over another at some places; `None` where they agree nowhere long enough."""
        known = self._postings.words(number)
        here, there = np.zeros(len(words), bool), np.zeros(len(known), bool)
        errors = bits = 0
        for shift in shifts:
            first, last = max(0, -shift), min(len(words), len(known) - shift)
            if last - first < _LEAST_WORDS:
                continue
            agreed, apart = _agreeing(words[first:last], known[first + shift : last + shift])
            if np.count_nonzero(agreed & ~here[first:last]) < _LOCAL:
                continue  # a tune that repeats itself agrees with itself elsewhere too
            here[first:last] |= agreed
            there[first + shift : last + shift] |= agreed
            errors, bits = errors + int(apart[agreed].sum()), bits + _BITS * int(agreed.sum())
        if np.count_nonzero(here) < _LEAST_WORDS:
            return None
        shares = (np.count_nonzero(here) / np.count_nonzero(words), np.count_nonzero(there) / np.count_nonzero(known))
        evidence = {
            "share_of_copy": min(100, round(100 * shares[0])),
            "share_of_known": min(100, round(100 * shares[1])),
            "copy_seconds": _ranges(here),
            "known_seconds": _ranges(there),
            "bits_differing": round(100 * errors / bits),
        }
        distance = 0 if np.array_equal(kept, known) else min(100, max(1, round(100 - 100 * max(shares))))
        return Hit(number, part, distance, evidence=evidence)


def _asked(heard: Heard) -> tuple[Words, NDArray[np.int64]]:
    """Give the words to look up, changed ones included, and where each stands."""
    places = np.flatnonzero(heard.words)
    words = heard.words[places]
    single = np.uint32(1) << np.arange(_BITS - 1, -1, -1, dtype=np.uint32)  # bit of each band, as packed
    if heard.certain is None:
        turned = np.concatenate([np.zeros(1, np.uint32), single])[None, :].repeat(len(words), axis=0)
    else:
        weak = single[np.argsort(heard.certain[places], axis=1, kind="stable")[:, :_SURE]]
        pairs = [weak[:, one] | weak[:, other] for one in range(_PAIRS) for other in range(one)]
        turned = np.column_stack([np.zeros(len(words), np.uint32), weak, *pairs])
    return (words[:, None] ^ turned).reshape(-1), np.repeat(places, turned.shape[1])


def _agreeing(words: Words, known: Words) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Say which words lie in a stretch that agrees, and in how many bits each differs. Both are of one length."""
    sound = (words != 0) & (known != 0)
    apart = np.bitwise_count(words ^ known).astype(np.int64) * sound
    length = min(_WINDOW, len(words))
    errors, counted = _moving(apart, length), _moving(sound.astype(np.int64), length)
    starts = (counted >= length * 3 // 4) & (errors <= _MOST_ERRORS * _BITS * counted)
    covered = np.zeros(len(words) + 1, np.int64)
    covered[: len(starts)] += starts
    covered[length : length + len(starts)] -= starts
    near = min(_LOCAL, len(words))
    padded = (
        np.pad(apart, (near // 2, near - 1 - near // 2)),
        np.pad(sound.astype(np.int64), (near // 2, near - 1 - near // 2)),
    )
    local = _moving(padded[0], near) <= _LOCAL_ERRORS * _BITS * _moving(padded[1], near)
    return (np.cumsum(covered[:-1]) > 0) & local & sound, apart


def _moving(values: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """Give the sums of all stretches of a length."""
    summed = np.cumsum(np.append(0, values))
    found: NDArray[np.int64] = summed[length:] - summed[:-length]
    return found


def _ranges(heard: NDArray[np.bool_]) -> list[list[float]]:
    """Give from which second to which words were heard, as [from, to]; short gaps are closed, the first 20 are given."""
    found: list[list[int]] = []
    for place in np.flatnonzero(heard).tolist():
        if found and place - found[-1][1] <= _JOIN:
            found[-1][1] = place + 1
        else:
            found.append([place, place + 1])
    return [
        [round(first * _WORD_SECONDS, 1), round(last * _WORD_SECONDS + _REACH_SECONDS, 1)] for first, last in found
    ][:_MOST_RANGES]
