"""RecruitCheck: what it holds, how it is filled in, and what a broken file is told."""

from pathlib import Path

import pytest

from forestall.insights.disguise import STYLES
from forestall.insights.suite import CREEDS, PARTS, Suite, read
from forestall.model.errors import BadInput

FOLDER = Path(__file__).parents[2] / "suites" / "recruitcheck"
LANGUAGES = ["ar", "ar-Latn", "bn", "de", "en", "es", "fa", "fr", "ha", "id", "ru", "so", "sw", "tr", "ur", "ur-Latn"]


@pytest.fixture(scope="module")
def suite() -> Suite:
    """Give the suite."""
    return read(FOLDER)


def test_it_is_as_large_as_it_says(suite: Suite) -> None:
    """At least forty functions and six thousand cases, in every launch language, each case with an id of its own."""
    cases = list(suite.cases())
    assert list(suite.languages) == LANGUAGES
    assert len({case.function for case in cases}) >= 40
    assert len(cases) >= 6_000
    assert len({case.id for case in cases}) == len(cases)
    assert all(len(case.text.strip()) > 3 and "{" not in case.text for case in cases)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_function_is_asked_in_every_language(suite: Suite, language: str, part: str) -> None:
    """In tune and in held alike, every function has its cases, and what is meant has contrasts of at least three kinds."""
    cases = list(suite.cases([part], [language]))
    assert {case.function for case in cases if not case.style} == set(suite.functions)
    for function in suite.functions.values():
        own = [case for case in cases if case.function == function.name]
        assert any(case.meant == function.meant for case in own)
        assert not function.meant or len({case.kind for case in own if case.kind}) >= 3


def test_what_is_held_apart_is_not_what_is_tuned_on(suite: Suite) -> None:
    """No text stands in both parts."""
    tune, held = ({case.text for case in suite.cases([part])} for part in PARTS)
    assert not tune & held


def test_contrasts_name_their_pair(suite: Suite) -> None:
    """Whatever is a contrast or a disguise says of which case, and a disguise's case is there."""
    cases = {case.id: case for case in suite.cases(languages=["en"], all_creeds=True)}
    for case in cases.values():
        assert bool(case.pair) == bool(case.style or case.kind not in {"", "plain"})
        if case.style:
            assert cases[case.pair].meant


def test_all_creeds_fill_the_same_templates(suite: Suite) -> None:
    """With all creeds, a template with slots has one case for each."""
    cases = [case for case in suite.cases(["tune"], ["fr"], all_creeds=True) if case.creed and not case.style]
    by_template: dict[str, set[str]] = {}
    for case in cases:
        by_template.setdefault(case.id.rpartition("/")[0], set()).add(case.creed)
    assert all(creeds == set(CREEDS) for creeds in by_template.values())


@pytest.mark.parametrize(("script", "style"), [(script, style) for script in STYLES for style in STYLES[script]])
def test_a_disguise_changes_how_a_text_is_written(script: str, style: str) -> None:
    """Every style changes a text in its script."""
    text = {
        "latin": "Brothers write to us tonight",
        "arabic": "اكتبوا لنا الليلة يا إخوة",
        "cyrillic": "Братья пишите сегодня ночью",
        "bengali": "আজ রাতে আমাদের লিখুন",
    }[script]
    assert STYLES[script][style](text) != text


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("functions.yaml", "functions: {a: {expect: maybe}}", "does not say what it expects"),
        ("functions.yaml", "[]", "is not a mapping"),
        ("functions.yaml", "a: [", "is no YAML"),
        ("fill/xx.yaml", "creeds: {religious: {}}", "there is nothing for ethnic, far-left, far-right"),
        ("tune/xx.yaml", "cases: [{fn: b}]", "`b` is not known"),
        ("tune/xx.yaml", "cases: [{fn: a, say: [x y], not: {odd: z}}]", "unknown kind `odd`"),
        ("tune/xx.yaml", "cases: [{fn: a, say: ['x {org} y']}]", "nothing fills the slot `{org}`"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, file: str, content: str, says: str) -> None:
    """What does not hold together is refused with the file and what is wrong."""
    creeds = ", ".join(f"{creed}: {{}}" for creed in CREEDS)
    files = {
        "functions.yaml": "functions: {a: {expect: recruiting}}",
        "fill/xx.yaml": f"creeds: {{{creeds}}}",
        "tune/xx.yaml": "cases: [{fn: a, say: [x y]}]",
        "held/xx.yaml": "cases: []",
    } | {file: content}
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(BadInput, match=r"xx|functions") as raised:
        list(read(tmp_path).cases())
    assert says in str(raised.value)


def test_a_folder_that_is_no_suite_is_told_so(tmp_path: Path) -> None:
    """A folder without functions is refused, and so is a language without templates."""
    with pytest.raises(BadInput, match="no suite"):
        read(tmp_path)
