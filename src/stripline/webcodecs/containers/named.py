"""The codec string and the description of a stream, from what a container stores.

Sources: H.264 and H.265, RFC 6381 and ISO/IEC 14496-15 annex E; VP9 and AV1, their ISO media file
format bindings, "Codecs Parameter String"; AAC, ISO/IEC 14496-3 section 1.6.2.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from stripline.webcodecs.containers.stored import SEQUENCE_HEADER, obus
from stripline.webcodecs.nal_units import BitReader, split_start_codes, unescape, unit_type

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Facts", "Named", "name_of"]

# Luma samples of a picture at most, by level (VP9 levels, table A-1): what is seen of a stream.
_VP9_LEVELS: Final = (
    (36_864, 10),
    (73_728, 11),
    (122_880, 20),
    (245_760, 21),
    (552_960, 30),
    (983_040, 31),
    (2_228_224, 40),
    (8_912_896, 50),
    (35_651_584, 60),
)
_FLAC_HEADER: Final = b"fLaC\x80\x00\x00\x22"
_SEQUENCE_SETS: Final = {"avc": 7, "hevc": 33}


@dataclass(frozen=True, slots=True)
class Facts:
    """What FFmpeg says of a stream.

    Attributes:
        codec: FFmpeg's name.
        extradata: The codec's own bytes; empty if there are none.
        first: The first chunk; empty if there is none.
        profile: The number in the profile's name.
        pixels: Width times height.
        bits: Bits a sample.
    """

    codec: str
    extradata: bytes
    first: bytes
    profile: int = 0
    pixels: int = 0
    bits: int = 8


@dataclass(frozen=True, slots=True)
class Named:
    """How WebCodecs names a stream."""

    codec: str
    description: bytes | None = None


def name_of(facts: Facts) -> Named | None:
    """The codec string and the description; None for a codec that WebCodecs does not know.

    Raises:
        ValueError: The stream's headers are damaged.
    """
    plain = _PLAIN.get(facts.codec)
    if plain is not None:
        return Named(plain)
    naming = _NAMING.get(facts.codec)
    return None if naming is None else naming(facts)


def _avc(facts: Facts) -> Named:
    record = facts.extradata
    if record[:1] == b"\1" and len(record) >= 7:
        return Named(f"avc1.{record[1:4].hex().upper()}", record)
    # Such streams carry their parameter sets along, as avc3 allows.
    return Named(f"avc3.{_sequence_set('avc', facts)[1:4].hex().upper()}")


def _hevc(facts: Facts) -> Named:
    record = facts.extradata
    if record[:1] == b"\1" and len(record) >= 23:
        return Named(f"hvc1.{_hevc_fields(record[1:13])}", record)
    return Named(f"hev1.{_hevc_fields(unescape(_sequence_set('hevc', facts))[3:15])}")


def _sequence_set(kind: str, facts: Facts) -> bytes:
    for data in (facts.extradata, facts.first):
        for unit in split_start_codes(data):
            if unit_type(kind, unit) == _SEQUENCE_SETS[kind] and len(unit) >= 4:
                return unit
    raise ValueError(f"no sequence parameter set of {kind} was found")


def _hevc_fields(general: bytes) -> str:
    """The rest of the codec string, from general_profile_space to general_level_idc."""
    if len(general) < 12:
        raise ValueError("the profile and level of H.265 are cut short")
    space, tier, profile = general[0] >> 6, general[0] >> 5 & 1, general[0] & 31
    compatible = int(f"{int.from_bytes(general[1:5], 'big'):032b}"[::-1], 2)
    constraints = general[5:11].rstrip(b"\0")
    fields = [
        f"{' ABC'[space].strip()}{profile}",
        f"{compatible:X}",
        f"{'LH'[tier]}{general[11]}",
        *(f"{byte:X}" for byte in constraints),
    ]
    return ".".join(fields)


def _vp9(facts: Facts) -> Named:
    level = next((level for most, level in _VP9_LEVELS if facts.pixels <= most), 62)
    return Named(f"vp09.{facts.profile:02}.{level}.{facts.bits:02}")


def _av1(facts: Facts) -> Named:
    record = facts.extradata[4:] if facts.extradata[:1] == b"\x81" else facts.extradata
    for data in (record, facts.first):
        for kind, content in obus(data):
            if kind == SEQUENCE_HEADER:
                profile, level, tier = _av1_level(content)
                return Named(f"av01.{profile}.{level:02}{'MH'[tier]}.{facts.bits:02}")
    raise ValueError("no sequence header of AV1 was found")


def _av1_level(header: bytes) -> tuple[int, int, int]:
    """Profile, level and tier of the first operating point (AV1, 5.5.1)."""
    read = BitReader(header)
    profile = read.bits(3)
    read.bits(1)  # still_picture
    if read.bits(1):  # reduced_still_picture_header
        return profile, read.bits(5), 0
    model = False
    if read.bits(1):  # timing_info_present_flag
        read.bits(64)  # two times of 32 bits
        if read.bits(1):  # equal_picture_interval
            read.golomb()  # uvlc() is counted alike
        model = bool(read.bits(1))  # decoder_model_info_present_flag
        if model:
            read.bits(47)
    read.bits(1)  # initial_display_delay_present_flag
    read.bits(5)  # operating_points_cnt_minus_1
    read.bits(12)  # operating_point_idc
    level = read.bits(5)
    return profile, level, read.bits(1) if level > 7 else 0


def _aac(facts: Facts) -> Named:
    config = facts.extradata
    if len(config) < 2:  # ADTS headers say it
        return Named("mp4a.40.2")
    kind = config[0] >> 3
    if kind == 31:  # an escape: six more bits
        kind = 32 + (int.from_bytes(config[:2], "big") >> 5 & 63)
    return Named(f"mp4a.40.{kind}", config)


def _flac(facts: Facts) -> Named:
    if len(facts.extradata) < 34:
        raise ValueError("the STREAMINFO of FLAC is missing")
    return Named("flac", _FLAC_HEADER + facts.extradata[:34])


def _opus(facts: Facts) -> Named:
    return Named("opus", facts.extradata or None)


def _vorbis(facts: Facts) -> Named:
    return Named("vorbis", facts.extradata or None)


_PLAIN: Final = {
    "vp8": "vp8",
    "mp3": "mp3",
    "pcm_alaw": "alaw",
    "pcm_mulaw": "ulaw",
    "pcm_u8": "pcm-u8",
    "pcm_s16le": "pcm-s16",
    "pcm_s24le": "pcm-s24",
    "pcm_s32le": "pcm-s32",
    "pcm_f32le": "pcm-f32",
}
_NAMING: Final[dict[str, Callable[[Facts], Named]]] = {
    "h264": _avc,
    "hevc": _hevc,
    "vp9": _vp9,
    "av1": _av1,
    "aac": _aac,
    "flac": _flac,
    "opus": _opus,
    "vorbis": _vorbis,
}
