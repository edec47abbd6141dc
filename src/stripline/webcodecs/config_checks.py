"""Which configurations are valid, and copies of them (section 7).

`check_*` take a dict or keyword arguments and give a deep copy with the members this implementation
knows, each converted as Web IDL does, or raise TypeError. A member that is None counts as not
given. One that has a default in the specification is there always.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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

__all__ = [
    "check_audio_decoder",
    "check_audio_encoder",
    "check_encode_options",
    "check_video_decoder",
    "check_video_encoder",
]

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
