"""Training: weights from examples, by logistic regression with L2, held within bounds, and calibrated on groups left out.

What the bounds keep: a sign never lowers a score, a context never raises it, hurt alone never counts. Before fitting, the examples of a
group that has both kinds (a sentence that recruits, and nearly the same words reported or refused) lend the words that make the
difference to other sentences, so that the model learns that those words matter more than what they stand beside. Needs SciPy
(the extra `learn`). Deterministic: the same examples give the same weights.
"""

import math
import random
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import pairwise, zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forestall.detect.recruit import names
from forestall.detect.recruit.features import ASK, CORE, GRIEVING, evidence, takes_away
from forestall.detect.recruit.lexicon import Lexicon
from forestall.detect.recruit.match import find
from forestall.detect.recruit.model import LEAST, Model
from forestall.detect.recruit.plain import all_disguised
from forestall.detect.recruit.stretch import stretches
from forestall.detect.recruit.tongues import spoken
from forestall.model.errors import BadInput
from forestall.model.example import Example
from forestall.text.fold import Folded, fold
from forestall.text.language import identify
from forestall.text.ngrams import BUCKETS, Mask, features

Vector = NDArray[np.float64]

FOLDS = 5
"""Parts that the groups are split into; each is scored by a model that learnt from the others."""
_L2 = 1e-4
"""Strength of the pull towards nothing (or towards the model that was there before), per unit of the examples' whole weight."""
_ORDINARY = 0.6
"""How much all ordinary texts together count beside all other examples."""
_FEWEST_GROUPS = 2
"""Groups an n-gram must be met in to be learnt; what only one template says is its wording."""
_FEWEST_ROWS = 5
"""Rows a named feature must be met in to be learnt."""
_RARE = 4.0
"""What the square of an n-gram's rarity (log of one in how many rows) is divided by: rarer ones may weigh more."""
_BORROWED = 4
"""Sentences that the words which make the difference are lent to."""
_BORROWED_WEIGHT = 0.4
_DISGUISED_WEIGHT = 0.4
"""How much a sentence counts once more as it reads where its words are disguised."""
_PRIOR_ROWS = 10.0
"""Rows that the belief in a slope of 1 counts as."""
_LEAST_SLOPE, _LARGEST_SLOPE = 0.2, 3.0
_NOUNS = "de"
"""The language that writes every noun with a capital."""
_MOST_NAMED = 0.5
"""Largest weight of a name by itself: to name somebody is no recruiting."""
_RENAMED, _NAME_LETTERS = 6_000, 4
"""Examples that are read with other names, and the fewest letters of a word that stands for one."""
_ALIKE = 0.02
"""What the mean square of the differences counts that made-up names make."""
_STEPS = 300
_HISTORY = 12


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """An example as the model sees it: its named features, the buckets of its n-grams, and what it is.

    `disguised` are the buckets it had if every word in it were disguised.
    """

    found: Mapping[str, float]
    buckets: NDArray[np.uint32]
    example: Example
    disguised: NDArray[np.uint32]

    @property
    def value(self) -> float:
        """The value of each of its n-grams."""
        return 1.0 / math.sqrt(max(len(self.buckets), LEAST))


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Meanings: of named features, of the n-grams' buckets (0 where nothing was learnt), and the bias."""

    features: Mapping[str, float]
    words: NDArray[np.float64]
    bias: float

    def scores(self, rows: Sequence[Row]) -> Vector:
        """Give the log-odds of rows."""
        named = [sum(self.features.get(name, 0.0) * value for name, value in row.found.items()) for row in rows]
        words = [self.words[row.buckets].sum() * row.value for row in rows]
        return self.bias + np.array(named, np.float64) + np.array(words, np.float64)

    def calibrated(self, slope: float, shift: float) -> "Fit":
        """Give the same model with `slope` · log-odds + `shift`."""
        features = {name: weight * slope for name, weight in self.features.items()}
        return Fit(features, self.words * slope, self.bias * slope + shift)


Twins = tuple[Row, Row]
"""Rows that should score alike."""


def met(examples: Iterable[Example], groups: int) -> frozenset[str]:
    """Give the folded words that are met in so many groups of examples, not only with a capital, and less often in what is masked.

    An ordinary text is a group by itself.
    """
    places: dict[str, set[str]] = defaultdict(set)
    masked: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        group = example.text if example.ordinary else example.group
        for piece in _pieces(example):
            view = fold(piece)
            starts = view.starts.tolist()
            for start, end in names.words(view.text):
                if example.language == _NOUNS or not piece[starts[start]].isupper():
                    places[view.text[start:end]].add(group)
        for first, last in example.masked:
            name = fold(example.text[first:last]).text
            for start, end in names.words(name):
                masked[name[start:end]].add(group)
    return frozenset(word for word, found in places.items() if len(found) >= max(groups, len(masked.get(word, ()))))


def rows_of(examples: Iterable[Example], lexicon: Lexicon, mask: Mask, vocabulary: names.Vocabulary) -> list[Row]:
    """Read examples as the model does; of a long text, the stretch with most signs."""
    return [_row(example, lexicon, mask, vocabulary) for example in examples]


def renamed(examples: Sequence[Example], lexicon: Lexicon, mask: Mask, vocabulary: names.Vocabulary) -> list[Twins]:
    """Read examples that name somebody twice more, with other made-up names: ordinary words, which nobody can tell for a name.

    The names are one or two words that other examples in the language use, so that what looks like neither name nor call says little.
    """
    said: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        if not example.ordinary:
            said[example.language].update(
                word for piece in _pieces(example) for word in piece.split() if word.isalpha()
            )
    words = {language: sorted(word for word in found if len(word) >= _NAME_LETTERS) for language, found in said.items()}
    chosen = random.Random(0)  # noqa: S311 - the same choice every time
    named = [example for example in examples if example.masked and len(words[example.language]) > 1]
    twins = []
    for example in chosen.sample(named, min(_RENAMED, len(named))):
        pieces = _pieces(example)
        texts = []
        for _ in range(2):
            filled = [
                " ".join(chosen.sample(words[example.language], chosen.choice((1, 2)))).title() for _ in pieces[1:]
            ]
            texts.append("".join(part for pair in zip_longest(pieces, filled, fillvalue="") for part in pair))
        one, other = (replace(example, text=text, masked=()) for text in texts)
        twins.append((_row(one, lexicon, mask, vocabulary), _row(other, lexicon, mask, vocabulary)))
    return twins


def fit(rows: Sequence[Row], before: Model | None = None, twins: Sequence[Twins] = ()) -> Fit:
    """Learn weights from rows; with a model from `before`, stay near to it. Raises BadInput where scipy is missing or one kind is.

    `twins` are rows that should score alike, two by two.
    """
    kinds = {row.example.recruits for row in rows}
    if kinds != {True, False}:
        raise BadInput("there are not both kinds of examples", "give texts that recruit and texts that do not")
    rows = [*rows, *_lent(rows), *_disguised(rows)]
    named = _names(rows, before)
    columns = _columns(rows)
    matrix = _matrix(rows, named, columns)
    counts = np.bincount(matrix.indices, minlength=matrix.shape[1])
    scale = np.ones(matrix.shape[1] + 1)
    scale[len(named) : -1] = np.log(len(rows) / (counts[len(named) :] + 1.0)) ** 2 / _RARE
    signs = np.array([1.0 if row.example.recruits else -1.0 for row in rows])
    start = _start(named, columns, before)
    apart = _matrix([one for one, _ in twins], named, columns) - _matrix([other for _, other in twins], named, columns)
    problem = _Problem(matrix, matrix.T.tocsr(), _weights(rows), signs, scale, start, apart, apart.T.tocsr())
    solved = _solve(problem, named)
    words = np.zeros(BUCKETS)
    if before is not None:
        words += before.words.weights * before.words.scale
    words[columns >= 0] = solved[len(named) : -1]
    words[_neutral()] = 0.0
    return Fit(dict(zip(named, solved[: len(named)].tolist(), strict=True)), words, float(solved[-1]))


def whole_numbers(words: Vector) -> tuple[NDArray[np.int8], float]:
    """Give n-gram weights as int8, and the scale that makes weights of them again: half a step of 127 is all they lose."""
    scale = float(np.abs(words).max(initial=0.0)) / 127 or 1.0
    return np.round(words / scale).astype(np.int8), scale


def left_out(rows: Sequence[Row], before: Model | None = None, twins: Sequence[Twins] = ()) -> Vector:
    """Give each row's log-odds by a model that never saw its group; `twins` as `fit` takes them."""
    parts = [zlib.crc32(row.example.group.encode("utf-8", "surrogatepass")) % FOLDS for row in rows]
    scores = np.zeros(len(rows))
    for part in sorted(set(parts)):
        out = [index for index, own in enumerate(parts) if own == part]
        learnt = fit([row for row, own in zip(rows, parts, strict=True) if own != part], before, twins)
        scores[out] = learnt.scores([rows[index] for index in out])
    return scores


def calibration(rows: Sequence[Row], scores: Vector, contrasts: float, ordinary: float) -> tuple[float, float]:
    """Give slope and shift such that log-odds are honest in steepness (Platt 1999), and 0 is where a person's look is worth it.

    That is the lowest score at which at most the share `contrasts` of what comes near to recruiting, and `ordinary` of what does not,
    lies at or above it.
    """
    recruits = np.array([row.example.recruits for row in rows])
    plain = np.array([row.example.ordinary for row in rows])
    least = max(_threshold(scores[~recruits & ~plain], contrasts), _threshold(scores[~recruits & plain], ordinary))
    slope = _slope(scores - least, recruits, _weights(rows))
    return slope, -slope * least


def _threshold(scores: Vector, share: float) -> float:
    """Give the score above which at most this share lies."""
    if not len(scores):
        return -np.inf
    ranked = np.sort(scores)[::-1]
    return float(ranked[min(int(share * len(ranked)), len(ranked) - 1)]) + 1e-9


def _slope(scores: Vector, recruits: NDArray[np.bool_], weights: Vector) -> float:
    """Give the slope of a logistic regression with an intercept on one score, by Newton's method; few rows hold it near to 1."""
    line = np.array([0.0, 1.0])
    design = np.stack([np.ones(len(scores)), scores])
    pull = np.diag([1e-9, _PRIOR_ROWS / max(len(scores), 1)])
    for _ in range(50):
        chance = 1.0 / (1.0 + np.exp(-np.clip(line @ design, -50.0, 50.0)))
        gradient = design @ (weights * (chance - recruits)) + pull @ (line - [0.0, 1.0])
        curvature = (design * (weights * chance * (1.0 - chance))) @ design.T + pull
        line -= np.clip(np.linalg.solve(curvature, gradient), -1.0, 1.0)
    return float(min(max(line[1], _LEAST_SLOPE), _LARGEST_SLOPE))


def _row(example: Example, lexicon: Lexicon, mask: Mask, vocabulary: names.Vocabulary) -> Row:
    """Read one example. What is masked is a name, whether or not it reads like one."""
    text = _NAME.join(_pieces(example))
    view = fold(text)
    view = Folded(view.text.replace(_NAME, names.UNSAID), len(text), view.starts)
    tongues = spoken(lexicon, view.text, identify(text.replace(_NAME, "")))
    view = names.nameless(view, names.find(text, view, tongues, vocabulary))
    hits = [*find(view, tongues), *names.mentions(view)]
    found = [evidence(stretch, lexicon.meanings) for stretch in stretches(view.text, hits, lexicon.meanings)]
    most = max(found, key=lambda one: sum(value for name, value in one.items() if not takes_away(name)), default={})
    plain = names.hushed(view, tongues, vocabulary)
    cut = fold(" \n ".join(_pieces(example)))  # names in disguise are not found
    disguised = all_disguised(cut, glued=_coin(example.text))
    return Row(most, features(plain, mask)[0], example, features(disguised, mask)[0])


_NAME = "\ue000"
"""What stands for what is masked while a text is folded: for private use, no letter, and kept by folding."""


def _pieces(example: Example) -> list[str]:
    """Give what an example says between what is masked in it."""
    edges = [0, *(edge for span in example.masked for edge in span), len(example.text)]
    return [example.text[start:end].replace(_NAME, "") for start, end in list(pairwise(edges))[::2]]


def _coin(text: str) -> bool:
    """Give a fair coin's side for a text, always the same."""
    return zlib.crc32(text.encode("utf-8", "surrogatepass")) % 2 == 0


def _lent(rows: Sequence[Row]) -> list[Row]:
    """Give further safe rows: the words that set a safe row of a group apart from those that recruit, beside other sentences."""
    groups: dict[str, list[Row]] = defaultdict(list)
    recruiting: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if not row.example.ordinary:
            groups[row.example.group].append(row)
        if row.example.recruits:
            recruiting[row.example.language].append(row)
    chosen = random.Random(0)  # noqa: S311 - the same choice every time
    lent = []
    for _, group in sorted(groups.items()):
        said = [row.buckets for row in group if row.example.recruits]
        for row in group if said else ():
            if row.example.recruits or row.example.family not in LENDING:
                continue
            apart = np.setdiff1d(row.buckets, np.concatenate(said))
            others = recruiting[row.example.language]
            for other in chosen.sample(others, min(_BORROWED, len(others))):
                weighs = replace(row.example, weight=row.example.weight * _BORROWED_WEIGHT)
                buckets = np.union1d(other.buckets, apart)
                lent.append(Row(_beside(other, row), buckets, weighs, buckets))
    return lent


def _disguised(rows: Sequence[Row]) -> list[Row]:
    """Give the rows as they read where every word is disguised, names too; ordinary ones as they are, for they seldom are."""
    again = []
    for row in rows:
        if not row.example.ordinary:
            weighs = replace(row.example, weight=row.example.weight * _DISGUISED_WEIGHT)
            found = {name: value for name, value in row.found.items() if names.NAMED.id not in name.split()}
            again.append(Row(found, row.disguised, weighs, row.disguised))
    return again


LENDING = frozenset({"news", "counter", "quote", "negation", "research", "fiction"})
"""Families of safe text that any sentence would belong to with their words around it."""


def _beside(one: Row, safe: Row) -> dict[str, float]:
    """Give the features of a row with what takes away from a safe one."""
    found = {
        **one.found,
        **{name: value for name, value in safe.found.items() if takes_away(name) and " in " not in name},
    }
    for name, value in safe.found.items():
        kind, _, context = name.partition(" ")
        if kind == "context":
            for what in (ASK, CORE):
                if what in found:
                    found[f"{what} in {context}"] = min(found[what], value)
    return found


def _names(rows: Sequence[Row], before: Model | None) -> list[str]:
    """Give the named features to learn, in order."""
    counts = Counter(name for row in rows for name in row.found)
    learnt = {name for name, count in counts.items() if count >= _FEWEST_ROWS}
    return sorted(learnt | set(before.features if before is not None else ()))


def _columns(rows: Sequence[Row]) -> NDArray[np.int64]:
    """Give each bucket's column among the n-grams to learn, or -1. An ordinary text is a group by itself here."""
    groups: dict[object, list[NDArray[np.uint32]]] = defaultdict(list)
    for number, row in enumerate(rows):
        groups[number if row.example.ordinary else row.example.group].append(row.buckets)
    met = np.zeros(BUCKETS, np.int64)
    for buckets in groups.values():
        met[np.unique(np.concatenate(buckets))] += 1
    columns = np.full(BUCKETS, -1, np.int64)
    kept = np.flatnonzero(met >= _FEWEST_GROUPS)
    columns[kept] = np.arange(len(kept))
    return columns


def _matrix(rows: Sequence[Row], names: Sequence[str], columns: NDArray[np.int64]) -> Any:
    """Give the rows as a sparse matrix: named features first, then n-grams as `text.ngrams` values them."""
    place = {name: number for number, name in enumerate(names)}
    indices, values, ends = [], [], [0]
    for row in rows:
        named = [(place[name], value) for name, value in row.found.items() if name in place]
        kept = columns[row.buckets]
        kept = kept[kept >= 0]
        indices += [np.array([number for number, _ in named], np.int64), kept + len(names)]
        values += [
            np.array([value for _, value in named]),
            np.full(len(kept), row.value),
        ]
        ends.append(ends[-1] + len(named) + len(kept))
    size = (len(rows), len(names) + int(columns.max(initial=-1)) + 1)
    cells = np.concatenate([np.empty(0), *values]), np.concatenate([np.empty(0, np.int64), *indices]), ends
    return _scipy("sparse").csr_matrix(cells, shape=size)


def _weights(rows: Sequence[Row]) -> Vector:
    """Give what each row counts: both kinds the same in sum, ordinary texts together a share of the rest."""
    weights = np.array([row.example.weight for row in rows])
    plain = np.array([row.example.ordinary for row in rows])
    recruits = np.array([row.example.recruits for row in rows])
    if plain.any() and not plain.all():
        weights[plain] *= _ORDINARY * weights[~plain].sum() / weights[plain].sum()
    weights[recruits] *= weights[~recruits].sum() / weights[recruits].sum()
    return np.asarray(weights / weights.sum())


def _start(names: Sequence[str], columns: NDArray[np.int64], before: Model | None) -> Vector:
    """Give the weights to stay near to: those of an earlier model, or none."""
    start = np.zeros(len(names) + int(columns.max(initial=-1)) + 2)
    if before is not None:
        start[: len(names)] = [before.features.get(name, 0.0) for name in names]
        start[len(names) : -1] = before.words.weights[columns >= 0] * before.words.scale
        start[-1] = before.bias
    return start


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    """What is minimised: the loss of weights on a matrix of rows, and their pull towards `start`, weaker where `scale` is larger.

    Also the squares of the scores of `apart`, which are rows that should score alike, one less the other.
    """

    matrix: Any
    across: Any
    weights: Vector
    signs: Vector
    scale: Vector
    start: Vector
    apart: Any
    apart_across: Any

    def loss(self, line: Vector) -> tuple[float, Vector]:
        """Give the loss and its gradient at weights in units of `scale`, in which every one is pulled alike."""
        weights = line * self.scale
        moved = line - self.start / self.scale
        margins = self.signs * (self.matrix @ weights[:-1] + weights[-1])
        slopes = -self.signs * self.weights / (1.0 + np.exp(np.clip(margins, -50.0, 50.0)))
        gaps = self.apart @ weights[:-1]
        alike = _ALIKE / max(len(gaps), 1)
        gradient = np.append(self.across @ slopes + alike * (self.apart_across @ gaps), slopes.sum()) * self.scale
        gradient[:-1] += _L2 * moved[:-1]
        pulls = 0.5 * (alike * (gaps @ gaps) + _L2 * (moved[:-1] @ moved[:-1]))
        return float(self.weights @ np.logaddexp(0.0, -margins) + pulls), gradient


def _solve(problem: _Problem, names: Sequence[str]) -> Vector:
    """Give the weights and the bias that minimise the loss within bounds."""
    bounds = [_bounds(name) for name in names] + [(None, None)] * (len(problem.start) - len(names))
    options = {"maxiter": _STEPS, "maxcor": _HISTORY}
    start = problem.start / problem.scale
    found = _scipy("optimize").minimize(
        problem.loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options
    )
    return np.asarray(found.x * problem.scale)


def _bounds(name: str) -> tuple[float | None, float | None]:
    """Give the least and the largest weight a named feature may have."""
    if name in GRIEVING:
        return 0.0, 0.0
    if name == f"sign {names.NAMED.id}":
        return 0.0, _MOST_NAMED
    return (None, 0.0) if takes_away(name) else (0.0, None)


def _neutral() -> int:
    """Give the bucket of a masked word by itself, which must not weigh: a text does not score for naming a creed."""
    view = fold("x")
    return int(features(view, None, [(0, 1)])[0][0])


def _scipy(part: str) -> Any:
    """Give a part of scipy, which only learning needs."""
    try:
        return import_module(f"scipy.{part}")
    except ImportError:
        raise BadInput("learning needs SciPy, which is not installed", "pip install 'forestall[learn]'") from None
