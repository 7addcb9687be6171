"""Passages: how fast banked ones are looked for in posts, how many changed copies are found, and how many posts match by chance.

    .venv/bin/python benchmarks/passages.py [--data ../shared/data] [--banked 10000] [--rounds 5]

Posts and passages come from ../shared/data/speech: passages are posts and verses of one half, looked for in the texts of the
other. CPU time of one thread, the least of the rounds. Prints counts and row numbers, never a text.
"""

import argparse
import csv
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from forestall.detect.base import folded
from forestall.detect.match.signals.passage import PASSAGE, PassageMatcher
from forestall.model.errors import BadInput
from forestall.model.reading import BODY, Reading, Role, Segment

SETS = (
    "arsarcasm/*.csv",
    "mlma-ar/*.csv",
    "roman-urdu/*.tsv",
    "naijasenti-hausa/*.tsv",
    "somali-headlines/*.csv",
    "goemotions/*.tsv",
)
SCRIPTURE = ("quran-en-palmer.txt", "quran-en-rodwell.txt", "quran-ar.txt")
OBFUSCATED = str.maketrans("aeio", "а310")


def posts(data: Path) -> Iterator[tuple[str, str]]:
    """Give every post of the speech sets, the longest cell of its row, with the name of its set."""
    for pattern in SETS:
        for path in sorted((data / "speech").glob(pattern)):
            with path.open(encoding="utf-8", newline="") as source:
                for row in csv.reader(source, delimiter="\t" if path.suffix == ".tsv" else ",", quoting=_quoting(path)):
                    text = max(row, key=len, default="")
                    if text:
                        yield path.parent.name, text


def _quoting(path: Path) -> Literal[0, 3]:
    """Give how a file quotes: CSV does, TSV does not."""
    return csv.QUOTE_MINIMAL if path.suffix == ".csv" else csv.QUOTE_NONE


def reading(text: str) -> Reading:
    """Give a post's reading with its text folded, as it is when matching begins."""
    post = Reading("1", segments=(Segment(BODY, Role.BODY, text),))
    folded(post, 0)
    return post


def banked(texts: Sequence[str], most: int) -> tuple[PassageMatcher, list[str]]:
    """Give a matcher over the texts that are passages, at most so many, and their values."""
    values: dict[str, None] = {}
    for text in texts:
        try:
            values[PASSAGE.normalise(text)] = None
        except BadInput:
            continue
        if len(values) == most:
            break
    matcher = PASSAGE.matcher()
    began = time.process_time()
    matcher.add(list(enumerate(values)))
    print(f"{len(matcher):,} passages indexed in {time.process_time() - began:.2f} s")
    return matcher, list(values)


def speed(matcher: PassageMatcher, texts: Sequence[str], rounds: int) -> None:
    """Print the time per post: with the words hashed anew, and with what the trace left behind."""
    lots = [reading(text) for text in texts]
    times: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(rounds):
        for anew in (True, False):
            if anew:
                for post in lots:
                    post.memo.pop("words:0", None)
            began = time.process_time()
            for post in lots:
                for _hit in matcher.look(post):
                    pass
            times[anew].append((time.process_time() - began) / len(lots) * 1e6)
    mean = statistics.mean(map(len, texts))
    print(
        f"{len(texts):,} posts of {mean:.0f} characters: {min(times[True]):.1f} µs a post, {min(times[False]):.1f} µs of it the search"
    )


def chance(matcher: PassageMatcher, texts: Sequence[tuple[str, str]], what: str) -> None:
    """Print how many posts match, by set, with the first row numbers."""
    found: dict[str, list[int]] = {}
    for row, (name, text) in enumerate(texts):
        if any(hit.distance <= PASSAGE.radius for hit in matcher.look(reading(text))):
            found.setdefault(name, []).append(row)
    total = sum(map(len, found.values()))
    print(
        f"{what}: {total} of {len(texts):,} posts match", {name: (len(rows), rows[:5]) for name, rows in found.items()}
    )


def recall(passages: Sequence[str], carriers: Sequence[str]) -> None:
    """Print how many changed copies inside other posts are found, by share of words changed, beside what a slow aligner says."""
    rng = random.Random(7)
    vocabulary = sorted({word for text in carriers[:2_000] for word in text.split() if word.isalpha()})
    print(
        "share of words changed | found | at most 15 % changed by a slow aligner, found of these | obfuscated besides: found"
    )
    for share in (0, 5, 10, 15, 20, 25, 30):
        found = near = met = hidden = 0
        for passage in passages:
            value, copy = PASSAGE.normalise(passage), changed(passage, share, vocabulary, rng)
            before, behind = rng.choice(carriers), rng.choice(carriers)
            matcher = PASSAGE.matcher()
            matcher.add([(1, value)])
            text = f"{before} {copy} {behind}"
            hit = any(hit.distance <= PASSAGE.radius for hit in matcher.look(reading(text)))
            found += hit
            close = PASSAGE.compare(value, PASSAGE.normalise(text)) <= PASSAGE.radius
            near, met = near + close, met + (close and hit)
            text = f"{before} {copy.translate(OBFUSCATED)} {behind}"
            hidden += any(hit.distance <= PASSAGE.radius for hit in matcher.look(reading(text)))
        print(
            f"  {share:2d} % | {found / len(passages):.3f} | {near} → {met / max(near, 1):.4f} | {hidden / len(passages):.3f}"
        )


def changed(passage: str, share: int, vocabulary: Sequence[str], rng: random.Random) -> str:
    """Give a passage with a share of its words left out, put in or replaced, rounded down."""
    words = passage.split()
    for _ in range(len(words) * share // 100):
        place = rng.randrange(len(words))
        what = rng.randrange(3)
        words[place : place + (what != 1)] = [] if what == 0 else [rng.choice(vocabulary)]
    return " ".join(words)


def long_texts(matcher: PassageMatcher, texts: Sequence[str]) -> None:
    """Print the time for texts of a million characters."""
    joined = " ".join(texts)[:1_000_000]
    for name, text in {
        "posts end to end": joined,
        "one word again and again": "word " * 200_000,
        "two words in turn": "word other " * 90_000,
        "banked words shuffled": " ".join(random.Random(3).sample(joined.split(), len(joined.split()))),
    }.items():
        post = reading(text)
        began = time.process_time()
        count = sum(1 for _ in matcher.look(post))
        print(f"  {name}: {len(text):,} characters in {time.process_time() - began:.3f} s, {count} passages found")


def main() -> None:
    """Run all measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--banked", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    everything = list(posts(options.data))
    verses = [
        line
        for name in SCRIPTURE
        for line in (options.data / "speech" / "scripture" / name).read_text("utf-8").splitlines()
    ]
    print(f"{len(everything):,} posts, {len(verses):,} lines of scripture")
    rng = random.Random(1)
    talk = [text for _, text in everything]
    rng.shuffle(talk)
    middle = len(talk) // 2
    own, _ = banked(talk[middle:], options.banked)
    other = set(talk[middle:])
    typical = [text for text in talk[:middle] if 120 <= len(text) <= 180 and text not in other][:5_000]
    speed(own, typical, options.rounds)
    scripture, values = banked(verses, options.banked)
    speed(scripture, typical, options.rounds)
    print(f"bytes of a canonical value: {np.mean([len(value) for value in values]):.0f}")
    chance(scripture, everything, "scripture banked (which nobody should)")
    chance(own, [("scripture", verse) for verse in verses], "posts banked, in scripture")
    passages = [text for text in talk if len(text) >= 90 and len(text.split()) >= 14][:1_000]
    recall(passages, [text for text in typical if text not in passages])
    print("long texts, against the banked posts:")
    long_texts(own, talk)


if __name__ == "__main__":
    main()
