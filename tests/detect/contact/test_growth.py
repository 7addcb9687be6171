"""No text makes reading it dear: what is read grows in step with the text, counted, not timed."""

from itertools import pairwise

import pytest

from forestall.detect.contact.points import scan
from forestall.detect.contact.undo import MOST, views
from forestall.detect.contact.views import View
from forestall.text.fold import fold

FAMILIES = {
    "spaces": " ",
    "one long word": "a",
    "hosts": "t.me/",
    "dots": "t . ",
    "brackets": "[.]",
    "dot words": "t dot me slash ",
    "percent": "%2f",
    "single letters": "t . m e / a ",
    "stars": "t*.*m*e*/a",
    "backwards": "x/em.t//:sptth ",
    "lines": "t.me/\n",
    "base64": "dC5tZS9wYWxlX2Rhd24= ",
    "hex": "742e6d65",
    "hex pairs": "74 2e 6d 65 ",
    "rot13": "g.zr/cnyr ",
    "at": "a at b dot c ",
    "telegram": "telegram @",
    "numbers": "+49151123456 ",
    "mails": "a@b.c",
    "zero width": "t\u200b.\u200bm\u200be\u200b/",
    "hint": "t.me/ a b remove spaces ",
    "calls": "don't join t.me/+AbCdEfGhIj ",
}
"""Texts made to be slow, as what is repeated."""


def steps(text: str) -> int:
    """Count the characters of all views of a text: everything that is searched."""
    folded = fold(text)
    return sum(len(view.text) + 50 for view in views(View(text, folded)))


@pytest.mark.parametrize("family", FAMILIES)
def test_steps_grow_in_step_with_the_text(family: str) -> None:
    """Four times the text takes at most about four times the characters read, and never more than twenty readings of it."""
    piece = FAMILIES[family]
    short, long = piece * (4_000 // len(piece)), piece * (16_000 // len(piece))
    assert steps(long) <= 4.6 * steps(short) + 2_000
    assert steps(long) <= 20 * len(long) + 4_000


@pytest.mark.parametrize("family", FAMILIES)
def test_views_are_few(family: str) -> None:
    """However long a text, each habit is undone in a bounded number of places."""
    text = FAMILIES[family] * 3_000
    assert sum(1 for _ in views(View(text, fold(text)))) <= 14 * MOST


@pytest.mark.parametrize("family", FAMILIES)
def test_floods_give_points_inside_the_text(family: str) -> None:
    """A flood raises nothing, and what is found lies inside it, from left to right, without overlap."""
    text = FAMILIES[family] * 300
    found = list(scan(text, fold(text)))
    assert all(0 <= point.start < point.end <= len(fold(text).text) for point in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
