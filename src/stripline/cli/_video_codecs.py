"""Codec strings for people: h264 and a size become avc1.64001F."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from stripline.errors import InvalidOption

if TYPE_CHECKING:
    from fractions import Fraction

__all__ = ["CODECS", "codec_string"]

CODECS: Final = ("h264", "h265", "vp8", "vp9", "av1")


class _Level(NamedTuple):
    """What a level allows."""

    text: str
    area: int
    rate: int


# H.264, table A-1: macroblocks of a picture and a second. The high profile.
_H264: Final = (
    _Level("avc1.64000A", 99, 1_485),
    _Level("avc1.64000B", 396, 3_000),
    _Level("avc1.64000D", 396, 11_880),
    _Level("avc1.640015", 792, 19_800),
    _Level("avc1.64001E", 1_620, 40_500),
    _Level("avc1.64001F", 3_600, 108_000),
    _Level("avc1.640020", 5_120, 216_000),
    _Level("avc1.640028", 8_192, 245_760),
    _Level("avc1.64002A", 8_704, 522_240),
    _Level("avc1.640032", 22_080, 589_824),
    _Level("avc1.640033", 36_864, 983_040),
    _Level("avc1.640034", 36_864, 2_073_600),
    _Level("avc1.64003C", 139_264, 4_177_920),
    _Level("avc1.64003E", 139_264, 16_711_680),
)
# H.265, tables A.8 and A.9: luma samples of a picture and a second. The main profile and tier.
_H265: Final = (
    _Level("hvc1.1.6.L30.90", 36_864, 552_960),
    _Level("hvc1.1.6.L60.90", 122_880, 3_686_400),
    _Level("hvc1.1.6.L63.90", 245_760, 7_372_800),
    _Level("hvc1.1.6.L90.90", 552_960, 16_588_800),
    _Level("hvc1.1.6.L93.90", 983_040, 33_177_600),
    _Level("hvc1.1.6.L120.90", 2_228_224, 66_846_720),
    _Level("hvc1.1.6.L123.90", 2_228_224, 133_693_440),
    _Level("hvc1.1.6.L150.90", 8_912_896, 267_386_880),
    _Level("hvc1.1.6.L153.90", 8_912_896, 534_773_760),
    _Level("hvc1.1.6.L156.90", 8_912_896, 1_069_547_520),
    _Level("hvc1.1.6.L183.90", 35_651_584, 2_139_095_040),
    _Level("hvc1.1.6.L186.90", 35_651_584, 4_278_190_080),
)
# VP9 levels, table A-1: luma samples of a picture and a second.
_VP9: Final = (
    _Level("vp09.00.10.08", 36_864, 829_440),
    _Level("vp09.00.11.08", 73_728, 2_764_800),
    _Level("vp09.00.20.08", 122_880, 4_608_000),
    _Level("vp09.00.21.08", 245_760, 9_216_000),
    _Level("vp09.00.30.08", 552_960, 20_736_000),
    _Level("vp09.00.31.08", 983_040, 36_864_000),
    _Level("vp09.00.40.08", 2_228_224, 83_558_400),
    _Level("vp09.00.41.08", 2_228_224, 160_432_128),
    _Level("vp09.00.50.08", 8_912_896, 311_951_360),
    _Level("vp09.00.51.08", 8_912_896, 588_251_136),
    _Level("vp09.00.52.08", 8_912_896, 1_176_502_272),
    _Level("vp09.00.61.08", 35_651_584, 2_353_004_544),
    _Level("vp09.00.62.08", 35_651_584, 4_706_009_088),
)
# AV1, annex A.3: luma samples of a picture and a second. The main profile and tier.
_AV1: Final = (
    _Level("av01.0.00M.08", 147_456, 4_423_680),
    _Level("av01.0.01M.08", 278_784, 8_363_520),
    _Level("av01.0.04M.08", 665_856, 19_975_680),
    _Level("av01.0.05M.08", 1_065_024, 31_950_720),
    _Level("av01.0.08M.08", 2_359_296, 70_778_880),
    _Level("av01.0.09M.08", 2_359_296, 141_557_760),
    _Level("av01.0.12M.08", 8_912_896, 267_386_880),
    _Level("av01.0.13M.08", 8_912_896, 534_773_760),
    _Level("av01.0.14M.08", 8_912_896, 1_069_547_520),
    _Level("av01.0.17M.08", 35_651_584, 2_139_095_040),
    _Level("av01.0.18M.08", 35_651_584, 4_278_190_080),
)
_LEVELS: Final = {"h264": _H264, "h265": _H265, "vp9": _VP9, "av1": _AV1}


def codec_string(name: str, width: int, height: int, rate: Fraction) -> str:
    """A codec string of the lowest level that a video fits, of 8 bits and 4:2:0.

    Args:
        name: One of CODECS, or a codec string, which is given back.
        width: In pixels.
        height: In pixels.
        rate: Frames a second.

    Raises:
        InvalidOption: Unknown, or no level is high enough.
    """
    if name == "vp8" or "." in name:
        return name
    levels = _LEVELS.get(name)
    if levels is None:
        raise InvalidOption(
            f"the codec {name!r} is none of {', '.join(CODECS)}, nor a codec string"
        )
    unit = 16 if name == "h264" else 1
    across, down = -(-width // unit), -(-height // unit)
    for level in levels:
        area = across * down
        fits = area <= level.area and area * rate <= level.rate
        # No side may be longer than the root of eight times the area.
        if fits and max(across, down) ** 2 <= 8 * level.area:
            return level.text
    raise InvalidOption(
        f"no level of {name} has {width:,} x {height:,} pixels at {float(rate):g} a second"
    )
