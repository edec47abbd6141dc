"""A video frame: YCbCr in planes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripline.errors import InvalidDimensions, InvalidOption, UnsupportedPixels
from stripline.streams._rows import PixelFormat, Rows, check_format, check_side, flat_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def plane_shapes(pixel_format: PixelFormat, width: int, height: int) -> tuple[tuple[int, int], ...]:
    """Bytes in a packed row and number of rows, for each plane.

    Raises:
        InvalidOption: The format has no planes.
    """
    half_width, half_height = (width + 1) // 2, (height + 1) // 2
    shapes = {
        "i420": ((width, height), (half_width, half_height), (half_width, half_height)),
        "nv12": ((width, height), (2 * half_width, half_height)),
        "i444": ((width, height),) * 3,
    }
    if pixel_format not in shapes:
        raise InvalidOption(f"{pixel_format} has no planes; known are {', '.join(shapes)}")
    return shapes[pixel_format]


class PlanarFrame:
    """A whole frame of YCbCr in planes, full range: a video frame without conversion.

    Args:
        pixel_format: `i420` (Y, Cb, Cr), `nv12` (Y, interleaved Cb and Cr) or `i444` (Y, Cb, Cr).
        width: Pixels in a row of Y.
        height: Rows of Y.
        planes: One bytes-like object for each plane; not changed, and not to be changed until
            encoding ends. Halved chroma of an odd side is rounded up.
        strides: Bytes from one row to the next for each plane; packed rows if not given.

    Raises:
        InvalidDimensions: A side outside 1 to 65,535, or a plane or stride too small for it.
        InvalidOption: A format without planes, or not as many planes or strides as it has.
        UnsupportedPixels: A plane that is not contiguous bytes.
    """

    def __init__(
        self,
        pixel_format: PixelFormat,
        width: int,
        height: int,
        planes: Sequence[object],
        strides: Sequence[int] | None = None,
    ) -> None:
        self.width = check_side("width", width)
        self.height = check_side("height", height)
        self.format: PixelFormat = check_format(pixel_format)
        shapes = plane_shapes(self.format, width, height)
        if strides is None:
            strides = [row_bytes for row_bytes, _ in shapes]
        if len(planes) != len(shapes) or len(strides) != len(shapes):
            raise InvalidOption(
                f"{self.format} has {len(shapes)} planes;"
                f" got {len(planes)} planes and {len(strides)} strides"
            )
        views = tuple(_plane_view(plane) for plane in planes)
        for index, (view, stride, (row_bytes, rows)) in enumerate(
            zip(views, strides, shapes, strict=True)
        ):
            needed = stride * (rows - 1) + row_bytes
            if stride < row_bytes or view.nbytes < needed:
                raise InvalidDimensions(
                    f"plane {index} of {self.format} at {width:,}x{height:,} needs rows of"
                    f" {row_bytes:,} bytes and, with a stride of {stride:,}, {needed:,} bytes;"
                    f" it has {view.nbytes:,}"
                )
        self._rows = Rows(views, tuple(strides), height, stable=True)

    @classmethod
    def from_packed(
        cls, data: object, pixel_format: PixelFormat, width: int, height: int
    ) -> PlanarFrame:
        """Make a frame from planes that follow each other in one buffer, without gaps.

        Raises:
            InvalidDimensions: The buffer's size is not what the frame needs, or a side is invalid.
            InvalidOption: The format has no planes.
            UnsupportedPixels: Not a contiguous buffer of bytes.
        """
        check_side("width", width)
        check_side("height", height)
        view = _plane_view(data)
        sizes = [row_bytes * rows for row_bytes, rows in plane_shapes(pixel_format, width, height)]
        if view.nbytes != sum(sizes):
            raise InvalidDimensions(
                f"{pixel_format} at {width:,}x{height:,} is {sum(sizes):,} bytes;"
                f" got {view.nbytes:,}"
            )
        starts = [sum(sizes[:index]) for index in range(len(sizes))]
        planes = [view[start : start + size] for start, size in zip(starts, sizes, strict=True)]
        return cls(pixel_format, width, height, planes)

    def batches(self, rows: int) -> Iterator[Rows]:  # noqa: ARG002 - the whole frame is here already
        """Give the frame as one batch."""
        yield self._rows


def _plane_view(plane: object) -> memoryview:
    view = flat_bytes(plane)
    # A copy would hide writes to the original and cost what planes are there to save.
    if not memoryview(plane).c_contiguous:  # type: ignore[arg-type]  # flat_bytes made sure
        raise UnsupportedPixels("planes must be contiguous; give the rows' distance as stride")
    return view
