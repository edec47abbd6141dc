"""EncodedAudioChunk and EncodedVideoChunk: compressed data with its time (section 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, TypedDict, TypeVar, Unpack

from stripline.webcodecs.enums import EncodedAudioChunkType, EncodedVideoChunkType
from stripline.webcodecs.webidl import (
    buffer_to_read,
    buffer_to_write,
    check_transfer,
    enum_member,
    gather,
    kept_bytes,
    long_long,
    require,
    unsigned_long_long,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stripline.webcodecs.webidl import BufferSource

__all__ = [
    "EncodedAudioChunk",
    "EncodedAudioChunkInit",
    "EncodedVideoChunk",
    "EncodedVideoChunkInit",
]


class _ChunkInit(TypedDict, total=False):
    timestamp: int
    duration: int | None
    data: BufferSource
    transfer: Sequence[BufferSource] | None


class EncodedAudioChunkInit(_ChunkInit, total=False):
    """What an audio chunk is made of; times are in microseconds."""

    type: EncodedAudioChunkType | str


class EncodedVideoChunkInit(_ChunkInit, total=False):
    """What a video chunk is made of; times are in microseconds."""

    type: EncodedVideoChunkType | str


ChunkType = TypeVar("ChunkType", EncodedAudioChunkType, EncodedVideoChunkType)
_MEMBERS: Final = frozenset(EncodedVideoChunkInit.__annotations__)


class _EncodedChunk(Generic[ChunkType]):
    """What both kinds of chunks are: immutable bytes with a time."""

    __slots__ = ("_data", "_duration", "_timestamp", "_type")

    _type: ChunkType

    def _take(self, init: object, keywords: Mapping[str, Any]) -> Any:  # noqa: ANN401 - unchecked
        """Keep times and data; give back the type as it was given."""
        what = f"{type(self).__name__}Init"
        members = gather(what, init, keywords, _MEMBERS)
        require(what, members, "type", "timestamp", "data")
        self._timestamp: int = long_long(members["timestamp"], "timestamp")
        duration = members.get("duration")
        self._duration: int | None = (
            None if duration is None else unsigned_long_long(duration, "duration")
        )
        data = members["data"]
        view = buffer_to_read(data, "data")
        check_transfer(members.get("transfer"))
        self._data = kept_bytes(data, view, members.get("transfer"))
        return members["type"]

    @property
    def type(self) -> ChunkType:
        """Either "key", or "delta" when it cannot be decoded without earlier chunks."""
        return self._type

    @property
    def timestamp(self) -> int:
        """When it is presented, in microseconds; may be negative."""
        return self._timestamp

    @property
    def duration(self) -> int | None:
        """How long it is presented, in microseconds, or None when not known."""
        return self._duration

    @property
    def byte_length(self) -> int:
        """Bytes of the compressed data."""
        return self._data.nbytes

    @property
    def data(self) -> memoryview:
        """The bytes, read-only and without a copy: a comfort beyond the specification."""
        return self._data

    def copy_to(self, destination: BufferSource) -> None:
        """Copy the bytes to the beginning of a buffer.

        Raises:
            TypeError: The destination is smaller than `byte_length`, or cannot be written to.
        """
        target = buffer_to_write(destination, "destination")
        if target.nbytes < self.byte_length:
            raise TypeError(
                f"destination holds {target.nbytes:,} bytes, the chunk has {self.byte_length:,}"
            )
        target[: self.byte_length] = self._data

    def __bytes__(self) -> bytes:
        return bytes(self._data)

    def __reduce__(self) -> tuple[Any, ...]:
        init = {
            "type": self._type,
            "timestamp": self._timestamp,
            "duration": self._duration,
            "data": bytes(self),
        }
        return type(self), (init,)

    def __repr__(self) -> str:
        return (
            f"<{type(self).__name__} {self._type} timestamp={self._timestamp} "
            f"duration={self._duration} {self.byte_length} bytes>"
        )


class EncodedAudioChunk(_EncodedChunk[EncodedAudioChunkType]):
    """Compressed audio. Takes an init dict or keyword arguments. Cannot be changed.

    The data is copied, unless it is a `bytes` object or also listed in `transfer`: then it is used
    where it lies, and must not be changed any more.

    Raises:
        TypeError: A type, timestamp or data that is missing or not what it must be.
        DataCloneError: `transfer` lists a buffer twice, or one that was released.
    """

    __slots__ = ()

    def __init__(
        self,
        init: EncodedAudioChunkInit | Mapping[str, Any] | None = None,
        /,
        **members: Unpack[EncodedAudioChunkInit],
    ) -> None:
        self._type = enum_member(EncodedAudioChunkType, self._take(init, members), "type")


class EncodedVideoChunk(_EncodedChunk[EncodedVideoChunkType]):
    """Compressed video. Takes an init dict or keyword arguments. Cannot be changed.

    The data is copied, unless it is a `bytes` object or also listed in `transfer`: then it is used
    where it lies, and must not be changed any more.

    Raises:
        TypeError: A type, timestamp or data that is missing or not what it must be.
        DataCloneError: `transfer` lists a buffer twice, or one that was released.
    """

    __slots__ = ()

    def __init__(
        self,
        init: EncodedVideoChunkInit | Mapping[str, Any] | None = None,
        /,
        **members: Unpack[EncodedVideoChunkInit],
    ) -> None:
        self._type = enum_member(EncodedVideoChunkType, self._take(init, members), "type")
