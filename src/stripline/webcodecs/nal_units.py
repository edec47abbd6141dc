"""Network abstraction layer units of H.264 and H.265: framing and types.

Units are framed by start codes ("Annex B", ITU-T H.264 annex B and H.265 annex B) or by their
length (ISO/IEC 14496-15). Inside, `00 00 03` stands for `00 00` (emulation prevention, 7.4.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "BitReader",
    "join_lengths",
    "sei_types",
    "split_lengths",
    "split_start_codes",
    "to_start_codes",
    "unescape",
    "unit_type",
]

START_CODE = b"\0\0\0\1"


def split_start_codes(data: bytes) -> list[bytes]:
    """The units of an Annex B byte stream, without start codes and zeros between them."""
    units = []
    start = data.find(b"\0\0\1")
    while start >= 0:
        start += 3
        end = data.find(b"\0\0\1", start)
        unit = data[start : end if end >= 0 else len(data)].rstrip(b"\0")
        if unit:
            units.append(unit)
        start = end
    return units


def split_lengths(data: bytes, length_bytes: int) -> list[bytes]:
    """The units of a length-prefixed access unit.

    Raises:
        ValueError: A length reaches beyond the end.
    """
    units, at = [], 0
    while at < len(data):
        begin = at + length_bytes
        size = int.from_bytes(data[at:begin], "big")
        at = begin + size
        if begin > len(data) or at > len(data):
            raise ValueError(f"a unit of {size:,} bytes at byte {begin:,} of {len(data):,}")
        if size:
            units.append(data[begin:at])
    return units


def join_lengths(units: Iterable[bytes]) -> bytes:
    """Units, each after its length in four bytes."""
    return b"".join(part for unit in units for part in (len(unit).to_bytes(4, "big"), unit))


def to_start_codes(units: Iterable[bytes]) -> bytes:
    """Units, each after a start code."""
    return b"".join(part for unit in units for part in (START_CODE, unit))


def unit_type(kind: str, unit: bytes) -> int:
    """The type in a unit's header: five bits for "avc", six for "hevc"."""
    return unit[0] & 0x1F if kind == "avc" else unit[0] >> 1 & 0x3F


def sei_types(unit: bytes) -> Iterator[int]:
    """The payload types of an H.264 unit of supplemental information (ITU-T H.264, 7.3.2.3.1).

    Raises:
        ValueError: It is cut short.
    """
    messages = unescape(unit[1:]).rstrip(b"\0").removesuffix(b"\x80")  # rbsp_trailing_bits
    at = 0
    while at < len(messages):
        payload_type, at = _sum_of_bytes(messages, at)
        yield payload_type
        size, at = _sum_of_bytes(messages, at)
        at += size


def _sum_of_bytes(data: bytes, at: int) -> tuple[int, int]:
    """A number as bytes of 255 and one that is less; and where the next thing is."""
    total = 0
    while at < len(data):
        total, at = total + data[at], at + 1
        if data[at - 1] != 0xFF:
            return total, at
    raise ValueError(f"supplemental information of {len(data):,} bytes is cut short")


def unescape(unit: bytes) -> bytes:
    """A unit without its emulation prevention bytes."""
    return unit.replace(b"\0\0\3", b"\0\0")


class BitReader:
    """Bits from the most significant on, and Exp-Golomb numbers (ITU-T H.264, 9.1).

    Args:
        data: The bytes.
    """

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def bits(self, count: int) -> int:
        """An unsigned number of so many bits.

        Raises:
            ValueError: There are not so many.
        """
        if count > self._left:
            raise ValueError(f"{count} bits are wanted and {self._left} are left")
        self._left -= count
        return self._value >> self._left & ((1 << count) - 1)

    def golomb(self) -> int:
        """An unsigned Exp-Golomb number, ue(v).

        Raises:
            ValueError: It is cut short, or longer than 32 bits.
        """
        zeros = 0
        while not self.bits(1):
            zeros += 1
            if zeros > 32:
                raise ValueError("an Exp-Golomb number of more than 32 bits")
        return (1 << zeros) - 1 + self.bits(zeros)
