"""Open bitstream units of AV1: framing (AV1 specification, section 5.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FRAMES", "SEQUENCE_HEADER", "has_frame", "split_obus"]

SEQUENCE_HEADER: Final = 1
FRAMES: Final = frozenset({3, 6})
"""Types of units that begin a frame: OBU_FRAME_HEADER and OBU_FRAME."""


def split_obus(data: bytes) -> Iterator[tuple[int, int, int]]:
    """The units of a temporal unit in the low-overhead format.

    Yields:
        The obu_type, and where what follows header and size begins and ends.

    Raises:
        ValueError: A forbidden bit is set, or a unit reaches beyond the end.
    """
    at = 0
    while at < len(data):
        header = data[at]
        if header & 0x80:
            raise ValueError(f"the forbidden bit is set at byte {at:,}")
        at += 2 if header & 4 else 1  # obu_extension_flag
        size = len(data) - at
        if header & 2:  # obu_has_size_field
            size, at = _leb128(data, at)
        if size < 0 or at + size > len(data):
            raise ValueError(f"a unit of {size:,} bytes at byte {at:,} of {len(data):,}")
        yield header >> 3 & 15, at, at + size
        at += size


def has_frame(data: bytes) -> bool:
    """Whether a frame begins in a temporal unit, which is sound up to there.

    Raises:
        ValueError: As of `split_obus`.
    """
    for kind, _, _ in split_obus(data):  # noqa: SIM110 - for every chunk: any() takes twice as long
        if kind in FRAMES:
            return True
    return False


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    """A number in groups of seven bits, and where it ends (section 4.10.5)."""
    value = shift = 0
    for byte in data[at : at + 8]:
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError("a size is cut short")
