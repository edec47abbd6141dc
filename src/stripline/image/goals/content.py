"""What kind of picture it is: a photograph, or flat graphics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from stripline.image.encode._savers import at_most_8_bits
from stripline.image.goals.sample import spread

if TYPE_CHECKING:
    from stripline.image.picture import Pixels

# How much is looked at, and in tiles of which side.
_LOOK_PIXELS: Final = 1 << 18
_TILE: Final = 128
# A step of so many levels of 255 from one pixel to the next is an edge.
_EDGE_LEVELS: Final = 32

# Measured on scikit-image's photographs and scans, and on screenshots, charts, logos and icons of
# programs' manuals. Photographs: 0 to 0.36 flat (a black sky, a white page), 0 to 0.33 of the
# changes are edges (grass). Graphics of more than 100 pixels: flat 0.60 to 0.98, edges 0.28 to 1,
# colours up to a 20th of the pixels. A screenshot with a photograph in it has more colours. An icon
# of 24 pixels is 0.37 flat or more; nine of ten of its changes are edges.
_FLAT: Final = 0.5
_EDGES: Final = 0.2
_COLOURS_SHARE: Final = 0.1
_ICON_FLAT: Final = 0.3
_ICON_EDGES: Final = 0.5
_ICON_COLOURS: Final = 256

_COLOUR_TYPES: Final[dict[int, Literal["B", "H", "I"]]] = {1: "B", 2: "H", 4: "I"}


@dataclass(frozen=True, slots=True)
class Content:
    """What a look at a picture finds.

    Attributes:
        alpha: Whether anything is transparent, of all pixels.
        colours: How many there are in a quarter of the pixels looked at.
        colours_share: The same per pixel.
        flat: Share of pixels that equal their right and their lower neighbour.
        edges: Share of sharp steps among the pixels that do not.
    """

    alpha: bool
    colours: int
    colours_share: float
    flat: float
    edges: float

    @property
    def packs(self) -> bool:
        """Whether much of it is flat, so that lossless may be small: gradients are, too."""
        return self.flat >= _FLAT

    @property
    def kind(self) -> Literal["graphic", "photograph"]:
        """`graphic` for flat colours with sharp edges; gradients and mixtures are the other."""
        if self.flat == 1:
            return "graphic"
        flat = self.flat >= _FLAT and self.edges >= _EDGES and self.colours_share <= _COLOURS_SHARE
        icon = (
            self.flat >= _ICON_FLAT and self.edges >= _ICON_EDGES and self.colours <= _ICON_COLOURS
        )
        return "graphic" if flat or icon else "photograph"


def look_at(pixels: Pixels) -> Content:
    """Look at some of a picture's pixels, some 5 ms, and at all of its alpha.

    Args:
        pixels: In memory.
    """
    part = at_most_8_bits(spread(pixels, _TILE, _LOOK_PIXELS))
    part = part.embed(0, 0, max(2, part.width), max(2, part.height), extend="copy").copy_memory()
    steps = _histogram(_steps(part))
    count, still = sum(steps), steps[0]
    colours, looked = _colours(part)
    return Content(
        alpha=has_visible_alpha(pixels),
        colours=colours,
        colours_share=colours / looked,
        flat=still / count,
        edges=sum(steps[_EDGE_LEVELS:]) / (count - still) if still < count else 0.0,
    )


def has_visible_alpha(pixels: Pixels) -> bool:
    """Whether a pixel is transparent, partly or wholly.

    Args:
        pixels: In memory.
    """
    opaque = 255 if pixels.format == "uchar" else 65_535
    return bool(pixels.hasalpha()) and pixels.extract_band(pixels.bands - 1).min() < opaque


def _steps(part: Pixels) -> Pixels:
    """The largest difference to the right and to the lower neighbour, in any channel."""
    width, height = part.width - 1, part.height - 1
    here = part.crop(0, 0, width, height)
    right = (here - part.crop(1, 0, width, height)).abs()
    below = (here - part.crop(0, 1, width, height)).abs()
    first, *others = right.bandjoin(below).cast("uchar").bandsplit()
    return first.bandrank(others, index=len(others))


def _histogram(levels: Pixels) -> list[int]:
    counts = levels.hist_find()
    return memoryview(counts.write_to_memory()).cast("B").cast("I").tolist()


def _colours(part: Pixels) -> tuple[int, int]:
    """How many colours there are, and in how many pixels."""
    few = part.subsample(2, 2)
    if few.bands == 3:
        few = few.bandjoin(255)
    looked = few.width * few.height
    packed = memoryview(few.write_to_memory()).cast("B").cast(_COLOUR_TYPES[few.bands])
    return len(set(packed)), looked
