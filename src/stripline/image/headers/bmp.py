"""BMP: the headers of Windows (BITMAPINFOHEADER to V5) and of OS/2, as MS-WMF and GDI have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stripline.image.headers.info import Colour, ImageInfo

if TYPE_CHECKING:
    from stripline.image.headers.header import Header

_FILE_HEADER_BYTES: Final = 14
_CORE, _INFO, _V3, _V4, _V5 = 12, 40, 56, 108, 124
_HEADER_BYTES: Final = frozenset({_CORE, 16, _INFO, 52, _V3, 64, _V4, _V5})
_PALETTE_BITS: Final = (1, 2, 4, 8)
_BITFIELDS: Final = 3
_EMBEDDED_PROFILE: Final = b"DEBM"  # PROFILE_EMBEDDED, 'MBED', little-endian
# Compression: its name, and whether the pixels stay as they were.
_COMPRESSIONS: Final[dict[int, tuple[str, bool]]] = {
    0: ("none", True),
    1: ("rle8", True),
    2: ("rle4", True),
    3: ("none", True),
    4: ("jpeg", False),
    5: ("png", True),
    6: ("none", True),
}


def is_bmp(prefix: bytes) -> bool:
    """Whether a file begins so: two letters alone are too little to tell it from a text."""
    size = int.from_bytes(prefix[14:18], "little")
    return prefix.startswith(b"BM") and (
        size in _HEADER_BYTES if len(prefix) >= 18 else b"\0" in prefix
    )


def read_bmp(header: Header) -> ImageInfo:
    """Read the two headers.

    Raises:
        CorruptImage: They are malformed or cut short.
    """
    at = _FILE_HEADER_BYTES
    size = int.from_bytes(header.take(at, 4), "little")
    head = header.take(at, size)
    if size == _CORE:
        width, height = int.from_bytes(head[4:6], "little"), int.from_bytes(head[6:8], "little")
        planes, bits = int.from_bytes(head[8:10], "little"), int.from_bytes(head[10:12], "little")
    else:
        width = int.from_bytes(head[4:8], "little", signed=True)
        # A negative height says that the first row is the top one.
        height = abs(int.from_bytes(head[8:12], "little", signed=True))
        planes, bits = int.from_bytes(head[12:14], "little"), int.from_bytes(head[14:16], "little")
    compression = int.from_bytes(head[16:20], "little")
    if width <= 0 or not height:
        raise header.corrupt(f"{width:,} x {height:,} pixels", at + 4)
    if planes != 1 or bits not in {*_PALETTE_BITS, 16, 24, 32} or compression not in _COMPRESSIONS:
        raise header.corrupt(f"{planes} planes, {bits} bits, compression {compression}", at + 12)
    colour: Colour = "palette" if bits in _PALETTE_BITS else "rgb"
    coding, lossless = _COMPRESSIONS[compression]
    return ImageInfo(
        format="bmp",
        width=width,
        height=height,
        frames=1,
        bit_depth=bits if colour == "palette" else _channel_bits(header, compression, bits),
        colour=colour,
        alpha=size >= _V3 and any(head[52:56]) and bits in {16, 32},
        coding=coding,
        icc_bytes=_profile_bytes(head),
        lossless=lossless,
        bytes=header.size,
    )


def _channel_bits(header: Header, compression: int, bits: int) -> int:
    """The deepest channel's; 16 bits are five each, unless masks say otherwise."""
    if compression == _BITFIELDS:  # in the header or, after the shortest one, behind it
        masks = header.take(_FILE_HEADER_BYTES + _INFO, 12)
        depth = max(int.from_bytes(masks[at : at + 4], "little").bit_count() for at in (0, 4, 8))
        return depth or 8
    return 5 if bits == 16 else 8


def _profile_bytes(head: bytes) -> int:
    if len(head) < _V5 or head[56:60] != _EMBEDDED_PROFILE:
        return 0
    return int.from_bytes(head[116:120], "little")
