"""What every source of pixels looks like: a size, a format, and batches of rows."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Protocol, get_args, runtime_checkable

from stripline.errors import InvalidDimensions, InvalidOption, UnsupportedPixels, WrongRowSize

if TYPE_CHECKING:
    from collections.abc import Iterator

PixelFormat = Literal["grey", "rgb", "bgr", "rgba", "bgra", "rgbx", "bgrx", "i420", "nv12", "i444"]
"""How pixels lie in memory, 8 bits a component.

Interleaved: `grey`, `rgb`, `bgr`; with straight alpha `rgba`, `bgra`; with a byte to ignore `rgbx`,
`bgrx`. YCbCr in planes, full range (BT.601 as in JFIF): `i420` (Y, Cb, Cr; chroma halved both
ways), `nv12` (Y, then Cb and Cr interleaved; chroma halved both ways), `i444` (Y, Cb, Cr).
"""

PIXEL_FORMATS: Final[tuple[PixelFormat, ...]] = get_args(PixelFormat)

PIXEL_BYTES: Final[dict[str, int]] = {
    "grey": 1,
    "rgb": 3,
    "bgr": 3,
    "rgba": 4,
    "bgra": 4,
    "rgbx": 4,
    "bgrx": 4,
}
"""Bytes per pixel of the interleaved formats."""

MAX_SIDE_PIXELS: Final = 65_535
"""The largest width and height that a JPEG's frame header can hold (ITU-T T.81, B.2.2).

Decoders built on libjpeg stop at 65,500.
"""


class Rows(NamedTuple):
    """Some consecutive rows of a picture.

    Interleaved formats have one plane. Planar ones have as many as their name says, and come as
    one batch with all rows.
    """

    planes: tuple[memoryview, ...]
    """Flat, contiguous bytes; a plane's first row starts at its first byte."""
    strides: tuple[int, ...]
    """Bytes from one row of a plane to the next; at least a packed row."""
    height: int
    """Rows of pixels, which in a plane of halved chroma are half as many."""
    stable: bool
    """Whether the memory keeps its content until encoding ends. If so, nothing is copied."""


@runtime_checkable
class RowSource(Protocol):
    """Pixels, from top to bottom.

    A source may have two more members: `close()`, called once when it is no longer needed,
    whatever happened; and `metadata`, a `Metadata` with what the picture brings along.
    """

    @property
    def width(self) -> int:
        """Pixels in a row."""

    @property
    def height(self) -> int | None:
        """Rows, or None if that is not known before they end."""

    @property
    def format(self) -> PixelFormat:
        """How the pixels lie in memory."""

    def batches(self, rows: int) -> Iterator[Rows]:
        """Give all rows, once. Batches of `rows` rows suit the encoder best; any number works."""


def close_source(source: RowSource) -> None:
    """Close a source, if it can be closed."""
    close = getattr(source, "close", None)
    if close is not None:
        close()


def check_side(name: str, pixels: int) -> int:
    """Return `pixels` if a JPEG can have such a side.

    Raises:
        InvalidDimensions: It is not an integer from 1 to 65,535.
    """
    try:
        pixels = index(pixels)
    except TypeError:
        raise InvalidDimensions(f"{name} must be an int, not {type(pixels).__name__}") from None
    if not 1 <= pixels <= MAX_SIDE_PIXELS:
        raise InvalidDimensions(f"{name} is {pixels:,}; a JPEG can have 1 to {MAX_SIDE_PIXELS:,}")
    return pixels


def check_format(name: str) -> PixelFormat:
    """Return `name` as a pixel format.

    Raises:
        InvalidOption: There is no such format.
    """
    for known in PIXEL_FORMATS:
        if name == known:
            return known
    raise InvalidOption(f"unknown pixel format {name!r}; known are {', '.join(PIXEL_FORMATS)}")


def bytes_per_row(width: int, pixel_format: PixelFormat) -> int:
    """Bytes of a packed row.

    Raises:
        UnsupportedPixels: The format has planes, so rows cannot follow each other one by one.
    """
    if pixel_format not in PIXEL_BYTES:
        raise UnsupportedPixels(
            f"{pixel_format} has planes and cannot come row by row; pass a whole PlanarFrame"
        )
    return width * PIXEL_BYTES[pixel_format]


def flat_bytes(data: object) -> memoryview:
    """The bytes of a contiguous buffer, without copying it; a copy of any other buffer.

    Raises:
        UnsupportedPixels: Not a buffer, or one of items other than bytes.
    """
    try:
        view = memoryview(data)  # type: ignore[arg-type]  # what is not a buffer is caught
    except (TypeError, ValueError, BufferError) as error:
        raise UnsupportedPixels(
            f"rows must be bytes-like, not {type(data).__name__} ({error})"
        ) from error
    check_item(view)
    if view.format == "B" and view.ndim == 1 and view.c_contiguous:
        return view
    if view.nbytes and view.c_contiguous:
        return view.cast("B")
    return memoryview(view.tobytes())


def check_item(view: memoryview) -> None:
    """Make sure that a buffer's items are bytes.

    Raises:
        UnsupportedPixels: They are not.
    """
    if view.format not in {"B", "c", "<B", ">B", "=B", "@B"}:
        raise UnsupportedPixels(
            f"pixels are items of type {view.format!r} with {view.itemsize} bytes;"
            " convert them to 8-bit unsigned integers"
        )


def packed_rows(data: object, row_bytes: int) -> Rows:
    """A batch from bytes-like rows that follow each other without gaps.

    It is stable only if it lies in a `bytes` object: any other memory could be written to while
    its rows wait to be encoded.

    Raises:
        UnsupportedPixels: `data` is not a buffer of bytes.
        WrongRowSize: Its size is not a whole number of rows.
    """
    view = flat_bytes(data)
    count, rest = divmod(view.nbytes, row_bytes)
    if rest:
        raise WrongRowSize(view.nbytes, row_bytes)
    return Rows((view,), (row_bytes,), count, isinstance(view.obj, bytes))
