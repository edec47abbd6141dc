"""Media resources: the samples that frames and their clones share (section 9.1).

A resource is a plain Python object that never changes. Each `VideoFrame` or `AudioData` holds one
reference until it is closed, so Python's own reference counting frees the samples with the last
clone, and views handed out stay valid for as long as somebody holds them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NoReturn, TypeVar

from stripline.webcodecs.exceptions import InvalidStateError

if TYPE_CHECKING:
    from typing import Self

    from stripline.webcodecs.enums import AudioSampleFormat, VideoPixelFormat
    from stripline.webcodecs.pixel_formats import PixelFormat

__all__ = ["AudioMedia", "Media", "MediaReference"]

_Resource = TypeVar("_Resource", bound="Media | AudioMedia")


# Not frozen only because that takes four times as long to make, for every frame.
@dataclass(slots=True, eq=False)
class Media:
    """The pixels of a frame.

    Attributes:
        format: How the samples lie in memory.
        coded_width: Width in pixels, invisible ones included.
        coded_height: Height in pixels, invisible ones included.
        planes: The bytes of each plane, from its first row on; `strides[i]` times the rows, of
            which the last may lack its padding.
        strides: Bytes from row to row of each plane.
        visible: Left, top, width and height of the visible pixels.
        block: One buffer in which these planes lie back to back, in order and without gaps, each
            with a whole last row; None when they do not.
    """

    format: VideoPixelFormat
    coded_width: int
    coded_height: int
    planes: tuple[memoryview, ...]
    strides: tuple[int, ...]
    visible: tuple[int, int, int, int]
    block: memoryview | None = None

    @classmethod
    def of_block(
        cls,
        form: PixelFormat,
        size: tuple[int, int],
        block: memoryview,
        strides: tuple[int, ...],
        visible: tuple[int, int, int, int],
    ) -> Media:
        """Planes that lie back to back in one buffer."""
        width, height = size
        planes, start = [], 0
        for plane, stride in zip(form.planes, strides, strict=True):
            end = start + stride * plane.rows(height)
            planes.append(block[start:end])
            start = end
        return cls(form.name, width, height, tuple(planes), strides, visible, block)

    def __reduce__(self) -> tuple[Any, ...]:
        planes = tuple(bytes(plane) for plane in self.planes)
        size = (self.coded_width, self.coded_height)
        return _unpickled, (self.format, size, planes, self.strides, self.visible)


@dataclass(frozen=True, slots=True, eq=False)
class AudioMedia:
    """The samples of some audio.

    Attributes:
        format: The numbers, and whether channels are interleaved.
        sample_rate: Frames per second.
        channels: Channels.
        frames: Samples of each channel.
        planes: The bytes of each channel, or of all channels interleaved.
    """

    format: AudioSampleFormat
    sample_rate: float
    channels: int
    frames: int
    planes: tuple[memoryview, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        planes = tuple(bytes(plane) for plane in self.planes)
        return _unpickled_audio, (
            self.format,
            self.sample_rate,
            self.channels,
            self.frames,
            planes,
        )


class MediaReference(Generic[_Resource]):
    """Base of VideoFrame and AudioData: holds its samples until it is closed."""

    __slots__ = ("__weakref__", "_resource", "_timestamp")

    _resource: _Resource | None
    _timestamp: int

    _noun: ClassVar[str]
    """What messages call it."""

    def _media(self) -> _Resource:
        """The samples.

        Raises:
            InvalidStateError: It is closed.
        """
        return self._resource or self._raise_closed()

    def _raise_closed(self) -> NoReturn:
        raise InvalidStateError(
            f"the {self._noun} of timestamp {self._timestamp} is closed; keep a clone() of what is "
            "needed after close()"
        )

    @property
    def timestamp(self) -> int:
        """When it is presented, in microseconds; kept when closed."""
        return self._timestamp

    def close(self) -> None:
        """Give the samples up; they are freed with the last clone. Twice is once."""
        self._resource = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _unpickled(
    name: VideoPixelFormat,
    size: tuple[int, int],
    planes: tuple[bytes, ...],
    strides: tuple[int, ...],
    visible: tuple[int, int, int, int],
) -> Media:
    return Media(name, *size, tuple(memoryview(plane) for plane in planes), strides, visible)


def _unpickled_audio(
    name: AudioSampleFormat, rate: float, channels: int, frames: int, planes: tuple[bytes, ...]
) -> AudioMedia:
    return AudioMedia(name, rate, channels, frames, tuple(memoryview(plane) for plane in planes))
