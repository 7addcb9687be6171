"""Metrics: counts and times in the Prometheus text format. Numbers only: no content, no ids, no names."""

import re
from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from forestall.doors.api.desk import Kept
from forestall.flow.notice import UNREADABLE
from forestall.model.outcome import Outcome

MEDIA_TYPE = "text/plain; version=1.0.0; charset=utf-8"
"""The Prometheus text exposition format."""
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_CAUSE = re.compile(r"[a-z][a-z0-9-]{0,39}")
_MAX_CAUSES = 64
_OTHER = "other"


class Metrics:
    """What one server counts, in a registry of its own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._causes: set[str] = set()
        self._screened = Counter(
            "forestall_screened", "Items screened, by outcome", ["outcome"], registry=self._registry
        )
        self._repeated = Counter("forestall_repeated", "Items that had been screened before", registry=self._registry)
        self._unreadable = Counter(
            "forestall_unreadable", "Parts that could not be read", ["cause"], registry=self._registry
        )
        self._seconds = Histogram(
            "forestall_request_seconds",
            "Time to answer a request",
            ["route", "method", "status"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        for outcome in Outcome:
            self._screened.labels(outcome.value)

    def gauge(self, name: str, description: str, value: Callable[[], float]) -> None:
        """Show a number that is asked for whenever metrics are."""
        Gauge(f"forestall_{name}", description, registry=self._registry).set_function(value)

    def screened(self, kept: Sequence[Kept]) -> None:
        """Count screened items and what could not be read in them."""
        for item in kept:
            if not item.fresh:
                self._repeated.inc()
                continue
            self._screened.labels(item.decision.outcome.value).inc()
            for finding in item.decision.findings:
                if finding.label == UNREADABLE:
                    self._unreadable.labels(self._cause(finding.evidence.get("cause"))).inc()

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count an answered request; `route` is the route's pattern, never the address asked for."""
        self._seconds.labels(route, method, str(status)).observe(seconds)

    def text(self) -> bytes:
        """Give everything in the text format."""
        return generate_latest(self._registry)

    def _cause(self, given: object) -> str:
        """Give the code of a cause; anything that is none, or one too many, counts as `other`."""
        cause = str(given)
        if cause in self._causes:
            return cause
        if len(self._causes) >= _MAX_CAUSES or not _CAUSE.fullmatch(cause):
            return _OTHER
        self._causes.add(cause)
        return cause
