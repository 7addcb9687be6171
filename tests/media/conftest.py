"""One box for each file of tests."""

from collections.abc import Iterator

import pytest

from forestall.media import Box
from forestall.model.settings import Settings


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    """Give a box with one worker and default settings."""
    made = Box(Settings(box_workers=1))
    yield made
    made.close()
