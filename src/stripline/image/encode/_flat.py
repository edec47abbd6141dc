"""Whether a palette suffices for a picture: measured, not guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stripline._vips import library, vips_errors

if TYPE_CHECKING:
    from stripline.image.picture import Pixels

# Root of the mean square, in levels of 255: 45 dB. Screenshots and icons are far better (50 dB to
# exact), a drawing with smooth gradients has 46 dB, photographs have 38 dB or less.
_MAX_ERROR_LEVELS: Final = 1.43


def palette_suffices(pixels: Pixels, file: bytes) -> bool:
    """Whether a PNG file looks like the pixels it was made of.

    Colours count by how opaque they are.

    Args:
        pixels: In memory, as they are read a second time.
        file: The same picture, with a palette.
    """
    with vips_errors():
        found = library().Image.new_from_buffer(file, "")
        squares = (_visible(pixels) - _visible(found)) ** 2
        return bool(squares.avg() <= _MAX_ERROR_LEVELS**2)


def is_exact(pixels: Pixels, file: bytes) -> bool:
    """Whether a PNG file has all the pixels that it was made of, transparent ones included.

    Args:
        pixels: Red, green, blue, perhaps alpha; in memory.
        file: The same picture, with a palette.
    """
    with vips_errors():
        found = library().Image.new_from_buffer(file, "").colourspace("srgb")
        if found.bands != pixels.bands:
            found, pixels = (one if one.hasalpha() else one.addalpha() for one in (found, pixels))
        return bool((found != pixels).max() == 0)


def _visible(pixels: Pixels) -> Pixels:
    """Red, green, blue and alpha, colours multiplied by alpha."""
    colour = pixels.colourspace("srgb")
    return (colour if colour.hasalpha() else colour.addalpha()).premultiply()
