"""Whether a file that was made shows what it should: decoded again, beside a lossless one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from stripline._vips import FAIL_ON, field, library, vips_errors
from stripline.errors import CorruptImage, OutputDamaged
from stripline.image.encode._savers import at_most_8_bits
from stripline.image.goals.judge import Judge, can_judge
from stripline.image.goals.sample import SAMPLE_PIXELS, spread

if TYPE_CHECKING:
    from stripline.image.picture import Pixels

_TILE: Final = 256
# Both measures must say that a file is wrong, as each errs where there is little to see. At quality
# 30 and above, parts of photographs of 16 to 256 pixels a side had 23 dB or more, at quality 1 16
# dB; of those of 256 pixels the first had 56 points of SSIMULACRA 2 or more, the others -60. Where
# half was grey, upside down, inverted or of another picture, most had less than 15 dB, and of those
# of 256 pixels all had less than -75 points.
_LEAST: Final = (0.0, 22.0)
_LEAST_COARSE: Final = (-90.0, 15.0)
_COARSE_QUALITY: Final = 30
_WHITE: Final = 255


def check_file(name: str, file: bytes, reference: bytes, quality: int | None) -> float | None:
    """Compare a file with one of the same picture that lost nothing.

    Of an animation the first frame is looked at, of a picture above a megapixel tiles of it.

    Args:
        name: What to call it in messages.
        file: What was made.
        reference: The same as PNG.
        quality: That it was encoded with; None for lossless.

    Returns:
        SSIMULACRA 2; None of pictures too small for it, which need only be of the right size.

    Raises:
        OutputDamaged: It cannot be decoded, has another size or looks like something else.
    """
    try:
        with vips_errors(name):
            found, wanted = _first_frame(file), _first_frame(reference)
            size, right = (found.width, found.height), (wanted.width, wanted.height)
            if size != right:
                raise OutputDamaged(
                    f"{name} has {size[0]} x {size[1]} pixels, not {right[0]} x {right[1]}"
                )
            found, wanted = _sample(found), _sample(wanted)
            decibels = _psnr(found, wanted)
            if not can_judge(wanted):
                return None
            score = Judge(wanted).score_of(found)
    except CorruptImage as error:
        raise OutputDamaged(f"{name} cannot be decoded again: {error}") from error
    coarse = quality is not None and quality < _COARSE_QUALITY
    least_score, least_decibels = _LEAST_COARSE if coarse else _LEAST
    if score < least_score and decibels < least_decibels:
        raise OutputDamaged(
            f"{name} has a score of {score:.1f} and {decibels:.1f} dB against what it should show;"
            f" what is right has {least_score:g} or {least_decibels:g} dB at least"
        )
    return score


def _psnr(found: Pixels, wanted: Pixels) -> float:
    error = float(((_plain(found) - _plain(wanted)) ** 2).avg())
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


def _plain(pixels: Pixels) -> Pixels:
    """As sRGB of 8 bits without alpha."""
    pixels = at_most_8_bits(pixels)
    if pixels.hasalpha():
        pixels = pixels.flatten(background=_WHITE)
    return pixels.colourspace("srgb")


def _first_frame(file: bytes) -> Pixels:
    pixels = library().Image.new_from_buffer(file, "", fail_on=FAIL_ON)
    height = field(pixels, "page-height") or pixels.height
    return pixels.crop(0, 0, pixels.width, height).copy_memory()


def _sample(pixels: Pixels) -> Pixels:
    return spread(pixels, _TILE, SAMPLE_PIXELS)
