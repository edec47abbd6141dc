"""The boxes that AVIF and HEIC files are made of: ISO/IEC 14496-12, 4.2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stripline.image.headers.header import Header

_MAX_BOXES: Final = 20_000  # in one other: a list of items has one for each tile


class Box(NamedTuple):
    """One box: its kind, and where its content begins and ends."""

    kind: bytes
    start: int
    end: int


def children(header: Header, at: int, end: int | None) -> Iterator[Box]:
    """The boxes from `at` to `end`, or to the end of the file if that is None.

    Raises:
        CorruptImage: A box is shorter than its own head, longer than what it is in, or there are
            too many.
    """
    for _ in range(_MAX_BOXES):
        if end is not None and at + 8 > end:
            return
        head = header.upto(at, 16)
        if len(head) < 8:
            if end is None:
                return
            raise header.cut_short(at, 8)
        size, head_bytes = int.from_bytes(head[:4], "big"), 8
        if size == 1:
            size, head_bytes = int.from_bytes(head[8:16], "big"), 16
        elif size == 0:  # to the end
            size = (end if end is not None else header.size or at + (1 << 62)) - at
        if size < head_bytes or (end is not None and at + size > end):
            raise header.corrupt(f"a box {head[4:8]!r} of {size:,} bytes", at)
        yield Box(head[4:8], at + head_bytes, at + size)
        at += size
    raise header.corrupt(f"more than {_MAX_BOXES:,} boxes", at)


class Fields:
    """The content of a box, field after field.

    Args:
        header: The file.
        box: The box; no field may go over its end.
    """

    __slots__ = ("_end", "_header", "at", "flags")

    def __init__(self, header: Header, box: Box) -> None:
        self._header = header
        self._end = box.end
        self.at = box.start
        self.flags = 0

    def take(self, size: int) -> bytes:
        """The next `size` bytes.

        Raises:
            CorruptImage: The box or the file ends before.
        """
        at = self.at
        self.skip(size)
        return self._header.take(at, size)

    def number(self, size: int) -> int:
        """The next number, of `size` bytes."""
        return int.from_bytes(self.take(size), "big")

    def skip(self, size: int) -> None:
        """Leave out `size` bytes."""
        if self.at + size > self._end:
            raise self._header.corrupt("a box that is shorter than what must be in it", self.at)
        self.at += size

    def version(self) -> int:
        """The version of a full box; its flags are kept."""
        version, *flags = self.take(4)
        self.flags = int.from_bytes(bytes(flags), "big")
        return version
