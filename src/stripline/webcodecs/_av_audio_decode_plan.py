"""Which of FFmpeg's audio decoders does what a configuration asks for, and with which options."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from stripline.webcodecs._av_audio_plan import MOST_CHANNELS, RATES_HZ, channel_layout
from stripline.webcodecs.audio_headers import OPUS_HZ, OpusHead
from stripline.webcodecs.codec_string import AudioCodec, parse_audio
from stripline.webcodecs.exceptions import NotSupportedError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["AudioDecoderPlan", "plan_audio_decoder"]

# The decoders that give 32-bit floating point where there is a choice.
_DECODERS: Final = {
    "opus": "libopus",
    "aac": "aac",
    "flac": "flac",
    "mp3": "mp3float",
    "vorbis": "vorbis",
    "alaw": "pcm_alaw",
    "ulaw": "pcm_mulaw",
    "u8": "pcm_u8",
    "s16": "pcm_s16le",
    "s24": "pcm_s24le",
    "s32": "pcm_s32le",
    "f32": "pcm_f32le",
}
_SAMPLE_BYTES: Final = {"alaw": 1, "ulaw": 1, "u8": 1, "s16": 2, "s24": 3, "s32": 4, "f32": 4}
_FLAC_LEAST_BYTES: Final = 4 + 4 + 34  # "fLaC", the block's header, STREAMINFO (RFC 9639, 8.2)
_MOST_AAC_CHANNELS: Final = 8  # with a configuration of its own (ISO/IEC 14496-3, table 1.19)


@dataclass(frozen=True, slots=True)
class AudioDecoderPlan:
    """How to decode.

    Attributes:
        codec: What the codec string means.
        decoder: FFmpeg's name of the decoder.
        told: The rate in Hz and FFmpeg's name of the channels' places, where the decoder must be
            told; None where the stream says both, and those of the configuration are ignored.
        description: The decoder's extradata.
        options: Its options.
        pre_skip: Samples, at 48 kHz, to drop when decoding begins.
        block_bytes: Bytes that a chunk is a multiple of, or 0.
    """

    codec: AudioCodec
    decoder: str
    told: tuple[int, str] | None
    description: bytes | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    pre_skip: int = 0
    block_bytes: int = 0


def plan_audio_decoder(config: Mapping[str, Any]) -> AudioDecoderPlan:
    """Choose a decoder and its options.

    Args:
        config: An AudioDecoderConfig that is checked.

    Raises:
        NotSupportedError: No decoder here does that.
    """
    codec = parse_audio(config["codec"])
    if codec is None:
        raise NotSupportedError(f"no audio codec is known as {config['codec']!r}")
    channels, description = config["number_of_channels"], config.get("description")
    if codec.kind == "opus":
        return _opus(codec, channels, description)
    name = codec.variant if codec.kind == "pcm" else codec.kind
    sample_bytes = _SAMPLE_BYTES.get(name, 0)
    told = None
    if sample_bytes:
        told = _told(config, MOST_CHANNELS)
    elif name == "aac" and description is None:
        told = _told(config, _MOST_AAC_CHANNELS)
    if name in {"flac", "vorbis"}:
        _require(name, description)
    return AudioDecoderPlan(
        codec,
        _DECODERS[name],
        told,
        None if sample_bytes or name == "mp3" else description,
        {"err_detect": "crccheck+explode"},
        block_bytes=sample_bytes * channels,
    )


def _told(config: Mapping[str, Any], most: int) -> tuple[int, str]:
    """The configuration's rate and places of channels; refuse what there is not."""
    rate, channels = config["sample_rate"], config["number_of_channels"]
    if rate not in RATES_HZ:
        raise NotSupportedError(f"{rate} Hz is not within {RATES_HZ[0]} to {RATES_HZ[-1]} Hz")
    if channels > most:
        raise NotSupportedError(f"{channels} channels; {config['codec']} has {most} at most here")
    return rate, channel_layout(channels)


def _require(name: str, description: bytes | None) -> None:
    """Refuse a description that cannot be one."""
    if description is None:
        raise NotSupportedError(f"{name} cannot be decoded without its description")
    if name == "flac" and not (
        description.startswith(b"fLaC") and len(description) >= _FLAC_LEAST_BYTES
    ):
        raise NotSupportedError("the description of FLAC begins with fLaC and STREAMINFO")


def _opus(codec: AudioCodec, channels: int, description: bytes | None) -> AudioDecoderPlan:
    pre_skip = 0
    if description is None:
        if channels > 2:
            raise NotSupportedError(f"Opus of {channels} channels needs a description")
    else:
        try:
            head = OpusHead.parse(description)
        except ValueError as error:
            raise NotSupportedError(f"the description is no OpusHead: {error}") from error
        channels, pre_skip = head.channels, head.pre_skip
        # What is skipped is skipped here, as FFmpeg's decoder would not say how much it was.
        description = description[:10] + b"\0\0" + description[12:]
    return AudioDecoderPlan(
        codec,
        _DECODERS["opus"],
        (OPUS_HZ, channel_layout(channels)),
        description,
        {"request_sample_fmt": "flt"},
        pre_skip=pre_skip,
    )
