"""The ways to write a picture in one format, from the smallest file to the most faithful."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from stripline.errors import InvalidRecipe
from stripline.image.goals.search import Curve
from stripline.streams import MemorySink

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from stripline.image.encode.encoder import Encoder
    from stripline.image.output import Output
    from stripline.image.picture import Picture

TOP_QUALITY: Final = 100
ALPHA_TOP_QUALITY: Final = 92
"""The highest quality where something is transparent: above it files grow, and what gets better
are colours that show through."""

# Sizes of a PNG's palette, the smallest first; lossless comes after.
_PALETTES: Final = (2, 4, 16, 256)

# Mean scores and logarithms (base 2) of bytes at some qualities, on four photographs of
# scikit-image. Only where a search begins depends on them. JPEG jumps at 90, where `auto` stops
# halving chroma.
_Points = tuple[tuple[float, float], ...]
_SCORES: Final[dict[str, _Points]] = {
    "jpeg": (
        (1, -61.2), (5, -40.1), (10, 1.4), (20, 39.3), (30, 53.4), (40, 60.7), (50, 65.5),
        (60, 68.9), (70, 73.2), (80, 78.0), (85, 80.8), (89, 83.3), (90, 87.8), (95, 91.8),
        (98, 95.0), (100, 96.3),
    ),
    "webp": (
        (1, 6.3), (5, 22.4), (10, 33.0), (20, 45.4), (30, 53.0), (40, 59.1), (50, 63.6),
        (60, 67.3), (70, 70.4), (80, 76.0), (85, 79.6), (90, 83.8), (95, 87.0), (100, 88.7),
    ),
    "avif": (
        (1, -12.0), (10, 5.5), (20, 24.5), (30, 40.1), (40, 55.0), (50, 67.0), (60, 75.4),
        (70, 80.8), (80, 84.9), (89, 87.8), (90, 90.5), (95, 93.3), (100, 97.1),
    ),
    "png": ((0, 20.0), (1, 40.0), (2, 60.0), (3, 80.0)),
}  # fmt: skip
_SIZES: Final[dict[str, _Points]] = {
    "jpeg": (
        (1, 12.5), (10, 13.3), (20, 13.9), (30, 14.3), (50, 14.7), (70, 15.1), (80, 15.5),
        (89, 15.9), (90, 16.4), (95, 16.9), (98, 17.6), (100, 18.3),
    ),
    "webp": (
        (1, 12.5), (10, 13.2), (20, 13.6), (30, 13.9), (50, 14.4), (70, 14.7), (80, 15.1),
        (90, 15.8), (95, 16.3), (98, 16.7), (100, 17.2), (101, 18.3),
    ),
    "avif": (
        (1, 11.6), (10, 12.0), (20, 12.5), (30, 13.0), (50, 14.1), (60, 14.6), (70, 15.1),
        (85, 15.7), (90, 16.1), (95, 16.7), (98, 17.2), (100, 18.1), (101, 18.6),
    ),
    "png": ((0, 12.6), (1, 13.6), (2, 15.0), (3, 16.8), (4, 18.3)),
}  # fmt: skip
_LEAST_LACK: Final = 1e-6
_SIZES_PIXELS: Final = 250_000
# For encoders that plugins bring.
_ANY: Final = "webp"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to write a picture.

    Attributes:
        encoder: Its format.
        output: The recipe's wishes, with what was decided.
        quality: To encode with; None where there is none.
    """

    encoder: Encoder
    output: Output
    quality: int | None

    def encode(self, picture: Picture, pool: Executor | None = None) -> bytes:
        """The file.

        Raises:
            StriplineError: See `Encoder.write`.
        """
        sink = MemorySink()
        self.encoder.write(picture, self.output, sink, quality=self.quality, pool=pool)
        return sink.getvalue()


@dataclass(frozen=True, slots=True)
class Ways:
    """Ways of one format by number: the higher, the more faithful and the larger.

    They are qualities from 1, or palettes by size from 0; after either comes lossless, if it can be
    had. A format with neither has one way, 0.

    Attributes:
        encoder: The format.
        output: The recipe's wishes.
        qualities: The highest quality; 0 for formats without.
        palettes: Sizes of palettes; empty for formats without.
        lossless: Whether lossless comes last.
    """

    encoder: Encoder
    output: Output
    qualities: int = 0
    palettes: tuple[int, ...] = ()
    lossless: bool = False

    @property
    def low(self) -> int:
        """The lowest number."""
        return 1 if self.qualities else 0

    @property
    def high(self) -> int:
        """The highest number."""
        return max(self.qualities, len(self.palettes) - 1, 0) + self.lossless

    def way(self, number: int) -> Way:
        """The way of this number."""
        if self.lossless and number == self.high:
            return Way(self.encoder, lossless(self.output), None)
        if self.palettes:
            return Way(self.encoder, _with_palette(self.output, self.palettes[number]), None)
        return Way(self.encoder, self.output, number if self.qualities else None)

    def up_to(self, number: int) -> Ways:
        """The same ways without those above a number."""
        return replace(
            self,
            qualities=min(self.qualities, number),
            palettes=self.palettes[: number + 1],
            lossless=self.lossless and number >= self.high,
        )

    @property
    def lossy(self) -> Ways:
        """The same ways without lossless, which needs no trial to be known as faithful."""
        return replace(self, lossless=False)

    def closeness(self) -> Curve:
        """What `closeness` of the score to expect of each, lossless apart."""
        points = _SCORES.get(self.encoder.traits.name, _SCORES[_ANY])
        return Curve([(number, closeness(score)) for number, score in points])

    def sizes(self, pixels: int) -> Curve:
        """What logarithm (base 2) of the file's size to expect of a picture with so many pixels."""
        more = math.log2(pixels / _SIZES_PIXELS)
        points = _SIZES.get(self.encoder.traits.name, _SIZES[_ANY])
        return Curve([(number, size + more) for number, size in points])


def closeness(score: float) -> float:
    """A score as searches compare it: minus the logarithm (base 2) of what it lacks to 100.

    Pictures that are easier than others lack about the same share less at every quality.
    """
    return -math.log2(max(100 - score, _LEAST_LACK))


def ways_of(encoder: Encoder, output: Output, *, alpha: bool) -> Ways:
    """All ways that a format has, as far as the recipe leaves a choice.

    Args:
        encoder: The format.
        output: The recipe's wishes. A number as quality is the highest allowed, and rules lossless
            out.
        alpha: Whether something is transparent: quality then ends at `ALPHA_TOP_QUALITY`.
    """
    if encoder.traits.name == "png":
        if output.png.palette is True:
            sizes = tuple(size for size in _PALETTES if size <= output.png.colours)
            return Ways(encoder, output, palettes=sizes)
        return Ways(encoder, output, palettes=_PALETTES, lossless=True)
    if encoder.resolved_settings(output).get("quality") is None:
        return Ways(encoder, output)
    top = ALPHA_TOP_QUALITY if alpha else TOP_QUALITY
    asked = own_quality(encoder, output) or output.quality
    if isinstance(asked, int):
        return Ways(encoder, output, min(top, asked))
    return Ways(encoder, output, top, lossless=can_be_lossless(encoder, output))


def can_be_lossless(encoder: Encoder, output: Output) -> bool:
    """Whether the format can keep every pixel, with its own settings as they are."""
    if not encoder.traits.lossless:
        return False
    try:
        encoder.resolved_settings(lossless(output))
    except InvalidRecipe:
        return False
    return True


def has_flat_way(encoder: Encoder, output: Output) -> bool:
    """Whether flat graphics become lossless where the recipe leaves it open.

    In WebP they do: exact files are small. AVIF's are larger than its lossy ones even there, and
    PNG has palettes.
    """
    return (
        encoder.traits.name == "webp"
        and encoder.resolved_settings(output).get("quality") is not None
        and own_quality(encoder, output) is None
        and can_be_lossless(encoder, output)
    )


def own_quality(encoder: Encoder, output: Output) -> int | None:
    """The quality in the format's own settings, if it was given there."""
    own: Any = getattr(output, encoder.traits.name, None)
    quality = output.options.get("quality") if own is None else getattr(own, "quality", None)
    return quality if isinstance(quality, int) else None


def lossless(output: Output) -> Output:
    """The same wishes with every pixel kept."""
    return _without_goal(output, lossless=True)


def flat_png(output: Output) -> Output:
    """The same wishes, a PNG with a palette where that looks the same, as small as it gets."""
    palette = output.png.model_copy(update={"palette": output.png.palette or "auto"})
    effort = output.effort if output.effort is not None else 3
    return _without_goal(output, png=palette, effort=effort)


def _with_palette(output: Output, colours: int) -> Output:
    settings = {"palette": True, "colours": colours}
    return _without_goal(output, png=output.png.model_copy(update=settings))


def _without_goal(output: Output, **changes: object) -> Output:
    quality = output.quality if isinstance(output.quality, int) else None
    plain = {"quality": quality, "target": None, "max_bytes": None}
    return output.model_copy(update={**plain, **changes})
