"""Pictures that are luma and chroma, by FFmpeg: JPEG, WebP, AVIF."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from stripline.webcodecs._av import av
from stripline.webcodecs._av_frames import color_space_from_av, media_from_av
from stripline.webcodecs.color_space import VideoColorSpace
from stripline.webcodecs.exceptions import DOMException, EncodingError
from stripline.webcodecs.image_avif import is_plain_still, read_sequence
from stripline.webcodecs.image_scan import Scan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer
    from av.video.frame import VideoFrame as AvFrame

    from stripline.webcodecs.media import Media

__all__ = ["AvPictures", "scan_avif"]

_MICROSECONDS: Final = 1_000_000

# What a picture that does not say has: sRGB's primaries and curve, and JFIF's matrix.
_USUAL: Final = {"primaries": "bt709", "transfer": "iec61966-2-1", "matrix": "smpte170m"}


def _open(data: bytes) -> InputContainer:
    try:
        return av.open(io.BytesIO(data), "r")
    except (av.FFmpegError, ValueError) as error:
        raise EncodingError(f"the picture cannot be read: {error}") from error


class AvPictures:
    """The frames of one of a file's streams, best asked for in order.

    Args:
        data: The file.
        stream: Which of its streams of pictures.
    """

    def __init__(self, data: bytes, stream: int = 0) -> None:
        self._data, self._stream = data, stream
        self._container: InputContainer | None = None

    def frame(self, index: int) -> tuple[Media, VideoColorSpace]:
        """The pixels of a frame, and their colours.

        Raises:
            EncodingError: They are damaged or cut.
        """
        if self._container is None or index < self._next:
            self._rewind()
        try:
            for frame in self._frames:
                self._next += 1
                if self._next > index:
                    return self._checked(frame)
        except (av.FFmpegError, ValueError, DOMException) as error:
            self._container = None
            raise EncodingError(f"frame {index} is damaged or cut: {error}") from error
        raise EncodingError(f"frame {index} is not there")

    def _rewind(self) -> None:
        self._container = _open(self._data)
        stream = self._container.streams.video[self._stream]
        stream.codec_context.options = {"err_detect": "explode"}
        self._frames: Iterator[AvFrame] = self._container.decode(stream)
        self._next = 0

    def _checked(self, frame: AvFrame) -> tuple[Media, VideoColorSpace]:
        if frame.is_corrupt:
            raise EncodingError("FFmpeg found the picture damaged")
        return media_from_av(frame), _colors(frame)

    def close(self) -> None:
        """Let the file go."""
        if self._container is not None:
            self._container.close()
            self._container = None


def _colors(frame: AvFrame) -> VideoColorSpace:
    known: dict[str, Any] = color_space_from_av(frame).to_json()
    for name, usual in _USUAL.items():
        known[name] = usual if known[name] is None else known[name]
    if known["full_range"] is None:
        known["full_range"] = frame.format.name.startswith("gray")
    return VideoColorSpace(known)


def scan_avif(data: bytes) -> list[Scan]:
    """The tracks of a whole AVIF file: its picture, then its sequence if it has one.

    Raises:
        EncodingError: It is none.
    """
    if data[4:8] != b"ftyp":
        raise EncodingError(f"the data is no AVIF: it begins with {data[:12].hex(' ')}")
    sequence = read_sequence(data)
    scans = []
    with _open(data) as container:
        streams = container.streams.video
        if not streams:
            raise EncodingError("the AVIF file has no picture")
        still = Scan(ycbcr=is_plain_still(data), known=True)
        still.add(None, len(data))
        scans.append(still)
        if sequence is not None:
            # Pictures that are no tracks are streams too, of other numbers, and have no duration.
            moving = [s for s in streams if s.id == sequence.track and s.duration is not None]
            if not moving:
                raise EncodingError(f"the AVIF file's track {sequence.track} is damaged")
            scan = Scan(
                animated=True,
                ycbcr=not sequence.alpha,
                known=True,
                stream=streams.index(moving[0]),
                repetitions=sequence.repetitions,
            )
            for packet in container.demux(moving[0]):
                if packet.size:
                    base = packet.time_base
                    scan.add(round((packet.duration or 0) * base * _MICROSECONDS), len(data))
            scans.append(scan)
    return scans
