"""Whether a file that was made shows what it should: decoded again, beside a lossless one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stripline._vips import field, library, vips_errors
from stripline.errors import CorruptImage, OutputDamaged
from stripline.image.goals.judge import Judge, can_judge
from stripline.image.goals.sample import SAMPLE_PIXELS, spread

if TYPE_CHECKING:
    from stripline.image.picture import Pixels

_TILE: Final = 256
# SSIMULACRA 2 of files that are what was asked for: photographs at quality 30 have 30 to 60 in all
# formats, at quality 1 -60 to 10; with a row of blocks lost, or of another picture, -100 and less.
_LEAST_SCORE: Final = 0.0
_LEAST_SCORE_COARSE: Final = -90.0
_COARSE_QUALITY: Final = 30


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
            if not can_judge(wanted):
                found.avg()  # decodes all of it
                return None
            score = Judge(_sample(wanted)).score_of(_sample(found))
    except CorruptImage as error:
        raise OutputDamaged(f"{name} cannot be decoded again: {error}") from error
    coarse = quality is not None and quality < _COARSE_QUALITY
    least = _LEAST_SCORE_COARSE if coarse else _LEAST_SCORE
    if score < least:
        raise OutputDamaged(
            f"{name} has a score of {score:.1f} against what it should show; {least:g} is the least"
            " that can be right"
        )
    return score


def _first_frame(file: bytes) -> Pixels:
    pixels = library().Image.new_from_buffer(file, "", fail_on="truncated")
    height = field(pixels, "page-height") or pixels.height
    return pixels.crop(0, 0, pixels.width, height).copy_memory()


def _sample(pixels: Pixels) -> Pixels:
    return spread(pixels, _TILE, SAMPLE_PIXELS)
