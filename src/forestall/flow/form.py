"""The form of texts: how well a probe that sees nothing of what is said tells two kinds of texts apart.

It sees length, case, digits, punctuation, emoji, links, handles, lines and scripts. Where that is enough, the two kinds were gathered in
different ways, and whatever learns from them learns how they were gathered.
"""

import unicodedata
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from forestall.model.example import Example
from forestall.text.script import letters

F1_LIMIT = 0.60
"""Largest mean of both kinds' F1 that data may show in form alone; telling them apart by chance gives 0.5."""
_FOLDS = 5
_SCRIPTS = ("latin", "arabic", "cyrillic", "bengali")
_STEPS = 30
_L2 = 1e-2

Matrix = NDArray[np.float64]


def form_f1(examples: Sequence[Example]) -> float:
    """Give the mean of both kinds' F1, each group scored by a probe that learnt from the others, both kinds counting the same."""
    seen = np.array([_form(example.text) for example in examples], np.float64)
    seen = (seen - seen.mean(0)) / (seen.std(0) + 1e-9)
    seen = np.hstack([seen, np.ones((len(seen), 1))])
    recruits = np.array([example.recruits for example in examples])
    parts = np.array([zlib.crc32(example.group.encode("utf-8", "surrogatepass")) % _FOLDS for example in examples])
    said = np.zeros(len(examples), np.bool_)
    for part in range(_FOLDS):
        line = _fitted(seen[parts != part], recruits[parts != part])
        said[parts == part] = seen[parts == part] @ line > 0
    return (_f1(said, recruits) + _f1(~said, ~recruits)) / 2


def _form(text: str) -> list[float]:
    """Give the form of a text in numbers."""
    size = max(len(text), 1)
    kinds = [unicodedata.category(character) for character in text[:2_000]]
    count = {kind: kinds.count(kind) / max(len(kinds), 1) for kind in ("Lu", "Nd", "So", "Po", "Ps", "Pd")}
    scripts = letters(text)
    whole = max(sum(scripts.values()), 1)
    return [
        np.log(size),
        *count.values(),
        *(text.count(mark) / size for mark in "!?.,:\"'@#\n"),
        float("http" in text or "www." in text or ".me/" in text),
        *(scripts.get(script, 0) / whole for script in _SCRIPTS),
    ]


def _fitted(seen: Matrix, recruits: NDArray[np.bool_]) -> Matrix:
    """Fit a logistic regression with L2 by Newton's method, both kinds counting the same."""
    line = np.zeros(seen.shape[1])
    share = min(max(recruits.mean(), 1e-9), 1 - 1e-9)
    weights = np.where(recruits, 0.5 / share, 0.5 / (1 - share)) / len(seen)
    for _ in range(_STEPS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(seen @ line, -30.0, 30.0)))
        gradient = seen.T @ (weights * (chance - recruits)) + _L2 * line
        curvature = (seen.T * (weights * chance * (1.0 - chance))) @ seen + _L2 * np.eye(len(line))
        line -= np.linalg.solve(curvature, gradient)
    return line


def _f1(said: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    """Give the F1 of one kind."""
    right = int((said & true).sum())
    return 2 * right / max(int(said.sum() + true.sum()), 1)
