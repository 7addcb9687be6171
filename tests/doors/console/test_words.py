"""Words: the catalogues and how messages are put together."""

import json
import re
import string
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.assembly import build
from forestall.doors.console import pages
from forestall.doors.console.words import Words, catalogue, languages, preferred
from forestall.model.content import Content
from forestall.model.settings import Settings
from forestall.policy import ruleset
from tests.support import LABELS

HARBOUR = Path(__file__).parents[3] / "examples" / "harbour"
CONSOLE = Path(pages.__file__).parent
NOW = "2026-01-31T12:00:00.000Z"
PLURALS = {"en": {"one", "other"}, "ar": {"zero", "one", "two", "few", "many", "other"}}


def forms(words: Words, key: str) -> list[str]:
    """Give all texts of a message."""
    message = words.messages[key]
    return [message] if isinstance(message, str) else list(message.values())


def places(text: str) -> set[str]:
    """Give the names of the values a text takes."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", languages())
def test_catalogues_say_the_same(language: str) -> None:
    """Every language has the same messages as English, and each takes no other values."""
    english, other = catalogue("en"), catalogue(language)
    assert {key for key in other.messages if not key.startswith("sentences.")} == set(english.messages)
    for key in english.messages:
        allowed = set().union(*map(places, forms(english, key)))
        assert all(places(text) <= allowed for text in forms(other, key)), key
        message = other.messages[key]
        assert isinstance(message, str) or set(message) <= PLURALS[language], key


def test_every_message_is_used() -> None:
    """The catalogue holds no message that no page says."""
    sources = [path.read_text("utf-8") for path in CONSOLE.rglob("*") if path.suffix in {".py", ".html"}]
    text = "\n".join(sources)
    built = {match[1] for match in re.finditer(r"""["']([a-z_]+\.[a-z_]*)(?:["'] ~|\{)""", text)}
    built |= {f"{match[1]}" for match in re.finditer(r'f"([a-z_]+\.)', text)}
    for key in catalogue("en").messages:
        said = f'"{key}"' in text or f"'{key}'" in text or any(key.startswith(prefix) for prefix in built)
        assert said or key in {"name", "direction"}, f"nothing says {key}"


def test_every_said_message_exists() -> None:
    """No page asks for a message that the catalogue lacks."""
    for path in [*CONSOLE.rglob("*.html"), *CONSOLE.glob("*.py")]:
        for key in re.findall(
            r"""(?:\bt|words)\(\s*["']([a-z_]+\.[A-Za-z0-9_-]+)["']\s*[,)]""", path.read_text("utf-8")
        ):
            assert key in catalogue("en").messages, f"{path.name} says {key}"


def test_evidence_is_said_in_words() -> None:
    """Every kind of evidence that the demo platform's posts, and an adviser, leave on a case has words in every language."""
    rows = map(json.loads, (HARBOUR / "posts.jsonl").read_text("utf-8").splitlines())
    fields = ("id", "text", "author", "thread", "published")
    with build(Settings(lists=(str(HARBOUR / "fictional.xml"),)), keep=False) as house:
        posts = [Content(**{name: row.get(name, "") for name in fields}) for row in rows]
        found = [one for post in posts for one in house.screening.screen(post).decision.findings]
    keys = {key for finding in found for key in finding.evidence} | {"answer", "rationale", "model"}
    assert {"weighed", "timeline", "invites", "addressee"} <= keys
    for language in languages():
        said = catalogue(language).messages
        assert {key for key in keys if f"evidence.{key}" not in said} == {"words_at"}


def test_packaged_rules_are_translated() -> None:
    """The titles of packaged rules and the words of packaged excuses are said in every language, so that nobody must read English."""
    rules = ruleset.load(ruleset.default_files(), LABELS)
    sentences = [*(rule.title for rule in rules.rules), *(pardon.text for pardon in rules.pardons)]
    for language in set(languages()) - {"en"}:
        missing = [text for text in sentences if catalogue(language).translated(text) == text]
        assert not missing, f"{language} lacks them under [sentences]"
        assert all(f"excuse_name.{pardon.name}" in catalogue(language).messages for pardon in rules.pardons)


def test_own_rules_keep_their_words() -> None:
    """A title the operator wrote is shown as written, in every language; a packaged one is translated."""
    arabic = replace(catalogue("ar"), titles={"pledge": "Schwört jemanden ein", "incitement": "Calls for violence"})
    assert arabic.rule("pledge") == "Schwört jemanden ein"
    assert arabic.rule("incitement") == "يدعو إلى العنف"
    assert arabic.rule("gone") == ""


@pytest.mark.parametrize(
    ("number", "said"), [(1, "قبل دقيقة"), (2, "قبل دقيقتين"), (5, "قبل 5 دقائق"), (45, "قبل 45 دقيقة")]
)
def test_arabic_plurals(number: int, said: str) -> None:
    """Arabic counts with its own forms."""
    assert catalogue("ar")("ago.minute", n=number) == said


def test_texts_are_isolated() -> None:
    """A name in another script, or one made of direction controls, cannot turn the sentence it stands in."""
    said = catalogue("en")("app.you", name="\u202eمنى\u2069")
    assert said == "Signed in as \u2068منى\u2069"
    nested = catalogue("ar")("first.sign", label="x", sure=catalogue("ar")("sure.certain"))
    assert nested.endswith("\u2067شبه مؤكد\u2069")


@given(st.text(max_size=40))
@settings(max_examples=60, derandomize=True)
def test_values_are_never_templates(value: str) -> None:
    """Braces in a value are only braces."""
    said = catalogue("en")("app.you", name="{name}{0}" + value)
    assert "{name}{0}" in said


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-01-31T11:59:30.000Z", "just now"),
        ("2026-01-31T11:58:59.000Z", "1 minute ago"),
        ("2026-01-31T10:00:00.000Z", "2 hours ago"),
        ("2026-01-01T10:00:00.000Z", "30 days ago"),
        ("2026-02-01T10:00:00.000Z", "just now"),
        ("yesterday", "yesterday"),
        ("2026-01-31", "2026-01-31"),
    ],
)
def test_ages(at: str, said: str) -> None:
    """Ages are said in words, and what is no instant is repeated."""
    assert catalogue("en").ago(at, NOW) == said


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("ar", "ar"),
        ("de-DE,de;q=0.9,ar;q=0.5", "ar"),
        ("en;q=0.2, ar-EG;q=0.8", "ar"),
        ("ar;q=0", "en"),
        ("ar;q=x", "en"),
        (",;,;q,=" * 100, "en"),
    ],
)
def test_preferred_language(header: str, language: str) -> None:
    """The browser's languages choose ours; nonsense chooses English."""
    assert preferred(header) == language


def test_unknown_language() -> None:
    """A language the console does not speak is refused, whatever its name points at."""
    with pytest.raises(KeyError):
        catalogue("../words/en")
