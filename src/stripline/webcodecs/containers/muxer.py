"""Muxer: chunks and their metadata to an MP4, WebM or Matroska file."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from stripline.webcodecs.chunks import EncodedAudioChunk, EncodedVideoChunk
from stripline.webcodecs.containers.decode_order import DecodeOrder
from stripline.webcodecs.containers.formats import format_of, options_of
from stripline.webcodecs.containers.outgoing import (
    Outgoing,
    check_first,
    checked,
    configure,
    shift_of,
)
from stripline.webcodecs.containers.stored import adts_header_bytes, store
from stripline.webcodecs.containers.target import Target, check_target
from stripline.webcodecs.enums import EncodedVideoChunkType
from stripline.webcodecs.exceptions import DataError, InvalidStateError, NotSupportedError

if TYPE_CHECKING:
    import os
    from types import TracebackType
    from typing import Self

    from stripline.webcodecs._av_mux import AvMuxer
    from stripline.webcodecs.containers.decode_order import Timed
    from stripline.webcodecs.containers.outgoing import Chunk, Kind

__all__ = ["Muxer"]

# Without announced tracks: media of this length is held to see which kinds of chunks come.
_HELD_MICROSECONDS: Final = 1_000_000


class Muxer:
    """Writes chunks to a container.

    ::

        with Muxer("clip.mp4") as muxer:
            encoder = VideoEncoder(output=muxer.write, error=fail)
            ...

    `write` can be the output callback of an encoder; it takes the configuration of the track from
    the metadata. A file appears under its name when the muxer is closed, whole, or not at all: an
    exception in the `with` block leaves nothing behind, nor does a failed `write` that nobody saw,
    as in the callback of a codec: `close` raises it again. So an encoder that is configured anew
    with another size or codec needs another muxer.

    Tracks announced by `add_video_track()` and `add_audio_track()` are waited for, and no others
    come in. Without any, each kind of chunks is a track; chunks are then held until a second of
    media has come, or `close()`, as all tracks must be known before the first byte is written.

    Chunks of a track come in decoding order, as encoders put them out. Each track begins with a
    key chunk and keeps its configuration. MP4 keeps timestamps and durations to the microsecond
    for video and to the sample for audio; WebM and Matroska to the millisecond. Where timestamps
    below zero cannot be stored, all tracks are shifted alike, to begin at zero: in WebM, Matroska
    and an MP4 in one piece, which however keeps those of sound down to -100,000, of which nothing
    is heard before zero. Only MP4 keeps an aspect ratio that is not that of the coded size.

    Calls from several threads must take turns; encoders without a loop call from threads of theirs,
    so with two of them use a lock.

    Args:
        target: A path; or a binary file object, which need not seek and stays open.
        format: "mp4", "webm" or "matroska"; None for what the path ends with: .mp4, .m4a, .m4v,
            .mov, .webm, .mkv or .mka.
        fragmented: Whether the file can be read while it is written: an MP4 in fragments, or a
            live WebM, each piece starting with a key chunk. None: if the target cannot seek.
        low_latency: Whether every chunk is a piece of its own. An MP4 is one chunk behind, as a
            chunk lasts until the next. Makes files larger.

    Raises:
        TypeError: The target is neither path nor binary file.
        NotSupportedError: An unknown format, or one in one piece to a target that cannot seek.
        OSError: The file cannot be made.
    """

    def __init__(
        self,
        target: str | os.PathLike[str] | Any,  # noqa: ANN401 - anything with write()
        format: str | None = None,  # noqa: A002 - the word for it
        *,
        fragmented: bool | None = None,
        low_latency: bool = False,
    ) -> None:
        from stripline.webcodecs._av_mux import AvMuxer  # noqa: PLC0415 - loads PyAV

        check_target(target)
        self._format = format_of(target, format)
        self._target = Target(target)
        self._undo = weakref.finalize(self, self._target.abort)
        at_once = low_latency or not self._target.seekable()
        self._pieces = at_once if fragmented is None else fragmented
        if at_once and not self._pieces:
            self._undo()
            raise NotSupportedError(
                f"{self._format} in one piece needs a target that can seek, and time: "
                "leave fragmented=False out"
            )
        options = options_of(self._format, pieces=self._pieces, low_latency=low_latency)
        try:
            self._out: AvMuxer = AvMuxer(self._target, self._format, options, at_once=low_latency)
        except BaseException:
            self._undo()
            raise
        self._tracks: list[Outgoing] = []
        self._announced = False
        self._shift = 0  # microseconds that all chunks are later in the file
        self._begun = False
        self._closed = False
        self._failure: Exception | None = None

    def add_video_track(self, config: Mapping[str, Any] | None = None) -> int:
        """Announce a video track.

        Args:
            config: A VideoDecoderConfig, or metadata with a "decoder_config"; None if it will come
                with the first chunk.

        Returns:
            The number of the track, for `write`; needed only with two of a kind.

        Raises:
            TypeError: The configuration is not valid.
            InvalidStateError: Closed, or chunks have been written already.
        """
        return self._announce("video", config)

    def add_audio_track(self, config: Mapping[str, Any] | None = None) -> int:
        """Announce an audio track, with an AudioDecoderConfig; see `add_video_track`."""
        return self._announce("audio", config)

    def _announce(self, kind: Kind, config: Mapping[str, Any] | None) -> int:
        self._refuse_closed()
        if self._begun or (self._tracks and not self._announced):
            raise InvalidStateError("tracks are announced before the first chunk is written")
        if not isinstance(config, Mapping | None):
            raise TypeError(f"a dict is expected, not {config!r}")
        known = None if config is None else checked(kind, config.get("decoder_config", config))
        self._announced = True
        self._tracks.append(Outgoing(kind, known))
        return len(self._tracks) - 1

    def write(
        self,
        chunk: Chunk,
        metadata: Mapping[str, Any] | None = None,
        *,
        track: int | None = None,
    ) -> None:
        """Write a chunk.

        Args:
            chunk: An EncodedVideoChunk or EncodedAudioChunk.
            metadata: What the encoder gave with it: "decoder_config", "alpha_side_data".
            track: The track's number, if it was announced; None for the first one of its kind.

        Raises:
            TypeError: No chunk, or one of another kind than the track; metadata is not valid.
            DataError: The chunk does not fit here: the first one of its track is no key chunk or
                has no configuration, or it comes out of order.
            InvalidStateError: Closed, or failed before; or a chunk of a kind that was not
                announced, or whose first came more than a second after the other kind's.
            NotSupportedError: The format cannot hold it, or the track's configuration changes.
            OSError: What the file raised.
        """
        self._refuse_closed()
        if self._failure is not None:
            raise InvalidStateError(
                f"the file cannot be completed: {self._failure}"
            ) from self._failure
        if not isinstance(chunk, EncodedVideoChunk | EncodedAudioChunk):
            raise TypeError(f"an encoded chunk is written, not {chunk!r}")
        try:
            self._take(chunk, {} if metadata is None else metadata, track)
        except Exception as error:
            # Who called may be a codec, which can tell nobody: `close` must not succeed.
            self._failure = error
            raise

    def _take(self, chunk: Chunk, metadata: Mapping[str, Any], track: int | None) -> None:
        if not isinstance(metadata, Mapping):
            raise TypeError(f"metadata is a dict, not {metadata!r}")
        output = self._track_for(chunk, track)
        if metadata.get("decoder_config") is not None:
            configure(output, metadata["decoder_config"])
        alpha = metadata.get("alpha_side_data")
        if output.last is None:
            check_first(output, chunk)
            output.has_alpha = alpha is not None
        output.last = chunk.timestamp
        if self._begun:
            self._put(output, chunk, alpha)
            return
        output.held.append((chunk, alpha))
        if self._is_ready(output):
            self._begin()

    def _track_for(self, chunk: Chunk, number: int | None) -> Outgoing:
        kind: Kind = "video" if isinstance(chunk, EncodedVideoChunk) else "audio"
        if number is not None:
            if not 0 <= number < len(self._tracks) or self._tracks[number].kind != kind:
                raise TypeError(f"track {number} is no {kind} track")
            return self._tracks[number]
        for output in self._tracks:
            if output.kind == kind:
                return output
        if self._announced or self._begun:
            raise InvalidStateError(
                f"there is no {kind} track, and none can be added any more: call "
                f"add_{kind}_track() before the first chunk is written"
            )
        self._tracks.append(Outgoing(kind))
        return self._tracks[-1]

    def _is_ready(self, output: Outgoing) -> bool:
        if self._announced:
            return all(one.held for one in self._tracks)
        first, last = output.held[0][0].timestamp, output.held[-1][0].timestamp
        return len(self._tracks) == 2 or last - first >= _HELD_MICROSECONDS

    def _begin(self) -> None:
        """Write the header, then what was held."""
        from stripline.webcodecs._av_mux import reorder_depth  # noqa: PLC0415 - loads PyAV

        self._begun = True
        if self._format == "mp4" and not self._pieces:
            self._shift = shift_of(self._tracks)
        for output in self._tracks:
            if output.config is None:
                raise DataError(f"the {output.kind} track has no configuration")
            first = bytes(output.held[0][0]) if output.held else b""
            output.stored = store(output.kind, output.config, first)
            depth = reorder_depth(output.stored)
            # Pieces are not held up by chunks that reordering is looked for in.
            output.order = DecodeOrder(0 if depth is None and self._pieces else depth)
            output.number = self._out.add(output.stored, output.config, alpha=output.has_alpha)
        self._out.begin()
        for output in self._tracks:
            held, output.held = output.held, []
            for chunk, alpha in held:
                self._put(output, chunk, alpha)

    def _put(self, output: Outgoing, chunk: Chunk, alpha: bytes | None) -> None:
        assert output.order is not None  # noqa: S101 - `_begin` has made it
        for timed in output.order.put((chunk, alpha), chunk.timestamp):
            self._pack(output, timed)

    def _pack(self, output: Outgoing, timed: Timed[tuple[Chunk, bytes | None]]) -> None:
        from stripline.webcodecs._av_mux import Packed  # noqa: PLC0415 - loads PyAV

        chunk, alpha = timed.item
        if chunk.duration:
            output.step = chunk.duration
        data = bytes(chunk)
        if output.stored is not None and output.stored.adts:
            data = data[adts_header_bytes(data) :]
        key = chunk.type == EncodedVideoChunkType.KEY
        shown, decoded = timed.timestamp + self._shift, timed.decoded + self._shift
        duration = chunk.duration or output.step
        self._out.write(output.number, Packed(data, shown, decoded, duration, key, alpha))

    def close(self) -> None:
        """Complete the file. On a failure it is not there. Twice is once.

        Raises:
            InvalidStateError: An announced track has got neither configuration nor chunk, or
                nothing was written at all.
            DOMException: What `write` raises, or has raised where the file has become incomplete.
            OSError: What the file raised.
        """
        if self._closed:
            return
        try:
            if self._failure is not None:
                raise self._failure
            if not self._begun:
                self._refuse_nothing()
                self._begin()
            for output in self._tracks:
                assert output.order is not None  # noqa: S101 - `_begin` has made it
                for timed in output.order.finish():
                    self._pack(output, timed)
            self._out.finish()
            self._target.commit()
        finally:
            self.abort()

    def _refuse_nothing(self) -> None:
        missing = [one.kind for one in self._tracks if one.config is None]
        if not self._tracks:
            raise InvalidStateError("no chunk was written: there is nothing to make a file of")
        if missing:
            raise InvalidStateError(f"the {missing[0]} track was announced, and no chunk came")

    def abort(self) -> None:
        """Give up: leave no file behind. A file object keeps what it has. After `close` nothing."""
        self._closed = True
        self._undo()

    def _refuse_closed(self) -> None:
        if self._closed:
            raise InvalidStateError("the muxer is closed")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Complete the file, or give it up if an exception is on its way."""
        if kind is None:
            self.close()
        else:
            self.abort()

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
