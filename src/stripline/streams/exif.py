"""What in EXIF goes with the pixels: their orientation, and a thumbnail of them.

EXIF is a TIFF structure (TIFF 6.0, section 2): a byte order, the offset of a directory (IFD0), and
in it entries of twelve bytes: tag, type, count, value or offset. Orientation is tag 0x0112, one
16-bit number from 1 (upright) to 8. The directory after IFD0 (IFD1) describes the thumbnail: a JPEG
at the offset of tag 0x0201, 0x0202 bytes long, or strips at those of 0x0111 and 0x0117.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

EXIF_PREFIX: Final = b"Exif\0\0"
UPRIGHT: Final = 1

_ORIENTATION_TAG: Final = 0x0112
_THUMBNAIL_PLACES: Final = {0x0201: 0x0202, 0x0111: 0x0117}
_TYPE_SHORT: Final = 3
_TYPE_LONG: Final = 4
_ENTRY_BYTES: Final = 12
_MAX_STRIPS: Final = 4_096  # of a thumbnail; one is usual


class _Directory(NamedTuple):
    start: int
    order: str  # as struct writes it: "<" or ">"
    entries: list[bytes]
    rest: bytes  # offset of the next directory
    orientation_at: int | None  # of the entry, from the start of the TIFF structure


def orientation(exif: bytes) -> int:
    """The orientation, 1 to 8; 1 if there is none, or none that can be read."""
    tiff = exif.removeprefix(EXIF_PREFIX)
    directory = _directory(tiff)
    if directory is None or directory.orientation_at is None:
        return UPRIGHT
    _, kind, count, value = struct.unpack_from(
        f"{directory.order}HHIH", tiff, directory.orientation_at
    )
    return value if kind == _TYPE_SHORT and count == 1 and 1 <= value <= 8 else UPRIGHT


def minimal_exif(value: int) -> bytes:
    """EXIF that says the orientation and nothing else."""
    return b"MM\0\x2a" + struct.pack(">IH", 8, 1) + _entry(">", value) + bytes(4)


def with_orientation(exif: bytes | None, value: int) -> bytes | None:
    """The same EXIF with another orientation; as it is if it says so already.

    EXIF that cannot be read is replaced by the orientation alone if that is not 1, else left as it
    is.
    """
    if (orientation(exif) if exif else UPRIGHT) == value:
        return exif
    tiff = (exif or b"").removeprefix(EXIF_PREFIX)
    directory = _directory(tiff)
    if directory is None:
        return minimal_exif(value)
    entry = _entry(directory.order, value)
    if directory.orientation_at is not None:
        at = directory.orientation_at
        return tiff[:at] + entry + tiff[at + _ENTRY_BYTES :]
    # A longer directory goes to the end (at an even offset), so that no other offset changes.
    tiff += bytes(len(tiff) % 2)
    entries = sorted(
        [*directory.entries, entry],
        key=lambda raw: struct.unpack_from(f"{directory.order}H", raw)[0],
    )
    where = struct.pack(f"{directory.order}I", len(tiff))
    count = struct.pack(f"{directory.order}H", len(entries))
    return tiff[:4] + where + tiff[8:] + count + b"".join(entries) + directory.rest


def without_thumbnail(exif: bytes) -> bytes:
    """The same EXIF without its thumbnail: the directory of it, and its pixels.

    Nothing else moves. What stood at the end is cut off, what stood elsewhere becomes zeros. EXIF
    without a thumbnail, or that cannot be read, is left as it is.
    """
    prefix = EXIF_PREFIX if exif.startswith(EXIF_PREFIX) else b""
    tiff = bytearray(exif.removeprefix(EXIF_PREFIX))
    first = _directory(bytes(tiff))
    if first is None:
        return exif
    link = first.start + 2 + len(first.entries) * _ENTRY_BYTES
    (second_at,) = struct.unpack(f"{first.order}I", first.rest)
    if second_at == 0 or link + 4 > len(tiff):
        return exif
    tiff[link : link + 4] = bytes(4)
    second = _directory(bytes(tiff), second_at)
    if second is not None:
        size = 2 + len(second.entries) * _ENTRY_BYTES + 4
        gaps = [(second_at, size), *_thumbnail_pixels(bytes(tiff), second)]
        # Those of IFD0 itself stay, whatever a broken offset says. Last ones first.
        for start, length in sorted(gaps, reverse=True):
            end = min(start + length, len(tiff))
            if start < link + 4 or end <= start:
                continue
            if end == len(tiff):
                del tiff[start:]
            else:
                tiff[start:end] = bytes(end - start)
    return prefix + bytes(tiff)


def _thumbnail_pixels(tiff: bytes, directory: _Directory) -> list[tuple[int, int]]:
    """Where they are, and how many bytes, as far as the directory can be believed."""
    numbers = {}
    for raw in directory.entries:
        tag, kind, count = struct.unpack_from(f"{directory.order}HHI", raw)
        size = {_TYPE_SHORT: 2, _TYPE_LONG: 4}.get(kind)
        if size is None or not 0 < count <= _MAX_STRIPS:
            continue
        data, at = raw, 8
        if count * size > 4:
            data, at = tiff, *struct.unpack_from(f"{directory.order}I", raw, 8)
        if at + count * size <= len(data):
            code = "H" if size == 2 else "I"
            numbers[tag] = struct.unpack_from(f"{directory.order}{count}{code}", data, at)
    return [
        place
        for where, how_long in _THUMBNAIL_PLACES.items()
        for place in zip(numbers.get(where, ()), numbers.get(how_long, ()), strict=False)
    ]


def _entry(order: str, value: int) -> bytes:
    return struct.pack(f"{order}HHIHH", _ORIENTATION_TAG, _TYPE_SHORT, 1, value, 0)


def _directory(tiff: bytes, start: int | None = None) -> _Directory | None:
    """The directory at `start`, else IFD0; None if the structure is not sound up to there."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return None
    if start is None:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
    if start + 2 > len(tiff):
        return None
    (count,) = struct.unpack_from(f"{order}H", tiff, start)
    end = start + 2 + count * _ENTRY_BYTES
    if end > len(tiff):
        return None
    places = range(start + 2, end, _ENTRY_BYTES)
    entries = [tiff[at : at + _ENTRY_BYTES] for at in places]
    found = [
        at for at in places if struct.unpack_from(f"{order}H", tiff, at)[0] == _ORIENTATION_TAG
    ]
    return _Directory(
        start, order, entries, tiff[end : end + 4].ljust(4, b"\0"), next(iter(found), None)
    )
