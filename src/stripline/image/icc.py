"""What an ICC profile says, as far as it decides whether pixels have to be converted.

ICC.1:2022 (profile version 4), sections 7.2 (header), 7.3 (tag table), 10 (tag types).
"""

from __future__ import annotations

import struct
from typing import Final

_HEADER_BYTES: Final = 128
_SIGNATURE: Final = b"acsp"
_MAX_TAGS: Final = 200

# sRGB's primaries adapted to D50 (ICC.1, annex E; as in the profile that the ICC publishes), and
# how far a profile may be off: HP's, Google's and littleCMS' differ in the fourth decimal.
_SRGB_COLUMNS: Final = {
    b"rXYZ": (0.4361, 0.2225, 0.0139),
    b"gXYZ": (0.3851, 0.7169, 0.0971),
    b"bXYZ": (0.1431, 0.0606, 0.7141),
}
_COLUMN_TOLERANCE: Final = 0.002
_CURVE_TOLERANCE: Final = 0.003  # less than one level of 255
_CURVE_POINTS: Final = tuple(point / 16 for point in range(17))

SPACE_OF_BANDS: Final = {1: b"GRAY", 3: b"RGB ", 4: b"CMYK"}


def colour_space(profile: bytes) -> bytes | None:
    """The space that the profile describes, as in its header (`RGB `, `GRAY`, `CMYK`).

    None if these bytes are no profile.
    """
    if len(profile) < _HEADER_BYTES + 4 or profile[36:40] != _SIGNATURE:
        return None
    (size,) = struct.unpack_from(">I", profile)
    return profile[16:20] if size <= len(profile) else None


def is_srgb(profile: bytes) -> bool:
    """Whether the profile is sRGB to within what 8 bits can show: nothing has to be converted."""
    if colour_space(profile) != b"RGB ":
        return False
    tags = _tags(profile)
    for name, expected in _SRGB_COLUMNS.items():
        column = _xyz(tags.get(name, b""))
        if column is None or any(
            abs(found - wanted) > _COLUMN_TOLERANCE
            for found, wanted in zip(column, expected, strict=True)
        ):
            return False
    if b"A2B0" in tags:  # a table in place of a matrix, which may do anything
        return False
    return all(_is_srgb_curve(tags.get(name, b"")) for name in (b"rTRC", b"gTRC", b"bTRC"))


def _tags(profile: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">I", profile, _HEADER_BYTES)
    tags = {}
    for number in range(min(count, _MAX_TAGS)):
        at = _HEADER_BYTES + 4 + 12 * number
        if at + 12 > len(profile):
            break
        name, offset, size = struct.unpack_from(">4sII", profile, at)
        tags[name] = profile[offset : offset + size]
    return tags


def _fixed(data: bytes, count: int, at: int) -> tuple[float, ...] | None:
    """Numbers in s15Fixed16."""
    if len(data) < at + 4 * count:
        return None
    return tuple(number / 65_536 for number in struct.unpack_from(f">{count}i", data, at))


def _xyz(tag: bytes) -> tuple[float, ...] | None:
    return _fixed(tag, 3, 8) if tag[:4] == b"XYZ " else None


def _is_srgb_curve(tag: bytes) -> bool:
    return all(
        (found := _curve(tag, point)) is not None and abs(found - _srgb(point)) <= _CURVE_TOLERANCE
        for point in _CURVE_POINTS
    )


def _srgb(value: float) -> float:
    """IEC 61966-2-1: encoded to linear."""
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _curve(tag: bytes, value: float) -> float | None:
    """A tone curve at `value`; None for kinds that sRGB profiles do not have."""
    if tag[:4] == b"curv" and len(tag) >= 12:
        (count,) = struct.unpack_from(">I", tag, 8)
        if count < 2 or len(tag) < 12 + 2 * count:  # the identity, or a pure power
            return None
        position = value * (count - 1)
        lower = min(int(position), count - 2)
        low, high = struct.unpack_from(">2H", tag, 12 + 2 * lower)
        return float(low + (high - low) * (position - lower)) / 65_535
    if tag[:4] == b"para" and len(tag) >= 12:
        (kind,) = struct.unpack_from(">H", tag, 8)
        numbers = _fixed(tag, 5, 12) if kind == 3 else None
        if numbers is None:
            return None
        g, a, b, c, d = numbers
        if value < d:
            return c * value
        return float(max(0.0, a * value + b) ** g)
    return None
