"""Rows of gigantic pictures, made as they are needed."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BATCH_ROWS = 16
_SPARE = 997  # more pixels than a batch needs, so that batches can begin at different places


def batches(width: int, height: int) -> Iterator[memoryview]:
    """Rows of soft noise, RGB. One buffer is made; every batch is another stretch of it."""
    row = 3 * width
    levels = bytes(118 + value % 21 for value in range(256))
    noise = random.Random(1).randbytes(BATCH_ROWS * row + 3 * _SPARE)  # noqa: S311 - noise
    pool = memoryview(noise.translate(levels))
    for number, top in enumerate(range(0, height, BATCH_ROWS)):
        start = 3 * (number * 31 % _SPARE)
        yield pool[start : start + row * min(BATCH_ROWS, height - top)]
