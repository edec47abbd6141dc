"""What the beginning of a picture file says, while the rest is still to come.

Scanners read JPEG, PNG and APNG, GIF and WebP as far as they have come: which frames there are, how
long each is shown, where the bytes of each end, and how often the animation repeats.

Sources: ITU-T T.81; PNG (third edition), sections 11.2 and 11.3.6; GIF89a and Netscape's looping
extension; RFC 9649 for WebP.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from stripline.webcodecs.exceptions import EncodingError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SCANNERS", "Scan"]

_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_WEBP_HEADER_BYTES: Final = 12
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
        hidden_first: Whether the file has a picture before the animation (APNG's default image).
        known: Whether there are frames to speak of.
    """

    animated: bool = False
    durations: list[int | None] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    repetitions: float = 0
    ycbcr: bool = False
    hidden_first: bool = False
    known: bool = False

    def add(self, duration: int | None, end: int) -> None:
        """A frame has come whole."""
        self.durations.append(duration)
        self.ends.append(end)
        self.known = True


def _begins(data: bytes, magic: bytes, name: str, *, final: bool) -> bool:
    """Whether the file's first bytes are there.

    Raises:
        EncodingError: They are others.
    """
    if data[: len(magic)] != magic[: len(data)] or (final and len(data) < len(magic)):
        raise EncodingError(f"the data is no {name}: it begins with {data[:12].hex(' ')}")
    return len(data) >= len(magic)


def _scan_jpeg(data: bytes, *, final: bool) -> Scan:
    scan = Scan(ycbcr=True)
    scan.known = _begins(data, b"\xff\xd8\xff", "JPEG", final=final)
    if scan.known and final:
        scan.add(None, len(data))
    return scan


def _scan_png(data: bytes, *, final: bool) -> Scan:
    scan = Scan()
    if not _begins(data, _PNG_SIGNATURE, "PNG", final=final):
        return scan
    at, duration, declared, shown = len(_PNG_SIGNATURE), 0, 1, False
    while at + 8 <= len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        body, end = data[at + 8 : at + 8 + size], at + 12 + size
        if kind == b"IDAT":
            scan.known = True
            scan.hidden_first |= scan.animated and not shown
        elif kind in {b"fcTL", b"IEND"} and shown and len(scan.ends) < declared:
            scan.add(duration, at)
        if end > len(data):
            break
        if kind == b"acTL" and size >= 8:
            scan.animated = True
            declared = int.from_bytes(body[:4], "big")
            plays = int.from_bytes(body[4:8], "big")
            scan.repetitions = plays - 1 if plays else math.inf
        elif kind == b"fcTL" and size >= 24 and scan.animated:
            shown, duration = True, _png_delay(body)
        elif kind == b"IEND" and not scan.animated:
            scan.add(None, end)
        at = end
    scan.known |= final
    return scan


def _png_delay(body: bytes) -> int:
    """Microseconds of an fcTL chunk; a denominator of 0 stands for 100."""
    number = int.from_bytes(body[20:22], "big")
    return number * 1_000_000 // (int.from_bytes(body[22:24], "big") or 100)


def _scan_gif(data: bytes, *, final: bool) -> Scan:
    scan = Scan()
    if not _begins(data, b"GIF8", "GIF", final=final) or len(data) < 13:
        return scan
    at, delay = 13 + _gif_colors(data[10]), 0
    while at < len(data) and data[at] != 0x3B:
        if data[at] == 0x21:
            end = _gif_blocks_end(data, at + 2)
            body = data[at + 1 : end]
            if body[:2] == b"\xf9\x04":
                delay = int.from_bytes(body[3:5], "little") * 10_000
            elif (
                body[1:12] in {b"\x0bNETSCAPE2.", b"\x0bANIMEXTS1."} and body[13:15] == b"\x03\x01"
            ):
                loops = int.from_bytes(body[15:17], "little")
                scan.repetitions = loops or math.inf
        elif data[at] == 0x2C and at + 10 <= len(data):
            end = _gif_blocks_end(data, at + 11 + _gif_colors(data[at + 9]))
            if end:
                scan.add(delay, end)
        else:
            break
        if not end:
            break
        at = end
    scan.animated = len(scan.ends) > 1
    if final and len(scan.ends) == 1:
        scan.durations = [None]
    scan.known |= final
    return scan


def _gif_colors(flags: int) -> int:
    """Bytes of the colour table that flags tell of."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _gif_blocks_end(data: bytes, at: int) -> int:
    """Where a row of data blocks ends; 0 when it is cut."""
    while at < len(data):
        if not data[at]:
            return at + 1
        at += data[at] + 1
    return 0


def _scan_webp(data: bytes, *, final: bool) -> Scan:
    scan = Scan()
    _begins(data, b"RIFF", "WebP", final=final)
    if len(data) < _WEBP_HEADER_BYTES:
        return scan
    _begins(data[8:], b"WEBP", "WebP", final=final)
    at = _WEBP_HEADER_BYTES
    while at + 8 <= len(data):
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body, end = at + 8, at + 8 + size + size % 2
        if kind == b"VP8X" and body < len(data):
            scan.animated = bool(data[body] & _WEBP_ANIMATION)
        elif kind in {b"VP8 ", b"VP8L"}:
            scan.known, scan.ycbcr = True, kind == b"VP8 "
        if body + size > len(data):
            break
        if kind == b"ANIM" and size >= 6:
            loops = int.from_bytes(data[body + 4 : body + 6], "little")
            scan.repetitions = loops - 1 if loops else math.inf
        elif kind == b"ANMF" and size >= _WEBP_FRAME_HEADER_BYTES:
            scan.add(int.from_bytes(data[body + 12 : body + 15], "little") * 1000, end)
        elif kind in {b"VP8 ", b"VP8L"} and not scan.animated:
            scan.add(None, end)
        at = end
    scan.known |= final
    return scan


SCANNERS: Final[dict[str, Callable[..., Scan]]] = {
    "image/jpeg": _scan_jpeg,
    "image/png": _scan_png,
    "image/apng": _scan_png,
    "image/gif": _scan_gif,
    "image/webp": _scan_webp,
}
"""Each takes the bytes so far, and `final`: whether they are all. Raises EncodingError."""
