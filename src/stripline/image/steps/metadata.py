"""What is kept of what a file says beside its pixels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from stripline.image.exif_copyright import copyright_only
from stripline.streams.exif import UPRIGHT, with_orientation
from stripline.streams.metadata import Metadata

if TYPE_CHECKING:
    from stripline.image.picture import Picture

Keep = Literal["none", "icc", "exif", "xmp", "copyright", "all"]


def keep_metadata(picture: Picture, keep: tuple[Keep, ...]) -> Picture:
    """The picture with only those parts of its metadata.

    An ICC profile that the pixels need to look right (they were not converted to sRGB) always
    stays, and so does an orientation that is still to be done. `copyright` keeps artist and
    copyright of the EXIF data and no more.
    """
    found = picture.metadata
    exif = None
    if "exif" in keep or "all" in keep:
        exif = found.exif
    elif "copyright" in keep and found.exif:
        exif = copyright_only(found.exif)
    if exif is not None or picture.orientation != UPRIGHT:
        exif = with_orientation(exif, picture.orientation)
    if "all" in keep:
        return replace(picture, metadata=replace(found, exif=exif))
    kept = Metadata(exif=exif, xmp=found.xmp if "xmp" in keep else None, icc=found.icc)
    return replace(picture, metadata=kept)
