"""Threads through the whole path: several posts that pass alone are put in front of a person together."""

from pathlib import Path

from forestall.assembly import build
from forestall.detect.recruit.thread import Threads as Detector
from forestall.flow import threads
from forestall.flow.replay import replay_all
from forestall.flow.threads import Threads
from forestall.model.content import Content
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.settings import Settings

FUNNEL = (
    "They humiliated us and took our jobs and our dignity. Brother, you are not alone, we are your family.",
    "Watch our new video about our lions and the brothers who fell.",
    "Message me on Session, not here, and tell nobody.",
)
CHATTER = ("The ferry was late again.", "Anyone for football on Sunday?", "I lost my job and nobody cares.")


def posts(texts: tuple[str, ...], thread: str = "t", author: str = "a", prefix: str = "") -> list[Content]:
    """Make posts of one thread, an hour apart."""
    return [
        Content(id=f"{prefix}{n}", text=text, thread=thread, author=author, published=f"2026-01-01T{10 + n}:00:00.000Z")
        for n, text in enumerate(texts)
    ]


def finding(label: str, score: float) -> Finding:
    """Make a finding."""
    return Finding("x", "1", label, score, Outcome.REVIEW)


def test_a_thread_is_put_in_front_of_a_person(tmp_path: Path) -> None:
    """The post that completes the steps carries the thread's timeline; the decision replays; the same posts apart carry none."""
    with build(Settings(data=str(tmp_path))) as house:
        done = [house.screen([post])[0].decision for post in posts(FUNNEL)]
        found = [one for one in done[-1].findings if one.label == "recruiting-thread"]
        assert found, [(one.label, one.score) for one in done[-1].findings]
        assert any("0: " in line for line in found[0].evidence["timeline"])
        assert done[-1].outcome is Outcome.REVIEW
        assert not any(replayed.difference or replayed.failed for replayed in replay_all(house.store))
        apart = [house.screen([post])[0].decision for n, text in enumerate(FUNNEL) for post in posts((text,), f"u{n}")]
        assert not any(one.label == "recruiting-thread" for decision in apart for one in decision.findings)
        chat = [house.screen([post])[0].decision for post in posts(CHATTER, "c", prefix="c")]
        assert {decision.outcome for decision in chat} == {Outcome.PASS}


def test_a_thread_outlives_the_process(tmp_path: Path) -> None:
    """What an earlier process screened is read from the store when the thread goes on."""
    for post in posts(FUNNEL):
        with build(Settings(data=str(tmp_path))) as house:
            decision = house.screen([post])[0].decision
    assert any(one.label == "recruiting-thread" for one in decision.findings)


def test_memory_is_bounded(monkeypatch: object) -> None:
    """However many threads and posts there are, only so many are remembered, and quiet posts not at all."""
    getattr(monkeypatch, "setattr")(threads, "MOST_THREADS", 5)  # noqa: B009 - typed as object
    kept = Threads(Detector(), None)
    for n in range(500):
        kept.look(Content(id=str(n), text="x", thread=f"t{n % 50}"), f"{n:04}", [finding("contact", 0.9)])
        kept.look(Content(id=f"q{n}", text="x", thread=f"quiet{n}"), f"{n:04}", [])
    assert len(kept._known) == 5
    for n in range(500):
        kept.look(Content(id=str(n), text="x", thread="long"), f"{n:04}", [finding("contact", 0.9)])
    assert len(kept._known["long"].moments) == threads.MOST_MOMENTS


def test_posts_may_come_out_of_order() -> None:
    """A post that was written before another is looked at with what had been said by then only."""
    kept = Threads(Detector(), None)
    late = Content(id="2", text="x", thread="t", published="2026-01-02T00:00:00.000Z")
    early = Content(id="1", text="x", thread="t", published="2026-01-01T00:00:00.000Z")
    assert kept.look(late, "", [finding("contact", 1.0)]) == ()
    assert kept.look(early, "", [finding("grievance", 1.0)]) == ()
    again = kept.look(late, "", [finding("contact", 1.0)])
    assert [found.label for found in again] == ["recruiting-thread"]


def test_an_address_split_over_messages_is_found(tmp_path: Path) -> None:
    """A link whose beginning ends one message and whose end begins the same account's next is a contact point of the second."""
    halves = ("Write to me, brother, on t.me/+AbCdEfGh", "IjKlMnOp but tell nobody")
    with build(Settings(data=str(tmp_path))) as house:
        done = [house.screen([post])[0].decision for post in posts(halves)]
        (found,) = [one for one in done[1].findings if one.evidence.get("how") == "messages"]
        assert found.evidence["canonical"] == "telegram:invite:AbCdEfGhIjKlMnOp"
        assert found.spans[0][0] == 0
        other = posts(halves, "other")
        house.screen([other[0]])
        strange = Content(id="9", text=halves[1], thread="other", author="b", published=other[1].published)
        assert not any(one.evidence.get("how") for one in house.screen([strange])[0].decision.findings)
