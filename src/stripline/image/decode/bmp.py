"""BMP through Pillow: libvips' wheel does not read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripline import _vips
from stripline.errors import CorruptImage, MissingDependency, describe
from stripline.image.picture import Picture

if TYPE_CHECKING:
    from stripline.streams.source import Source


def decode_bmp(source: Source) -> Picture:
    """Read the whole picture. Of a damaged one nothing can be salvaged.

    Raises:
        CorruptImage: It is damaged or cut short.
        MissingDependency: Pillow is not installed.
    """
    try:
        from PIL import BmpImagePlugin  # noqa: PLC0415 - optional
    except ImportError as error:
        raise MissingDependency("reading BMP", "Pillow", "image") from error
    try:
        with source.open() as file, BmpImagePlugin.BmpImageFile(file) as image:
            image.load()
            mode = "L" if image.mode in {"1", "L"} else "RGBA" if image.mode == "RGBA" else "RGB"
            converted = image.convert(mode)
            data, (width, height) = converted.tobytes(), converted.size
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise CorruptImage(f"{source.name}: {describe(error)}") from error
    vips = _vips.library()
    bands = len(mode)
    pixels = vips.Image.new_from_memory(data, width, height, bands, "uchar")
    return Picture(pixels.copy(interpretation="b-w" if bands == 1 else "srgb"))
