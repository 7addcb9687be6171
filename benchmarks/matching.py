"""Known material: how fast, how exact and how large our matching is, beside others', in turns in one run.

    .venv/bin/python benchmarks/matching.py index --sizes 100000 1000000 --kinds random clustered [--peers .peers]
    .venv/bin/python benchmarks/matching.py join  --sizes 10000000

`index`: one query per call within 31 bits, one thread against one; needs the peers' environment (peers/README.md) for the other side.
`join`: 100,000 new hashes against many stored ones, all processors.
Everything is made up by the program; figures go to standard output, and with `--json FILE` to a file as well.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import matching_index, matching_join  # noqa: E402 - found from the root, wherever this is started

Section = Callable[[argparse.Namespace], list[dict[str, Any]]]
SECTIONS: dict[str, Section] = {"index": matching_index.measure, "join": matching_join.measure}


def main() -> None:
    """Measure the sections asked for and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="+", choices=SECTIONS)
    parser.add_argument("--sizes", nargs="+", type=int, default=[100_000, 1_000_000])
    parser.add_argument("--kinds", nargs="+", choices=("random", "clustered"), default=["random", "clustered"])
    parser.add_argument("--queries", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cold", type=int, default=40, help="queries asked with cold caches; 0: none")
    parser.add_argument("--peers", type=Path, default=ROOT / ".peers", help="the peers' environment")
    parser.add_argument("--only", nargs="+", help="which of the peers")
    parser.add_argument(
        "--jemalloc", type=Path, default=Path("/usr/lib/x86_64-linux-gnu/libjemalloc.so.2"), help="the library"
    )
    parser.add_argument("--folder", type=Path, help="where files are made for the while; memory-backed or disk")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    figures = {name: SECTIONS[name](given) for name in given.sections}
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
