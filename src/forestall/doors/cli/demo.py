"""The example platform Harbour, screened through the real path into a data folder of its own."""

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import forestall
from forestall.assembly import House
from forestall.doors.cli.feed import Feed
from forestall.doors.cli.meter import MeteredExports, progress, size_of, with_files
from forestall.doors.cli.pipeline import stream
from forestall.doors.cli.summary import Summary
from forestall.flow.gather import Gatherer
from forestall.model.content import Content
from forestall.model.errors import NotFound
from forestall.model.settings import Settings

FOLDER = "forestall-demo"
HARBOUR = Path(forestall.__file__).resolve().parents[2] / "examples" / "harbour"
"""Where the example platform lies in the project's folder."""


def with_harbour(settings: Settings, harbour: Path = HARBOUR) -> Settings:
    """Give settings that match against the example's bank and list; raises NotFound where the example is not there."""
    if not (harbour / "posts.jsonl").is_file():
        raise NotFound(
            f"the example platform is not at {harbour}", "run it from the project's folder: `python3 run.py up --demo`"
        )
    banks, lists = (str(harbour / "harbour.csv"),), (str(harbour / "fictional.xml"),)
    return replace(settings, banks=settings.banks + banks, lists=settings.lists + lists)


def screen_harbour(house: House, harbour: Path = HARBOUR) -> Summary:
    """Screen the posts that were not screened before under the same versions; give a summary of those."""
    exports = MeteredExports(house.exports)
    gatherer = Gatherer(exports, house.opener, house.settings.max_file_bytes, house.settings.max_depth)
    posts = str(harbour / "posts.jsonl")
    total = size_of([posts, str(harbour / "media")]) if sys.stderr.isatty() else 0
    summary = Summary(0)
    with progress(total, lambda: exports.bytes_read, "screening Harbour") as advance:
        feed = Feed(_new(house, with_files(gatherer.gather([posts]), exports)))
        for chunk in stream(house, feed, lambda: False):
            summary.add(chunk.items, chunk.repeated)
            advance(len(chunk.items))
    return summary


def _new(house: House, contents: Iterator[Content]) -> Iterator[Content]:
    """Give the contents without those on which there already is a decision."""
    for content in contents:
        if house.store.decision_by_key(house.screening.key_of(content)) is None:
            yield content


def told(summary: Summary, started: float) -> str:
    """Say what screening the example came to."""
    if not summary.items:
        return "Harbour was screened before; everything is in the console."
    seconds = time.monotonic() - started
    outcomes = ", ".join(f"{outcome.value} {count:,}" for outcome, count in sorted(summary.outcomes.items()))
    return f"Harbour: {summary.items:,} posts screened in {seconds:.1f} s ({outcomes})"
