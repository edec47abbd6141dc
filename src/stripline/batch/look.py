"""What a source's header says of its task: memory, names of files, how much they may take."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from stripline.batch.places import is_local, source_of
from stripline.errors import OverBudget, StriplineError, UnsupportedFormat
from stripline.image import probe
from stripline.image.memory import held_bytes, needed_bytes, verifying_bytes
from stripline.image.sinks import Made
from stripline.image.variant import job_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stripline.batch.spec import Spec
    from stripline.batch.task import Found, Planned, SourceId, Work
    from stripline.image import ImageInfo, Limits
    from stripline.image.variant import Job
    from stripline.streams.source import Source

# A file with such a name that is no picture is worth a word; any other is none of our business.
_ENDINGS: Final = frozenset(
    {".jpg", ".jpeg", ".jpe", ".png", ".gif", ".webp", ".tif", ".tiff", ".bmp"}
    | {".avif", ".heic", ".heif", ".svg", ".svgz", ".jxl"}
)
# The least that files of photographs take, in bytes a pixel: a fifth to a half of what the formats'
# defaults give.
_LEAST: Final = {"jpeg": 0.05, "webp": 0.03, "avif": 0.02}
_LEAST_LOSSLESS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of a source.

    Attributes:
        found: The source.
        memory_bytes: What work on it needs at most.
        least_bytes: What its files will take at least, if it is a photograph.
        names: Every name that its files may get, each with its variant.
        cause: Class of the error, if nothing can be made of it.
        error: What that said.
        skipped: Whether it does not claim to be a picture, so that this is no failure.
    """

    found: Found
    memory_bytes: int = 0
    least_bytes: int = 0
    names: tuple[tuple[str, str], ...] = ()
    cause: str = ""
    error: str = ""
    skipped: bool = False


def check_budget(work: Work) -> None:
    """Refuse a source that needs more memory than there is, unless it streams.

    Raises:
        OverBudget: It does not.
        StriplineError: It is no picture.
    """
    source = source_of(work.source.url, max_bytes=work.limits.bytes, version=work.source.version)
    info = _probed(source, work.limits)
    jobs = [job_for(name, recipe, info) for name, recipe in work.variants.items()]
    held = held_bytes(info, jobs) + _beside(work.source, info, jobs, verify=work.verify)
    if held > work.budget_bytes:
        raise OverBudget(work.memory_bytes, work.budget_bytes)


def look_at(found: Found, spec: Spec) -> Look:
    """Read a source's header and decide all that can be decided from it; never raises for it."""
    try:
        info = _probed(source_of(found.url, max_bytes=spec.limits.bytes), spec.limits)
        jobs = [job_for(name, recipe, info) for name, recipe in spec.variants.items()]
        memory = needed_bytes(info, jobs) + _beside(found.source, info, jobs, verify=spec.verify)
    except (StriplineError, OSError) as error:
        claims = os.path.splitext(found.url)[1].lower() in _ENDINGS  # noqa: PTH122 - of a URL too
        unknown = isinstance(error, UnsupportedFormat) and not claims
        return Look(found, cause=type(error).__name__, error=str(error), skipped=unknown)
    return Look(
        found,
        memory_bytes=memory,
        least_bytes=sum(_least_bytes(job, info) for job in jobs),
        names=tuple(_names(jobs, info, spec.places(found.relative))),
    )


def _beside(source: SourceId, info: ImageInfo, jobs: list[Job], *, verify: bool) -> int:
    """What is in memory beside the work itself: outputs looked at, a source fetched as a whole."""
    fetched = 0 if is_local(source.url) else source.size
    return fetched + (verifying_bytes(info, jobs) if verify else 0)


def _probed(source: Source, limits: Limits) -> ImageInfo:
    if source.path is not None:
        return probe(source.path, limits)
    with source.open() as file:
        return probe(file, limits)


def _names(
    jobs: list[Job], info: ImageInfo, places: tuple[Planned, ...]
) -> Iterator[tuple[str, str]]:
    by_variant = {job.name: job for job in jobs}
    for place in places:
        job = by_variant[place.variant]
        width, height = _size(job, info)
        for encoder in job.encoders:
            traits = encoder.traits
            quality = encoder.resolved_settings(job.recipe.output).get("quality")
            if job.recipe.output.lossless or not isinstance(quality, int):
                quality = None
            made = Made(job.name, traits.extension, traits.media_type, width, height, quality)
            yield job.name, place.url_for(made)


def _size(job: Job, info: ImageInfo) -> tuple[int, int]:
    if job.scaled is None:
        return info.width, info.height
    return job.scaled.box.out_width, job.scaled.box.out_height


def _least_bytes(job: Job, info: ImageInfo) -> int:
    if job.scaled is None or job.is_same_picture:
        return (info.bytes or 0) // 2
    width, height = _size(job, info)
    formats = [encoder.traits.name for encoder in job.encoders]
    return int(width * height * min(_LEAST.get(name, _LEAST_LOSSLESS) for name in formats))
