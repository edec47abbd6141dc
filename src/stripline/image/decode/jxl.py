"""JPEG XL, where libvips was built with libjxl: that of PyPI was not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stripline import _vips
from stripline.errors import UnsupportedFormat
from stripline.image.decode.vips import decode_with_vips, loads
from stripline.streams.exif import UPRIGHT, with_orientation

if TYPE_CHECKING:
    from stripline.image.picture import Picture
    from stripline.streams.source import Source


def check_jxl() -> None:
    """Do nothing if JPEG XL can be read here.

    Raises:
        UnsupportedFormat: This libvips does not.
    """
    if not loads("jxl"):
        raise UnsupportedFormat(
            f"a JPEG XL, which libvips {_vips.version()} was built without, as those from PyPI are:"
            " convert it to PNG or JPEG first, or install a libvips with libjxl in place of"
            " pyvips-binary"
        )


def decode_jxl(source: Source, *, salvage: bool) -> Picture:
    """Open the first frame; the decoder turns it upright.

    Raises:
        CorruptImage: It is damaged.
    """
    picture = decode_with_vips(source, "jxl", shrink=1, all_frames=False, salvage=salvage)
    if picture.metadata.exif is None:
        return picture
    exif = with_orientation(picture.metadata.exif, UPRIGHT)
    return replace(picture, metadata=replace(picture.metadata, exif=exif))
