"""What the beginning of a picture file says, while the rest is still to come.

Scanners read JPEG, PNG and APNG, GIF and WebP as far as they have come: which frames there are, how
long each is shown, where the bytes of each end, and how often the animation repeats. They go on
where they stopped, so that a long stream is read once.

Sources: ITU-T T.81; PNG (third edition), sections 11.2 and 11.3.6; GIF89a and Netscape's looping
extension; RFC 9649 for WebP.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from stripline.webcodecs.exceptions import EncodingError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PNG_SIGNATURE", "SCANNERS", "Scan"]

Buffer: TypeAlias = bytes | bytearray

PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_PNG_SAMPLES: Final = frozenset({b"IDAT", b"fdAT"})
_GIF_TRAILER: Final = 0x3B
_WEBP_HEADER_BYTES: Final = 12
_WEBP_MOST_PIXELS: Final = 16_384  # of a side, in VP8L; one fewer in VP8 (RFC 9649, section 3.4)
_WEBP_ANIMATION, _WEBP_FRAME_HEADER_BYTES = 0x02, 16


@dataclass(slots=True)
class Scan:
    """What is known so far.

    Attributes:
        animated: Whether it moves.
        durations: Of each frame that has come whole, in microseconds; None for a still picture.
        ends: Where the bytes of each whole frame end.
        repetitions: How often the animation is shown again; may be infinite.
        ycbcr: Whether the samples are luma and chroma, so that they can be given out as they are.
        known: Whether there are frames to speak of.
        at: Where to go on reading.
        delay: Of the frame under way, in microseconds.
        declared: How many frames the file says it has, where it does.
        begun: Whether a frame of the animation is under way.
        filled: Whether some of the samples of a PNG's frame have come.
        stream: Of several that FFmpeg finds, which one to decode.
        whole: Whether the end has come that GIF, PNG and WebP say they have.
    """

    animated: bool = False
    durations: list[int | None] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    repetitions: float = 0
    ycbcr: bool = False
    known: bool = False
    at: int = 0
    delay: int = 0
    declared: int = 1
    begun: bool = False
    stream: int = 0
    filled: bool = False
    whole: bool = False

    def add(self, duration: int | None, end: int) -> None:
        """A frame has come whole."""
        self.durations.append(duration)
        self.ends.append(end)
        self.known = True


def _begins(data: Buffer, magic: bytes, name: str, *, final: bool, at: int = 0) -> bool:
    """Whether a file's first bytes are there.

    Raises:
        EncodingError: They are others.
    """
    found = bytes(data[at : at + len(magic)])
    if found != magic[: len(found)] or (final and len(found) < len(magic)):
        raise EncodingError(f"the data is no {name}: it begins with {bytes(data[:12]).hex(' ')}")
    return len(found) == len(magic)


def _number(data: Buffer, at: int, size: int, order: Literal["big", "little"]) -> int:
    return int.from_bytes(data[at : at + size], order)


def _scan_jpeg(scan: Scan, data: Buffer, *, final: bool) -> None:
    scan.ycbcr = True
    scan.known = _begins(data, b"\xff\xd8\xff", "JPEG", final=final)
    if scan.known and final:
        scan.add(None, len(data))


def _scan_png(scan: Scan, data: Buffer, *, final: bool) -> None:
    if not _begins(data, PNG_SIGNATURE, "PNG", final=final):
        return
    at = scan.at or len(PNG_SIGNATURE)
    while at + 8 <= len(data):
        size, kind = _number(data, at, 4, "big"), bytes(data[at + 4 : at + 8])
        end = at + 12 + size
        if kind == b"IDAT":
            scan.known = True
        elif kind in {b"fcTL", b"IEND"} and scan.begun and len(scan.ends) < scan.declared:
            scan.add(scan.delay, at)
            scan.begun = scan.filled = False
        if end > len(data):
            break
        _png_chunk(scan, kind, bytes(data[at + 8 : at + 8 + min(size, 26)]), end)
        at = end
    scan.at = at
    if (
        final
        and scan.filled
        and not scan.whole
        and bytes(data[at + 4 : at + 8]) not in _PNG_SAMPLES
    ):
        scan.add(scan.delay if scan.animated else None, at)  # nothing but the end is missing
        scan.filled = False
    scan.known |= final


def _png_chunk(scan: Scan, kind: bytes, body: bytes, end: int) -> None:
    """Take a whole chunk, by the first bytes of its body."""
    if kind == b"acTL" and len(body) >= 8 and not scan.known and not scan.animated:
        frames, plays = _number(body, 0, 4, "big"), _number(body, 4, 4, "big")
        if 0 < frames < 1 << 31:  # others are not valid, and count for nothing
            scan.animated, scan.declared = True, frames
            scan.repetitions = plays - 1 if plays else math.inf
    elif kind == b"fcTL" and len(body) >= 24 and scan.animated:
        # A denominator of 0 stands for 100.
        part = _number(body, 22, 2, "big") or 100
        scan.begun, scan.delay = True, _number(body, 20, 2, "big") * 1_000_000 // part
    elif kind in _PNG_SAMPLES:
        scan.filled = scan.begun or not scan.animated
    elif kind == b"IEND":
        scan.whole = True
        if not scan.animated:
            scan.add(None, end)


def _scan_gif(scan: Scan, data: Buffer, *, final: bool) -> None:
    if not _begins(data, b"GIF8", "GIF", final=final) or len(data) < 13:
        return
    at = scan.at or 13 + _gif_colors(data[10])
    while at < len(data):
        if data[at] == 0x21:
            end = _gif_blocks_end(data, at + 2)
            if end:
                _gif_extension(scan, bytes(data[at + 1 : min(end, at + 20)]))
        elif data[at] == 0x2C and at + 10 <= len(data):
            end = _gif_blocks_end(data, at + 11 + _gif_colors(data[at + 9]))
            if end == len(data) and not scan.ends and not final:
                break  # what follows the first frame tells whether it moves, and so its duration
            if end:
                scan.add(scan.delay, end)
                scan.delay = 0  # a graphic control extension is for the frame after it
        else:  # the trailer, the beginning of a frame, or what is none
            scan.whole = data[at] == _GIF_TRAILER
            final |= scan.whole
            break
        if not end:
            break
        at = end
    scan.at = at
    scan.animated = len(scan.ends) > 1
    if final and len(scan.ends) == 1:
        scan.durations = [None]
    scan.known |= final


def _gif_extension(scan: Scan, block: bytes) -> None:
    if block[:2] == b"\xf9\x04":
        scan.delay = int.from_bytes(block[3:5], "little") * 10_000
    elif block[1:12] in {b"\x0bNETSCAPE2.", b"\x0bANIMEXTS1."} and block[13:15] == b"\x03\x01":
        scan.repetitions = int.from_bytes(block[15:17], "little") or math.inf


def _gif_colors(flags: int) -> int:
    """Bytes of the colour table that flags tell of."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _gif_blocks_end(data: Buffer, at: int) -> int:
    """Where a row of data blocks ends; 0 when it is cut."""
    while at < len(data):
        if not data[at]:
            return at + 1
        at += data[at] + 1
    return 0


def _check_webp_canvas(sides: bytes) -> None:
    """Refuse a canvas that no picture can fill, before memory is taken for it.

    Raises:
        EncodingError: A side is longer than that of any picture.
    """
    width, height = (_number(sides, at, 3, "little") + 1 for at in (0, 3))
    if max(width, height) > _WEBP_MOST_PIXELS:
        raise EncodingError(
            f"the WebP says it is {width} x {height}, but no picture is longer than "
            f"{_WEBP_MOST_PIXELS}"
        )


def _scan_webp(scan: Scan, data: Buffer, *, final: bool) -> None:
    _begins(data, b"RIFF", "WebP", final=final)
    if not _begins(data, b"WEBP", "WebP", final=final, at=8):
        return
    scan.whole = len(data) >= 8 + _number(data, 4, 4, "little")
    at = scan.at or _WEBP_HEADER_BYTES
    while at + 8 <= len(data):
        kind, size = bytes(data[at : at + 4]), _number(data, at + 4, 4, "little")
        body, end = at + 8, at + 8 + size + size % 2
        if kind == b"VP8X" and body < len(data):
            scan.animated = bool(data[body] & _WEBP_ANIMATION)
            _check_webp_canvas(bytes(data[body + 4 : body + 10]))
        elif kind in {b"VP8 ", b"VP8L"}:
            scan.known, scan.ycbcr = True, kind == b"VP8 "
        if body + size > len(data):
            break
        if kind == b"ANIM" and size >= 6:
            loops = _number(data, body + 4, 2, "little")
            scan.repetitions = loops - 1 if loops else math.inf
        elif kind == b"ANMF" and size >= _WEBP_FRAME_HEADER_BYTES:
            scan.add(_number(data, body + 12, 3, "little") * 1000, end)
        elif kind in {b"VP8 ", b"VP8L"} and not scan.animated and not scan.ends:
            scan.add(None, end)
        at = end
    scan.at = at
    scan.known |= final


SCANNERS: Final[dict[str, Callable[..., None]]] = {
    "image/jpeg": _scan_jpeg,
    "image/png": _scan_png,
    "image/apng": _scan_png,
    "image/gif": _scan_gif,
    "image/webp": _scan_webp,
}
"""Each takes a Scan to go on with, the bytes so far, and `final`: whether they are all.

Raises EncodingError when they are no such file.
"""
