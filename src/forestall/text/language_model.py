"""py3langid's model, packed for our kernel: one number a step, and of each feature's penalties one line of memory.

The model is an automaton over bytes whose states name features, and for each feature how likely it is in each of its languages. Features
and languages are kept as differences to the feature's best language in steps, so one byte each, script by script.
"""

import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MOST_BYTES = 1 << 15
"""Bytes of a text that are looked at; 400 characters never have so many, not even where one is written out as eighteen."""
_LINE = 64
"""Bytes that a processor reads at once."""
_CHUNK = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """The languages among which a script leaves a choice: their names, what each feature and each text costs them.

    There are more columns than names, so that rows fill lines of memory; the rest is never chosen.
    """

    names: tuple[str, ...]
    penalties: NDArray[np.uint8]
    start: NDArray[np.float32]


class _Scratch(threading.local):
    """Room for one text, per thread."""

    def __init__(self) -> None:
        self.met = np.empty(_MOST_BYTES, np.int32)
        self.shelf = np.zeros((_kernels().shelf_size(_MOST_BYTES), 3), np.int32)
        self.scores = np.empty(2 * _LINE, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """The automaton and the choices; `moves` are as `language_kernels.choose` reads them, `step` is what a step of a penalty weighs."""

    moves: NDArray[np.uint32] | NDArray[np.uint64]
    root: int
    features: int
    choices: Mapping[str, Choice]
    weights: NDArray[np.float32]
    step: float
    scratch: _Scratch

    def choose(self, text: str, script: str, prior: str, prior_weight: float) -> tuple[str, float]:
        """Give the likeliest language of a script and how likely it is; an empty name where the text has no features.

        `prior` is a language that counts so much likelier, in natural logarithms.
        """
        if text.isupper():
            text = text.lower()
        raw = np.frombuffer(text.encode("utf-8", "replace"), np.uint8)[:_MOST_BYTES]
        choice, scratch = self.choices[script], self.scratch
        width = len(choice.start)
        favoured = _favoured(choice.names, prior, prior_weight, width)
        best, likely = _kernels().choose(
            raw,
            self.moves,
            self.root,
            self.features,
            choice.penalties,
            choice.start,
            self.weights,
            favoured,
            self.step,
            scratch.met,
            scratch.shelf,
            scratch.scores[:width],
        )
        return (choice.names[best], likely) if likely else ("", 0.0)


@lru_cache(maxsize=256)
def _favoured(names: tuple[str, ...], prior: str, weight: float, width: int) -> NDArray[np.float32]:
    """Give what each column counts likelier."""
    favoured = np.zeros(width, np.float32)
    favoured[[column for column, name in enumerate(names) if name == prior]] = weight
    return favoured


def load(choices: Mapping[str, Sequence[str]], common: Mapping[str, float], written_as: Mapping[str, str]) -> Model:
    """Load and pack the model: half a second and 50 MB.

    `choices` says for each script the model's languages among which it is made, `common` how much likelier some count, in natural
    logarithms, `written_as` what some are reported as.
    """
    import py3langid  # noqa: PLC0415 - only texts whose script leaves a choice need the model
    from py3langid.modelio import load_model  # noqa: PLC0415

    path = Path(py3langid.__file__).parent / "data" / "model.npz.xz"
    weights, start, languages, moves, rows, features = load_model(path)
    step = max(float((some.max(axis=1) - some.min(axis=1)).max()) for some in _chunks(weights)) / 255
    columns = {
        script: [column for column, language in enumerate(languages) if language in wanted]
        for script, wanted in choices.items()
    }
    penalties = {script: _lines(len(weights), len(some)) for script, some in columns.items()}
    for first, some in zip(range(0, len(weights), _CHUNK), _chunks(weights), strict=True):
        wide = some.astype(np.float32)
        packed = np.rint((wide.max(axis=1, keepdims=True) - wide) / step)
        for script, chosen in columns.items():
            penalties[script][first : first + len(some), : len(chosen)] = packed[:, chosen]
    begins = ((np.asarray(start) + [common.get(language, 0.0) for language in languages]) / step).astype(np.float32)
    return Model(
        moves=_packed(moves, rows, features),
        root=rows[0],
        features=max(features) + 2,
        choices={
            script: Choice(
                tuple(written_as.get(languages[column], languages[column]) for column in chosen),
                penalties[script],
                np.concatenate(
                    [begins[chosen], np.full(penalties[script].shape[1] - len(chosen), -np.inf, np.float32)]
                ),
            )
            for script, chosen in columns.items()
        },
        weights=np.array([math.log1p(count) for count in range(_MOST_BYTES + 1)], np.float32),
        step=step,
        scratch=_Scratch(),
    )


def _packed(
    moves: Sequence[int], rows: Sequence[int], features: Sequence[int]
) -> NDArray[np.uint32] | NDArray[np.uint64]:
    """Give for each row and byte the row that comes next and the feature met there as one number."""
    many = max(features) + 2
    kind: type[np.uint32 | np.uint64] = np.uint32 if (max(rows) + 1) * many < 1 << 32 else np.uint64
    states = (np.asarray(rows, np.int64) * many + np.asarray(features) + 1).astype(kind)
    packed: NDArray[Any] = np.asarray(moves, kind)
    for first in range(0, len(packed), _CHUNK << 6):
        packed[first : first + (_CHUNK << 6)] = states[packed[first : first + (_CHUNK << 6)]]
    return packed


def _lines(rows: int, columns: int) -> NDArray[np.uint8]:
    """Make a table whose rows do not cross lines of memory: 1, 2, 4 … columns, or a multiple of a line's."""
    width = 1 << (columns - 1).bit_length() if columns <= _LINE else -(-columns // _LINE) * _LINE
    room = np.empty(rows * width + _LINE, np.uint8)
    first = -room.ctypes.data % _LINE
    return room[first : first + rows * width].reshape(rows, width)


def _chunks(table: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Give a table some rows at a time, as views, so that packing it needs little memory."""
    for start in range(0, len(table), _CHUNK):
        yield table[start : start + _CHUNK]


@cache
def _kernels() -> ModuleType:
    """The compiled loops, loaded when the first text needs them."""
    from forestall.text import language_kernels  # noqa: PLC0415 - loading numba is dear, and no text needs them that has one script

    return language_kernels
