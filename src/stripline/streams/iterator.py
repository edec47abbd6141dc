"""Rows from any iterable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripline.streams._rows import (
    PixelFormat,
    Rows,
    bytes_per_row,
    check_side,
    packed_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class IteratorRows:
    """Rows from an iterable of bytes-like batches, each any whole number of packed rows.

    A batch may be reused by its maker as soon as the next one is asked for: it is copied, unless
    it is a `bytes` object, which nobody can change.

    Args:
        batches: The rows; closed at the end if it is a generator or has another `close`.
        width: Pixels in a row.
        height: Rows, or None if it is not known.
        pixel_format: Any interleaved format.

    Raises:
        InvalidDimensions: A side outside 1 to 65,535.
        UnsupportedPixels: A format with planes.
    """

    def __init__(
        self,
        batches: Iterable[object],
        width: int,
        height: int | None,
        pixel_format: PixelFormat = "rgb",
    ) -> None:
        self.width = check_side("width", width)
        self.height = None if height is None else check_side("height", height)
        self.format: PixelFormat = pixel_format
        self._row_bytes = bytes_per_row(width, pixel_format)
        self._batches = batches

    def batches(self, rows: int) -> Iterator[Rows]:  # noqa: ARG002 - the maker chose already
        """Give the batches as they come."""
        # What is closed later is the iterator: an iterable may make a generator for each loop.
        self._batches = iter(self._batches)
        for batch in self._batches:
            yield packed_rows(batch, self._row_bytes)

    def close(self) -> None:
        """Close the iterator, if it can be closed."""
        close = getattr(self._batches, "close", None)
        if close is not None:
            close()
