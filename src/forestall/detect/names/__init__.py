"""Listed names: organisations on imported lists, noticed as context."""

from forestall.detect.names.detector import detector

__all__ = ["detector"]
