"""WebP: RFC 9649; the pixels' own headers by RFC 6386 (VP8) and RFC 9649, chapter 3 (VP8L)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from stripline.image.headers.info import ImageInfo
from stripline.streams.exif import UPRIGHT, orientation

if TYPE_CHECKING:
    from stripline.image.headers.header import Header

_RIFF_BYTES: Final = 12
_CHUNK_BYTES: Final = 8
_FRAME_BYTES: Final = 16
_MAX_CHUNKS: Final = 200_000
# As a JPEG's: what says the orientation stands at the front.
_MAX_EXIF_BYTES: Final = 65_536
_ALPHA_FLAG, _EXIF_FLAG, _ANIMATION_FLAG = 0x10, 0x08, 0x02
_VP8_START: Final = b"\x9d\x01\x2a"
_VP8L_SIGNATURE: Final = 0x2F


class _Pixels(NamedTuple):
    """What a VP8 or VP8L chunk says."""

    width: int
    height: int
    alpha: bool
    lossless: bool


@dataclass(slots=True)
class _Seen:
    """What the chunks after VP8X have said so far.

    Attributes:
        canvas: Width and height of the picture, which all chunks must agree with.
        animated: Whether frames are in ANMF chunks.
        wants_exif: Whether there is said to be an EXIF chunk, which comes after the pixels.
        frames: Frames seen.
        lossless: How many of them are.
    """

    canvas: tuple[int, int]
    animated: bool = False
    wants_exif: bool = False
    frames: int = 0
    lossless: int = 0
    icc_bytes: int = 0
    exif: bytes = b""


def read_webp(header: Header) -> ImageInfo:
    """Read the chunks: of a simple file the first, of an extended one all headers.

    Raises:
        CorruptImage: The chunks are malformed, contradict each other, or are cut short.
        LimitExceeded: More frames than the header may count.
    """
    kind = header.take(_RIFF_BYTES, 4)
    if kind == b"VP8X":
        return _extended(header)
    if kind not in {b"VP8 ", b"VP8L"}:
        raise header.corrupt(f"the first chunk is {kind!r}", _RIFF_BYTES)
    pixels = _pixels(header, _RIFF_BYTES)
    canvas = pixels.width, pixels.height
    return _info(header, _Seen(canvas, frames=1, lossless=pixels.lossless), alpha=pixels.alpha)


def _extended(header: Header) -> ImageInfo:
    at = _RIFF_BYTES
    head = header.take(at, 18)
    if int.from_bytes(head[4:8], "little") < 10:
        raise header.corrupt("a VP8X chunk that is too short", at)
    flags = head[8]
    width, height = (int.from_bytes(head[i : i + 3], "little") + 1 for i in (12, 15))
    seen = _Seen((width, height), bool(flags & _ANIMATION_FLAG), bool(flags & _EXIF_FLAG))
    _read_chunks(header, seen)
    return _info(header, seen, alpha=bool(flags & _ALPHA_FLAG))


def _read_chunks(header: Header, seen: _Seen) -> None:
    end = int.from_bytes(header.take(4, 4), "little") + _CHUNK_BYTES
    at = _RIFF_BYTES
    for _ in range(_MAX_CHUNKS):
        found_all = seen.frames and not seen.animated and not seen.wants_exif
        if at + _CHUNK_BYTES > end or found_all:
            break
        head = header.upto(at, _CHUNK_BYTES)
        if len(head) < _CHUNK_BYTES:
            if seen.wants_exif or not seen.frames:
                raise header.cut_short(at, _CHUNK_BYTES)
            break
        size = int.from_bytes(head[4:], "little")
        _read_chunk(header, seen, head[:4], at, size)
        at += _CHUNK_BYTES + size + size % 2
    else:
        raise header.corrupt(f"more than {_MAX_CHUNKS:,} chunks", at)
    if not seen.frames:
        raise header.corrupt("no pixels", at)


def _read_chunk(header: Header, seen: _Seen, kind: bytes, at: int, size: int) -> None:
    if kind == b"EXIF":
        seen.exif = header.take(at + _CHUNK_BYTES, min(size, _MAX_EXIF_BYTES))
        seen.wants_exif = False
    elif kind == b"ICCP":
        seen.icc_bytes = size
    elif kind == b"ANMF" and seen.animated:
        _read_frame(header, seen, at)
    elif kind in {b"VP8 ", b"VP8L"} and not seen.animated:
        pixels = _pixels(header, at)
        if (pixels.width, pixels.height) != seen.canvas:
            raise header.corrupt(
                f"{pixels.width:,} x {pixels.height:,} pixels on a canvas of"
                f" {seen.canvas[0]:,} x {seen.canvas[1]:,}",
                at,
            )
        seen.frames, seen.lossless = 1, int(pixels.lossless)


def _read_frame(header: Header, seen: _Seen, at: int) -> None:
    head = header.upto(at + _CHUNK_BYTES, _FRAME_BYTES + 4)
    if len(head) < _FRAME_BYTES + 4:
        if not seen.frames:
            raise header.cut_short(at + _CHUNK_BYTES, _FRAME_BYTES + 4)
        return
    left, top, width, height = (int.from_bytes(head[i : i + 3], "little") for i in (0, 3, 6, 9))
    if 2 * left + width + 1 > seen.canvas[0] or 2 * top + height + 1 > seen.canvas[1]:
        raise header.corrupt("a frame that is not within the canvas", at)
    seen.frames += 1
    seen.lossless += head[_FRAME_BYTES:] == b"VP8L"
    header.count_frame(seen.frames)


def _pixels(header: Header, at: int) -> _Pixels:
    data = header.take(at, _CHUNK_BYTES + 10)
    if data[:4] == b"VP8L":
        bits = int.from_bytes(data[9:13], "little")
        if data[8] != _VP8L_SIGNATURE or bits >> 29:
            raise header.corrupt("VP8L without its signature", at)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        return _Pixels(width, height, alpha=bool(bits >> 28 & 1), lossless=True)
    if data[8] & 1 or data[11:14] != _VP8_START:
        raise header.corrupt("VP8 that does not begin with a key frame", at)
    width, height = (int.from_bytes(data[i : i + 2], "little") & 0x3FFF for i in (14, 16))
    if not width or not height:
        raise header.corrupt(f"{width} x {height} pixels", at)
    return _Pixels(width, height, alpha=False, lossless=False)


def _info(header: Header, seen: _Seen, *, alpha: bool) -> ImageInfo:
    lossless = seen.lossless == seen.frames
    return ImageInfo(
        format="webp",
        width=seen.canvas[0],
        height=seen.canvas[1],
        frames=seen.frames,
        bit_depth=8,
        colour="rgb" if lossless else "ycbcr",
        alpha=alpha,
        coding="VP8L" if lossless else "VP8",
        icc_bytes=seen.icc_bytes,
        orientation=orientation(seen.exif) if seen.exif else UPRIGHT,
        lossless=lossless,
        bytes=header.size,
    )
