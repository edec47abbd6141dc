"""Codec strings: which codec, profile, level, tier, bit depth and chroma they ask for.

A string that is malformed, names an unknown codec or contradicts itself is None here, which is
"not supported" for the codecs; an empty one is a TypeError, which `configs` raises.

Sources: AVC, ISO/IEC 14496-15 and RFC 6381; HEVC, ISO/IEC 14496-15 annex E; VP9, "VP Codec ISO
Media File Format Binding"; AV1, "AV1 Codec ISO Media File Format Binding", section 5; and the
WebCodecs codec registry.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["AudioCodec", "VideoCodec", "parse_audio", "parse_video"]


@dataclass(frozen=True, slots=True)
class VideoCodec:
    """What a video codec string asks for.

    Attributes:
        kind: "avc", "hevc", "vp8", "vp9" or "av1".
        profile: The profile's number in its specification; 0 for VP8.
        level: AVC, ten times the level (9 for 1b); HEVC, thirty times; VP9, ten times; AV1,
            `seq_level_idx`; None for VP8.
        high_tier: Whether HEVC's or AV1's high tier is meant.
        bit_depth: Bits a sample: 8, 10 or 12; the most that the profile has where the string does
            not say.
        chroma: "400", "420", "422" or "444": the finest that the profile has where the string does
            not say.
        constraints: AVC's constraint flags, the string's middle byte; else 0.
        in_band: Whether parameter sets may be among the pictures (avc3, hev1).
    """

    kind: str
    profile: int = 0
    level: int | None = None
    high_tier: bool = False
    bit_depth: int = 8
    chroma: str = "420"
    constraints: int = 0
    in_band: bool = False


@dataclass(frozen=True, slots=True)
class AudioCodec:
    """What an audio codec string asks for.

    Attributes:
        kind: "opus", "aac", "flac", "mp3", "vorbis", "alaw", "ulaw" or "pcm".
        variant: AAC's audio object type ("2", "5", "29") or "mpeg2" for MPEG-2's low complexity;
            PCM's sample format ("u8", "s16", "s24", "s32", "f32"); else "".
    """

    kind: str
    variant: str = ""


# AVC profiles: bits and chroma at most (ITU-T H.264, annex A.2). 66 baseline, 77 main,
# 88 extended, 100 high, 110 high 10, 122 high 4:2:2, 244 high 4:4:4, 44 CAVLC 4:4:4 intra.
_AVC_PROFILES: Final = {
    66: (8, "420"),
    77: (8, "420"),
    88: (8, "420"),
    100: (8, "420"),
    110: (10, "420"),
    122: (10, "422"),
    244: (14, "444"),
    44: (14, "444"),
}
_AVC_LEVELS: Final = frozenset(
    {9, 10, 11, 12, 13, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 52, 60, 61, 62}
)
_HEVC_LEVELS: Final = frozenset({30, 60, 63, 90, 93, 120, 123, 150, 153, 156, 180, 183, 186})
_VP9_LEVELS: Final = frozenset({10, 11, 20, 21, 30, 31, 40, 41, 50, 51, 52, 60, 61, 62})
# Levels that exist: 2.0 to 6.3 without those reserved, and 31 for "no limit" (AV1, annex A.3).
_AV1_LEVELS: Final = frozenset({0, 1, 4, 5, 8, 9, 12, 13, 14, 15, 16, 17, 18, 19, 31})

# Names are case-sensitive (RFC 6381, section 3.3), hexadecimal digits are not.
_AVC: Final = re.compile(r"avc([13])\.([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")
_HEVC: Final = re.compile(
    r"(hev1|hvc1)\.([ABC]?)(\d{1,2})\.([0-9a-fA-F]{1,8})\.([LH])(\d{1,3})"
    r"((?:\.[0-9a-fA-F]{1,2}){0,6})",
    re.ASCII,
)
# Optional fields of VP9: chroma, primaries, transfer, matrix, full range. A prefix of them may be
# given, as in the codec strings of web-platform-tests.
_VP9: Final = re.compile(r"vp09\.(\d{2})\.(\d{2})\.(\d{2})(?:\.(\d{2})(?:\.\d{2}){0,4})?", re.ASCII)
# Optional fields of AV1: monochrome, chroma, primaries, transfer, matrix, full range.
_AV1: Final = re.compile(
    r"av01\.(\d)\.(\d{2})([MH])\.(\d{2})(?:\.([01])(?:\.(\d{3})(?:(?:\.\d{2}){0,3}|(?:\.\d{2}){3}\.[01]))?)?",
    re.ASCII,
)


def parse_video(codec: str) -> VideoCodec | None:
    """Read a video codec string; None for what no codec here could mean."""
    if codec == "vp8":
        return VideoCodec("vp8")
    for pattern, read in ((_AVC, _avc), (_HEVC, _hevc), (_VP9, _vp9), (_AV1, _av1)):
        match = pattern.fullmatch(codec)
        if match is not None:
            return read(match)
    return None


def _avc(match: re.Match[str]) -> VideoCodec | None:
    profile, constraints, level = (int(field, 16) for field in match.group(2, 3, 4))
    if level == 11 and constraints & 0x10 and profile in {66, 77, 88}:
        level = 9  # constraint_set3_flag: level 1b
    if profile not in _AVC_PROFILES or level not in _AVC_LEVELS:
        return None
    bits, chroma = _AVC_PROFILES[profile]
    return VideoCodec(
        "avc",
        profile,
        level,
        bit_depth=bits,
        chroma=chroma,
        constraints=constraints,
        in_band=match[1] == "3",
    )


def _hevc(match: re.Match[str]) -> VideoCodec | None:
    profile, level = int(match[3]), int(match[6])
    if match[2] or level not in _HEVC_LEVELS:  # profile spaces A to C are reserved
        return None
    high_tier = match[5] == "H"
    if high_tier and level < 120:  # the high tier begins at level 4
        return None
    depths = {1: (8, "420"), 2: (10, "420"), 3: (8, "420"), 4: _range_extensions(match[7])}
    if profile not in depths:
        return None
    bits, chroma = depths[profile]
    in_band = match[1] == "hev1"
    return VideoCodec("hevc", profile, level, high_tier, bits, chroma, in_band=in_band)


def _range_extensions(constraints: str) -> tuple[int, str]:
    """Bits and chroma that the flags of the range extensions leave (ITU-T H.265, annex A.3.5)."""
    flags = [int(byte, 16) for byte in constraints.split(".")[1:]] + [0, 0]
    first, second = flags[:2]
    bits = 8 if first & 2 else 10 if first & 4 else 12 if first & 8 else 16
    if second & 0x40:
        return bits, "400"
    if second & 0x80:
        return bits, "420"
    return bits, "422" if first & 1 else "444"


def _vp9(match: re.Match[str]) -> VideoCodec | None:
    profile, level, bits = (int(field) for field in match.group(1, 2, 3))
    chromas = {None: None, "00": "420", "01": "420", "02": "422", "03": "444"}
    if profile > 3 or level not in _VP9_LEVELS or match[4] not in chromas:
        return None
    if bits not in ({8} if profile < 2 else {10, 12}):
        return None
    # Profiles 0 and 2 are 4:2:0 only, 1 and 3 are anything but (VP9 specification, annex A.2).
    odd = profile % 2 == 1
    chroma = chromas[match[4]] or ("444" if odd else "420")
    if odd == (chroma == "420"):
        return None
    return VideoCodec("vp9", profile, level, bit_depth=bits, chroma=chroma)


def _av1(match: re.Match[str]) -> VideoCodec | None:
    profile, level, bits = (int(field) for field in match.group(1, 2, 4))
    high_tier = match[3] == "H"
    if profile > 2 or level not in _AV1_LEVELS or bits not in {8, 10, 12}:
        return None
    if high_tier and level < 8:  # the high tier begins at level 4.0
        return None
    if bits == 12 and profile != 2:
        return None
    chroma = _av1_chroma(profile, bits, match[5] == "1", match[6])
    if chroma is None:
        return None
    return VideoCodec("av1", profile, level, high_tier, bits, chroma)


def _av1_chroma(profile: int, bits: int, monochrome: bool, subsampling: str | None) -> str | None:  # noqa: FBT001 - a field of the string
    """The chroma format, or None where the profile has no such (AV1, section 6.4.1)."""
    if monochrome:
        return "400" if profile != 1 else None
    if profile == 1:  # always 4:4:4; strings are seen that leave the default of 4:2:0 in
        return "444"
    if subsampling is None:
        return "420" if profile == 0 else "422" if bits < 12 else "444"
    chroma = {"11": "420", "10": "422", "00": "444"}.get(subsampling[:2])
    if subsampling[2] not in "0123":
        return None
    if profile == 0:
        return chroma if chroma == "420" else None
    if bits < 12:
        return chroma if chroma == "422" else None
    return chroma


_AUDIO: Final = {
    "opus": AudioCodec("opus"),
    "flac": AudioCodec("flac"),
    "mp3": AudioCodec("mp3"),
    "mp4a.69": AudioCodec("mp3"),
    "mp4a.6b": AudioCodec("mp3"),
    "vorbis": AudioCodec("vorbis"),
    "alaw": AudioCodec("alaw"),
    "ulaw": AudioCodec("ulaw"),
    "mp4a.67": AudioCodec("aac", "mpeg2"),
    "mp4a.40.2": AudioCodec("aac", "2"),
    "mp4a.40.02": AudioCodec("aac", "2"),
    "mp4a.40.5": AudioCodec("aac", "5"),
    "mp4a.40.05": AudioCodec("aac", "5"),
    "mp4a.40.29": AudioCodec("aac", "29"),
    "pcm-u8": AudioCodec("pcm", "u8"),
    "pcm-s16": AudioCodec("pcm", "s16"),
    "pcm-s24": AudioCodec("pcm", "s24"),
    "pcm-s32": AudioCodec("pcm", "s32"),
    "pcm-f32": AudioCodec("pcm", "f32"),
}


def parse_audio(codec: str) -> AudioCodec | None:
    """Read an audio codec string; None for what no codec here could mean."""
    if codec.startswith("mp4a."):
        codec = codec.lower()  # the object type is hexadecimal: "6B" and "6b" are the same
    return _AUDIO.get(codec)
