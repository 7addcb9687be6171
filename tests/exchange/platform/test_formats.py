"""What each export says, item by item."""

import io
from pathlib import Path

import pytest

from forestall.exchange.platform import PlatformExports
from forestall.model.content import Attachment, Audience, Content, Markup

PAYLOADS = Path(__file__).parents[1] / "payloads"
EXPORTS = PlatformExports()


def read(name: str) -> list[Content]:
    """Read a payload; every file it names is there."""
    data = (PAYLOADS / name).read_bytes()
    format_name = EXPORTS.recognise(name, data)
    return list(EXPORTS.read(format_name, name, io.BytesIO(data), lambda path: Attachment(path, b"x")))


def names(item: Content) -> list[str]:
    """Give the names of the files that came with an item."""
    return [attachment.name for attachment in item.attachments]


def causes(item: Content) -> list[str]:
    """Give the causes of an item's problems."""
    return [problem.cause for problem in item.problems]


def test_json_lines() -> None:
    """Every field is kept, numbers become texts and instants, a missing id becomes file and line, unknown fields do not matter."""
    first, second, third = read("posts.jsonl")
    assert first == Content(
        id="p1",
        text="The allotment society meets on Friday.",
        author="u1",
        thread="garden",
        language="en",
        published="2026-01-31T12:00:00Z",
        url="https://forum.example/p/1",
    )
    assert (second.id, second.audience, names(second)) == ("2", Audience.CLOSED, ["pictures/garden.png"])
    assert (third.id, third.published, names(third)) == (
        "posts.jsonl:3",
        "2026-01-31T12:00:00.000Z",
        ["a.png", "b.pdf"],
    )


def test_json_lists() -> None:
    """A list, an object that holds one, and a single post over several lines are read like lines."""
    assert [item.id for item in read("posts.json")] == ["p1", "p2"]
    assert [item.text for item in read("wrapped.json")] == ["Wrapped.", "Wrapped too."]
    assert [item.text for item in read("post.json")] == ["One post,\nwritten over several lines."]


def test_tables() -> None:
    """Columns in any order and case, quotes over several lines, several media, other delimiters."""
    first, second = read("posts.csv")
    assert (first.id, first.text, first.author) == ("p1", 'He said "soup", and left,\r\nslowly.', "u1")
    assert (second.audience, names(second)) == (Audience.PRIVATE, ["a.png", "b.png"])
    assert [(item.text, item.language) for item in read("posts.tsv")] == [("One", "en"), ("Deux", "fr")]
    assert [item.text for item in read("semicolons.csv")] == ["Un; deux", "Trois"]


def test_mastodon() -> None:
    """Warning, text, poll and picture descriptions are read as HTML, files by path, boosts as links, audiences by address."""
    post, boost, poll, direct = read("mastodon.json")
    assert post.markup is Markup.HTML
    assert post.text.startswith("<p>Food &amp; more</p><p>Soup at <a href=")
    assert post.text.endswith("<p>A pot of soup</p>")
    assert names(post) == ["media_attachments/files/1/original/soup.png"]
    assert causes(post) == ["remote-media"]
    assert (post.language, post.thread) == ("en", "tag:social.example,2026:c1")
    assert boost.links == ("https://other.example/users/u9/statuses/77",)
    assert poll.text == "<p>Which soup?</p><p>Lentil &lt;b&gt;</p><p>Leek</p>"
    assert [item.audience for item in (post, boost, poll, direct)] == [
        Audience.PUBLIC,
        Audience.PUBLIC,
        Audience.CLOSED,
        Audience.PRIVATE,
    ]


def test_telegram() -> None:
    """Formatted texts are joined, links kept, polls and buttons read, files by path; a file left out is named; notes are passed over."""
    created, linked, photo, left_out, poll = read("telegram-chat.json")
    assert created.text == "Allotment society"
    assert (linked.id, linked.text) == ("4242/3", "Come to the garden on Friday")
    assert (linked.links, linked.author, linked.thread) == (("https://garden.example/",), "user1", "4242")
    assert (linked.published, linked.audience) == ("2026-01-31T12:01:00.000Z", Audience.CLOSED)
    assert names(photo) == ["photos/photo_1.jpg"]
    assert (left_out.text, causes(left_out)) == ("My film", ["not-exported"])
    assert (poll.text, poll.links) == ("Vote\nSoup?\nYes\nNo\nRecipe", ("https://soup.example/",))


def test_telegram_account() -> None:
    """A whole account holds several chats, each with its own audience and thread, chats that were left too."""
    items = read("telegram-account.json")
    assert [(item.id, item.audience, item.text) for item in items] == [
        ("1/1", Audience.PUBLIC, "First"),
        ("2/1", Audience.PRIVATE, "Second"),
        ("3/9", Audience.CLOSED, "Third"),
    ]


def test_matrix() -> None:
    """Formatted messages are HTML, an edit is an item that points to what it edits, what is redacted is gone, what is locked is named."""
    topic, friday, edit, picture, locked = read("matrix.json")
    assert (topic.text, topic.audience) == ("Soup and soil", Audience.CLOSED)
    assert (friday.markup, friday.published) == (Markup.HTML, "2026-01-31T12:01:00.000Z")
    assert (edit.text, edit.thread, edit.audience) == ("Saturday", "$2", Audience.OPEN)
    assert (picture.text, causes(picture)) == ("soup.png", ["remote-media"])
    assert causes(locked) == ["encrypted"]


def test_discourse() -> None:
    """Posts are cooked HTML, the title stands before the first."""
    first, second = read("discourse.json")
    assert first.text == "<h1>Soup &amp; salad</h1><p>Who has <em>leeks</em>?</p>"
    assert (first.author, first.thread, first.url) == ("5", "3", "/t/soup/3/1")
    assert second.author == "ben"
    assert second.markup is Markup.HTML


def test_rss() -> None:
    """Title, description and full text are read, the enclosure is a link that was not fetched."""
    first, second = read("rss.xml")
    assert first.id == "n-1"
    assert first.text.split("\n") == [
        "<h1>Soup &amp; soil</h1>",
        "<p>Short</p>",
        '<p>Long <a href="https://garden.example/">text</a></p>',
    ]
    assert (first.published, first.author, first.url) == ("2026-01-31T12:00:00Z", "ann", "https://news.example/1")
    assert first.links == ("https://news.example/1", "https://news.example/soup.mp3")
    assert causes(first) == ["remote-media"]
    assert (second.id, second.text) == ("https://news.example/2", "No title")


def test_atom() -> None:
    """Plain texts are kept from being read as HTML, HTML and XHTML are kept as they are."""
    first, second = read("atom.xml")
    assert first.text == "<h1>a &lt; b</h1>\n<p>Rich</p>"
    assert (first.author, first.published) == ("ann", "2026-01-31T12:00:00Z")
    assert second.text.startswith("<p>1 &lt; 2 &amp; 3</p>\n<div")
    assert '<p class="x">Deep <a href="https://b.example/?a=1&amp;b=2">link</a></p>' in second.text


def test_rdf() -> None:
    """RSS 1.0 keeps its items beside the channel."""
    assert [(item.id, item.text) for item in read("rdf.xml")] == [("https://old.example/1", "<h1>One</h1>\nOld news")]


def test_mbox() -> None:
    """Every mail is an item with the mail as its file, quoting undone, named by its own id where the headers hold one."""
    first, second = read("mails.mbox")
    assert (first.id, first.audience) == ("m1@mail.example", Audience.PRIVATE)
    mail = first.attachments[0]
    assert (mail.name, mail.media_type) == ("mail-1.eml", "message/rfc822")
    assert b"\nFrom the garden, with love\nFrom inside" in mail.data
    assert second.id == "mails.mbox:2"


@pytest.mark.parametrize(
    ("name", "head", "format_name"),
    [
        ("x.jsonl", b'{"id": 1, "body": "x"}\n', "posts-lines"),
        ("x.ndjson", b"{broken\n", "posts-lines"),
        ("x", b'{"text": "' + b"a" * 70_000, "posts-lines"),
        ("x", b'{"id": 1, "media": ["a.png"]}\n', "posts-lines"),
        ("x", b'\n\n{"nested": {"text": 1}}\n', ""),
        ("x", b'{"messages": [{"text": 1}]}', ""),
        ("x", b'{"name": "n", "id": 1, "messages": [', "telegram"),
        ("x", b'{"@context": [], "type": "OrderedCollectionPage", "items": [], "totalItems": 0}', "mastodon"),
        ("x", '<?xml version="1.0" encoding="utf-16"?><rss version="2.0">'.encode("utf-16"), "feed"),
        ("x", b'<?xml version="1.0"?>\n<!-- <html> -->\n<!DOCTYPE rss [<!ENTITY a "b">]>\n<rss>', "feed"),
        ("x", b"<atom:feed xmlns:atom='x'>", "feed"),
        ("x", b"<feedback>", ""),
        ("x.csv", b"text\nhello\n", "posts-comma"),
        ("x.tsv", b"text\nhello\n", "posts-tab"),
        ("x.txt", b"text\nhello\n", ""),
        ("x", b'"ID","TEXT"\n', "posts-comma"),
        ("x", b"id|text\n", "posts-bar"),
        ("x", b"the id, the text\n", ""),
        ("x", b"From a@b.example Sat Jan 31 12:00:00 2026\r\nSubject: x\r\n", "mbox"),
        ("x", b"From here to there in 2026\nit is far\n", ""),
        ("x", b'"' * 65_536, ""),
        ("x", b'{"' + b'\\"' * 32_000, ""),
        ("x", b"[" * 65_536, ""),
    ],
)
def test_recognising(name: str, head: bytes, format_name: str) -> None:
    """The first bytes tell; the name helps only where a table or lines say too little by themselves."""
    assert EXPORTS.recognise(name, head) == format_name
