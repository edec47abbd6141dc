"""Raw rows, packed and without a header: flat memory, and files or pipes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from stripline.errors import TooFewRows, TooManyRows, UnsupportedPixels, WrongRowSize
from stripline.streams._rows import PixelFormat, Rows, bytes_per_row, check_side, flat_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Readable(Protocol):
    """A binary file, as far as it matters here."""

    def read(self, size: int, /) -> object:
        """Up to `size` bytes; none at the end."""


class FlatRows:
    """Packed rows in one buffer, which must not be changed until encoding ends.

    Args:
        data: Flat bytes.
        width: Pixels in a row.
        height: Rows; what the size gives, if it is None.
        pixel_format: Any interleaved format.

    Raises:
        InvalidDimensions: A side outside 1 to 65,535.
        TooFewRows: Less than `height` rows.
        TooManyRows: More than `height` rows.
        UnsupportedPixels: A format with planes, or items that are not bytes.
        WrongRowSize: Not a whole number of rows.
    """

    def __init__(
        self, data: object, width: int, height: int | None, pixel_format: PixelFormat
    ) -> None:
        view = flat_bytes(data)
        self.width = check_side("width", width)
        self.format: PixelFormat = pixel_format
        size = bytes_per_row(width, pixel_format)
        count, rest = divmod(view.nbytes, size)
        if rest:
            raise WrongRowSize(view.nbytes, size)
        self.height = check_side("height", count if height is None else height)
        if count < self.height:
            raise TooFewRows(count, self.height)
        if count > self.height:
            raise TooManyRows(count, self.height)
        self._rows = Rows((view,), (size,), count, stable=True)

    def batches(self, rows: int) -> Iterator[Rows]:  # noqa: ARG002 - everything is here already
        """Give all rows at once."""
        yield self._rows


class FileRows:
    """Packed rows from an open binary file, which may be a pipe.

    Args:
        file: Anything with a `read` that gives bytes.
        width: Pixels in a row.
        height: Rows, or None to read until the file ends.
        pixel_format: Any interleaved format.
        to_the_end: Whether anything after the last row is an error.
        close: Called at the end, if the file is to be closed then.

    Raises:
        InvalidDimensions: A side outside 1 to 65,535.
        UnsupportedPixels: A format with planes.
    """

    def __init__(
        self,
        file: Readable,
        width: int,
        height: int | None,
        pixel_format: PixelFormat,
        *,
        to_the_end: bool = True,
        close: Callable[[], None] | None = None,
    ) -> None:
        self.width = check_side("width", width)
        self.height = None if height is None else check_side("height", height)
        self.format: PixelFormat = pixel_format
        self._file = file
        self._row_bytes = bytes_per_row(width, pixel_format)
        self._to_the_end = to_the_end
        self._close = close

    def batches(self, rows: int) -> Iterator[Rows]:
        """Read `rows` rows at a time.

        Raises:
            TooManyRows: The file goes on after the last row.
            WrongRowSize: The height is unknown, and the file ends within a row.
        """
        size = self._row_bytes
        missing = self.height
        while missing is None or missing > 0:
            wanted = rows if missing is None else min(rows, missing)
            data = read_fully(self._file, wanted * size)
            count, rest = divmod(len(data), size)
            if rest and missing is None:
                raise WrongRowSize(len(data), size)
            if count:
                yield Rows((memoryview(data),), (size,), count, stable=True)
            if count < wanted:  # the encoder knows whether that is too early
                return
            missing = None if missing is None else missing - count
        if self._to_the_end and self.height is not None and self._file.read(1):
            raise TooManyRows(self.height + 1, self.height)

    def close(self) -> None:
        """Close the file, if it is this object's."""
        if self._close is not None:
            self._close()


def read_fully(file: Readable, size: int) -> bytes:
    """Read `size` bytes; less only if the file ends before.

    Raises:
        BlockingIOError: The file is in non-blocking mode and has nothing now.
        UnsupportedPixels: The file gives text.
    """
    parts: list[bytes] = []
    missing = size
    while missing:
        part = file.read(missing)
        if part is None:
            raise BlockingIOError("the source is in non-blocking mode and has nothing now")
        if not isinstance(part, bytes):
            raise UnsupportedPixels("the source gives text; open it in binary mode")
        if not part:
            break
        parts.append(part)
        missing -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
