"""Model files: signed, readable, and refused with a reason where anything about them is wrong."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest

from forestall.detect.recruit import modelfile
from forestall.detect.recruit.shelf import Shelf
from forestall.model.errors import BadInput, NotFound
from forestall.text import ngrams
from tests.detect.recruit.model_samples import KEY, data, learnt, model, none


def facts(**other: object) -> dict[str, object]:
    """Give a header that holds together, but for what is said otherwise."""
    return {"n-grams": ngrams.VERSION, "features": {}, "masked": [], "known": "", "bias": 0.0, "scale": 1.0, **other}


def test_a_file_gives_back_what_was_learnt() -> None:
    """Features and n-grams come back within what the rounding to whole numbers allows."""
    assert model().bias == pytest.approx(learnt().bias, abs=1e-4)
    assert all(weight == pytest.approx(learnt().features[name], abs=1e-4) for name, weight in model().features.items())
    step = model().words.scale
    assert abs(model().words.weights * step - learnt().words).max() <= step / 2 + 1e-9
    assert model().digest == modelfile.digest(data())


def test_a_person_can_read_it() -> None:
    """Its header is JSON in which every feature has a weight and a meaning."""
    text = data().decode()
    header = json.loads(text[text.index("{") : text.rindex("}") + 1])
    assert all(set(entry) == {"weight", "means"} and entry["means"] for entry in header["features"].values())


@pytest.mark.parametrize("at", [0, 40, -60, -2])
def test_any_change_is_refused(at: int) -> None:
    """A changed byte in header, weights or signature is found."""
    changed = bytearray(data())
    changed[at] ^= 1
    with pytest.raises(BadInput, match="model file"):
        modelfile.read(bytes(changed), KEY.verifier)


@pytest.mark.parametrize(
    "cut", [b"", b"\n\n", b"forestall recruiting model 2\n", b"\xff\xfe", b"x" * (modelfile.MOST_BYTES + 1)]
)
def test_what_is_no_model_is_refused(cut: bytes) -> None:
    """Bytes that are none, cut off or too many are refused with the next step."""
    with pytest.raises(BadInput) as caught:
        modelfile.read(cut, KEY.verifier)
    assert caught.value.next_step


def test_another_key_is_refused() -> None:
    """A file signed by somebody else is not read, nor is anything with a key that is none."""
    with pytest.raises(BadInput, match="not signed by"):
        modelfile.read(data(), modelfile.Key("other/model", b"8" * 32).verifier)
    same_name = modelfile.Key(KEY.name, b"8" * 32)
    with pytest.raises(BadInput, match="not signed by"):
        modelfile.read(data(), same_name.verifier)
    with pytest.raises(BadInput, match="key of the model"):
        modelfile.read(data(), "name+00+AAAA")


@pytest.mark.parametrize(
    "other",
    [{"n-grams": "0"}, {"features": []}, {"features": {"x": 1}}, {"bias": "high"}, {"scale": None}, {"masked": 5}],
    ids=str,
)
def test_a_signed_file_must_still_make_sense(other: dict[str, object]) -> None:
    """A header of another version or form is refused although it is signed."""
    with pytest.raises(BadInput, match="cannot be used"):
        modelfile.read(modelfile.write(facts(**other), none(), KEY), KEY.verifier)


def test_too_few_or_too_many_weights_are_refused() -> None:
    """A file unpacks to one weight for each bucket, and to no more, however well it is packed."""
    for weights in (none()[:-1], np.zeros(1 << 24, np.int8)):
        with pytest.raises(BadInput, match="not complete"):
            modelfile.read(modelfile.write(facts(), weights, KEY), KEY.verifier)


def test_the_bundled_model_is_signed_and_small() -> None:
    """The model that comes with Forestall can be read, fits our n-grams and stays below 1.5 MB."""
    folder = Path(modelfile.__file__).parent
    assert modelfile.bundled().facts["n-grams"] == ngrams.VERSION
    assert (folder / modelfile.BUNDLED).stat().st_size <= 1_500_000
    assert modelfile.bundled().digest == modelfile.bundled_digest()


class TestShelf:
    """The models of a data folder."""

    def test_nothing_there_means_the_bundled_one(self, tmp_path: Path) -> None:
        """A new folder uses what comes with Forestall, and looking makes no files."""
        shelf = Shelf(tmp_path / "data")
        assert shelf.in_use == modelfile.bundled_digest()
        assert shelf.load(shelf.in_use) is modelfile.bundled()
        assert shelf.names() == [shelf.in_use]
        assert not (tmp_path / "data").exists()

    def test_keep_and_switch(self, tmp_path: Path) -> None:
        """What was kept is not in use until it is switched to, and then for whoever opens the folder next."""
        shelf = Shelf(tmp_path)
        digest = shelf.keep(facts(), none())
        assert shelf.in_use == modelfile.bundled_digest()
        shelf.switch(digest)
        assert Shelf(tmp_path).in_use == digest
        assert Shelf(tmp_path).load(digest).digest == digest
        assert Shelf(tmp_path).full(digest[:8]) == digest
        assert Shelf(tmp_path).full("bundled") == modelfile.bundled_digest()
        assert (tmp_path / "keys" / "models.key").stat().st_mode & 0o077 == 0

    def test_a_damaged_file_is_never_switched_to(self, tmp_path: Path) -> None:
        """The old model stays where the new one's file was changed, and the error says what to do."""
        shelf = Shelf(tmp_path)
        digest = shelf.keep(facts(), none())
        path = tmp_path / "models" / f"{digest}.model"
        path.write_bytes(path.read_bytes().replace(b"bias", b"bios"))
        with pytest.raises(BadInput):
            shelf.switch(digest)
        assert shelf.in_use == modelfile.bundled_digest()

    def test_one_model_under_anothers_name_is_refused(self, tmp_path: Path) -> None:
        """A signed file that was renamed is not taken for the one of that digest."""
        shelf = Shelf(tmp_path)
        one, other = shelf.keep(facts(), none()), shelf.keep(facts(bias=1.0), none())
        (tmp_path / "models" / f"{one}.model").replace(tmp_path / "models" / f"{other}.model")
        with pytest.raises(BadInput, match="another model"):
            shelf.load(other)
        with pytest.raises(NotFound):
            shelf.load(one)

    def test_a_gone_model_says_how_to_go_back(self, tmp_path: Path) -> None:
        """Where the model in use was deleted or its key damaged, the error names the file that leads back."""
        shelf = Shelf(tmp_path)
        digest = shelf.keep(facts(), none())
        shelf.switch(digest)
        (tmp_path / "keys" / "models.key").write_text("name " + base64.b64encode(b"short").decode())
        with pytest.raises(BadInput, match="current"):
            shelf.load(digest)
        (tmp_path / "models" / f"{digest}.model").unlink()
        with pytest.raises(NotFound) as caught:
            shelf.load(digest)
        assert "current" in caught.value.next_step

    @pytest.mark.parametrize("digest", ["", "zz", "../../etc/passwd"])
    def test_unknown_names_are_refused(self, tmp_path: Path, digest: str) -> None:
        """A name that is none leads to no file."""
        with pytest.raises(NotFound):
            Shelf(tmp_path).full(digest)
