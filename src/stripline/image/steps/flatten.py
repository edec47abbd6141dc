"""Lay transparent pixels over a background."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripline.image.steps.resize import background_levels

if TYPE_CHECKING:
    from stripline.image.picture import Picture, Pixels


def flatten(picture: Picture, background: tuple[int, int, int] | None) -> Picture:
    """The picture without alpha; as it is if it has none, or if `background` is None."""
    if background is None or not picture.has_alpha:
        return picture
    colour = background

    def over(pixels: Pixels) -> Pixels:
        levels = background_levels(pixels, colour)[:-1]
        if len(levels) > pixels.bands - 1:
            pixels = pixels.colourspace("srgb" if pixels.format == "uchar" else "rgb16")
        top = 65_535 if pixels.format == "ushort" else 255
        return pixels.flatten(background=levels, max_alpha=top).cast(pixels.format)

    return picture.with_frames(over)
