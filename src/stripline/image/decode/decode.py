"""Which decoder reads what, and at which size."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from stripline.image.decode.bmp import decode_bmp
from stripline.image.decode.heic import decode_heic
from stripline.image.decode.jpeg import decode_jpeg
from stripline.image.decode.jxl import check_jxl, decode_jxl
from stripline.image.decode.lab_tiff import decode_lab_tiff, is_shallow_lab
from stripline.image.decode.svg import decode_svg
from stripline.image.decode.vips import decode_with_vips

if TYPE_CHECKING:
    from stripline.image.headers import ImageInfo
    from stripline.image.picture import Picture
    from stripline.jpeg.decode import Denominator
    from stripline.streams.source import Source

# Sides are divided by at most 8 while a JPEG is decoded, and at least a factor of 2 is left to the
# filter: what the decoder's small inverse DCTs lose then lies beyond what the filter keeps.
_SHRINKS: Final[tuple[Denominator, ...]] = (8, 4, 2)
_LEFT_TO_FILTER: Final = 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is needed of a file.

    Attributes:
        shrink: Divides the sides; only of JPEG, which is cheaper to decode smaller.
        scale: Multiplies the sides; only of SVG, which has no pixels of its own.
        all_frames: Whether an animation is wanted, or its first frame.
        deep: Whether 16 bits stay 16 bits.
        salvage: Whether a damaged file gives what can be read of it.
        seconds: That drawing an SVG may take; None for ever. Others are stopped elsewhere.
    """

    shrink: Denominator = 1
    scale: float = 1.0
    all_frames: bool = False
    deep: bool = False
    salvage: bool = False
    seconds: float | None = None


def check_readable(info: ImageInfo) -> None:
    """Do nothing for a format that some decoder here reads.

    Raises:
        UnsupportedFormat: None does.
    """
    if info.format == "jxl":
        check_jxl()


def decode(source: Source, info: ImageInfo, wanted: Wanted) -> Picture:
    """Open a picture. Pixels are computed when they are asked for, from top to bottom, once.

    Args:
        source: The file.
        info: What `probe` found in it.
        wanted: Which pixels.

    Raises:
        CorruptImage: It is damaged; if damage lies further down, reading its rows raises this.
        MissingDependency: The format needs an extra that is not installed.
        UnsupportedFormat: No decoder here reads this kind of file.
    """
    check_readable(info)
    is_png = info.format == "png"
    match info.format:
        case "svg":
            return decode_svg(source, max(1, round(info.width * wanted.scale)), wanted.seconds)
        case "heic":
            return decode_heic(source)
        case "bmp":
            return decode_bmp(source)
        case "jxl":
            return decode_jxl(source, salvage=wanted.salvage)
        case "jpeg":
            return decode_jpeg(source, info, wanted.shrink, salvage=wanted.salvage)
        case "tiff" if is_shallow_lab(info):
            return decode_lab_tiff(source, info)
        case _:
            picture = decode_with_vips(
                source,
                info.format,
                shrink=1,
                all_frames=wanted.all_frames and info.format in {"gif", "webp"},
                salvage=wanted.salvage,
            )
            # libvips does not look for it in a PNG.
            return replace(picture, orientation=info.orientation) if is_png else picture


def shrink_for(info: ImageInfo, factor: float) -> Denominator:
    """How much smaller a file may be decoded that is to be scaled by `factor` in the end."""
    if info.format != "jpeg" or factor <= 0:
        return 1
    return next((shrink for shrink in _SHRINKS if factor * shrink * _LEFT_TO_FILTER <= 1), 1)


def decoded_bytes(info: ImageInfo, wanted: Wanted) -> int:
    """What the decoded pixels take in memory, as 8 or 16 bits and at most four bands."""
    samples = 4 if info.alpha or info.colour in {"cmyk", "ycck"} else 3
    depth = 2 if info.bit_depth > 8 and wanted.deep else 1
    frames = info.frames if wanted.all_frames else 1
    side = wanted.scale / wanted.shrink
    return int(info.width * side * info.height * side * samples * depth * frames)
