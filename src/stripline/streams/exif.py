"""The one thing in EXIF that changes how a picture looks: its orientation.

EXIF is a TIFF structure (TIFF 6.0, section 2): a byte order, the offset of a directory (IFD0), and
in it entries of twelve bytes: tag, type, count, value or offset. Orientation is tag 0x0112, one
16-bit number from 1 (upright) to 8.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

EXIF_PREFIX: Final = b"Exif\0\0"
UPRIGHT: Final = 1

_ORIENTATION_TAG: Final = 0x0112
_TYPE_SHORT: Final = 3
_ENTRY_BYTES: Final = 12


class _Directory(NamedTuple):
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


def _entry(order: str, value: int) -> bytes:
    return struct.pack(f"{order}HHIHH", _ORIENTATION_TAG, _TYPE_SHORT, 1, value, 0)


def _directory(tiff: bytes) -> _Directory | None:
    """IFD0, or None if the structure is not sound up to there."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return None
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
    return _Directory(order, entries, tiff[end : end + 4].ljust(4, b"\0"), next(iter(found), None))
