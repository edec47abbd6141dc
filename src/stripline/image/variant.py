"""One variant: which formats it may have, its last steps, its file."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from stripline import _vips
from stripline.errors import InvalidRecipe
from stripline.image.encode.jpeg_lossless import optimize_jpeg
from stripline.image.encode.registry import encoder_for
from stripline.image.goals.choose import Choice, choose
from stripline.image.ladder import Scaled, size_of, source_size
from stripline.image.plugins import apply_custom
from stripline.image.result import VariantResult
from stripline.image.settings import WHITE
from stripline.image.sinks import Made
from stripline.image.steps.colour import to_profile
from stripline.image.steps.flatten import flatten
from stripline.image.steps.metadata import keep_metadata
from stripline.image.steps.sharpen import sharpen

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from typing_extensions import Buffer

    from stripline.image.deadline import Deadline
    from stripline.image.encode.encoder import Encoder
    from stripline.image.headers import ImageInfo
    from stripline.image.picture import Picture
    from stripline.image.recipe import Recipe
    from stripline.image.sinks import Delivery
    from stripline.streams.source import Source

# What "keep" becomes where the source's format cannot be written.
_INSTEAD: Final = {"svg": "png", "bmp": "png", "heic": "jpeg", "jxl": "jpeg"}
_ANIMATED: Final = frozenset({"gif", "webp"})


@dataclass(frozen=True, slots=True)
class Job:
    """A variant before any pixel is decoded.

    Attributes:
        name: The variant's.
        recipe: Its recipe.
        encoders: The formats it may have.
        scaled: What it needs of the decoder; None if the source's coefficients are kept.
        is_same_picture: Whether it shows what the source shows, pixel for pixel, in its format, so
            that the source's own bytes would do.
    """

    name: str
    recipe: Recipe
    encoders: tuple[Encoder, ...]
    scaled: Scaled | None
    is_same_picture: bool


def job_for(name: str, recipe: Recipe, info: ImageInfo) -> Job:
    """Decide all that can be decided from the header.

    Raises:
        InvalidRecipe: The recipe and this source do not go together.
    """
    encoders = _encoders(recipe, info)
    box = size_of(info, recipe)
    for encoder in encoders:
        _check_size(encoder, max(box.out_width, box.out_height))
    plain = recipe.sharpen is None and not recipe.steps
    same = plain and box.is_size(*source_size(info, recipe)) and info.format in _formats(encoders)
    if recipe.output.lossless and _formats(encoders) == ("jpeg",):
        if not (same and info.format == "jpeg"):
            raise InvalidRecipe(
                "JPEG has no lossless mode for new pixels: lossless=True keeps those of a JPEG"
                " whose size is not changed; choose png or webp"
            )
        return Job(name, recipe, encoders, None, is_same_picture=True)
    scaled = Scaled(
        name,
        recipe,
        box,
        animated=info.format in _ANIMATED
        and info.frames > 1
        and any(encoder.traits.animation for encoder in encoders),
        deep=info.bit_depth > 8 and all(max(encoder.traits.bit_depths) > 8 for encoder in encoders),
    )
    return Job(name, recipe, encoders, scaled, is_same_picture=same)


def _encoders(recipe: Recipe, info: ImageInfo) -> tuple[Encoder, ...]:
    output = recipe.output
    if output.format == "keep":
        kept = _INSTEAD.get(info.format, info.format)
        if kept == "jpeg" and info.alpha and recipe.background is None:
            kept = "png"
        return (encoder_for(kept),)
    if output.format != "auto":
        return (encoder_for(output.format),)
    found = [encoder_for(name) for name in dict.fromkeys(output.candidates)]
    moving = info.format in _ANIMATED and info.frames > 1
    if moving and any(encoder.traits.animation for encoder in found):
        found = [encoder for encoder in found if encoder.traits.animation]
    if info.alpha and recipe.background is None:
        found = [encoder for encoder in found if encoder.traits.alpha] or found
    return tuple(found)


def _formats(encoders: tuple[Encoder, ...]) -> tuple[str, ...]:
    return tuple(encoder.traits.name for encoder in encoders)


def _check_size(encoder: Encoder, side: int) -> None:
    if side > encoder.traits.max_side:
        raise InvalidRecipe(
            f"a side of {side:,} pixels, but {encoder.traits.name} can have"
            f" {encoder.traits.max_side:,}: make it smaller, or choose another format"
        )


class Maker:
    """Finishes variants of one source and writes their files.

    Args:
        source: The file.
        info: What the probe found in it.
        delivery: Opens the sinks.
        deadline: When to stop.
        pool: Where strips of a JPEG may be encoded; None for the calling thread alone.
    """

    def __init__(
        self,
        source: Source,
        info: ImageInfo,
        *,
        delivery: Delivery,
        deadline: Deadline,
        pool: Executor | None,
    ) -> None:
        self._source = source
        self._info = info
        self._delivery = delivery
        self._deadline = deadline
        self._pool = pool

    def copy_coefficients(self, job: Job) -> VariantResult:
        """Make a JPEG of a JPEG without touching its pixels.

        Raises:
            StriplineError: See `process`.
        """
        began = time.perf_counter()
        source = bytes(self._source.data())
        data = optimize_jpeg(source, job.recipe.metadata, seconds=self._deadline.left)
        made = Made(job.name, "jpg", "image/jpeg", self._info.width, self._info.height, None)
        sink = self._delivery.sink(made)
        sink.write(data)
        return VariantResult(
            name=job.name,
            format="jpeg",
            width=made.width,
            height=made.height,
            frames=1,
            bytes=sink.written,
            quality=None,
            score=None,
            scored=None,
            kept_source=data == source,
            seconds=time.perf_counter() - began,
        )

    def make(self, job: Job, picture: Picture) -> VariantResult:
        """Take the last steps and write the file.

        Args:
            job: What was decided before.
            picture: Scaled, upright, cut or padded.

        Raises:
            StriplineError: See `process`.
        """
        began = time.perf_counter()
        with self._deadline.stops(), _vips.vips_errors(self._source.name):
            picture, warnings = finish(picture, job, self._info)
            picture = replace(picture, pixels=self._deadline.watch(picture.pixels))
            choice = choose(picture, job.recipe.output, job.encoders, pool=self._pool)
            data, kept = self._smaller(job, choice)
            traits = choice.encoder.traits
            made = Made(
                job.name,
                traits.extension,
                traits.media_type,
                picture.width,
                picture.height,
                None if kept else choice.quality,
            )
            sink = self._delivery.sink(made)
            if data is None:
                choice.write(sink, self._pool)
            else:
                sink.write(data)
        return VariantResult(
            name=job.name,
            format=traits.name,
            width=made.width,
            height=made.height,
            frames=picture.frames,
            bytes=sink.written,
            quality=made.quality,
            score=None if kept else choice.score,
            scored=None if kept else choice.scored,
            kept_source=kept,
            seconds=time.perf_counter() - began,
            warnings=warnings,
        )

    def _smaller(self, job: Job, choice: Choice) -> tuple[Buffer | None, bool]:
        """The file, if it is made already, and whether it is the source's own bytes."""
        output, size = job.recipe.output, self._info.bytes or 0
        if not (output.never_larger and job.is_same_picture):
            return choice.data, False
        if choice.encoder.traits.name != self._info.format:
            return choice.data, False
        data = choice.encoded(self._pool)
        if len(data) <= size * (1 - output.margin) and len(data) < size:
            return data, False
        return self._source.data(), True


def finish(picture: Picture, job: Job, info: ImageInfo) -> tuple[Picture, tuple[str, ...]]:
    """The steps after scaling, and what a person should know of them."""
    recipe, warnings = job.recipe, []
    picture = apply_custom(picture, recipe.steps)
    holds_profile = all("icc" in encoder.traits.metadata for encoder in job.encoders)
    picture, problem = to_profile(picture, recipe.colour if holds_profile else "srgb")
    if problem is not None:
        warnings.append(problem)
    picture = sharpen(picture, recipe.sharpen)
    background = recipe.background
    if background is None and not all(encoder.traits.alpha for encoder in job.encoders):
        background = WHITE
    picture = flatten(picture, background)
    picture = keep_metadata(picture, recipe.metadata)
    if info.frames > 1 and picture.frames == 1 and info.animated:
        warnings.append(f"only the first of {info.frames:,} frames was kept")
    return picture, tuple(warnings)
