"""How fast text is read: in the compiled loops alone, one call per post, very long texts, beside scikit-learn, and on the way of screening.

python benchmarks/text.py                        all of it; beside scikit-learn where there is an environment for it (peers/README.md)
python benchmarks/text.py --peers .peers         where that is
python benchmarks/text.py --posts 5000 --rounds 9
"""

import argparse
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import text_loops  # noqa: E402 - found from the root, wherever this is started
from benchmarks.posts import OPENERS, posts  # noqa: E402

from forestall.assembly import build  # noqa: E402
from forestall.model.content import Content  # noqa: E402
from forestall.model.settings import Settings  # noqa: E402
from forestall.text.fold import code_points, fold  # noqa: E402
from forestall.text.ngrams import BUCKETS, Linear, Mask  # noqa: E402
from forestall.text.segments import quotations, sentences  # noqa: E402
from forestall.text.sketch import sketch, words  # noqa: E402
from forestall.text.terms import Terms  # noqa: E402
from forestall.text.whole import Reader  # noqa: E402

GOAL_KERNEL, GOAL_RATIO, GOAL_LONG, GOAL_PATH = 40_000, 20, 1.0, 5_000
LONG = 10_000_000
"""Bytes of the very long text."""


def mixed(count: int, seed: int = 11) -> list[str]:
    """Give posts in two languages each, one in three of them disguised in one of four ways."""
    dice, plain = random.Random(seed), [post["text"] for post in posts(count, seed)]
    disguises: tuple[Callable[[str], str], ...] = (
        lambda text: text.translate(str.maketrans("oaies", "04135")),
        lambda text: " ".join(text[:20]) + text[20:],
        "\u200b".join,
        lambda text: text.translate(str.maketrans("aoecp", "аоеср")),
    )
    other = dice.sample(plain, len(plain))
    both = [f"{one} {two}" if n % 2 else one for n, (one, two) in enumerate(zip(plain, other, strict=True))]
    return [dice.choice(disguises)(text) if n % 3 == 0 else text for n, text in enumerate(both)]


def lexicon(count: int, seed: int = 3) -> list[str]:
    """Give made-up folded terms of one to four words, a quarter of them in Arabic letters, and some that posts do hold."""
    dice = random.Random(seed)
    letters = ("abcdefghijklmnopqrstuvwxyz", "ابتثجحخدذرزسشصضطظعغفقكلمنهوي")
    vocabulary = [
        ["".join(dice.choices(script, k=dice.randrange(3, 10))) for _ in range(count // 2)] for script in letters
    ]
    held = [fold(opener).text for openers in OPENERS.values() for opener in openers]
    made = [" ".join(dice.choices(vocabulary[n % 4 == 0], k=dice.choice((1, 1, 1, 2, 2, 3, 4)))) for n in range(count)]
    return [*held, *made][:count]


def model() -> Linear:
    """Give a model of random weights that masks a few words."""
    weights = np.random.default_rng(1).standard_normal(BUCKETS).astype(np.float32)
    return Linear(weights, -1.0, mask=Mask(["Muslims", "Christians", "far right", "المسلمين"]))


def quickest(run: Callable[[], object], rounds: int) -> float:
    """Give the processor seconds of the quickest of several runs, as the others were disturbed."""
    taken = []
    for _ in range(rounds):
        started = time.process_time()
        run()
        taken.append(time.process_time() - started)
    return min(taken)


def each(function: Callable[[str], object], texts: Sequence[str]) -> Callable[[], None]:
    """Give what calls a function on every text."""

    def run() -> None:
        for text in texts:
            function(text)

    return run


def kernel(texts: Sequence[str], reader: Reader, rounds: int) -> None:
    """Print posts per second inside the compiled loops, step by step."""
    codes = [code_points(text) for text in texts]
    ends = np.cumsum([0, *map(len, codes)])
    arrays = text_loops.arrays(reader, int(max(map(len, codes))) * 20)
    everything: NDArray[np.int32] = np.concatenate(codes)
    for step, name in enumerate(("fold", "+ terms", "+ n-grams", "+ sketch", "whole (also squeezes)"), 1):
        text_loops.run(everything, ends, step, *arrays)
        seconds = quickest(lambda step=step: text_loops.run(everything, ends, step, *arrays), rounds)  # type: ignore[misc]
        print(f"  {'in the kernel: ' + name:<44}{told(seconds, len(texts))}")


def calls(texts: Sequence[str], terms: Terms, linear: Linear, rounds: int) -> None:
    """Print posts per second with one call per post and step, and with one call for all."""
    whole = Reader(terms, linear)
    ways: dict[str, Callable[[str], object]] = {
        "fold": fold,
        "+ terms": lambda text: terms.find(fold(text)),
        "+ n-grams": lambda text: (terms.find(view := fold(text)), linear.score(view)),
        "+ sketch": lambda text: (terms.find(view := fold(text)), linear.score(view), sketch(words(view))),
        "fold, squeeze": lambda text: fold(text).squeezed,
        "whole": whole.read,
    }
    for name, way in ways.items():
        each(way, texts[:50])()
        print(f"  {'one call per post: ' + name:<44}{told(quickest(each(way, texts), rounds), len(texts))}")


def told(seconds: float, count: int) -> str:
    """Write a speed down."""
    return f"{seconds / count * 1e6:>8.2f} µs  {count / seconds:>9,.0f} posts/s"


def long_text(reader: Reader) -> None:
    """Print how long a text of 10 MB takes."""
    parts, size = [], 0
    for post in posts(10**6):
        parts.append(post["text"])
        size += len(post["text"].encode()) + 1
        if size >= LONG:
            break
    text = " ".join(parts)
    folded = fold(text).text
    ways: dict[str, Callable[[], object]] = {
        "whole: fold, squeeze, terms, n-grams, sketch": lambda: reader.read(text),
        "fold, squeeze": lambda: fold(text).squeezed,
        "sentences, quotations": lambda: (sentences(folded), quotations(folded)),
    }
    for name, way in ways.items():
        seconds = quickest(way, 3)
        print(
            f"  {name:<46}{seconds:>6.2f} s for {size / 1e6:.0f} MB, {len(text):,} characters (goal {GOAL_LONG:.0f} s)"
        )


def beside(peers: Path, texts: Sequence[str], linear: Linear, terms: Terms, rounds: int) -> None:
    """Print how often faster than scikit-learn's hashed n-grams and a linear model we are, one call per post, in turns."""
    python = peers / "bin" / "python"
    if not python.exists():
        print(f"  no environment at {peers}: see benchmarks/peers/README.md")
        return
    command = [str(python), str(ROOT / "benchmarks" / "peers" / "ngrams.py")]
    alone = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **alone}
    ) as peer:
        orders, answers = peer.stdin, peer.stdout
        assert orders is not None
        assert answers is not None

        def ask(order: Any) -> Any:
            orders.write(json.dumps(order) + "\n")
            orders.flush()
            return json.loads(answers.readline())

        print(f"  scikit-learn {ask(list(texts))['version']}, {rounds} rounds in turns, medians of processor time")
        ours = {
            "fold, n-grams": lambda text: linear.score(fold(text)),
            "whole, with 100,000 terms and sketch": Reader(terms, linear).read,
        }
        taken: dict[str, list[float]] = {name: [] for name in (*ours, "peer")}
        for _ in range(rounds):
            taken["peer"].append(ask("round")["seconds"])
            for name, way in ours.items():
                started = time.process_time()
                each(way, texts)()
                taken[name].append(time.process_time() - started)
        orders.close()
    middle = {name: statistics.median(values) for name, values in taken.items()}
    print(f"  {'HashingVectorizer(char_wb, 3-5), linear':<44}{told(middle['peer'], len(texts))}")
    for name in ours:
        print(
            f"  {name:<44}{told(middle[name], len(texts))}  {middle['peer'] / middle[name]:.1f} times (goal {GOAL_RATIO})"
        )


def path(count: int, rounds: int) -> None:
    """Print posts per second of the whole way of screening, without the store."""
    contents = [Content(post["id"], post["text"]) for post in posts(count)]
    with build(Settings(), keep=False) as house:

        def screen() -> None:
            for content in contents:
                house.screening.screen(content)

        screen()
        print(f"  {'screen, without the store':<44}{told(quickest(screen, rounds), count)} (goal {GOAL_PATH:,})")


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=5_000)
    parser.add_argument("--terms", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--peers", type=Path, default=ROOT / ".peers", help="the peers' environment")
    given = parser.parse_args()
    print(
        f"Python {platform.python_version()}, {os.cpu_count()} processors, {platform.machine()}; processor time of one thread"
    )
    phrases, linear = lexicon(given.terms), model()
    Terms(phrases[:10])
    print(f"  {len(phrases):,} terms built in {quickest(lambda: Terms(phrases), 3):.3f} s (goal 0.5)")
    terms = Terms(phrases)
    sets = {"posts": [post["text"] for post in posts(given.posts)], "mixed and disguised posts": mixed(given.posts)}
    for name, texts in sets.items():
        print(
            f"{len(texts):,} {name}, {statistics.mean(map(len, texts)):.0f} characters (goal {GOAL_KERNEL:,} posts/s)"
        )
        kernel(texts, Reader(terms, linear), given.rounds)
        calls(texts, terms, linear, given.rounds)
    print("Beside scikit-learn")
    beside(given.peers, sets["posts"][:1_000], linear, terms, given.rounds)
    print("Very long")
    long_text(Reader(terms, linear))
    print("Screening")
    path(given.posts, min(given.rounds, 3))


if __name__ == "__main__":
    main()
