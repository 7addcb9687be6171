"""The inner loops of recognising a picture by its parts, compiled. See `parts` for what they are for."""

# ruff: noqa: PLR0917 - kernels take arrays one by one; a struct would cost more per call than the loop

import numpy as np
from numpy.typing import NDArray

from forestall.text.kernel import kernel

_GRID = 16
_WORDS = 2
_CHUNKS = 8
_VALUES = 1 << 16
_MOST_IN_LIST = 20_000
_MOST_BESIDE = 12  # differing bits of the next two chunks: what has more is passed over without a look at the rest
_EDGE = 12.1  # (r + 1)² / r for r = 10, as usual: a point on an edge has no place along it

Lists = tuple[NDArray[np.int32], NDArray[np.uint32], NDArray[np.uint32]]
"""Where each chunk value's list starts (8, 65537), and in list order the rows (8, N) and their next two chunks (8, N)."""


@kernel
def reduce(luma: NDArray[np.uint8], width: int, height: int, factor: int) -> NDArray[np.float32]:
    """Give brightness averaged over blocks of `factor` x `factor` pixels; what is left over at the right and bottom is dropped."""
    rows, columns = height // factor, width // factor
    small = np.zeros((rows, columns), np.float32)
    share = np.float32(1 / (factor * factor))
    sums = np.empty(width, np.int32)
    for y in range(rows):
        sums[:] = 0
        for k in range(factor):
            line = luma[(y * factor + k) * width : (y * factor + k + 1) * width]
            for x in range(width):
                sums[x] += line[x]
        for x in range(columns):
            total = 0
            for j in range(factor):
                total += sums[x * factor + j]
            small[y, x] = share * np.float32(total)
    return small


@kernel
def blur(image: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give an image blurred along both axes by symmetric weights of odd length; its edge pixels go on outside.

    Row by row, down and then across; neighbours are added four at a time, to pass over a row less often.
    """
    height, width = image.shape
    reach = weights.shape[0] // 2
    out = np.empty((height, width), np.float32)
    padded = np.empty(width + 2 * reach, np.float32)
    middle = padded[reach : reach + width]
    for y in range(height):
        _scale(middle, image[y], weights[reach])
        for k in range(1, reach + 1, 2):
            far = min(k + 1, reach)
            above, below = image[max(0, y - k)], image[min(height - 1, y + k)]
            top, bottom = image[max(0, y - far)], image[min(height - 1, y + far)]
            _add(
                middle,
                above,
                below,
                weights[reach + k],
                top,
                bottom,
                weights[reach + far] if far > k else np.float32(0),
            )
        padded[:reach] = middle[0]
        padded[reach + width :] = middle[width - 1]
        _scale(out[y], middle, weights[reach])
        for k in range(1, reach + 1, 2):
            far = min(k + 1, reach)
            left, right = padded[reach - k : reach - k + width], padded[reach + k : reach + k + width]
            first, last = padded[reach - far : reach - far + width], padded[reach + far : reach + far + width]
            _add(
                out[y], left, right, weights[reach + k], first, last, weights[reach + far] if far > k else np.float32(0)
            )
    return out


@kernel
def _scale(line: NDArray[np.float32], source: NDArray[np.float32], weight: np.float32) -> None:
    """Fill a line with a multiple of another."""
    for x in range(line.shape[0]):
        line[x] = weight * source[x]


@kernel
def _add(
    line: NDArray[np.float32],
    one: NDArray[np.float32],
    two: NDArray[np.float32],
    near: np.float32,
    three: NDArray[np.float32],
    four: NDArray[np.float32],
    far: np.float32,
) -> None:
    """Add to a line the first two others times `near` and the last two times `far`."""
    for x in range(line.shape[0]):
        line[x] += near * (one[x] + two[x]) + far * (three[x] + four[x])


@kernel
def double(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give an image at twice its size, each new pixel between the four nearest."""
    height, width = image.shape
    out = np.empty((2 * height, 2 * width), np.float32)
    for y in range(2 * height):
        near, far = y // 2, min(height - 1, max(0, y // 2 + (1 if y & 1 else -1)))
        for x in range(2 * width):
            here, beside = x // 2, min(width - 1, max(0, x // 2 + (1 if x & 1 else -1)))
            out[y, x] = (
                9 * image[near, here] + 3 * image[near, beside] + 3 * image[far, here] + image[far, beside]
            ) / np.float32(16)
    return out


@kernel
def extrema(layers: NDArray[np.float32], least: float, found: NDArray[np.float32]) -> int:
    """Find points where a stack of differences (L, H, W) is more extreme than at all 26 neighbours; give how many.

    Fills `found` with layer, y, x (to a fraction), strength. Points along edges are left out.
    """
    count = 0
    for z in range(1, layers.shape[0] - 1):
        here = layers[z]
        for y in range(1, layers.shape[1] - 1):
            above, line, below = here[y - 1], here[y], here[y + 1]
            for x in range(1, layers.shape[2] - 1):
                value = line[x]
                high = max(line[x - 1], line[x + 1], above[x], below[x])
                low = min(line[x - 1], line[x + 1], above[x], below[x])
                if low <= value <= high or abs(value) < least:  # most are ruled out by their nearest neighbours
                    continue
                if not _is_extreme(layers, z, y, x, value) or count >= found.shape[0]:
                    continue
                dxx = here[y, x + 1] + here[y, x - 1] - 2 * value
                dyy = here[y + 1, x] + here[y - 1, x] - 2 * value
                dxy = (here[y + 1, x + 1] - here[y + 1, x - 1] - here[y - 1, x + 1] + here[y - 1, x - 1]) / 4
                spread, turn = dxx + dyy, dxx * dyy - dxy * dxy
                if turn <= 0 or spread * spread >= _EDGE * turn:
                    continue
                dzz = layers[z + 1, y, x] + layers[z - 1, y, x] - 2 * value
                found[count, 0] = z + _offset((layers[z + 1, y, x] - layers[z - 1, y, x]) / 2, dzz)
                found[count, 1] = y + _offset((here[y + 1, x] - here[y - 1, x]) / 2, dyy)
                found[count, 2] = x + _offset((here[y, x + 1] - here[y, x - 1]) / 2, dxx)
                found[count, 3] = abs(value)
                count += 1
    return count


@kernel
def _is_extreme(layers: NDArray[np.float32], z: int, y: int, x: int, value: float) -> bool:
    """Tell whether a value is above, or below, all 26 around it."""
    sign = 1.0 if value > 0 else -1.0
    for k in range(-1, 2):
        for j in range(-1, 2):
            for i in range(-1, 2):
                if (k or j or i) and sign * layers[z + k, y + j, x + i] >= sign * value:
                    return False
    return True


@kernel
def _offset(slope: float, bend: float) -> float:
    """Give where between the pixels a parabola peaks, within half a pixel."""
    return 0.0 if bend == 0 else min(0.5, max(-0.5, -slope / bend))


@kernel
def describe(
    image: NDArray[np.float32],
    y: float,
    x: float,
    step: float,
    cosine: float,
    sine: float,
    basis: NDArray[np.float64],
    order: NDArray[np.int64],
) -> NDArray[np.uint8]:
    """Give 128 bits on what is around a point: signs of the lowest frequencies of 16 x 16 samples `step` pixels apart.

    The samples lie turned by the angle whose cosine and sine are given. `basis` is the DCT's matrix (16, 16), `order` the 128
    places 16 i + j whose signs are kept.
    """
    height, width = image.shape
    patch = np.empty((_GRID, _GRID), np.float64)
    for j in range(_GRID):
        for i in range(_GRID):
            across, down = (i - 7.5) * step, (j - 7.5) * step
            at_x = min(width - 1.001, max(0.0, x + across * cosine - down * sine))
            at_y = min(height - 1.001, max(0.0, y + across * sine + down * cosine))
            left, top = int(at_x), int(at_y)
            right_share, low_share = at_x - left, at_y - top
            upper = image[top, left] * (1 - right_share) + image[top, left + 1] * right_share
            lower = image[top + 1, left] * (1 - right_share) + image[top + 1, left + 1] * right_share
            patch[j, i] = upper * (1 - low_share) + lower * low_share
    half = np.zeros((_GRID, _GRID), np.float64)
    for i in range(_GRID):
        for k in range(_GRID):
            for x_at in range(_GRID):
                half[i, x_at] += basis[i, k] * patch[k, x_at]
    bits = np.zeros(order.shape[0] // 8, np.uint8)
    for place in range(order.shape[0]):
        row, column = order[place] // _GRID, order[place] % _GRID
        total = 0.0
        for k in range(_GRID):
            total += half[row, k] * basis[column, k]
        if total > 0:
            bits[place >> 3] |= np.uint8(1 << (place & 7))
    return bits


@kernel
def _chunk(words: NDArray[np.uint64], row: int, position: int) -> np.uint64:
    """Give one of the eight chunks of a description, 0..65535."""
    value: np.uint64 = (words[row, position >> 2] >> np.uint64((position & 3) << 4)) & np.uint64(0xFFFF)
    return value


@kernel
def _ones(word: np.uint64) -> np.int64:
    """Count the ones of a word."""
    word = word - ((word >> np.uint64(1)) & np.uint64(0x5555555555555555))
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((word * np.uint64(0x0101010101010101)) >> np.uint64(56))


@kernel
def build(words: NDArray[np.uint64]) -> Lists:
    """Give the lists of rows by chunk value."""
    size = words.shape[0]
    starts = np.zeros((_CHUNKS, _VALUES + 1), np.int32)
    rows = np.empty((_CHUNKS, size), np.uint32)
    beside = np.empty((_CHUNKS, size), np.uint32)
    for t in range(_CHUNKS):
        for row in range(size):
            starts[t, _chunk(words, row, t) + np.uint64(1)] += 1
        for value in range(_VALUES):
            starts[t, value + 1] += starts[t, value]
        fill = starts[t].copy()
        for row in range(size):
            own = _chunk(words, row, t)
            rows[t, fill[own]] = row
            beside[t, fill[own]] = _beside(words, row, t)
            fill[own] += 1
    return starts, rows, beside


@kernel
def _beside(words: NDArray[np.uint64], row: int, position: int) -> np.uint64:
    """Give the two chunks after one, which the first follows the last."""
    first, second = _chunk(words, row, (position + 1) % _CHUNKS), _chunk(words, row, (position + 2) % _CHUNKS)
    return first | (second << np.uint64(16))


@kernel
def candidates(
    words: NDArray[np.uint64], lists: Lists, asked: NDArray[np.uint64], flips: int, most: int, found: NDArray[np.int64]
) -> int:
    """Fill `found` with (query, row) of descriptions at most `most` bits apart that share a chunk; give how many there were room for.

    With `flips` 16, a chunk that differs in one bit is shared too; with 0 it must be equal. A pair may come several times.
    """
    starts, rows, beside = lists
    count = 0
    for query in range(asked.shape[0]):
        for t in range(_CHUNKS):
            own, next_own = _chunk(asked, query, t), _beside(asked, query, t)
            for flip in range(-1, flips):
                value = own if flip < 0 else own ^ (np.uint64(1) << np.uint64(flip))
                begin, end = int(starts[t, value]), int(starts[t, value + np.uint64(1)])
                for at in range(begin, min(end, begin + _MOST_IN_LIST)):
                    if _ones(np.uint64(beside[t, at]) ^ next_own) > _MOST_BESIDE:
                        continue
                    row = int(rows[t, at])
                    if _apart(words, row, asked, query) <= most and count < found.shape[0]:
                        found[count, 0], found[count, 1] = query, row
                        count += 1
    return count


@kernel
def compared(words: NDArray[np.uint64], asked: NDArray[np.uint64], most: int, found: NDArray[np.int64]) -> int:
    """Fill `found` with (query, row) of descriptions at most `most` bits apart; give how many there were room for."""
    count = 0
    for query in range(asked.shape[0]):
        for row in range(words.shape[0]):
            if _apart(words, row, asked, query) <= most and count < found.shape[0]:
                found[count, 0], found[count, 1] = query, row
                count += 1
    return count


@kernel
def _apart(words: NDArray[np.uint64], row: int, asked: NDArray[np.uint64], query: int) -> np.int64:
    """Count the bits in which two descriptions differ."""
    total = np.int64(0)
    for k in range(_WORDS):
        total += _ones(words[row, k] ^ asked[query, k])
    return total


@kernel
def agreeing(here: NDArray[np.float32], there: NDArray[np.float32], pairs: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Give which pairs of points (M, 2) one shift, scaling and slight turn explains; the largest such set found.

    Points are x, y, and the logarithm of their size to base 2; every pair on its own proposes a shift and a scale. No point counts twice.
    """
    best = np.zeros(pairs.shape[0], np.bool_)
    most = 0
    for first in range(pairs.shape[0]):
        a, b = pairs[first, 0], pairs[first, 1]
        level = there[b, 2] - here[a, 2]
        scale = 2.0**level
        chosen = np.zeros(pairs.shape[0], np.bool_)
        for other in range(pairs.shape[0]):
            p, q = pairs[other, 0], pairs[other, 1]
            across, down = scale * (here[p, 0] - here[a, 0]), scale * (here[p, 1] - here[a, 1])
            off_x, off_y = there[q, 0] - there[b, 0] - across, there[q, 1] - there[b, 1] - down
            slack = 2.0 * 2.0 ** there[b, 2] + 0.25 * np.sqrt(across * across + down * down)
            chosen[other] = (
                abs(there[q, 2] - here[p, 2] - level) < 0.6 and off_x * off_x + off_y * off_y < slack * slack
            )
        if chosen.sum() > most:
            kept = _fitting(here, there, pairs, chosen)
            if kept.sum() > most:
                most, best = kept.sum(), kept
    return best


@kernel
def _fitting(
    here: NDArray[np.float32], there: NDArray[np.float32], pairs: NDArray[np.int64], chosen: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Fit shift, scale and turn to the chosen pairs, twice, and give those that fit closely; no point counts twice."""
    for _ in range(2):
        kept = np.zeros(pairs.shape[0], np.bool_)
        count = chosen.sum()
        if count < 3:
            return kept
        mean = np.zeros(4)
        for m in range(pairs.shape[0]):
            if chosen[m]:
                p, q = pairs[m, 0], pairs[m, 1]
                mean += np.array([here[p, 0], here[p, 1], there[q, 0], there[q, 1]]) / count
        length = straight = cross = 0.0
        for m in range(pairs.shape[0]):
            if chosen[m]:
                p, q = pairs[m, 0], pairs[m, 1]
                x, y, u, v = here[p, 0] - mean[0], here[p, 1] - mean[1], there[q, 0] - mean[2], there[q, 1] - mean[3]
                length += x * x + y * y
                straight += x * u + y * v
                cross += x * v - y * u
        if length == 0:
            return kept
        cosine, sine = straight / length, cross / length
        for m in range(pairs.shape[0]):
            p, q = pairs[m, 0], pairs[m, 1]
            x, y = here[p, 0] - mean[0], here[p, 1] - mean[1]
            off_x = there[q, 0] - mean[2] - (cosine * x - sine * y)
            off_y = there[q, 1] - mean[3] - (sine * x + cosine * y)
            slack = 1.5 * 2.0 ** there[q, 2]
            kept[m] = off_x * off_x + off_y * off_y < slack * slack and abs(sine) < 0.4 * abs(cosine) and cosine > 0
        chosen = kept
    for m in range(pairs.shape[0]):
        for n in range(m):
            if kept[m] and kept[n] and (pairs[m, 0] == pairs[n, 0] or pairs[m, 1] == pairs[n, 1]):
                kept[m] = False
    return kept
