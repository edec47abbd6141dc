"""Sharpen luma a little, after scaling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from stripline.image.settings import Settings

if TYPE_CHECKING:
    from stripline.image.picture import Picture, Pixels


class Sharpen(Settings):
    """An unsharp mask on lightness (L of CIELAB), stronger on edges than on flat parts."""

    sigma: Annotated[float, Field(gt=0, le=10)] = 0.5
    """Radius of the blur that is taken away, in pixels (standard deviation)."""
    flat: Annotated[float, Field(ge=0, le=100)] = 0.0
    """Amount where the picture is nearly flat, so that noise is not lifted."""
    edges: Annotated[float, Field(ge=0, le=100)] = 1.5
    """Amount where it is not."""


def sharpen(picture: Picture, settings: Sharpen | None) -> Picture:
    """The picture with crisper edges."""
    if settings is None:
        return picture
    return picture.with_frames(lambda frame: _sharpen(frame, settings))


def _sharpen(pixels: Pixels, settings: Sharpen) -> Pixels:
    depth, space = pixels.format, pixels.interpretation
    alpha = pixels.extract_band(pixels.bands - 1) if pixels.hasalpha() else None
    colours = pixels if alpha is None else pixels.extract_band(0, n=pixels.bands - 1)
    sharp = colours.sharpen(sigma=settings.sigma, m1=settings.flat, m2=settings.edges)
    sharp = sharp.colourspace(space).cast(depth)
    return sharp if alpha is None else sharp.bandjoin(alpha).copy(interpretation=space)
