"""Pixels on their way from decoder to encoder, and what came with them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from stripline._vips import library
from stripline.streams.metadata import Metadata

if TYPE_CHECKING:
    from collections.abc import Callable

Pixels = Any
"""A libvips image, which has no types: 8 or 16 bits, grey or sRGB-like, straight alpha last."""

FOR_EVER: Final = 0


@dataclass(frozen=True, slots=True)
class Picture:
    """A still picture, or an animation with its frames one below the other.

    Attributes:
        pixels: All frames. Nothing is computed until an encoder asks for rows.
        frames: How many; each is `pixels.height / frames` high.
        delays: Milliseconds that each frame is shown; empty for stills.
        loops: How often an animation is played; 0 for ever.
        metadata: EXIF, XMP, ICC profile (None: sRGB, or grey with its gamma), comment, density.
        orientation: What is still to be done to the pixels, 1 to 8 as EXIF counts; 1 is nothing.
    """

    pixels: Pixels
    frames: int = 1
    delays: tuple[int, ...] = ()
    loops: int = FOR_EVER
    metadata: Metadata = field(default_factory=Metadata)
    orientation: int = 1

    @property
    def width(self) -> int:
        """Pixels in a row."""
        return int(self.pixels.width)

    @property
    def height(self) -> int:
        """Rows of one frame."""
        return int(self.pixels.height) // self.frames

    @property
    def has_alpha(self) -> bool:
        """Whether the last band is alpha."""
        return bool(self.pixels.hasalpha())

    def with_frames(self, change: Callable[[Pixels], Pixels]) -> Picture:
        """The same picture with `change` made to each of its frames."""
        if self.frames == 1:
            return replace(self, pixels=change(self.pixels))
        width, height = self.width, self.height
        frames = [
            change(self.pixels.crop(0, number * height, width, height))
            for number in range(self.frames)
        ]
        return replace(self, pixels=library().Image.arrayjoin(frames, across=1))

    def first_frame(self) -> Picture:
        """The first frame as a still picture."""
        if self.frames == 1:
            return self
        pixels = self.pixels.crop(0, 0, self.width, self.height)
        return replace(self, pixels=pixels, frames=1, delays=())
