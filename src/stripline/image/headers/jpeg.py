"""JPEG: ITU-T T.81 annex B, JFIF 1.02, Adobe's APP14 (Technical Note 5116).

`stripline.jpeg.inspect` reads the same segments whole, and says much more in a hundred times the
time; here they are stepped over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from stripline.errors import UnsupportedFormat
from stripline.image.headers.info import Colour, ImageInfo
from stripline.jpeg.markers import ICC_PREFIX, PROCESSES
from stripline.streams.exif import EXIF_PREFIX, UPRIGHT, orientation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stripline.image.headers.header import Header

# Steps over segments and fill bytes, before the first scan.
_MAX_STEPS: Final = 10_000
_SOS, _APP0, _APP1, _APP2, _APP14, _COM = 0xDA, 0xE0, 0xE1, 0xE2, 0xEE, 0xFE
# DHT to DNL, EXP, and the application's and reserved segments: what else may come before a scan.
_SKIPPED: Final = frozenset({0xC4, 0xC8, 0xCC, *range(0xDB, 0xE0), *range(0xE0, 0xFF)})
_ADOBE: Final = b"Adobe"
_ADOBE_BYTES: Final = 12
_RGB_IDS: Final = b"RGB"


@dataclass(slots=True)
class _Seen:
    """What the segments have said so far."""

    frame: bytes = b""
    process: str = ""
    exif: bytes = b""
    icc_bytes: int = 0
    jfif: bool = False
    adobe_transform: int | None = None


def read_jpeg(header: Header) -> ImageInfo:
    """Read up to the first scan.

    Raises:
        CorruptImage: The headers are malformed or cut short.
        UnsupportedFormat: The height comes after the picture (DNL).
    """
    seen = _Seen()
    for marker, at, size in _segments(header):
        if marker == _SOS:
            if not seen.frame:
                raise header.corrupt("a scan before the frame header", at - 4)
            break
        _read_segment(header, seen, marker, at, size)
    return _info(header, seen)


def read_comment(header: Header) -> bytes | None:
    """The first comment before the picture, as it stands in the file; None without.

    Raises:
        CorruptImage: The headers are malformed or cut short.
    """
    return next(
        (header.take(at, size) for marker, at, size in _segments(header) if marker == _COM), None
    )


def _segments(header: Header) -> Iterator[tuple[int, int, int]]:
    """Marker, place and size of what each segment holds, up to the first scan's.

    Raises:
        CorruptImage: A marker or a size that cannot be, or no scan in the end.
    """
    at = 2
    for _ in range(_MAX_STEPS):
        head = header.take(at, 4)
        marker = head[1]
        if head[0] != 0xFF:
            raise header.corrupt(f"{head[0]:02X} in place of a marker", at)
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        size = head[2] << 8 | head[3]
        if marker not in PROCESSES and marker not in _SKIPPED and marker != _SOS:
            raise header.corrupt(f"marker FF {marker:02X} before the first scan", at)
        if size < 2:
            raise header.corrupt(f"a segment FF {marker:02X} of {size} bytes", at)
        yield marker, at + 4, size - 2
        if marker == _SOS:
            return
        at += 2 + size
    raise header.corrupt(f"more than {_MAX_STEPS:,} segments before the first scan", at)


def _read_segment(header: Header, seen: _Seen, marker: int, at: int, size: int) -> None:
    if marker in PROCESSES:
        if seen.frame:
            raise header.corrupt("a second frame header", at - 4)
        seen.process = PROCESSES[marker]
        seen.frame = _frame(header, header.take(at, size), at)
    elif marker == _APP1:
        if not seen.exif and header.take(at, min(size, len(EXIF_PREFIX))) == EXIF_PREFIX:
            seen.exif = header.take(at, size)
    elif marker == _APP2:
        prefix = len(ICC_PREFIX)
        if header.take(at, min(size, prefix)) == ICC_PREFIX:
            seen.icc_bytes += max(0, size - prefix - 2)
    elif marker == _APP0:
        seen.jfif = seen.jfif or header.take(at, min(size, 5)) == b"JFIF\0"
    elif marker == _APP14 and size >= _ADOBE_BYTES:
        data = header.take(at, _ADOBE_BYTES)
        if data.startswith(_ADOBE):
            seen.adobe_transform = data[11]


def _frame(header: Header, data: bytes, at: int) -> bytes:
    if len(data) < 6 or len(data) != 6 + 3 * data[5] or not data[5]:
        raise header.corrupt(f"a frame header of {len(data)} bytes", at)
    if not 2 <= data[0] <= 16:  # T.81, table B.2; 16 bits are for lossless coding
        raise header.corrupt(f"{data[0]} bits a sample", at)
    if not data[3] and not data[4]:
        raise header.corrupt("the width is 0", at + 3)
    if not data[1] and not data[2]:
        raise UnsupportedFormat("JPEG: the height stands after the picture (DNL)")
    return data


def _info(header: Header, seen: _Seen) -> ImageInfo:
    frame = seen.frame
    return ImageInfo(
        format="jpeg",
        width=frame[3] << 8 | frame[4],
        height=frame[1] << 8 | frame[2],
        frames=1,
        bit_depth=frame[0],
        colour=_colour(seen),
        alpha=False,
        coding=seen.process,
        icc_bytes=seen.icc_bytes,
        orientation=orientation(seen.exif) if seen.exif else UPRIGHT,
        progressive="progressive" in seen.process,
        lossless="lossless" in seen.process,
        samples=_samples(frame),
        bytes=header.size,
    )


def _samples(frame: bytes) -> float | None:
    """Of all components together for each pixel, by their sampling factors (T.81, A.1.1)."""
    across, down = ([byte >> 4 for byte in frame[7::3]], [byte & 15 for byte in frame[7::3]])
    if not all(1 <= factor <= 4 for factor in (*across, *down)):
        return None
    areas = sum(x * y for x, y in zip(across, down, strict=True))
    return areas / (max(across) * max(down))


def _colour(seen: _Seen) -> Colour:
    """As decoders have agreed on, since the standard does not say: JFIF, then Adobe, then ids."""
    components, transform = seen.frame[5], seen.adobe_transform
    if components == 1:
        return "grey"
    if components == 4:
        return "cmyk" if transform in {None, 0} else "ycck"
    if components != 3:
        return "other"
    if seen.jfif:
        return "ycbcr"
    if transform is not None:
        return "ycbcr" if transform else "rgb"
    return "rgb" if seen.frame[6::3] == _RGB_IDS else "ycbcr"
