"""Where a container is read from: a path, bytes, or an open file object."""

from __future__ import annotations

import errno
import io
import os
from typing import BinaryIO, cast

__all__ = ["Source"]


class Source:
    """What FFmpeg reads from, as it wants it: `read`, `seek`, `tell`, `seekable`.

    FFmpeg never gets the name of a path, so nothing that looks like an address is opened. It does
    not always pass on what a file object raised, so the first error is kept.

    Args:
        source: A path, a bytes-like object, or a binary file object with `read`, which stays open.

    Attributes:
        error: The first exception of the file, None while there is none.
        name: What to call it.

    Raises:
        TypeError: Another kind of object, or a text file.
        OSError: The file cannot be opened.
    """

    def __init__(self, source: object) -> None:
        self.error: BaseException | None = None
        self.name = "the source"
        self._own = True
        if isinstance(source, str | os.PathLike):
            self.name = os.fsdecode(source)
            self._file: BinaryIO = open(source, "rb")  # noqa: PTH123, SIM115 - closed by `close`
        elif isinstance(source, bytes | bytearray | memoryview):
            self._file = io.BytesIO(source)
        elif hasattr(source, "read") and not isinstance(source, io.TextIOBase):
            self._file, self._own = cast("BinaryIO", source), False
        else:
            raise TypeError(
                "the source must be a path, bytes or a file that is open for bytes, not "
                f"{type(source).__name__}"
            )
        seekable = getattr(self._file, "seekable", None)
        self._can_seek = seekable is not None and bool(seekable())

    def seekable(self) -> bool:
        """Whether any place can be gone to."""
        return self._can_seek

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int) -> bytes:
        """Up to so many bytes; none at the end."""
        try:
            return memoryview(self._file.read(size)).tobytes()
        except BaseException as error:
            self.error = self.error or error
            raise

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place.

        Raises:
            ValueError: It is before the beginning, as FFmpeg tries with empty files.
        """
        try:
            return self._file.seek(offset, whence)
        except OSError as error:
            if error.errno == errno.EINVAL:
                raise ValueError(f"no place in {self.name}: {offset}") from error
            raise

    def tell(self) -> int:
        """The present place."""
        return self._file.tell()

    def raise_error(self) -> None:
        """Raise what the file raised, if it did."""
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        """Close the file, if it was opened here."""
        if self._own:
            self._file.close()
