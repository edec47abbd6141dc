"""Files as cameras and phones write them, to measure resizing on.

The pictures are bench_pictures' photographs, shifted so that no two files are alike. Pillow
(libjpeg-turbo) encodes them: quality 92 to 95, 4:2:0 or 4:2:2, optimised Huffman tables or the
standard ones, EXIF with an orientation, no restart markers. Cameras do write restart markers
sometimes; without them nothing can be skipped while decoding.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

import bench_pictures

if TYPE_CHECKING:
    from pathlib import Path

_ORIENTATION, _MAKE, _MODEL, _TAKEN = 0x0112, 0x010F, 0x0110, 0x0132  # EXIF tags
_TRANSPOSED = frozenset({5, 6, 7, 8})

# Pixels that each next file's picture is shifted by: odd, so that the encoder's blocks move too.
_SHIFT = (997, 1009)


class _Kind(NamedTuple):
    """How a camera stores a picture; width and height are those of the sensor."""

    width: int
    height: int
    quality: int
    subsampling: str
    orientation: int
    optimize: bool


# 12, 16 and 24 megapixels; every fourth was taken with the camera held upright. In proportions of
# which 800 pixels across give a whole number down: tools round a broken one in different ways, and
# a shift of a third of a pixel would count for more than how well they scale.
_KINDS = (
    _Kind(4032, 3024, 95, "4:2:0", 1, optimize=False),
    _Kind(5712, 4284, 93, "4:2:2", 1, optimize=True),
    _Kind(4608, 3456, 92, "4:2:0", 1, optimize=False),
    _Kind(4248, 2832, 94, "4:2:2", 6, optimize=False),
    _Kind(5712, 4284, 95, "4:2:0", 3, optimize=False),
    _Kind(4608, 3456, 94, "4:2:2", 1, optimize=True),
    _Kind(4032, 3024, 92, "4:2:2", 1, optimize=True),
    _Kind(6000, 4000, 92, "4:2:0", 8, optimize=False),
)


@dataclass(frozen=True, slots=True)
class Photo:
    """A file made here.

    Attributes:
        path: Where it lies.
        width: Pixels across, once it is upright.
        height: Pixels down, once it is upright.
    """

    path: Path
    width: int
    height: int

    @property
    def pixels(self) -> int:
        """How many it has."""
        return self.width * self.height


def camera_files(folder: Path, count: int) -> list[Photo]:
    """Write `count` files into a folder; the first three have the three sizes."""
    sizes = {(kind.width, kind.height) for kind in _KINDS}
    pictures = {size: bench_pictures.photographs(*size) for size in sizes}
    photos = []
    for number, kind in enumerate(islice(cycle(_KINDS), count)):
        shift = (number * _SHIFT[0], number * _SHIFT[1])
        shifted = np.roll(pictures[kind.width, kind.height], shift, axis=(0, 1))
        exif = Image.Exif()
        exif[_MAKE], exif[_MODEL] = "stripline", "benchmark"
        exif[_TAKEN] = "2026:01:02 03:04:05"
        exif[_ORIENTATION] = kind.orientation
        path = folder / f"photo-{number:02}.jpg"
        Image.fromarray(shifted).save(
            path,
            "JPEG",
            quality=kind.quality,
            subsampling=kind.subsampling,
            optimize=kind.optimize,
            exif=exif,
        )
        upright = (kind.width, kind.height)
        if kind.orientation in _TRANSPOSED:
            upright = (kind.height, kind.width)
        photos.append(Photo(path, *upright))
    return photos
