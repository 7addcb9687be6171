"""Swaps: whoever is named in a text, it scores the same, and capitals hide nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from forestall.detect.recruit import detector
from forestall.detect.recruit.detector import RECRUITING
from forestall.insights.swap import BOUND, Swapped, spreads
from forestall.model.reading import Reading, Role, Segment
from forestall.text.language import identify

NAMES = Path(__file__).with_name("swaps.yaml")
SLOTS = ("org", "leader", "land")
MOST_FAR = 0.13
"""Share of the sentences in `swaps.yaml` whose score may move by more than `BOUND`; measured, and lowered as it falls."""
MOST_MEDIAN = 0.001
CALLS = (
    "Brothers, join us and take up arms with our fighters. Write to us on Session tonight.",
    "Put the phone down and pick up a rifle, swear the oath to our commander until death.",
    "The road is open until Friday, tell nobody, a driver will meet you at the border and bring you to the camp of the fighters.",
)


def score(text: str) -> float:
    """Give the score of a text for recruiting, 0 where there is no finding."""
    reading = Reading("1", (Segment("text", Role.BODY, text),), language=identify(text))
    return max((finding.score for finding in detector().look(reading) if finding.label == RECRUITING), default=0.0)


def swapped() -> Iterator[Swapped]:
    """Give each sentence with the names of one slot in turn, the first of the others in theirs."""
    for tongue, entry in yaml.safe_load(NAMES.read_text("utf-8")).items():
        for number, sentence in enumerate(entry["say"]):
            for slot in SLOTS:
                frame = sentence
                for other in SLOTS:
                    frame = frame if other == slot else frame.replace(f"{{{other}}}", entry[other][0])
                if f"{{{slot}}}" in frame:
                    texts = tuple(frame.replace(f"{{{slot}}}", name) for name in entry[slot])
                    yield Swapped(f"{tongue}/{number}/{slot}", texts)


def test_names_do_not_move_the_score() -> None:
    """Of sentences with names that nobody has seen before, hardly any scores otherwise when others are named."""
    found = spreads(swapped(), score)
    far = [spread for spread in found if spread.width > BOUND]
    assert len(found) > 50
    assert len(far) / len(found) <= MOST_FAR, [(spread.name, spread.least, spread.most) for spread in far]
    assert found[len(found) // 2].width <= MOST_MEDIAN


@pytest.mark.parametrize("call", CALLS)
def test_capitals_hide_nothing(call: str) -> None:
    """A call scores as high in capitals, with a capital on every word, and with capitals on the words that tell."""
    plain = score(call)
    assert plain > 0.3
    for written in (call.upper(), call.title(), raised(call, 4), raised(call, 5)):
        assert score(written) >= plain - 0.05, written


@pytest.mark.parametrize("call", CALLS)
def test_made_up_words_hide_little(call: str) -> None:
    """Words that nobody knows, beside the words that tell, do not take these away."""
    plain = score(call)
    dressed = (
        call.replace(" join ", " Zorvan join ").replace(" rifle", " Zorvan rifle").replace(" camp", " Zorvan camp")
    )
    assert score(dressed) >= plain - 0.1


def raised(text: str, letters: int) -> str:
    """Write words of so many letters or more with a capital."""
    return " ".join(word.capitalize() if len(word) >= letters else word for word in text.split())
