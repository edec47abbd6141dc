"""How a trial file looks beside the pixels that it was made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from stripline._vips import library, vips_errors
from stripline.image.encode._savers import at_most_8_bits
from stripline.image.goals.content import has_visible_alpha
from stripline.image.score import MAX_SIDE_PIXELS, MIN_SIDE_PIXELS, Reference

if TYPE_CHECKING:
    from stripline.image.picture import Pixels
    from stripline.image.score import Channels

_BLACK_AND_WHITE: Final = (0, 255)


def can_judge(pixels: Pixels) -> bool:
    """Whether SSIMULACRA 2 is defined for a picture of this size: both sides have 8 pixels."""
    sides: tuple[int, int] = (pixels.width, pixels.height)
    return min(sides) >= MIN_SIDE_PIXELS and max(sides) <= MAX_SIDE_PIXELS


class Judge:
    """Scores files by SSIMULACRA 2, as sRGB (a profile is not applied) of 8 bits.

    Pictures with transparent pixels are laid over black and over white, and the worse of both
    scores counts. Holds 34 bytes a pixel, 68 with transparency.

    Args:
        pixels: What goes into the encoder, in memory; `can_judge` says whether it is large enough.
    """

    def __init__(self, pixels: Pixels) -> None:
        self._backgrounds = _BLACK_AND_WHITE if has_visible_alpha(pixels) else (255,)
        self._references = [
            Reference(samples, pixels.width, pixels.height, channels=channels)
            for samples, channels in (_flat(pixels, level) for level in self._backgrounds)
        ]

    def score(self, file: bytes) -> float:
        """SSIMULACRA 2 of a file of the same size; of its first frame or page.

        Raises:
            CorruptImage: The file cannot be decoded.
        """
        with vips_errors("a trial"):
            return self.score_of(library().Image.new_from_buffer(file, ""))

    def score_of(self, pixels: Pixels) -> float:
        """SSIMULACRA 2 of pixels of the same size."""
        if len(self._backgrounds) > 1:
            pixels = pixels.copy_memory()  # read once for each background
        flat = [_flat(pixels, level) for level in self._backgrounds]
        return min(
            reference.score(samples, channels=channels)
            for reference, (samples, channels) in zip(self._references, flat, strict=True)
        )


def _flat(pixels: Pixels, level: int) -> tuple[bytes, Channels]:
    """Packed samples without alpha, and how many a pixel has."""
    pixels = at_most_8_bits(pixels)
    if pixels.hasalpha():
        pixels = pixels.flatten(background=level).cast("uchar")
    return pixels.write_to_memory(), cast("Channels", pixels.bands)
