"""What is refused before a ruleset is live: faults in files, in names, against ceilings and against the laws of safe speech."""

import pytest

from forestall.model.errors import BadPolicy
from forestall.policy.ruleset import load
from tests.policy.samples import LABELS

BASE = {
    "id": "one",
    "version": "1",
    "title": "One",
    "clause": "C",
    "outcome": "review",
    "when": "['finding(\"pledge\")']",
    "reason": "Because.",
}
NEWS = "excuses:\n  - {name: news, text: News., context: context-news, excuses: [pledge]}\n"


def rule(extra: str = "", **fields: str) -> str:
    """Write a rule with some fields changed; an empty one is left out."""
    lines = [f"    {key}: {value}" for key, value in {**BASE, **fields}.items() if value]
    return "rules:\n  -\n" + "\n".join(lines) + "\n" + extra


def conditions(*lines: str) -> str:
    """Write conditions one below the other."""
    return "".join(f"\n      - {line}" for line in lines)


def told(text: str) -> str:
    """Give what loading a file says is wrong."""
    with pytest.raises(BadPolicy) as caught:
        load({"a.yaml": text}, LABELS)
    return caught.value.what


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("rules: &a []\nexcuses: *a\n", "a.yaml:1:8: anchors and aliases"),
        ("rules: !!python/object:os.system []\n", "a.yaml:1:8: tags"),
        ("rules: []\nrules: []\n", "a.yaml:2:1: `rules` stands here twice"),
        ("rules: []\n---\nrules: []\n", "a.yaml:2:1: the file holds several documents"),
        ("rules: " + "[" * 5_000, "a.yaml:1:"),
        ("- one\n", "a.yaml:1:1: a rule file is a mapping"),
        ("rules: [\n", "this is not valid YAML"),
        ("rules: 'a\n", "this is not valid YAML"),
        ("rules:\n\t- a", "this is not valid YAML"),
        ("rules: \x00\n", "characters that YAML does not allow"),
        ("{[a]: b}\n", "a key is a plain word"),
        ("ruls: []\n", "a.yaml:1:1: there is no field `ruls` here"),
        ("rules: one\n", "expected a list of rules"),
        ("rules: [one]\n", "expected a rule"),
        ("name: [x]\n", "expected a text"),
        ("name: Not A Name\n", "is not a name"),
        ("priority: {excused: 1.5}\n", "`1.5` is not a number from 0 to 1"),
        ("priority: {weights: {pledge: high}}\n", "`high` is not a number"),
        ("evidence: {pledge: group}\n", "expected a list of evidence keys"),
        ("#" * 300_000, "longer than"),
        (rule(titel="x"), "there is no field `titel` here"),
        (rule(clause=""), "the field `clause` is missing"),
        (rule(version="one"), "is not a whole number"),
        (rule(when="[]"), "`when` holds no condition"),
        (rule(when='finding("pledge")'), "expected a list of conditions"),
        (rule(when=conditions("a: b")), "expected a condition on one line"),
        (rule(when=conditions('"finding(\\"pledge\\")"')), "without escapes"),
        (rule(when=conditions('finding("pledge")\n          and has_media')), "a condition stands on one line"),
        (rule(unknown="hold"), "`hold` is not an outcome that can stand here"),
        (rule(reason='"{}"'), "this brace does not hold a name"),
        (rule(reason='"{pledge.group!r}"'), "this brace does not hold a name"),
        (rule(reason='"{0.__class__}"'), "this brace does not hold a name"),
        (rule(reason='"open {"'), "a.yaml:9:19: this brace"),
        (rule(must_match="[pledge]"), "expected a mapping of labels and facts"),
        (rule(must_match="[{has_media: maybe}]"), "neither yes nor no"),
        (rule(status="on"), "`on` is no status"),
        (rule(severity="6"), "`6` is no severity"),
        (rule(effective="{from: tomorrow}"), "`tomorrow` is no day"),
        (rule(effective="{from: 2026-02-30}"), "`2026-02-30` is no day"),
        (rule(effective="{from: 2026-03-02, until: 2026-03-01}"), "ends on 2026-03-01 before it begins"),
        (rule(effective="{since: 2026-03-02}"), "there is no field `since`"),
        (rule(surfaces="board"), "expected a list of texts"),
        (rule(examples="{fires: [{pledge: 1}]}"), "there is no field `examples`"),
        (rule(must_match="[{text: [a]}]"), "expected a text"),
    ],
)
def test_faults_in_a_file(text: str, wrong: str) -> None:
    """What is not plain YAML of known fields with the right values is refused at its place."""
    assert wrong in told(text)


@pytest.mark.parametrize(
    ("text", "wrong", "hint"),
    [
        (rule(when=conditions('finding("plege")')), "a.yaml:9:18: there is no label `plege`", "did you mean `pledge`?"),
        (rule(extra=rule()[7:]), "rule `one` is written twice", "line 3"),
        (rule(extra=NEWS + NEWS[9:]), "excuse `news` is written twice", "line 11"),
        (rule(outcome="hold"), "may cause `review` at most", "write `review`"),
        (
            rule(when=conditions('not finding("known-exact")', 'finding("pledge")'), outcome="hold"),
            "at most",
            "write `review`",
        ),
        (rule(when=conditions("has_media")), "does not need a finding to fire", "without a finding nothing may happen"),
        (rule(when=conditions('finding("pledge") or has_media')), "does not need a finding", ""),
        (rule(when=conditions('score("pledge") >= 0')), "does not need a finding", ""),
        (rule(when=conditions('score("pledge") >= 60')), "a score lies between 0 and 1", "write 0.6"),
        (
            rule(when=conditions('finding("pledge")', 'audience == "publik"')),
            "a.yaml:10:21: `audience` is never `publik`",
            "`public`",
        ),
        (rule(when=conditions('finding("pledge")', 'not (kind in ["posts"])')), "`kind` is never `posts`", "`post`"),
        (rule(when=conditions('evidence("pledge", "group") == "x"')), "have no evidence `group`", "under `evidence:`"),
        (rule(reason='"{pledge.group}"'), "have no evidence `group`", "under `evidence:`"),
        (rule(reason='"{pledge.grup}"', extra="evidence: {pledge: [group]}\n"), "no evidence `grup`", "`group`"),
        (rule(reason='"{incitement.score}"'), "on which the rule does not rest", "pledge"),
        (rule(reason='"{audienc}"'), "names the fact `audienc`", "`audience`"),
        ("never_excused: [pledg]\n", "there is no label `pledg`", "`pledge`"),
        ("priority: {weights: {plegde: 1}}\n", "there is no label `plegde`", "`pledge`"),
        ("evidence: {plegde: [a]}\n", "there is no label `plegde`", "`pledge`"),
        (rule(must_match="[{pledges: 1}]"), "there is no label `pledges`", "`pledge`"),
        (rule(must_match="[{pledge: 1, audience: all}]"), "`audience` is never `all`", ""),
        (rule(must_not_match="[{pledge: 1}]"), "should stay quiet here but fires", "correct the example"),
        (
            rule(
                when=conditions('finding("contact-point") or finding("pledge")'),
                must_match="[{contact-point: 1}]",
            ),
            "fires here, but what it rests on here may cause `pass` at most",
            "",
        ),
        (
            rule(must_match="[{pledge: 1, context-news: 1}]", extra=NEWS),
            "should fire here but does not; excused by news",
            "",
        ),
        (rule(when=conditions('finding("pledge")', 'language == "tr"')), "asks for the language of a text", "phrase("),
        (rule(when=conditions('phrase("join us") or language == "tr"')), "does not need a finding", ""),
        (rule(when=conditions('phrase("join us")'), outcome="hold"), "may cause `review` at most", "write `review`"),
        (
            rule(when=conditions('phrase("join us")'), must_match='[{text: "We sail tomorrow."}]'),
            "should fire here but does not",
            "",
        ),
        (
            rule(
                when=conditions('phrase("join us")'),
                must_not_match='[{text: "\uff2a\uff2f\uff29\uff2e  U\u200bS now"}]',
            ),
            "should stay quiet here but fires",
            "",
        ),
    ],
)
def test_faults_in_what_is_said(text: str, wrong: str, hint: str) -> None:
    """Unknown names and values, double ids, outcomes beyond ceilings and broken examples are refused with a hint."""
    said = told(text)
    assert wrong in said
    assert hint in said


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (
            rule(when=conditions('finding("known-near")', 'not finding("pledge")'), extra=NEWS),
            "cannot rest on its absence",
        ),
        (rule(when=conditions('score("pledge") == 0.5'), extra=NEWS), "cannot rest on its absence or exact number"),
        (
            rule(when=conditions('0.1 < score("pledge") < 0.5'), extra=NEWS),
            "cannot rest on its absence or exact number",
        ),
        (rule(when=conditions('score("training") > score("pledge")'), extra=NEWS), "cannot rest on its absence"),
        (
            rule(when=conditions('finding("pledge")', 'finding("context-news")'), extra=NEWS),
            "is a context that excuses",
        ),
        (
            rule(when=conditions('finding("pledge")', 'not (score("context-news") < 0.5)'), extra=NEWS),
            "is a context that excuses",
        ),
        (NEWS.replace("[pledge]", "[known-exact]"), "`known-exact` is known material"),
        (NEWS.replace("[pledge]", "[known-near]"), "`known-near` is known material"),
        (NEWS + "never_excused: [pledge]\n", "`pledge` is never excused"),
        (NEWS.replace("[pledge]", "[context-news]"), "is a context itself"),
        (NEWS.replace("}", ", unless: 'finding(\"context-news\")'}"), "one excuse cannot depend on another"),
        (NEWS.replace("}", ", unless: 'not finding(\"contact-invite\")'}"), "would bring the excuse `news` back"),
        (NEWS.replace("}", ", unless: 'finding(\"contact-invit\")'}"), "there is no label `contact-invit`"),
        (NEWS + "priority: {weights: {context-news: 0.1}}\n", "cannot have a weight"),
    ],
)
def test_laws_of_safe_speech(text: str, wrong: str) -> None:
    """Nothing may make an excuse backfire, excuse known material, or turn a safe context into a reason."""
    assert wrong in told(text)


@pytest.mark.parametrize(
    "lines",
    [
        ('score("pledge") >= 0.8', 'score("pledge") < 0.5'),
        ('score("pledge") > 0.5', '0.5 >= score("pledge")'),
        ('finding("pledge")', 'not finding("pledge")'),
        ('not finding("pledge") and score("pledge") > 0.2',),
        ('finding("pledge")', 'count("pledge") < 1'),
        ('finding("pledge")', 'kind == "post"', 'kind == "file"'),
        ('finding("pledge")', 'kind not in ["post", "file"]'),
        ('finding("pledge")', "has_media", "not has_media"),
        ('finding("pledge")', "has_media == False and has_media"),
        ('finding("pledge")', "5 < parts < 3"),
        ('finding("pledge")', "not (parts >= 0)"),
        ('finding("pledge")', "parts in [1, 2]", "parts in [3]"),
        ('score("pledge") > 1',),
    ],
)
def test_conditions_that_exclude_each_other(lines: tuple[str, ...]) -> None:
    """A rule that can never fire is refused, at the condition that makes it so."""
    said = told(rule(when=conditions(*lines)))
    assert "can never fire" in said
    assert f"a.yaml:{8 + len(lines)}:" in said


@pytest.mark.parametrize(
    "lines",
    [
        ('score("pledge") >= 0.5', 'score("pledge") < 0.8'),
        ('score("pledge") >= 0.5 and score("pledge") <= 0.5',),
        ('finding("pledge")', 'kind == "post" or kind == "file"'),
        ('finding("pledge")', 'kind != "post"', 'audience not in ["private"]'),
        ('finding("pledge")', "1 < parts <= 2", "not (1 < parts < 2)"),
        ('finding("pledge")', "not (has_media and has_text)"),
    ],
)
def test_conditions_that_fit(lines: tuple[str, ...]) -> None:
    """A rule that can fire is not called unreachable."""
    load({"a.yaml": rule(when=conditions(*lines))}, LABELS)
