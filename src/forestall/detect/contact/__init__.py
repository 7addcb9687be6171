"""Contact points: places outside the platform that a text leads to, and whether it calls people there."""

from forestall.detect.contact.detector import detector

__all__ = ["detector"]
