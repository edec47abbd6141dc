"""How a container stores a codec: from a decoder's configuration and the first chunk.

Containers want parameter sets beside the chunks, in the form that FFmpeg calls extradata. Where the
configuration has no description they are found in the first chunk.

Sources: H.264 and H.265, ISO/IEC 14496-15; AV1 bitstream specification, section 5.3; Opus, RFC 7845
section 5.1; FLAC, RFC 9639 section 8; AAC, ISO/IEC 14496-3 sections 1.6.2.1 and 1.A.2.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from stripline.webcodecs._avcc import PARAMETER_TYPES
from stripline.webcodecs.audio_headers import OpusHead
from stripline.webcodecs.codec_string import AudioCodec, VideoCodec, parse_audio, parse_video
from stripline.webcodecs.exceptions import DataError, NotSupportedError
from stripline.webcodecs.nal_units import split_start_codes, to_start_codes, unit_type

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Stored", "adts_header_bytes", "obus", "store"]

SEQUENCE_HEADER: Final = 1  # AV1, section 6.2.2, obu_type
_FLAC_HEADER: Final = b"fLaC\x80\x00\x00\x22"  # the marker, then a last metadata block: STREAMINFO
_STREAMINFO_BYTES: Final = 34
# Samples that a decoder throws away at the start, as libopus has it, at 48 kHz.
_OPUS_PRE_SKIP: Final = 312


@dataclass(frozen=True, slots=True)
class Stored:
    """A track as a container stores it.

    Attributes:
        codec: What the codec string says.
        extradata: Parameter sets, in FFmpeg's form.
        tag: The name in MP4, where the usual one is not meant.
        adts: Whether chunks have ADTS headers, which are to be taken off.
    """

    codec: VideoCodec | AudioCodec
    extradata: bytes | None = None
    tag: str | None = None
    adts: bool = False


def store(kind: str, config: Mapping[str, Any], first: bytes) -> Stored:
    """Find out how a track is stored.

    Args:
        kind: "video" or "audio".
        config: A VideoDecoderConfig or AudioDecoderConfig.
        first: The first chunk.

    Raises:
        NotSupportedError: The codec string is not known.
        DataError: Parameter sets are wanted and found neither in the description nor the chunk.
    """
    name = config["codec"]
    description = bytes(config["description"]) if config.get("description") is not None else None
    if kind == "video":
        video = parse_video(name)
        if video is None:
            raise NotSupportedError(f"{name!r} is no codec string of a video codec")
        return _video(video, name, description, first)
    audio = parse_audio(name)
    if audio is None:
        raise NotSupportedError(f"{name!r} is no codec string of an audio codec")
    return _audio(audio, config, description, first)


def _video(codec: VideoCodec, name: str, description: bytes | None, first: bytes) -> Stored:
    if codec.kind in {"vp8", "vp9"}:
        return Stored(codec)  # their streams say everything
    if codec.kind == "av1":
        return Stored(codec, description or _sequence_header(first))
    if description is not None:
        # hev1 allows parameter sets among the chunks, hvc1 is what Apple's players take.
        tag = None if codec.kind == "avc" else name[:4].lower()
        return Stored(codec, description, tag)
    wanted = PARAMETER_TYPES[codec.kind]
    sets = [unit for unit in split_start_codes(first) if unit_type(codec.kind, unit) in wanted]
    if not sets:
        raise DataError(
            f"the first chunk of {name} has no parameter sets, and there is no description"
        )
    return Stored(codec, to_start_codes(sets), None if codec.kind == "avc" else "hvc1")


def obus(data: bytes) -> list[tuple[int, bytes]]:
    """The open bitstream units of AV1 in a chunk: type and content, as far as they are whole."""
    found, at = [], 0
    while at < len(data):
        header = data[at]
        at += 2 if header & 4 else 1  # obu_extension_flag
        size = len(data) - at
        if header & 2:  # obu_has_size_field
            size, at = _leb128(data, at)
        found.append((header >> 3 & 15, data[at : at + size]))
        at += size
    return found


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    """A number in groups of seven bits (AV1, 4.10.5), and where it ends."""
    value = 0
    for index, byte in enumerate(data[at : at + 8]):
        value |= (byte & 0x7F) << 7 * index
        if not byte & 0x80:
            return value, at + index + 1
    return len(data), len(data)


def _sequence_header(first: bytes) -> bytes:
    for kind, content in obus(first):
        if kind == SEQUENCE_HEADER and len(content) < 0x80:
            return bytes((SEQUENCE_HEADER << 3 | 2, len(content))) + content
    raise DataError("the first chunk of AV1 has no sequence header")


def _audio(
    codec: AudioCodec, config: Mapping[str, Any], description: bytes | None, first: bytes
) -> Stored:
    if codec.kind == "opus":
        head = description or _opus_head(config)
        try:
            OpusHead.parse(head)
        except ValueError as error:
            raise DataError(f"the description of Opus is damaged: {error}") from error
        return Stored(codec, head)
    if codec.kind == "flac":
        if description is not None and description.startswith(b"fLaC"):
            description = description[len(_FLAC_HEADER) :][:_STREAMINFO_BYTES]
        if description is None or len(description) < _STREAMINFO_BYTES:
            raise DataError("FLAC needs a description with its STREAMINFO")
        return Stored(codec, description)
    if codec.kind == "vorbis" and description is None:
        raise DataError("Vorbis needs a description with its three headers")
    if codec.kind == "aac" and description is None:
        if adts_header_bytes(first) == 0:
            raise DataError("AAC needs a description, or chunks with ADTS headers")
        return Stored(codec, _audio_specific_config(first), adts=True)
    return Stored(codec, description if codec.kind in {"aac", "vorbis"} else None)


def _opus_head(config: Mapping[str, Any]) -> bytes:
    channels, rate = config["number_of_channels"], config["sample_rate"]
    if channels > 2:
        raise DataError(f"Opus of {channels} channels needs a description")
    head = b"OpusHead" + bytes((1, channels)) + _OPUS_PRE_SKIP.to_bytes(2, "little")
    return head + int(rate).to_bytes(4, "little") + bytes(3)


def adts_header_bytes(data: bytes) -> int:
    """The size of an ADTS header; 0 if there is none."""
    if len(data) < 7 or data[0] != 0xFF or data[1] & 0xF6 != 0xF0:
        return 0
    return 7 if data[1] & 1 else 9  # protection_absent


def _audio_specific_config(adts: bytes) -> bytes:
    """Object type, rate and channels of an ADTS header, as an AudioSpecificConfig."""
    object_type = (adts[2] >> 6) + 1
    rate = adts[2] >> 2 & 15
    channels = (adts[2] & 1) << 2 | adts[3] >> 6
    return (object_type << 11 | rate << 7 | channels << 3).to_bytes(2, "big")
