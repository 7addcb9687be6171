"""A backtest as plain values: for JSON, for the proof a proposed version carries, and for whoever shows it."""

from collections.abc import Mapping
from typing import Any

from forestall.insights.backtest.impact import Impact
from forestall.insights.backtest.run import Backtest
from forestall.insights.backtest.tally import Moves, RuleTally, Tally
from forestall.insights.rates import Rate


def totals(found: Backtest, what: Impact | None = None) -> dict[str, Any]:
    """Give everything a backtest counted, without the single changes."""
    tally = found.tally
    return {
        "before": found.plan.before.version,
        "after": found.plan.after.version,
        "rules": sorted(found.plan.rules),
        "excuses": found.plan.excuses,
        "decisions": found.decisions,
        "looked": tally.looked,
        "purged": tally.purged,
        **_moves(tally.moves),
        "outcomes": [
            {"before": before.value, "after": after.value, "decisions": number}
            for (before, after), number in sorted(tally.outcomes.items())
        ],
        "answers": {"caught": _rate(tally.caught.precision), "dropped": _rate(tally.dropped.precision)},
        "by_rule": {name: _rule(one) for name, one in sorted(tally.rules.items())},
        "by_language": _slices(tally.languages),
        "by_surface": _slices(tally.surfaces),
        "by_family": _slices(tally.families),
        **({"cases_per_day": _impact(what)} if what is not None else {}),
    }


def surprises(tally: Tally) -> list[dict[str, Any]]:
    """Give the changes most worth reading as plain values."""
    return [
        {
            "content": one.content,
            "decision": one.decision,
            "at": one.at,
            "language": one.language,
            "before": one.before.value,
            "after": one.after.value,
            "gained": list(one.gained),
            "lost": list(one.lost),
            "person": one.person.value if one.person else None,
            "reason": one.reason,
            "surprise": one.surprise,
        }
        for one in tally.surprises
    ]


def _moves(moves: Moves) -> dict[str, int]:
    return {"caught": moves.caught, "dropped": moves.dropped, "harsher": moves.harsher, "milder": moves.milder}


def _slices(slices: Mapping[str, Moves]) -> dict[str, dict[str, int]]:
    return {name: _moves(one) for name, one in sorted(slices.items())}


def _rule(one: RuleTally) -> dict[str, Any]:
    return {
        "fired": one.fired,
        "unknown": one.unknown,
        "alone": one.alone,
        "precision": _rate(one.precision),
        "beside": dict(one.beside.most_common(10)),
    }


def _rate(rate: Rate) -> dict[str, Any]:
    low, high = rate.interval
    return {"hits": rate.hits, "of": rate.total, "share": rate.share, "low": low, "high": high}


def _impact(what: Impact) -> dict[str, Any]:
    return {
        "days": what.days,
        "mean_before": round(what.mean_before, 2),
        "mean_after": round(what.mean_after, 2),
        "most_before": what.most_before,
        "most_after": what.most_after,
        "capacity": what.capacity,
        "days_over": what.over_after,
    }
