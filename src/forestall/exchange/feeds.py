"""Every kind of exchange we can pull from, by the name it has in `forestall exchange add`."""

from collections.abc import Callable, Mapping
from functools import partial

from forestall.exchange.tcap.client import TcapAddresses, TcapHashes
from forestall.exchange.threatexchange.client import ThreatExchange
from forestall.model.ports import Clock, Feed
from forestall.model.records import Exchange


def feeds(clock: Clock) -> Mapping[str, Callable[[Exchange, str], Feed]]:
    """Give the maker of each kind of feed; it takes an exchange and its token and raises BadSetting for options that can't work."""
    return {
        "tcap": partial(TcapHashes, clock=clock),
        "tcap-urls": partial(TcapAddresses, clock=clock),
        "threatexchange": partial(ThreatExchange, clock=clock),
    }
