"""Frames from a stream of raw pixels: YUV4MPEG2 (Y4M), or without any header."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, Protocol

from stripline.cli._video_clock import Clock
from stripline.errors import CorruptImage, InvalidOption, UnsupportedFormat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stripline.webcodecs import VideoFrame

__all__ = ["RawStream", "Y4mStream", "open_stream"]

MAGIC: Final = b"YUV4MPEG2 "
# The header line and those of frames are far shorter in practice.
_LONGEST_LINE: Final = 4096
_MOST_PIXELS: Final = 16_384 * 16_384
_LONGEST_PIXEL: Final = 1_000  # times as wide as high, or the reverse: beyond it is damage
# Chroma formats of YUV4MPEG2 as FFmpeg and mjpegtools name them (yuv4mpeg(5)).
_FORMATS: Final = {
    "mono": "I420",
    "420": "I420",
    "420jpeg": "I420",
    "420mpeg2": "I420",
    "420paldv": "I420",
    "422": "I422",
    "444": "I444",
    "444alpha": "I444A",
    "420p10": "I420P10",
    "422p10": "I422P10",
    "444p10": "I444P10",
    "420p12": "I420P12",
    "422p12": "I422P12",
    "444p12": "I444P12",
}


class Readable(Protocol):
    """A binary file, as far as it must be one."""

    def read(self, size: int, /) -> bytes:
        """Up to so many bytes, none at the end."""


class _Bytes:
    """Reads wholes from a stream that gives parts."""

    def __init__(self, stream: Readable, begun: bytes = b"") -> None:
        self._stream = stream
        self._begun = begun

    def up_to(self, size: int) -> bytes:
        """So many bytes, fewer only at the end."""
        parts, missing = [self._begun[:size]], size
        self._begun = self._begun[size:]
        missing -= len(parts[0])
        while missing:
            part = self._stream.read(missing)
            if not part:
                break
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def line(self) -> bytes | None:
        """Up to the end of a line; None at the end of the stream.

        Raises:
            UnsupportedFormat: The line does not end.
        """
        line = bytearray()
        while len(line) < _LONGEST_LINE:
            letter = self.up_to(1)
            if not letter and not line:
                return None
            if letter in {b"", b"\n"}:
                return bytes(line)
            line += letter
        raise UnsupportedFormat(f"a header line of more than {_LONGEST_LINE:,} bytes")


class _Stream:
    """What both kinds of streams share."""

    count: int | None = None

    def __init__(self, source: _Bytes, name: str, width: int, height: int) -> None:
        from stripline.webcodecs.pixel_formats import pixel_format  # noqa: PLC0415 - with numpy

        self._source = source
        self._name = name
        self.width, self.height = width, height
        if name in {"RGB", "BGR"}:
            self._frame_bytes = 3 * width * height
        else:
            self._frame_bytes = sum(
                plane.rows(height) * plane.row_bytes(width) for plane in pixel_format(name).planes
            )

    def _frame(self, data: bytes, members: dict[str, Any]) -> VideoFrame:
        import numpy as np  # noqa: PLC0415 - loads slowly

        from stripline.webcodecs import VideoFrame  # noqa: PLC0415 - loads numpy

        if self._name in {"RGB", "BGR"}:
            pixels = np.frombuffer(data, np.uint8).reshape(self.height, self.width, 3)
            return VideoFrame(pixels, format=f"{self._name}X", **members)
        return VideoFrame(
            data,
            format=self._name,
            coded_width=self.width,
            coded_height=self.height,
            **members,
        )

    def _read_frame(self, index: int) -> bytes:
        data = self._source.up_to(self._frame_bytes)
        if data and len(data) < self._frame_bytes:
            raise CorruptImage(
                f"the stream ends in frame {index + 1:,}, after {len(data):,} of its "
                f"{self._frame_bytes:,} bytes"
            )
        return data


class RawStream(_Stream):
    """Frames without headers, one after another.

    Args:
        source: The bytes.
        name: A `VideoPixelFormat`, or RGB or BGR, three bytes a pixel.
        width: In pixels.
        height: In pixels.
    """

    rate: Fraction | None = None
    aspect: Fraction | None = None

    def frames(self, rate: Fraction, *, mixed: bool) -> Iterator[VideoFrame]:  # noqa: ARG002 - all are of one size
        """Each frame until the stream ends.

        Raises:
            CorruptImage: It ends within one.
        """
        for index, when in enumerate(Clock(rate)):
            data = self._read_frame(index)
            if not data:
                return
            yield self._frame(data, when._asdict())


class Y4mStream(_Stream):
    """A YUV4MPEG2 stream.

    Args:
        source: The bytes after the first word of the header.

    Raises:
        UnsupportedFormat: A header that is damaged, a chroma format without an equal here, or
            pictures in two fields.
    """

    def __init__(self, source: _Bytes) -> None:
        fields: dict[str, str] = {"C": "420"}
        for word in (source.line() or b"").decode("ascii", errors="replace").split():
            if word.startswith("XCOLORRANGE="):
                fields["range"] = word.partition("=")[2]
            else:
                fields[word[0]] = word[1:]
        name = _FORMATS.get(fields["C"])
        if name is None:
            raise UnsupportedFormat(
                f"Y4M with chroma {fields['C']!r}; known are {', '.join(_FORMATS)}"
            )
        width, height = _whole(fields, "W"), _whole(fields, "H")
        if not 0 < width * height <= _MOST_PIXELS:
            raise UnsupportedFormat(f"Y4M of {width:,} x {height:,} pixels")
        if fields.get("I", "p")[:1] in {"t", "b", "m"}:
            raise UnsupportedFormat(
                f"Y4M of interlaced pictures (I{fields['I']}): make whole ones of the fields first"
            )
        super().__init__(source, name, width, height)
        self._colourless = b""
        if fields["C"] == "mono":  # luma alone
            self._frame_bytes = width * height
            self._colourless = bytes([128]) * (2 * -(-width // 2) * -(-height // 2))
        self.rate = _ratio(fields.get("F"))
        self.aspect = _ratio(fields.get("A"))
        if self.aspect is not None and not 1 / _LONGEST_PIXEL <= self.aspect <= _LONGEST_PIXEL:
            raise UnsupportedFormat(f"Y4M of pixels that are {fields['A']}")
        self._full_range = fields.get("range", "").upper() == "FULL"

    def frames(self, rate: Fraction, *, mixed: bool) -> Iterator[VideoFrame]:  # noqa: ARG002 - all are of one size
        """Each frame until the stream ends.

        Raises:
            CorruptImage: It ends within one, or something else than a frame comes.
        """
        colors = {"primaries": "bt709", "transfer": "bt709", "matrix": "bt709"}
        for index, when in enumerate(Clock(rate)):
            line = self._source.line()
            if line is None:
                return
            if line.split(b" ")[0] != b"FRAME":
                raise CorruptImage(f"frame {index + 1:,} of the stream does not begin with FRAME")
            data = self._read_frame(index)
            if not data:
                raise CorruptImage(f"the stream ends where frame {index + 1:,} begins")
            space = {**colors, "full_range": self._full_range}
            yield self._frame(data + self._colourless, {**when._asdict(), "color_space": space})


def _whole(fields: dict[str, str], name: str) -> int:
    text = fields.get(name, "")
    if not text.isdecimal() or len(text) > 9:
        raise UnsupportedFormat(f"the header of Y4M has no {name} with a number: {text!r}")
    return int(text)


def _ratio(text: str | None) -> Fraction | None:
    """A ratio such as 30000:1001; None where it is unknown, which is written 0:0."""
    over, _, under = (text or "").partition(":")
    if not (over.isdecimal() and under.isdecimal()) or 0 in {int(over), int(under)}:
        return None
    return Fraction(int(over), int(under))


def open_stream(
    stream: Readable, name: str | None, width: int | None, height: int | None
) -> RawStream | Y4mStream:
    """A Y4M by its header, or raw pixels as they are said to be.

    Raises:
        InvalidOption: It is no Y4M, and the size and format are not given.
        UnsupportedFormat: See `Y4mStream`.
    """
    if name is not None or width is not None or height is not None:
        if width is None or height is None:
            raise InvalidOption("raw pixels need both --width and --height")
        return RawStream(_Bytes(stream), _named(name or "RGB"), width, height)
    begun = _Bytes(stream).up_to(len(MAGIC))
    if begun != MAGIC:
        raise InvalidOption(
            "the stream is no Y4M: for raw pixels give --width, --height and --format"
        )
    return Y4mStream(_Bytes(stream))


def _named(name: str) -> str:
    from stripline.webcodecs.enums import VideoPixelFormat  # noqa: PLC0415 - not for --help

    known = ["RGB", "BGR", *VideoPixelFormat]
    if name.upper() not in known:
        raise InvalidOption(f"unknown pixel format {name!r}; known are {', '.join(known)}")
    return name.upper()
