"""run.py: sets the project up from nothing, starts at once the second time, and says what is wrong in words."""

import ast
import importlib.util
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def run() -> ModuleType:
    """Give a fresh copy of run.py as a module."""
    spec = importlib.util.spec_from_file_location("run_under_test", ROOT / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def place(run: ModuleType, tmp_path: Path) -> Any:
    """Give a project folder with locks and nothing installed."""
    (tmp_path / "requirements").mkdir()
    for name in ("uv", "default", "full", "dev"):
        (tmp_path / "requirements" / f"{name}.lock").write_text(f"{name}==1 \\\n    --hash=sha256:00\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "src").mkdir()
    return run.Place(tmp_path)


class Steps:
    """Stands in for the installers: notes every step, makes what it would make, fails where it is told to."""

    def __init__(self, run: ModuleType, place: Any, fails: str = "") -> None:
        self.run, self.place, self.fails = run, place, fails
        self.commands: list[list[str]] = []

    def __call__(self, what: str, command: Sequence[str], env: Mapping[str, str], cwd: Path) -> None:
        """Run one step."""
        self.commands.append([str(part) for part in command])
        if self.fails and self.fails in what:
            raise self.run.Stop(f"{what} failed", "    | no network")
        if "making" in what:
            self.place.python.parent.mkdir(parents=True)
            self.place.python.symlink_to(sys.executable)
        if "--target" in command:
            uv = Path(command[list(command).index("--target") + 1]) / "bin" / "uv"
            uv.parent.mkdir(parents=True)
            uv.touch()


def install(
    run: ModuleType, place: Any, monkeypatch: pytest.MonkeyPatch, set_name: str = "default", fails: str = ""
) -> Steps:
    """Set up with stand-ins for the installers."""
    steps = Steps(run, place, fails)
    monkeypatch.setattr(run, "run_step", steps)
    monkeypatch.setattr(run, "compile_own_code", lambda place, env: None)
    run.set_up(place, set_name)
    return steps


def test_second_start_does_nothing(run: ModuleType, place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was installed once is not installed again."""
    first = install(run, place, monkeypatch)
    assert [command[1:3] for command in first.commands[1:]] == [
        ["venv", "--python"],
        ["pip", "sync"],
        ["pip", "install"],
    ]
    assert install(run, place, monkeypatch).commands == []


def test_every_package_is_pinned_by_hash_and_never_built(
    run: ModuleType, place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every install of packages insists on hashes and wheels; the project itself downloads nothing."""
    steps = install(run, place, monkeypatch)
    bootstrap, _, packages, project = steps.commands
    assert "--require-hashes" in bootstrap
    assert {"--require-hashes", "--no-build"} <= set(packages)
    assert {"--no-deps", "--no-build-isolation"} <= set(project)


def test_what_opens_films_stays(run: ModuleType, place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """After `full`, `up` installs nothing, and where the locks changed it installs the full set again, not a smaller one."""
    install(run, place, monkeypatch, "full")
    assert place.is_ready("default")
    assert not place.is_ready("dev")
    (place.root / "requirements" / "full.lock").write_text("full==2\n")
    assert not place.is_ready("default")
    install(run, place, monkeypatch, "default")
    assert place.is_ready("full")


def test_dev_holds_default_but_not_the_other_way(run: ModuleType, place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """After `test`, `up` installs nothing; after `up`, `test` does."""
    install(run, place, monkeypatch, "dev")
    assert place.is_ready("default")
    install(run, place, monkeypatch, "dev")
    (place.root / "requirements" / "dev.lock").write_text("dev==2\n")
    install(run, place, monkeypatch, "default")
    assert place.is_ready("default")
    assert not place.is_ready("dev")


@pytest.mark.parametrize("changed", ["requirements/default.lock", "requirements/uv.lock", "pyproject.toml"])
def test_a_changed_lock_is_installed(
    run: ModuleType, place: Any, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    """A change of locks or project file makes the set-up run again."""
    install(run, place, monkeypatch)
    (place.root / changed).write_text("changed==1\n")
    assert not place.is_ready("default")
    assert install(run, place, monkeypatch).commands


def test_another_python_or_folder_is_noticed(run: ModuleType, place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python that was replaced below `.venv`, or a folder that was moved, is set up again."""
    install(run, place, monkeypatch)
    stamped = place.stamp.read_text()
    other = run.Place(place.root)
    place.python.unlink()
    assert not other.is_ready("default")
    place.python.symlink_to("/bin/sh")
    assert not other.is_ready("default")
    place.python.unlink()
    place.python.symlink_to(sys.executable)
    assert other.is_ready("default")
    assert other.digest("default") + "\n" == stamped
    other.root = place.root / "elsewhere" / ".."
    assert not other.is_ready("default")


def test_an_interrupted_set_up_is_done_anew(run: ModuleType, place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where packages were half installed, nothing is ready, and the next run starts from an empty `.venv`."""
    with pytest.raises(run.Stop):
        install(run, place, monkeypatch, fails="packages")
    assert not place.is_ready("default")
    leftover = place.venv / "half-installed"
    leftover.touch()
    install(run, place, monkeypatch)
    assert place.is_ready("default")
    assert not leftover.exists()


@pytest.mark.parametrize("own_pip", [True, False])
def test_without_uv_pip_installs_the_same_locks(
    run: ModuleType, place: Any, monkeypatch: pytest.MonkeyPatch, own_pip: bool
) -> None:
    """Where uv can't be had, pip installs the same pinned wheels: that of `.venv`, or this Python's from outside."""
    monkeypatch.setenv("PATH", str(place.root))
    real = subprocess.run

    def answers(command: Sequence[str], **options: Any) -> Any:
        if "--version" not in command:
            return real(command, **options)
        inside = command[0] == str(place.python)
        return subprocess.CompletedProcess(command, 0 if inside is own_pip else 1)

    monkeypatch.setattr(run.subprocess, "run", answers)
    steps = install(run, place, monkeypatch, fails="uv")
    packages = steps.commands[2]
    assert {"--require-hashes", "--only-binary", "install"} <= set(packages)
    assert (packages[0] == str(place.python)) is own_pip
    assert ("--python" in packages) is not own_pip


def test_no_installer_at_all_is_said(run: ModuleType, place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without uv and without any pip, the message names what to install."""
    monkeypatch.setenv("PATH", str(place.root))
    real = subprocess.run
    failing: subprocess.CompletedProcess[bytes] = subprocess.CompletedProcess([], 1)
    monkeypatch.setattr(
        run.subprocess,
        "run",
        lambda command, **options: failing if "--version" in command else real(command, **options),
    )
    with pytest.raises(run.Stop) as stop:
        install(run, place, monkeypatch, fails="uv")
    assert "python3-pip" in stop.value.next_step


def test_two_at_once_take_turns(run: ModuleType, place: Any) -> None:
    """While one run sets the folder up, another waits for it."""
    inside, done = threading.Event(), threading.Event()
    order: list[str] = []

    def second() -> None:
        inside.wait()
        with run.alone(place):
            order.append("second")
        done.set()

    thread = threading.Thread(target=second)
    thread.start()
    with run.alone(place):
        inside.set()
        order.append("first")
    thread.join()
    assert done.is_set()
    assert order == ["first", "second"]


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("ERROR: No matching distribution found for uv==1", "mirror"),
        ("error: Request failed\n  Caused by: dns error: failed to lookup address", "Check the network"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "do not go on"),
        ("error: Hash mismatch for `click==8`", "do not go on"),
        ("OSError: [Errno 28] No space left on device", "full"),
        ("something new", "report it"),
    ],
)
def test_failures_say_what_to_do(run: ModuleType, output: str, expected: str) -> None:
    """A failing installer becomes a cause, a next step and its own last lines."""
    text = run.advice(output)
    assert expected.lower() in text.lower()
    assert output.splitlines()[-1] in text


def test_environment_keeps_mirrors_and_drops_redirections(run: ModuleType, place: Any, tmp_path: Path) -> None:
    """Index settings reach the installers; what would install elsewhere does not; without a home caches stay in the folder."""
    given = {
        "PIP_INDEX_URL": "a",
        "UV_DEFAULT_INDEX": "b",
        "PIP_TARGET": "/x",
        "PYTHONPATH": "/x",
        "VIRTUAL_ENV": "/x",
        "HOME": str(place.root / "pyproject.toml"),
    }
    env = run.clean_environment(place, given)
    assert (env["PIP_INDEX_URL"], env["UV_DEFAULT_INDEX"]) == ("a", "b")
    assert not {"PIP_TARGET", "PYTHONPATH", "VIRTUAL_ENV"} & set(env)
    assert env["UV_CACHE_DIR"].startswith(str(place.tools))
    assert "UV_CACHE_DIR" not in run.clean_environment(place, {"HOME": str(tmp_path)})


def test_usage_without_arguments(run: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """Called bare it explains itself and fails; asked for help it explains itself and succeeds."""
    assert run.main([]) == 2
    assert run.main(["--help"]) == 0
    assert capsys.readouterr().out.count("python3 run.py up --demo") == 2


def test_too_old_a_python_is_said(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An old Python is told which one is needed."""
    monkeypatch.setattr(run, "OLDEST", (99, 0))
    assert run.main(["doctor"]) == 1
    assert "newer" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_said(run: ModuleType, place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a read-only folder the message names the folder and the way out."""

    def refuse(self: Path, *args: Any, **kwargs: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(run.Stop, match="cannot be written") as stop:
        run.set_up(place, "default")
    assert "own" in stop.value.next_step


def test_commands_run_in_the_virtual_environment(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any command replaces the process by the full path of `.venv`'s Python, which is how Python finds its packages."""
    called: list[list[str]] = []
    monkeypatch.setattr(run, "set_up", lambda place, name: called.append([name]))
    monkeypatch.setattr(run.os, "execv", lambda path, command: called.append([path, *command]))
    run.main(["screen", "-", "--format", "jsonl"])
    python = str(ROOT / ".venv" / "bin" / "python")
    assert called == [
        ["default"],
        [python, python, "-P", "-m", "forestall.doors.cli", "screen", "-", "--format", "jsonl"],
    ]


class Verdicts:
    """Stands in for the checks and for pytest."""

    def __init__(self, run: ModuleType, monkeypatch: pytest.MonkeyPatch, checks: list[str], browser: str) -> None:
        self.commands: list[list[str]] = []
        monkeypatch.setattr(run, "check_everything", lambda place: checks)
        monkeypatch.setattr(run, "provide_browser", lambda environment: browser)
        monkeypatch.setattr(run.subprocess, "run", self)

    def __call__(self, command: list[str], **options: Any) -> Any:
        """Run one command."""
        self.commands.append(command)
        return subprocess.CompletedProcess(command, 0)


def test_everything_green_is_zero(run: ModuleType, place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all checks and tests pass, the status is 0."""
    Verdicts(run, monkeypatch, [], "/usr/bin/chromium")
    assert run.run_tests(place, [], {"REQUIRE_BROWSER": "1"}) == 0


def test_a_failed_check_fails_the_run(
    run: ModuleType, place: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A check that failed is named after pytest's own last line, and the status says so."""
    Verdicts(run, monkeypatch, ["mypy"], "/usr/bin/chromium")
    assert run.run_tests(place, [], {}) == 1
    assert "mypy" in capsys.readouterr().err


@pytest.mark.parametrize("required", ["1", "0", ""])
def test_a_missing_browser_is_loud(
    run: ModuleType, place: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], required: str
) -> None:
    """Without Chromium the run says which tests are skipped, and fails where REQUIRE_BROWSER is set."""
    Verdicts(run, monkeypatch, [], "")
    assert run.run_tests(place, [], {"REQUIRE_BROWSER": required}) == (required == "1")
    assert "SKIPPED" in capsys.readouterr().err


def test_arguments_go_to_pytest_alone(run: ModuleType, place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """`test -- ARGS` is a quick way to one test: no other check runs."""
    verdicts = Verdicts(run, monkeypatch, ["mypy"], "")
    assert run.run_tests(place, ["-k", "one"], {}) == 0
    assert verdicts.commands == [[str(place.python), "-m", "pytest", "-k", "one"]]


def test_only_the_standard_library_and_readable_by_old_pythons() -> None:
    """run.py imports nothing that has to be installed, and parses on Python 3.7, which then says it is too old."""
    tree = ast.parse((ROOT / "run.py").read_text("utf-8"), feature_version=(3, 7))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    }
    assert imported <= set(sys.stdlib_module_names)


def test_ci_runs_what_a_user_runs() -> None:
    """The continuous integration runs `run.py test` with the browser required, and nothing else."""
    script = ROOT / ".ci" / "run"
    lines = script.read_text("utf-8").splitlines()
    assert lines[0].startswith("#!")
    assert [line for line in lines if line and not line.startswith("#")] == [
        "REQUIRE_BROWSER=1 exec python3 run.py test"
    ]
    assert os.access(script, os.X_OK)
