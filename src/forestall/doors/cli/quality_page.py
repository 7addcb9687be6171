"""The quality report: one page of plots and tables of a measurement. It names rows and shows no text."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from forestall.doors.cli import page
from forestall.doors.cli.safe import safe
from forestall.insights.quality import Judged, Quality, Slice, parity
from forestall.insights.rates import Rate

_WIDTH, _HEIGHT, _LEFT, _TOP = 520.0, 260.0, 52.0, 14.0
"""Size of a plot's field in pixels, and what is left of and above it for its axes."""
_BAR, _ROW, _NAME = 420.0, 24, 190.0


def write(path: Path, quality: Quality, data: Sequence[str], made: str) -> None:
    """Write the page so that it appears whole or not at all; raises BadInput where the place can't be written."""
    page.write(path, render(quality, data, made))


def render(quality: Quality, data: Sequence[str], made: str) -> str:
    """Give the page of a measurement of some data (named by file or folder), made at an instant."""
    ratios = parity(quality.languages, lambda one: one.false)
    return page.render(
        "quality.html.j2",
        made=made[:16].replace("T", " ") + " UTC",
        sources=safe(", ".join(Path(name).resolve().name or name for name in data)),
        all=_line(quality.all),
        base=f"{100 * quality.base:g} %",
        precision=f"{100 * quality.precision:.1f} %",
        error=f"{quality.calibration_error:.3f}",
        curve=_curve(quality),
        at_false=[
            {"share": f"{100 * one.share:g} %", "threshold": f"{one.threshold:.3f}", "recall": str(one.recall)}
            for one in quality.at_false
        ],
        calibration=_calibration(quality),
        languages=_bars(quality.languages),
        sections=[
            {"name": name, "lines": [_line(one, ratios if name == "Languages" else {}) for one in slices]}
            for name, slices in (
                ("Languages", quality.languages),
                ("Creeds and groups", quality.groups),
                ("Families", quality.families),
            )
            if slices
        ],
        worst=[
            {"name": name, "rows": [_row(row) for row in rows]}
            for name, rows in (("Worst false alarms", quality.false_alarms), ("Furthest misses", quality.misses))
            if rows
        ],
        field={"width": _WIDTH, "height": _HEIGHT, "left": _LEFT, "top": _TOP},
    )


def _line(one: Slice, ratios: dict[str, float] | Any = ()) -> dict[str, str]:
    """Give a part as the tables show it."""
    return {
        "name": safe(one.name),
        "recall": str(one.recall) if one.recall.total else "",
        "false": str(one.false) if one.false.total else "",
        "ratio": f"{ratios[one.name]:.2f}" if one.name in ratios else "",
    }


def _row(row: Judged) -> dict[str, Any]:
    """Give an item as the lists show it: its name and why, never its text."""
    return {
        "id": safe(row.id),
        "score": f"{row.score:.2f}",
        "why": [safe(line) for line in row.why] or ["nothing found"],
    }


def _curve(quality: Quality) -> dict[str, Any]:
    """Give the points of recall over false alarms, the latter on a scale of tenfold steps from 0.1 % to 10 %."""

    def across(share: float) -> float:
        return round(_LEFT + _WIDTH * (math.log10(min(max(share, 0.001), 0.1)) + 3) / 2, 1)

    points = [(across(one.share), _up(one.recall.share)) for one in quality.at_false]
    return {
        "line": " ".join(f"{x},{y}" for x, y in points),
        "points": [{"x": x, "y": y} for x, y in points],
        "here": {"x": across(quality.all.false.share), "y": _up(quality.all.recall.share)},
        "ticks": [
            {"x": across(share), "name": f"{100 * share:g} %"} for share in (0.001, 0.005, 0.01, 0.02, 0.05, 0.1)
        ],
        "rungs": _rungs(),
    }


def _calibration(quality: Quality) -> dict[str, Any]:
    """Give the points of how many are meant over how they score, with their intervals."""
    points = []
    for one in quality.calibration:
        low, high = one.meant.interval
        points.append(
            {"x": round(_LEFT + _WIDTH * one.score, 1), "y": _up(one.meant.share), "low": _up(low), "high": _up(high)}
        )
    ticks = [{"x": round(_LEFT + _WIDTH * n / 4, 1), "name": f"{n / 4:g}"} for n in range(5)]
    return {"points": points, "ticks": ticks, "rungs": _rungs()}


def _up(share: float) -> float:
    """Give the height of a share in a plot."""
    return round(_TOP + _HEIGHT * (1 - share), 1)


def _rungs() -> list[dict[str, Any]]:
    """Give the lines across a plot, every quarter."""
    return [{"y": _up(n / 4), "name": f"{25 * n} %"} for n in range(5)]


def _bars(slices: Sequence[Slice]) -> dict[str, Any]:
    """Give two bars with intervals for each language: recall, and false alarms on the same scale."""
    rows = []
    for index, one in enumerate(slices):
        y = 10 + index * 2 * _ROW
        rows.append(
            {
                "name": safe(one.name),
                "y": y,
                "bars": [_bar("recall", one.recall, y), _bar("false", one.false, y + _ROW - 4)],
            }
        )
    return {"rows": rows, "height": 20 + len(rows) * 2 * _ROW, "left": _NAME, "width": _NAME + _BAR + 90}


def _bar(kind: str, rate: Rate, y: float) -> dict[str, Any]:
    """Give one bar."""
    low, high = rate.interval if rate.total else (0.0, 0.0)
    return {
        "kind": kind,
        "y": y,
        "width": round(_BAR * rate.share, 1),
        "low": round(_NAME + _BAR * low, 1),
        "high": round(_NAME + _BAR * high, 1),
        "name": f"{100 * rate.share:.1f} %" if rate.total else "–",
        "at": round(_NAME + _BAR * high + 8, 1),
    }
