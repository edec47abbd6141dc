"""Reading here and there in a file, as headers ask for it, with bounds that no header can lift."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stripline.errors import CorruptImage, LimitExceeded, SourceFailed, describe

if TYPE_CHECKING:
    from collections.abc import Callable

    from stripline.streams.raw import Readable

# Enough for the whole header of most files, so that one read does. Cameras put a thumbnail of
# 5 to 20 kB before it, which is skipped.
PREFIX_BYTES: Final = 16_384
# Read at once elsewhere in the file: a page, as the page cache has no less.
_WINDOW_BYTES: Final = 4_096
# Most that a parser may ask for at once, and so the most that is held: of a file with a thousand
# tiles, HEIF's `meta` box has about 100 kB, and the longest directory of a TIFF 1.3 MB.
MAX_FETCH_BYTES: Final = 4 << 20
# Most that is kept of a stream that cannot seek while its header is looked for. libvips and others
# write the directory of a TIFF after the pixels.
MAX_STREAM_BYTES: Final = 64 << 20
# Frames or pages that are counted at most, where the caller sets no limit.
MAX_FRAMES: Final = 100_000


class Header:
    """The bytes of a file, fetched as they are asked for.

    Args:
        fetch: Gives up to as many bytes from an offset on as it is told; fewer only at the end.
        size: Bytes of the file, if known.
        max_frames: Frames that may be counted before `LimitExceeded` is raised.
    """

    __slots__ = ("_fetch", "_start", "_window", "max_frames", "name", "prefix", "size", "window")

    def __init__(
        self,
        fetch: Callable[[int, int], bytes],
        size: int | None = None,
        max_frames: int = MAX_FRAMES,
    ) -> None:
        self._fetch = fetch
        self.prefix = fetch(0, PREFIX_BYTES)
        self._start = 0
        self._window = self.prefix
        self.size = size if len(self.prefix) == PREFIX_BYTES else len(self.prefix)
        self.max_frames = max_frames
        self.name = "file"
        self.window = _WINDOW_BYTES

    def take(self, at: int, size: int) -> bytes:
        """Exactly `size` bytes from `at` on.

        Raises:
            CorruptImage: The file ends before.
        """
        data = self.prefix[at : at + size]
        if len(data) == size:
            return data
        data = self.upto(at, size)
        if len(data) != size:
            raise self.cut_short(at, size)
        return data

    def upto(self, at: int, size: int) -> bytes:
        """The same, but fewer at the end of the file, or none."""
        start = at - self._start
        if start < 0 or start + size > len(self._window):
            if size > MAX_FETCH_BYTES:
                raise self.corrupt(f"a header of {size:,} bytes", at)
            if self.size is not None and at >= self.size:
                return b""
            self._window = self._fetch(at, max(size, self.window))
            self._start, start = at, 0
        return self._window[start : start + size]

    def byte(self, at: int) -> int | None:
        """The byte at `at`; None at the end."""
        start = at - self._start
        if 0 <= start < len(self._window):
            return self._window[start]
        data = self.upto(at, 1)
        return data[0] if data else None

    def count_frame(self, frames: int) -> None:
        """Say that there are so many frames by now.

        Raises:
            LimitExceeded: They are too many.
        """
        if frames > self.max_frames:
            raise LimitExceeded("frames", frames, self.max_frames)

    def corrupt(self, what: str, at: int) -> CorruptImage:
        """An error that says what is wrong in which format, and where."""
        return CorruptImage(f"{self.name}: {what}, at byte {at:,}")

    def cut_short(self, at: int, size: int) -> CorruptImage:
        """The error for a file that ends before a part of its header does."""
        have = "" if self.size is None else f" of {self.size:,} bytes"
        return self.corrupt(f"the file{have} ends within its header, which needs {size:,} more", at)


class PeekedStream:
    """A stream that cannot seek, and that can be probed before it is read.

    What `stripline.image.probe` reads of it is kept, and comes again when it is read: ::

        stream = PeekedStream(socket_file)
        info = probe(stream)
        everything = stream.read()

    Args:
        stream: Anything with a `read` that gives bytes.
    """

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._kept = bytearray()
        self._ended = False

    def peek(self, at: int, size: int) -> bytes:
        """Up to `size` bytes from `at` on, counted from the next byte that `read` gives.

        Raises:
            LimitExceeded: More than 64 MiB would have to be kept.
            SourceFailed: The stream raised, or gave something other than bytes.
        """
        if at + size > MAX_STREAM_BYTES:
            raise LimitExceeded("bytes", at + size, MAX_STREAM_BYTES)
        self._keep(at + size)
        return bytes(self._kept[at : at + size])

    def read(self, size: int = -1, /) -> bytes:
        """The next `size` bytes, or all; fewer only at the end.

        Raises:
            SourceFailed: The stream raised, or gave something other than bytes.
        """
        if size < 0:
            parts = [bytes(self._kept)]
            while not self._ended and (part := self._read(1 << 20)):
                parts.append(part)
            self._kept.clear()
            return b"".join(parts)
        self._keep(size)
        data = bytes(self._kept[:size])
        del self._kept[:size]
        return data

    def _keep(self, size: int) -> None:
        while len(self._kept) < size and not self._ended:
            self._kept += self._read(size - len(self._kept))

    def _read(self, size: int) -> bytes:
        data = read_bytes(self._stream, size)
        self._ended = not data
        return data


def read_bytes(stream: Readable, size: int) -> bytes:
    """Up to `size` bytes, none at the end.

    Raises:
        SourceFailed: The stream raised, or gave something other than bytes.
    """
    try:
        data = stream.read(size)
    except Exception as error:
        raise SourceFailed(0, describe(error)) from error
    if not isinstance(data, bytes | bytearray | memoryview):
        raise SourceFailed(0, f"read() gave {type(data).__name__} in place of bytes")
    return bytes(data)


def read_fully(stream: Readable, size: int) -> bytes:
    """`size` bytes; fewer only at the end.

    Raises:
        SourceFailed: The stream raised, or gave something other than bytes.
    """
    data = read_bytes(stream, size)
    if len(data) >= size or not data:
        return data[:size]
    parts = [data]
    missing = size - len(data)
    while missing > 0 and (part := read_bytes(stream, missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)[:size]
