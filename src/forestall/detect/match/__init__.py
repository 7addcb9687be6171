"""Known material: signal types, banks, the index, and the detector that looks a reading up in them."""

from forestall.detect.match.bank import Bank
from forestall.detect.match.detector import detector
from forestall.detect.match.load import load_bank

__all__ = ["Bank", "detector", "load_bank"]
