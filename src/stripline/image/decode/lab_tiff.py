"""TIFF in 8-bit CIE L*a*b* through Pillow: libvips reads deeper Lab only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stripline import _vips
from stripline.errors import CorruptImage, MissingDependency, UnsupportedFormat, describe
from stripline.image.picture import Picture

if TYPE_CHECKING:
    from stripline.image.headers import ImageInfo
    from stripline.streams.source import Source

# TIFF 6.0, section 23: lightness is 0 to 255 for 0 to 100; a and b are signed.
_LIGHTNESS: Final = 100 / 255
_UNKNOWN: Final = "unknown pixel mode"  # so Pillow, of a photometric interpretation


def is_shallow_lab(info: ImageInfo) -> bool:
    """Whether a file is of this kind."""
    return info.format == "tiff" and info.colour == "lab" and info.bit_depth == 8


def decode_lab_tiff(source: Source, info: ImageInfo) -> Picture:
    """Read the whole first page. Of a damaged one nothing can be salvaged.

    Raises:
        CorruptImage: It is damaged or cut short.
        MissingDependency: Pillow is not installed.
        UnsupportedFormat: Lab in another layout.
    """
    try:
        from PIL import TiffImagePlugin, UnidentifiedImageError  # noqa: PLC0415 - optional
    except ImportError as error:
        raise MissingDependency("reading Lab TIFF", "Pillow", "image") from error
    try:
        with source.open() as file, TiffImagePlugin.TiffImageFile(file) as image:
            if image.mode != "LAB":
                raise UnsupportedFormat(f"{source.name}: Lab as {image.mode} is not read here")
            image.load()
            data, (width, height) = image.tobytes(), image.size
    except UnidentifiedImageError as error:
        raise UnsupportedFormat(f"{source.name}: {describe(error)}") from error
    except SyntaxError as error:
        if _UNKNOWN not in str(error):
            raise CorruptImage(f"{source.name}: {describe(error)}") from error
        raise UnsupportedFormat(
            f"{source.name}: 8-bit Lab as ICC or ITU encode it is not read here: save it as CIELab,"
            " or with 16 bits"
        ) from error
    except (OSError, ValueError, EOFError) as error:
        raise CorruptImage(f"{source.name}: {describe(error)}") from error
    pixels = _vips.library().Image.new_from_memory(data, width, height, 3, "uchar")
    lightness = pixels.extract_band(0) * _LIGHTNESS
    lab = lightness.bandjoin(pixels.copy(format="char").extract_band(1, n=2))
    return Picture(lab.cast("float").copy(interpretation="lab"), orientation=info.orientation)
