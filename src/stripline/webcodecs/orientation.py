"""Rotation and flip of a frame: how it must be turned to be shown.

A frame is first turned clockwise, then mirrored left to right (section 9.4, `rotation` and `flip`).
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

__all__ = ["UPRIGHT", "Orientation"]


class Orientation(NamedTuple):
    """A rotation in degrees clockwise (0, 90, 180 or 270), then a flip left to right."""

    rotation: int = 0
    flip: bool = False

    @classmethod
    def parse(cls, rotation: object, flip: object) -> Orientation:
        """From any number of degrees, to the nearest quarter turn; halves go up.

        Source: "Parse Rotation" of section 9.4.6.

        Raises:
            TypeError: The rotation is no finite number.
        """
        try:
            degrees = float(rotation)  # type: ignore[arg-type]  # what it takes is what is asked
        except (TypeError, ValueError, OverflowError):
            degrees = math.nan
        if not math.isfinite(degrees) or isinstance(rotation, str | bytes):
            raise TypeError(f"rotation must be a number of degrees, not {rotation!r}")
        turns = int(degrees // 90) + (degrees % 90 >= 45)
        return cls(turns * 90 % 360, bool(flip))

    @classmethod
    def from_exif(cls, tag: int) -> Orientation:
        """From the Exif tag 0x0112 (Exif 2.32, 4.6.4 A); an unknown value is upright."""
        return _EXIF.get(tag, UPRIGHT)

    def then(self, more: Orientation) -> Orientation:
        """This orientation of a frame, oriented further.

        Source: "Add Rotations" of section 9.4.6. After a flip, a clockwise turn of what is seen is
        an anticlockwise turn of what is stored.
        """
        turn = -more.rotation if self.flip else more.rotation
        return Orientation((self.rotation + turn) % 360, self.flip != more.flip)

    def sides(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of something after it is turned, or before."""
        return (height, width) if self.swaps_sides else (width, height)

    @property
    def swaps_sides(self) -> bool:
        """Whether width and height change places."""
        return self.rotation in {90, 270}


UPRIGHT: Final = Orientation()

_EXIF: Final = {
    1: UPRIGHT,
    2: Orientation(0, flip=True),
    3: Orientation(180),
    4: Orientation(180, flip=True),
    5: Orientation(90, flip=True),
    6: Orientation(90),
    7: Orientation(270, flip=True),
    8: Orientation(270),
}
