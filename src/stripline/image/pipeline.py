"""`process`: one picture in, any number of variants out."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final, cast

from stripline.errors import (
    CorruptImage,
    GoalNotReached,
    InvalidOption,
    OutOfMemory,
    SinkFailed,
    SourceFailed,
    UnsupportedFormat,
    describe,
)
from stripline.image.deadline import Deadline
from stripline.image.headers import probe
from stripline.image.ladder import Ladder
from stripline.image.limits import Limits
from stripline.image.result import Result
from stripline.image.sinks import Delivery, OneSink, Sinks
from stripline.image.variant import Maker, job_for
from stripline.streams.source import open_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

    from stripline.image.recipe import Recipe
    from stripline.image.result import VariantResult

_DISK_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


def process(
    source: object,
    variants: Mapping[str, Recipe] | Recipe,
    sink: object,
    limits: Limits | None = None,
    *,
    salvage: bool = False,
    pool: Executor | None = None,
) -> Result:
    """Make variants of a picture.

    The file is looked at before anything is decoded; it is decoded once, if several variants can
    share that in bounded memory; and no variant appears before all of them are complete. What comes
    out depends on the source's bytes, the recipes and the versions of the libraries alone.

    Args:
        source: A path, bytes, an open binary file (read to its end) or a `Source`.
        variants: Recipes by name, or one.
        sink: Where the files go: a `Sinks` (`MemorySinks`, `FolderSinks`, or your own); for one
            recipe also a path, an open binary file or a `Sink`.
        limits: What the source may need; None for the defaults, which suit pictures from strangers.
        salvage: Take what can be read of a damaged file, in place of an error.
        pool: Where strips of a JPEG may be encoded; None for the calling thread alone.

    Returns:
        What was found and what was made.

    Raises:
        UsageError: InvalidRecipe, InvalidOption, InvalidDimensions.
        SourceError: UnsupportedFormat, CorruptImage, LimitExceeded, SourceFailed.
        GoalNotReached: No setting gives the score or size that a recipe asks for.
        SinkError: SinkFailed; also where the disk of temporary files is full.
        OutOfMemory: The machine has too little for this picture now.
        MissingDependency: The format needs an extra that is not installed.
    """
    limits = limits or Limits()
    recipes = variants if isinstance(variants, Mapping) else {"": variants}
    if not recipes:
        raise InvalidOption("there are no variants to make")
    sinks = _sinks(sink, len(recipes))
    began = time.perf_counter()
    with Deadline(limits.seconds) as deadline, ExitStack() as errors:
        errors.enter_context(_system_errors())
        opened = open_source(source, limits.bytes)
        errors.enter_context(_named(opened.name))
        info = probe(opened.path or opened.data(), limits)
        if not (info.complete or salvage):
            raise CorruptImage("the file ends before its last pixels do")
        jobs = [job_for(name, recipe, info) for name, recipe in recipes.items()]
        made: dict[str, VariantResult] = {}
        with Delivery(sinks) as delivery:
            maker = Maker(opened, info, delivery=delivery, deadline=deadline, pool=pool)
            for job in jobs:
                if job.scaled is None:
                    made[job.name] = maker.copy_coefficients(job)
            by_name = {job.name: job for job in jobs}
            wanted = [job.scaled for job in jobs if job.scaled is not None]
            ladder = Ladder(opened, info, wanted, salvage=salvage, deadline=deadline)
            for scaled, picture in ladder.pictures():
                made[scaled.name] = maker.make(by_name[scaled.name], picture)
    return Result(
        source=info,
        source_bytes=info.bytes or 0,
        variants={name: made[name] for name in recipes},
        seconds=time.perf_counter() - began,
    )


def _sinks(sink: object, count: int) -> Sinks:
    """What the caller gave, as a place for each variant."""
    if hasattr(sink, "open") and not isinstance(sink, os.PathLike):
        return cast("Sinks", sink)
    if count > 1:
        raise InvalidOption(
            f"{count} variants need a place each: pass a FolderSinks, a MemorySinks or your own"
            f" Sinks, not {type(sink).__name__}"
        )
    return OneSink(sink)


@contextmanager
def _system_errors() -> Iterator[None]:
    """The system's errors while the source is opened and read, as ours."""
    try:
        yield
    except MemoryError as error:
        raise OutOfMemory("there is not enough memory for this picture now") from error
    except OSError as error:
        if error.errno in _DISK_FULL:  # of temporary files: a sink's are its own
            raise SinkFailed.by(0, error) from error
        raise SourceFailed(0, describe(error)) from error


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Put the source's name before what those say who do not know it."""
    try:
        yield
    except (CorruptImage, UnsupportedFormat, GoalNotReached, OutOfMemory) as error:
        if str(error).startswith(name):
            raise
        raise type(error)(f"{name}: {error}") from error
