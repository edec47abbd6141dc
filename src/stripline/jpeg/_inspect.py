"""What a JPEG file's headers say, read without decoding and without trusting them."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from stripline.errors import CorruptImage, SourceFailed, UnsupportedFormat, describe
from stripline.jpeg.markers import ICC_PREFIX, PROCESSES, XMP_PREFIX, ZIGZAG
from stripline.jpeg.tables import CHROMA_STEPS, LUMA_STEPS, scaled_steps
from stripline.streams.exif import EXIF_PREFIX, UPRIGHT, orientation

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from typing_extensions import Buffer

# A file of the smallest segments would else make a list of a quarter of its size in entries.
_MAX_SEGMENTS: Final = 10_000
_SOI: Final = b"\xff\xd8"
_SOS, _EOI, _DQT, _DRI, _COM = 0xDA, 0xD9, 0xDB, 0xDD, 0xFE
_APP0, _APP1, _APP2 = 0xE0, 0xE1, 0xE2
_INCHES_PER_CM: Final = 1 / 2.54

_NAMES: Final[dict[int, str]] = {
    0xC4: "DHT",
    0xCC: "DAC",
    _SOS: "SOS",
    _DQT: "DQT",
    0xDC: "DNL",
    _DRI: "DRI",
    0xDE: "DHP",
    0xDF: "EXP",
    _COM: "COM",
    **{0xE0 + n: f"APP{n}" for n in range(16)},
    **{0xF0 + n: f"JPG{n}" for n in range(14)},
}
_SAMPLINGS: Final = {
    (1, 1): "4:4:4",
    (2, 1): "4:2:2",
    (1, 2): "4:4:0",
    (2, 2): "4:2:0",
    (4, 1): "4:1:1",
    (4, 2): "4:1:0",
}


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of a file.

    Attributes:
        name: As in the standard: `SOF0`, `APP1`, ...
        offset: Where its marker begins, in bytes from the start of the file.
        size: Bytes with marker and length.
    """

    name: str
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class JpegInfo:
    """What the headers up to the first scan say.

    Attributes:
        width: Pixels in a row, as stored.
        height: Rows, as stored.
        precision: Bits per sample.
        components: 1 grey, 3 colour, 4 print.
        sampling: `4:2:0` and the like, `grey`, or each component's factors, as `2x1,1x2,1x1`.
        process: `baseline`, `progressive`, ... (T.81, table B.1).
        quality: The quality on the IJG's scale whose tables are nearest; None without tables.
        quality_exact: Whether the tables are that quality's own.
        restart_interval: MCUs between restart markers; 0 without.
        strips: Parts that can be decoded independently of each other: 1 without restart markers.
        orientation: 1 to 8, as EXIF counts; 1 without.
        density: Dots per inch, horizontally and vertically, if JFIF says so.
        exif_bytes: Size of the EXIF data, 0 without.
        xmp_bytes: Size of the XMP packet, 0 without.
        icc_bytes: Size of the ICC profile, 0 without.
        comment: The first comment.
        segments: All segments up to the first scan's header, which is the last.
    """

    width: int
    height: int
    precision: int
    components: int
    sampling: str
    process: str
    quality: int | None
    quality_exact: bool
    restart_interval: int
    strips: int
    orientation: int
    density: tuple[int, int] | None
    exif_bytes: int
    xmp_bytes: int
    icc_bytes: int
    comment: str | None
    segments: tuple[Segment, ...]

    @property
    def progressive(self) -> bool:
        """Whether the picture comes in scans of increasing detail."""
        return "progressive" in self.process


def inspect(source: str | os.PathLike[str] | Buffer | BinaryIO) -> JpegInfo:
    """Read a JPEG file's headers.

    Args:
        source: A path, the bytes of a file, or an open binary file, which is read from where it
            stands to the first scan.

    Raises:
        CorruptImage: The headers are malformed or cut short.
        SourceFailed: The file cannot be read.
        UnsupportedFormat: Not a JPEG file.
    """
    try:
        if isinstance(source, str | os.PathLike):
            with Path(source).open("rb") as file:
                return _Parser(file).parse()
        file_like: Any = source if hasattr(source, "read") else io.BytesIO(source)
        return _Parser(file_like).parse()
    except OSError as error:
        raise SourceFailed(0, describe(error)) from error


@dataclass(frozen=True, slots=True)
class _Frame:
    process: str
    precision: int
    height: int
    width: int
    factors: list[tuple[int, int]]  # horizontal and vertical, of each component
    quantisers: list[int]  # table number of each component


class _Parser:
    """Goes through the segments once, keeping what they say."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._offset = 0
        self._segments: list[Segment] = []
        self._steps: dict[int, list[int]] = {}
        self._frame: _Frame | None = None
        self._restart_interval = 0
        self._density: tuple[int, int] | None = None
        self._exif: bytes | None = None
        self._xmp_bytes = 0
        self._icc_bytes = 0
        self._comment: str | None = None

    def parse(self) -> JpegInfo:
        if self._file.read(2) != _SOI:
            raise UnsupportedFormat("not a JPEG file: it does not begin with FF D8")
        self._offset = 2
        readers: dict[int, Callable[[bytes], None]] = {
            _DQT: self._read_quantisers,
            _DRI: self._read_restart_interval,
            _APP0: self._read_jfif,
            _APP1: self._read_exif_or_xmp,
            _APP2: self._read_icc,
            _COM: self._read_comment,
        }
        while True:
            marker, payload = self._next_segment()
            if marker in PROCESSES:
                self._read_frame(PROCESSES[marker], payload)
            elif marker in readers:
                readers[marker](payload)
            elif marker == _SOS:
                return self._info()

    def _next_segment(self) -> tuple[int, bytes]:
        start = self._offset
        marker = self._marker()
        if len(self._segments) == _MAX_SEGMENTS:
            raise CorruptImage(f"more than {_MAX_SEGMENTS:,} segments before the first scan")
        name = _NAMES.get(marker) or (f"SOF{marker & 15}" if marker in PROCESSES else None)
        if name is None:
            what = "end of image" if marker == _EOI else f"marker FF {marker:02X}"
            raise CorruptImage(f"{what} at byte {start:,}, before the first scan")
        length = int.from_bytes(self._take(2), "big")
        if length < 2:
            raise CorruptImage(f"{name} at byte {start:,} says it has {length} bytes")
        payload = self._take(length - 2)
        self._segments.append(Segment(name, start, self._offset - start))
        return marker, payload

    def _marker(self) -> int:
        """The second byte of the next marker; any number of FF may stand before it."""
        if self._take(1) != b"\xff":
            raise CorruptImage(f"no marker at byte {self._offset - 1:,}, where one must be")
        while (byte := self._take(1)) == b"\xff":
            pass
        return byte[0]

    def _take(self, size: int) -> bytes:
        data = self._file.read(size)
        self._offset += len(data)
        if len(data) != size:
            raise CorruptImage(f"the file ends within its headers, after {self._offset:,} bytes")
        return data

    def _read_frame(self, process: str, payload: bytes) -> None:
        if self._frame is not None:
            raise CorruptImage("two frame headers")
        if len(payload) < 6 or len(payload) != 6 + 3 * payload[5] or not payload[5]:
            raise CorruptImage(f"a frame header cannot have {len(payload)} bytes")
        components = [payload[at : at + 3] for at in range(6, len(payload), 3)]
        factors = [(component[1] >> 4, component[1] & 15) for component in components]
        if not all(1 <= factor <= 4 for pair in factors for factor in pair):
            raise CorruptImage(f"sampling factors {factors} are outside 1 to 4")
        height, width = int.from_bytes(payload[1:3], "big"), int.from_bytes(payload[3:5], "big")
        if not width:
            raise CorruptImage("the width is 0")
        if not height:
            raise UnsupportedFormat("the height stands after the picture (DNL), which few can read")
        self._frame = _Frame(
            process, payload[0], height, width, factors, [component[2] for component in components]
        )

    def _read_quantisers(self, payload: bytes) -> None:
        at = 0
        while at < len(payload):
            wide, number = payload[at] >> 4, payload[at] & 15
            item = 2 if wide else 1
            raw = payload[at + 1 : at + 1 + 64 * item]
            if wide > 1 or len(raw) != 64 * item:
                raise CorruptImage("a quantiser table is malformed or cut short")
            steps = [0] * 64
            for position, natural in enumerate(ZIGZAG):
                steps[natural] = int.from_bytes(raw[position * item : (position + 1) * item], "big")
            self._steps[number] = steps
            at += 1 + 64 * item

    def _read_restart_interval(self, payload: bytes) -> None:
        if len(payload) != 2:
            raise CorruptImage(f"DRI has {len(payload)} bytes in place of 2")
        self._restart_interval = int.from_bytes(payload, "big")

    def _read_jfif(self, payload: bytes) -> None:
        if not payload.startswith(b"JFIF\0") or len(payload) < 12:
            return
        unit = payload[7]
        x, y = int.from_bytes(payload[8:10], "big"), int.from_bytes(payload[10:12], "big")
        if unit == 1:
            self._density = (x, y)
        elif unit == 2:
            self._density = (round(x / _INCHES_PER_CM), round(y / _INCHES_PER_CM))

    def _read_exif_or_xmp(self, payload: bytes) -> None:
        if payload.startswith(EXIF_PREFIX) and self._exif is None:
            self._exif = payload.removeprefix(EXIF_PREFIX)
        elif payload.startswith(XMP_PREFIX):
            self._xmp_bytes += len(payload) - len(XMP_PREFIX)

    def _read_icc(self, payload: bytes) -> None:
        if payload.startswith(ICC_PREFIX):
            self._icc_bytes += max(0, len(payload) - len(ICC_PREFIX) - 2)

    def _read_comment(self, payload: bytes) -> None:
        if self._comment is None:
            self._comment = payload.decode("utf-8", errors="replace")

    def _info(self) -> JpegInfo:
        frame = self._frame
        if frame is None:
            raise CorruptImage("a scan comes before the frame header")
        luma, *others = frame.quantisers
        chroma = next((number for number in others if number != luma), None)
        quality, exact = _estimate_quality(
            self._steps.get(luma), None if chroma is None else self._steps.get(chroma)
        )
        return JpegInfo(
            width=frame.width,
            height=frame.height,
            precision=frame.precision,
            components=len(frame.factors),
            sampling=_sampling(frame.factors),
            process=frame.process,
            quality=quality,
            quality_exact=exact,
            restart_interval=self._restart_interval,
            strips=_strips(frame, self._restart_interval),
            orientation=orientation(self._exif) if self._exif else UPRIGHT,
            density=self._density,
            exif_bytes=len(self._exif or b""),
            xmp_bytes=self._xmp_bytes,
            icc_bytes=self._icc_bytes,
            comment=self._comment,
            segments=tuple(self._segments),
        )


def _sampling(factors: list[tuple[int, int]]) -> str:
    if len(factors) == 1:
        return "grey"
    first, *others = factors
    if len(factors) == 3 and others[0] == others[1]:
        across, rest_across = divmod(first[0], others[0][0])
        down, rest_down = divmod(first[1], others[0][1])
        if not rest_across and not rest_down and (across, down) in _SAMPLINGS:
            return _SAMPLINGS[across, down]
    return ",".join(f"{across}x{down}" for across, down in factors)


def _strips(frame: _Frame, restart_interval: int) -> int:
    if not restart_interval:
        return 1
    # A lone component is coded block by block, whatever its factors (T.81, A.2.2).
    factors = frame.factors if len(frame.factors) > 1 else [(1, 1)]
    mcu_width = 8 * max(across for across, _ in factors)
    mcu_height = 8 * max(down for _, down in factors)
    mcus = -(-frame.width // mcu_width) * -(-frame.height // mcu_height)
    return -(-mcus // restart_interval)


def _estimate_quality(luma: list[int] | None, chroma: list[int] | None) -> tuple[int | None, bool]:
    """The nearest quality, by the sum of all differences, and whether there are none."""
    if luma is None:
        return None, False
    pairs = [(LUMA_STEPS, luma)] if chroma is None else [(LUMA_STEPS, luma), (CHROMA_STEPS, chroma)]

    def distance(quality: int) -> int:
        return sum(
            abs(expected - found)
            for base, steps in pairs
            for expected, found in zip(scaled_steps(base, quality), steps, strict=True)
        )

    nearest = min(range(100, 0, -1), key=distance)
    return nearest, distance(nearest) == 0
