"""`forestall list`: what an analyst does with lists, end to end over a real store."""

import json
from pathlib import Path

from forestall.doors.cli import exits
from tests.doors.cli.conftest import Call
from tests.exchange.lists.samples import ALT, EU_CSV, SDN, UN


def written(folder: Path, name: str, text: str) -> Path:
    """Write a file."""
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_dry_run_then_import_then_diff(cli: Call, tmp_path: Path) -> None:
    """A dry run shows what would change and changes nothing; the import says what it did, and the diff says it again later."""
    first = written(tmp_path, "a.txt", "the pale dawn\njoin us\n")
    dry = cli("list", "import", "slogans", first, "--kind", "terms", "--dry-run")
    assert "2 added" in dry.output
    assert "Nothing was changed" in dry.output
    assert "There is no list" in cli("list", "lists").output
    assert cli("list", "import", "slogans", first, "--kind", "terms", "--source", "us").return_value == exits.OK
    again = cli("list", "import", "slogans", written(tmp_path, "b.txt", "join us\njoin them\n"))
    assert "1 added" in again.output
    assert "1 gone" in again.output
    diff = cli("list", "diff", "slogans").output
    assert "+ join them" in diff
    assert "- the pale dawn" in diff
    assert len(cli("list", "show", "slogans", "--history").output.splitlines()) == 3
    shown = cli("list", "show", "slogans", "--limit", "1").output
    assert "join them" in shown
    assert "and 1 more" in shown


def test_a_sanctions_list_leaves_people_out(cli: Call, tmp_path: Path) -> None:
    """Importing a published list tells its source, day and how many people were left out; a post then names it as context."""
    done = cli("list", "import", "un", written(tmp_path, "un.xml", UN))
    assert "2 names (United Nations Security Council, of 2026-01-01)" in done.output
    assert "1 persons are left out" in done.output
    entries = [json.loads(line) for line in cli("list", "show", "un", "--format", "jsonl").output.splitlines()]
    assert (entries[0]["kind"], entries[0]["people"], len(entries)) == ("names", 1, 3)
    assert "Nobody" not in json.dumps(entries)
    assert (
        cli("list", "import", "ofac", written(tmp_path, "sdn.csv", SDN), written(tmp_path, "alt.csv", ALT)).return_value
        == 0
    )
    assert cli("list", "import", "eu", written(tmp_path, "eu.csv", EU_CSV)).return_value == exits.OK
    post = written(
        tmp_path,
        "posts.jsonl",
        json.dumps(
            {
                "id": "1",
                "text": "The library has three books about the history of the Banner of Ash, and they are rather long.",
            }
        )
        + "\n",
    )
    (item,) = [json.loads(line) for line in cli("screen", post, "--format", "jsonl").output.splitlines()]
    assert {finding["evidence"]["list"] for finding in item["findings"] if finding["label"] == "listed-name"} == {
        "un",
        "ofac",
        "eu",
    }
    assert item["outcome"] == "pass"
    assert item["versions"]["list:un"]


def test_removed_lists_are_said(cli: Call, tmp_path: Path) -> None:
    """A removed list says so, and the ledger holds every step."""
    cli("list", "import", "sites", written(tmp_path, "a.csv", "domain\nexample.org\n"))
    assert "no longer looked up" in cli("list", "remove", "sites", "--note", "old").output
    assert "removed" in cli("list", "lists").output
    (listed,) = [json.loads(line) for line in cli("list", "lists", "--format", "jsonl").output.splitlines()]
    assert listed["removed"]


def test_what_cannot_be_used_is_said(cli: Call, tmp_path: Path) -> None:
    """Refused entries are counted and shown and ask for a look; a file that is no list, or is not there, changes nothing."""
    mixed = cli("list", "import", "points", written(tmp_path, "a.csv", "contact\nt.me/ninth_tide_news\nnone\n"))
    assert mixed.return_value == exits.PERSON
    assert "1 entries can't be used" in mixed.output
    for path in (written(tmp_path, "b.html", "<html/>"), tmp_path / "none"):
        assert cli("list", "import", "other", path).exception is not None
    assert cli("list", "show", "none").exception is not None
    assert len(cli("list", "lists").output.splitlines()) == 1
