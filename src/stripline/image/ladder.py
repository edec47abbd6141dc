"""One decode for many variants.

Each variant is a scaled picture, and perhaps a part of it. The largest is scaled from the decoded
picture; one that is at most half as large as another is scaled from that one, which costs little
and, with half the samples left to average, shows nothing. Only what a later variant needs is kept
in memory; with a single variant nothing is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from stripline import _vips
from stripline.image.decode import Wanted, decode, decoded_bytes, shrink_for
from stripline.image.geometry import Box, place
from stripline.image.steps.colour import to_pixels
from stripline.image.steps.orient import TRANSPOSED, orient
from stripline.image.steps.resize import Resize, cut_or_pad, scale
from stripline.streams.exif import UPRIGHT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stripline.image.deadline import Deadline
    from stripline.image.headers import ImageInfo
    from stripline.image.picture import Picture
    from stripline.image.recipe import Recipe
    from stripline.streams.source import Source

# A larger variant serves as the source of one that is at least so many times smaller.
_RUNG_RATIO: Final = 2.0
# Decoded pixels are kept for several variants up to this size; above, each decodes for itself, in
# bounded memory.
_MAX_SHARED_BYTES: Final = 256 << 20
TURNED_BY_DECODER: Final = frozenset({"avif", "heic", "jxl"})
_AS_IT_IS: Final = Resize(scale=1)


@dataclass(frozen=True, slots=True)
class Scaled:
    """What one variant asks of the decoder.

    Attributes:
        name: The variant's.
        recipe: Its recipe.
        box: Its size, and what part of the scaled picture it is.
        animated: Whether it keeps the frames of an animation.
        deep: Whether it keeps 16 bits.
    """

    name: str
    recipe: Recipe
    box: Box
    animated: bool
    deep: bool

    @property
    def is_whole(self) -> bool:
        """Whether it shows the whole picture and nothing else."""
        return not (self.box.is_cropped or self.box.is_padded)


def source_size(info: ImageInfo, recipe: Recipe) -> tuple[int, int]:
    """Width and height of the picture that a recipe's steps start with."""
    upright = recipe.orient or info.format in TURNED_BY_DECODER
    return info.upright_size if upright else (info.width, info.height)


def size_of(info: ImageInfo, recipe: Recipe) -> Box:
    """What becomes of the source's size by a recipe.

    Raises:
        InvalidRecipe: See `geometry.place`.
    """
    width, height = source_size(info, recipe)
    if recipe.resize is None:
        return Box(width, height, 0, 0, width, height)
    resize = recipe.resize
    if info.format == "svg":  # drawn at any size, so that nothing is ever enlarged
        resize = resize.model_copy(update={"enlarge": True})
    return place(width, height, resize)


@dataclass(frozen=True, slots=True)
class _Rung:
    """A variant and the larger one that it is scaled from; None for the file's own pixels."""

    variant: Scaled
    parent: str | None


class Ladder:
    """Decodes a file for its variants.

    Args:
        source: The file.
        info: What the probe found.
        variants: What is wanted.
        salvage: Whether damage gives what can be read.
        deadline: When to stop.
    """

    def __init__(
        self,
        source: Source,
        info: ImageInfo,
        variants: Iterable[Scaled],
        *,
        salvage: bool,
        deadline: Deadline,
    ) -> None:
        self._source = source
        self._info = info
        self._salvage = salvage
        self._deadline = deadline
        self._rungs = self._plan(sorted(variants, key=self._factor, reverse=True))

    def pictures(self) -> Iterator[tuple[Scaled, Picture]]:
        """Each variant with its pixels, scaled, upright, cut or padded; the largest first.

        Raises:
            StriplineError: See `decode`.
        """
        parents = {rung.parent for rung in self._rungs}
        shared = self._shared()
        kept: dict[str | None, Picture] = {}
        if shared is not None:
            kept[None] = self._keep(self._decode(shared))
        for rung in self._rungs:
            variant = rung.variant
            parent = kept.get(rung.parent) or self._decode(self._wanted(variant))
            picture = self._scaled(parent, variant)
            if variant.name in parents:
                picture = kept[variant.name] = self._keep(picture)
            yield variant, picture

    def _plan(self, largest_first: list[Scaled]) -> list[_Rung]:
        """Give each variant the smallest larger one that serves as its source."""
        rungs: list[_Rung] = []
        for variant in largest_first:
            parents = [rung.variant for rung in rungs if self._serves(rung.variant, variant)]
            rungs.append(_Rung(variant, parents[-1].name if parents else None))
        return rungs

    def _shared(self) -> Wanted | None:
        """What to decode once for several variants; None if each decodes for itself."""
        wanted = [self._wanted(rung.variant) for rung in self._rungs if rung.parent is None]
        if len(wanted) < 2 or self._info.format == "svg":
            return None
        both = replace(
            wanted[0],
            shrink=min(one.shrink for one in wanted),
            all_frames=any(one.all_frames for one in wanted),
            deep=any(one.deep for one in wanted),
        )
        return both if decoded_bytes(self._info, both) <= _MAX_SHARED_BYTES else None

    def _factor(self, variant: Scaled) -> float:
        width, height = source_size(self._info, variant.recipe)
        return max(variant.box.width / width, variant.box.height / height)

    def _serves(self, larger: Scaled, smaller: Scaled) -> bool:
        """Whether one variant's pixels are as good a source for another as the file's own."""
        one, other = larger.recipe, smaller.recipe
        return (
            self._info.format != "svg"
            and larger.is_whole
            and larger.animated == smaller.animated
            and larger.deep == smaller.deep
            and one.orient == other.orient
            and (one.resize is None or one.resize.averages_like(other.resize))
            and self._factor(larger) >= _RUNG_RATIO * self._factor(smaller)
        )

    def _wanted(self, variant: Scaled) -> Wanted:
        factor = self._factor(variant)
        return Wanted(
            shrink=shrink_for(self._info, factor),
            scale=factor if self._info.format == "svg" else 1.0,
            all_frames=variant.animated,
            deep=variant.deep,
            salvage=self._salvage,
        )

    def _decode(self, wanted: Wanted) -> Picture:
        self._deadline.check()
        wanted = replace(wanted, seconds=self._deadline.left)
        picture = decode(self._source, self._info, wanted)
        with _vips.vips_errors(self._source.name):
            return to_pixels(picture, deep=wanted.deep)

    def _keep(self, picture: Picture) -> Picture:
        """The same picture with its pixels in memory, so that they can be read in any order."""
        with self._deadline.stops(), _vips.vips_errors(self._source.name):
            pixels = self._deadline.watch(picture.pixels).copy_memory()
        return replace(picture, pixels=pixels)

    def _scaled(self, picture: Picture, variant: Scaled) -> Picture:
        recipe, box = variant.recipe, variant.box
        if not variant.animated:
            picture = picture.first_frame()
        with _vips.vips_errors(self._source.name):
            settings = recipe.resize or _AS_IT_IS
            turned = recipe.orient and picture.orientation != UPRIGHT
            # Turning needs all pixels at once, of which there are fewer after scaling.
            across, down = (box.width, box.height)
            if turned and picture.orientation in TRANSPOSED:
                across, down = down, across
            picture = scale(picture, settings, across, down)
        if turned:
            picture = orient(self._keep(picture))
        if box.is_chosen_by_content(settings):
            picture = self._keep(picture)
        with _vips.vips_errors(self._source.name):
            return cut_or_pad(picture, settings, box)
