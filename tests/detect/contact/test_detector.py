"""The detector `contact`: mentions give context, invitations to closed places may ask a person."""

import pytest

from forestall.detect.contact import detector
from forestall.detect.contact.detector import LABELS
from forestall.detect.contact.places import MOST_PER_PART
from forestall.model.finding import Finding
from forestall.model.outcome import Outcome
from forestall.model.ports import Detector
from forestall.model.reading import Reading, Role, Segment
from tests.contracts.detector import DetectorContract

INVITE = "https://t.me/+AbCdEfGh12_-xyzQ"
SESSION = "05" + "0123456789abcdef" * 4
ALONE = 0.45
"""The most an invitation may score by itself."""


def look(*segments: Segment | str) -> list[Finding]:
    """Give the findings on a post made of these segments; a string is the post's own text."""
    made = [item if isinstance(item, Segment) else Segment("text", Role.BODY, item) for item in segments]
    return list(detector().look(Reading("1", segments=tuple(made))))


def only(*segments: Segment | str) -> Finding:
    """Give the one finding there is."""
    (finding,) = look(*segments)
    return finding


def test_a_mention_is_context() -> None:
    """A place that is only named is context: ceiling pass, with its canonical id and where it stood."""
    finding = only("They moved the archive to https://t.me/Pale_Dawn last year")
    assert (finding.label, finding.ceiling) == ("contact-point", Outcome.PASS)
    assert finding.evidence == {
        "kind": "telegram:name",
        "id": "pale_dawn",
        "canonical": "telegram:name:pale_dawn",
        "where": "text",
        "obfuscated": False,
    }
    assert finding.spans == ((34, 48),)


@pytest.mark.parametrize(
    "words",
    [
        "Join us:",
        "Brothers, write to me here",
        "message me at",
        "add me:",
        "scan the code or follow the link",
        "انضموا إلينا",
        "للتواصل:",
        "راسلني هنا",
        "اشترِكوا في القناة",
        "Rejoignez-nous ici",
        "Écris-moi :",
        "Schreib mir:",
        "Tritt bei!",
        "Bize katılın:",
        "Bana yaz:",
        "Ayo bergabung",
        "hubungi kami di",
        "Únete:",
        "Escríbeme a",
        "Вступайте:",
        "пишите мне сюда",
    ],
)
def test_an_invitation_to_a_closed_place(words: str) -> None:
    """Words that call people, in any of the languages, make a closed place an invitation, with a modest score by itself."""
    finding = only(f"{words} {INVITE}")
    assert (finding.label, finding.ceiling) == ("contact-invite", Outcome.REVIEW)
    assert 0 < finding.score <= ALONE
    assert finding.evidence["invites"]


@pytest.mark.parametrize(
    "text",
    [
        "Join our Discord for updates https://discord.gg/AbC12",
        "Subscribe to the newsletter: write to news@example.org",
        "Follow our church at https://t.me/stmarys_parish and join us on Sunday",
        "Contact us on WhatsApp https://wa.me/491511234567",
        "Come to the Matrix room #gardening:example.org, join any time",
        "Rejoignez la chaîne publique https://t.me/s/meteo_paris",
    ],
)
def test_ordinary_promotion_stays_low(text: str) -> None:
    """Ordinary promotion, with all its words of inviting, scores 0.15 at most."""
    assert all(finding.score <= 0.15 for finding in look(text))


@pytest.mark.parametrize(
    "text",
    [
        f"Session id of the project's press office for tips, see the imprint: {SESSION}",
        f"The court named {INVITE} as the group in question",
    ],
)
def test_naming_is_not_inviting(text: str) -> None:
    """A closed place that is named without calling anybody there is only a mention."""
    assert only(text).label == "contact-point"


def test_disguise_and_secrecy_raise_the_score() -> None:
    """A disguised address and words of secrecy each raise an invitation's score, and the evidence shows both."""
    plain = only(f"join {INVITE}")
    disguised = only(f"join {INVITE.replace('t.me', 't[.]me')}")
    secret = only(f"join {INVITE} and do not share it")
    both = only("join t[.]me/+AbCdEfGh12_-xyzQ, trusted brothers only")
    assert plain.score < min(disguised.score, secret.score)
    assert max(disguised.score, secret.score) < both.score < 1
    assert disguised.evidence["obfuscated"] is True
    assert secret.evidence["secrecy"] == "do not share"


def test_an_invitation_names_act_addressee_and_language() -> None:
    """Evidence says what is asked, of whom, by which words, and in which language they are."""
    evidence = only(f"Brothers, write to me at {INVITE}").evidence
    assert (evidence["act"], evidence["addressee"], evidence["invites"], evidence["language"]) == (
        "write",
        "brothers",
        "write to me",
        "en",
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"Don't join {INVITE}", "negation"),
        (f"Never click {INVITE}", "negation"),
        (f"Police said the group used {INVITE} and told members to join", "reporting"),
        (f"Those who join {INVITE} are watched", "statement"),
        (f"My archive was {INVITE}", "possession"),
    ],
)
def test_why_a_mention_is_none(text: str, why: str) -> None:
    """Words of calling that are denied, reported or somebody else's make no invitation, and the evidence says which."""
    finding = only(text)
    assert (finding.label, finding.evidence["mention"]) == ("contact-point", why)
    assert "invites" not in finding.evidence


def test_a_place_held_out_to_somebody() -> None:
    """A sign that points at a place, and somebody addressed, hold it out to them also without a word of calling."""
    finding = only(f"Only for serious brothers 👉 {INVITE}")
    assert (finding.label, finding.evidence["act"], finding.evidence["addressee"]) == (
        "contact-invite",
        "offer",
        "only for",
    )
    assert only(f"Serious brothers met in {INVITE}").label == "contact-point"


def test_an_invitation_to_an_open_place_is_advertising() -> None:
    """An open place stays a contact point however loudly a text calls there, and its evidence says that it calls."""
    finding = only("Join us, brothers: https://t.me/pale_dawn")
    assert (finding.label, finding.evidence["invites"]) == ("contact-point", "join us")


@pytest.mark.parametrize(
    "key",
    ["my PGP key is on the site", "3F2A 99C1 0B7D 55E0 1234 8CDE F012 3456 789A BCDE", "-----BEGIN PGP PUBLIC KEY"],
)
def test_a_mail_address_with_a_key_is_closed(key: str) -> None:
    """What is written to a mail address that comes with a PGP key nobody else reads; an invitation there counts."""
    finding = only(f"write to me: anna@example.org {key}")
    assert (finding.label, finding.evidence["pgp"]) == ("contact-invite", True)
    assert only("write to me: anna@example.org").label == "contact-point"


def test_how_it_was_disguised_is_said() -> None:
    """Evidence names the habit that was undone."""
    assert only("t[.]me/pale_dawn").evidence["how"] == "signs"
    assert only("nwad_elap/em.t//:sptth").evidence["how"] == "backwards"


def test_a_name_further_off() -> None:
    """An @name some words from the word Telegram counts where the text asks to write there, unless another service is named."""
    assert (
        only("install Telegram and look for @pale_gate_77, ok?").evidence["canonical"] == "telegram:name:pale_gate_77"
    )
    assert look("I deleted Telegram. Follow @anna_k on Twitter") == []
    assert look("Telegram is bad, says @anna_k") == []


def test_ordinary_words_are_no_secrecy_and_no_call() -> None:
    """Words that only begin like one of ours stay ordinary: a fast bus is not secret, and God the Exalted calls nobody here."""
    assert only(f"قال الله تعالى {INVITE}").label == "contact-point"
    assert "secrecy" not in only(f"انضموا إلى الباص السريع {INVITE}").evidence


def test_words_far_away_do_not_count() -> None:
    """Words of inviting count near the place, not pages away."""
    assert only("Join the sports club. " + "It rained. " * 60 + INVITE).label == "contact-point"


@pytest.mark.parametrize(
    ("role", "where"), [(Role.BODY, "text"), (Role.PAGE, "page"), (Role.LINK, "link"), (Role.CODE, "code")]
)
def test_where_it_stood_is_said(role: Role, where: str) -> None:
    """Evidence says whether the place stood in the text, on a page, behind a link or in a code."""
    finding = only(Segment("x", role, INVITE))
    assert (finding.evidence["where"], finding.part) == (where, "x")


def test_a_link_counts_with_the_words_of_its_post() -> None:
    """A link target or a code takes its words from the text it came with."""
    finding = only("Scan this before they delete it", Segment("poster.png#code1", Role.CODE, INVITE))
    assert (finding.label, finding.part) == ("contact-invite", "poster.png#code1")
    assert finding.evidence["secrecy"]
    assert only("Nice photo", Segment("poster.png#code1", Role.CODE, INVITE)).label == "contact-point"


def test_any_place_in_a_code_is_closed() -> None:
    """An open channel hidden in a QR code that a text asks to scan is an invitation, still with a modest score."""
    finding = only("scan me", Segment("p.png#code1", Role.CODE, "https://t.me/pale_dawn"))
    assert finding.label == "contact-invite"
    assert finding.score <= ALONE


def test_redirects_are_read() -> None:
    """A percent-encoded target inside another link is found, and the span is the whole link."""
    link = "https://out.example/?u=https%3A%2F%2Ft.me%2F%2BAbCdEfGh12_-xyzQ"
    finding = only(Segment("text#link1", Role.LINK, link))
    assert finding.evidence["canonical"] == "telegram:invite:AbCdEfGh12_-xyzQ"
    assert finding.spans == ((0, len(link)),)
    assert finding.evidence["obfuscated"] is False


def test_one_finding_per_place_and_part() -> None:
    """A place named again in the same part is one finding with both spans, disguised if either is; another part is its own."""
    findings = look(f"{INVITE} or t[.]me/+AbCdEfGh12_-xyzQ", Segment("text#link1", Role.LINK, INVITE))
    assert [(finding.part, len(finding.spans)) for finding in findings] == [("text", 2), ("text#link1", 1)]
    assert findings[0].evidence["obfuscated"] is True


def test_a_list_of_places_is_cut() -> None:
    """A part with hundreds of places names the first and counts the others."""
    findings = look(" ".join(f"t.me/channel{number}" for number in range(300)))
    assert len(findings) == MOST_PER_PART
    assert findings[-1].evidence["others"] == 300 - MOST_PER_PART
    assert "others" not in findings[0].evidence


def test_checksums_are_said() -> None:
    """An address with a checksum is reported only where it holds, and says so."""
    body = bytes(36)
    assert only(f"tox {(body + bytes(2)).hex()}").evidence["valid_checksum"] is True
    assert look(f"tox {(body + bytes([0, 1])).hex()}") == []


def test_no_label_can_hide_or_remove() -> None:
    """Where a text leads never decides anything without a person."""
    assert dict(LABELS) == {"contact-point": Outcome.PASS, "contact-invite": Outcome.REVIEW}
    assert detector().labels == LABELS


def test_nothing_in_nothing() -> None:
    """A reading without texts, or with empty ones, gives nothing."""
    assert look() == []
    assert look("") == []


class TestContract(DetectorContract):
    """The contract of all detectors."""

    must_not_catch = (
        "Our rowing club is on Discord: discord.gg/harbourrow, join us!",
        "Rehearsal times are in the channel t.me/harbourchoir",
        "Write to the bakery: jobs@bakery.example",
        "The archive moved to http://archive.example/t.me/page",
        "My handle is @anna and I like trains.",
    )

    @pytest.fixture(scope="class")
    @classmethod
    def detector(cls) -> Detector:
        """Give the detector."""
        return detector()
