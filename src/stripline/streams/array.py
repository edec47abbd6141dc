"""Rows from an array: numpy, or anything else that follows the buffer protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from stripline.errors import UnsupportedPixels
from stripline.streams._rows import (
    PIXEL_BYTES,
    PixelFormat,
    Rows,
    bytes_per_row,
    check_item,
    check_side,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_FORMAT_OF_CHANNELS: dict[int, PixelFormat] = {1: "grey", 3: "rgb", 4: "rgba"}


class ArrayRows:
    """Rows from an array of 8-bit unsigned integers.

    Nothing is copied if the pixels of a row lie side by side and the rows follow each other at
    one distance, as in any array that was not sliced, and in a numpy array cut to a rectangle.
    Any other layout (flipped, every second pixel, channels reversed) is copied strip by strip.

    The array must not be changed until encoding ends.

    Args:
        array: Shaped (height, width), (height, width, 1), (height, width, 3) or
            (height, width, 4).
        pixel_format: What the channels are, if not grey, `rgb` or `rgba`.

    Raises:
        InvalidDimensions: A side outside 1 to 65,535.
        UnsupportedPixels: Another shape or type, or a format with another number of channels.
    """

    def __init__(self, array: object, pixel_format: PixelFormat | None = None) -> None:
        view = memoryview(array)  # type: ignore[arg-type]  # a TypeError says what is wrong
        check_item(view)
        self.format: PixelFormat = _format(view, pixel_format)
        self.height = check_side("height", _shape(view)[0])
        self.width = check_side("width", _shape(view)[1])
        size = bytes_per_row(self.width, self.format)
        self._view, self._row_bytes = view, size
        self._whole: Rows | None = None
        if view.c_contiguous:
            self._whole = Rows((view.cast("B"),), (size,), self.height, stable=True)
        elif _rows_are_packed(view):
            self._whole = _within_owner(array, view, size)

    def batches(self, rows: int) -> Iterator[Rows]:
        """Give all rows at once, or copies of `rows` rows at a time."""
        if self._whole is not None:
            yield self._whole
            return
        for top in range(0, self.height, rows):
            copy = memoryview(self._view[top : top + rows].tobytes())
            count = copy.nbytes // self._row_bytes
            yield Rows((copy,), (self._row_bytes,), count, stable=True)


def _format(view: memoryview, wanted: PixelFormat | None) -> PixelFormat:
    channels = _shape(view)[2] if view.ndim == 3 else 1
    if view.ndim not in {2, 3} or channels not in _FORMAT_OF_CHANNELS:
        raise UnsupportedPixels(
            f"an array of shape {view.shape} is not a picture; convert it to (height, width)"
            " or (height, width, 1, 3 or 4 channels)"
        )
    if wanted is None:
        return _FORMAT_OF_CHANNELS[channels]
    if PIXEL_BYTES.get(wanted) != channels:
        raise UnsupportedPixels(f"an array of shape {view.shape} cannot be {wanted}")
    return wanted


def _shape(view: memoryview) -> tuple[int, ...]:
    return view.shape or ()  # None is for types of buffer that memoryview does not make


def _rows_are_packed(view: memoryview) -> bool:
    """Whether the bytes of each row lie side by side, and rows follow each other downwards."""
    shape, strides = _shape(view), view.strides or ()
    packed = 1
    for length, stride in zip(reversed(shape[1:]), reversed(strides[1:]), strict=True):
        if length > 1 and stride != packed:
            return False
        packed *= length
    return strides[0] >= packed


def _within_owner(array: object, view: memoryview, row_bytes: int) -> Rows | None:
    """The rows as part of the contiguous array that `array` was sliced from, if there is one.

    Only a flat view can be cut at any byte without a copy, and a sliced array has none. The one
    that owns its memory does; numpy calls it `base` and says where both begin.
    """
    height, stride = _shape(view)[0], (view.strides or ())[0]
    owner = getattr(array, "base", None)
    try:
        begin = _address(array) - _address(owner)
        flat = memoryview(owner).cast("B")  # type: ignore[arg-type]  # what is no buffer is caught
    except (AttributeError, BufferError, TypeError, ValueError):
        return None
    end = begin + stride * (height - 1) + row_bytes
    if begin < 0 or end > flat.nbytes:
        return None
    return Rows((flat[begin:end],), (stride,), height, stable=True)


def _address(array: object) -> int:
    interface = cast("Any", array).__array_interface__
    return int(interface["data"][0])
