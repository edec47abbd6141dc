"""The backend of VideoEncoder: frames in, chunks and metadata out, by FFmpeg's encoders.

Encoders count frames on a clock of their own, which never goes back; each packet finds its frame's
timestamp and duration again by that. So equal, negative and disordered timestamps pass.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stripline.webcodecs._av import av
from stripline.webcodecs._av_encode_pixels import FrameShaper, encoded_color_space, set_colors
from stripline.webcodecs._av_encode_plan import EncoderPlan, plan_encoder
from stripline.webcodecs._av_quantizer import Quantizer, wanted_quantizer
from stripline.webcodecs._avcc import ParameterSets
from stripline.webcodecs.chunks import EncodedVideoChunk
from stripline.webcodecs.color_space import REC709, VideoColorSpace
from stripline.webcodecs.enums import EncodedVideoChunkType
from stripline.webcodecs.exceptions import EncodingError, NotSupportedError
from stripline.webcodecs.nal_units import join_lengths, split_start_codes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from av.video.codeccontext import VideoCodecContext

    from stripline.webcodecs.video_encoder import EncodeItem
    from stripline.webcodecs.video_frame import VideoFrame

__all__ = ["VideoEncodeBackend", "open_encoder", "probe_encoder"]

_MICROSECONDS: Final = 1_000_000
_KEY_PICTURE: Final = 1  # AV_PICTURE_TYPE_I
# A step of time larger than this, or backwards, is taken for a nominal frame by rate control.
_LONGEST_STEP: Final = _MICROSECONDS
_PROBED_PIXELS: Final = 320  # on a side
# Which temporal layer each frame of a period belongs to.
_LAYER_IDS: Final = {2: (0, 1), 3: (0, 2, 1, 2)}
_ALPHA_HEADER_BYTES: Final = 8  # BlockAddID, before the data of a Matroska block addition


class _Sent(NamedTuple):
    """What is known of a frame that an encoder has."""

    timestamp: int
    duration: int | None
    rotation: int
    flip: bool
    layer: int


def open_encoder(
    config: Mapping[str, Any], plan: EncoderPlan, colors: VideoColorSpace
) -> VideoCodecContext:
    """Open FFmpeg's encoder.

    Raises:
        NotSupportedError: FFmpeg refuses.
    """
    context = av.CodecContext.create(plan.encoder, "w")
    assert isinstance(context, av.VideoCodecContext)  # noqa: S101 - all of plan_encoder's are
    try:
        context.width, context.height = config["width"], config["height"]
        context.pix_fmt = plan.pixels
        context.time_base = Fraction(1, _MICROSECONDS)
        context.framerate = plan.framerate
        context.bit_rate = plan.bitrate
        context.gop_size = plan.key_interval
        context.max_b_frames = 0
        context.thread_count = plan.threads
        context.options = dict(plan.options)
        set_colors(context, colors)
        context.open()
    except (av.FFmpegError, ValueError, OverflowError) as error:
        raise NotSupportedError(f"{plan.encoder} refuses the configuration: {error}") from error
    return context


def probe_encoder(config: Mapping[str, Any]) -> None:
    """Find out whether an encoder can be opened.

    Raises:
        NotSupportedError: It cannot.
    """
    plan = plan_encoder(config)
    if plan.encoder.startswith("libvpx"):
        # It takes any size, and allocates gigabytes for large ones at once: ask with a small one.
        most = _PROBED_PIXELS
        config = {
            **config,
            "width": min(config["width"], most),
            "height": min(config["height"], most),
        }
    open_encoder(config, plan, REC709)


class VideoEncodeBackend:
    """Encodes frames on the codec's thread."""

    def __init__(self) -> None:
        self._context: VideoCodecContext | None = None
        self._config: dict[str, Any] = {}
        self._output_config: dict[str, Any] | None = None

    def configure(self, config: dict[str, Any]) -> None:
        """Open the encoder; with the configuration it has, only ask for a key frame."""
        if self._context is not None and config == self._config:
            self._want_key = True
            return
        self.close()
        self._config = config
        self._plan = plan_encoder(config)
        self._colors = REC709
        self._shaper = FrameShaper(config["width"], config["height"], self._plan.pixels)
        self._announce = True  # the next decoder configuration, whether it has changed or not
        self._open()

    def _open(self, quantizer: int | None = None) -> None:
        plan = self._plan
        if plan.quantizer == "reopen" and quantizer is not None:
            # Not as FFmpeg's option "qp", whose 0 counts as not set (SVT-AV1 takes 35 then).
            params = f"{plan.options['svtav1-params']}:qp={quantizer}"
            plan = replace(plan, options={**plan.options, "svtav1-params": params})
        self._opened_for = quantizer
        self._context = open_encoder(self._config, plan, self._colors)
        self._quantizer = Quantizer(self._plan, self._config, self._context)
        self._sets = ParameterSets(self._plan.codec.kind)
        self._sent: dict[int, _Sent] = {}
        self._clock = 0
        self._nominal = max(1, int(_MICROSECONDS / self._plan.framerate))
        self._count = 0
        self._last_timestamp = 0
        self._want_key = True

    def work(self, item: EncodeItem) -> Iterator[tuple[Any, ...]]:
        """Encode one frame and close it."""
        frame, options = item
        with frame:
            colors = encoded_color_space(frame.color_space, frame.format)
            key = bool(options.get("key_frame"))
            # The pattern of temporal layers begins anew with each key frame.
            off_beat = key and self._plan.layers > 1 and self._layer() != 0
            quantizer = wanted_quantizer(self._plan, options)
            other = self._plan.quantizer == "reopen" and quantizer != self._opened_for
            if self._context is not None and (colors != self._colors or off_beat or other):
                yield from self.drain()
                self._context = None
            self._colors = colors
            if self._context is None:
                self._open(quantizer)
            packets = self._send(frame, quantizer, key=key)
        yield from self._chunks(packets)

    def _send(
        self, frame: VideoFrame, quantizer: int | None, *, key: bool
    ) -> Iterable[av.Packet[Any]]:
        assert self._context is not None  # noqa: S101 - `work` has opened it
        try:
            picture = self._shaper.shape(frame)
            picture.pts, picture.time_base = self._tick(frame.timestamp), self._context.time_base
            # A pixel's memory may be shared with other frames of the same picture: what is set
            # here belongs to this one.
            picture.pict_type = _KEY_PICTURE if key or self._want_key else 0
            self._want_key = False
            self._sent[picture.pts] = _Sent(
                frame.timestamp, frame.duration, frame.rotation, frame.flip, self._layer()
            )
            self._count += 1
            return self._context.encode(self._quantizer.apply(picture, quantizer))
        except (av.FFmpegError, ValueError) as error:
            raise EncodingError(f"{self._plan.encoder} failed: {error}") from error

    def _tick(self, timestamp: int) -> int:
        """The encoder's time of a frame: it follows the timestamps where they are plausible."""
        if self._count:
            step, nominal = timestamp - self._last_timestamp, self._nominal
            plausible = nominal // 100 < step <= max(_LONGEST_STEP, 2 * nominal)
            self._clock += step if plausible else nominal
        self._last_timestamp = timestamp
        return self._clock

    def _layer(self) -> int:
        ids = _LAYER_IDS.get(self._plan.layers, (0,))
        return ids[self._count % len(ids)]

    def drain(self) -> Iterator[tuple[Any, ...]]:
        """Take all packets out. An encoder that was drained is dead and is opened anew later."""
        context = self._context
        if context is None or not self._sent:
            return
        self._context = None
        try:
            packets = context.encode(None)
        except av.FFmpegError as error:
            raise EncodingError(f"{self._plan.encoder} failed: {error}") from error
        yield from self._chunks(packets)

    def close(self) -> None:
        """Let the encoder go."""
        self._context = None

    def _chunks(self, packets: Iterable[av.Packet[Any]]) -> Iterator[tuple[Any, ...]]:
        for packet in packets:
            sent = self._sent.pop(packet.pts or 0)
            data = self._framed(bytes(packet))
            key = packet.is_keyframe
            metadata: dict[str, Any] = {}
            if key or self._output_config is None:
                self._describe(metadata, sent)
            if self._plan.layers > 1:
                metadata["svc"] = {"temporal_layer_id": sent.layer}
            if self._plan.alpha:
                side = packet.get_sidedata("matroska_block_additional")
                metadata["alpha_side_data"] = bytes(side)[_ALPHA_HEADER_BYTES:]
            kind = EncodedVideoChunkType.KEY if key else EncodedVideoChunkType.DELTA
            chunk = EncodedVideoChunk(
                type=kind, timestamp=sent.timestamp, duration=sent.duration, data=data
            )
            yield chunk, metadata

    def _framed(self, data: bytes) -> bytes:
        """A packet as the configuration wants it; FFmpeg gives H.264 and H.265 as Annex B."""
        if self._plan.codec.kind not in {"avc", "hevc"} or self._plan.annexb:
            return data
        return join_lengths(self._sets.take(split_start_codes(data)))

    def _describe(self, metadata: dict[str, Any], sent: _Sent) -> None:
        """Add the decoder's configuration if it is new."""
        config = self._config
        output: dict[str, Any] = {
            "codec": config["codec"],
            "coded_width": config["width"],
            "coded_height": config["height"],
            "display_aspect_width": config.get("display_width", config["width"]),
            "display_aspect_height": config.get("display_height", config["height"]),
            "color_space": self._colors.to_json(),
            "rotation": sent.rotation,
            "flip": sent.flip,
        }
        if self._plan.codec.kind in {"avc", "hevc"} and not self._plan.annexb:
            output["description"] = self._sets.record()
        if self._announce or output != self._output_config:
            metadata["decoder_config"] = output
            self._output_config = {**output, "color_space": dict(output["color_space"])}
            self._announce = False
