"""`forestall screen`: what goes in comes out, in order, recorded, in the documented shape."""

import hashlib
import json
from pathlib import Path
from typing import Any

import jsonschema
from click.testing import Result

from forestall.doors.cli import exits
from forestall.flow.result import json_schema
from forestall.model.errors import BadInput
from tests.doors.cli.conftest import INVITE, Call


def lines(result: Result) -> list[dict[str, Any]]:
    """Give the JSON lines that were written; an error inside is raised."""
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return [json.loads(line) for line in result.stdout.splitlines()]


def known(path: Path, data: bytes) -> Path:
    """Write a bank that knows these bytes for certain."""
    digest = hashlib.sha256(data).hexdigest()
    path.write_text(
        f"value,type,trust,label,source,confirmed_by\n{digest},sha256,confirmed,poster,sample,desk\n", "utf-8"
    )
    return path


def test_lines_have_the_documented_shape_and_order(cli: Call, posts: Path) -> None:
    """Each post gives one line, in input order, valid against the JSON Schema, its spans inside the original text."""
    found = lines(cli("screen", posts, "--format", "jsonl"))
    assert [line["id"] for line in found] == ["1", "2", "3\x1b[31m\u202e", "4"]
    validator = jsonschema.Draft202012Validator(json_schema())
    for line in found:
        validator.validate(line)
    spans = [span for finding in found[1]["findings"] for span in finding["spans"]]
    assert any("t.me/+AbCdEfGhIjK12345" in INVITE[start:end] for start, end in spans)


def test_output_holds_no_control_character(cli: Call, posts: Path) -> None:
    """Neither lines nor table carry a control character of the content to the terminal."""
    for form in ("jsonl", "table"):
        written = cli("screen", posts, "--format", form).stdout
        assert "\x1b" not in written


def test_everything_lands_in_store_and_ledger(cli: Call, posts: Path) -> None:
    """What was screened can be explained, replayed, verified and proved afterwards."""
    found = lines(cli("screen", posts, "--format", "jsonl"))
    for line in found:
        assert "decision:made" in cli("explain", line["decision"]).stdout
    assert "4 decisions replayed: all came to the same" in cli("replay", "--all").stdout
    verified = cli("ledger", "verify")
    assert verified.return_value == exits.OK
    assert "Nothing is wrong" in verified.stdout


def test_screening_twice_records_once(cli: Call, posts: Path) -> None:
    """A second run gives the decisions of the first, and neither store nor ledger grow."""
    first = lines(cli("screen", posts, "--format", "jsonl"))
    size = cli("ledger", "verify").stdout
    assert lines(cli("screen", posts, "--format", "jsonl")) == first
    assert cli("ledger", "verify").stdout == size
    assert "4 had been recorded before" in cli("screen", posts).stdout


def test_none_keeps_nothing(cli: Call, posts: Path, data: Path) -> None:
    """With `--store none` no folder appears, and the results are the same but for the decisions' ids."""
    kept_nothing = lines(cli("screen", posts, "--format", "jsonl", "--store", "none"))
    assert not data.exists()
    assert not Path("none").exists()
    kept = lines(cli("screen", posts, "--format", "jsonl"))
    for line in kept_nothing + kept:
        del line["decision"]
    assert kept_nothing == kept


def test_a_bank_makes_the_difference(cli: Call, tmp_path: Path) -> None:
    """A file whose digest a confirmed bank knows is acted on, and the exit status says that a person is needed."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "note.txt").write_bytes(b"known bytes")
    bank = known(tmp_path / "known.csv", b"known bytes")
    without = cli("screen", tmp_path / "in", "--format", "jsonl")
    assert (without.return_value, lines(without)[0]["outcome"]) == (exits.OK, "pass")
    result = cli("screen", tmp_path / "in", "--format", "jsonl", "--bank", bank)
    (line,) = lines(result)
    assert result.return_value == exits.PERSON
    assert line["outcome"] == "remove"
    assert "bank:known" in line["versions"]


def test_a_list_gives_context_only(cli: Call, posts: Path, tmp_path: Path) -> None:
    """A listed name in a text is found and changes no outcome."""
    listed = tmp_path / "names.txt"
    listed.write_text("The Ashen Banner\n", "utf-8")
    posts.write_text('{"id":"1","text":"The museum shows a film about the Ashen Banner."}\n', "utf-8")
    (line,) = lines(cli("screen", posts, "--format", "jsonl", "--list", listed))
    assert "listed-name" in [finding["label"] for finding in line["findings"]]
    assert line["outcome"] == "pass"


def test_a_policy_of_ones_own(cli: Call, posts: Path, tmp_path: Path) -> None:
    """A copied policy gives the same outcomes under its own version; a broken one is refused with its line."""
    folder = tmp_path / "policy"
    assert cli("policy", "copy", folder).exception is None
    usual = lines(cli("screen", posts, "--format", "jsonl", "--store", "none"))
    own = lines(cli("screen", posts, "--format", "jsonl", "--store", "none", "--policy", folder))
    assert [line["outcome"] for line in own] == [line["outcome"] for line in usual]
    (folder / "99-broken.yaml").write_text("rules: [\n", "utf-8")
    broken = cli("screen", posts, "--policy", folder)
    assert isinstance(broken.exception, BadInput)
    assert "99-broken.yaml" in broken.exception.what


def test_what_cannot_be_read_is_a_finding(cli: Call, tmp_path: Path) -> None:
    """A damaged picture says so as a finding, the totals count it, and the rest of the folder is screened."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0" + b"\x00" * 50)
    (tmp_path / "in" / "fine.txt").write_text("A fine day.", "utf-8")
    found = {line["id"]: line for line in lines(cli("screen", tmp_path / "in", "--format", "jsonl"))}
    assert found["fine.txt"]["outcome"] == "pass"
    assert [finding["label"] for finding in found["broken.jpg"]["findings"]] == ["unreadable"]
    assert found["broken.jpg"]["findings"][0]["evidence"]["what"]
    assert "1 with something that could not be read" in cli("screen", tmp_path / "in").stdout


def test_a_report_beside_the_lines(cli: Call, posts: Path, tmp_path: Path) -> None:
    """`--report` writes its page and says so on standard error, where it disturbs no pipe."""
    result = cli("screen", posts, "--format", "jsonl", "--report", tmp_path / "out.html")
    assert len(lines(result)) == 4
    assert "out.html" in result.stderr
    assert "<!doctype html>" in (tmp_path / "out.html").read_text("utf-8")


def test_the_table_sums_up(cli: Call, posts: Path, data: Path) -> None:
    """The table ends in totals per outcome, how many items there were, and where they were recorded."""
    result = cli("screen", posts)
    assert "of 4 items" in result.stdout
    assert str(data) in result.stdout
    assert result.stderr == ""


def test_a_missing_path_is_named(cli: Call, tmp_path: Path) -> None:
    """A path that does not exist is an error that names it, with what was read before it recorded."""
    (tmp_path / "one.txt").write_text("hello", "utf-8")
    result = cli("screen", tmp_path / "one.txt", tmp_path / "missing.jsonl", "--format", "jsonl")
    assert isinstance(result.exception, BadInput)
    assert "missing.jsonl" in result.exception.what
    assert json.loads(result.stdout)["id"] == "one.txt"
