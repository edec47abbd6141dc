"""What is kept of what a file says beside its pixels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from stripline.image.exif_copyright import copyright_only
from stripline.jpeg.markers import MAX_COMMENT_BYTES, MAX_EXIF_BYTES, MAX_XMP_BYTES
from stripline.streams.exif import EXIF_PREFIX, UPRIGHT, with_orientation, without_thumbnail
from stripline.streams.metadata import Metadata

if TYPE_CHECKING:
    from stripline.image.picture import Picture

Keep = Literal["none", "icc", "exif", "xmp", "copyright", "all"]


def keep_metadata(picture: Picture, keep: tuple[Keep, ...]) -> Picture:
    """The picture with only those parts of its metadata.

    An ICC profile that the pixels need to look right (they were not converted to sRGB) always
    stays, and so does an orientation that is still to be done. `copyright` keeps artist and
    copyright of the EXIF data and no more. The thumbnail in it always goes: it shows the picture
    as it was before it was turned, cut or changed.
    """
    found = picture.metadata
    exif = None
    if ("exif" in keep or "all" in keep) and found.exif is not None:
        exif = without_thumbnail(found.exif)
    elif "copyright" in keep and found.exif:
        exif = copyright_only(found.exif)
    if exif is not None or picture.orientation != UPRIGHT:
        exif = with_orientation(exif, picture.orientation)
    if "all" in keep:
        return replace(picture, metadata=replace(found, exif=exif))
    kept = Metadata(exif=exif, xmp=found.xmp if "xmp" in keep else None, icc=found.icc)
    return replace(picture, metadata=kept)


def fitting_jpeg(picture: Picture) -> tuple[Picture, list[str]]:
    """The picture without those parts of its metadata that no JPEG can hold, and what these are."""
    found, left_out = picture.metadata, []
    exif, xmp, comment = found.exif, found.xmp, found.comment
    if exif is not None and len(exif.removeprefix(EXIF_PREFIX)) > MAX_EXIF_BYTES:
        left_out.append(_too_long("EXIF, but for artist and copyright,", exif, MAX_EXIF_BYTES))
        exif = copyright_only(exif)
        if picture.orientation != UPRIGHT:
            exif = with_orientation(exif, picture.orientation)
    if xmp is not None and len(xmp) > MAX_XMP_BYTES:
        left_out.append(_too_long("XMP", xmp, MAX_XMP_BYTES))
        xmp = None
    text = comment.encode() if isinstance(comment, str) else comment or b""
    if len(text) > MAX_COMMENT_BYTES:
        left_out.append(_too_long("comment", text, MAX_COMMENT_BYTES))
        comment = None
    if left_out:
        kept = replace(found, exif=exif, xmp=xmp, comment=comment)
        picture = replace(picture, metadata=kept)
    return picture, left_out


def _too_long(what: str, content: bytes, most: int) -> str:
    return f"its {what} of {len(content):,} bytes was left out: a JPEG can hold {most:,}"
