"""Labels, findings and random rulesets that the policy tests share."""

from collections.abc import Mapping
from typing import Any, get_args

from hypothesis import strategies as st

from forestall.model.counter import Counter
from forestall.model.decision import Fact
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.policy.engine import Ruleset, make_ready
from forestall.policy.fault import Place
from forestall.policy.hits import IN_TEXT, hit
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
    Literal,
    Not,
    Operand,
    Operator,
    Or,
    Score,
    Sign,
)
from forestall.policy.template import Template
from forestall.policy.written import Condition, Pardon, Rule, Weight, Written

LABELS: Mapping[str, Outcome] = {
    "known-exact": Outcome.REMOVE,
    "known-near": Outcome.HOLD,
    "known-text": Outcome.REVIEW,
    "known-unconfirmed": Outcome.REVIEW,
    "known-excused": Outcome.PASS,
    "contact-point": Outcome.PASS,
    "contact-invite": Outcome.REVIEW,
    "listed-name": Outcome.PASS,
    "grievance": Outcome.PASS,
    "propaganda": Outcome.REVIEW,
    "contact": Outcome.REVIEW,
    "training": Outcome.REVIEW,
    "pledge": Outcome.REVIEW,
    "incitement": Outcome.REVIEW,
    "recruiting": Outcome.REVIEW,
    "recruiting-thread": Outcome.REVIEW,
    "advice": Outcome.PASS,
    "unreadable": Outcome.REVIEW,
    "text-match": Outcome.REVIEW,
    "list-match": Outcome.REVIEW,
    "context-news": Outcome.PASS,
    "context-counter-speech": Outcome.PASS,
    "context-scripture": Outcome.PASS,
    "context-research": Outcome.PASS,
    "context-fiction": Outcome.PASS,
    "context-negation": Outcome.PASS,
    "context-personal": Outcome.PASS,
}
"""The labels of the first detectors and their ceilings."""

FACTS: Mapping[str, Fact] = {
    "kind": "post",
    "audience": "public",
    "language": "en",
    "has_media": False,
    "has_text": True,
    "in_thread": False,
    "parts": 1,
    "text_length": 150,
}
"""The facts of an ordinary post."""


def found(label: str, score: float = 1.0, part: str = "text", **evidence: Any) -> Finding:
    """Make a finding with the ceiling its label declares."""
    return Finding("sample", "1", label, score, LABELS[label], part, ((0, 4),), evidence)


HITS = (
    hit("phrase", "join us"),
    hit("terms", "words"),
    hit("rx", r"\bjoin (?:us|them)\b"),
    hit("in_list", "places", "url"),
    hit("match", "one"),
)
"""Patterns, lists and a bank that conditions ask for."""
COUNTERS = (Counter("", "contact", "24h"), Counter("author", "contact", "7d"))
SCORES = st.one_of(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]), st.floats(0, 1))
PARTS = st.sampled_from(["text", "text#body", "a.pdf#page1", "a.pdf#page2"])
SAID = st.dictionaries(st.sampled_from(["cause", "bank"]), st.sampled_from(["one", "two", 3, True, ["one", 4]]))


@st.composite
def findings(draw: st.DrawFn, labels: Mapping[str, Outcome] = LABELS) -> Finding:
    """Draw a finding with any declared label."""
    label = draw(st.sampled_from(sorted(labels)))
    said = dict(draw(SAID))
    if label == "text-match":
        said["pattern"] = draw(st.sampled_from([hit.id for hit in HITS if hit.kind in IN_TEXT]))
    if label == "list-match":
        said |= {"list": "places", "kind": draw(st.sampled_from(["url", "contact"]))}
    return Finding("sample", "1", label, draw(SCORES), labels[label], draw(PARTS), ((0, 4),), said)


FACT_SETS = st.fixed_dictionaries(
    {},
    optional={
        "audience": st.sampled_from(["public", "private", None]),
        "has_media": st.sampled_from([True, False, None]),
        "parts": st.sampled_from([0, 1, 5, None]),
        "scanned": st.sampled_from(["", None]),
        "list(words)": st.sampled_from(["v", None]),
        "list(places)": st.sampled_from(["v", None]),
        "at": st.sampled_from(["2026-02-01T00:00:00.000Z", "nonsense"]),
        "published": st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-31T12:00:00+02:00", None]),
        **{counter.fact: st.sampled_from([0, 1, 7, None]) for counter in COUNTERS},
    },
)

_NUMBERS: st.SearchStrategy[Operand] = st.sampled_from(
    [
        *(Literal(number) for number in (0, 0.25, 0.5, 1, 2)),
        FactName("parts"),
        DaysSince("published"),
        *(Counted(counter) for counter in COUNTERS),
    ]
)
_WANTED: st.SearchStrategy[Operand] = st.sampled_from(
    [Literal("one"), Literal(3), Literal(True), Choice(("one", "two"))]
)
_SIGNS: st.SearchStrategy[Operator] = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
_ORDERS: st.SearchStrategy[Operator] = st.sampled_from(["<", "<=", ">", ">="])


@st.composite
def _comparisons(draw: st.DrawFn) -> Compare:
    label = draw(st.sampled_from(sorted(LABELS)))
    if draw(st.booleans()):
        wanted = draw(_WANTED)
        return Compare((Evidence(label, "cause"), wanted), ("in" if isinstance(wanted, Choice) else "==",))
    left: Operand = Score(label) if draw(st.booleans()) else Count(label)
    for _ in range(draw(st.integers(0, 2))):
        other = draw(st.one_of(_NUMBERS, st.sampled_from(sorted(LABELS)).map(Score)))
        pair = (left, other) if draw(st.booleans()) else (other, left)
        left = Arithmetic(draw(st.sampled_from(get_args(Sign))), *pair)
    sign = draw(_SIGNS)
    if draw(st.booleans()):
        return Compare((left, draw(_NUMBERS)), (sign,))
    return Compare((draw(_NUMBERS), left, draw(_NUMBERS)), (sign, draw(_ORDERS)))


LEAVES: st.SearchStrategy[Expr] = st.one_of(
    st.sampled_from(sorted(LABELS)).map(Found),
    st.sampled_from(HITS),
    _comparisons(),
    st.sampled_from([FactName("has_media"), Literal(True), Literal(False)]),
    st.just(Compare((FactName("audience"), Literal("public")), ("==",))),
)
EXPRESSIONS: st.SearchStrategy[Expr] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=3).map(lambda items: And(tuple(items))),
        st.lists(inner, min_size=2, max_size=3).map(lambda items: Or(tuple(items))),
    ),
    max_leaves=6,
)


@st.composite
def any_rulesets(draw: st.DrawFn, *, needing: bool = False) -> Ruleset:
    """Draw a ruleset that no check has looked at: any condition with any outcome, any excuse.

    With `needing` every rule needs a finding, as `check` demands.
    """
    here = Place("rules.yaml")
    first = st.sampled_from(sorted(LABELS)).map(Found) if needing else EXPRESSIONS
    rules = [
        Rule(
            id=f"rule-{number}",
            version=1,
            title="Any",
            clause="Any",
            outcome=draw(st.sampled_from(Outcome)),
            when=(
                Condition("", here, draw(first)),
                *(Condition("", here, draw(EXPRESSIONS)) for _ in range(draw(st.integers(0, 2)))),
            ),
            reason=Template(("Because.",)),
            unknown=draw(st.sampled_from([Outcome.PASS, Outcome.REVIEW])),
        )
        for number in range(draw(st.integers(1, 4)))
    ]
    pardons = [
        Pardon(
            "any", "Any.", "context-news", draw(SCORES), tuple(draw(st.lists(st.sampled_from(sorted(LABELS))))), None
        )
    ]
    weights = tuple(Weight(label, draw(SCORES), here) for label in sorted(LABELS))
    written = Written("any", tuple(rules), tuple(pardons), (), weights, draw(SCORES), ())
    return make_ready(written, "0" * 64, {})


_ENOUGH = st.sampled_from(
    ["propaganda", "pledge", "recruiting", "contact-invite", "known-near", "known-exact", "unreadable"]
)


@st.composite
def _lawful(draw: st.DrawFn) -> str:
    """Draw a condition that keeps the laws `check` demands, where `propaganda`, `pledge` and `recruiting` may be excused."""
    label = draw(_ENOUGH)
    return draw(
        st.sampled_from(
            [
                f'finding("{label}")',
                f'score("{label}") >= 0.5',
                f'0.25 < score("{label}")',
                f'count("{label}") > 1',
                f'not (score("{label}") < 0.75)',
                f'evidence("{label}", "cause") == "one"',
                'not finding("unreadable")',
                'score("known-near") < 0.5',
                'not finding("context-news")',
                'score("context-fiction") <= 0.5',
                'phrase("join us")',
                'not phrase("join us")',
                'in_list("places", "url")',
                'match("one")',
                'count("contact", "24h") >= 2',
                f'score("{label}") + score("pledge") * 2 >= 0.5',
                f'score("{label}") - score("context-news") > 0',
                'audience == "public"',
                "has_media",
                "parts >= 2",
            ]
        )
    )


@st.composite
def _lines(draw: st.DrawFn) -> str:
    parts = draw(st.lists(_lawful(), min_size=1, max_size=3))
    return "(" + draw(st.sampled_from([" and ", " or "])).join(parts) + ")"


@st.composite
def lawful_files(draw: st.DrawFn) -> dict[str, str]:
    """Draw the files of a ruleset that keeps the laws (some may still never fire, which `check` refuses)."""
    lines = ["rules:"]
    for number in range(draw(st.integers(1, 4))):
        label = draw(_ENOUGH)
        outcome = draw(st.sampled_from([each for each in Outcome if each.rank <= LABELS[label].rank]))
        lines += [
            f"  - id: rule-{number}",
            "    version: 1",
            "    title: Any",
            "    clause: Any",
            f"    outcome: {outcome}",
            f"    unknown: {draw(st.sampled_from(['pass', 'review']))}",
            "    reason: Because of {" + label + ".score}, {" + label + ".cause}.",
            "    when:",
            f'      - finding("{label}")',
            f"      - {draw(_lines())}",
        ]
    lines += ["excuses:"]
    for name, context in (("news", "context-news"), ("fiction", "context-fiction")):
        labels = draw(st.lists(st.sampled_from(["propaganda", "pledge", "recruiting"]), min_size=1, unique=True))
        lines += [f"  - name: {name}", "    text: It is safe.", f"    context: {context}"]
        lines += [f"    at_least: {draw(st.sampled_from(['0.25', '0.5']))}", f"    excuses: [{', '.join(labels)}]"]
        lines += draw(st.sampled_from([[], ['    unless: score("contact-invite") >= 0.5'], ["    unless: has_media"]]))
    lines += [f"priority: {{excused: {draw(st.sampled_from(['0', '0.3', '1']))}, weights: {{"]
    lines[-1] += ", ".join(
        f"{label}: {draw(st.sampled_from(['0', '0.1', '0.9', '1']))}"
        for label in ("pledge", "recruiting", "known-near")
    )
    lines[-1] += "}}"
    keys = ["propaganda", "pledge", "recruiting", "contact-invite", "known-near", "known-exact", "unreadable"]
    lines += ["evidence:", *(f"  {label}: [cause]" for label in keys)]
    return {"rules.yaml": "\n".join(lines)}
