"""Configurations: what their members are called, and of which type (section 7).

Configurations are dicts; the TypedDicts name their members for type checkers. What is valid is in
`config_checks`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

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
