"""Where bytes go: memory, a file that appears whole or not at all, an open file object."""

from __future__ import annotations

import io
import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol, cast, runtime_checkable

from stripline.errors import InvalidOption

if TYPE_CHECKING:
    from typing_extensions import Buffer


@runtime_checkable
class Sink(Protocol):
    """Takes bytes in order, then `commit`; or `abort`, if anything failed, `commit` included.

    Methods raise whatever error the place has; the encoder makes it a `SinkFailed`.
    """

    @property
    def can_patch(self) -> bool:
        """Whether bytes that were written can still be replaced."""

    def write(self, data: Buffer) -> None:
        """Take all of `data`, bytes-like, whose memory is used again once nobody holds it."""

    def patch(self, offset: int, data: bytes) -> None:
        """Replace bytes that were written, `offset` bytes from the first one."""

    def commit(self) -> None:
        """Everything is written: make it last."""

    def abort(self) -> None:
        """Something failed: leave nothing behind, as far as that is possible."""


MARK_DIGITS: Final = 8
_HIDDEN: Final = re.compile(r"\.([0-9a-f]{8})[0-9a-f]{8}\.stripline")


class MemorySink:
    """Keeps what is written; `getvalue` gives it without another copy."""

    can_patch = True

    def __init__(self) -> None:
        # Pieces are copied as they come and let go of, so that the memory they lie in is used
        # again while it is warm: keeping and joining them costs half as much as encoding.
        self._file = io.BytesIO()

    def write(self, data: Buffer) -> None:
        """Append `data`."""
        self._file.write(data)

    def patch(self, offset: int, data: bytes) -> None:
        """Replace bytes."""
        self._file.seek(offset)
        self._file.write(data)
        self._file.seek(0, os.SEEK_END)

    def commit(self) -> None:
        """Nothing to do: the bytes are there."""

    def abort(self) -> None:
        """Forget everything."""
        self._file = io.BytesIO()

    def getvalue(self) -> bytes:
        """All bytes that were written."""
        return self._file.getvalue()


class FileSink:
    """A file that appears, or replaces another, only when it is complete.

    Bytes go to a hidden file beside the target, which then takes the target's place in one step;
    after a crash the target is the old file or the whole new one. Permissions are those of the
    file that is replaced, or of any new file. A symbolic link stays, and what it points to is
    replaced. What is not a regular file (`/dev/stdout`, a named pipe) is written to directly.

    Args:
        path: The target; its directory must exist and be writable.
        mode: Permissions of the file if it replaces none; None for those of any new file.
        mark: 8 hexadecimal digits by which `mark_of` tells the hidden file from others, should the
            process be killed before it is gone; empty for random ones.

    Raises:
        OSError: The file cannot be made.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, mode: int | None = None, mark: str = ""
    ) -> None:
        self._target = Path(os.path.realpath(path))
        self._temporary: Path | None = None
        self._mode = mode
        try:
            found = self._target.stat().st_mode
        except FileNotFoundError:
            found = stat.S_IFREG
        else:
            self._mode = stat.S_IMODE(found)
        self.can_patch = stat.S_ISREG(found)
        if self.can_patch:
            # The name is kept before the file is made, so that no interrupt can separate them. It
            # does not grow with the target's, which may have the longest name there is.
            self._temporary = self._target.with_name(_hidden_name(mark))
        try:
            self._file: BinaryIO = (self._temporary or self._target).open(
                "xb" if self.can_patch else "wb"
            )
        except BaseException as error:
            self._remove()
            if isinstance(error, OSError):  # it names a file that the caller has never heard of
                raise OSError(error.errno, error.strerror, str(self._target)) from error
            raise

    def write(self, data: Buffer) -> None:
        """Append `data`."""
        self._file.write(data)

    def patch(self, offset: int, data: bytes) -> None:
        """Replace bytes."""
        self._file.seek(offset)
        self._file.write(data)
        self._file.seek(0, os.SEEK_END)

    def commit(self) -> None:
        """Put the file on the disk, then in its place."""
        with self._file:
            self._file.flush()
            if self._temporary is not None:
                os.fsync(self._file.fileno())
        if self._temporary is not None:
            if self._mode is not None:
                self._temporary.chmod(self._mode)
            self._temporary.replace(self._target)
            self._temporary = None

    def abort(self) -> None:
        """Remove what was written; what stood there before stays as it was."""
        with suppress(OSError):  # a full disk may refuse once more; the first refusal is reported
            self._file.close()
        self._remove()

    def _remove(self) -> None:
        if self._temporary is not None:
            self._temporary.unlink(missing_ok=True)
            self._temporary = None


def _hidden_name(mark: str) -> str:
    mark = mark or os.urandom(MARK_DIGITS // 2).hex()
    return f".{mark}{os.urandom(MARK_DIGITS // 2).hex()}.stripline"


def mark_of(name: str) -> str | None:
    """The mark of a `FileSink`'s hidden file; None of any other file."""
    found = _HIDDEN.fullmatch(name)
    return None if found is None else found[1]


class Writable(Protocol):
    """A binary file, as far as it must be one."""

    def write(self, data: bytes, /) -> object:
        """Take `data`; return how much of it was taken, or None for all."""


class StreamSink:
    """An open binary file object, from its present position on. It stays open.

    Whether it can be patched is what its `seekable()` says, except for files opened for appending,
    which write at their end wherever they are told to. After a failure what was written remains:
    the file object is its owner's.

    Args:
        stream: Anything with a `write` that takes bytes.
    """

    def __init__(self, stream: Writable) -> None:
        self._stream = cast("BinaryIO", stream)  # the rest of it is used if it is there
        seekable = getattr(stream, "seekable", None)
        appends = "a" in str(getattr(stream, "mode", ""))
        self.can_patch = not appends and seekable is not None and bool(seekable())
        self._start = self._stream.tell() if self.can_patch else 0

    def write(self, data: Buffer) -> None:
        """Write all of `data`; unbuffered files may take it in parts."""
        # Real files take memory as it is; what others make of it is not known.
        is_file = isinstance(self._stream, io.IOBase)
        rest = memoryview(data).cast("B") if is_file else bytes(data)
        while True:
            taken = cast("int | None", self._stream.write(rest))
            if taken is None and not isinstance(self._stream, io.RawIOBase):
                return  # file-like objects often say nothing; they take everything
            if taken == len(rest):
                return
            if not taken:
                raise BlockingIOError("the target is in non-blocking mode and takes no more")
            rest = rest[taken:]

    def patch(self, offset: int, data: bytes) -> None:
        """Replace bytes."""
        end = self._stream.tell()
        self._stream.seek(self._start + offset)
        self.write(data)
        self._stream.seek(end)

    def commit(self) -> None:
        """Flush, so that errors show now."""
        flush = getattr(self._stream, "flush", None)
        if flush is not None:
            flush()

    def abort(self) -> None:
        """Leave the stream to its owner."""


def open_sink(target: object) -> Sink:
    """Make a sink of a path, a binary file object or a `Sink`.

    Raises:
        InvalidOption: Another kind of object, or a text stream.
        OSError: The file cannot be made.
    """
    if isinstance(target, str | os.PathLike):
        return FileSink(target)
    if isinstance(target, Sink):
        return target
    if isinstance(target, io.TextIOBase):
        raise InvalidOption("the target takes text; open it in binary mode")
    if hasattr(target, "write"):
        return StreamSink(cast("Writable", target))
    raise InvalidOption(
        f"target must be a path or a binary file object, not {type(target).__name__}"
    )
