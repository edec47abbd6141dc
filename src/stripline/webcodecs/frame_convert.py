"""Pixels of any format as packed RGB: the algorithm "Convert to RGB frame" of section 9.4.6.

The matrices and ranges are those of ITU-T H.273, section 8.3. Each pixel takes the chroma sample
it shares with its neighbours as it is. What is not known of a colour space is taken as in REC709.
The numbers that the matrix gives are sRGB, or Display P3 for the primaries "smpte432"; only these
two are converted into each other.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from stripline.webcodecs.enums import (
    PredefinedColorSpace,
    VideoColorPrimaries,
    VideoMatrixCoefficients,
    VideoPixelFormat,
)
from stripline.webcodecs.frame_layout import DOMRect
from stripline.webcodecs.pixel_formats import pixel_format
from stripline.webcodecs.plane_views import packed_pixels, plane_view

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stripline.webcodecs.color_space import VideoColorSpace
    from stripline.webcodecs.media import Media
    from stripline.webcodecs.pixel_formats import PixelFormat

__all__ = ["convert_to_rgb"]

_Fixed: TypeAlias = "NDArray[np.int16]"

# Kr and Kb of ITU-T H.273, table 4.
_LUMA_WEIGHTS: Final = {
    VideoMatrixCoefficients.BT709: (0.2126, 0.0722),
    VideoMatrixCoefficients.BT470BG: (0.299, 0.114),
    VideoMatrixCoefficients.SMPTE170M: (0.299, 0.114),
    VideoMatrixCoefficients.BT2020_NCL: (0.2627, 0.0593),
}

# Sums of three table entries must fit 16 bits, so five bits are left for fractions: every entry is
# off by 1/64 at most and a colour by 3/64, which changes it by one at most.
_FRACTION_BITS: Final = 5
_ONE: Final = 1 << _FRACTION_BITS

# Rows at a time, so that what is in work stays in the cache; a multiple of every sub-sampling.
_BAND_ROWS: Final = 32

_OPAQUE: Final = np.uint32(0xFF000000)
_LOW_BYTE: Final = np.uint32(0xFF)


def convert_to_rgb(
    media: Media,
    rect: DOMRect,
    color_space: VideoColorSpace,
    *,
    target: NDArray[np.uint32],
    name: VideoPixelFormat,
    wanted: PredefinedColorSpace,
) -> None:
    """Convert pixels.

    Args:
        media: The pixels, in any format.
        rect: Which of them.
        color_space: What the numbers mean.
        target: Written to; shape (rows, pixels), little-endian.
        name: "RGBA", "RGBX", "BGRA" or "BGRX". X is written as 255.
        wanted: The RGB to convert to.
    """
    form, to = pixel_format(media.format), pixel_format(name)
    source = (
        PredefinedColorSpace.DISPLAY_P3
        if color_space.primaries == VideoColorPrimaries.SMPTE432
        else PredefinedColorSpace.SRGB
    )
    reverse = name.startswith("B")
    for top in range(0, rect.height, _BAND_ROWS):
        rows = min(_BAND_ROWS, rect.height - top)
        band = DOMRect(rect.x, rect.y + top, rect.width, rows)
        pixels = _packed(media, band) if form.is_rgb else _from_planes(media, band, color_space)
        if source != wanted:
            pixels = _change_gamut(pixels, source, wanted)
        if not (form.has_alpha and to.has_alpha):
            pixels |= _OPAQUE
        target[top : top + rows] = _swap_red_and_blue(pixels) if reverse else pixels


def _packed(media: Media, rect: DOMRect) -> NDArray[np.uint32]:
    """Pixels of an RGB format, with red in the lowest byte."""
    stride = media.strides[0]
    pixels = packed_pixels(
        media.planes[0], rect.y * stride + rect.x * 4, stride, rect.height, rect.width * 4
    ).astype(np.uint32)
    return _swap_red_and_blue(pixels) if media.format.startswith("B") else pixels


def _swap_red_and_blue(pixels: NDArray[np.uint32]) -> NDArray[np.uint32]:
    red, blue = pixels & _LOW_BYTE, (pixels >> np.uint32(16)) & _LOW_BYTE
    swapped: NDArray[np.uint32] = (pixels & np.uint32(0xFF00FF00)) | (red << np.uint32(16)) | blue
    return swapped


def _pack(red: _Fixed, green: _Fixed, blue: _Fixed) -> NDArray[np.uint32]:
    """Channels of 0 to 255 as pixels; the alpha byte is 0."""
    pixels = red.astype(np.uint32)
    pixels |= green.astype(np.uint32) << 8
    pixels |= blue.astype(np.uint32) << 16
    return pixels


def _from_planes(media: Media, rect: DOMRect, color_space: VideoColorSpace) -> NDArray[np.uint32]:
    """Pixels of a format with separate luma and chroma, with red in the lowest byte."""
    form = pixel_format(media.format)
    luma = plane_view(media, 0, rect)
    chroma = plane_view(media, 1, rect)
    if form.planes[1].components == 2:
        u, v = chroma[..., 0], chroma[..., 1]
    else:
        u, v = chroma, plane_view(media, 2, rect)
    matrix = color_space.matrix or VideoMatrixCoefficients.BT709
    full = color_space.full_range
    if full is None:
        full = matrix == VideoMatrixCoefficients.RGB
    light = _luma_table(form.bits, full=full)
    if matrix == VideoMatrixCoefficients.RGB:  # H.273: the planes are green, blue, red
        green = _look_up(light, luma)
        blue, red = (_spread(_look_up(light, each), rect, form) for each in (u, v))
    else:
        red_v, green_u, green_v, blue_u = _chroma_tables(form.bits, matrix, full=full)
        bright = _look_up(light, luma)
        red = bright + _spread(_look_up(red_v, v), rect, form)
        green = bright + _spread(_look_up(green_u, u) + _look_up(green_v, v), rect, form)
        blue = bright + _spread(_look_up(blue_u, u), rect, form)
    pixels = _pack(_to_byte(red), _to_byte(green), _to_byte(blue))
    if form.has_alpha:  # always of full range
        alpha = _look_up(_luma_table(form.bits, full=True), plane_view(media, 3, rect))
        pixels |= _to_byte(alpha).astype(np.uint32) << 24
    return pixels


def _look_up(table: _Fixed, samples: NDArray[Any]) -> _Fixed:
    """Table entries of samples; a sample with more than its bits counts as the highest."""
    return table.take(samples, mode="clip")


def _spread(samples: _Fixed, rect: DOMRect, form: PixelFormat) -> _Fixed:
    """One value for each pixel, from one for each chroma sample."""
    across, down = form.chroma
    if down > 1:
        samples = samples.repeat(down, axis=0)[: rect.height]
    if across > 1:
        samples = samples.repeat(across, axis=1)[:, : rect.width]
    return samples


def _to_byte(value: _Fixed) -> _Fixed:
    """Fixed-point numbers, to which a half was added, as 0 to 255."""
    return value.clip(0, 255 * _ONE) >> _FRACTION_BITS


@lru_cache
def _luma_table(bits: int, *, full: bool) -> _Fixed:
    """Luma, or any channel of RGB, as 0 to 255 plus a half (for rounding) in fixed point."""
    low, high = (0, (1 << bits) - 1) if full else (16 << (bits - 8), 235 << (bits - 8))
    scale = 255 / (high - low)
    return _fixed((np.arange(1 << bits) - low) * scale + 0.5)


@lru_cache
def _chroma_tables(
    bits: int, matrix: VideoMatrixCoefficients, *, full: bool
) -> tuple[_Fixed, _Fixed, _Fixed, _Fixed]:
    """What V adds to red, U to green, V to green and U to blue, in fixed point."""
    kr, kb = _LUMA_WEIGHTS[matrix]
    kg = 1 - kr - kb
    span = (1 << bits) - 1 if full else 224 << (bits - 8)
    chroma = (np.arange(1 << bits) - (1 << (bits - 1))) * (255 / span)
    return (
        _fixed(2 * (1 - kr) * chroma),
        _fixed(-2 * (1 - kb) * kb / kg * chroma),
        _fixed(-2 * (1 - kr) * kr / kg * chroma),
        _fixed(2 * (1 - kb) * chroma),
    )


def _fixed(values: NDArray[np.floating[Any]]) -> _Fixed:
    return np.round(values * _ONE).astype(np.int16)


def _change_gamut(
    pixels: NDArray[np.uint32], source: PredefinedColorSpace, wanted: PredefinedColorSpace
) -> NDArray[np.uint32]:
    """Pixels of one RGB colour space in another; both have the transfer function of sRGB."""
    channels = np.stack([(pixels >> shift) & _LOW_BYTE for shift in (0, 8, 16)], axis=-1)
    light = _linear_table()[channels] @ _gamut_matrix(source, wanted).T
    light = light.clip(0, 1)
    curved = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    red, green, blue = np.moveaxis(np.round(curved * 255).astype(np.int16), -1, 0)
    return _pack(red, green, blue) | (pixels & _OPAQUE)


@lru_cache
def _linear_table() -> NDArray[np.float32]:
    """Light of 0 to 1 for each byte of sRGB (IEC 61966-2-1)."""
    value = np.arange(256) / 255
    light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return light.astype(np.float32)


# x and y of red, green, blue and white: ITU-R BT.709 and SMPTE RP 431-2 with the white of D65.
_CHROMATICITIES: Final = {
    PredefinedColorSpace.SRGB: ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), (0.3127, 0.3290)),
    PredefinedColorSpace.DISPLAY_P3: (
        (0.680, 0.320),
        (0.265, 0.690),
        (0.150, 0.060),
        (0.3127, 0.3290),
    ),
}


@lru_cache
def _gamut_matrix(
    source: PredefinedColorSpace, wanted: PredefinedColorSpace
) -> NDArray[np.float32]:
    """From linear RGB of one colour space to that of another."""
    matrix = np.linalg.solve(_to_xyz(wanted), _to_xyz(source))
    return matrix.astype(np.float32)


def _to_xyz(space: PredefinedColorSpace) -> NDArray[np.float64]:
    """From linear RGB to CIE XYZ (SMPTE RP 177)."""
    xyz = np.array([(x / y, 1.0, (1 - x - y) / y) for x, y in _CHROMATICITIES[space]]).T
    primaries, white = xyz[:, :3], xyz[:, 3]
    scaled: NDArray[np.float64] = primaries * np.linalg.solve(primaries, white)
    return scaled
