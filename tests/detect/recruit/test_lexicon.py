"""The cue files: they hold together, are reviewed, and name no real organisation."""

from pathlib import Path
from typing import Any

import pytest
import yaml

import forestall.detect.recruit as package
from forestall.detect.recruit import modelfile
from forestall.detect.recruit.detector import LABELS, STEPS
from forestall.detect.recruit.lexicon import Lexicon, lexicon
from forestall.detect.recruit.match import find
from forestall.model.errors import BadList
from forestall.text.fold import fold

FOLDER = Path(package.__file__).parent
FILES = sorted((FOLDER / "cues").glob("*.yaml"))
DOCUMENTS = {path.name: path.read_bytes() for path in [FOLDER / "signs.yaml", *FILES]}


def load(path: Path) -> dict[str, Any]:
    """Give a file's content."""
    loaded: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return loaded


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_cue_is_reviewed(path: Path) -> None:
    """Each cue says what it means and what it must not catch, has an id of its own, and known keys only."""
    cues = load(path)["cues"]
    ids = [cue["cue"] for cue in cues]
    assert len(set(ids)) == len(ids)
    for cue in cues:
        assert set(cue) <= {"cue", "signs", "gloss", "not", "say", "degree", "strength"}, cue["cue"]
        assert cue["gloss"], cue["cue"]
        assert cue["not"], cue["cue"]
        assert all(phrase.count("{") == phrase.count("}") for phrase in cue["say"]), cue["cue"]


def test_ids_are_unique_across_files() -> None:
    """A cue id in evidence names one cue of one language, or the same kind of cue in one other language file."""
    pairs = [(load(path)["language"], cue["cue"]) for path in FILES for cue in load(path)["cues"]]
    assert len(set(pairs)) == len(pairs)


def test_what_takes_away_and_what_adds_are_apart() -> None:
    """A cue of a safe context has a strength and no sign of recruiting; a cue of recruiting has none."""
    for name in lexicon().names:
        for cue in lexicon().tongue(name).cues:
            contexts = [sign for sign in cue.signs if sign in lexicon().meanings.contexts]
            assert bool(contexts) == bool(cue.strength), cue.id
            assert not contexts or len(contexts) == len(cue.signs), cue.id
            assert 0.0 < cue.degree <= 1.0


def test_signs_belong_to_declared_steps() -> None:
    """Every step of a sign is a label of the detector, and so is every context that is shown."""
    words = lexicon().meanings
    assert {sign.step for sign in words.signs.values()} <= {"", "grievance", *STEPS}
    assert {context.label for context in words.contexts.values()} - {""} <= set(LABELS)


def test_a_grievance_never_weighs_alone() -> None:
    """The model has no weight for hurt itself: it counts only beside a sign that asks something, and little."""
    weights = {name: weight for name, weight in modelfile.bundled().features.items() if "grievance" in name}
    assert all(weight <= 0.0 or name.startswith("pair ") for name, weight in weights.items())
    assert max(weights.values(), default=0.0) <= 1.0


def test_the_version_names_the_data() -> None:
    """Another weight is another version of the detector."""
    assert len(lexicon().version) == 16
    assert Lexicon(DOCUMENTS, "7").version == "7"


def test_an_unknown_sign_is_refused() -> None:
    """A cue that names a sign nobody weighs is refused with its name and file."""
    odd = b"cues: [{cue: odd, signs: [fog], gloss: fog, say: [fog]}]"
    with pytest.raises(BadList, match=r"odd in odd\.yaml has the unknown sign fog"):
        Lexicon(DOCUMENTS | {"odd.yaml": odd}, "1").tongue("odd")


def test_a_list_stands_for_its_words() -> None:
    """A phrase may name a list; each of its words makes the phrase, and a list that is not there is refused with the cue's name."""
    data = "lists: {{people: [miners, sailors]}}\ncues: [{{cue: odd, signs: [join], gloss: x, say: ['{}']}}]"
    for written in ("come <people>", "come {all|<people>}"):
        odd = Lexicon(DOCUMENTS | {"odd.yaml": data.format(written).encode()}, "1").tongue("odd")
        assert {"come miners", "come sailors"} <= set(odd.plain.patterns)
    with pytest.raises(BadList, match=r"odd in odd\.yaml names the list folk"):
        Lexicon(DOCUMENTS | {"odd.yaml": data.format("come <folk>").encode()}, "1").tongue("odd")


def test_an_open_end_may_stand_inside() -> None:
    """A phrase in which a word before the last has an open end is found with any ending of it."""
    data = b"cues: [{cue: odd, signs: [join], gloss: x, say: ['{train*|march} together ~ {tonight|soon*}']}]"
    odd = Lexicon(DOCUMENTS | {"odd.yaml": data}, "1").tongue("odd")
    for text in ("training together tonight", "march together sooner", "trained together with us soon"):
        assert [hit.cue.id for hit in find(fold(text), [odd])] == ["odd"], text
    assert find(fold("train alone tonight"), [odd]) == []
