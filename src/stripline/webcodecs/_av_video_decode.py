"""The backend of VideoDecoder: chunks in, frames out, by FFmpeg's decoders.

Packets are numbered; each frame finds its chunk's timestamp and duration again by that. FFmpeg
gives frames in the order in which they are shown.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from stripline.webcodecs._av import av, opened
from stripline.webcodecs._av_alpha import AlphaDecoder
from stripline.webcodecs._av_decode_plan import plan_decoder
from stripline.webcodecs._av_key_check import KeyCheck, begin_key_check
from stripline.webcodecs._av_video_output import Decoded, FrameMaker
from stripline.webcodecs.enums import EncodedVideoChunkType
from stripline.webcodecs.exceptions import EncodingError
from stripline.webcodecs.nal_units import split_lengths, split_start_codes
from stripline.webcodecs.obus import has_frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from fractions import Fraction

    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame as AvFrame

    from stripline.webcodecs._av_decode_plan import DecoderPlan
    from stripline.webcodecs.video_decoder import DecodeItem

__all__ = ["VideoDecodeBackend", "open_decoder"]

# Chunks without a frame of their own (VP9's hidden pictures, second fields) are forgotten when so
# many later ones have come: no codec here reorders farther than 16 pictures.
_REMEMBERED: Final = 64


def open_decoder(plan: DecoderPlan) -> VideoCodecContext:
    """Open FFmpeg's decoder.

    Raises:
        NotSupportedError: FFmpeg refuses, for instance the description.
    """
    context = av.CodecContext.create(plan.decoder, "r")
    assert isinstance(context, av.VideoCodecContext)  # noqa: S101 - all of plan_decoder's are
    context.thread_count = plan.threads
    context.thread_type = plan.thread_type
    return opened(context, plan.decoder, plan.options, plan.description)


class VideoDecodeBackend:
    """Decodes chunks on the codec's thread."""

    def __init__(self) -> None:
        self._context: VideoCodecContext | None = None
        self._config: dict[str, Any] = {}

    def configure(self, config: dict[str, Any]) -> None:
        """Open the decoder; with the configuration it has, change nothing."""
        if self._context is not None and config == self._config:
            return
        self.close()
        self._config = config
        self._plan = plan_decoder(config)
        self._context = open_decoder(self._plan)
        self._times: dict[int, tuple[int, int | None]] = {}
        self._count = 0
        self._tolerant = False
        self._alpha: AlphaDecoder | None = None
        self._last: tuple[int, int | None] = (0, None)
        self._size = (0, 0)
        self._aspect: Fraction | None = None
        self._key_checks: dict[int, KeyCheck] = {}
        self._maker = FrameMaker(config)

    def work(self, item: DecodeItem) -> Iterator[tuple[Decoded]]:
        """Decode one chunk."""
        chunk, alpha = item
        data, count = bytes(chunk), self._count
        if not data:
            raise EncodingError(f"the chunk of timestamp {chunk.timestamp} is empty")
        assert self._context is not None  # noqa: S101 - `configure` has opened it
        self._check(data)
        if chunk.type is EncodedVideoChunkType.KEY:
            check = begin_key_check(self._plan.codec, data)
            if check is not None:
                self._key_checks[count] = check
        # Memory of FFmpeg's own: a decoder's threads would need the GIL to free Python's, and
        # PyAV holds it while it waits for them to end.
        packet: av.Packet[Any] = av.Packet(len(data))
        packet.update(data)
        packet.pts = packet.dts = count
        if count == 0:
            self._tolerate(self._starts_midway(data))
        if alpha is not None:
            if self._alpha is None:
                plan = replace(self._plan, threads=1, thread_type="SLICE")
                self._alpha = AlphaDecoder(open_decoder(plan))
            self._alpha.decode(self._count, alpha)
        self._times[self._count] = (chunk.timestamp, chunk.duration)
        self._times.pop(self._count - _REMEMBERED, None)
        self._count += 1
        return self._decoded(self._decode(packet))

    def _tolerate(self, midway: bool) -> None:  # noqa: FBT001 - it is what is tolerated
        """Have a decoder that passes over missing references, or one that does not."""
        if midway != self._tolerant:
            plan = replace(self._plan, options={}) if midway else self._plan
            self._context, self._tolerant = open_decoder(plan), midway

    def _starts_midway(self, data: bytes) -> bool:
        """Whether H.264 begins at a recovery point: no IDR slice.

        Pictures that come after such a chunk and are shown before it need what is not there
        (ITU-T H.264, D.2.8).
        """
        if self._plan.codec.kind != "avc":
            return False
        return all(unit[0] & 0x1F != 5 for unit in self._units(data))

    def _units(self, data: bytes) -> list[bytes]:
        lengths = self._plan.length_bytes
        return split_lengths(data, lengths) if lengths else split_start_codes(data)

    def _check(self, data: bytes) -> None:
        """Raise unless the chunk's framing holds: FFmpeg passes over what it does not know."""
        kind = self._plan.codec.kind
        if kind in {"vp8", "vp9"}:
            return
        try:
            if kind == "av1":
                sound = has_frame(data)
            else:
                units = self._units(data)
                # Of H.264 and H.265, the first bit of a unit is forbidden (7.4.1).
                sound = bool(units) and not any(unit[0] & 0x80 for unit in units)
        except ValueError as error:
            raise EncodingError(f"the chunk is damaged: {error}") from error
        if not sound:
            raise EncodingError("the chunk is damaged: its units are none")

    def _decode(self, packet: av.Packet[Any] | None) -> list[AvFrame]:
        assert self._context is not None  # noqa: S101 - `configure` has opened it
        try:
            return self._context.decode(packet)
        except (av.FFmpegError, ValueError) as error:
            raise EncodingError(f"{self._plan.decoder} failed: {error}") from error

    def drain(self) -> Iterator[tuple[Decoded]]:
        """Take all frames out; the decoder then waits for a key chunk."""
        if self._context is None or not self._count:
            return
        frames = self._decode(None)
        self._context.flush_buffers()
        yield from self._decoded(frames)
        for check in self._key_checks.values():  # those whose frame FFmpeg has not given out
            check.verdict()
        self._key_checks.clear()
        self._times.clear()
        if self._alpha is not None:
            self._alpha.flush()
        self._count = 0

    def close(self) -> None:
        """Let the decoder go."""
        self._context = None

    def _decoded(self, frames: Iterable[AvFrame]) -> Iterator[tuple[Decoded]]:
        for frame in frames:
            # One chunk may hold several frames; those without a number follow the one before.
            number = -1 if frame.pts is None else frame.pts
            if self._key_checks:
                check = self._key_checks.pop(number, None)
                if check is not None:
                    check.verdict()
            if frame.is_corrupt:
                raise EncodingError(f"{self._plan.decoder} found the picture damaged")
            timestamp, duration = self._last = self._times.get(number, self._last)
            alpha = self._alpha.take(number) if self._alpha is not None else None
            size = (frame.width, frame.height)
            if frame.key_frame or size != self._size:
                # Streams say anew at key frames how wide a pixel is.
                assert self._context is not None  # noqa: S101 - it has just given the frame
                self._aspect, self._size = self._context.sample_aspect_ratio, size
            yield (Decoded(frame, timestamp, duration, self._aspect, alpha, self._maker),)
