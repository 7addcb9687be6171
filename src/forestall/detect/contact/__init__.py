"""Contact points: places outside the platform that a text leads to, and whether it calls people there."""

from forestall.detect.contact.detector import detector
from forestall.detect.contact.joined import continued
from forestall.detect.contact.places import canonical, points_of

__all__ = ["canonical", "continued", "detector", "points_of"]
