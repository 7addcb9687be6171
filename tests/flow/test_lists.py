"""Lists: brought in, compared, expired, removed; looked up as they stand now, and never silently out of date."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forestall.detect import contact, match
from forestall.detect.match.signals.contact import type_of
from forestall.flow.listing import MOST_ENTRIES, SHOWN, Lister, Plan, check
from forestall.flow.lists import MOST_PER_LIST, Lists
from forestall.ledger.checkpoint import Signer
from forestall.model.errors import BadInput, BadList, Conflict, NotFound
from forestall.model.finding import Finding
from forestall.model.lists import ListEntry, ListFile, ListKind, diff, digest_of, in_order
from forestall.model.outcome import Outcome
from forestall.model.reading import FileFacts, Reading, Role, Segment
from forestall.store import MemoryStore, open_store
from tests.support import Clock, Ids

TYPES = match.SignalTypes([type_of(contact.points_of, contact.canonical)])
DAY = 86_400
NAMES = st.sampled_from(["ashen banner", "ninth tide", "pale dawn", "iron meridian"])
ENTRIES = st.lists(st.builds(ListEntry, NAMES, reference=st.sampled_from(["", "1", "2"]), note=st.sampled_from("ab")))


def file(*values: str, kind: ListKind | None = ListKind.TERMS, name: str = "f") -> ListFile:
    """Give what a file holds."""
    return ListFile(name, "text", kind, tuple(map(ListEntry, values)))


class Desk:
    """A store with lists, whoever changes them and whoever looks them up."""

    def __init__(self, *filed: ListFile) -> None:
        self.clock = Clock()
        self.store = MemoryStore(Signer("forestall/test", b"7" * 32), self.clock)
        self.lists = Lists(self.store, TYPES, self.clock, match.placed, filed)
        self.lister = Lister(self.store, TYPES, self.clock, Ids(), self.lists.follow)

    def bring(self, name: str, *values: str, kind: ListKind = ListKind.TERMS, expires: str = "") -> Plan:
        """Import a list."""
        plan = self.lister.plan(name, file(*values, kind=kind), "cli", expires=expires)
        self.lister.import_(plan)
        return plan

    def tags(self) -> list[str]:
        """Give the tags of all ledger lines."""
        return [row.tag for row in self.store.ledger_rows()]


def terms(desk: Desk, name: str) -> Sequence[str] | None:
    """Give the entries of a list of terms, None where it is not in force."""
    found = desk.lists.terms(name)
    return None if found is None else found[1]


def test_an_imported_list_is_looked_up_at_once() -> None:
    """A list of terms is there with its version as soon as it is imported; what a list lost is gone with the next edition."""
    desk = Desk()
    assert terms(desk, "ours") is None
    plan = desk.bring("ours", "join us", "The  Ashen\tBanner")
    assert desk.lists.terms("ours") == (plan.after.digest, ["The Ashen Banner", "join us"])
    assert desk.lists.versions() == {"list:ours": plan.after.digest[:16]}
    desk.bring("ours", "join us")
    assert terms(desk, "ours") == ["join us"]
    assert desk.tags() == ["list:imported", "list:imported"]


def test_a_plan_changes_nothing() -> None:
    """Planning says what would be added, gone and changed, and writes nothing."""
    desk = Desk()
    desk.bring("ours", "one", "two")
    plan = desk.lister.plan("OURS", file("two", "three"), "cli")
    assert [[entry.value for entry in part] for part in (plan.diff.added, plan.diff.gone)] == [["three"], ["one"]]
    assert not plan.same
    assert (terms(desk, "ours"), len(desk.tags())) == (["one", "two"], 1)


def test_the_same_again_is_no_new_edition() -> None:
    """Importing the same entries in another order records that it was done, and keeps the edition."""
    desk = Desk()
    first = desk.bring("ours", "one", "two")
    again = desk.bring("ours", "two", " one", "TWO")
    assert again.same
    assert (again.after.edition, again.after.digest) == (first.after.edition, first.after.digest)
    assert len(desk.lister.history(again.after)) == 1
    assert len(desk.tags()) == 2


def test_history_is_kept() -> None:
    """Every edition stays and any two can be compared, by day, by version, or the last two."""
    desk = Desk()
    first = desk.bring("ours", "one")
    desk.bring("ours", "one", "two")
    last = desk.bring("ours", "two")
    older, newer, changes = desk.lister.difference("ours")
    assert (older.added, newer.gone, [entry.value for entry in changes.gone]) == (1, 1, ["one"])
    _, _, whole = desk.lister.difference("ours", first.after.digest[:12], last.edition.id)
    assert ([e.value for e in whole.added], [e.value for e in whole.gone]) == (["two"], ["one"])
    with pytest.raises(NotFound, match="no edition"):
        desk.lister.difference("ours", "1999-01-01")
    with pytest.raises(NotFound, match="one edition only"):
        desk.lister.difference(desk.bring("alone", "x").after.name)


def test_an_expired_list_says_so() -> None:
    """From the day after its last one a list is unknown, not silently used; versions, a warning and one ledger line say so."""
    desk = Desk()
    desk.bring("ours", "one", expires="2026-01-02")
    assert desk.lists.missing(["ours", "none"]) == {"none"}
    assert desk.lister.expire_due() == 0
    desk.clock.seconds += 2 * DAY
    assert desk.lists.follow()
    assert terms(desk, "ours") is None
    assert desk.lists.missing(["ours"]) == {"ours"}
    assert desk.lists.versions() == {"list:ours": "expired"}
    assert "2026-01-02" in desk.lists.warnings()[0]
    assert (desk.lister.expire_due(), desk.lister.expire_due()) == (1, 0)
    assert desk.tags() == ["list:imported", "list:expired"]
    with pytest.raises(BadInput, match="would have expired"):
        desk.lister.plan("ours", file("one"), "cli")
    desk.bring("ours", "one", expires="2026-02-01")
    assert terms(desk, "ours") == ["one"]


def test_a_removed_list_is_gone_and_can_come_back() -> None:
    """A removed list is looked up no more; its editions stay, and importing it again brings it back."""
    desk = Desk()
    desk.bring("ours", "one")
    desk.lister.remove("ours", "cli", "old")
    assert terms(desk, "ours") is None
    assert desk.lists.versions() == {}
    with pytest.raises(BadInput, match="was removed"):
        desk.lister.remove("ours", "cli")
    plan = desk.bring("ours", "https://a.example/", kind=ListKind.URLS)
    assert plan.after.version == 3
    assert len(desk.lister.history(plan.after)) == 2
    with pytest.raises(NotFound, match="no list"):
        desk.lister.remove("none", "cli")


def test_another_process_follows() -> None:
    """Whoever looks lists up sees what another process imported once it follows, and is told only where something changed."""
    desk = Desk()
    other = Lists(desk.store, TYPES, desk.clock)
    before = other.versions()
    desk.bring("ours", "one")
    assert other.versions() is before
    assert other.follow()
    assert other.terms("ours") is not None
    versions, names = other.versions(), other.names()
    assert not other.follow()
    desk.bring("ours", "one")
    assert not other.follow(), "the same entries again change nothing"
    assert (other.versions() is versions, other.names() is names) == (True, True)


def test_two_who_change_a_list_meet() -> None:
    """An import planned before somebody else's is refused, so that nobody's edition is lost unseen."""
    desk = Desk()
    desk.bring("ours", "one")
    plan = desk.lister.plan("ours", file("two"), "cli")
    desk.bring("ours", "three")
    with pytest.raises(Conflict):
        desk.lister.import_(plan)


def test_files_are_lists_too() -> None:
    """Lists from the settings' files are looked up beside those of the store; a plain one holds names."""
    desk = Desk(file("Ashen Banner", kind=None, name="orgs"), file("join us", name="ours"))
    desk.bring("ours", "hidden by the file")
    assert [(one.name, [entry.value for entry in one.entries]) for one in desk.lists.names()] == [
        ("orgs", ["Ashen Banner"])
    ]
    assert terms(desk, "ours") == ["join us"]
    with pytest.raises(BadList, match="two files"):
        Desk(file("a b", name="x"), file("c d", name="x"))


@pytest.mark.parametrize(
    ("kind", "good", "canonical"),
    [
        (ListKind.URLS, "hxxps://files.example.org/Drop/7Qx2/", "https://files.example.org/Drop/7Qx2"),
        (ListKind.DOMAINS, "*.Ashen-Banner.example", "ashen-banner.example"),
        (ListKind.CONTACTS, "t.me/ninth_tide_news", "telegram:name:ninth_tide_news"),
        (ListKind.HASHES, "AB" * 16, "ab" * 16),
        (ListKind.TERMS, " join  us ", "join us"),
        (ListKind.NAMES, "Ninth\u0301  Tide", "Ninth\u0301 Tide"),
    ],
)
def test_entries_are_written_in_one_way(kind: ListKind, good: str, canonical: str) -> None:
    """Every kind writes its entries in one spelling; what is none is refused, counted, and said."""
    checked = check(kind, file(good, "", "x" * 5_000, ".", kind=kind), TYPES)
    assert [entry.value for entry in checked.entries] == [canonical]
    assert (checked.refused, len(checked.problems)) == (3, 3)
    assert all(problem.what and problem.next_step for problem in checked.problems)


def test_what_cannot_be_a_list_is_refused() -> None:
    """A file without a kind, of another kind, too long, or with nothing usable is refused with what to do."""
    desk = Desk()
    desk.bring("ours", "one")
    for bad, said in (
        (file("https://a.example/", kind=ListKind.URLS), "holds terms"),
        (file(*map(str, range(MOST_ENTRIES + 1))), "entries"),
        (file("...", "!"), "nothing that can be used"),
    ):
        with pytest.raises(BadInput, match=said) as refused:
            desk.lister.plan("ours", bad, "cli")
        assert refused.value.next_step
    with pytest.raises(BadList, match="does not tell"):
        desk.lister.plan("new", file("one", kind=None), "cli")
    for name in ("", " x", "a\nb", 'a"b', "x" * 65):
        with pytest.raises(BadInput, match="can't name"):
            desk.lister.plan(name, file("one"), "cli")
    with pytest.raises(BadInput, match="`expires`"):
        desk.lister.plan("new", file("one"), "cli", expires="soon")
    many = check(ListKind.TERMS, file("one", *["..."] * 100), TYPES)
    assert (many.refused, len(many.problems)) == (100, SHOWN)


def reading(text: str) -> Reading:
    """Give a reading of a text and a file."""
    facts = FileFacts("a.png", "image/png", 1, "ab" * 16, "1" * 40, "cd" * 32)
    return Reading("1", (Segment("text", Role.BODY, text),), files=(facts,))


def test_what_a_post_meets_is_a_finding() -> None:
    """Addresses, sites with what lies below them, contact points and digests meet their lists, with where they stood."""
    desk = Desk()
    desk.bring("urls", "https://files.example.org/Drop", kind=ListKind.URLS)
    desk.bring("sites", "example.org", kind=ListKind.DOMAINS)
    desk.bring("points", "t.me/ninth_tide_news", kind=ListKind.CONTACTS)
    desk.bring("files", "ab" * 16, "cd" * 32, kind=ListKind.HASHES)
    text = "see files.example.org/Drop and t.me/ninth_tide_news"
    opened = reading(text)
    noticed = tuple(contact.detector().look(opened))
    found = list(desk.lists.found(opened, noticed, frozenset({"urls", "sites", "points", "files", "none"})))
    assert [(one.evidence["list"], one.evidence["kind"], one.part) for one in found] == [
        ("files", "hash", "a.png"),
        ("files", "hash", "a.png"),
        ("points", "contact", "text"),
        ("sites", "domain", "text"),
        ("urls", "url", "text"),
    ]
    points = found[2]
    assert (points.label, points.detector, points.ceiling) == ("list-match", "rules", Outcome.REVIEW)
    assert text[slice(*points.spans[0])] == "t.me/ninth_tide_news"
    assert points.evidence["entry"] == "telegram:name:ninth_tide_news"
    assert found[3].evidence["variant"] == "subdomain of"
    assert len(points.evidence["list_version"]) == 64
    assert not list(desk.lists.found(opened, noticed, frozenset({"none"})))


def test_what_is_met_is_bounded() -> None:
    """A post full of listed addresses gives so many findings of one list and no more; one address gives one."""
    desk = Desk()
    desk.bring("sites", *(f"a{number}.example" for number in range(50)), kind=ListKind.DOMAINS)
    many = reading(" ".join(f"https://a{number}.example/x" for number in range(50)))
    assert len(list(desk.lists.found(many, (), {"sites"}))) == MOST_PER_LIST
    same = reading("https://a1.example/x https://a1.example/y")
    assert len(list(desk.lists.found(same, (), {"sites"}))) == 1


@given(ENTRIES, ENTRIES)
def test_a_diff_leads_from_one_to_the_other(first: list[ListEntry], second: list[ListEntry]) -> None:
    """What went taken out, what came put in, and what changed put in its place, is the other set."""
    before, after = in_order(first), in_order(second)
    changes = diff(before, after)
    made = set(before) - set(changes.gone) - {was for was, _ in changes.changed}
    made |= {*changes.added, *(now for _, now in changes.changed)}
    if len({(e.reference, e.value) for e in before}) == len(before) and len(
        {(e.reference, e.value) for e in after}
    ) == len(after):
        assert made == set(after)
    assert not (changes and before == after)
    assert (digest_of(ListKind.NAMES, before) == digest_of(ListKind.NAMES, after)) == (before == after)


def test_a_finding_without_a_contact_point_meets_nothing() -> None:
    """Only contact points that were noticed are looked up; other findings say nothing to a list of contact points."""
    desk = Desk()
    desk.bring("points", "t.me/ninth_tide_news", kind=ListKind.CONTACTS)
    other = Finding(
        "x", "1", "recruiting", 1.0, Outcome.REVIEW, "text", (), {"canonical": "telegram:name:ninth_tide_news"}
    )
    assert not list(desk.lists.found(Reading("1"), (other,), {"points"}))


def test_lists_outlive_a_restart(tmp_path: Path) -> None:
    """What was imported into a store on disk is looked up after it was opened again."""
    signer, clock = Signer("forestall/test", b"7" * 32), Clock()
    store = open_store(tmp_path, signer, clock)
    lister = Lister(store, TYPES, clock, Ids())
    lister.import_(lister.plan("ours", file("join us"), "cli"))
    store.close()
    store = open_store(tmp_path, signer, clock)
    found = Lists(store, TYPES, clock).terms("ours")
    store.close()
    assert found is not None
    assert found[1] == ["join us"]
