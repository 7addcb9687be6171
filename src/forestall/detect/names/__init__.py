"""Listed names: organisations on imported lists, noticed as context."""

from forestall.detect.names.detector import detector
from forestall.detect.names.load import NameList, load_list

__all__ = ["NameList", "detector", "load_list"]
