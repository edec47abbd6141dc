"""Turn and mirror the pixels so that the first row is the top one (EXIF tag 0x0112)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from stripline.streams.exif import UPRIGHT, with_orientation

if TYPE_CHECKING:
    from stripline.image.picture import Picture, Pixels

TRANSPOSED: Final = frozenset({5, 6, 7, 8})
"""Orientations in which stored rows are columns of the picture."""


def _turn(pixels: Pixels, orientation: int) -> Pixels:
    """Undo an orientation (EXIF 2.32, 4.6.4 A): where the stored first row and column are."""
    match orientation:
        case 2:
            return pixels.fliphor()
        case 3:
            return pixels.rot180()
        case 4:
            return pixels.flipver()
        case 5:
            return pixels.rot90().fliphor()
        case 6:
            return pixels.rot90()
        case 7:
            return pixels.rot270().fliphor()
        case 8:
            return pixels.rot270()
        case _:
            return pixels


def orient(picture: Picture) -> Picture:
    """The picture upright, and its EXIF saying so."""
    if picture.orientation == UPRIGHT:
        return picture
    turned = picture.with_frames(lambda frame: _turn(frame, picture.orientation))
    metadata = replace(
        picture.metadata,
        exif=with_orientation(picture.metadata.exif, UPRIGHT) if picture.metadata.exif else None,
    )
    return replace(turned, orientation=UPRIGHT, metadata=metadata)
