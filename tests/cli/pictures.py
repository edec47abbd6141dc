"""Small pictures in the formats the command reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

import bench_pictures

if TYPE_CHECKING:
    from pathlib import Path

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


def photo(path: Path, width: int = 120, height: int = 80, **options: Any) -> Path:
    """A file with a photograph's part, in the format that its name says; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture(width, height)).save(path, **options)
    return path


def size_of(path: Path) -> tuple[str | None, tuple[int, int]]:
    """Format and size of a file, as Pillow sees it once it is decoded."""
    with Image.open(path) as image:
        image.load()
        return image.format, image.size


def files_below(folder: Path) -> list[str]:
    """Names of all files, hidden ones too, below a folder."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    )
