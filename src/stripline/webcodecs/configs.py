"""Configurations: their members, what is valid, and copies of them (section 7).

Configurations are dicts; the TypedDicts name their members for type checkers. `check_*` take a
dict or keyword arguments and give a deep copy with the members this implementation knows, each
converted as Web IDL does, or raise TypeError. A member that is None counts as not given. One that
has a default in the specification is there always.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from stripline.webcodecs import members as m
from stripline.webcodecs.enums import (
    AacBitstreamFormat,
    AlphaOption,
    AvcBitstreamFormat,
    BitrateMode,
    HardwareAcceleration,
    HevcBitstreamFormat,
    LatencyMode,
    OpusApplication,
    OpusBitstreamFormat,
    OpusSignal,
    VideoColorPrimaries,
    VideoEncoderBitrateMode,
    VideoMatrixCoefficients,
    VideoTransferCharacteristics,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Buffer

__all__ = [
    "AacEncoderConfig",
    "AudioDecoderConfig",
    "AudioEncoderConfig",
    "Av1EncoderConfig",
    "AvcEncoderConfig",
    "ConfigSupport",
    "EncodedAudioChunkMetadata",
    "EncodedVideoChunkMetadata",
    "FlacEncoderConfig",
    "HevcEncoderConfig",
    "OpusEncoderConfig",
    "QuantizerOptions",
    "SvcOutputMetadata",
    "VideoColorSpaceInit",
    "VideoDecoderConfig",
    "VideoEncoderConfig",
    "VideoEncoderEncodeOptions",
    "check_audio_decoder",
    "check_audio_encoder",
    "check_encode_options",
    "check_video_decoder",
    "check_video_encoder",
]


class VideoColorSpaceInit(TypedDict, total=False):
    """Members of a VideoColorSpace (section 9.9)."""

    primaries: VideoColorPrimaries | str | None
    transfer: VideoTransferCharacteristics | str | None
    matrix: VideoMatrixCoefficients | str | None
    full_range: bool | None


class AvcEncoderConfig(TypedDict, total=False):
    """H.264's own member: "avc" (with a description) or "annexb" (AVC registration)."""

    format: AvcBitstreamFormat | str


class HevcEncoderConfig(TypedDict, total=False):
    """H.265's own member: "hevc" (with a description) or "annexb" (HEVC registration)."""

    format: HevcBitstreamFormat | str


class Av1EncoderConfig(TypedDict, total=False):
    """AV1's own member (AV1 registration)."""

    force_screen_content_tools: bool


class VideoEncoderConfig(TypedDict, total=False):
    """How to encode video (section 7.8); `codec`, `width` and `height` are required.

    Attributes:
        codec: A codec string, such as "vp09.00.10.08".
        width: Of the encoded pictures, in pixels; frames of another size are scaled.
        height: Of the encoded pictures, in pixels.
        display_width: Of the picture as shown; the width unless given.
        display_height: Of the picture as shown; the height unless given.
        bitrate: Bits a second, on average.
        framerate: Frames a second, as expected.
        hardware_acceleration: A hint; encoders here run in software.
        alpha: Whether to "keep" or "discard" an alpha channel.
        scalability_mode: "L1T1", "L1T2" or "L1T3".
        bitrate_mode: "constant", "variable" or "quantizer".
        latency_mode: "quality" or "realtime".
        content_hint: "motion", "detail" or "text"; any other is ignored.
    """

    codec: str
    width: int
    height: int
    display_width: int
    display_height: int
    bitrate: int
    framerate: float
    hardware_acceleration: HardwareAcceleration | str
    alpha: AlphaOption | str
    scalability_mode: str
    bitrate_mode: VideoEncoderBitrateMode | str
    latency_mode: LatencyMode | str
    content_hint: str
    avc: AvcEncoderConfig
    hevc: HevcEncoderConfig
    av1: Av1EncoderConfig


class VideoDecoderConfig(TypedDict, total=False):
    """How to decode video (section 7.6); `codec` is required.

    Attributes:
        codec: A codec string.
        description: The codec's own bytes: avcC, hvcC, ...
        coded_width: In pixels, with padding; the height goes with it.
        coded_height: In pixels, with padding.
        display_aspect_width: With the height, the aspect ratio as shown.
        display_aspect_height: With the width, the aspect ratio as shown.
        color_space: Overrides what the stream says.
        hardware_acceleration: A hint; decoders here run in software.
        optimize_for_latency: Output each frame as soon as it can be.
        rotation: Clockwise degrees of all frames; a multiple of 90.
        flip: Whether frames are mirrored.
    """

    codec: str
    description: Buffer
    coded_width: int
    coded_height: int
    display_aspect_width: int
    display_aspect_height: int
    color_space: VideoColorSpaceInit
    hardware_acceleration: HardwareAcceleration | str
    optimize_for_latency: bool
    rotation: float
    flip: bool


class AudioDecoderConfig(TypedDict, total=False):
    """How to decode audio (section 7.5); all but `description` are required."""

    codec: str
    sample_rate: int
    number_of_channels: int
    description: Buffer


class OpusEncoderConfig(TypedDict, total=False):
    """Opus's own members; `frame_duration` is in microseconds (Opus registration)."""

    format: OpusBitstreamFormat | str
    signal: OpusSignal | str
    application: OpusApplication | str
    frame_duration: int
    complexity: int
    packetlossperc: int
    useinbandfec: bool
    usedtx: bool


class AacEncoderConfig(TypedDict, total=False):
    """AAC's own member: "aac" (with a description) or "adts" (AAC registration)."""

    format: AacBitstreamFormat | str


class FlacEncoderConfig(TypedDict, total=False):
    """FLAC's own members; a `block_size` of 0 leaves it to the encoder (FLAC registration)."""

    block_size: int
    compress_level: int


class AudioEncoderConfig(TypedDict, total=False):
    """How to encode audio (section 7.7); codec, rate and channels are required."""

    codec: str
    sample_rate: int
    number_of_channels: int
    bitrate: int
    bitrate_mode: BitrateMode | str
    opus: OpusEncoderConfig
    aac: AacEncoderConfig
    flac: FlacEncoderConfig


class QuantizerOptions(TypedDict, total=False):
    """The quantizer of one frame: 0 to 51 for H.264 and H.265, 0 to 63 for the others."""

    quantizer: int | None


class VideoEncoderEncodeOptions(TypedDict, total=False):
    """How to encode one frame (section 7.13 and the registrations; `vp8` is in none)."""

    key_frame: bool
    avc: QuantizerOptions
    hevc: QuantizerOptions
    vp8: QuantizerOptions
    vp9: QuantizerOptions
    av1: QuantizerOptions


class SvcOutputMetadata(TypedDict):
    """Which temporal layer a chunk belongs to."""

    temporal_layer_id: int


class EncodedVideoChunkMetadata(TypedDict, total=False):
    """What comes with a chunk (section 6.7)."""

    decoder_config: VideoDecoderConfig
    svc: SvcOutputMetadata
    alpha_side_data: bytes


class EncodedAudioChunkMetadata(TypedDict, total=False):
    """What comes with a chunk (section 5.7)."""

    decoder_config: AudioDecoderConfig


class ConfigSupport(dict[str, Any]):
    """The answer of `is_config_supported()`: a dict whose members are attributes too.

    Attributes:
        supported: Whether a codec can be configured so.
        config: A copy of the configuration, with the members that are known here.
    """

    @property
    def supported(self) -> bool:
        """Whether a codec can be configured so."""
        return bool(self["supported"])

    @property
    def config(self) -> dict[str, Any]:
        """A copy of the configuration, with the members that are known here."""
        config: dict[str, Any] = self["config"]
        return config


_COLOR_SPACE = m.dictionary(
    dict.fromkeys(("primaries", "transfer", "matrix", "full_range")),
    primaries=m.enumeration(VideoColorPrimaries),
    transfer=m.enumeration(VideoTransferCharacteristics),
    matrix=m.enumeration(VideoMatrixCoefficients),
    full_range=m.boolean,
)

_VIDEO_ENCODER = m.dictionary(
    {
        "hardware_acceleration": HardwareAcceleration.NO_PREFERENCE,
        "alpha": AlphaOption.DISCARD,
        "bitrate_mode": VideoEncoderBitrateMode.VARIABLE,
        "latency_mode": LatencyMode.QUALITY,
    },
    codec=m.codec,
    width=m.positive,
    height=m.positive,
    display_width=m.positive,
    display_height=m.positive,
    bitrate=m.integer(0, 2**64 - 1),
    framerate=m.number,
    hardware_acceleration=m.enumeration(HardwareAcceleration),
    alpha=m.enumeration(AlphaOption),
    scalability_mode=m.text,
    bitrate_mode=m.enumeration(VideoEncoderBitrateMode),
    latency_mode=m.enumeration(LatencyMode),
    content_hint=m.text,
    avc=m.dictionary({"format": AvcBitstreamFormat.AVC}, format=m.enumeration(AvcBitstreamFormat)),
    hevc=m.dictionary(
        {"format": HevcBitstreamFormat.HEVC}, format=m.enumeration(HevcBitstreamFormat)
    ),
    av1=m.dictionary({"force_screen_content_tools": False}, force_screen_content_tools=m.boolean),
)

_VIDEO_DECODER = m.dictionary(
    {
        "hardware_acceleration": HardwareAcceleration.NO_PREFERENCE,
        "rotation": 0,
        "flip": False,
    },
    codec=m.codec,
    description=m.data,
    coded_width=m.positive,
    coded_height=m.positive,
    display_aspect_width=m.positive,
    display_aspect_height=m.positive,
    color_space=_COLOR_SPACE,
    hardware_acceleration=m.enumeration(HardwareAcceleration),
    optimize_for_latency=m.boolean,
    rotation=m.number,
    flip=m.boolean,
)

_AUDIO_DECODER = m.dictionary(
    codec=m.codec,
    sample_rate=m.positive,
    number_of_channels=m.positive,
    description=m.data,
)

_AUDIO_ENCODER = m.dictionary(
    {"bitrate_mode": BitrateMode.VARIABLE},
    codec=m.codec,
    sample_rate=m.positive,
    number_of_channels=m.positive,
    bitrate=m.positive,  # web-platform-tests refuse 0, and more than 32 bits
    bitrate_mode=m.enumeration(BitrateMode),
    opus=m.dictionary(
        {
            "format": OpusBitstreamFormat.OPUS,
            "signal": OpusSignal.AUTO,
            "application": OpusApplication.AUDIO,
            "frame_duration": 20_000,
            "complexity": 9,  # what the registration recommends but for mobile devices
            "packetlossperc": 0,
            "useinbandfec": False,
            "usedtx": False,
        },
        format=m.enumeration(OpusBitstreamFormat),
        signal=m.enumeration(OpusSignal),
        application=m.enumeration(OpusApplication),
        # RFC 6716, section 2.1.4, and packets of several frames up to 120 ms.
        frame_duration=m.one_of(2500, 5000, 10000, 20000, 40000, 60000, 80000, 100000, 120000),
        complexity=m.integer(0, 10),
        packetlossperc=m.integer(0, 100),
        useinbandfec=m.boolean,
        usedtx=m.boolean,
    ),
    aac=m.dictionary({"format": AacBitstreamFormat.AAC}, format=m.enumeration(AacBitstreamFormat)),
    flac=m.dictionary(
        {"block_size": 0, "compress_level": 5},
        # RFC 9639, section 9.1.1; 0 leaves the choice to the encoder.
        block_size=m.one_of(0, *range(16, 65536)),
        compress_level=m.integer(0, 8),
    ),
)

_QUANTIZER = {
    codec: m.dictionary(quantizer=m.integer(0, most))
    # libvpx and web-platform-tests count to 63, the registrations allow 255; VP8 is in none.
    for codec, most in {"avc": 51, "hevc": 51, "vp8": 63, "vp9": 255, "av1": 255}.items()
}
_ENCODE_OPTIONS = m.dictionary(key_frame=m.boolean, **_QUANTIZER)


def check_video_encoder(
    config: Mapping[str, Any] | None, more: Mapping[str, Any]
) -> dict[str, Any]:
    """Check a VideoEncoderConfig; give a copy.

    Raises:
        TypeError: It is not valid (section 7.8).
    """
    return m.convert(_VIDEO_ENCODER, config, more, required=("codec", "width", "height"))


def check_video_decoder(
    config: Mapping[str, Any] | None, more: Mapping[str, Any]
) -> dict[str, Any]:
    """Check a VideoDecoderConfig; give a copy.

    Raises:
        TypeError: It is not valid (section 7.6).
    """
    checked = m.convert(_VIDEO_DECODER, config, more, required=("codec",))
    for pair in ("coded", "display_aspect"):
        if (f"{pair}_width" in checked) != (f"{pair}_height" in checked):
            raise TypeError(f"{pair}_width and {pair}_height go together: give both or none")
    return checked


def check_audio_encoder(
    config: Mapping[str, Any] | None, more: Mapping[str, Any]
) -> dict[str, Any]:
    """Check an AudioEncoderConfig; give a copy.

    Raises:
        TypeError: It is not valid (section 7.7 and the registrations).
    """
    required = ("codec", "sample_rate", "number_of_channels")
    return m.convert(_AUDIO_ENCODER, config, more, required=required)


def check_audio_decoder(
    config: Mapping[str, Any] | None, more: Mapping[str, Any]
) -> dict[str, Any]:
    """Check an AudioDecoderConfig; give a copy.

    Raises:
        TypeError: It is not valid (section 7.5).
    """
    required = ("codec", "sample_rate", "number_of_channels")
    return m.convert(_AUDIO_DECODER, config, more, required=required)


def check_encode_options(
    options: Mapping[str, Any] | None, more: Mapping[str, Any]
) -> dict[str, Any]:
    """Check VideoEncoderEncodeOptions; give a copy.

    Raises:
        TypeError: They are not valid (section 7.13 and the registrations).
    """
    if options is None and not more:
        return {}
    return m.convert(_ENCODE_OPTIONS, options, more)
