"""Small pictures in the formats the command reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import bench_pictures

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]


def picture(width: int = 120, height: int = 77) -> Pixels:
    """A photograph's top left part."""
    return np.ascontiguousarray(bench_pictures.photograph("chelsea.png")[:height, :width])


def ppm(pixels: Pixels) -> bytes:
    """The picture as a binary PPM."""
    height, width = pixels.shape[:2]
    return b"P6\n%d %d\n255\n" % (width, height) + pixels.tobytes()


def coarse(width: int, height: int) -> Pixels:
    """White noise, whose JPEG is as large as its pixels."""
    return np.random.default_rng(3).integers(0, 256, (height, width, 3), np.uint8)
