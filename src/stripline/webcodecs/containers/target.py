"""Where a container's bytes go: a file that appears whole or not at all, or an open file object."""

from __future__ import annotations

import io
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["Target", "check_target"]


def check_target(target: object) -> None:
    """Whether a container's bytes can go there.

    Raises:
        TypeError: It is neither a path nor a binary file object with `write`.
    """
    is_file = hasattr(target, "write") and not isinstance(target, io.TextIOBase)
    if not is_file and not isinstance(target, str | os.PathLike):
        raise TypeError(
            "the target must be a path or a file that is open for bytes, not "
            f"{type(target).__name__}"
        )


class Target:
    """What FFmpeg writes into, as it wants it: `write`, `seek`, `tell`, `seekable`.

    A path is written to under a hidden name beside it, and takes its place in one step when it is
    complete and on the disk. What is there but is no regular file (`/dev/stdout`, a named pipe) is
    written to directly, and so is a file object, from its present position on; it stays open.

    FFmpeg does not always pass on what a file object raised, so the first error is kept.

    Args:
        target: A path, or a binary file object with `write`.

    Attributes:
        error: The first exception of the file, None while there is none.
        closed: Whether nothing is to be written any more; PyAV asks before it ends a file itself.

    Raises:
        TypeError: Another kind of object, or a text file.
        OSError: The file cannot be made.
    """

    def __init__(self, target: object) -> None:
        check_target(target)
        self.error: BaseException | None = None
        self.closed = False
        self._path: Path | None = None
        self._temporary: Path | None = None
        self._mode: int | None = None
        if isinstance(target, str | os.PathLike):
            self._path = Path(os.path.realpath(target))
            self._open(self._path)
            return
        self._file = cast("BinaryIO", target)
        seekable = getattr(target, "seekable", None)
        # A file that is open for appending writes to its end wherever it is told to.
        appends = "a" in str(getattr(target, "mode", ""))
        self._can_seek = not appends and seekable is not None and bool(seekable())
        self._start = self._file.tell() if self._can_seek else 0

    def _open(self, path: Path) -> None:
        self._start = 0
        try:
            found = path.stat().st_mode
        except FileNotFoundError:
            found = stat.S_IFREG
        else:
            self._mode = stat.S_IMODE(found)
        self._can_seek = stat.S_ISREG(found)
        if not self._can_seek:
            self._file = path.open("wb")
            return
        self._temporary = path.with_name(f".{os.urandom(8).hex()}.stripline")
        try:
            self._file = self._temporary.open("xb")
        except OSError as error:
            self._temporary = None
            # The first error names a file that the caller has never heard of: it is not kept.
            raise OSError(error.errno, error.strerror, str(path)) from None

    def seekable(self) -> bool:
        """Whether what was written can still be changed."""
        return self._can_seek

    def readable(self) -> bool:
        """It is not."""
        return False

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Buffer) -> int:
        """Write all of `data`; unbuffered files may take it in parts."""
        rest = memoryview(data)
        size = rest.nbytes
        if self.closed or self.error is not None:
            return size
        try:
            while rest:
                rest = rest[self._write_some(rest) :]
        except BaseException as error:
            self.error = error
            raise
        return size

    def _write_some(self, data: memoryview) -> int:
        taken: Any = self._file.write(data if self._path else bytes(data))
        if taken is None and not isinstance(self._file, io.RawIOBase):
            return data.nbytes  # file-like objects often say nothing; they take everything
        if not taken:
            raise BlockingIOError("the target is in non-blocking mode and takes no more")
        return int(taken)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place, counted from where the container began."""
        if self.closed:
            return 0
        if whence == os.SEEK_SET:
            offset += self._start
        return self._file.seek(offset, whence) - self._start

    def tell(self) -> int:
        """The present place, counted from where the container began."""
        return 0 if self.closed else self._file.tell() - self._start

    def raise_error(self) -> None:
        """Raise what the file raised, if it did."""
        if self.error is not None:
            raise self.error

    def commit(self) -> None:
        """All is written: put it on the disk, and a file in its place.

        Raises:
            OSError: That fails. A file is then not there.
        """
        self.closed = True
        if self._path is None:
            flush = getattr(self._file, "flush", None)
            if flush is not None:
                flush()
            return
        with self._file:
            self._file.flush()
            if self._temporary is not None:
                os.fsync(self._file.fileno())
        if self._temporary is not None:
            if self._mode is not None:
                self._temporary.chmod(self._mode)
            self._temporary.replace(self._path)
            self._temporary = None

    def abort(self) -> None:
        """Remove an unfinished file; leave a file object to its owner. Twice is once."""
        self.closed = True
        if self._path is not None:
            with suppress(OSError):  # a full disk may refuse once more
                self._file.close()
        if self._temporary is not None:
            self._temporary.unlink(missing_ok=True)
            self._temporary = None
