"""Bring pixels to sRGB, Display P3 or the source's own space; to grey or RGB, 8 or 16 bits.

`to_pixels` makes of whatever was decoded (CMYK, Lab, floats, more bands than colours) something
that can be averaged: grey or RGB, in the source's own profile. `to_profile` converts that by ICC
profile, which is best done when the picture is as small as it gets.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from stripline.image.icc import SPACE_OF_BANDS, colour_space, is_srgb

if TYPE_CHECKING:
    from stripline.image.picture import Picture, Pixels

Space = Literal["srgb", "p3", "keep"]

_GREY: Final = frozenset({"b-w", "grey16"})
_RGB: Final = frozenset({"srgb", "rgb", "rgb16"})
_LAB: Final = frozenset({"lab", "labs", "labq"})


def to_pixels(picture: Picture, *, deep: bool) -> Picture:
    """The picture as grey or RGB with at most one band of alpha.

    CMYK is converted to sRGB by its profile, or by libvips' own for print where it has none. Lab is
    taken for that of ICC profiles, whose white is D50 (libvips' own conversion has D65). Other
    device-independent spaces are converted by definition.

    Args:
        picture: As decoded.
        deep: Whether 16 bits stay 16 bits; otherwise all becomes 8 bits.
    """
    pixels, metadata = picture.pixels, picture.metadata
    if pixels.format == "uint":  # conversion knows of 16 bits, and would take more for overflow
        pixels = pixels.cast("ushort", shift=True)
    space, colours = pixels.interpretation, pixels.bands - int(pixels.hasalpha())
    sixteen = deep and pixels.format not in {"uchar", "char"}
    if space == "cmyk":
        pixels = _from_cmyk(pixels, metadata.icc, sixteen=sixteen)
        metadata = replace(metadata, icc=None)
    elif space in _GREY and colours == 1:
        pixels = pixels.colourspace("grey16" if sixteen else "b-w")
    elif space in _RGB and colours >= 3:
        pixels = pixels.colourspace("rgb16" if sixteen else "srgb")
    elif space in _LAB:
        depth = 16 if sixteen else 8
        pixels = pixels.colourspace("lab").icc_export(
            output_profile="srgb", intent="relative", depth=depth
        )
        metadata = replace(metadata, icc=None)
    else:
        pixels = pixels.colourspace("rgb16" if sixteen else "srgb")
        metadata = replace(metadata, icc=None)
    pixels = _first_alpha(pixels).cast("ushort" if sixteen else "uchar")
    return replace(picture, pixels=pixels, metadata=metadata)


def to_profile(picture: Picture, space: Space) -> tuple[Picture, str | None]:
    """The picture in the space asked for, and what was wrong with its profile, if anything.

    The source's profile is dropped when the pixels are sRGB (or grey) afterwards, which is what
    pictures without a profile are taken for. Grey stays grey.

    Args:
        picture: Grey or RGB, with the profile that its metadata holds, or none.
        space: `srgb`, `p3` (the file then carries its profile) or `keep`.
    """
    metadata, pixels = picture.metadata, picture.pixels
    profile, problem = metadata.icc, None
    colours = pixels.bands - int(pixels.hasalpha())
    if profile is not None and colour_space(profile) != SPACE_OF_BANDS[colours]:
        problem = "its ICC profile is damaged or of another colour space, and was ignored"
        profile = None
    if space == "keep":
        return replace(picture, metadata=replace(metadata, icc=profile)), problem
    if profile is not None and is_srgb(profile):
        profile = None
    target = "p3" if space == "p3" and colours == 3 else "srgb"
    if profile is None and target == "srgb":
        return replace(picture, metadata=replace(metadata, icc=None)), problem
    pixels = _with_profile(pixels, profile)
    converted = pixels.icc_transform(
        target,
        embedded=profile is not None,
        input_profile="srgb",
        intent="relative",
        black_point_compensation=True,
        depth=16 if pixels.format == "ushort" else 8,
    )
    icc = bytes(converted.get("icc-profile-data")) if target == "p3" else None
    if colours == 1:
        converted = converted.colourspace("grey16" if pixels.format == "ushort" else "b-w")
    converted = converted.cast(pixels.format)
    return replace(picture, pixels=converted, metadata=replace(metadata, icc=icc)), problem


def _from_cmyk(pixels: Pixels, profile: bytes | None, *, sixteen: bool) -> Pixels:
    usable = profile is not None and colour_space(profile) == SPACE_OF_BANDS[4]
    return _with_profile(pixels, profile if usable else None).icc_transform(
        "srgb",
        embedded=usable,
        input_profile="cmyk",
        intent="relative",
        black_point_compensation=True,
        depth=16 if sixteen else 8,
    )


def _with_profile(pixels: Pixels, profile: bytes | None) -> Pixels:
    """The same pixels with this profile attached, or with none."""
    from stripline._vips import set_blob  # noqa: PLC0415 - loads libvips

    return set_blob(pixels, "icc-profile-data", profile)


def _first_alpha(pixels: Pixels) -> Pixels:
    """Of several bands after the colours only the first counts."""
    colours = 1 if pixels.interpretation in _GREY else 3
    if pixels.bands > colours + 1:
        return pixels.extract_band(0, n=colours + 1)
    return pixels
