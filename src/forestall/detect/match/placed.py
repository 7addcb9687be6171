"""Where a reading leads, as lists and counters ask it: each web address, its host, and the domains it lies under."""

from collections.abc import Iterator

from forestall.detect.match.signals.domain import above
from forestall.detect.match.signals.links import links
from forestall.model.lists import Placed
from forestall.model.reading import Reading


def placed(reading: Reading) -> Iterator[Placed]:
    """Give the addresses of a reading and their domains, canonical, in order of appearance; raises nothing."""
    for link in links(reading):
        yield Placed("url", link.address.url, link.part, link.spans, link.variant)
        for name, variant in above(link.address.host):
            yield Placed("domain", name, link.part, link.spans, variant)
