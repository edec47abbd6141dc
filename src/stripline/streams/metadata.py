"""What a picture file says beside its pixels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Metadata:
    r"""What a picture file says beside its pixels; all of it optional.

    Attributes:
        exif: A TIFF structure, as EXIF has it; the prefix `Exif\0\0` may be there or not.
        xmp: An XMP packet, UTF-8.
        icc: An ICC profile.
        comment: Text for people.
        density: Dots per inch, horizontally and vertically.
    """

    exif: bytes | None = None
    xmp: bytes | None = None
    icc: bytes | None = None
    comment: str | bytes | None = None
    density: tuple[int, int] | None = None
