"""Rows from a picture file, through libvips."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stripline._vips import Picture
from stripline.streams._rows import PIXEL_BYTES, PixelFormat, Rows, check_side
from stripline.streams.exif import with_orientation
from stripline.streams.metadata import Metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

_FORMAT_OF_BANDS: Final[dict[int, PixelFormat]] = {1: "grey", 3: "rgb", 4: "rgba"}


class PathRows:
    """Rows from a file in any format that libvips reads here, 8-bit grey, sRGB or RGBA.

    The file is decoded as rows are asked for, in the memory that its format needs: a few rows for
    most, the whole picture for progressive JPEG, interlaced PNG, AVIF and SVG. Deeper samples are
    reduced to 8 bits, CMYK and other colour spaces are converted to sRGB. RGB and grey pixels with
    an ICC profile stay as they are, and the profile is in `metadata`.

    Args:
        path: The file.

    Raises:
        CorruptImage: The header is damaged.
        InvalidDimensions: A side of more than 65,535 pixels.
        MissingDependency: pyvips is not installed.
        UnsupportedFormat: Not a format that can be read.
    """

    def __init__(self, path: str) -> None:
        self._picture = Picture(path)
        facts = self._picture.facts
        self.width = check_side("width", facts.width)
        self.height = check_side("height", facts.height)
        self.format = _FORMAT_OF_BANDS[facts.bands]
        # Some decoders turn the picture themselves; what EXIF said before is then wrong.
        self.metadata = Metadata(
            exif=with_orientation(facts.exif, facts.orientation),
            xmp=facts.xmp,
            icc=facts.icc,
            density=facts.dpi,
        )

    def batches(self, rows: int) -> Iterator[Rows]:
        """Decode `rows` rows at a time.

        Raises:
            CorruptImage: The file is damaged, or ends early.
        """
        row_bytes = self.width * PIXEL_BYTES[self.format]
        for top in range(0, self.height, rows):
            count = min(rows, self.height - top)
            pixels = self._picture.fetch(top, count)
            yield Rows((pixels,), (row_bytes,), count, stable=True)

    def close(self) -> None:
        """Let go of the file."""
        self._picture.close()
