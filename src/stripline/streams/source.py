"""Where a file's bytes come from: a path, memory, an open file."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol, cast, runtime_checkable

from stripline.errors import InvalidOption, LimitExceeded, SourceFailed, describe

if TYPE_CHECKING:
    from typing_extensions import Buffer

_READ_BYTES: Final = 1 << 20


@runtime_checkable
class Source(Protocol):
    """A whole file that can be read more than once."""

    @property
    def name(self) -> str:
        """What to call it in messages."""

    @property
    def path(self) -> str | None:
        """Where it lies, if it is a local file, so that libraries can open it themselves."""

    def open(self) -> BinaryIO:
        """The file from its first byte on, seekable. Whoever opens it closes it.

        Raises:
            OSError: It cannot be opened.
        """

    def data(self) -> Buffer:
        """All of its bytes, in memory.

        Raises:
            OSError: They cannot be read.
        """


class MemorySource:
    """A file in memory.

    Args:
        data: Its bytes; they are not copied and must not change while they are in use.
        name: What to call it in messages.
    """

    path: Final = None

    def __init__(self, data: Buffer, name: str = "the data") -> None:
        self.name = name
        self._data = data

    def open(self) -> BinaryIO:
        """The bytes as a file."""
        return io.BytesIO(self._data)

    def data(self) -> Buffer:
        """The bytes."""
        return self._data


class FileSource:
    """A local file.

    Args:
        path: Where it lies.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self.name = self.path

    def open(self) -> BinaryIO:
        """Open the file."""
        return Path(self.path).open("rb")

    def data(self) -> bytes:
        """Read the file."""
        return Path(self.path).read_bytes()


def open_source(source: object, max_bytes: int | None = None) -> Source:
    """Make a `Source` of a path, bytes, an open binary file or a `Source`.

    An open file is read to its end here, because pictures may have to be read more than once.

    Args:
        source: Where the bytes are.
        max_bytes: The most that an open file may hold; None for any number.

    Raises:
        InvalidOption: Another kind of object, or a text stream.
        LimitExceeded: An open file goes on after `max_bytes`.
        SourceFailed: An open file cannot be read.
    """
    if isinstance(source, str | os.PathLike):
        return FileSource(source)
    if isinstance(source, Source):
        return source
    if isinstance(source, io.TextIOBase):
        raise InvalidOption("the source gives text; open it in binary mode")
    if hasattr(source, "read"):
        return MemorySource(_read_all(cast("BinaryIO", source), max_bytes))
    try:
        return MemorySource(memoryview(source).cast("B"))  # type: ignore[arg-type]  # see except
    except TypeError:
        raise InvalidOption(
            f"source must be a path, bytes or a binary file, not {type(source).__name__}"
        ) from None


def _read_all(file: BinaryIO, max_bytes: int | None) -> bytes:
    pieces: list[bytes] = []
    total = 0
    try:
        while piece := file.read(_READ_BYTES):
            pieces.append(piece)
            total += len(piece)
            if max_bytes is not None and total > max_bytes:
                raise LimitExceeded("bytes", total, max_bytes)
    except OSError as error:
        raise SourceFailed(0, describe(error)) from error
    return b"".join(pieces)
