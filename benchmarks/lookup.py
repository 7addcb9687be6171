"""How fast the server looks signals up: one process on loopback with SQLite, clients in a closed loop, processor time from /proc.

    python benchmarks/lookup.py [--hashes 100000] [--requests 3000]     single and batch lookups, ours and under HMA's addresses
    python benchmarks/lookup.py freshness [--rounds 20]                 how long an added hash takes to match, in two processes
    python benchmarks/lookup.py import [--rows 1000000] [--apart]         how lookups fare while a list is imported

Half of the values looked up are banked hashes with up to 31 bits changed, half are random; every answer is checked. Processor time is
that of the server and its box workers together. Everything is bounded by counts, the data folder is temporary.
"""

import argparse
import asyncio
import contextlib
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))

AFTER_SECONDS = 30.0
FILL = """
import sys
from forestall.assembly import build
from forestall.model.bank import Entry, Opinion
from forestall.model import ids
from forestall.model.settings import Settings
from forestall.review import keys

with build(Settings(data=sys.argv[1])) as house:
    _, secret = keys.create(house.store, "benchmark", list(keys.SCOPES), ids.now, ids.new_id)
    bank = house.banker.create("BENCH", "cli")
    house.banker.create("FRESH", "cli")
    said = Opinion("benchmark", label="made up")
    with open(sys.argv[2]) as lines:
        house.banker.add(bank, (Entry("pdq", line.strip(), said) for line in lines), "cli")
    print(secret, flush=True)
"""
IMPORT = """
import sys
from forestall.assembly import build
from forestall.model.settings import Settings

with build(Settings(data=sys.argv[1])) as house, open(sys.argv[2], "rb") as rows:
    bank = house.banker.find("FRESH")
    print(house.banker.add(bank, house.files.read("csv", "rows.csv", rows), "cli").added, flush=True)
"""
SERVE = """
import sys
from forestall.assembly import build
from forestall.doors.server import serve
from forestall.model.settings import Settings

with build(Settings(data=sys.argv[1], hma=True)) as house:
    serve(house, "127.0.0.1", 0, lambda address: print(address, flush=True))
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server answers, the key it takes, and its process."""

    host: str
    port: int
    secret: str
    process: int

    def busy(self) -> float:
        """Give the seconds of processor time that the server and its children have used (Linux)."""
        return sum(_busy(process) for process in (self.process, *_children(self.process)))

    def memory(self) -> float:
        """Give the memory the server holds, in MiB (Linux)."""
        pages = int(Path(f"/proc/{self.process}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, and how its answer is checked: a text that it must hold, or must not where `hit` is false."""

    head: str
    body: bytes
    told: bytes
    hit: bool


def _busy(process: int) -> float:
    """Give the processor time of one process."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _children(process: int) -> list[int]:
    """Give the processes that a process started and that run."""
    found = []
    for path in Path(f"/proc/{process}/task").glob("*/children"):
        found += [int(number) for number in path.read_text().split()]
    return [number for child in found for number in (child, *_children(child))]


def near(value: str, bits: int, chance: random.Random) -> str:
    """Change so many bits of a hash."""
    flipped = int(value, 16)
    for place in chance.sample(range(256), bits):
        flipped ^= 1 << place
    return f"{flipped:064x}"


def values(banked: Sequence[str], count: int, chance: random.Random) -> list[tuple[str, bool]]:
    """Give values to look up, half of them near a banked one, and whether each is."""
    return [
        (near(chance.choice(banked), chance.randrange(32), chance), True)
        if n % 2
        else (f"{chance.getrandbits(256):064x}", False)
        for n in range(count)
    ]


def ours(asked: Sequence[tuple[str, bool]]) -> list[Ask]:
    """Give single lookups at our own address."""
    head = "POST /v1/lookup HTTP/1.1\r\nContent-Type: application/json\r\n"
    return [
        Ask(head, json.dumps({"type": "pdq", "values": [value]}).encode(), b'"bank":"BENCH"', hit)
        for value, hit in asked
    ]


def theirs(asked: Sequence[tuple[str, bool]], address: str) -> list[Ask]:
    """Give single lookups at an address of HMA's."""
    head = f"GET /hma/m/{address}?signal_type=pdq&signal={{}} HTTP/1.1\r\n"
    told = b"BENCH" if address == "lookup" else b'"matches":['
    return [Ask(head.format(value), b"", told, hit or address != "lookup") for value, hit in asked]


def batches(asked: Sequence[tuple[str, bool]], size: int) -> list[Ask]:
    """Give batch lookups."""
    head = "POST /v1/lookup HTTP/1.1\r\nContent-Type: application/json\r\n"
    groups = [asked[n : n + size] for n in range(0, len(asked), size)]
    return [
        Ask(
            head, json.dumps({"type": "pdq", "values": [value for value, _ in group]}).encode(), b'"bank":"BENCH"', True
        )
        for group in groups
    ]


def uploads(count: int, side: int) -> list[Ask]:
    """Give uploads of a noisy JPEG of so many pixels a side to HMA's lookup."""
    chance = random.Random(5)
    small = Image.frombytes("RGB", (32, 32), chance.randbytes(3 * 32 * 32))
    out = io.BytesIO()
    small.resize((side, side), Image.Resampling.BICUBIC).save(out, "JPEG", quality=88)
    part = b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    body = part + out.getvalue() + b"\r\n--b--\r\n"
    head = "POST /hma/m/lookup HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    return [Ask(head, body, b'"pdq"', True)] * count


async def client(place: Place, asks: Sequence[Ask], times: list[float], until: asyncio.Event | None = None) -> None:
    """Send requests one after the other over one connection, check each answer, and note how long it took."""
    reader, writer = await asyncio.open_connection(place.host, place.port)
    n = 0
    while n < len(asks) if until is None else not until.is_set():
        ask = asks[n % len(asks)]
        started = time.perf_counter()
        own = f"{ask.head}Host: {place.host}\r\nAuthorization: Bearer {place.secret}\r\nContent-Length: {len(ask.body)}\r\n\r\n"
        writer.write(own.encode() + ask.body)
        status = await reader.readline()
        length = 0
        while (line := await reader.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        answer = await reader.readexactly(length)
        times.append(time.perf_counter() - started)
        if b" 200 " not in status or (ask.told in answer) != ask.hit:
            raise SystemExit(f"the server answered {status!r}: {answer[:300]!r}, and {ask.told!r} was {ask.hit}")
        n += 1
    writer.close()
    await writer.wait_closed()


async def together(place: Place, asks: Sequence[Ask], clients: int) -> tuple[float, list[float]]:
    """Share requests among clients; give the seconds it took and the time of each answer."""
    times: list[float] = []
    started = time.perf_counter()
    await asyncio.gather(*(client(place, asks[n::clients], times) for n in range(clients)))
    return time.perf_counter() - started, sorted(times)


def tell(name: str, place: Place, asks: Sequence[Ask], clients: int, each: int = 1) -> None:
    """Send requests of `each` values and print one line of the table."""
    asyncio.run(together(place, asks[: min(len(asks), 50)], clients))
    before = place.busy()
    seconds, times = asyncio.run(together(place, asks, clients))
    busy = (place.busy() - before) / (len(times) * each) * 1_000
    p50, p99 = at(times, 0.5), at(times, 0.99)
    rates = f"{len(times) / seconds:>10,.0f} {len(times) * each / seconds:>10,.0f}"
    print(f"{name:<40} {rates} {p50:>8.2f} {p99:>8.2f} {busy:>9.4f} {place.memory():>6,.0f}", flush=True)


def at(times: Sequence[float], part: float) -> float:
    """Give a quantile of sorted times in milliseconds."""
    return times[min(len(times) - 1, int(len(times) * part))] * 1_000


def measure(folder: Path, options: argparse.Namespace) -> None:
    """Print the table of lookups."""
    chance = random.Random(1)
    banked = [f"{chance.getrandbits(256):064x}" for _ in range(options.hashes)]
    secret = filled(folder, banked)
    with served(folder, secret) as place:
        print(
            f"{options.hashes:,} PDQ hashes banked; processor time is of the server with its box, per value looked up"
        )
        names = f"{'requests/s':>10} {'values/s':>10} {'p50 ms':>8} {'p99 ms':>8} {'CPU ms':>9} {'MiB':>6}"
        print(f"{'':<40} {names}")
        asked = values(banked, options.requests, chance)
        health = [Ask("GET /healthz HTTP/1.1\r\n", b"", b"alive", True)] * options.requests
        tell("/healthz (floor of the server)", place, health, 1)
        for clients in (1, 4):
            tell(f"/v1/lookup, {clients} client(s)", place, ours(asked), clients)
            for address in ("raw_lookup", "lookup"):
                tell(f"/hma/m/{address}, {clients} client(s)", place, theirs(asked, address), clients)
        many = values(banked, 1_000 * options.batches, chance)
        tell("/v1/lookup, batches of 1,000", place, batches(many, 1_000), 1, 1_000)
        tell("POST /hma/m/lookup, JPEG of 512 x 512", place, uploads(options.requests // 20, 512), 1)


def freshness(folder: Path, options: argparse.Namespace) -> None:
    """Add hashes over one server and ask two for them until both know."""
    chance = random.Random(2)
    secret = filled(folder, [f"{chance.getrandbits(256):064x}" for _ in range(options.hashes)])
    with served(folder, secret) as first, served(folder, secret) as second:
        waits: dict[str, list[float]] = {"same process": [], "second process": []}
        for _ in range(options.rounds):
            value = f"{chance.getrandbits(256):064x}"
            entry = json.dumps({"entries": [{"type": "pdq", "value": value}]}).encode()
            asyncio.run(_added(first, entry))
            started = time.perf_counter()
            left = {"same process": first, "second process": second}
            while left and time.perf_counter() - started < 30:
                for name in [name for name, place in left.items() if asyncio.run(_known(place, value))]:
                    waits[name].append(time.perf_counter() - started)
                    del left[name]
            if left:
                raise SystemExit(f"the {min(left)} does not know a hash 30 s after it was added")
        print(f"from the answer to an added hash until a lookup finds it; {options.hashes:,} hashes banked; ms")
        for name, times in waits.items():
            print(f"{name:<16} p50 {at(sorted(times), 0.5):8.1f}   max {max(times) * 1_000:8.1f}", flush=True)


def importing(folder: Path, options: argparse.Namespace) -> None:
    """Compare lookups on an idle server with lookups while it imports a list."""
    chance = random.Random(3)
    banked = [f"{chance.getrandbits(256):064x}" for _ in range(options.hashes)]
    secret = filled(folder, banked)
    rows = folder / "rows.csv"
    with rows.open("w") as out:
        out.write("type,value,label\n")
        out.writelines(f"pdq,{chance.getrandbits(256):064x},made up\n" for _ in range(options.rows))
    with served(folder, secret) as place:
        asks = ours(values(banked, options.requests, chance))
        asyncio.run(together(place, asks[:200], 1))
        _, idle = asyncio.run(together(place, asks, 1))
        seconds, busy = asyncio.run(_while_importing(place, asks, rows, folder / "data" if options.apart else None))
        after = asyncio.run(_for_a_while(place, asks))  # what was screened before is searched for what came
    way = "by another process" if options.apart else "over the API"
    print(
        f"lookups by one client while {options.rows:,} rows are imported {way}; {options.hashes:,} hashes banked before; ms"
    )
    for name, times in (("idle", idle), ("importing", sorted(busy)), ("afterwards", after)):
        quantiles = "  ".join(f"p{part * 100:g} {at(times, part):8.2f}" for part in (0.5, 0.9, 0.99, 0.999))
        print(f"{name:<10} {len(times):>8,} lookups  {quantiles}  max {times[-1] * 1_000:8.1f}")
    ratio = at(sorted(busy), 0.99) / at(idle, 0.99)
    print(
        f"the import took {seconds:.1f} s ({options.rows / seconds:,.0f} rows/s); p99 is {ratio:.1f} times that of idle"
    )


async def _while_importing(
    place: Place, asks: Sequence[Ask], rows: Path, data: Path | None
) -> tuple[float, list[float]]:
    """Look up as long as an import runs, over the API or by another process on `data`; give its length and the time of each answer."""
    times: list[float] = []
    over = asyncio.Event()

    async def bring() -> float:
        started = time.perf_counter()
        if data is not None:
            command = ["nice", "-n", "10", sys.executable, "-c", IMPORT, str(data), str(rows)]
            await asyncio.to_thread(subprocess.run, command, check=True, stdout=subprocess.DEVNULL)
        else:
            body = await asyncio.to_thread(rows.read_bytes)
            head = f"POST /v1/banks/FRESH/import?{urlencode({'name': rows.name})} HTTP/1.1\r\n"
            await client(place, [Ask(head, body, b'"read":', True)], [])
        over.set()
        return time.perf_counter() - started

    seconds, _ = await asyncio.gather(bring(), client(place, asks, times, over))
    return seconds, times


async def _for_a_while(place: Place, asks: Sequence[Ask]) -> list[float]:
    """Look up for half a minute; give the time of each answer, sorted."""
    times: list[float] = []
    over = asyncio.Event()
    asyncio.get_running_loop().call_later(AFTER_SECONDS, over.set)
    await client(place, asks, times, over)
    return sorted(times)


async def _added(place: Place, entry: bytes) -> None:
    """Add a signal."""
    head = "POST /v1/banks/FRESH/signals HTTP/1.1\r\nContent-Type: application/json\r\n"
    await client(place, [Ask(head, entry, b'"added":1', True)], [])


async def _known(place: Place, value: str) -> bool:
    """Ask whether a value meets the bank."""
    (ask,) = ours([(value, True)])
    try:
        await client(place, [Ask(ask.head, ask.body, b'"bank":"FRESH"', True)], [])
    except SystemExit:
        return False
    return True


def filled(folder: Path, banked: Sequence[str]) -> str:
    """Make a data folder with banked hashes; gives a key."""
    lines = folder / "hashes.txt"
    lines.write_text("\n".join(banked))
    started = time.perf_counter()
    command = [sys.executable, "-c", FILL, str(folder / "data"), str(lines)]
    secret = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    print(f"banked {len(banked):,} hashes in {time.perf_counter() - started:.1f} s", flush=True)
    return secret


async def settled(place: Place) -> None:
    """Wait until the server has searched what was screened before (nothing, here) for what was banked, and has warmed up."""
    ready = Ask("GET /v1/hunts HTTP/1.1\r\n", b"", b'"state":"done"', True)
    for _ in range(600):
        await asyncio.sleep(0.5)
        with contextlib.suppress(SystemExit):
            await client(place, [ready] * 2, [])
            break
    await client(place, ours([(f"{n:064x}", False) for n in range(100)]), [])


@contextlib.contextmanager
def served(folder: Path, secret: str) -> Iterator[Place]:
    """Run a server on a data folder."""
    with (folder / "log").open("a+") as log:
        command = [sys.executable, "-c", SERVE, str(folder / "data")]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert server.stdout is not None
        try:
            address = server.stdout.readline().strip()
            if not address:
                raise SystemExit(f"the server did not start:\n{(folder / 'log').read_text()[-3000:]}")
            where = urlsplit(address)
            place = Place(where.hostname or "", where.port or 0, secret, server.pid)
            asyncio.run(settled(place))
            yield place
        finally:
            server.terminate()
            server.wait()


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", default="lookup", choices=["lookup", "freshness", "import"])
    for name, count in (("hashes", 100_000), ("requests", 3_000), ("batches", 20), ("rounds", 20), ("rows", 1_000_000)):
        parser.add_argument(f"--{name}", type=int, default=count)
    parser.add_argument("--apart", action="store_true", help="import by another process of low priority (nice -n 10 …)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        {"lookup": measure, "freshness": freshness, "import": importing}[options.what](Path(folder), options)


if __name__ == "__main__":
    main()
