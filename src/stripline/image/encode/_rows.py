"""A libvips image as a source of rows for our own encoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from stripline._vips import library, vips_errors
from stripline.streams import PIXEL_BYTES, PixelFormat, Rows, check_side

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stripline.image.picture import Pixels

_FORMAT_OF_BANDS: Final[dict[int, PixelFormat]] = {1: "grey", 3: "rgb", 4: "rgba"}

# Few rows keep the caches between libvips' operations warm and small. On 17 megapixels from JPEG,
# 16 to 64 rows took 71 to 75 % of the time that the whole picture at once did, 8 took 78 %, 256
# took 85 %; scaled to 0.9 of its size, 89 to 92 %.
_BATCH_ROWS: Final = 32
# A small picture comes whole: for 800 x 600 scaled from 4 megapixels that took 63.6 ms in place of
# 66.8, because libvips then chooses the order of the work.
_WHOLE_BYTES: Final = 8 << 20


class PictureRows:
    """Rows of 8-bit grey, RGB or RGBA, computed as they are asked for, in order, once.

    Args:
        pixels: The image.

    Raises:
        InvalidDimensions: A side of more than 65,535 pixels.
        CorruptImage: From `batches`: the source is damaged.
    """

    def __init__(self, pixels: Pixels) -> None:
        self.width = check_side("width", pixels.width)
        self.height = check_side("height", pixels.height)
        self.format: PixelFormat = _FORMAT_OF_BANDS[pixels.bands]
        self._pixels: Any = pixels

    def batches(self, rows: int) -> Iterator[Rows]:  # noqa: ARG002 - see _BATCH_ROWS
        """Give a few rows at a time."""
        row_bytes = self.width * PIXEL_BYTES[self.format]
        if row_bytes * self.height <= _WHOLE_BYTES:
            with vips_errors("source"):
                data = self._pixels.write_to_memory()
            yield Rows((memoryview(data).cast("B"),), (row_bytes,), self.height, stable=True)
            return
        region = library().Region.new(self._pixels)
        for top in range(0, self.height, _BATCH_ROWS):
            count = min(_BATCH_ROWS, self.height - top)
            with vips_errors("source"):
                data = region.fetch(0, top, self.width, count)
            yield Rows((memoryview(data),), (row_bytes,), count, stable=True)

    def close(self) -> None:
        """Let go of the image."""
        self._pixels = None
