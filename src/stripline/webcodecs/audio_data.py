"""AudioData: some uncompressed audio with its time (section 9.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, TypedDict, TypeVar, Unpack

import numpy as np

from stripline.webcodecs.audio_convert import (
    SAMPLE_TYPES,
    audio_frames,
    convert_samples,
    is_planar,
    sample_bytes,
)
from stripline.webcodecs.enums import AudioSampleFormat
from stripline.webcodecs.exceptions import DataCloneError, RangeError
from stripline.webcodecs.media import AudioMedia, MediaReference
from stripline.webcodecs.webidl import (
    as_float,
    buffer_to_read,
    buffer_to_write,
    check_transfer,
    enum_member,
    gather,
    kept_bytes,
    long_long,
    require,
    unsigned_long,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from numpy.typing import NDArray

    from stripline.webcodecs.webidl import BufferSource

__all__ = ["AudioData", "AudioDataCopyToOptions", "AudioDataInit"]

_MICROSECONDS: Final = 1_000_000
_HIGHEST_RATE: Final = (2 - 2**-23) * 2.0**127  # the highest number of Web IDL's "float"


class AudioDataInit(TypedDict, total=False):
    """What audio is made of; the timestamp is in microseconds, the rate in Hz."""

    format: AudioSampleFormat | str
    sample_rate: float
    number_of_frames: int
    number_of_channels: int
    timestamp: int
    data: BufferSource
    transfer: Sequence[BufferSource] | None


class AudioDataCopyToOptions(TypedDict, total=False):
    """Which samples to copy, and as what (section 9.2.6)."""

    plane_index: int
    frame_offset: int
    frame_count: int | None
    format: AudioSampleFormat | str | None


_MEMBERS: Final = frozenset(AudioDataInit.__annotations__)
_COPY_MEMBERS: Final = frozenset(AudioDataCopyToOptions.__annotations__)

_Audio = TypeVar("_Audio", bound="AudioData")


class AudioData(MediaReference[AudioMedia]):
    """Some uncompressed audio. Takes an init dict or keyword arguments. Can only be closed.

    `data` holds all samples, interleaved or channel after channel as `format` says; see
    `from_numpy()` too. It is copied, unless it is listed in `transfer`: then it is used where it
    lies, and must not be changed any more. In a `with` statement the audio is closed at the end.

    Raises:
        TypeError: A member that is missing or not what it must be, a rate, count of frames or
            channels of 0, or too few bytes.
        DataCloneError: `transfer` lists a buffer twice, or one that was released.
    """

    __slots__ = ()

    _noun: ClassVar[str] = "audio"

    def __init__(
        self,
        init: AudioDataInit | Mapping[str, Any] | None = None,
        /,
        **members: Unpack[AudioDataInit],
    ) -> None:
        given = gather("AudioDataInit", init, members, _MEMBERS)
        require("AudioDataInit", given, *sorted(_MEMBERS - {"transfer"}))
        self._timestamp = long_long(given["timestamp"], "timestamp")
        self._resource = _media_from_buffer(given)

    @classmethod
    def from_numpy(
        cls, array: NDArray[Any], *, sample_rate: float, timestamp: int, planar: bool = False
    ) -> Self:
        """Audio from an array, whose samples are copied.

        Args:
            array: uint8, int16, int32 or float32; of shape (frames, channels) or (frames,), or
                (channels, frames) if `planar`.
            sample_rate: Frames per second.
            timestamp: Microseconds.
            planar: Whether each channel is a row of the array.

        Raises:
            TypeError: Another type or number of dimensions, or no samples at all.
        """
        kind = f"<{array.dtype.kind}{array.dtype.itemsize}".replace("<u1", "|u1")
        name = next((name for name, own in SAMPLE_TYPES.items() if own == kind), None)
        if name is None or array.ndim not in {1, 2}:
            raise TypeError(
                "the array must be of uint8, int16, int32 or float32 with one or two dimensions, "
                f"not {array.dtype} with {array.ndim}"
            )
        shape = array.shape[::-1] if planar else array.shape
        return cls(
            format=f"{name}-planar" if planar else name,
            sample_rate=sample_rate,
            number_of_frames=shape[0],
            number_of_channels=shape[1] if array.ndim == 2 else 1,
            timestamp=timestamp,
            data=np.ascontiguousarray(array, kind).data,
        )

    @classmethod
    def _from_media(cls, media: AudioMedia, timestamp: int) -> Self:
        """Audio of samples that nobody will change, shared and not copied."""
        return _made(cls, media, timestamp)

    @property
    def format(self) -> AudioSampleFormat | None:
        """The samples' type and arrangement; None once closed."""
        return self._resource.format if self._resource else None

    @property
    def sample_rate(self) -> float:
        """Frames per second; 0 once closed."""
        return self._resource.sample_rate if self._resource else 0

    @property
    def number_of_frames(self) -> int:
        """Samples of each channel; 0 once closed."""
        return self._resource.frames if self._resource else 0

    @property
    def number_of_channels(self) -> int:
        """Channels; 0 once closed."""
        return self._resource.channels if self._resource else 0

    @property
    def duration(self) -> int:
        """How long it lasts, in whole microseconds; 0 once closed."""
        media = self._resource
        return int(media.frames * _MICROSECONDS / media.sample_rate) if media else 0

    def allocation_size(
        self,
        options: AudioDataCopyToOptions | Mapping[str, Any] | None = None,
        /,
        **members: Unpack[AudioDataCopyToOptions],
    ) -> int:
        """The bytes that `copy_to()` needs with the same options. Raises as it does."""
        wanted = _converted(options, members)
        return _Copy(self._media(), wanted).allocation_size

    def copy_to(
        self,
        destination: BufferSource,
        options: AudioDataCopyToOptions | Mapping[str, Any] | None = None,
        /,
        **members: Unpack[AudioDataCopyToOptions],
    ) -> None:
        """Copy the samples of one plane, converted if asked for.

        Args:
            destination: A writable buffer of at least `allocation_size()` bytes; the rest of it
                is left alone.
            options: `plane_index`, a channel of a planar format, or 0; `frame_offset`, the first
                frame (default 0); `frame_count` (default: all from there on); `format`, which may
                be any (default: that of the audio).
            members: The same as keyword arguments.

        Raises:
            InvalidStateError: The audio is closed.
            RangeError: A plane or frames that are not there, or a destination that is too small.
            TypeError: No `plane_index`, or an option that is not what it must be.
        """
        wanted = _converted(options, members)
        target = buffer_to_write(destination, "destination")
        copy = _Copy(self._media(), wanted)
        if target.nbytes < copy.allocation_size:
            raise RangeError(
                f"destination holds {target.nbytes:,} bytes, the copy needs "
                f"{copy.allocation_size:,}"
            )
        target[: copy.allocation_size] = copy.samples().reshape(-1).view(np.uint8).data

    def planes(self) -> tuple[NDArray[Any], ...]:
        """The samples of each plane, read-only and without a copy.

        Returns:
            An array of shape (frames,) for each channel of a planar format, or one of shape
            (frames, channels). They stay valid when the audio is closed.

        Raises:
            InvalidStateError: The audio is closed.
        """
        media = self._media()
        if not is_planar(media.format):
            return (audio_frames(media),)
        kind = SAMPLE_TYPES[media.format.removesuffix("-planar")]
        return tuple(np.frombuffer(plane, kind) for plane in media.planes)

    def clone(self) -> Self:
        """Audio of its own life that shares the samples.

        Raises:
            InvalidStateError: The audio is closed.
        """
        return _made(type(self), self._media(), self._timestamp)

    def __reduce__(self) -> tuple[Any, ...]:
        if self._resource is None:
            raise DataCloneError("closed audio cannot be handed over")
        return _made, (type(self), self._resource, self._timestamp)

    def __repr__(self) -> str:
        what = "closed"
        if self._resource:
            what = (
                f"{self.format} {self.number_of_frames} frames x {self.number_of_channels} "
                f"at {self.sample_rate:g} Hz"
            )
        return f"<AudioData {what} timestamp={self._timestamp}>"


def _made(kind: type[_Audio], media: AudioMedia, timestamp: int) -> _Audio:
    """Audio without the checks of its constructor."""
    audio = kind.__new__(kind)
    audio._resource, audio._timestamp = media, timestamp  # noqa: SLF001 - of the same class
    return audio


def _media_from_buffer(members: Mapping[str, Any]) -> AudioMedia:
    """The samples in a buffer: "valid AudioDataInit" of section 9.2.4."""
    name = enum_member(AudioSampleFormat, members["format"], "format")
    rate = as_float(members["sample_rate"])
    if 0 < rate <= _HIGHEST_RATE:
        rate = float(np.float32(rate))  # Web IDL's "float"; what is very small becomes 0
    if not 0 < rate <= _HIGHEST_RATE:
        raise TypeError(f"sample_rate must be a positive number, not {members['sample_rate']!r}")
    frames = unsigned_long(members["number_of_frames"], "number_of_frames")
    channels = unsigned_long(members["number_of_channels"], "number_of_channels")
    if not frames or not channels:
        raise TypeError(f"there are no samples: {frames} frames of {channels} channels")
    data = members["data"]
    view = buffer_to_read(data, "data")
    size = frames * channels * sample_bytes(name)
    if view.nbytes < size:
        raise TypeError(
            f"data holds {view.nbytes:,} bytes; {frames:,} frames of {channels} channels "
            f"as {name} need {size:,}"
        )
    check_transfer(members.get("transfer"))
    view = kept_bytes(data, view[:size], members.get("transfer"))
    planes = channels if is_planar(name) else 1
    part = size // planes
    return AudioMedia(
        format=name,
        sample_rate=int(rate) if rate.is_integer() else rate,
        channels=channels,
        frames=frames,
        planes=tuple(view[i * part : (i + 1) * part] for i in range(planes)),
    )


def _converted(options: object, more: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a copy, which Web IDL converts before anything else is looked at."""
    what = "AudioDataCopyToOptions"
    given = gather(what, options, more, _COPY_MEMBERS)
    require(what, given, "plane_index")
    return {
        name: enum_member(AudioSampleFormat, value, name)
        if name == "format"
        else unsigned_long(value, name)
        for name, value in given.items()
    }


class _Copy:
    """What to copy: the algorithm "Compute Copy Element Count" of section 9.2.4."""

    def __init__(self, media: AudioMedia, members: Mapping[str, Any]) -> None:
        self._media = media
        self._format: AudioSampleFormat = members.get("format", media.format)
        self._plane: int = members["plane_index"]
        planes = media.channels if is_planar(self._format) else 1
        if self._plane >= planes:
            raise RangeError(f"plane {self._plane} of {self._format} with {planes} planes")
        self._first: int = members.get("frame_offset", 0)
        if self._first >= media.frames:
            raise RangeError(f"frame {self._first:,} is beyond the {media.frames:,} there are")
        count = media.frames - self._first
        wanted: int = members.get("frame_count", count)
        if wanted > count:
            raise RangeError(
                f"{wanted:,} frames from {self._first:,} on are asked for; there are {count:,}"
            )
        self._end = self._first + wanted
        samples = wanted if is_planar(self._format) else wanted * media.channels
        self.allocation_size: int = samples * sample_bytes(self._format)

    def samples(self) -> NDArray[Any]:
        """The samples as they shall be copied, in order."""
        media, wanted = self._media, slice(self._first, self._end)
        if is_planar(media.format) and is_planar(self._format):
            kind = SAMPLE_TYPES[media.format.removesuffix("-planar")]
            samples: NDArray[Any] = np.frombuffer(media.planes[self._plane], kind)[wanted]
        else:
            samples = audio_frames(media)[wanted]
            if is_planar(self._format):
                samples = samples[:, self._plane]
        return np.ascontiguousarray(convert_samples(samples, media.format, self._format))
