"""How large a picture each level of H.264 and H.265 may be, and how many pixels a second H.265.

An encoder must not make a stream of a higher level than its codec string says (section 7.4), so a
picture that is too large for the level is "not supported". The levels of VP9 and AV1 are not held
to: VP9 streams carry none, and both are commonly written carelessly.

Sources: ITU-T H.264, table A-1 (MaxFS, in macroblocks); ITU-T H.265, tables A.8 (MaxLumaPs) and
A.9 (MaxLumaSr).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from stripline.webcodecs.codec_string import VideoCodec

__all__ = ["fits_level", "fits_level_in_time", "level_name"]

_AVC_MACROBLOCKS: Final = {
    **dict.fromkeys((9, 10), 99),
    **dict.fromkeys((11, 12, 13, 20), 396),
    21: 792,
    **dict.fromkeys((22, 30), 1_620),
    31: 3_600,
    32: 5_120,
    **dict.fromkeys((40, 41), 8_192),
    42: 8_704,
    50: 22_080,
    **dict.fromkeys((51, 52), 36_864),
    **dict.fromkeys((60, 61, 62), 139_264),
}
_HEVC_SAMPLES: Final = {
    30: 36_864,
    60: 122_880,
    63: 245_760,
    90: 552_960,
    93: 983_040,
    **dict.fromkeys((120, 123), 2_228_224),
    **dict.fromkeys((150, 153, 156), 8_912_896),
    **dict.fromkeys((180, 183, 186), 35_651_584),
}
_HEVC_SAMPLES_A_SECOND: Final = {
    30: 552_960,
    60: 3_686_400,
    63: 7_372_800,
    90: 16_588_800,
    93: 33_177_600,
    120: 66_846_720,
    123: 133_693_440,
    150: 267_386_880,
    153: 534_773_760,
    **dict.fromkeys((156, 180), 1_069_547_520),
    183: 2_139_095_040,
    186: 4_278_190_080,
}


def fits_level(codec: VideoCodec, width: int, height: int) -> bool:
    """Whether a picture is within the level of its codec string.

    No side may be longer than the square root of eight times the largest area (H.264, A.3.1;
    H.265, A.4.1).
    """
    if codec.level is None or codec.kind not in {"avc", "hevc"}:
        return True
    if codec.kind == "avc":
        most = _AVC_MACROBLOCKS[codec.level]
        across, down = -(-width // 16), -(-height // 16)
    else:
        most = _HEVC_SAMPLES[codec.level]
        across, down = width, height
    return across * down <= most and max(across, down) ** 2 <= 8 * most


def fits_level_in_time(codec: VideoCodec, width: int, height: int, framerate: float) -> bool:
    """Whether so many pictures a second are within the level of H.265, which x265 holds to.

    True for other codecs: x264 does not refuse any.
    """
    if codec.level is None or codec.kind != "hevc":
        return True
    return width * height * framerate <= _HEVC_SAMPLES_A_SECOND[codec.level]


def level_name(codec: VideoCodec) -> str:
    """The level as it is spoken of: "3.1"."""
    if codec.level == 9:
        return "1b"
    tenths = (codec.level or 0) // (3 if codec.kind == "hevc" else 1)
    return f"{tenths // 10}.{tenths % 10}"
