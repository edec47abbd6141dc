"""EXIF in an AVIF file, byte by byte as it is (ISO/IEC 14496-12 and 23008-12, annex A).

libvips rewrites EXIF data and adds tags to it. So it is let write what it wants, and the item's
place in the file is then pointed to the right data, which is put at the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from stripline.errors import UnsupportedFormat
from stripline.streams.exif import EXIF_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER_BYTES: Final = 8
_FULL_BOX_BYTES: Final = 4  # version and flags
# Bytes from the number before the TIFF structure to its start.
_TIFF_OFFSET: Final = bytes(4)


class _Box(NamedTuple):
    kind: bytes
    start: int  # of its content
    end: int


class _Reader:
    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at

    def number(self, size: int) -> int:
        self.at += size
        return int.from_bytes(self.data[self.at - size : self.at], "big")


def with_exif(file: bytes, exif: bytes) -> bytes:
    """The same file with `exif` in place of the EXIF data it has.

    Args:
        file: From libheif, with an Exif item.
        exif: A TIFF structure, with or without its prefix.

    Raises:
        UnsupportedFormat: The file is not laid out as libheif does it.
    """
    meta = _find(file, b"meta", 0, len(file))
    inner = meta.start + _FULL_BOX_BYTES
    number = _exif_item(file, _find(file, b"iinf", inner, meta.end))
    places = _find(file, b"iloc", inner, meta.end)
    content = _TIFF_OFFSET + exif.removeprefix(EXIF_PREFIX)
    box = (_HEADER_BYTES + len(content)).to_bytes(4, "big") + b"mdat" + content
    patched = bytearray(file)
    _point(patched, places, number, (len(file) + _HEADER_BYTES, len(content)))
    return bytes(patched) + box


def _boxes(data: bytes, start: int, end: int) -> Iterator[_Box]:
    while start + _HEADER_BYTES <= end:
        size = int.from_bytes(data[start : start + 4], "big")
        if size < _HEADER_BYTES:  # 0 and 1 are for boxes larger than any made here
            return
        yield _Box(data[start + 4 : start + 8], start + _HEADER_BYTES, start + size)
        start += size


def _find(data: bytes, kind: bytes, start: int, end: int) -> _Box:
    for box in _boxes(data, start, end):
        if box.kind == kind:
            return box
    raise UnsupportedFormat(f"the AVIF file that libheif wrote has no {kind.decode()} box")


def _exif_item(file: bytes, items: _Box) -> int:
    """The number of the Exif item."""
    reader = _Reader(file, items.start)
    version = reader.number(1)
    reader.at += 3 + (2 if version == 0 else 4)
    for entry in _boxes(file, reader.at, items.end):
        fields = _Reader(file, entry.start)
        wide = fields.number(1) > 2
        fields.at += 3
        number = fields.number(4 if wide else 2)
        if file[fields.at + 2 : fields.at + 6] == b"Exif":
            return number
    raise UnsupportedFormat("the AVIF file that libheif wrote has no Exif item")


def _point(file: bytearray, places: _Box, wanted: int, extent: tuple[int, int]) -> None:
    """Change where in the file the item `wanted` is."""
    reader = _Reader(bytes(file[: places.end]), places.start)
    version = reader.number(1)
    reader.at += 3
    sizes = reader.number(2)
    offset_size, length_size, base_size, index_size = (sizes >> at & 15 for at in (12, 8, 4, 0))
    wide = 4 if version == 2 else 2
    for _ in range(reader.number(wide)):
        number = reader.number(wide)
        reader.at += (2 if version else 0) + 2
        base_at = reader.at
        reader.at += base_size
        count = reader.number(2)
        for _ in range(count):
            reader.at += index_size
            extent_at = reader.at
            reader.at += offset_size + length_size
        if number == wanted and count == 1 and offset_size and length_size:
            file[base_at : base_at + base_size] = bytes(base_size)
            file[extent_at : extent_at + offset_size] = extent[0].to_bytes(offset_size, "big")
            file[extent_at + offset_size : reader.at] = extent[1].to_bytes(length_size, "big")
            return
    raise UnsupportedFormat("the AVIF file that libheif wrote does not say where its Exif item is")
