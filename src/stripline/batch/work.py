"""What a worker does with a task: read, make, check, say what came of it."""

from __future__ import annotations

import os
import socket
import time
from functools import cache
from typing import TYPE_CHECKING

from stripline.batch.cache import Kept
from stripline.batch.look import check_budget
from stripline.batch.places import PlannedSinks, source_of
from stripline.batch.retry import failure_of
from stripline.batch.task import Outcome, Written
from stripline.batch.verify import VerifiedSinks
from stripline.errors import StriplineError
from stripline.image import process
from stripline.image.encode.jpeg import MOZJPEG_EFFORT
from stripline.pools import limit_heaps, release_free_memory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stripline.batch.cache import ResultCache
    from stripline.batch.task import Failure, Work
    from stripline.image import Recipe
    from stripline.image.sinks import Sinks
    from stripline.streams.source import Source


def do_work(work: Work, cache: ResultCache | None = None) -> Outcome | Failure:
    """Do one task. It may be done any number of times, anywhere: files appear whole or not at all.

    Args:
        work: What to do.
        cache: Where results are looked for first, and kept.

    Returns:
        What was made, or why nothing was. Errors are values, as their causes, which say whether
        another attempt can help, would be lost between processes.
    """
    began = time.perf_counter()
    limit_heaps()
    if work.gives_back:  # it counts on memory that smaller tasks before it may have kept
        release_free_memory()
    try:
        return _done(work, cache, began)
    except Exception as error:  # noqa: BLE001 - one picture must not stop the others
        return failure_of(error, time.perf_counter() - began, worker_name())
    finally:
        if work.gives_back:
            release_free_memory()


def _done(work: Work, cache: ResultCache | None, began: float) -> Outcome:
    if work.budget_bytes:
        check_budget(work)
    source = source_of(work.source.url, max_bytes=work.limits.bytes, version=work.source.version)
    sinks = PlannedSinks(work.outputs, work.key)
    result, fallback = _processed(work, cache, source, sinks)
    return Outcome(
        written=tuple(_written(result, name, url) for name, url in sinks.urls.items()),
        bytes_in=result.source_bytes,
        seconds=time.perf_counter() - began,
        worker=worker_name(),
        warnings=result.warnings,
        fallback=fallback,
        cached=result.cached,
    )


def _processed(
    work: Work, cache: ResultCache | None, source: Source, sinks: PlannedSinks
) -> tuple[Kept, str]:
    """Make the files; where our own encoder fails by a fault of its own, by libvips'.

    Returns:
        What was made, and what was used in place of what failed.
    """
    place: Sinks = VerifiedSinks(work, source, sinks) if work.verify else sinks
    try:
        return _process(work, cache, source, work.variants, place), ""
    except (StriplineError, OSError, MemoryError):
        raise  # the source's, the recipe's or the place's fault: another encoder changes nothing
    except Exception as error:
        others = _without_our_encoder(work.variants)
        if others == work.variants:
            raise
        reason = failure_of(error)
        return (
            _process(work, cache, source, others, place),
            f"JPEG by libvips and mozjpeg in place of our own encoder ({reason})",
        )


def _process(
    work: Work,
    cache: ResultCache | None,
    source: Source,
    variants: Mapping[str, Recipe],
    sinks: Sinks,
) -> Kept:
    limits, salvage = work.limits, work.salvage
    if cache is not None:
        return cache.process(source, variants, sinks, limits, salvage=salvage, verified=work.verify)
    made = process(source, variants, sinks, limits, salvage=salvage)
    return Kept(made.variants, made.source_bytes, cached=False, warnings=made.warnings)


def _without_our_encoder(variants: Mapping[str, Recipe]) -> dict[str, Recipe]:
    """The same variants, with all JPEGs by mozjpeg at the effort that is nearest."""
    changed = {}
    for name, recipe in variants.items():
        own, asked = recipe.output.jpeg, recipe.output.effort
        effort = own.effort if own.effort is not None else asked
        if not recipe.output.lossless and (effort is None or effort < MOZJPEG_EFFORT):
            jpeg = own.model_copy(update={"effort": MOZJPEG_EFFORT})
            output = recipe.output.model_copy(update={"jpeg": jpeg})
            recipe = recipe.model_copy(update={"output": output})  # noqa: PLW2901 - the same, changed
        changed[name] = recipe
    return changed


def _written(result: Kept, name: str, url: str) -> Written:
    made = result.variants[name]
    return Written(
        variant=name,
        url=url,
        format=made.format,
        width=made.width,
        height=made.height,
        bytes=made.bytes,
        quality=made.quality,
        score=made.score,
        seconds=made.seconds,
    )


@cache
def _host() -> str:
    return socket.gethostname()


def worker_name() -> str:
    """Host and process."""
    return f"{_host()}:{os.getpid()}"
