"""The seam to FFmpeg's muxers: tracks and chunks in, bytes of a container out."""

from __future__ import annotations

import io
from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stripline.webcodecs._av import av
from stripline.webcodecs._av_frames import color_numbers
from stripline.webcodecs._av_opus_delay import opus_delay, opus_pattern
from stripline.webcodecs.codec_string import AudioCodec, VideoCodec
from stripline.webcodecs.color_space import VideoColorSpace
from stripline.webcodecs.containers.sequence_set import avc_reorder_depth, avc_sequence_set
from stripline.webcodecs.exceptions import DataError, NotSupportedError
from stripline.webcodecs.orientation import UPRIGHT, Orientation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from av.container import OutputContainer

    from stripline.webcodecs.containers.stored import Stored
    from stripline.webcodecs.containers.target import Target

__all__ = ["ALPHA_ID", "AvMuxer", "Packed", "display_matrix", "reorder_depth"]

_MICROSECONDS: Final = Fraction(1, 1_000_000)
# Any encoder of a codec serves: it is never opened, and only names the codec.
_ENCODERS: Final = {
    "avc": "libx264",
    "hevc": "libx265",
    "vp8": "libvpx",
    "vp9": "libvpx-vp9",
    "av1": "libsvtav1",
    "aac": "aac",
    "flac": "flac",
    "mp3": "libmp3lame",
    "vorbis": "vorbis",
    "alaw": "pcm_alaw",
    "ulaw": "pcm_mulaw",
}
_PCM: Final = {"u8": "u8", "s16": "s16le", "s24": "s24le", "s32": "s32le", "f32": "f32le"}
_SAMPLES: Final = {"u8": "u8", "s16": "s16", "s24": "s32", "s32": "s32", "f32": "flt"}
_LAYOUTS: Final = {
    1: "mono",
    2: "stereo",
    3: "3.0",
    4: "4.0",
    5: "5.0",
    6: "5.1",
    7: "6.1",
    8: "7.1",
}
_BLOCK_ADDITION: Final = 15  # AV_PKT_DATA_MATROSKA_BLOCKADDITIONAL
# BlockAddID 1 is the alpha channel (WebM container guidelines, "alpha channel").
ALPHA_ID: Final = (1).to_bytes(8, "big")
_ONE: Final = 1 << 16  # 1.0 in a display matrix
# Microseconds from a picture to the next in MP4, 35 minutes: FFmpeg reads a longer step as 1.
_LONGEST_STEP: Final = (1 << 31) - 2
# Microseconds: what is earlier in fragments, or later anywhere, FFmpeg writes as another time.
_MP4_TIMES: Final = range(-(1 << 31) + 1, (1 << 62) + 1)


class Packed(NamedTuple):
    """A chunk as FFmpeg takes it; times in microseconds."""

    data: bytes
    timestamp: int
    decoded: int
    duration: int
    key: bool
    alpha: bytes | None = None


def _check_mp4(chunk: Packed, step: int) -> None:
    """Refuse times that FFmpeg would write as others.

    Args:
        chunk: The chunk.
        step: Microseconds since the picture before.

    Raises:
        DataError: It has some.
    """
    wrong = ""
    if max(step, chunk.duration) > _LONGEST_STEP:
        what = "after the one before" if step > _LONGEST_STEP else "long"
        wrong = f"it is {max(step, chunk.duration):,} µs {what}, and {_LONGEST_STEP:,} are the most"
    elif chunk.decoded not in _MP4_TIMES or chunk.timestamp not in _MP4_TIMES:
        wrong = f"times are {_MP4_TIMES[0]:,} to {_MP4_TIMES[-1]:,} µs there"
    if wrong:
        raise DataError(f"mp4 cannot take the chunk of timestamp {chunk.timestamp:,}: {wrong}")


def _av_name(codec: VideoCodec | AudioCodec) -> str:
    if isinstance(codec, AudioCodec) and codec.kind == "pcm":
        return f"pcm_{_PCM[codec.variant]}"
    return _ENCODERS[codec.kind]


@contextmanager
def _pattern(stored: Stored) -> Iterator[Any]:
    """A stream of a codec, to make another one like it."""
    if stored.codec.kind == "opus":
        with opus_pattern(stored.extradata or b"") as pattern:
            yield pattern
        return
    with av.open(io.BytesIO(), "w", format="nut") as patterns:  # which holds all of them
        yield patterns.add_stream(_av_name(stored.codec))


def reorder_depth(stored: Stored) -> int | None:
    """How many pictures a stream reorders, as its parameter sets say; None if they do not say.

    Raises:
        DataError: The parameter sets are damaged.
    """
    codec, extradata = stored.codec, stored.extradata or b""
    if codec.kind not in {"avc", "hevc"}:
        return 0
    try:
        if codec.kind == "avc":
            return avc_reorder_depth(avc_sequence_set(extradata))
        context = av.CodecContext.create("hevc", "r")
        context.extradata = extradata
        context.open()
    except (av.FFmpegError, ValueError) as error:
        raise DataError(f"the parameter sets of {codec.kind} are damaged: {error}") from error
    return int(context.reorder_depth)


def display_matrix(turn: Orientation) -> tuple[int, ...]:
    """A turn, then a mirroring, as the matrix of ISO/IEC 14496-12, section 8.3.2.

    It makes (ax + cy, bx + dy) of a point (x, y), with y downwards.
    """
    a, b, c, d = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}[
        turn.rotation
    ]
    if turn.flip:
        a, c = -a, -c
    return (a * _ONE, b * _ONE, 0, c * _ONE, d * _ONE, 0, 0, 0, 1 << 30)


class AvMuxer:
    """One container that is being written.

    Args:
        target: Where the bytes go.
        name: "mp4", "webm" or "matroska".
        options: FFmpeg's options of the format.
        at_once: Whether bytes are handed over after each chunk.

    Raises:
        NotSupportedError: FFmpeg lacks the format.
    """

    def __init__(
        self, target: Target, name: str, options: Mapping[str, str], *, at_once: bool = False
    ) -> None:
        self._target = target
        self._name = name
        self._decoded: dict[int, int] = {}  # microseconds, of each track's last chunk
        self._delays: dict[int, int] = {}  # microseconds that a track's packets are early, if any
        try:
            self._container: OutputContainer = av.open(
                target, "w", format=name, options=dict(options), buffer_size=1 << 16
            )
        except (av.FFmpegError, ValueError) as error:
            raise NotSupportedError(f"FFmpeg cannot write {name}: {error}") from error
        if at_once:
            self._container.flags |= 0x200  # AVFMT_FLAG_FLUSH_PACKETS

    def add(self, stored: Stored, config: Mapping[str, Any], *, alpha: bool = False) -> int:
        """Add a track; give its number.

        Raises:
            NotSupportedError: The format does not hold such tracks.
            DataError: The description of Opus is damaged.
        """
        codec = stored.codec
        if alpha and self._name == "mp4":
            raise NotSupportedError("MP4 holds no alpha beside VP8 or VP9: write WebM or Matroska")
        # FFmpeg opens the encoder of every stream but those that are made like another one.
        with _pattern(stored) as pattern:
            try:
                stream: Any = self._container.add_stream_from_template(pattern, opaque=True)
            except ValueError as error:
                raise NotSupportedError(f"{self._name} does not hold {codec.kind}") from error
        if codec.kind == "opus":
            # Matroska counts in milliseconds, and rounds the delay to one.
            tick = 1 if self._name == "mp4" else 1_000
            delay = opus_delay(stored.extradata or b"", tick * _MICROSECONDS)
            self._delays[stream.index] = delay * tick
        stream.time_base = _MICROSECONDS
        context = stream.codec_context
        if stored.extradata is not None:
            context.extradata = stored.extradata
        if stored.tag is not None and self._name == "mp4":
            context.codec_tag = stored.tag
        if isinstance(codec, VideoCodec):
            _describe_video(stream, codec, config)
            if context.sample_aspect_ratio and self._name != "mp4":
                raise NotSupportedError(
                    f"PyAV cannot store in {self._name} that pictures are shown in another shape "
                    "than they are coded: leave display_aspect_width and _height out"
                )
            if alpha:
                stream.metadata["alpha_mode"] = "1"
        else:
            _describe_audio(context, codec, config)
        return int(stream.index)

    def begin(self) -> None:
        """Write the header; no more tracks can be added.

        Raises:
            NotSupportedError: The format does not hold such tracks.
        """
        try:
            self._container.start_encoding()
        except (av.FFmpegError, ValueError) as error:
            self._target.raise_error()
            raise NotSupportedError(f"{self._name} does not hold these tracks: {error}") from error
        self._target.raise_error()

    def write(self, track: int, chunk: Packed) -> None:
        """Write a chunk; it may be kept until the other tracks have come as far.

        Raises:
            DataError: FFmpeg refuses it, or would change its time.
        """
        stream: Any = self._container.streams[track]
        step = chunk.decoded - self._decoded.get(track, chunk.decoded)
        self._decoded[track] = chunk.decoded
        if self._name == "mp4":
            _check_mp4(chunk, step if stream.type == "video" else 0)
        packet: Any = av.Packet(chunk.data)
        delay = self._delays.get(track, 0)
        packet.pts, packet.dts = chunk.timestamp - delay, chunk.decoded - delay
        packet.duration = chunk.duration
        packet.time_base = _MICROSECONDS
        packet.stream = stream
        packet.is_keyframe = chunk.key
        if chunk.alpha is not None:
            addition = ALPHA_ID + chunk.alpha
            side = av.packet.PacketSideData(_BLOCK_ADDITION, len(addition))  # type: ignore[call-arg]  # its stub has no constructor
            side.update(addition)
            packet.set_sidedata(side, move=True)
        try:
            self._container.mux_one(packet)
        except (av.FFmpegError, ValueError) as error:
            self._target.raise_error()
            raise DataError(
                f"{self._name} cannot take the chunk of timestamp {chunk.timestamp:,}: {error}"
            ) from error
        self._target.raise_error()

    def finish(self) -> None:
        """Write what is kept, and the end.

        Raises:
            DataError: FFmpeg cannot.
        """
        try:
            self._container.close()
        except (av.FFmpegError, ValueError) as error:
            self._target.raise_error()
            raise DataError(f"{self._name} cannot be completed: {error}") from error
        self._target.raise_error()


def _describe_video(stream: Any, codec: VideoCodec, config: Mapping[str, Any]) -> None:  # noqa: ANN401 - stubs lack its setters
    context = stream.codec_context
    width, height = config["coded_width"], config["coded_height"]
    context.width, context.height = width, height
    # PyAV's pattern has 24 frames a second, which Matroska would store as a frame's duration.
    context.framerate = Fraction(0)
    chroma = "420" if codec.chroma == "400" else codec.chroma
    depth = 8 if codec.kind == "avc" and codec.profile < 110 else codec.bit_depth
    context.pix_fmt = f"yuv{chroma}p" + (f"{depth}le" if depth > 8 else "")
    if "display_aspect_width" in config:
        shape = Fraction(config["display_aspect_width"], config["display_aspect_height"])
        aspect = (shape * Fraction(height, width)).limit_denominator(65_535)
        if aspect != 1:
            context.sample_aspect_ratio = aspect
    numbers = color_numbers(VideoColorSpace(config.get("color_space") or {}))
    context.color_primaries, context.color_trc = numbers.primaries, numbers.transfer
    context.colorspace, context.color_range = numbers.matrix, numbers.range
    turn = Orientation.parse(config.get("rotation", 0), config.get("flip", False))
    if turn != UPRIGHT:
        stream.set_display_matrix(display_matrix(turn))


def _describe_audio(context: Any, codec: AudioCodec, config: Mapping[str, Any]) -> None:  # noqa: ANN401 - as above
    channels = config["number_of_channels"]
    if channels not in _LAYOUTS:
        raise NotSupportedError(f"{channels} channels: containers are written with 1 to 8 here")
    context.sample_rate = config["sample_rate"]
    context.layout = _LAYOUTS[channels]
    if codec.kind == "pcm":
        context.format = _SAMPLES[codec.variant]
