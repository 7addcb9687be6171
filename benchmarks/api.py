"""How fast the API answers: one server process on loopback with SQLite, and clients that send posts one by one and in batches.

    python benchmarks/api.py [--requests 6000] [--clients 64] [--batches 20] [--batch 500]

Prints requests and posts per second, p50 and p99, the processor time the server used per post, and its memory: for single posts at
several numbers of clients, for batches, and for batches sent again. Everything is bounded by counts; the data folder is
temporary. The clients take processor time too: on a machine with few processors the server alone would do better.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.posts import posts

SERVER = """
import resource, sys
from forestall.assembly import build
from forestall.doors.server import serve
from forestall.model import ids
from forestall.model.settings import Settings
from forestall.review import keys

with build(Settings(data=sys.argv[1])) as house:
    _, secret = keys.create(house.store, "benchmark", ["screen"], ids.now, ids.new_id)
    serve(house, "127.0.0.1", 0, lambda address: print(address, secret, flush=True))
usage = resource.getrusage(resource.RUSAGE_SELF)
print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, flush=True)
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the server answers, the key it takes, and its process."""

    host: str
    port: int
    secret: str
    process: int

    def busy(self) -> float:
        """Give the seconds of processor time the server has used (Linux)."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """Give the memory the server holds, in MiB (Linux)."""
        pages = int(Path(f"/proc/{self.process}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def ask(place: Place, bodies: Sequence[bytes], times: list[float]) -> None:
    """Send bodies one after the other over one connection and note how long each answer took."""
    reader, writer = await asyncio.open_connection(place.host, place.port)
    head = f"POST /v1/screen HTTP/1.1\r\nHost: {place.host}\r\nAuthorization: Bearer {place.secret}\r\n"
    for body in bodies:
        started = time.perf_counter()
        writer.write(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        status = await reader.readline()
        length = 0
        while (line := await reader.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        answer = await reader.readexactly(length)
        times.append(time.perf_counter() - started)
        if b" 200 " not in status:
            raise SystemExit(f"the server answered {status!r}: {answer[:300]!r}")
    writer.close()
    await writer.wait_closed()


async def run(place: Place, bodies: Sequence[bytes], clients: int) -> tuple[float, list[float]]:
    """Share bodies among clients; give the seconds it took and the time of each answer."""
    times: list[float] = []
    started = time.perf_counter()
    await asyncio.gather(*(ask(place, bodies[n::clients], times) for n in range(clients)))
    return time.perf_counter() - started, sorted(times)


def tell(name: str, place: Place, bodies: Sequence[bytes], clients: int, count: int) -> None:
    """Send bodies that hold `count` posts and print one line of the table."""
    before = place.busy()
    seconds, times = asyncio.run(run(place, bodies, clients))
    p50, p99 = (times[min(len(times) - 1, int(len(times) * part))] * 1_000 for part in (0.5, 0.99))
    busy = (place.busy() - before) / count * 1e6
    rates = f"{len(times) / seconds:>10,.0f} {count / seconds:>9,.0f} {p50:>9.1f} {p99:>9.1f}"
    print(f"{name:<28} {rates} {busy:>9,.0f} {place.memory():>7,.0f}", flush=True)


def measure(place: Place, options: argparse.Namespace) -> None:
    """Warm up, then print the table."""
    fresh = posts(10**9)
    asyncio.run(run(place, [json.dumps(next(fresh)).encode() for _ in range(500)], 8))
    print(f"{'':<28} {'requests/s':>10} {'posts/s':>9} {'p50 ms':>9} {'p99 ms':>9} {'µs/post':>9} {'MiB':>7}")
    for clients in sorted({1, 16, options.clients, 1_000}):
        count = max(options.requests if clients > 1 else options.requests // 4, clients)
        single = [json.dumps(next(fresh)).encode() for _ in range(count)]
        tell(f"single posts, {clients} clients", place, single, clients, count)
    count = options.batch * options.batches
    for clients in (1, 4):
        batches = [
            json.dumps({"items": [next(fresh) for _ in range(options.batch)]}).encode() for _ in range(options.batches)
        ]
        tell(f"batches of {options.batch}, {clients} clients", place, batches, clients, count)
    tell("the same batches again", place, batches, 4, count)


def main() -> None:
    """Start the server, measure, stop it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, count in (("requests", 6_000), ("clients", 64), ("batches", 20), ("batch", 500)):
        parser.add_argument(f"--{name}", type=int, default=count)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("w+") as log:
        command = [sys.executable, "-c", SERVER, str(Path(folder) / "data")]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert server.stdout is not None
        try:
            address, _, secret = server.stdout.readline().strip().partition(" ")
            if not address:
                raise SystemExit(f"the server did not start:\n{(Path(folder) / 'log').read_text()}")
            where = urlsplit(address)
            measure(Place(where.hostname or "", where.port or 0, secret, server.pid), options)
        finally:
            server.terminate()
            usage = server.stdout.read().split()
            server.wait()
    if usage:
        print(f"server: {float(usage[0]):.1f} s of processor time, {float(usage[1]):,.0f} MiB at most")


if __name__ == "__main__":
    main()
