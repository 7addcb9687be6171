"""Learns the model that comes with Forestall, and signs it with a key that is thrown away afterwards.

    python training/recruit/train.py [--data ../shared/data] [--measure] [--out FOLDER]

Takes the sentences of this folder, the `tune` half of RecruitCheck, the synthetic set `tests/detect/recruit/dev/dev.jsonl`, the demo
platform, and where the evaluation data is there the even rows of the public sets as ordinary speech. Writes `bundled.model` and
`bundled.key`. With --measure it also prints the totals of the `held` half of RecruitCheck and of the odd rows, which it never learns
from and never shows.
"""

import argparse
import json
import random
import re
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.quality_sets import SETS  # noqa: E402 - found only from the root of the checkout

from forestall.detect.recruit import modelfile, names, training  # noqa: E402
from forestall.detect.recruit.learner import facts_of, summary  # noqa: E402
from forestall.detect.recruit.lexicon import Part, lexicon  # noqa: E402
from forestall.model.example import Example  # noqa: E402
from forestall.text import ngrams  # noqa: E402
from forestall.text.fold import fold  # noqa: E402

SUITE = ROOT / "suites" / "recruitcheck"
OWN = ROOT / "training" / "recruit"
DEV = ROOT / "tests" / "detect" / "recruit" / "dev" / "dev.jsonl"
PACKAGE = ROOT / "src" / "forestall" / "detect" / "recruit"
HARBOUR = ROOT / "examples" / "harbour"
_HARBOUR_RECRUITS, _HARBOUR_FILES = {"recruit", "obfuscated"}, {"image", "document", "broken"}
_HARBOUR_WEIGHT = 6.0
"""How much a post of the demo counts: every one of its outcomes is promised (`tests/test_harbour.py`)."""
CREEDS = ("religious", "far-right", "far-left", "ethnic")
_SLOT = re.compile(r"\{(\w+)\}")
_SAID = frozenset({"link", "handle", "app"})
"""Slots whose words are learnt: naming a messenger says something, naming a group does not."""
_DEV_NAMES = frozenset(
    {"Ashen Banner", "Pale Dawn", "Ninth Tide", "Iron Meridian", "Grey Oak", "Red Lantern", "Orvan", "Highland Brigade"}
    | {"راية الرماد", "الفجر الشاحب", "المد التاسع", "البلوط", "الفانوس الأحمر", "أورفان"}
)
"""What made-up groups are called in `dev.jsonl`."""
_EVERYDAY = frozenset({"everyday"})
_MEANINGLESS_ALONE = frozenset(
    {
        "you",
        "band",
        "join",
        "need",
        "reach",
        "channel",
        "covert",
        "armed",
        "fight",
        "cause",
        "group",
        "leader",
        "train",
        "route",
    }
    | {"harm", "target", "death", "belong", "grievance"}
)
"""Signs that are no recruiting where nothing else is said."""
_FRAGMENTS = 150
"""Most phrases taken of a language."""
_FRAGMENT_WEIGHT = 0.6
_PAIRS = 2.0
"""How much a sentence of a pair counts: cues were not written with it in view."""
_USUAL = "safe-"
"""How functions of everyday speech begin; their sentences have no counterpart that recruits, and are a sixth of the pairs."""
_USUAL_WEIGHT = 2.0
CONTRASTS, ORDINARY = 0.03, 0.003
"""Most false alarms at a score of one half: of safe text made to be mistaken, and of ordinary posts."""
KNOWN = 2
"""Groups a word is met in, so that it is no name."""
EVERY = 4
"""Every how many-th even row of the public sets is learnt from."""

LIMITS = (
    "Sentences are synthetic and were not written by recruiters, nor reviewed by a native speaker of each language. Languages other than "
    "those listed are hardly seen. Irony, images, coded talk among people who know each other, and anything said across several posts "
    "are not seen. A score puts a text in front of a person and never does more."
)


def filled(
    template: str, fill: Mapping[str, Any], creed: str, chosen: random.Random
) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Give a template with its slots filled, and where the words of groups, persons and peoples stand in it."""
    text, masked, at = "", [], 0
    for slot in _SLOT.finditer(template):
        text += template[at : slot.start()]
        words = chosen.choice(fill["creeds"][creed].get(slot[1]) or fill[slot[1]])
        if slot[1] not in _SAID:
            masked.append((len(text), len(text) + len(words)))
        text, at = text + words, slot.end()
    return text + template[at:], tuple(masked)


def _templates(language: str) -> Callable[..., Iterator[Example]]:
    """Give what makes examples of a template in a language: two creeds of four where it has slots, each counting half."""
    fill = yaml.safe_load((SUITE / "fill" / f"{language}.yaml").read_text("utf-8"))

    def examples(template: str, recruits: bool, group: str, family: str) -> Iterator[Example]:
        chosen = random.Random(template)  # noqa: S311 - the same choice every time
        creeds = chosen.sample(CREEDS, 2 if "{" in template else 1)
        for creed in creeds:
            text, masked = filled(template, fill, creed, chosen)
            yield Example(text, recruits, group, family, language, family in _EVERYDAY, masked, 1 / len(creeds))

    return examples


def suite(part: str) -> Iterator[Example]:
    """Give the examples of one half of RecruitCheck; a function in a language is a group."""
    for path in sorted((SUITE / part).glob("*.yaml")):
        yield from cases(path, f"{path.stem}/{{fn}}")


def pairs() -> Iterator[Example]:
    """Give the examples of the pairs of this folder: sentences that recruit, each with the same words made safe; a case is a group."""
    for path in sorted((OWN / "pairs").glob("*.yaml")):
        for example in cases(path, f"pairs/{path.stem}/{{fn}}/{{number}}"):
            usual = example.family.startswith(_USUAL)
            yield replace(example, weight=example.weight * _PAIRS * (_USUAL_WEIGHT if usual else 1.0))


def cases(path: Path, named: str) -> Iterator[Example]:
    """Give the examples of a file of cases as RecruitCheck has them, each case in the group `named`."""
    make = _templates(path.stem)
    for number, case in enumerate(yaml.safe_load(path.read_text("utf-8"))["cases"]):
        group = named.format(fn=case["fn"], number=number)
        for text in case.get("say", ()):
            yield from make(text, True, group, case["fn"])
        for kind, text in (case.get("not") or {}).items():
            yield from make(text, False, group, kind)
        for text in case.get("safe", ()):
            yield from make(text, False, group, case["fn"])


def sentences() -> Iterator[Example]:
    """Give the examples of this folder; a family in a language is a group."""
    for path in sorted(OWN.glob("*.yaml")):
        if path.stem == "masked":
            continue
        make = _templates(path.stem)
        document = yaml.safe_load(path.read_text("utf-8"))
        for part in ("recruiting", "safe"):
            for family, texts in (document.get(part) or {}).items():
                for text in texts:
                    yield from make(text, part == "recruiting", f"training/{path.stem}/{family}", family)


def joined(examples: Sequence[Example]) -> Iterator[Example]:
    """Give each safe sentence once more with another of its family behind it, as those that recruit are longer."""
    families: dict[tuple[str, str], list[Example]] = {}
    for example in examples:
        if not example.recruits:
            families.setdefault((example.language, example.family), []).append(example)
    chosen = random.Random(0)  # noqa: S311 - the same choice every time
    for family in families.values():
        for example in family:
            other = chosen.choice(family)
            behind = len(example.text) + 1
            masked = tuple((start + behind, end + behind) for start, end in other.masked)
            text = f"{example.text} {other.text}"
            if other.text != example.text:
                yield replace(example, text=text, masked=example.masked + masked)


def surrounded(examples: Sequence[Example], others: Sequence[Example]) -> Iterator[Example]:
    """Give each example once more, before or behind an everyday one of the others: harmless words around it change nothing."""
    everyday: dict[str, list[Example]] = {}
    for one in others:
        if one.family in _EVERYDAY:
            everyday.setdefault(one.language, []).append(one)
    chosen = random.Random(0)  # noqa: S311 - the same choice every time
    for example in examples:
        if example.language in everyday:
            other = chosen.choice(everyday[example.language]).text
            before = chosen.random() < 0.5
            moved = len(other) + 1 if before else 0
            masked = tuple((start + moved, end + moved) for start, end in example.masked)
            text = f"{other} {example.text}" if before else f"{example.text} {other}"
            yield replace(example, text=text, masked=masked, weight=example.weight / 2)


def fragments() -> Iterator[Example]:
    """Give single phrases of cues that mean nothing alone, as safe texts: a part of an invitation is none."""
    chosen = random.Random(0)  # noqa: S311 - the same choice every time
    for name in lexicon().names:
        tongue = lexicon().tongue(name)
        said = {}
        plain = tongue.plain
        for number, pattern in enumerate(plain.patterns):
            part = Part(*tongue.parts[plain.parts_of[plain.filled[number]] >> 1])
            cue = tongue.cues[part.cue]
            if part.parts == 1 and set(cue.signs) <= _MEANINGLESS_ALONE:
                said[pattern] = cue.id
        for pattern in sorted(chosen.sample(sorted(said), min(_FRAGMENTS, len(said)))):
            yield Example(pattern, False, f"fragment/{name}/{said[pattern]}", "fragment", name, weight=_FRAGMENT_WEIGHT)


def dev() -> Iterator[Example]:
    """Give the examples of our synthetic set that was always tuned on, with the names of groups, leaders and lands masked."""
    named = re.compile("|".join(sorted(map(re.escape, _names()), key=len, reverse=True)), re.IGNORECASE)
    for line in DEV.read_text("utf-8").splitlines():
        row = json.loads(line)
        masked = tuple(found.span() for found in named.finditer(row["text"]))
        group = f"dev/{row['lang']}/{row['family']}"
        yield Example(row["text"], row["kind"] == "recruiting", group, row["family"], row["lang"], masked=masked)


def harbour() -> Iterator[Example]:
    """Give the posts of the demo platform whose outcome rests on their text, with the names of groups, leaders and lands masked."""
    named = re.compile("|".join(sorted(map(re.escape, _names()), key=len, reverse=True)), re.IGNORECASE)
    texts = {row["id"]: row for row in map(json.loads, (HARBOUR / "posts.jsonl").read_text("utf-8").splitlines())}
    for row in map(json.loads, (HARBOUR / "expected.jsonl").read_text("utf-8").splitlines()):
        text = texts.get(row["id"], {}).get("text", "")
        recruits = row["outcome"] == "review" and row["family"] in _HARBOUR_RECRUITS
        if text and (recruits or (row["outcome"] == "pass" and row["family"] not in _HARBOUR_FILES)):
            masked = tuple(found.span() for found in named.finditer(text))
            group = f"harbour/{texts[row['id']].get('thread') or row['id']}"
            yield Example(text, recruits, group, row["family"], row["language"], masked=masked, weight=_HARBOUR_WEIGHT)


def _names() -> set[str]:
    """Give the names of made-up groups, leaders and lands."""
    names = set(_DEV_NAMES)
    for path in (SUITE / "fill").glob("*.yaml"):
        for creed in yaml.safe_load(path.read_text("utf-8"))["creeds"].values():
            names |= {name for slot in ("org", "leader", "land") for name in creed[slot]}
    return names


def speech(data: Path, rest: int, every: int) -> Iterator[Example]:
    """Give ordinary speech: rows of the public sets with this rest by two, thinned out; two hundred neighbours are a group."""
    for one in SETS if data.is_dir() else ():
        for number, text in one.read(data):
            if number % 2 == rest and number // 2 % every == 0:
                yield Example(text, False, f"{one.name}/{number // 200}", one.name, one.language, ordinary=True)


def masked_words() -> list[str]:
    """Give the words that name religions, peoples and ideologies, and what groups of each creed call themselves and others."""
    own = yaml.safe_load((OWN / "masked.yaml").read_text("utf-8"))
    swapped = yaml.safe_load((SUITE / "identities.yaml").read_text("utf-8"))
    words = {word for words in own.values() for word in words} | {
        word for one in swapped.values() for word in one["who"]
    }
    for path in (SUITE / "fill").glob("*.yaml"):
        for creed in yaml.safe_load(path.read_text("utf-8"))["creeds"].values():
            words |= {word for slot in ("people", "enemy", "cause") for word in creed[slot]}
    return sorted(words)


def known_words(data: Path, examples: Sequence[Example]) -> frozenset[str]:
    """Give the ordinary words: those met in `KNOWN` groups or even rows of the public sets, those of cues, and those that are masked."""
    met = training.met([*examples, *speech(data, 0, 1)], KNOWN)
    patterns = [pattern for name in lexicon().names for pattern in lexicon().tongue(name).plain.patterns]
    masked = [word for words in yaml.safe_load((OWN / "masked.yaml").read_text("utf-8")).values() for word in words]
    return met.union(word for said in (*patterns, *map(_folded, masked)) for word in said.split())


def _folded(word: str) -> str:
    """Give a word as it is compared."""
    return fold(word).text


def report(
    examples: Sequence[Example], scores: np.ndarray[Any, Any], by: Callable[[Example], str]
) -> dict[str, list[int]]:
    """Count by family or language: asked for a person, of how many; recruiting families apart from safe ones."""
    counts: dict[str, list[int]] = {}
    for example, score in zip(examples, scores, strict=True):
        count = counts.setdefault(f"{'recruiting' if example.recruits else 'safe'}/{by(example)}", [0, 0])
        count[0] += int(score >= 0)
        count[1] += 1
    return dict(sorted(counts.items()))


def told(name: str, examples: Sequence[Example], scores: np.ndarray[Any, Any]) -> None:
    """Print totals of a set, never a text."""
    recruits = np.array([example.recruits for example in examples])
    line = f"{name}: {len(examples):,}"
    if recruits.any():
        safe = np.sort(scores[~recruits])[::-1]
        at = [
            f"{share:.1%}: {(scores[recruits] > safe[int(share * len(safe))]).mean():.3f}"
            for share in (0.005, 0.01, 0.02, 0.05)
        ]
        line += f"; recall {(scores[recruits] >= 0).mean():.3f}; at false alarms of " + ", ".join(at)
    print(line + f"; false alarms {(scores[~recruits] >= 0).mean():.4f}", flush=True)


def main() -> None:
    """Learn, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--measure", action="store_true", help="also print totals of what is held apart")
    parser.add_argument("--out", type=Path, default=PACKAGE, help="folder to write bundled.model and bundled.key into")
    options = parser.parse_args()
    own, parts = list(sentences()), list(fragments())
    sets = {
        "training/recruit": [*own, *joined(own), *surrounded([example for example in own if example.recruits], own)],
        "training/recruit/pairs": list(pairs()),
        "phrases of cues": [*parts, *surrounded(parts, own)],
        "suites/recruitcheck/tune": list(suite("tune")),
        "tests/detect/recruit/dev/dev.jsonl": list(dev()),
        "examples/harbour": list(harbour()),
        "public sets, even rows": list(speech(options.data, 0, EVERY)),
    }
    examples = [example for one in sets.values() for example in one]
    words = masked_words()
    mask = ngrams.Mask(words)
    known = known_words(options.data, examples)
    vocabulary = names.Vocabulary(known)
    rows = training.rows_of(examples, lexicon(), mask, vocabulary)
    twins = training.renamed(examples, lexicon(), mask, vocabulary)
    scores = training.left_out(rows, twins=twins)
    # Cues were written with `tune` and the single sentences in view; what was not in view says how far to trust them.
    unseen = [index for index, example in enumerate(examples) if example.ordinary or example.group.startswith("pairs/")]
    slope, shift = training.calibration([rows[index] for index in unseen], scores[unseen], CONTRASTS, ORDINARY)
    scores = slope * scores + shift
    told("left out of learning, pairs and ordinary speech", [examples[index] for index in unseen], scores[unseen])
    told("left out of learning", examples, scores)
    learnt = training.fit(rows, twins=twins).calibrated(slope, shift)
    weights, scale = training.whole_numbers(learnt.words)
    facts = {
        **facts_of(learnt, scale, words, known, {name: summary(one) for name, one in sets.items()}),
        "one half": {"false alarms on what comes near to recruiting": CONTRASTS, "on ordinary posts": ORDINARY},
        "left out, by family": report(examples, scores, lambda example: example.family),
        "left out, by language": report(examples, scores, lambda example: example.language),
        "limits": LIMITS,
    }
    key = modelfile.Key(f"forestall-model/{secrets.token_hex(4)}", secrets.token_bytes(32))
    data = modelfile.write(facts, weights, key)
    model = modelfile.read(data, key.verifier)
    (options.out / modelfile.BUNDLED).write_bytes(data)
    (options.out / "bundled.key").write_text(key.verifier + "\n", "utf-8")
    print(f"wrote {modelfile.BUNDLED}: {len(data):,} bytes, {len(model.features)} features, digest {model.digest[:16]}")
    if options.measure:
        rounded = training.Fit(model.features, np.asarray(weights * scale, np.float64), model.bias)
        for name, held in (("held", list(suite("held"))), ("odd rows", list(speech(options.data, 1, EVERY)))):
            told(name, held, rounded.scores(training.rows_of(held, lexicon(), mask, vocabulary)))


if __name__ == "__main__":
    main()
