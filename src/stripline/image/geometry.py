"""Sizes: what a picture of one size becomes, before any pixel is touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stripline.errors import InvalidRecipe

if TYPE_CHECKING:
    from stripline.image.steps.resize import Resize


@dataclass(frozen=True, slots=True)
class Box:
    """A scaled picture and the window or canvas it ends up in.

    Attributes:
        width: Pixels across that the whole picture is scaled to.
        height: Rows that it is scaled to.
        left: Where the output begins in the scaled picture (cropped), or the scaled picture in the
            output (padded).
        top: The same, downwards.
        out_width: Pixels across in the output.
        out_height: Rows in the output.
    """

    width: int
    height: int
    left: int
    top: int
    out_width: int
    out_height: int

    @property
    def is_cropped(self) -> bool:
        """Whether a part of the scaled picture is left out."""
        return self.out_width < self.width or self.out_height < self.height

    @property
    def is_padded(self) -> bool:
        """Whether there is background around the scaled picture."""
        return self.out_width > self.width or self.out_height > self.height

    def is_size(self, width: int, height: int) -> bool:
        """Whether it is the whole picture at this size."""
        return not (self.is_cropped or self.is_padded) and (self.width, self.height) == (
            width,
            height,
        )

    def is_chosen_by_content(self, settings: Resize) -> bool:
        """Whether the pixels decide which part is kept, so that all must be there at once."""
        return self.is_cropped and settings.gravity in {"entropy", "attention"}


def place(width: int, height: int, settings: Resize) -> Box:
    """What becomes of an upright picture of `width` x `height`.

    Sides are rounded to the nearest pixel and are at least 1.

    Raises:
        InvalidRecipe: The result would have more than a million pixels on a side.
    """
    if settings.scale is not None:
        factor = settings.scale if settings.enlarge else min(settings.scale, 1.0)
        return _whole(_side(width * factor), _side(height * factor))
    if settings.fit == "exact":
        return _exact(width, height, settings)
    across = (settings.width or 0) / width
    down = (settings.height or 0) / height
    if settings.fit == "fill":
        return _fill(width, height, settings, max(across, down))
    factor = min(value for value in (across, down) if value > 0)
    if not settings.enlarge:
        factor = min(factor, 1.0)
    scaled_width, scaled_height = _side(width * factor), _side(height * factor)
    if settings.fit == "pad":
        return _pad(scaled_width, scaled_height, settings)
    return _whole(scaled_width, scaled_height)


def is_held_back(width: int, height: int, settings: Resize) -> bool:
    """Whether a picture becomes smaller than `settings` ask for, as nothing is enlarged unasked."""
    if settings.enlarge or settings.fit == "pad":
        return False
    if settings.scale is not None:
        return settings.scale > 1
    sides = ((settings.width, width), (settings.height, height))
    larger = [wanted > found for wanted, found in sides if wanted is not None]
    return all(larger) if settings.fit == "inside" else any(larger)


def _side(pixels: float) -> int:
    side = max(1, round(pixels))
    if side > 1_000_000:
        raise InvalidRecipe(f"a side of {side:,} pixels; 1,000,000 is the most there can be")
    return side


def _whole(width: int, height: int) -> Box:
    return Box(width, height, 0, 0, width, height)


def _exact(width: int, height: int, settings: Resize) -> Box:
    out_width, out_height = settings.width or width, settings.height or height
    if not settings.enlarge:
        out_width, out_height = min(out_width, width), min(out_height, height)
    return _whole(out_width, out_height)


def _fill(width: int, height: int, settings: Resize, factor: float) -> Box:
    """Cover the box. Without enlarging, what is missing shrinks the box in its proportions."""
    out_width, out_height = settings.width or width, settings.height or height
    if factor > 1 and not settings.enlarge:
        out_width, out_height = _side(out_width / factor), _side(out_height / factor)
        factor = 1.0
    scaled_width = max(_side(width * factor), out_width)
    scaled_height = max(_side(height * factor), out_height)
    left, top = _offsets(settings.gravity, scaled_width - out_width, scaled_height - out_height)
    return Box(scaled_width, scaled_height, left, top, out_width, out_height)


def _pad(width: int, height: int, settings: Resize) -> Box:
    out_width, out_height = settings.width or width, settings.height or height
    left, top = _offsets(settings.gravity, out_width - width, out_height - height)
    return Box(width, height, left, top, out_width, out_height)


def _offsets(gravity: str, free_across: int, free_down: int) -> tuple[int, int]:
    parts = gravity.split("-")
    left = 0 if "left" in parts else free_across if "right" in parts else free_across // 2
    top = 0 if "top" in parts else free_down if "bottom" in parts else free_down // 2
    return left, top
