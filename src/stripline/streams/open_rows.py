"""From whatever holds pixels to a `RowSource`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from stripline.errors import (
    InvalidDimensions,
    InvalidOption,
    SourceFailed,
    StriplineError,
    UnsupportedFormat,
    UnsupportedPixels,
    describe,
)
from stripline.streams._rows import PIXEL_BYTES, check_format, close_source
from stripline.streams.array import ArrayRows
from stripline.streams.iterator import IteratorRows
from stripline.streams.netpbm import MAGIC_BYTES, NetpbmRows, is_netpbm
from stripline.streams.path import PathRows
from stripline.streams.pillow import PillowRows, is_pillow_image
from stripline.streams.planar import PlanarFrame, plane_shapes
from stripline.streams.raw import FileRows, FlatRows, read_fully

if TYPE_CHECKING:
    from collections.abc import Callable

    from stripline.streams._rows import PixelFormat, RowSource
    from stripline.streams.pillow import PillowImage
    from stripline.streams.raw import Readable


def open_rows(
    source: object,
    *,
    width: int | None = None,
    height: int | None = None,
    pixel_format: PixelFormat | None = None,
) -> RowSource:
    """Make a `RowSource` of whatever holds pixels; `stripline.jpeg.encode` lists what that can be.

    Args:
        source: The pixels.
        width: Pixels in a row: needed where the source does not know, else it must agree.
        height: Rows: the same, but it may stay unknown for files and iterables.
        pixel_format: Layout: the same; the default for iterables and flat bytes is `rgb`.

    Raises:
        StriplineError: UsageError, SourceError or MissingDependency, by cause.
    """
    if pixel_format is not None:
        check_format(pixel_format)
    try:
        rows = _open(source, width, height, pixel_format)
    except StriplineError:
        raise
    except Exception as error:
        raise SourceFailed(0, describe(error)) from error
    if width is not None or height is not None or pixel_format is not None:
        try:
            _check_agreement(rows, width, height, pixel_format)
        except BaseException:
            close_source(rows)
            raise
    return rows


def _open(
    source: object, width: int | None, height: int | None, pixel_format: PixelFormat | None
) -> RowSource:
    if isinstance(source, str | os.PathLike):
        return _open_path(os.fspath(source), width, height, pixel_format)
    view = _view(source)
    if view is not None:
        if view.ndim > 1:
            return ArrayRows(source, pixel_format)
        return _open_flat(view, width, height, pixel_format)
    if hasattr(source, "batches"):
        return cast("RowSource", source)
    if hasattr(source, "read"):
        return _open_file(cast("Readable", source), width, height, pixel_format)
    if is_pillow_image(source):
        return PillowRows(cast("PillowImage", source))
    if isinstance(source, Iterable):
        if width is None:
            raise InvalidOption("rows from an iterable need width=")
        return IteratorRows(source, width, height, pixel_format or "rgb")
    raise UnsupportedPixels(
        f"{type(source).__name__} is none of: path, binary file, array, Pillow image, iterable of"
        " rows, PlanarFrame, RowSource"
    )


def _view(source: object) -> memoryview | None:
    try:
        return memoryview(source)  # type: ignore[arg-type]  # what is not a buffer is caught
    except TypeError:
        return None
    except (ValueError, BufferError) as error:  # a numpy type that has no buffer format
        raise UnsupportedPixels(f"{error}; convert the array to 8-bit unsigned integers") from error


def _open_flat(
    view: memoryview, width: int | None, height: int | None, pixel_format: PixelFormat | None
) -> RowSource:
    if width is None:
        raise InvalidOption("flat bytes need width=; a picture file in memory cannot be decoded")
    if pixel_format is not None and pixel_format not in PIXEL_BYTES:
        if height is None:
            raise InvalidOption(f"{pixel_format} has planes, and needs height=")
        return PlanarFrame.from_packed(view, pixel_format, width, height)
    return FlatRows(view, width, height, pixel_format or "rgb")


def _open_path(
    path: str, width: int | None, height: int | None, pixel_format: PixelFormat | None
) -> RowSource:
    file = Path(path).open("rb")  # noqa: SIM115 - closed by the source that reads it
    try:
        if width is not None and pixel_format is not None:
            return _open_raw(file, width, height, pixel_format, file.close)
        magic = read_fully(file, MAGIC_BYTES)
        if is_netpbm(magic):
            return NetpbmRows(file, magic, file.close)
    except BaseException:
        file.close()
        raise
    file.close()
    return PathRows(path)


def _open_file(
    file: Readable, width: int | None, height: int | None, pixel_format: PixelFormat | None
) -> RowSource:
    if width is not None and pixel_format is not None:
        return _open_raw(file, width, height, pixel_format, None)
    magic = read_fully(file, MAGIC_BYTES)
    if not is_netpbm(magic):
        raise UnsupportedFormat(
            f"the stream begins with {magic!r}, which is not PGM, PPM or PAM (P5, P6, P7); raw rows"
            " need width= and format=, and other formats a path"
        )
    return NetpbmRows(file, magic)


def _open_raw(
    file: Readable,
    width: int,
    height: int | None,
    pixel_format: PixelFormat,
    close: Callable[[], None] | None,
) -> RowSource:
    if pixel_format in PIXEL_BYTES:
        return FileRows(file, width, height, pixel_format, close=close)
    if height is None:
        raise InvalidOption(f"{pixel_format} has planes, and needs height=")
    size = sum(row * rows for row, rows in plane_shapes(pixel_format, width, height))
    frame = PlanarFrame.from_packed(read_fully(file, size), pixel_format, width, height)
    if close is not None:
        close()
    return frame


def _check_agreement(
    rows: RowSource, width: int | None, height: int | None, pixel_format: PixelFormat | None
) -> None:
    for name, told, found in (("width", width, rows.width), ("height", height, rows.height)):
        if told is not None and told != found:
            raise InvalidDimensions(f"{name} was given as {told:,}, but the source has {found}")
    if pixel_format is not None and pixel_format != rows.format:
        raise UnsupportedPixels(f"the source has {rows.format} pixels, not {pixel_format}")
