"""The backend of AudioDecoder: chunks in, samples out, by FFmpeg's decoders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stripline.webcodecs._av import av, opened
from stripline.webcodecs._av_audio_decode_plan import plan_audio_decoder
from stripline.webcodecs._av_audio_frames import audio_media_from_av
from stripline.webcodecs._opus_blocks import OpusBlocks
from stripline.webcodecs.audio_data import AudioData
from stripline.webcodecs.audio_headers import opus_packet_frames
from stripline.webcodecs.exceptions import EncodingError, NotSupportedError
from stripline.webcodecs.sample_clock import microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from av.audio.codeccontext import AudioCodecContext
    from av.audio.frame import AudioFrame as AvFrame

    from stripline.webcodecs.chunks import EncodedAudioChunk
    from stripline.webcodecs.media import AudioMedia

__all__ = ["AudioDecodeBackend"]


class AudioDecodeBackend:
    """Decodes chunks on the codec's thread."""

    def __init__(self) -> None:
        self._context: AudioCodecContext | None = None
        self._config: dict[str, Any] = {}

    def configure(self, config: dict[str, Any]) -> None:
        """Open the decoder; with the configuration it has, change nothing."""
        if self._context is not None and config == self._config:
            return
        self.close()
        self._plan = plan = plan_audio_decoder(config)
        context = av.CodecContext.create(plan.decoder, "r")
        assert isinstance(context, av.AudioCodecContext)  # noqa: S101 - all of the plan's are
        if plan.told is not None:
            context.sample_rate, context.layout = plan.told
        self._context = opened(context, plan.decoder, plan.options, plan.description)
        self._config = config
        self._blocks: OpusBlocks | None = None
        if plan.codec.kind == "opus":
            self._blocks = OpusBlocks(plan.pre_skip)
        self._before: int | None = None  # the timestamp of the chunk before
        self._late: bool | None = None  # whether samples belong to the chunk before, once known

    def work(self, chunk: EncodedAudioChunk) -> Iterator[tuple[AudioData]]:
        """Decode one chunk."""
        data = bytes(chunk)
        self._check(data, chunk.timestamp)
        if self._blocks is not None:
            yield from self._work_opus(chunk.timestamp, data)
            return
        frames = self._decode(av.Packet(data))
        before, self._before = self._before, chunk.timestamp
        if not frames:
            # Vorbis' first packet only begins an overlap (Vorbis I, section 4.3.8).
            if self._plan.codec.kind == "vorbis" and before is None:
                return
            raise EncodingError(f"the chunk of timestamp {chunk.timestamp} holds no whole frame")
        if self._late is None:
            # The first chunk gave nothing: its time is that of the samples that now come, and so
            # on. From a container both have the same time, and each chunk its own.
            self._late = before is not None and before != chunk.timestamp
        yield from self._give(
            frames, before if self._late and before is not None else chunk.timestamp
        )

    def _give(self, frames: list[AvFrame], timestamp: int) -> Iterator[tuple[AudioData]]:
        count = 0
        for frame in frames:
            media = self._media(frame)
            later = microseconds(count, media.sample_rate)
            yield (AudioData._from_media(media, timestamp + later),)  # noqa: SLF001 - made for this
            count += media.frames

    def _work_opus(self, timestamp: int, data: bytes) -> Iterator[tuple[AudioData]]:
        assert self._blocks is not None  # noqa: S101 - `work` has looked
        assert self._context is not None  # noqa: S101 - `configure` has opened it
        if self._blocks.is_elsewhere(timestamp):
            self._blocks.begin_anew()
            self._context.flush_buffers()
        try:
            count = opus_packet_frames(data)
        except ValueError as error:
            raise EncodingError(
                f"the chunk of timestamp {timestamp} is damaged: {error}"
            ) from error
        self._blocks.expect(timestamp, count)
        for frame in self._decode(av.Packet(data)):
            self._blocks.put(frame)
        yield from self._blocks.take()

    def _check(self, data: bytes, timestamp: int) -> None:
        if not data:
            raise EncodingError(f"the chunk of timestamp {timestamp} is empty")
        block = self._plan.block_bytes
        if block and len(data) % block:
            raise EncodingError(
                f"the chunk of timestamp {timestamp} has {len(data)} bytes, which is no multiple "
                f"of the {block} of one frame"
            )

    def _decode(self, packet: av.Packet[Any] | None) -> list[AvFrame]:
        assert self._context is not None  # noqa: S101 - `configure` has opened it
        try:
            frames = self._context.decode(packet)
        except (av.FFmpegError, ValueError) as error:
            raise EncodingError(f"{self._plan.decoder} failed: {error}") from error
        if any(frame.is_corrupt for frame in frames):
            raise EncodingError(f"{self._plan.decoder} found the samples damaged")
        return frames

    def _media(self, frame: AvFrame) -> AudioMedia:
        try:
            return audio_media_from_av(frame)
        except NotSupportedError as error:
            raise EncodingError(f"the samples cannot be given out: {error}") from error

    def drain(self) -> Iterable[tuple[AudioData]]:
        """Take all samples out.

        None of FFmpeg's decoders used here holds any back, so there is nothing to ask of them, and
        the stream may go on. What is missing of Opus' blocks is given out short.
        """
        return () if self._blocks is None else self._blocks.drain()

    def close(self) -> None:
        """Let the decoder go."""
        self._context = None
