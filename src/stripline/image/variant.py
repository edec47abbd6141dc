"""One variant: which formats it may have, its last steps, its file."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from stripline import _vips
from stripline.errors import GoalNotReached, InvalidRecipe
from stripline.image.decode import check_readable
from stripline.image.encode.jpeg_lossless import optimize_jpeg
from stripline.image.encode.registry import encoder_for
from stripline.image.geometry import is_held_back
from stripline.image.goals.choose import Choice, choose
from stripline.image.ladder import Scaled, size_of, source_size
from stripline.image.plugins import apply_custom
from stripline.image.result import VariantResult
from stripline.image.settings import WHITE
from stripline.image.sinks import Made
from stripline.image.steps.colour import to_profile
from stripline.image.steps.flatten import flatten
from stripline.image.steps.metadata import fitting_jpeg, keep_metadata
from stripline.image.steps.sharpen import sharpen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

    from stripline.image.deadline import Deadline
    from stripline.image.encode.encoder import Encoder
    from stripline.image.headers import ImageInfo
    from stripline.image.picture import Picture
    from stripline.image.recipe import Recipe
    from stripline.image.sinks import Delivery
    from stripline.streams.source import Source

# What "keep" becomes where the source's format cannot be written.
_INSTEAD: Final = {"svg": "png", "bmp": "png", "heic": "jpeg"}
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
        loses_frames: Whether of several frames or pages it has but the first.
        not_enlarged: Whether it is smaller than asked for.
    """

    name: str
    recipe: Recipe
    encoders: tuple[Encoder, ...]
    scaled: Scaled | None
    is_same_picture: bool
    loses_frames: bool = False
    not_enlarged: bool = False

    @property
    def may_be_source(self) -> bool:
        """Whether the source's own bytes are to be taken if they are the better choice."""
        return self.recipe.output.never_larger and self.is_same_picture


def job_for(name: str, recipe: Recipe, info: ImageInfo) -> Job:
    """Decide all that can be decided from the header.

    Raises:
        InvalidRecipe: The recipe and this source do not go together.
        UnsupportedFormat: No decoder here reads the source.
    """
    check_readable(info)
    box = size_of(info, recipe)
    encoders = _large_enough(_encoders(recipe, info), max(box.out_width, box.out_height))
    plain = recipe.sharpen is None and not recipe.steps
    same = plain and box.is_size(*source_size(info, recipe)) and info.format in _formats(encoders)
    if recipe.output.lossless and _formats(encoders) == ("jpeg",):
        if not (same and info.format == "jpeg"):
            raise InvalidRecipe(
                "JPEG has no lossless mode for new pixels: lossless=True keeps those of a JPEG"
                " whose size is not changed; choose png or webp"
            )
        return Job(
            name,
            recipe,
            encoders,
            None,
            is_same_picture=True,
            not_enlarged=_is_held_back(info, recipe),
        )
    scaled = Scaled(
        name,
        recipe,
        box,
        animated=info.format in _ANIMATED
        and info.frames > 1
        and any(encoder.traits.animation for encoder in encoders),
        deep=info.bit_depth > 8 and all(max(encoder.traits.bit_depths) > 8 for encoder in encoders),
    )
    loses_frames = info.frames != 1 and not scaled.animated
    return Job(
        name,
        recipe,
        encoders,
        scaled,
        is_same_picture=same,
        loses_frames=loses_frames,
        not_enlarged=_is_held_back(info, recipe),
    )


def _is_held_back(info: ImageInfo, recipe: Recipe) -> bool:
    if recipe.resize is None or info.format == "svg":
        return False
    return is_held_back(*source_size(info, recipe), recipe.resize)


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


def _large_enough(encoders: tuple[Encoder, ...], side: int) -> tuple[Encoder, ...]:
    """Those that can have such a side.

    Raises:
        InvalidRecipe: None can.
    """
    able = tuple(encoder for encoder in encoders if encoder.traits.max_side >= side)
    if not able:
        traits = max((encoder.traits for encoder in encoders), key=lambda one: one.max_side)
        raise InvalidRecipe(
            f"a side of {side:,} pixels, but {traits.name} can have {traits.max_side:,}:"
            " make it smaller, or choose another format"
        )
    return able


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
            not_enlarged=job.not_enlarged,
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
            finished, warnings = finish(picture, job, self._info)
            finished = replace(finished, pixels=self._deadline.watch(finished.pixels))
            choice = self._choose(job, finished)
            if choice is None:
                return self._keep_source(job, picture, began)
            traits = choice.encoder.traits
            made = Made(
                job.name,
                traits.extension,
                traits.media_type,
                finished.width,
                finished.height,
                choice.quality,
            )
            sink = self._delivery.sink(made)
            choice.write(sink, self._pool)
        return VariantResult(
            name=job.name,
            format=traits.name,
            width=made.width,
            height=made.height,
            frames=finished.frames,
            bytes=sink.written,
            quality=made.quality,
            score=choice.score,
            scored=choice.scored,
            kept_source=False,
            seconds=time.perf_counter() - began,
            warnings=warnings,
            not_enlarged=job.not_enlarged,
        )

    def _choose(self, job: Job, picture: Picture) -> Choice | None:
        """How to write a picture; None if the source's own bytes are the better file."""
        output, size, check = job.recipe.output, self._info.bytes or 0, self._deadline.check
        source_fits = job.may_be_source and (output.max_bytes is None or size <= output.max_bytes)
        if source_fits and job.loses_frames:
            return None
        try:
            choice = choose(picture, output, job.encoders, pool=self._pool, check=check)
        except GoalNotReached:
            if source_fits:  # it looks as it should, and no file that we could make does
                return None
            raise
        check()
        if not source_fits:
            return choice
        data = choice.encoded(self._pool)
        smaller = len(data) <= size * (1 - output.margin) and len(data) < size
        return replace(choice, data=data) if smaller else None

    def _keep_source(self, job: Job, picture: Picture, began: float) -> VariantResult:
        """Give the source's own bytes as a variant."""
        traits = encoder_for(self._info.format).traits
        made = Made(
            job.name, traits.extension, traits.media_type, picture.width, picture.height, None
        )
        sink = self._delivery.sink(made)
        sink.write(self._source.data())
        return VariantResult(
            name=job.name,
            format=traits.name,
            width=made.width,
            height=made.height,
            frames=max(1, self._info.frames),
            bytes=sink.written,
            quality=None,
            score=None,
            scored=None,
            kept_source=True,
            seconds=time.perf_counter() - began,
            warnings=tuple(_of_kept_source(job, picture, self._info)),
            not_enlarged=job.not_enlarged,
        )


def _of_kept_source(job: Job, picture: Picture, info: ImageInfo) -> Iterator[str]:
    """What a person should know of a source that is kept."""
    if job.loses_frames:
        yield f"kept as it was: of its {_frames(info)} only the first could be written"
    found, keep = picture.metadata, job.recipe.metadata
    stays = [
        name
        for name, part in (("EXIF", found.exif), ("XMP", found.xmp), ("comment", found.comment))
        if part and not {"all", name.lower()} & set(keep)
    ]
    if stays:
        yield f"kept as it was, with its metadata ({', '.join(stays)})"


def _frames(info: ImageInfo) -> str:
    """How many there are, in words; some headers do not tell."""
    count = f"{info.frames:,}" if info.frames else "several"
    return f"{count} {'frames' if info.animated else 'pages'}"


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
    if any(encoder.traits.name == "jpeg" for encoder in job.encoders):
        picture, left_out = fitting_jpeg(picture)
        warnings.extend(left_out)
    if job.loses_frames:
        warnings.append(f"only the first of {_frames(info)} was kept")
    return picture, tuple(warnings)
