"""Commands that look at what was recorded, and those that change it."""

import json
import re
import sqlite3
from pathlib import Path

import pytest
from click import UsageError
from litestar.testing import TestClient

from forestall.assembly import build
from forestall.doors.cli import exits
from forestall.doors.server import create_app
from forestall.flow.result import json_schema
from forestall.ledger.proof import verify_proof
from forestall.model.errors import BadInput, NotFound
from forestall.model.settings import Settings
from forestall.review import keys
from tests.doors.cli.conftest import Call


@pytest.fixture
def screened(cli: Call, posts: Path) -> None:
    """The posts, screened and recorded."""
    assert cli("screen", posts).exception is None


@pytest.mark.usefixtures("screened")
def test_explain_tells_the_whole_derivation(cli: Call) -> None:
    """The tree has the text with its marks, findings with their ceilings, the facts, the versions and the ledger lines."""
    text = cli("explain", "2").stdout
    for expected in (
        "⟦", "contact-", "alone it may cause at most", "text_length", "detector:contact", "content:received", "decision:made",
    ):  # fmt: skip
        assert expected in text


@pytest.mark.usefixtures("screened")
def test_explain_of_a_hostile_id_is_harmless(cli: Call) -> None:
    """An id with control characters can be asked for and is shown without them."""
    result = cli("explain", "3\x1b[31m\u202e")
    assert result.exception is None
    assert "\x1b" not in result.stdout
    assert "\u202e" not in result.stdout


@pytest.mark.usefixtures("screened")
def test_unknown_ids_are_told(cli: Call) -> None:
    """Explain, replay and prove say that they know nothing under an id."""
    for arguments in (("explain", "nope"), ("replay", "nope"), ("ledger", "prove", "nope"), ("key", "revoke", "nope")):
        error = cli(*arguments).exception
        assert isinstance(error, NotFound), arguments
        assert error.next_step


def test_nothing_is_made_by_looking(cli: Call, data: Path) -> None:
    """Commands that only look refuse where there is no data folder, instead of making an empty one."""
    for arguments in (
        ("explain", "1"),
        ("replay", "--all"),
        ("ledger", "verify"),
        ("key", "list"),
        ("retention", "apply"),
    ):
        assert isinstance(cli(*arguments).exception, NotFound), arguments
    assert not data.exists()


@pytest.mark.usefixtures("screened")
def test_replay_wants_to_know_what(cli: Call) -> None:
    """Replaying nothing, or ids and everything at once, is wrong use."""
    assert isinstance(cli("replay").exception, UsageError)
    assert isinstance(cli("replay", "1", "--all").exception, UsageError)
    assert "1 decisions replayed: all came to the same" in cli("replay", "1").stdout


@pytest.mark.usefixtures("screened")
def test_replay_names_a_difference(cli: Call, data: Path) -> None:
    """A decision whose record was altered comes out differently: it is named, and the exit status says so."""
    with sqlite3.connect(data / "forestall.db") as database:
        changed = database.execute("UPDATE decisions SET priority = 0.987").rowcount
    database.close()
    assert changed
    result = cli("replay", "--all")
    assert result.return_value == exits.PERSON
    assert "priority differ" in result.stdout


@pytest.mark.usefixtures("screened")
def test_a_changed_record_breaks_the_ledger(cli: Call, data: Path) -> None:
    """Whoever alters the database is found out by `ledger verify`."""
    with sqlite3.connect(data / "forestall.db") as database:
        database.execute(
            "UPDATE ledger SET entry = replace(entry, 'content:received', 'content:reviewed') WHERE seq = 0"
        )
    database.close()
    result = cli("ledger", "verify")
    assert result.return_value == exits.PERSON
    assert "changed: line 0" in result.stdout


@pytest.mark.usefixtures("screened")
def test_a_proof_holds_by_itself(cli: Call) -> None:
    """What `prove` prints can be checked with nothing but the verifier key."""
    key = cli("ledger", "checkpoint", "--key").stdout.strip()
    proofs = [json.loads(line) for line in cli("ledger", "prove", "2").stdout.splitlines()]
    assert verify_proof(proofs[0], key).event.tag == "content:received"


@pytest.mark.usefixtures("screened")
def test_a_saved_checkpoint_is_continued(cli: Call, posts: Path, tmp_path: Path) -> None:
    """A ledger that grew continues its saved checkpoint; another ledger does not; a file that is none is refused."""
    saved = tmp_path / "saved.txt"
    saved.write_text(cli("ledger", "checkpoint").stdout, "utf-8")
    posts.write_text('{"id":"5","text":"later"}\n', "utf-8")
    assert cli("screen", posts).exception is None
    result = cli("ledger", "verify", "--checkpoint", saved)
    assert result.return_value == exits.OK
    assert "continues the saved one" in result.stdout
    other = tmp_path / "other"
    assert cli("screen", posts, "--store", other).exception is None
    assert cli("ledger", "verify", "--checkpoint", saved, "--store", other).return_value == exits.PERSON
    saved.write_bytes(b"\xff" * 100)
    assert isinstance(cli("ledger", "verify", "--checkpoint", saved).exception, BadInput)


def test_keys_are_made_listed_and_revoked(cli: Call, data: Path) -> None:
    """The secret goes to standard output once; afterwards only its owner has it, and revoking ends it."""
    created = cli("key", "create", "forum\x1b[31m", "--scope", "screen", "--scope", "read")
    secret = created.stdout.strip()
    assert secret.startswith(keys.PREFIX)
    key_id = re.findall(r"Key (\S+)", created.stderr)[0]
    listed = cli("key", "list").stdout
    assert key_id in listed
    assert secret not in listed
    assert "\x1b" not in listed
    assert "revoked since" in cli("key", "revoke", key_id).stdout
    with build(Settings(data=str(data))) as house:
        assert keys.check(house.store, secret) is None


def test_an_invitation_opens_the_console(cli: Call, data: Path) -> None:
    """The link that `invite` prints is one the console knows."""
    link = cli("invite", "--role", "moderator").stdout.strip()
    assert link.startswith("http://127.0.0.1:8080/console/")
    with build(Settings(data=str(data))) as house, TestClient(create_app(house)) as client:
        assert client.get(link.removeprefix("http://127.0.0.1:8080")).status_code == 200
        assert client.get("/console/welcome/made-up").status_code != 200


@pytest.mark.usefixtures("screened")
def test_retention_purges_what_is_over(cli: Call, data: Path) -> None:
    """Nothing is purged before its time; with no time left the texts go, and the decisions stay."""
    assert cli("retention", "apply").stdout.startswith("0 contents purged")
    (data / "forestall.toml").write_text("keep_transient_days = 0\n", "utf-8")
    assert not cli("retention", "apply").stdout.startswith("0 ")
    explained = cli("explain", "1").stdout
    assert "were purged on" in explained
    assert "ferry" not in explained


def test_policy_check_points_at_the_fault(cli: Call, tmp_path: Path) -> None:
    """A policy that holds is counted and named; a misspelt label is refused with its file."""
    folder = tmp_path / "policy"
    assert cli("policy", "copy", folder).exception is None
    assert "rules hold" in cli("policy", "check", folder).stdout
    assert isinstance(cli("policy", "copy", folder).exception, UsageError)
    rules = folder / "30-contact.yaml"
    rules.write_text(rules.read_text("utf-8").replace("contact-invite", "contact-invitte"), "utf-8")
    error = cli("policy", "check", folder).exception
    assert isinstance(error, BadInput)
    assert "30-contact.yaml" in error.what


def test_schema_is_the_documented_one(cli: Call) -> None:
    """`schema` prints the JSON Schema of the results."""
    assert json.loads(cli("schema").stdout) == json_schema()


def test_doctor_reports_without_touching(cli: Call, data: Path) -> None:
    """The doctor names Python, box, policy and store, makes no folder, and a broken setting is bad news with a next step."""
    healthy = cli("doctor")
    assert healthy.exception is None
    for expected in ("Python", "box", "policy", "settings"):
        assert expected in healthy.stdout
    assert not data.exists()
    data.mkdir()
    (data / "forestall.toml").write_text("prot = 1\n", "utf-8")
    ill = cli("doctor")
    assert ill.return_value == exits.PERSON
    assert "unknown setting `prot`" in ill.stdout


@pytest.mark.usefixtures("screened")
def test_doctor_looks_at_the_ledger(cli: Call, data: Path) -> None:
    """On a data folder in use the doctor checks ledger and permissions."""
    data.chmod(0o700)
    assert re.search(r"ledger +\d+ lines under \d+ checkpoints", cli("doctor").stdout)
    data.chmod(0o755)
    assert "chmod 700" in cli("doctor").stdout


def test_every_command_explains_itself(cli: Call) -> None:
    """Each command has a help text with its purpose and, where it takes anything, an example."""
    from forestall.doors.cli.main import forestall

    def walk(command: object, name: tuple[str, ...]) -> None:
        import click

        assert isinstance(command, click.Command)
        shown = cli(*name, "--help").stdout
        assert command.help, name
        if isinstance(command, click.Group):
            context = click.Context(command)
            for inner in command.list_commands(context):
                walk(command.get_command(context, inner), (*name, inner))
        else:
            takes_something = [item for item in command.params if item.name != "folder"]
            assert "Example" in shown or not takes_something, name

    walk(forestall, ())


@pytest.mark.usefixtures("screened")
def test_proofs_are_checked_without_the_ledger(cli: Call, tmp_path: Path) -> None:
    """`check` accepts what `prove` and `extend` print, with the verifier key alone, and refuses what was touched."""
    saved, proofs = tmp_path / "saved.txt", tmp_path / "proofs.jsonl"
    saved.write_text(cli("ledger", "checkpoint").stdout, "utf-8")
    key = cli("ledger", "checkpoint", "--key").stdout.strip()
    (tmp_path / "more.jsonl").write_text('{"id": "9", "text": "One more."}\n', "utf-8")
    assert cli("screen", tmp_path / "more.jsonl").exception is None
    printed = cli("ledger", "prove", "2").stdout + cli("ledger", "extend", saved).stdout
    proofs.write_text(printed, "utf-8")
    good = cli("ledger", "check", proofs, "--key", key)
    assert good.return_value == exits.OK
    assert "content:received 2" in good.stdout
    assert "lines continues the one of" in good.stdout
    proofs.write_text(printed.replace('"seq": ', '"seq": 1') + "not json\n", "utf-8")
    bad = cli("ledger", "check", proofs, "--key", key)
    assert bad.return_value == exits.PERSON
    assert bad.stdout.count("does not hold") >= 2
