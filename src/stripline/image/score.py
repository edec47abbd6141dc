"""How far a picture is from its original: SSIMULACRA 2 and PSNR, computed natively.

SSIMULACRA 2 (J. Sneyers, Cloudinary 2022, version 2.1 of 2023) follows what people see. Its author
gives these marks: 90 is visually lossless, 80 very high quality, 70 high, 50 medium, 30 low; 100 is
the original itself, and below zero nothing is too bad.

Pictures are 8-bit sRGB without alpha: red, green, blue in turn or grey alone, packed, in any
bytes-like object. Calls hold no lock of the interpreter while they work, so threads scale.
"""

from __future__ import annotations

import math
from operator import index
from typing import Final, Literal

from stripline import _native
from stripline.errors import InvalidDimensions, InvalidOption, UnsupportedPixels
from stripline.jpeg import kernels_in_use

__all__ = ["MAX_SIDE_PIXELS", "MIN_SIDE_PIXELS", "Channels", "Reference", "psnr", "ssimulacra2"]

Channels = Literal[1, 3]
"""Samples a pixel has: grey, or red, green and blue."""

MIN_SIDE_PIXELS: Final = 8
"""The smallest width and height that SSIMULACRA 2 is defined for."""

MAX_SIDE_PIXELS: Final = 65_535
"""The largest width and height of a picture here, as of a JPEG."""


class Reference:
    """An original, prepared once for SSIMULACRA 2 with any number of distorted pictures.

    Preparing takes somewhat less time than a comparison (docs/benchmarks.md has figures). About 40
    bytes a pixel are held; of comparisons at the same time, each but the first takes another 5. The
    pixels are not needed any longer once this is made.

    Args:
        pixels: Packed samples, `width * height * channels` bytes.
        width: Pixels in a row, 8 to 65,535.
        height: Rows, 8 to 65,535.
        channels: 3 for red, green, blue; 1 for grey.

    Attributes:
        width: As given.
        height: As given.
        channels: As given.

    Raises:
        InvalidDimensions: A side out of range, or a buffer of another size.
        InvalidOption: Another number of channels.
        UnsupportedPixels: Not a contiguous buffer of bytes.
    """

    __slots__ = ("_native", "channels", "height", "width")

    def __init__(self, pixels: object, width: int, height: int, *, channels: Channels = 3) -> None:
        self.width: Final = _side("width", width, MIN_SIDE_PIXELS)
        self.height: Final = _side("height", height, MIN_SIDE_PIXELS)
        self.channels: Final = _channels(channels)
        samples = _samples("reference", pixels, self.width, self.height, self.channels)
        self._native: Final = _native.ScoreReference(
            samples, self.width, self.height, self.channels, kernels_in_use()
        )

    def score(self, distorted: object, *, channels: Channels | None = None) -> float:
        """SSIMULACRA 2 of a picture of the reference's size.

        Args:
            distorted: Packed samples, `width * height * channels` bytes.
            channels: Those of the reference if not given.

        Returns:
            100 for the same pixels, lower for worse ones; there is no lowest score. The number is
            the same whatever kernels or threads compute it.

        Raises:
            InvalidDimensions: A buffer of another size.
            InvalidOption: A number of channels other than 1 and 3.
            UnsupportedPixels: Not a contiguous buffer of bytes.
        """
        count = self.channels if channels is None else _channels(channels)
        samples = _samples("distorted", distorted, self.width, self.height, count)
        return self._native.score(samples, count)


def ssimulacra2(
    reference: object, distorted: object, width: int, height: int, *, channels: Channels = 3
) -> float:
    """SSIMULACRA 2 of one picture; see `Reference` for several and for what it needs and raises."""
    prepared = Reference(reference, width, height, channels=channels)
    return prepared.score(distorted)


def psnr(
    reference: object, distorted: object, width: int, height: int, *, channels: Channels = 3
) -> float:
    """Peak signal to noise ratio over all samples, in decibels; infinite for the same pixels.

    Args:
        reference: Packed samples, `width * height * channels` bytes.
        distorted: As many.
        width: Pixels in a row, 1 to 65,535.
        height: Rows, 1 to 65,535.
        channels: 3 for red, green, blue; 1 for grey.

    Raises:
        InvalidDimensions: A side out of range, or a buffer of another size.
        InvalidOption: Another number of channels.
        UnsupportedPixels: Not a contiguous buffer of bytes.
    """
    size = _side("width", width, 1), _side("height", height, 1), _channels(channels)
    one = _samples("reference", reference, *size)
    other = _samples("distorted", distorted, *size)
    squares = _native.sum_of_squared_errors(one, other)
    return 10 * math.log10(255**2 * one.nbytes / squares) if squares else math.inf


def _side(name: str, pixels: int, least: int) -> int:
    try:
        pixels = index(pixels)
    except TypeError:
        raise InvalidDimensions(f"{name} must be an int, not {type(pixels).__name__}") from None
    if not least <= pixels <= MAX_SIDE_PIXELS:
        raise InvalidDimensions(
            f"{name} is {pixels:,}; pictures of {least:,} to {MAX_SIDE_PIXELS:,} can be compared"
        )
    return pixels


def _channels(count: Channels) -> Channels:
    if count not in {1, 3}:
        raise InvalidOption(f"channels is {count!r}; give 1 for grey or 3 for red, green, blue")
    return count


def _samples(name: str, data: object, width: int, height: int, channels: int) -> memoryview:
    """The samples of a picture as they lie in memory, after a look at what they are."""
    try:
        view = memoryview(data)  # type: ignore[arg-type]  # what is not a buffer is caught
    except (TypeError, ValueError, BufferError) as error:
        raise UnsupportedPixels(
            f"the {name} picture must be bytes-like, not {type(data).__name__} ({error})"
        ) from error
    if view.format not in {"B", "c", "<B", ">B", "=B", "@B"}:
        raise UnsupportedPixels(
            f"the {name} picture has items of type {view.format!r} with {view.itemsize} bytes;"
            " convert them to 8-bit unsigned integers"
        )
    if not view.c_contiguous:
        raise UnsupportedPixels(f"the {name} picture has gaps between its samples; copy it packed")
    if view.nbytes != width * height * channels:
        raise InvalidDimensions(
            f"the {name} picture has {view.nbytes:,} bytes; {width:,}x{height:,} with"
            f" {channels} channels take {width * height * channels:,}"
        )
    return view
