"""EXIF in a TIFF file: its tags join those of the first page (TIFF 6.0; EXIF 2.32, 4.6; BigTIFF).

libvips writes no EXIF to TIFF files. EXIF is a TIFF structure itself: the tags of its first
directory go to the first page's, and the directories that these point to (EXIF, GPS) are copied.
All offsets and byte orders change on the way. What camera makers hide in a MakerNote may hold
offsets that nobody else can find, and is copied as it is.
"""

from __future__ import annotations

import struct
from typing import IO, TYPE_CHECKING, Final, NamedTuple

from stripline.streams.exif import EXIF_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterable

_ORDERS: Final = {b"II": "<", b"MM": ">"}
_BIG: Final = 43
# Bytes of one value of each type, and of the numbers it is made of; by type, from 1.
_VALUE_BYTES: Final = (0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4)
_NUMBER_BYTES: Final = (0, 1, 1, 2, 4, 4, 1, 1, 2, 4, 4, 4, 8, 4)
_LONG, _IFD = 4, 13
_EXIF, _GPS, _INTEROPERABILITY = 0x8769, 0x8825, 0xA005
_DIRECTORIES: Final = frozenset({_EXIF, _GPS, _INTEROPERABILITY})
# Tags of a first directory that are about the picture and not about its pixels: description,
# maker, model, software, date, artist, host, copyright; ratings and titles that Windows writes.
_ABOUT: Final = frozenset(
    {0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x013C, 0x8298, _EXIF, _GPS}
    | {0x4746, 0x4749}
    | set(range(0x9C9B, 0x9CA0))
)
_MAX_ENTRIES: Final = 10_000


class _Value(NamedTuple):
    kind: int
    values: int  # how many
    data: bytes  # in the byte order of the structure it was read from


class _Structure:
    """EXIF to read from."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.order = _ORDERS.get(data[:2], "")
        self.sound = bool(self.order) and len(data) >= 8

    def first(self) -> dict[int, _Value]:
        """The tags of the first directory."""
        return self.directory(self._number("I", 4)) if self.sound else {}

    def pointed(self, value: _Value) -> dict[int, _Value]:
        """The tags of the directory that a value points to."""
        if value.kind not in {_LONG, _IFD} or len(value.data) != 4:
            return {}
        return self.directory(struct.unpack(self.order + "I", value.data)[0])

    def directory(self, start: int) -> dict[int, _Value]:
        """Tags that are sound; the rest is left out."""
        found: dict[int, _Value] = {}
        if start + 2 > len(self._data):
            return found
        count = min(self._number("H", start), _MAX_ENTRIES)
        for at in range(start + 2, start + 2 + 12 * count, 12):
            if at + 12 > len(self._data):
                break
            tag, kind, length = struct.unpack_from(self.order + "HHI", self._data, at)
            if 0 < kind < len(_VALUE_BYTES):
                size = length * _VALUE_BYTES[kind]
                where = at + 8 if size <= 4 else self._number("I", at + 8)
                if where + size <= len(self._data):
                    found[tag] = _Value(kind, length, self._data[where : where + size])
        return found

    def _number(self, kind: str, at: int) -> int:
        number: int = struct.unpack_from(self.order + kind, self._data, at)[0]
        return number


class _Page:
    """The first page of a TIFF file, to whose end is written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        file.seek(0)
        header = file.read(16)
        self.order = _ORDERS[header[:2]]
        big = struct.unpack_from(self.order + "H", header, 2)[0] == _BIG
        self._count, self._entry, self._word = ("Q", "HHQ", "Q") if big else ("H", "HHI", "I")
        self._word_bytes, self._pointer_at = (8, 8) if big else (4, 4)
        self._entry_bytes = struct.calcsize(self.order + self._entry) + self._word_bytes
        start = struct.unpack_from(self.order + self._word, header, self._pointer_at)[0]
        file.seek(start)
        (count,) = struct.unpack(
            self.order + self._count, file.read(struct.calcsize(self.order + self._count))
        )
        raw = file.read(count * self._entry_bytes)
        self._next = file.read(self._word_bytes)
        self._entries = {
            struct.unpack_from(self.order + "H", raw, at)[0]: raw[at : at + self._entry_bytes]
            for at in range(0, len(raw), self._entry_bytes)
        }

    def add(self, structure: _Structure) -> None:
        """Put tags into the page's directory, which is written anew."""
        values = {tag: value for tag, value in structure.first().items() if tag in _ABOUT}
        entries = self._encoded(structure, values) | self._entries
        where = self._directory(entries.items(), self._next)
        self._file.seek(self._pointer_at)
        self._file.write(struct.pack(self.order + self._word, where))

    def _encoded(self, structure: _Structure, values: dict[int, _Value]) -> dict[int, bytes]:
        entries = {}
        for tag, value in values.items():
            kind, count, data = value
            if tag in _DIRECTORIES:
                # An interoperability directory is the deepest there is: no more than two levels.
                inner = {
                    number: found
                    for number, found in structure.pointed(value).items()
                    if number not in _DIRECTORIES or (tag, number) == (_EXIF, _INTEROPERABILITY)
                }
                if not inner:
                    continue
                encoded = self._encoded(structure, inner)
                where = self._directory(encoded.items(), bytes(self._word_bytes))
                kind, count, data = _LONG, 1, struct.pack(self.order + "I", where)
            elif structure.order != self.order:
                data = _swapped(data, _NUMBER_BYTES[kind])
            if len(data) > self._word_bytes:
                data = struct.pack(self.order + self._word, self._append(data))
            entries[tag] = struct.pack(self.order + self._entry, tag, kind, count) + data.ljust(
                self._word_bytes, b"\0"
            )
        return entries

    def _directory(self, entries: Iterable[tuple[int, bytes]], following: bytes) -> int:
        rows = [row for _, row in sorted(entries)]
        count = struct.pack(self.order + self._count, len(rows))
        return self._append(count + b"".join(rows) + following)

    def _append(self, data: bytes) -> int:
        end = self._file.seek(0, 2)
        self._file.write(bytes(-end % 8) + data)
        return end + -end % 8


def add_exif(file: IO[bytes], exif: bytes) -> None:
    """Add what EXIF says about the picture to the first page of a TIFF file.

    Args:
        file: A TIFF or BigTIFF file, open for reading and writing.
        exif: A TIFF structure, with or without its prefix. What cannot be read of it is left out.
    """
    structure = _Structure(exif.removeprefix(EXIF_PREFIX))
    if structure.sound:
        _Page(file).add(structure)


def _swapped(data: bytes, size: int) -> bytes:
    return b"".join(data[at : at + size][::-1] for at in range(0, len(data), size))
