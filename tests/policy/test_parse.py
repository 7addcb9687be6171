"""The condition language: what is admitted, and that everything else is refused at its column."""

import pytest

from forestall.model.counter import Counter
from forestall.policy.fault import Faulty, Place
from forestall.policy.parse import parse
from forestall.policy.syntax import (
    And,
    Arithmetic,
    Choice,
    Compare,
    Count,
    Counted,
    DaysSince,
    Evidence,
    Expr,
    FactName,
    Found,
    Hit,
    Literal,
    Not,
    Or,
    Score,
)

HERE = Place("rules.yaml", 7, 9)


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ('finding("pledge")', Found("pledge")),
        ("has_media", FactName("has_media")),
        ('score("recruiting") >= 0.5', Compare((Score("recruiting"), Literal(0.5)), (">=",))),
        ("1 < parts <= 20", Compare((Literal(1), FactName("parts"), Literal(20)), ("<", "<="))),
        ('kind in ["post", "file"]', Compare((FactName("kind"), Choice(("post", "file"))), ("in",))),
        (
            'audience not in ("private", "closed")',
            Compare((FactName("audience"), Choice(("private", "closed"))), ("not in",)),
        ),
        (
            'evidence("unreadable", "cause") == "too-deep"',
            Compare((Evidence("unreadable", "cause"), Literal("too-deep")), ("==",)),
        ),
        ('not (finding("a") or count("b") > 2)', Not(Or((Found("a"), Compare((Count("b"), Literal(2)), (">",)))))),
        ('phrase("Join US!")', Hit("phrase", "Join US!", "", "phrase: join us!")),
        ('in_list("places", "url")', Hit("in_list", "places", "url", "in_list: places, url")),
        ('match("Ashen posters")', Hit("match", "Ashen posters", "", "match: Ashen posters")),
        (r'rx(r"\bjoin\b")', Hit("rx", r"\bjoin\b", "", r"rx: \bjoin\b")),
        ('rx("join (us|them)")', Hit("rx", "join (us|them)", "", "rx: join (us|them)")),
        ('count("contact", "24h") >= 3', Compare((Counted(Counter("", "contact", "24h")), Literal(3)), (">=",))),
        (
            'distinct("author", "contact", "7d") > 2',
            Compare((Counted(Counter("author", "contact", "7d")), Literal(2)), (">",)),
        ),
        ('days_since("published") < 2', Compare((DaysSince("published"), Literal(2)), ("<",))),
        (
            'score("a") + parts * 2 > 1',
            Compare((Arithmetic("+", Score("a"), Arithmetic("*", FactName("parts"), Literal(2))), Literal(1)), (">",)),
        ),
        (
            'finding("a") and has_text and not in_thread',
            And((Found("a"), FactName("has_text"), Not(FactName("in_thread")))),
        ),
    ],
)
def test_what_is_admitted(source: str, tree: Expr) -> None:
    """Facts, functions, arithmetic, comparisons, lists and and/or/not become the tree they read like."""
    assert parse(source, HERE) == tree


@pytest.mark.parametrize(
    ("source", "column", "told"),
    [
        ('kind.__class__ == "post"', 0, "a dot is not allowed"),
        ('__import__("os")', 0, "there is no function `__import__`"),
        ('finding("a").score > 0', 0, "a dot"),
        ('kind["x"] == "y"', 0, "square brackets"),
        ("parts > 10 ** 9", 8, "arithmetic"),
        ("parts % 2 == 0", 0, "arithmetic"),
        ("parts // 2 == 0", 0, "arithmetic"),
        ("parts > -1", 8, "a sign before a value"),
        ('kind + "x" == "postx"', 0, "a text cannot be calculated with"),
        ("has_media + 1 > 1", 0, "yes or no cannot be calculated with"),
        ('evidence("a", "b") * 2 > 1', 10, "calculate with evidence()"),
        ("parts + parts", 0, "a value, not something true or false"),
        ("+".join(["parts"] * 60) + " > 1", 0, "nested too deeply"),
        ('phrase("join us") == True', 8, "true or false by itself"),
        ('phrase("!?")', 8, "no letter or digit"),
        ('phrase("a b c d e f g h i")', 8, "at most 8 words"),
        ("phrase(kind)", 0, "does not take that"),
        ('terms("Not A Name")', 7, "no name of a list"),
        ('in_list("places", "person")', 19, "one cannot look up `person`"),
        ('rx("a\\b")', 5, "not allowed in a condition"),
        ('rx(r"(a)\\1")', 8, "back-reference"),
        ('phrase("a\\n")', 9, "not allowed in a condition"),
        ('rx("(?=a)b")', 4, "looking ahead"),
        ('rx("a*")', 4, "holds even where nothing is written"),
        ('rx("(a")', 4, "this bracket is not closed"),
        ('rx("a|b)")', 7, "this bracket closes nothing"),
        ('count("person", "24h") > 1', 7, "`person` cannot be counted by"),
        ('count("contact", "400d") > 1', 18, "`400d` is no length of time"),
        ('distinct("contact", "contact", "1h") > 1', 10, "there is one contact"),
        ('days_since("at") > 1', 12, "there is no instant `at`"),
        ('scanned == "x"', 0, "may be shown but cannot decide"),
        ("(lambda: has_media)()", 0, "there is no function"),
        ("[x for x in kind]", 0, "comprehension"),
        ("(y := has_media)", 1, "`:=`"),
        ('kind == f"{audience}"', 8, "f-text"),
        ("has_media if has_text else in_thread", 0, "`if … else`"),
        ('score("a") > 1e999', 13, "too large"),
        ('score("a") > 99999999999999', 13, "too large"),
        ("has_media is True", 0, "`is`"),
        ("has_media == None", 13, "not allowed"),
        ('kind == b"post"', 8, "not allowed"),
        ("parts > 3j", 8, "not allowed"),
        ("hаs_media", 0, "there is no fact"),
        ("ｈas_media", 0, "there is no fact"),
        ("has_medai", 0, "there is no fact `has_medai`"),
        ("finding", 0, "`finding` needs a label"),
        ("finding(kind)", 0, "does not take that"),
        ('finding("a", "b")', 0, "does not take that"),
        ('finding(label="a")', 0, "does not take that"),
        ('evidence("a") == 1', 0, "does not take that"),
        ('fnding("a")', 0, "there is no function `fnding`"),
        ('score("a")', 0, "a value, not something true or false"),
        ('"text"', 0, "a value, not something true or false"),
        ('score("a") >= "high"', 14, "cannot be compared"),
        ("has_media == 1", 13, "cannot be compared"),
        ('audience > "open"', 0, "compares numbers only"),
        ('"post" in kind', 10, "needs a list"),
        ('kind in ["post", 3]', 17, "mixes types"),
        ("kind in [audience]", 9, "written-out values only"),
        ("kind in []", 8, "needs a list"),
        ('["post"] == kind', 0, "only on the right"),
        ('evidence("a", "b") != 1', 10, "ambiguous"),
        ('evidence("a", "b") not in [1]', 10, "ambiguous"),
        ('evidence("a", "b") == evidence("a", "c")', 32, "twice"),
        ("(has_media == has_text) == in_thread", 1, "a condition cannot be compared"),
        ('finding("a") && has_media', 14, "not a condition"),
        ("has_media = True", 10, "not a condition"),
        ('finding("a"', 7, "not a condition"),
        ("", 0, "not a condition"),
        ("kind == '\\x00'", 9, "not allowed in a condition"),
    ],
)
def test_what_is_refused(source: str, column: int, told: str) -> None:
    """Everything else is refused in words, at the column where it stands."""
    with pytest.raises(Faulty) as caught:
        parse(source, HERE)
    assert told in caught.value.fault.what
    assert caught.value.fault.place == Place("rules.yaml", 7, 9 + column)
    assert caught.value.fault.hint


def test_columns_count_characters() -> None:
    """A fault after letters outside ASCII is pointed at by characters, as an editor counts them."""
    with pytest.raises(Faulty) as caught:
        parse('kind == "صورة" or nothing', HERE)
    assert caught.value.fault.place.column == HERE.column + 18


@pytest.mark.parametrize(
    "source", ["(" * 300 + "has_media" + ")" * 300, "not " * 100 + "has_media", "has_media and " * 100]
)
def test_bombs_are_refused(source: str) -> None:
    """Deeply nested and endless conditions are refused, not parsed."""
    with pytest.raises(Faulty):
        parse(source, HERE)


def test_misspelt_names_get_a_hint() -> None:
    """A misspelt fact or function is answered with the closest one."""
    for source, hint in (("has_medai", "has_media"), ('fnding("a")', "finding"), ("AUDIENCE", "audience")):
        with pytest.raises(Faulty) as caught:
            parse(source, HERE)
        assert f"did you mean `{hint}`?" == caught.value.fault.hint
