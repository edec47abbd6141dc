"""Fixtures for the encoder's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stripline.jpeg import _plan

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def small_strips() -> Iterator[None]:
    """Strips of one MCU row, so that small pictures have many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_plan, "STRIP_PIXELS", dict.fromkeys(_plan.SAMPLINGS, 1))
        yield
