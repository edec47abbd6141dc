"""PNG and APNG: PNG (third edition), chapters 5 and 11."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from stripline.image.headers.info import Colour, ImageInfo
from stripline.streams.exif import UPRIGHT, orientation

if TYPE_CHECKING:
    from stripline.image.headers.header import Header

_SIGNATURE_BYTES: Final = 8
_MAX_CHUNKS: Final = 10_000
_MAX_NUMBER: Final = 0x7FFF_FFFF
# Of a chunk that may say the orientation, no more than this is read. A JPEG's EXIF cannot be
# longer, and in XMP the orientation stands before the history that makes it long.
_MAX_TEXT_BYTES: Final = 65_536
_XMP_KEYWORD: Final = b"XML:com.adobe.xmp\0"
_XMP_ORIENTATION: Final = re.compile(rb"tiff:Orientation(?:=[\"']|>)\s*([1-8])\b")
# Code points of ITU-T H.273: BT.709 primaries, sRGB transfer, RGB, full range.
_SRGB_CICP: Final = (1, 13, 0, 1)

# Colour type: its name, whether it has alpha, which depths it may have.
_COLOUR_TYPES: Final[dict[int, tuple[Colour, bool, tuple[int, ...]]]] = {
    0: ("grey", False, (1, 2, 4, 8, 16)),
    2: ("rgb", False, (8, 16)),
    3: ("palette", False, (1, 2, 4, 8)),
    4: ("grey", True, (8, 16)),
    6: ("rgb", True, (8, 16)),
}


@dataclass(slots=True)
class _Seen:
    """What the chunks after IHDR have said so far."""

    frames: int = 1
    transparency: bool = False
    icc_bytes: int = 0
    cicp: tuple[int, int, int, int] | None = None
    srgb: bool = False
    exif: bytes = b""
    xmp: bytes = b""


def read_png(header: Header) -> ImageInfo:
    """Read the chunks before the pixels: eXIf, iCCP and acTL must stand there, and XMP does.

    Raises:
        CorruptImage: The chunks are malformed or cut short.
    """
    head = header.take(_SIGNATURE_BYTES, 25)
    if head[:8] != b"\0\0\0\x0dIHDR":
        raise header.corrupt("the first chunk is not an IHDR of 13 bytes", _SIGNATURE_BYTES)
    if zlib.crc32(head[4:21]) != int.from_bytes(head[21:25], "big"):
        raise header.corrupt("the checksum of IHDR is wrong", _SIGNATURE_BYTES + 21)
    width, height = int.from_bytes(head[8:12], "big"), int.from_bytes(head[12:16], "big")
    depth, colour_type, compression, filtering, interlace = head[16:21]
    if not (0 < width <= _MAX_NUMBER and 0 < height <= _MAX_NUMBER):
        raise header.corrupt(f"{width:,} x {height:,} pixels", _SIGNATURE_BYTES + 8)
    colour, alpha, depths = _COLOUR_TYPES.get(colour_type, ("other", False, ()))
    if depth not in depths or compression or filtering or interlace > 1:
        raise header.corrupt(
            f"depth {depth}, colour type {colour_type}, compression {compression}, filter"
            f" {filtering}, interlace {interlace} are no PNG",
            _SIGNATURE_BYTES + 16,
        )
    seen = _read_chunks(header)
    return ImageInfo(
        format="png",
        width=width,
        height=height,
        frames=seen.frames,
        bit_depth=depth,
        colour=colour,
        alpha=alpha or seen.transparency,
        coding="deflate",
        icc_bytes=seen.icc_bytes,
        cicp=seen.cicp or (_SRGB_CICP if seen.srgb and not seen.icc_bytes else None),
        orientation=_orientation(seen),
        progressive=bool(interlace),
        lossless=True,
        bytes=header.size,
    )


def _read_chunks(header: Header) -> _Seen:
    seen = _Seen()
    at = _SIGNATURE_BYTES + 25
    for _ in range(_MAX_CHUNKS):
        head = header.take(at, 8)
        size, kind = int.from_bytes(head[:4], "big"), head[4:]
        if kind == b"IDAT":
            return seen
        if kind == b"IEND":
            raise header.corrupt("no pixels (IDAT) before the end", at)
        if size > _MAX_NUMBER or not kind.isalpha():
            raise header.corrupt(f"chunk {kind!r} of {size:,} bytes", at)
        _read_chunk(header, seen, kind, at + 8, size)
        at += 12 + size
    raise header.corrupt(f"more than {_MAX_CHUNKS:,} chunks before the pixels", at)


def _read_chunk(header: Header, seen: _Seen, kind: bytes, at: int, size: int) -> None:
    if kind == b"acTL":
        seen.frames = int.from_bytes(header.take(at, min(size, 4)), "big")
        if size != 8 or not 0 < seen.frames <= _MAX_NUMBER:
            raise header.corrupt(f"acTL of {size} bytes with {seen.frames:,} frames", at)
    elif kind == b"tRNS":
        seen.transparency = size > 0
    elif kind == b"iCCP":
        name = header.take(at, min(size, 80)).find(b"\0")
        seen.icc_bytes = max(0, size - name - 2) if name > 0 else 0
    elif kind == b"sRGB":
        seen.srgb = True
    elif kind == b"cICP" and size == 4:
        primaries, transfer, matrix, full = header.take(at, 4)
        seen.cicp = (primaries, transfer, matrix, full)
    elif kind == b"eXIf":
        seen.exif = header.take(at, min(size, _MAX_TEXT_BYTES))
    elif kind == b"iTXt" and header.take(at, min(size, len(_XMP_KEYWORD))) == _XMP_KEYWORD:
        seen.xmp = header.take(at, min(size, _MAX_TEXT_BYTES))[len(_XMP_KEYWORD) :]


def _orientation(seen: _Seen) -> int:
    if seen.exif:
        return orientation(seen.exif)
    # Compression flag and method, language, translated keyword, text.
    parts = seen.xmp[2:].split(b"\0", 2)
    if len(parts) < 3:
        return UPRIGHT
    text = parts[2]
    if seen.xmp[0]:
        try:
            text = zlib.decompressobj().decompress(text, _MAX_TEXT_BYTES)
        except zlib.error:  # as unreadable as EXIF that is not sound: the pixels are what counts
            return UPRIGHT
    found = _XMP_ORIENTATION.search(text)
    return int(found[1]) if found else UPRIGHT
