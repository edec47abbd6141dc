"""Demuxer: the tracks and chunks of a container."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from stripline.webcodecs.chunks import EncodedAudioChunk, EncodedVideoChunk
from stripline.webcodecs.containers.source import Source
from stripline.webcodecs.exceptions import InvalidStateError, NotSupportedError
from stripline.webcodecs.webidl import long_long

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator, Iterator
    from types import TracebackType
    from typing import BinaryIO, Self

    from typing_extensions import Buffer

    from stripline.webcodecs._av_demux import AvDemuxer
    from stripline.webcodecs.containers.track import Track

    Chunk = EncodedVideoChunk | EncodedAudioChunk
    Read = tuple[Track, Chunk, dict[str, Any]]

__all__ = ["ChunkReader", "Demuxer", "OutputReader"]

# Chunks that a thread reads at once when they are awaited: the thread costs more than they do.
_BATCH: Final = 16


class Demuxer:
    """Reads the chunks of a container.

    ::

        with Demuxer("clip.mp4") as demuxer:
            decoder.configure(demuxer.video.decoder_config)
            for chunk in demuxer.chunks(demuxer.video):
                decoder.decode(chunk)

    Chunks come in decoding order, those of all tracks as they lie in the file. `for track, chunk in
    demuxer` gives all; `async for` does the same, and reads on another thread. All iterations share
    one place in the file: what one has taken no other gets.

    Containers are MP4 and its relatives, WebM, Matroska, Ogg, WAV, MP3, ADTS, FLAC, MPEG-TS, AVI,
    FLV and IVF. Nothing that a file refers to is opened. `outputs` gives chunks with metadata, of
    which the alpha channel beside VP8 or VP9 is a part.

    Args:
        source: A path, a bytes-like object, or a binary file object, which need not seek and stays
            open.

    Attributes:
        tracks: The tracks of video and audio.
        others: The streams that no codec of WebCodecs reads, by FFmpeg's names; and pictures with
            B-frames in AVI, which does not say when they are shown.
        format: FFmpeg's name of the container, such as "matroska,webm".
        duration: Microseconds, or None where the container does not say.

    Raises:
        DataError: It is no container that is known here, or damaged.
        TypeError: The source is something else.
        OSError: The file cannot be opened or read.
    """

    def __init__(self, source: str | os.PathLike[str] | Buffer | BinaryIO) -> None:
        from stripline.webcodecs._av_demux import AvDemuxer  # noqa: PLC0415 - loads PyAV

        self._source = Source(source)
        self._lock = threading.Lock()
        self._ahead: deque[Read] = deque()
        self._error: Exception | None = None  # met while reading ahead, for who gets there
        self._closed = False
        try:
            self._in: AvDemuxer = AvDemuxer(self._source)
        except BaseException:
            self._source.close()
            raise
        self.tracks = self._in.tracks
        self.others = self._in.others
        self.format = self._in.format
        self.duration = self._in.duration
        self._by_number = {track.number: track for track in self.tracks}

    @property
    def video(self) -> Track:
        """The first video track.

        Raises:
            NotSupportedError: There is none that WebCodecs reads.
        """
        return self._first("video")

    @property
    def audio(self) -> Track:
        """The first audio track.

        Raises:
            NotSupportedError: There is none that WebCodecs reads.
        """
        return self._first("audio")

    def _first(self, kind: str) -> Track:
        for track in self.tracks:
            if track.kind == kind:
                return track
        there = [track.codec for track in self.tracks] + list(self.others)
        why = f" ({self._in.why_not})" if self._in.why_not else ""
        raise NotSupportedError(
            f"there is no {kind} track that can be decoded; there is {', '.join(there) or 'none'}"
            + why
        )

    def chunks(self, track: Track) -> ChunkReader:
        """The chunks of one track from the present place on, for `for` and `async for`.

        Those of other tracks on the way are passed over: iterate the demuxer itself for several.

        Raises:
            TypeError: It is no track of this demuxer.
        """
        return ChunkReader(self.outputs(track))

    def outputs(self, track: Track) -> OutputReader:
        """The chunks of one track as an encoder puts them out: pairs of chunk and metadata.

        The first has the track's "decoder_config", those with alpha have "alpha_side_data"; so
        `muxer.write(*output)` copies a track. Otherwise as `chunks`.
        """
        if not any(track is own for own in self.tracks):
            raise TypeError(f"a track of this demuxer is read, not {track!r}")
        return OutputReader(self, track)

    def seek(self, timestamp: int, track: Track | None = None) -> None:
        """Go to the last key chunk that is not after a time; the next chunk of the track is that.

        Before the first one it is the first one.

        Args:
            timestamp: Microseconds.
            track: Whose key chunk is meant; None for the first video track or, without any, the
                first track.

        Raises:
            TypeError: The timestamp is no whole number of 64 bits.
            InvalidStateError: The demuxer is closed, or the source cannot seek.
            NotSupportedError: There is no track.
            DataError: The container is damaged.
        """
        timestamp = long_long(timestamp, "timestamp")
        if track is None:
            kinds = {one.kind: one for one in reversed(self.tracks)}
            track = kinds.get("video") or self.audio
        with self._lock:
            self._refuse_closed()
            self._ahead.clear()
            self._error = None
            self._in.seek(track.number, timestamp)

    def close(self) -> None:
        """Let the container go, and close a file that was opened here. Twice is once."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._ahead.clear()
                self._in.close()
                self._source.close()

    def _read(self) -> Read | None:
        """The next chunk, under the lock."""
        self._refuse_closed()
        found = self._in.read()
        if found is None:
            return None
        number, packet = found
        track = self._by_number[number]
        timestamp, duration = self._in.times(packet)
        data = bytes(packet)
        if track.kind == "audio":
            # Audio is not predicted from chunks before, as far as these codecs go.
            sound = EncodedAudioChunk(type="key", timestamp=timestamp, duration=duration, data=data)
            return track, sound, {}
        kind = "key" if packet.is_keyframe else "delta"
        chunk = EncodedVideoChunk(type=kind, timestamp=timestamp, duration=duration, data=data)
        alpha = self._in.alpha(packet)
        return track, chunk, {} if alpha is None else {"alpha_side_data": alpha}

    def _next(self) -> Read | None:
        with self._lock:
            self._raise_error()
            return self._ahead.popleft() if self._ahead else self._read()

    def _fill(self) -> None:
        """Read some chunks ahead."""
        with self._lock:
            while len(self._ahead) < _BATCH and self._error is None:
                try:
                    found = self._read()
                except Exception as error:  # noqa: BLE001 - raised when its place is reached
                    self._error = error
                    break
                if found is None:
                    return
                self._ahead.append(found)
            self._raise_error()

    def _raise_error(self) -> None:
        if self._error is not None and not self._ahead:
            error, self._error = self._error, None
            raise error

    def _refuse_closed(self) -> None:
        if self._closed:
            raise InvalidStateError("the demuxer is closed")

    def _reads(self) -> Iterator[Read]:
        while (found := self._next()) is not None:
            yield found

    async def _async_reads(self) -> AsyncIterator[Read]:
        while True:
            if not self._ahead:
                await asyncio.to_thread(self._fill)
            if not self._ahead:
                return
            yield self._ahead.popleft()

    def __iter__(self) -> Iterator[tuple[Track, Chunk]]:
        return ((track, chunk) for track, chunk, _ in self._reads())

    async def __aiter__(self) -> AsyncIterator[tuple[Track, Chunk]]:
        async for track, chunk, _ in self._async_reads():
            yield track, chunk

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """As without `async`; nothing is awaited."""
        self.__exit__(kind, error, traceback)


class OutputReader:
    """The chunks of one track with metadata, for `for` and `async for`."""

    def __init__(self, demuxer: Demuxer, track: Track) -> None:
        self._demuxer = demuxer
        self._track = track

    def __iter__(self) -> Iterator[tuple[Any, dict[str, Any]]]:
        more: dict[str, Any] = {"decoder_config": self._track.decoder_config}
        for track, chunk, metadata in self._demuxer._reads():  # noqa: SLF001 - the two are one
            if track is self._track:
                yield chunk, {**more, **metadata}
                more = {}

    async def __aiter__(self) -> AsyncIterator[tuple[Any, dict[str, Any]]]:
        more: dict[str, Any] = {"decoder_config": self._track.decoder_config}
        async for track, chunk, metadata in self._demuxer._async_reads():  # noqa: SLF001 - as above
            if track is self._track:
                yield chunk, {**more, **metadata}
                more = {}


class ChunkReader:
    """The chunks of one track, for `for` and `async for`."""

    def __init__(self, outputs: OutputReader) -> None:
        self._outputs = outputs

    def __iter__(self) -> Iterator[Any]:
        return (chunk for chunk, _ in self._outputs)

    async def __aiter__(self) -> AsyncIterator[Any]:
        async for chunk, _ in self._outputs:
            yield chunk
