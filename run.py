#!/usr/bin/env python3
"""Set up Forestall in this folder and run it. Needs Python 3.11 or newer and nothing else.

  python3 run.py up --demo     screen the example platform, then serve API and console on this machine
  python3 run.py up            serve API and console on your own data (folder forestall-data)
  python3 run.py test          every check and every test; `test -- ARGS` runs pytest alone with ARGS
  python3 run.py full          install what not everybody may want: films and sound (PyAV, whose codecs are GPL), Parquet, learning
  python3 run.py COMMAND ...   any other forestall command, such as `screen`, `explain` or `doctor`

The first start downloads the packages named in requirements/ by version and SHA-256 into .venv, which takes
about a minute. After that a start touches no network. Nothing outside this folder is changed, except that
`test` run as root on Debian installs the package chromium where it is missing. Behind a mirror, set
PIP_INDEX_URL and UV_DEFAULT_INDEX. To start over, delete .venv and .tools.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

# Kept readable to Python 3.7, so that an old Python says "too old" instead of showing a syntax error.
OLDEST = (3, 11)
SETS = ("default", "full", "dev")
"""The sets of packages, each containing the one before it."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SOURCES = ("src", "tests", "benchmarks", "docs", "examples", "run.py")
"""Where code lives that is linted."""
OFFLINE_SIGNS = (
    "no matching distribution",
    "could not find a version",
    "failed to fetch",
    "error sending request",
    "dns error",
    "name resolution",
    "connection",
    "timed out",
    "proxy",
    "network is unreachable",
)


class Stop(Exception):
    """Set-up cannot go on.

    Takes:
        what: the thing and what happened to it.
        next_step: what the reader can do now.
    """

    def __init__(self, what: str, next_step: str) -> None:
        super().__init__(what)
        self.what = what
        self.next_step = next_step


class Place:
    """Where everything lives: the project folder, its `.venv`, and `.tools` with the installer and the lock file."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.venv = root / ".venv"
        self.python = self.venv / "bin" / "python"
        self.stamp = self.venv / "forestall.stamp"
        self.unfinished = self.venv / "forestall.unfinished"
        self.tools = root / ".tools"

    def lock(self, name: str) -> Path:
        """Give the requirements file of a set."""
        return self.root / "requirements" / (name + ".lock")

    def digest(self, set_name: str) -> str:
        """Name what an installed set depends on: its locks, the project file, this folder and the Python behind `.venv`."""
        sha = hashlib.sha256()
        for path in (self.lock(set_name), self.lock("uv"), self.root / "pyproject.toml"):
            sha.update(path.read_bytes())
        for text in (str(self.root), os.path.realpath(str(self.python))):
            sha.update(b"\0" + os.fsencode(text))
        return set_name + " " + sha.hexdigest()

    def is_ready(self, set_name: str) -> bool:
        """Say whether `.venv` holds this set, or a larger one, exactly as the locks say."""
        try:
            stamped = self.stamp.read_text("ascii").strip()
            if not self.python.exists():
                return False
            return any(stamped == self.digest(name) for name in SETS[SETS.index(set_name) :])
        except (OSError, UnicodeDecodeError):
            return False

    def stamped(self) -> str:
        """Name the set that was installed last, under whatever locks; the smallest where there is none."""
        try:
            name = self.stamp.read_text("ascii").partition(" ")[0]
        except (OSError, UnicodeDecodeError):
            return SETS[0]
        return name if name in SETS else SETS[0]


def say(text: str) -> None:
    """Tell the person something, on standard error so that output can be piped."""
    print(text, file=sys.stderr, flush=True)


def clean_environment(place: Place, environment: Mapping[str, str]) -> dict[str, str]:
    """Give the environment for the installers: index settings stay, whatever would redirect the installation goes."""
    away = (
        "PYTHONPATH",
        "PYTHONHOME",
        "VIRTUAL_ENV",
        "CONDA_PREFIX",
        "PIP_TARGET",
        "PIP_PREFIX",
        "PIP_ROOT",
        "PIP_PYTHON",
    )
    env = {name: value for name, value in environment.items() if name not in away}
    # Set to 0 rather than removed: a pip configuration file may say otherwise, and the environment wins over it.
    env.update(PIP_USER="0", PIP_REQUIRE_VIRTUALENV="0", PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1")
    env.update(UV_PYTHON_DOWNLOADS="never", UV_NO_PROGRESS="1")
    for name, default in (("UV_CACHE_DIR", "uv"), ("PIP_CACHE_DIR", "pip")):
        home = Path(env.get("XDG_CACHE_HOME") or Path(env.get("HOME") or "/nonexistent") / ".cache")
        if name not in env and not can_write(home / default):
            env[name] = str(place.tools / "cache" / default)  # such as for the user `nobody`
    return env


def can_write(path: Path) -> bool:
    """Say whether this path, or where it does not exist the nearest folder above it, can be written."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path.is_dir() and os.access(str(path), os.W_OK)


def run_step(what: str, command: Sequence[str], env: Mapping[str, str], cwd: Path) -> None:
    """Run one step of the set-up quietly and say how long it took; raises Stop with the end of its output."""
    started = time.monotonic()
    print("  " + what + " …", end=" ", file=sys.stderr, flush=True)
    done = subprocess.run(
        [str(part) for part in command],
        env=dict(env),
        cwd=str(cwd),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode != 0:
        say("failed")
        raise Stop(what + " failed", advice(done.stdout.decode("utf-8", "replace")))
    say(f"{time.monotonic() - started:.1f} s")


def advice(output: str) -> str:
    """Turn an installer's output into what went wrong and what to do, with its last lines as evidence."""
    low = output.lower()
    if "hash" in low and ("mismatch" in low or "do not match" in low):
        head = "A download does not match its pinned SHA-256. Do not go on; report it (SECURITY.md)."
    elif "no space left" in low:
        head = "The disk is full. Make room (about 1 GB) and run the same command again."
    elif any(sign in low for sign in OFFLINE_SIGNS):
        head = (
            "The packages could not be downloaded. Check the network, or set PIP_INDEX_URL and UV_DEFAULT_INDEX to a "
            "mirror, and run the same command again."
        )
    else:
        head = "Run the same command again; if it stays, report it with these lines."
    tail = [line for line in output.splitlines() if line.strip()][-12:]
    return "\n".join([head] + ["    | " + line for line in tail])


@contextmanager
def alone(place: Place) -> Iterator[None]:
    """Hold the set-up lock of this folder, waiting where another run holds it; raises Stop where the folder is read-only."""
    import fcntl  # absent on Windows, which `main` turns away first  # noqa: PLC0415

    try:
        place.tools.mkdir(exist_ok=True)
        handle = (place.tools / "setup.lock").open("w")
    except OSError as error:
        raise Stop(
            f"the folder {place.root} cannot be written ({error.strerror})",
            "Copy it to a folder you own, or run the same command as the user it belongs to.",
        ) from None
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("  another run.py is setting up this folder; waiting for it …")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def set_up(place: Place, set_name: str) -> None:
    """Make `.venv` hold a set of packages and this project; at once where it already does. Raises Stop."""
    if place.is_ready(set_name):
        return
    with alone(place):
        if place.is_ready(set_name):
            return
        if set_name == "default" and place.stamped() != "default":
            set_name = "full"  # when the locks change, what could be opened before still can
        started = time.monotonic()
        say(f"Setting up Forestall in {place.venv} (first start, or the locks changed)")
        env = clean_environment(place, os.environ)
        try:
            install(place, set_name, env)
        except OSError as error:
            raise Stop(
                f"{error.filename or place.venv}: {error.strerror}", "Check owner and free space of that folder."
            ) from None
        say(f"Ready in {time.monotonic() - started:.1f} s")


def install(place: Place, set_name: str, env: Mapping[str, str]) -> None:
    """Install a set with uv, or with venv and pip where uv cannot be had; the stamp comes last, so a broken run is redone."""
    if place.stamp.exists():
        place.stamp.unlink()
    if place.unfinished.exists() or not is_usable(place):
        shutil.rmtree(str(place.venv), ignore_errors=True)
    uv = find_uv(place, env)
    fresh = not place.python.exists()
    if fresh and uv:
        run_step("making .venv", [uv, "venv", "--python", base_python(), str(place.venv)], env, place.root)
    elif fresh:
        make_venv_without_uv(place, env)
    place.unfinished.touch()
    lock = str(place.lock(set_name))
    count = sum(1 for line in place.lock(set_name).read_text("utf-8").splitlines() if line[:1].isalnum())
    installer = [uv, "pip", "sync", "--python", str(place.python)] if uv else [*pip_of(place, env), "install", "-r"]
    wheels = ["--no-build", "--compile-bytecode"] if uv else ["--only-binary", ":all:"]
    run_step(f"installing up to {count} packages", [*installer, lock, "--require-hashes", *wheels], env, place.root)
    # The build backend came with the lock, so this downloads nothing; it must be found on PATH.
    env = dict(env, PATH=str(place.venv / "bin") + os.pathsep + env.get("PATH", os.defpath))
    installer = [uv, "pip", "install", "--python", str(place.python)] if uv else [*pip_of(place, env), "install"]
    run_step("installing forestall", [*installer, "--no-deps", "--no-build-isolation", "-e", "."], env, place.root)
    compile_own_code(place, env)
    fresh_stamp = place.stamp.with_suffix(".new")
    fresh_stamp.write_text(place.digest(set_name) + "\n", "ascii")
    os.replace(str(fresh_stamp), str(place.stamp))
    place.unfinished.unlink()


def compile_own_code(place: Place, env: Mapping[str, str]) -> None:
    """Write bytecode for `src`, also where the environment tells Python not to; failing is no harm, only slower."""
    command = [str(place.python), "-m", "compileall", "-q", "-j", "0", str(place.root / "src")]
    subprocess.run(command, env=dict(env), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def is_usable(place: Place) -> bool:
    """Say whether a `.venv` that was found has a Python that starts and is new enough."""
    question = f"import sys; sys.exit(sys.version_info < {OLDEST})"
    try:
        return (
            subprocess.run([str(place.python), "-I", "-c", question], stderr=subprocess.DEVNULL, check=False).returncode
            == 0
        )
    except OSError:
        return False


def base_python() -> str:
    """Give the full path of the Python outside any virtual environment."""
    return getattr(sys, "_base_executable", "") or sys.executable


def find_uv(place: Place, env: Mapping[str, str]) -> str:
    """Give the path of uv: pinned, from this Python's pip; else one on PATH; else an empty string."""
    lock = place.lock("uv")
    home = place.tools / ("uv-" + hashlib.sha256(lock.read_bytes()).hexdigest()[:16])
    uv = home / "bin" / "uv"
    if not uv.exists():
        partial = place.tools / "uv.partial"
        shutil.rmtree(str(partial), ignore_errors=True)
        # `--target` is allowed where PEP 668 forbids installing (Debian), and needs no rights beyond this folder.
        command = [
            base_python(),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--target",
            str(partial),
            "--require-hashes",
        ]
        try:
            run_step(
                "fetching the installer (uv)", [*command, "--only-binary", ":all:", "-r", str(lock)], env, place.root
            )
            shutil.rmtree(str(home), ignore_errors=True)
            os.replace(str(partial), str(home))
        except Stop as stop:
            other = shutil.which("uv", path=env.get("PATH"))
            say("  uv could not be fetched; " + ("using " + other if other else "going on with venv and pip"))
            say("    | " + stop.next_step.splitlines()[-1].lstrip(" |"))
            return other or ""
    return str(uv)


def make_venv_without_uv(place: Place, env: Mapping[str, str]) -> None:
    """Make `.venv` with the standard library: with its own pip where it can, else without one, to be filled from outside."""
    command = [base_python(), "-m", "venv"]
    try:
        run_step("making .venv (with venv)", [*command, str(place.venv)], env, place.root)
    except Stop:
        run_step("making .venv (without pip)", [*command, "--clear", "--without-pip", str(place.venv)], env, place.root)


def pip_of(place: Place, env: Mapping[str, str]) -> list[str]:
    """Give the command of a pip that installs into `.venv`: its own, else this Python's; raises Stop where there is none."""
    for command in ([str(place.python), "-m", "pip"], [base_python(), "-m", "pip", "--python", str(place.python)]):
        if subprocess.run([*command, "--version"], env=dict(env), capture_output=True, check=False).returncode == 0:
            return command
    raise Stop(
        "this Python has neither pip nor ensurepip, and uv is not on PATH",
        "Install one of them (Debian: apt install python3-pip) and run the same command again.",
    )


def find_browser(environment: Mapping[str, str]) -> str:
    """Give the path of Chromium, or an empty string."""
    return next((path for path in (shutil.which(name, path=environment.get("PATH")) for name in BROWSERS) if path), "")


def provide_browser(environment: Mapping[str, str]) -> str:
    """Find Chromium, installing Debian's where it is missing and this is root; gives its path or an empty string."""
    found = find_browser(environment)
    if found or os.geteuid() != 0 or not shutil.which("apt-get", path=environment.get("PATH")):
        return found
    env = dict(environment, DEBIAN_FRONTEND="noninteractive")
    try:
        run_step("apt-get update", ["apt-get", "update"], env, Path("/"))
        run_step(
            "installing chromium", ["apt-get", "install", "-y", "--no-install-recommends", "chromium"], env, Path("/")
        )
    except Stop as stop:
        say(f"{stop.what}. {stop.next_step}")
    return find_browser(environment)


def check_everything(place: Place) -> list[str]:
    """Run linters, types and import contracts side by side, print each verdict, and give the names of those that failed."""
    tools = place.venv / "bin"
    # Named one by one: without a git repository around it, ruff would look into .tools too.
    sources = [name for name in SOURCES if (place.root / name).exists()]
    checks: dict[str, list[Path | str]] = {
        "ruff check": [tools / "ruff", "check", *sources],
        "ruff format": [tools / "ruff", "format", "--check", *sources],
        "lint-imports": [tools / "lint-imports"],
        "mypy": [tools / "mypy"],
    }
    running = {}
    for name, command in checks.items():
        running[name] = subprocess.Popen(
            [str(part) for part in command], cwd=str(place.root), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    failed = []
    for name, process in running.items():
        output = process.communicate()[0].decode("utf-8", "replace")
        print(f"{name:<14}{'ok' if process.returncode == 0 else 'FAILED'}", flush=True)
        if process.returncode != 0:
            failed.append(name)
            print("    " + output.strip().replace("\n", "\n    "), flush=True)
    return failed


def run_tests(place: Place, arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Check and test everything, or with arguments run pytest alone with them; gives the exit status, 0 where all is well."""
    pytest = [str(place.python), "-m", "pytest"]
    if arguments:
        return subprocess.run([*pytest, *arguments], cwd=str(place.root), check=False).returncode
    failed = []
    if not provide_browser(environment):
        say("=" * 100)
        say("NO CHROMIUM: every test marked `browser` is SKIPPED, so the console in a real browser stays unproven.")
        say("Install it (Debian: sudo apt install chromium) and run the same command again.")
        say("=" * 100)
        if environment.get("REQUIRE_BROWSER", "") not in ("", "0"):
            failed.append("chromium (REQUIRE_BROWSER is set)")
    failed += check_everything(place)
    many = ["-n", "auto", "--dist", "worksteal"] if (os.cpu_count() or 1) > 1 else []
    status = subprocess.run([*pytest, *many], cwd=str(place.root), check=False).returncode
    if failed:
        say("FAILED besides pytest (details above): " + ", ".join(failed))
    return status or (1 if failed else 0)


def main(arguments: list[str]) -> int:
    """Set up what the command needs and run it; gives the exit status where the command does not replace this process."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(__doc__)
        return 0 if arguments else 2
    place = Place(Path(__file__).resolve().parent)
    try:
        if os.name != "posix":
            raise Stop("Forestall runs on Linux and macOS", "On Windows, run it inside WSL.")
        if sys.version_info < OLDEST:
            version = ".".join(str(part) for part in sys.version_info[:3])
            raise Stop(f"this is Python {version}, Forestall needs 3.11 or newer", "Try `python3.11 run.py` or newer.")
        testing = arguments[0] == "test"
        set_up(place, {"test": "dev", "full": "full"}.get(arguments[0], "default"))
    except Stop as stop:
        say(f"run.py: {stop.what}\n  {stop.next_step}")
        return 1
    except KeyboardInterrupt:
        say("\nrun.py: interrupted; run the same command again to go on")
        return 130
    if arguments[0] == "full":
        say("Everything is installed: films, sound and Parquet can be read.")
        return 0
    if testing:
        try:
            rest = arguments[2:] if arguments[1:2] == ["--"] else arguments[1:]
            return run_tests(place, rest, os.environ)
        except KeyboardInterrupt:
            return 130
    # The full path matters: Python finds its virtual environment through argv[0]. -P keeps this folder off the import path.
    command = [str(place.python), "-P", "-m", "forestall.doors.cli", *arguments]
    return os.execv(command[0], command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
