"""The walls of the box: what a confined process tries is refused, by each layer alone where it can be tried alone."""

import os
import resource
import struct
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from forestall.media import Box
from forestall.media.sandbox import confine, kernel, landlock, limits, privileges, seccomp
from forestall.model.settings import Settings
from tests.media.samples import opened
from tests.media.test_box import workers

MIB = 1024 * 1024

ATTEMPTS = {
    "a socket": "socket.socket()",
    "a local socket": "socket.socket(socket.AF_UNIX)",
    "a fork": "os.fork()",
    "a program": "os.execv('/bin/true', ['/bin/true'])",
    "a program beside": "subprocess.Popen(['/bin/true'])",
    "reading a file": "open('/etc/passwd')",
    "reading itself": "open('/proc/self/maps')",
    "listing a folder": "os.listdir('/')",
    "looking at a file": "os.stat('/etc/passwd')",
    "writing a file": "open(target, 'w')",
    "making a folder": "os.mkdir(target)",
    "a link": "os.symlink('/', target)",
    "removing a file": "os.unlink(__file__)",
    "changing rights": "os.chmod(__file__, 0o777)",
    "mounting": "check(libc.mount(b'none', b'/mnt', b'tmpfs', 0, None))",
    "debugging": "check(libc.ptrace(16, parent, None, None))",
    "another's memory": "check(libc.process_vm_readv(parent, None, 0, None, 0, 0))",
    "a signal": "os.kill(parent, 0)",
    "another's limits": "check(libc.prlimit(parent, 7, None, limit))",
    "root's rights": "os.setuid(0)",
    "new code": "mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC)",
    "turning data into code": "check(libc.mprotect(ctypes.c_void_p(page), 4096, 5))",
    "a kernel ring": "check(libc.syscall(425, 1, None))",
    "a kernel program": "check(libc.syscall(321 if machine == 'x86_64' else 280, 0, None, 0))",
    "a secret file": "check(libc.memfd_create(b'x', 0))",
    "a new namespace": "check(libc.unshare(0x10000000))",
}

CHILD = """
import ctypes, mmap, os, platform, socket, subprocess, sys
from forestall.media.sandbox import confine, landlock, limits, privileges, seccomp
target, parent, machine = sys.argv[1], os.getppid(), platform.machine()
libc = ctypes.CDLL(None, use_errno=True)
limit = ctypes.create_string_buffer(16)
memory = mmap.mmap(-1, 4096)
page = ctypes.addressof(ctypes.c_char.from_buffer(memory))
def check(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
print({layers})
for name, attempt in {attempts}.items():
    try:
        eval(attempt)
    except OSError:
        continue
    print("ALLOWED", name)
"""

needs_seccomp = pytest.mark.skipif(
    kernel.machine() not in seccomp.ARCHITECTURES, reason="NO TABLE of system calls for this machine"
)


def tried(tmp_path: Path, layers: str, attempts: dict[str, str]) -> list[str]:
    """Run a child that confines itself as said and tries things; gives the lines it printed."""
    script = tmp_path / "child.py"
    script.write_text(textwrap.dedent(CHILD).format(layers=layers, attempts=attempts))
    result = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "target")], capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == 0, result.stderr
    assert not (tmp_path / "target").exists()
    return result.stdout.splitlines()


@needs_seccomp
def test_a_boxed_process_can_do_nothing_outside(tmp_path: Path) -> None:
    """Sockets, processes, programs, files, mounts, debugging, signals, kernel rings and new code are all refused."""
    said, *allowed = tried(tmp_path, "confine.confine(1 << 30)", ATTEMPTS)
    assert "'seccomp': 'on'" in said
    assert allowed == []


@needs_seccomp
def test_the_filter_alone_refuses_everything(tmp_path: Path) -> None:
    """Without any other layer, the filter on system calls refuses all of it."""
    assert tried(tmp_path, "privileges.drop(), seccomp.apply()", ATTEMPTS)[1:] == []


def test_landlock_alone_closes_the_file_system(tmp_path: Path) -> None:
    """Without any other layer, Landlock refuses to read, list, write or run files."""
    names = (
        "reading a file",
        "listing a folder",
        "writing a file",
        "making a folder",
        "a link",
        "removing a file",
        "a program",
    )
    said, *allowed = tried(tmp_path, "privileges.drop(), landlock.apply()", {name: ATTEMPTS[name] for name in names})
    if "off: " in said:
        pytest.skip(f"NO LANDLOCK on this kernel: {said}")
    assert allowed == []


def test_limits_alone_refuse_files_and_memory(tmp_path: Path) -> None:
    """Without any other layer, the limits refuse new files and more memory than allowed."""
    attempts = {"reading": ATTEMPTS["reading a file"], "memory": "mmap.mmap(-1, 1 << 30)"}
    assert tried(tmp_path, "limits.apply(limits.address_space() + (1 << 28))", attempts) == ["on"]


def test_threads_of_its_own_are_allowed(tmp_path: Path) -> None:
    """The WebP decoder may start a thread: a thread is no way out."""
    script = "confine.confine(1 << 30), __import__('threading').Thread(target=print, args=('ran',)).start()"
    assert "ran" in " ".join(tried(tmp_path, script, {}))


def test_a_worker_has_the_limits_it_should() -> None:
    """The kernel's own account of a worker: bounded memory, no files, no core dump, a filter, no new privileges."""
    box = Box(Settings(box_workers=1))
    before = set(workers())
    opened(box, b"text")
    (pid,) = set(workers()) - before
    lines = {line[:25].strip(): line[25:].split() for line in Path(f"/proc/{pid}/limits").read_text().splitlines()}
    status = dict(
        line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line
    )
    box.close()
    assert 1536 * MIB <= int(lines["Max address space"][0]) <= 2048 * MIB
    assert lines["Max core file size"][:2] == ["0", "0"]
    assert lines["Max file size"][:2] == ["0", "0"]
    assert int(lines["Max open files"][1]) == 3
    assert int(lines["Max cpu time"][0]) <= 30
    assert status["NoNewPrivs"].strip() == "1"
    assert int(status["CapEff"], 16) == 0
    if kernel.machine() in seccomp.ARCHITECTURES:
        assert status["Seccomp"].strip() == "2"


ALLOW, KILL, NOT_IMPLEMENTED = 0x7FFF0000, 0x80000000, 0x00050026


def judged(program: bytes, audit: int, number: int, *arguments: int) -> int:
    """Run a filter as the kernel would on one system call, and give its answer."""
    call = struct.pack("=IIQ6Q", number, audit, 0, *arguments, *[0] * (6 - len(arguments)))
    lines = list(struct.iter_unpack("=HBBI", program))
    at, value = 0, 0
    while True:
        code, yes, no, operand = lines[at]
        at += 1
        match code:
            case 0x20:
                value = struct.unpack_from("=I", call, operand)[0]
            case 0x54:
                value &= operand
            case 0x15:
                at += yes if value == operand else no
            case 0x45:
                at += yes if value & operand else no
            case 0x06:
                return int(operand)


@pytest.mark.parametrize("name", seccomp.ARCHITECTURES)
def test_the_filter_allows_its_list_and_nothing_else(name: str) -> None:
    """Run as the kernel runs it, the filter of each architecture allows the listed calls and no other of the first 1,000."""
    architecture = seccomp.ARCHITECTURES[name]
    program = seccomp.program(architecture)
    listed = [numbers[architecture.column] for numbers in seccomp.ALLOWED.values()]
    judged_by_arguments = {numbers[architecture.column] for numbers in seccomp.JUDGED.values()}
    assert len({*listed, *judged_by_arguments}) == len(seccomp.ALLOWED) + len(seccomp.JUDGED)
    for number in range(1000):
        if number not in judged_by_arguments:
            expected = ALLOW if number in listed else NOT_IMPLEMENTED
            assert judged(program, architecture.audit, number) == expected, number
    assert judged(program, architecture.audit, 0x40000000 | listed[0]) == NOT_IMPLEMENTED
    assert judged(program, 0x40000003, listed[0]) == KILL


@pytest.mark.parametrize("name", seccomp.ARCHITECTURES)
def test_some_calls_are_judged_by_what_they_ask(name: str) -> None:
    """Memory may not become executable, only threads may be made, and only own limits changed."""
    architecture = seccomp.ARCHITECTURES[name]
    program = seccomp.program(architecture)
    thread, process, namespace = 0x3D0F00, 0x01200011, 0x10000000 | 17

    def answer(call: str, *arguments: int) -> int:
        return judged(program, architecture.audit, seccomp.JUDGED[call][architecture.column], *arguments)

    assert {call: answer(call, 0, 4096, 3) for call in ("mmap", "mprotect")} == {"mmap": ALLOW, "mprotect": ALLOW}
    assert {answer(call, 0, 4096, rights) for call in ("mmap", "mprotect") for rights in (4, 5, 7)} == {NOT_IMPLEMENTED}
    assert [answer("clone", flags) for flags in (thread, process, namespace)] == [
        ALLOW,
        NOT_IMPLEMENTED,
        NOT_IMPLEMENTED,
    ]
    assert [answer("prlimit64", pid) for pid in (0, 1)] == [ALLOW, NOT_IMPLEMENTED]


def test_a_landlock_ruleset_fits_its_kernel() -> None:
    """The ruleset has the length and the rights of each ABI, so that no kernel refuses it."""
    assert {abi: len(landlock.ruleset(abi)) for abi in (1, 2, 3, 4, 5, 6, 9)} == {
        1: 8,
        2: 8,
        3: 8,
        4: 16,
        5: 16,
        6: 24,
        9: 24,
    }
    rights = {abi: struct.unpack_from("=Q", landlock.ruleset(abi))[0] for abi in (1, 2, 3, 5)}
    assert rights == {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 5: 0xFFFF}


class OldKernel:
    """Answers every call as a kernel does that has never heard of it."""

    def __getattr__(self, name: str) -> object:
        return lambda *_: -1


def test_an_old_kernel_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the kernel lacks a layer, it is said to be off and why; nothing raises."""

    def refuse(*_: object) -> None:
        raise OSError("not here")

    monkeypatch.setattr(kernel, "library", OldKernel)
    monkeypatch.setattr(resource, "setrlimit", refuse)
    layers = (landlock.apply(), seccomp.apply(), privileges.leave_network(), privileges.drop())
    for said in (*layers, limits.apply(1 << 30), limits.forbid_processes()):
        assert said.startswith("off: ")


def test_another_system_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no Linux, every layer of Linux's is said to be off."""
    monkeypatch.setattr(kernel, "is_linux", lambda: False)
    for said in (landlock.apply(), seccomp.apply(), privileges.leave_network(), privileges.drop()):
        assert said.startswith("off: ")


def test_a_trial_outside_the_box_says_so() -> None:
    """In a process without walls, the trial reports what was allowed, and does no harm."""
    said = confine.probe()
    assert said["refuses sockets"].startswith("off: ")
    assert said["refuses reading files"].startswith("off: ")
    assert os.getppid()
