"""Which of FFmpeg's audio encoders does what a configuration asks for, and with which options.

What no encoder here does is refused: nothing is resampled, mixed or clamped behind the caller's
back. The one exception is Opus, whose encoder knows five rates only: any other rate is turned to
48 kHz on the way in, as browsers do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from stripline.webcodecs.codec_string import AudioCodec, parse_audio
from stripline.webcodecs.enums import AacBitstreamFormat, BitrateMode
from stripline.webcodecs.enums import AudioSampleFormat as Format
from stripline.webcodecs.exceptions import NotSupportedError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MOST_CHANNELS", "RATES_HZ", "AudioPlan", "channel_layout", "plan_audio_encoder"]

RATES_HZ: Final = range(3_000, 768_001)
"""Sample rates that are encoded, or decoded if the stream tells none: those that browsers take."""

MOST_CHANNELS: Final = 32
"""Channels of uncompressed audio and Opus: as many as browsers take."""

_OPUS_HZ: Final = (8_000, 12_000, 16_000, 24_000, 48_000)

# The mapping family (RFC 7845, section 5.1.1) that FFmpeg's encoder is asked for. Left to itself it
# takes 0 or 1, and puts 5 and 7 channels into the wrong places, by libopus' decoder and FFmpeg's
# own alike (seen with FFmpeg 8.0 and a different tone in each channel). Asked for 1, it puts all
# into the right ones, but the fourth of 6 to 8 channels keeps low tones only.
_OPUS_UNPAIRED: Final = 255  # each channel is a stream, in no particular place
_OPUS_FAMILIES: Final = {5: 1, **dict.fromkeys(range(9, MOST_CHANNELS + 1), _OPUS_UNPAIRED)}
_OPUS_MIXED_UP: Final = 7

# Channels in the order of Vorbis' and FLAC's tables, which Opus has too (RFC 7845, section 5.1.1.2;
# RFC 9639, section 9.1.3), and of AAC (ISO/IEC 14496-3, table 1.19), in FFmpeg's names.
_LAYOUTS: Final = ("mono", "stereo", "3.0", "quad", "5.0", "5.1", "6.1", "7.1")
_AAC_LAYOUTS: Final = ("mono", "stereo", "3.0", "4.0", "5.0", "5.1", "6.1", "7.1")

# Kilobits a second of layer III: MPEG-1, MPEG-2 and 2.5 (ISO/IEC 11172-3, 2.4.2.3; 13818-3).
_MP3_KBIT: Final = {48_000: (32, 320), 24_000: (8, 160), 12_000: (8, 64)}

# A frame's bits are at most 6144 a channel (ISO/IEC 14496-3, 4.5.3.3); less than 8 kbit/s a channel
# is more than FFmpeg's encoder can do without.
_AAC_FRAME_BITS: Final = 6_144
_AAC_LEAST_BITRATE: Final = 8_000


@dataclass(frozen=True, slots=True)
class AudioPlan:
    """How to encode.

    Attributes:
        codec: What the codec string means.
        encoder: FFmpeg's name of the encoder.
        formats: The sample formats it takes, fewest bits first.
        rate: The rate it runs at, in Hz.
        layout: FFmpeg's name of the channels' places.
        bitrate: Bits a second, or None for its own.
        options: Its options.
        whole_packets: Whether each packet decodes to as many samples as any other, the last too.
        adts: Whether packets get an ADTS header and no description.
        usedtx: Whether silence is left out.
    """

    codec: AudioCodec
    encoder: str
    formats: tuple[Format, ...]
    rate: int
    layout: str
    bitrate: int | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    whole_packets: bool = True
    adts: bool = False
    usedtx: bool = False


def channel_layout(channels: int) -> str:
    """FFmpeg's name for so many channels, in no particular places beyond eight."""
    return _LAYOUTS[channels - 1] if channels <= len(_LAYOUTS) else f"{channels} channels"


def plan_audio_encoder(config: Mapping[str, Any]) -> AudioPlan:
    """Choose an encoder and its options.

    Args:
        config: An AudioEncoderConfig that is checked.

    Raises:
        NotSupportedError: No encoder here does that.
    """
    codec = parse_audio(config["codec"])
    if codec is None:
        raise NotSupportedError(f"no audio codec is known as {config['codec']!r}")
    rate, channels = config["sample_rate"], config["number_of_channels"]
    if rate not in RATES_HZ:
        raise NotSupportedError(f"{rate} Hz is not within {RATES_HZ[0]} to {RATES_HZ[-1]} Hz")
    any_number = codec.kind in {"pcm", "alaw", "ulaw", "opus"}
    most = MOST_CHANNELS if any_number else len(_LAYOUTS)
    if channels > most:
        raise NotSupportedError(f"{channels} channels; {config['codec']} has {most} at most here")
    return _PLANS[codec.kind](codec, config)


def _opus(codec: AudioCodec, config: Mapping[str, Any]) -> AudioPlan:
    own = config.get("opus", {})
    options = {
        "vbr": "off" if _constant(config) else "on",
        "frame_duration": f"{own.get('frame_duration', 20_000) / 1000:g}",
        "application": str(own.get("application", "audio")),
        "packet_loss": str(own.get("packetlossperc", 0)),
        "fec": str(int(own.get("useinbandfec", False))),
        # The registration recommends 9 but for mobile devices.
        "compression_level": str(own.get("complexity", 9)),
    }
    channels, rate = config["number_of_channels"], config["sample_rate"]
    if channels in _OPUS_FAMILIES:
        options["mapping_family"] = str(_OPUS_FAMILIES[channels])
    if channels == _OPUS_MIXED_UP:
        raise NotSupportedError(
            f"{channels} channels: FFmpeg's Opus encoder puts them into the wrong places"
        )
    bitrate = config.get("bitrate")
    # The range of libopus (opus_defines.h, OPUS_SET_BITRATE), which FFmpeg halves at the top.
    if bitrate is not None and not 500 <= bitrate <= 256_000 * channels:
        raise NotSupportedError(
            f"{bitrate} bit/s; Opus takes 500 to {256_000 * channels} for {channels} channels"
        )
    return AudioPlan(
        codec,
        "libopus",
        (Format.F32,),
        rate if rate in _OPUS_HZ else _OPUS_HZ[-1],
        channel_layout(channels),
        bitrate if bitrate is not None else _opus_bitrate(channels),
        options,
        usedtx=own.get("usedtx", False),
    )


def _opus_bitrate(channels: int) -> int:
    """As FFmpeg has it, 64 kbit/s for each channel alone; fewer for channels that share streams."""
    if _OPUS_FAMILIES.get(channels) == _OPUS_UNPAIRED:
        return 64_000 * channels
    return 32_000 * channels + 32_000


def _aac(codec: AudioCodec, config: Mapping[str, Any]) -> AudioPlan:
    if codec.variant != "2":
        raise NotSupportedError(f"{config['codec']}: of AAC only the low complexity is encoded")
    channels, rate = config["number_of_channels"], config["sample_rate"]
    adts = config.get("aac", {}).get("format") == AacBitstreamFormat.ADTS
    if adts and channels in {7, 8}:
        raise NotSupportedError(f"ADTS has no channel configuration for {channels} channels here")
    bitrate = config.get("bitrate")
    least, most = _AAC_LEAST_BITRATE * channels, _AAC_FRAME_BITS * channels * rate // 1024
    if bitrate is not None and not least <= bitrate <= most:
        raise NotSupportedError(f"{bitrate} bit/s; AAC takes {least} to {most} for this")
    return AudioPlan(
        codec,
        "aac",
        (Format.F32_PLANAR,),
        rate,
        _AAC_LAYOUTS[channels - 1],
        bitrate if bitrate is not None else min(64_000 * channels, most),
        # Of FFmpeg's two searches. With tones at 64 kbit/s its other one leaves 8 to 28 dB of
        # signal to noise, this one 33 to 50; with music the two are alike, and this one is faster.
        {"aac_coder": "fast"},
        adts=adts,
    )


def _flac(codec: AudioCodec, config: Mapping[str, Any]) -> AudioPlan:
    own = config.get("flac", {})
    options = {"compression_level": str(own.get("compress_level", 5))}
    if own.get("block_size"):
        options["frame_size"] = str(own["block_size"])
    return AudioPlan(
        codec,
        "flac",
        (Format.S16, Format.S32),
        config["sample_rate"],
        _LAYOUTS[config["number_of_channels"] - 1],
        options=options,
        whole_packets=False,
    )


def _mp3(codec: AudioCodec, config: Mapping[str, Any]) -> AudioPlan:
    channels, rate = config["number_of_channels"], config["sample_rate"]
    if channels > 2:
        raise NotSupportedError(f"{channels} channels; MP3 has 2 at most")
    least, most = next(
        (kbit for top, kbit in sorted(_MP3_KBIT.items()) if rate <= top), _MP3_KBIT[48_000]
    )
    bitrate = config.get("bitrate", min(64_000 * channels, most * 1000))
    if not least * 1000 <= bitrate <= most * 1000:
        raise NotSupportedError(f"{bitrate} bit/s; MP3 at {rate} Hz has {least} to {most} kbit/s")
    return AudioPlan(
        codec,
        "libmp3lame",
        (Format.F32_PLANAR,),
        rate,
        _LAYOUTS[channels - 1],
        bitrate,
        {"abr": "0" if _constant(config) else "1"},
    )


def _vorbis(codec: AudioCodec, config: Mapping[str, Any]) -> AudioPlan:
    channels = config["number_of_channels"]
    if channels != 2:
        raise NotSupportedError(f"{channels} channels; FFmpeg's Vorbis encoder does stereo only")
    if _constant(config):
        raise NotSupportedError("FFmpeg's Vorbis encoder has no constant bitrate")
    return AudioPlan(
        codec,
        "vorbis",
        (Format.F32_PLANAR,),
        config["sample_rate"],
        "stereo",
        # FFmpeg calls its encoder so, which has one quality; the stream is plain Vorbis.
        options={"strict": "experimental"},
    )


_PCM: Final = {
    "u8": ("pcm_u8", Format.U8),
    "s16": ("pcm_s16le", Format.S16),
    "s24": ("pcm_s24le", Format.S32),
    "s32": ("pcm_s32le", Format.S32),
    "f32": ("pcm_f32le", Format.F32),
}
_LAWS: Final = {"alaw": ("pcm_alaw", Format.S16), "ulaw": ("pcm_mulaw", Format.S16)}


def _uncompressed(codec: AudioCodec, config: Mapping[str, Any]) -> AudioPlan:
    encoder, name = _LAWS.get(codec.kind) or _PCM[codec.variant]
    return AudioPlan(
        codec,
        encoder,
        (name,),
        config["sample_rate"],
        channel_layout(config["number_of_channels"]),
        whole_packets=False,
    )


_PLANS: Final = {
    "opus": _opus,
    "aac": _aac,
    "flac": _flac,
    "mp3": _mp3,
    "vorbis": _vorbis,
    "alaw": _uncompressed,
    "ulaw": _uncompressed,
    "pcm": _uncompressed,
}


def _constant(config: Mapping[str, Any]) -> bool:
    return config.get("bitrate_mode") == BitrateMode.CONSTANT
