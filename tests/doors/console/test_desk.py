"""The desk: the list, a case, an answer, a look at a picture."""

import dataclasses
import io
import json
import re
from collections.abc import Callable, Iterable

import pytest
from PIL import Image

from forestall.assembly import House
from forestall.doors.console import desk
from forestall.model.content import Attachment, Content
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.records import Case, CaseState
from forestall.review import people
from tests.doors.console.conftest import Visitor
from tests.support import Clock

Cases = Callable[..., Case]
Visits = Callable[[], Visitor]
POSTER = Attachment("poster.png", b"PICTURES 2", "image/png")


def body_of(house: House, tag: str) -> Iterable[dict[str, object]]:
    """Give what the ledger lines with a tag say."""
    for row in house.store.ledger_rows():
        if row.tag == tag:
            yield json.loads(row.entry)["body"]


def test_list_is_by_priority(moderator: Visitor, make_case: Cases) -> None:
    """What matters most stands first, with its reason in words, where it stands and what weighs most."""
    make_case("please look !training", id="mild")
    make_case("a copy !known-exact", id="harsh")
    page = moderator.get("/console/")
    assert page.index("harsh") < page.index("mild")
    assert "A copy of confirmed material" in page
    assert "Already taken down, needs a check" in page
    assert "strongest sign: \u2066Exact copy of known material" in page
    assert "<strong>2</strong> <span>waiting</span>" in page


def test_list_shows_no_media(moderator: Visitor, make_case: Cases) -> None:
    """The list counts pictures and never shows them."""
    make_case("!known-exact", POSTER)
    page = moderator.get("/console/")
    assert "1 picture, hidden" in page
    assert re.findall(r"<(?:img|canvas|video|audio)[^>]*>", page) == re.findall(r"<img[^>]*mark\.svg[^>]*>", page)


def test_empty_list(moderator: Visitor) -> None:
    """Nothing to do is said kindly, with what to do next."""
    page = moderator.get("/console/")
    assert "Nothing needs a person" in page
    assert "forestall screen" in page
    assert "Nobody has answered a case yet." in moderator.get("/console/answered")


def test_list_in_pages(moderator: Visitor, make_case: Cases, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long list comes in pages that together hold every case once."""
    monkeypatch.setattr(desk, "PAGE_SIZE", 2)
    made = {make_case("!pledge", id=f"post-{n}").id for n in range(5)}
    seen: list[str] = []
    path = "/console/"
    for _ in range(3):
        page = moderator.get(path)
        seen += re.findall(r'href="/console/cases/([^"]+)"', page)
        after = re.search(r'rel="next" href="\?after=([^"]+)"', page)
        path = f"/console/?after={after[1]}" if after else ""
    assert path == ""
    assert len(seen) == 5
    assert set(seen) == made


def test_a_bad_cursor_is_explained(moderator: Visitor) -> None:
    """A cursor that nobody gave is refused with a page, not a crash."""
    answer = moderator.client.get("/console/?after=nonsense")
    assert answer.status_code in (200, 400)
    assert "<h1>" in answer.text


def test_case_page(house: House, moderator: Visitor, make_case: Cases) -> None:
    """A case shows the words with marks that lead to findings, the reasons, and what happened with ledger lines."""
    case = make_case("we swear !pledge tonight", id="post-9")
    page = moderator.get(f"/console/cases/{case.id}")
    assert '<mark class="step" data-findings="1"><a href="#finding-1">!pledge</a></mark>' in page
    assert 'id="finding-1"' in page
    assert "Binds somebody to a violent group" in page
    assert "It pledges allegiance to a group" in page
    assert "almost certain" in page
    assert re.search(r"ledger line \d", page)
    (viewed,) = body_of(house, "content:viewed")
    assert viewed["case"] == case.id
    assert viewed["by"] == house.store.people()[0].id


def test_hostile_text_is_only_text(moderator: Visitor, make_case: Cases) -> None:
    """Markup, direction overrides and control characters in content, its id and its file names reach the page as harmless text."""
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>\u202e\u0000&quot; !pledge javascript:alert(1)"
    file = Attachment('"><script>x\u202egnp.exe', b"PICTURES 1", 'image/png"><script>')
    case = make_case(evil, file, id="<b>\u202eid", thread="<i>t", url="https://x.example/<u>")
    for page in (moderator.get(f"/console/cases/{case.id}"), moderator.get("/console/")):
        assert "&lt;script&gt;alert(1)" in page
        assert "\u202e" not in page
        assert "\u0000" not in page
        for tag in ("<script>", "<img src=x", "<b>", "<i>t", "<u>"):
            assert tag not in page
        assert page.count("<script") == 1
        assert not re.search(r'href="(?!/console|#|\?)', page.replace('<link rel="icon" href="/', ""))


def test_a_disguised_text_is_read_out(moderator: Visitor, make_case: Cases) -> None:
    """Beside a text in drawn letters stands what it says; beside ordinary text stands nothing."""
    case = make_case("𝗝𝗼𝗶𝗻 𝘂𝘀 !pledge", id="one")
    page = moderator.get(f"/console/cases/{case.id}")
    assert "Without its disguise it reads:" in page
    assert "join us !pledge" in page
    case = make_case("Join us !pledge", id="two")
    assert "Without its disguise" not in moderator.get(f"/console/cases/{case.id}")


def test_links_in_content_are_never_links(moderator: Visitor, make_case: Cases) -> None:
    """An address in content, wherever it stands, cannot be clicked."""
    case = make_case(
        "see https://evil.example/join !contact-invite",
        url="https://evil.example/post",
        links=("https://evil.example/a",),
    )
    page = moderator.get(f"/console/cases/{case.id}")
    assert "evil.example" in page
    assert not re.search(r'(?:href|src|action)="[^"]*evil', page)


def test_context_stands_beside_the_reasons(moderator: Visitor, make_case: Cases) -> None:
    """What speaks for an item is shown with the same weight as what speaks against it."""
    case = make_case("a report !context-news of a !pledge and !known-near")
    page = moderator.get(f"/console/cases/{case.id}")
    assert "Why it may be fine" in page
    assert "It reports what others said or did, as news does." in page
    assert "Does not count: \u2068News\u2069" in page


def test_weak_context_is_not_hidden(moderator: Visitor, make_case: Cases) -> None:
    """Context that excuses nothing is still named beside the reasons, so that nobody reads that nothing speaks for the item."""
    case = make_case("a prayer !context-scripture then !contact-invite and !training")
    page = moderator.get(f"/console/cases/{case.id}")
    assert "too weak to count by themselves" in page
    assert "Nothing speaks for it being fine" not in page
    bare = make_case("only !pledge", id="bare")
    assert "Nothing speaks for it being fine" in moderator.get(f"/console/cases/{bare.id}")


def test_agree_records_a_decision(house: House, moderator: Visitor, make_case: Cases) -> None:
    """Agreeing records a person's decision and its ledger line, and shows the next case at once."""
    first, second = make_case("!known-near", id="one"), make_case("!pledge", id="two")
    moderator.get(f"/console/cases/{first.id}")
    page = moderator.post(f"/console/cases/{first.id}/answer", version="1", choice="hold")
    assert f'action="/console/cases/{second.id}/answer"' in page
    assert "Recorded: \u2068one\u2069" in page
    concluded = house.store.case(first.id)
    assert concluded is not None
    assert concluded.state is CaseState.CONCLUDED
    decision = house.store.decision(concluded.conclusion)
    assert decision is not None
    assert decision.outcome is Outcome.HOLD
    assert decision.by == f"person:{house.store.people()[0].id}"
    assert {row.tag for row in house.store.ledger_of(decision.id)} == {"decision:made"}


def test_last_answer_leads_to_the_list(moderator: Visitor, make_case: Cases) -> None:
    """After the last case comes the list with what was recorded."""
    case = make_case("!pledge")
    moderator.get(f"/console/cases/{case.id}")
    page = moderator.post(f"/console/cases/{case.id}/answer", version="1", choice="remove")
    assert "Nothing needs a person" in page
    assert "Recorded: " in page
    assert "Ledger line" in page


def test_overruling_needs_a_reason(house: House, moderator: Visitor, make_case: Cases) -> None:
    """Leaving up what Forestall questioned needs words; without them nothing is recorded and what was chosen stays chosen."""
    case = make_case("!pledge")
    moderator.get(f"/console/cases/{case.id}")
    page = moderator.post(f"/console/cases/{case.id}/answer", 400, version="1", choice="pass", reason="   ")
    assert "Overruling needs a reason" in page
    assert re.search(r'value="pass" required data-digit="2" data-agrees="no" checked', page)
    assert house.store.count_cases(CaseState.OPEN) == 1
    moderator.post(f"/console/cases/{case.id}/answer", version="1", choice="pass", reason="It is <b>news</b>.")
    page = moderator.get(f"/console/cases/{case.id}")
    assert "It is &lt;b&gt;news&lt;/b&gt;." in page
    assert "This case is answered." in page


@pytest.mark.parametrize("choice", ["", "review", "delete", "pass "])
def test_no_such_answer(house: House, moderator: Visitor, make_case: Cases, choice: str) -> None:
    """An answer that does not exist is refused with what to choose, and the written reason is kept."""
    case = make_case("!pledge")
    moderator.get(f"/console/cases/{case.id}")
    page = moderator.post(f"/console/cases/{case.id}/answer", 400, version="1", choice=choice, reason="kept words")
    assert "Choose an answer first" in page
    assert "kept words</textarea>" in page
    assert house.store.count_cases(CaseState.OPEN) == 1


def test_too_long_a_reason(moderator: Visitor, make_case: Cases) -> None:
    """A reason that is too long is refused with its length and the limit."""
    case = make_case("!pledge")
    moderator.get(f"/console/cases/{case.id}")
    page = moderator.post(f"/console/cases/{case.id}/answer", 400, version="1", choice="pass", reason="x" * 4_001)
    assert "The reason has 4001 characters." in page


def test_someone_was_faster(house: House, moderator: Visitor, visit: Visits, make_case: Cases) -> None:
    """Of two people on one case the second learns who answered what and why, and that their own answer was not recorded."""
    case = make_case("!pledge")
    other = visit().join(house, name="ben")
    moderator.get(f"/console/cases/{case.id}")
    other.get(f"/console/cases/{case.id}")
    other.post(f"/console/cases/{case.id}/answer", version="1", choice="pass", reason="A quotation.")
    page = moderator.post(f"/console/cases/{case.id}/answer", 409, version="1", choice="remove")
    ben = house.store.person_named("ben")
    assert ben is not None
    assert "Someone was faster" in page
    assert ben.id in page
    assert "A quotation." in page
    assert "ben" not in page.replace(ben.id, "")
    again = other.post(f"/console/cases/{case.id}/answer", 409, version="1", choice="remove")
    assert "You have answered this already" in again


@pytest.mark.parametrize("version", ["", "0", "2", "-1", "1.0", "9" * 50, "١"])
def test_only_the_version_that_was_seen(house: House, moderator: Visitor, make_case: Cases, version: str) -> None:
    """An answer to another version than the one on screen is not recorded."""
    case = make_case("!pledge")
    moderator.get(f"/console/cases/{case.id}")
    moderator.post(f"/console/cases/{case.id}/answer", 409, version=version, choice="remove")
    assert house.store.count_cases(CaseState.OPEN) == 1


def test_auditors_read_only(house: House, visit: Visits, make_case: Cases) -> None:
    """An auditor sees everything and answers nothing, even with a form of their own making."""
    case = make_case("!pledge")
    auditor = visit().join(house, "auditor", "eva")
    page = auditor.get(f"/console/cases/{case.id}")
    assert "Your role reads and changes nothing." in page
    assert f"/console/cases/{case.id}/answer" not in page
    assert "Your role may not do this." in auditor.post(
        f"/console/cases/{case.id}/answer", 403, version="1", choice="remove"
    )
    assert house.store.count_cases(CaseState.OPEN) == 1


@pytest.mark.parametrize("path", ["/console/cases/nothing", "/console/cases/nothing/next", "/console/cases/%3Cb%3E"])
def test_unknown_case(moderator: Visitor, path: str) -> None:
    """A case that is not there gives a page that says what, why and what next; skipping it leads to the list."""
    answer = moderator.client.get(path, follow_redirects=True)
    if path.endswith("next"):
        assert "What needs a person" in answer.text
        return
    assert answer.status_code == 404
    assert "There is no case under this id." in answer.text
    assert "The list shows every open case." in answer.text
    assert "<b>" not in answer.text


def test_skip_goes_down_the_list(moderator: Visitor, make_case: Cases) -> None:
    """Skipping shows the next open case, and after the last one the first again."""
    first, second = make_case("!known-near", id="one"), make_case("!pledge", id="two")
    assert f"/console/cases/{second.id}/answer" in moderator.get(f"/console/cases/{first.id}/next")
    assert f"/console/cases/{first.id}/answer" in moderator.get(f"/console/cases/{second.id}/next")


def test_nothing_is_claimed_that_was_not_recorded(
    house: House, moderator: Visitor, visit: Visits, make_case: Cases
) -> None:
    """The line that says an answer was recorded cannot be made up by a link, nor speak of a colleague's answer."""
    case = make_case("!pledge")
    other = visit().join(house, name="ben")
    other.get(f"/console/cases/{case.id}")
    other.post(f"/console/cases/{case.id}/answer", version="1", choice="remove")
    assert "Recorded: " not in moderator.get(f"/console/?done={case.id}")
    assert "Recorded: " not in moderator.get("/console/?done=nothing")


def test_a_look_is_grey_small_and_written_down(house: House, moderator: Visitor, make_case: Cases) -> None:
    """A picture comes as a grey PNG made here, in a sandbox, never cached, and the look is in the ledger."""
    case = make_case("!known-exact", POSTER)
    page = moderator.get(f"/console/cases/{case.id}")
    path = re.search(r'data-peek="([^"]+)"', page)
    assert path
    answer = moderator.client.post(f"{path[1]}1", data={"form_token": moderator.token, "detail": "grey"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["forestall-pictures"] == "2"
    picture = Image.open(io.BytesIO(answer.content))
    assert (picture.mode, picture.size, picture.getpixel((0, 0))) == ("L", (8, 4), 20)
    (revealed,) = body_of(house, "media:revealed")
    assert revealed["by"] == house.store.people()[0].id
    assert "looked at a picture" in moderator.get(f"/console/cases/{case.id}")


def test_no_picture_in_a_file(moderator: Visitor, make_case: Cases) -> None:
    """A file that holds no picture says so."""
    case = make_case("!known-exact", Attachment("a.png", b"no picture", "image/png"))
    path = re.search(r'data-peek="([^"]+)"', moderator.get(f"/console/cases/{case.id}"))
    assert path
    answer = moderator.client.post(f"{path[1]}0", data={"form_token": moderator.token})
    assert answer.status_code == 422
    assert answer.text == "There is no picture in this file."


def test_only_files_of_the_case(house: House, moderator: Visitor, make_case: Cases) -> None:
    """A file of another case, or one that was never kept, is not shown and leaves no line that says so."""
    case = make_case("!pledge", id="one")
    other = make_case("!known-exact", POSTER, id="two")
    content = house.store.content(other.content)
    assert content is not None
    moderator.get(f"/console/cases/{case.id}")
    for sha256 in (content.files[0].sha256, "0" * 64, "x"):
        answer = moderator.client.post(
            f"/console/cases/{case.id}/look/{sha256}/0", data={"form_token": moderator.token}
        )
        assert answer.status_code == 404
    assert list(body_of(house, "media:revealed")) == []


def test_long_texts_are_cut_around_findings(house: House, moderator: Visitor) -> None:
    """A long text shows its beginning and what was noticed, says how much is left out, and can be shown whole."""
    roomy = dataclasses.replace(house, screening=dataclasses.replace(house.screening, max_text=100_000))
    text = "start " + "word " * 5_000 + "!pledge " + "later " * 5_000 + "end"
    decision = roomy.screen([Content("long", text)])[0].decision
    case = house.store.case_of("long", decision.revision)
    assert case is not None
    page = moderator.get(f"/console/cases/{case.id}")
    assert "!pledge</a></mark>" in page
    assert "characters left out" in page
    assert len(page) < 40_000
    assert "later end" in moderator.get(f"/console/cases/{case.id}?whole=1")


def test_many_findings_stay_readable(house: House, moderator: Visitor, make_case: Cases) -> None:
    """An item with very many findings gives a bounded page that says how many are not shown."""

    class Noisy:
        name, version, labels = "noisy", "1", {"pledge": Outcome.REVIEW}

        def look(self, reading: object) -> Iterable[Finding]:
            return [
                Finding("noisy", "1", "pledge", 0.9, Outcome.REVIEW, "text", ((n % 50, n % 50 + 3),), {"n": n})
                for n in range(500)
            ]

    noisy = dataclasses.replace(house.screening, detectors=[Noisy()])
    case_maker = dataclasses.replace(house, screening=noisy)
    case_maker.screen([Content(id="noisy", text="a text of some length " * 5)])
    page = moderator.get("/console/")
    case = re.search(r'href="/console/cases/([^"]+)"', page)
    assert case
    page = moderator.get(f"/console/cases/{case[1]}")
    assert "440 more findings are not shown" in page
    assert len(page) < 200_000


def test_purged_content(house: House, moderator: Visitor, visit: Visits, make_case: Cases) -> None:
    """When retention has taken the content away, the case still says what was decided and that the content is gone."""
    case = make_case("secret words !pledge", POSTER)
    moderator.get(f"/console/cases/{case.id}")
    moderator.post(f"/console/cases/{case.id}/answer", version="1", choice="remove")
    assert "Answered: it \u2066is taken down and kept safe\u2069" in moderator.get("/console/answered")
    assert isinstance(house.clock, Clock)
    house.clock.seconds += 400 * 86_400
    assert house.purge() == 1
    later = visit().join(house, name="ben")
    for page in (later.get(f"/console/cases/{case.id}"), later.get("/console/answered")):
        assert "purged when" in page
        assert "secret words" not in page
        assert "Binds somebody to a violent group" in page
        assert "data-peek" not in page


def test_roles_of_review_are_known() -> None:
    """Every role that exists has a name in the console."""
    from forestall.doors.console.words import catalogue

    assert all(f"role.{role}" in catalogue("ar").messages for role in people.ROLES)
