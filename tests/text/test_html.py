"""HTML: what a person sees, what can hide in it, and that no page takes more than its share of work."""

import sys
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forestall.text.html import LONGEST_LINK, MOST_COMPLETED, visible

PIECES = [
    "<p>",
    "</p>",
    "<a href='https://x.example'>",
    '<a href="',
    "<!--",
    "-->",
    "<script>",
    "</script >",
    "<span hidden>",
    "</span>",
    "<pre>",
    "&amp;",
    "&#",
    "text ",
    "\n",
    "<",
    ">",
    "'",
    "<base href='https://b.example/'>",
    "<img alt=a>",
]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("plain", "plain"),
        ("<p>One <b>wo</b>rd</p><p>Next</p>", "One word\nNext"),
        ("a<br>b<br/>c<BR />d", "a\nb\nc\nd"),
        ("  a \n\t b  ", "a b"),
        ("<ul><li>one<li>two</ul>", "one\ntwo"),
        ("<table><tr><td>1<td>2<tr><td>3</table>", "1 2\n3"),
        ("<pre>a\n  b</pre>c", "a\n  b\nc"),
        ("a<!-- not this -->b<!-->c<!--->d<!-- x --!>e", "abcde"),
        ("a<!doctype html>b<?php x ?>c</>d", "abcd"),
        ("<script>if (a < b) '</p>'</script>shown<style>p{}</style>", "shown"),
        ("<SCRIPT>x</sCript >shown", "shown"),
        ("<script>never ends", ""),
        ("<!-- never ends", ""),
        ("<title>T &lt;b&gt; <i>t</title>x", "T <b> <i>t\nx"),
        ("<textarea><p>typed</textarea>", "<p>typed"),
        ("<img alt='a cat' src=x>dog", "a cat dog"),
        ("<img src=x><img alt=''>dog", "dog"),
        ("I <3 you, a<b and 1 < 2", "I <3 you, a<b and 1 < 2"),
        ("a <", "a <"),
        ("<a href='x>all the rest", "<a href='x>all the rest"),
        ("<a title='a > b' =x>shown", "shown"),
        ("<p class=a/b id='c'd>shown", "shown"),
        ("&lt;p&gt; &amp;amp; &quot;&#106;&#x6A;&#X6a", '<p> &amp; "jjj'),
        ("&#0000000000000000000106;", "j"),
        ("&#99999999999999999999; &#0; &#xD800;", "\ufffd \ufffd \ufffd"),
        ("&nosuch; &; &#; &#x; AT&T", "&nosuch; &; &#; &#x; AT&T"),
        ("a&nbsp;b", "a\xa0b"),
        ('<span class="invisible">https://</span><span>x.example</span>', "https://x.example"),
        ("<div aria-hidden=true>shown</div>", "shown"),
        ("مرحبا <b>بك</b>", "مرحبا بك"),
        ("", ""),
    ],
)
def test_what_a_person_sees(source: str, text: str) -> None:
    """Tags, comments and scripts are gone, blocks are lines, entities are characters, and broken markup stays readable."""
    assert visible(source).text == text


@pytest.mark.parametrize(
    "hiding",
    [
        "<i hidden>XX</i>",
        '<i style="display: none">XX</i>',
        "<i style='color:red; DISPLAY : NONE !important'>XX</i>",
        "<i style='font-size:0'>XX</i>",
        "<i style='visibility:hidden'>XX</i>",
        "<i style='opacity:0'>XX</i>",
        "<template>XX</template>",
        "<i hidden><i>X</i>X</i>",
    ],
)
def test_hidden_text_breaks_no_word(hiding: str) -> None:
    """Hidden text neither breaks the words around it nor gets lost: it stands at the end."""
    assert visible(f"<p>jo{hiding}in us</p>").text == "join us\nXX"


def test_hiding_that_never_ends_loses_nothing() -> None:
    """What follows an unclosed hidden element is still read."""
    assert visible("<p>a</p><p hidden>b<p>c</p><div>d").text == "a\nb\nc\nd"
    assert visible("<br hidden>a<hr hidden>b").text == "a\nb"


@pytest.mark.parametrize(
    ("source", "links"),
    [
        ("<a href='https://a.example/?x=1&amp;y=2&copy=3'>", ("https://a.example/?x=1&y=2&copy=3",)),
        (
            "<a href=tg://join?invite=x><a href=mailto:a@b.example><a href=matrix:r/x>",
            ("tg://join?invite=x", "mailto:a@b.example", "matrix:r/x"),
        ),
        ("<a HREF=' https://a.\nexample/\tb '>", ("https://a.example/b",)),
        ("<a href='https://a.example' href='https://b.example'>", ("https://a.example",)),
        ("<a href=https://a.example><a href=https://a.example>", ("https://a.example",)),
        (
            "<div data-href=https://a.example><img src=https://i.example/x.png>",
            ("https://a.example", "https://i.example/x.png"),
        ),
        (
            "<form action=https://a.example><button formaction=https://b.example>",
            ("https://a.example", "https://b.example"),
        ),
        ("<iframe src=https://a.example>in</iframe>", ("https://a.example",)),
        ("<svg><a xlink:href=https://a.example>", ("https://a.example",)),
        ("<meta http-equiv=refresh content='0; URL=https://a.example'>", ("https://a.example",)),
        ("<a href=//a.example/x>", ("https://a.example/x",)),
        ("<a href=javascript:x><a href='java\nscript:x'><a href=&#106;avascript:x><a href=data:x><a href=cid:x>", ()),
        ("<a href=/x><a href=#y><a href=z.html><a href>", ()),
        ("<base href=https://a.example/b/><a href=c><a href=/d>", ("https://a.example/b/c", "https://a.example/d")),
        ("<base href=https://a.example><a href=c><a href='?d'>", ("https://a.example/c", "https://a.example?d")),
        ("<base href=https://a.example/b?c><a href=//d.example>", ("https://d.example",)),
        ("<base href=mailto:x><a href=c>", ()),
        ("<script src=https://a.example/x.js></script><style src=https://b.example></style>", ()),
    ],
)
def test_where_links_lead(source: str, links: tuple[str, ...]) -> None:
    """Targets are read as a browser reads them, each once, in order; what runs or leads nowhere outside is left out."""
    assert visible(source).links == links


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=60).map("".join)))
@settings(max_examples=300, derandomize=True, deadline=None)
def test_any_text_is_html(source: str) -> None:
    """Nothing raises, and what comes out is no longer than what went in, links aside."""
    seen = visible(source)
    assert len(seen.text) <= len(source)
    assert len(seen.links) <= source.count("<")


def test_a_short_page_gives_no_long_answer() -> None:
    """A long base with very many relative links is completed so often and no more; long targets are cut."""
    page = f"<base href='https://a.example/{'b' * 10_000}/'>" + "".join(f"<a href={number}>" for number in range(5_000))
    links = visible(page).links
    assert len(links) == MOST_COMPLETED
    assert max(map(len, links)) <= LONGEST_LINK + 10


HOSTILE = {
    "brackets": "<",
    "tags that never end": "<a ",
    "quotes that never end": '<a href="',
    "other quotes": "<a b='",
    "nested blocks": "<div>",
    "nested hiding": "<p hidden>",
    "comments": "<!--",
    "scripts": "<script>",
    "titles": "<title>",
    "ends": "</",
    "declarations": "<!",
    "entities": "&#1",
    "ampersands": "&",
    "links": "<a href=b>",
    "declared styles": "<i style='display:'>",
    "preformatted": "<pre>",
    "attributes": "<a b=c d=e f",
}


def _steps(source: str) -> int:
    """Count the lines of Python that reading this page executes."""
    steps = 0

    def count(frame: FrameType, event: str, given_: Any) -> Any:
        nonlocal steps
        steps += 1
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        visible(source)
    finally:
        sys.settrace(before)
    return steps


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE.keys())
def test_work_grows_with_the_page(piece: str) -> None:
    """Eight times the page takes at most eight times the steps (and a constant), whatever it repeats."""
    assert _steps(piece * 4_000) <= 8.2 * _steps(piece * 500) + 1_000


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_million_characters(piece: str) -> None:
    """A page of a million hostile characters is read to its end; searches in it never start over."""
    source = piece * (1_000_000 // len(piece))
    assert len(visible(source).text) <= len(source)
