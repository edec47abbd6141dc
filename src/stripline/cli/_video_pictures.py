"""Frames from picture files: which ones, in which order, and how they are read."""

from __future__ import annotations

import glob
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from stripline.cli._video_clock import Clock
from stripline.errors import (
    CorruptImage,
    InvalidOption,
    MissingDependency,
    UnsupportedFormat,
    describe,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from PIL.Image import Image

    from stripline.webcodecs import VideoFrame

ENDINGS: Final = frozenset(
    {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif", ".ppm", ".pgm"}
)


class Pictures:
    """Picture files as frames, one at a time in memory.

    Attributes:
        width: Of the first one, upright.
        height: Of the first one, upright.
        rate: Files have none.
        count: How many there are.
        aspect: Pixels are square.

    Raises:
        CorruptImage: The first one is damaged.
        UnsupportedFormat: It is no picture.
        MissingDependency: Pillow is missing.
    """

    rate: Fraction | None = None
    aspect: Fraction | None = None

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self.count: int | None = len(paths)
        self.width, self.height = _opened(paths[0]).size

    def frames(self, rate: Fraction, *, mixed: bool) -> Iterator[VideoFrame]:
        """Each picture as a frame.

        Args:
            rate: Frames a second.
            mixed: Whether they may be of several sizes.

        Raises:
            InvalidOption: They are, and may not.
            CorruptImage: One is damaged.
            UnsupportedFormat: One is no picture.
        """
        from stripline.webcodecs import VideoFrame  # noqa: PLC0415 - loads numpy

        for path, when in zip(self._paths, Clock(rate), strict=False):
            image = _opened(path)
            if image.size != (self.width, self.height) and not mixed:
                raise InvalidOption(
                    f"{path} has {image.width:,} x {image.height:,} pixels, the first picture "
                    f"{self.width:,} x {self.height:,}: give --size to scale them to one size"
                )
            yield VideoFrame(image, timestamp=when.timestamp, duration=when.duration)


def _opened(path: Path) -> Image:
    """A picture, decoded and upright."""
    try:
        from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingDependency("reading pictures", "pillow", "image") from error
    try:
        with Image.open(path) as image:
            image.load()
            return _eight_bits(path, ImageOps.exif_transpose(image))
    except UnidentifiedImageError as error:
        raise UnsupportedFormat(f"{path} is no picture that Pillow reads") from error
    except (SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise CorruptImage(f"{path} is damaged: {describe(error)}") from error
    except OSError as error:
        if error.filename is not None:
            raise
        raise CorruptImage(f"{path} is damaged: {describe(error)}") from error


def _eight_bits(path: Path, image: Image) -> Image:
    """A picture of 16 bits of grey with the upper 8; others as they are.

    Raises:
        UnsupportedFormat: Its samples are no whole numbers.
    """
    if image.mode == "F":
        raise UnsupportedFormat(f"{path} has floating-point samples: make it one of 8 or 16 bits")
    if not image.mode.startswith("I"):
        return image
    import numpy as np  # noqa: PLC0415 - loads slowly
    from PIL import Image  # noqa: PLC0415 - an extra

    # Pillow's own conversion clips to 255.
    grey = np.asarray(image).astype(np.int64).clip(0, 65_535) >> 8
    return Image.fromarray(grey.astype(np.uint8))


def find(names: Sequence[str]) -> list[Path]:
    """The picture files that FRAMES... means: folders and patterns by name, numbers by value.

    Raises:
        InvalidOption: There is none.
        FileNotFoundError: A name is none of a file, folder or pattern.
    """
    found: list[Path] = []
    for name in names:
        path = Path(name)
        if path.is_dir():
            found += _in_order(
                file
                for file in path.iterdir()
                if file.suffix.lower() in ENDINGS and not file.name.startswith(".")
            )
        elif path.exists() or not glob.has_magic(name):
            os.stat(path)  # noqa: PTH116 - its error says which file is not there
            found.append(path)
        else:
            found += _in_order(Path(file) for file in glob.glob(name))  # noqa: PTH207 - may be absolute
    if not found:
        raise InvalidOption(f"there is no picture in {', '.join(names)}")
    return found


def _in_order(paths: Iterator[Path]) -> list[Path]:
    """By name, where frame2 comes before frame10."""
    return sorted(paths, key=lambda path: [_part(text) for text in re.split(r"(\d+)", path.name)])


def _part(text: str) -> tuple[int, str]:
    return (int(text), text) if text.isdecimal() else (-1, text)
