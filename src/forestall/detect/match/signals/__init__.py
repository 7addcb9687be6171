"""The signal types we know, one file each."""

from collections.abc import Mapping
from types import MappingProxyType

from forestall.detect.match.signals.base import Query, SignalType
from forestall.detect.match.signals.digest import MD5, SHA1, SHA256
from forestall.detect.match.signals.pdq import PDQ

TYPES: Mapping[str, SignalType] = MappingProxyType({kind.name: kind for kind in (MD5, SHA1, SHA256, PDQ)})
"""Every signal type by the name that bank files use."""

__all__ = ["TYPES", "Query", "SignalType"]
