"""Settings and fixtures that all tests share."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.support import photograph

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# No deadline: tests must not depend on how busy the machine is. In CI the examples are the same
# in every run, so that a failure is the change's.
settings.register_profile("house", deadline=None, max_examples=50)
settings.register_profile("ci", settings.get_profile("house"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "house")


@pytest.fixture(scope="session")
def photo() -> NDArray[np.uint8]:
    """A photograph, 512 x 512 RGB."""
    return photograph()


@pytest.fixture(scope="session")
def large_photo() -> NDArray[np.uint8]:
    """A photograph of several strips, 1536 x 1024 RGB."""
    return photograph(3, 2)
