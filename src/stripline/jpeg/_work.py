"""Handing strips to an executor: what both drivers share."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from typing import TYPE_CHECKING, TypeVar

from stripline.errors import (
    SourceFailed,
    StriplineError,
    TargetNotSeekable,
    UsageError,
    WorkerLost,
    describe,
)
from stripline.jpeg._engine import StripTask, run_strip
from stripline.pools import pool_width

if TYPE_CHECKING:
    from types import TracebackType

    from stripline.jpeg.core import EncoderCore, Piece

A = TypeVar("A")
T = TypeVar("T")

Progress = Callable[[int, int | None], None]
"""Told how many rows are done, of how many (None while that is unknown)."""

# Strips beyond one per worker, which wait so that no worker does, or are being delivered. With two,
# two cores are 1 to 3 % slower; more win nothing, and each is memory.
_SPARE_STRIPS = 4


def need_height(height: int | None) -> None:
    """Make sure that the height is known, where the bytes cannot be changed once they are out.

    Raises:
        TargetNotSeekable: It is not.
    """
    if height is None:
        raise TargetNotSeekable(
            "the height is unknown, and it stands in the first bytes, which cannot be changed here"
            " later: give height=, or encode to a path, a seekable file or memory"
        )


def window_size(pool: Executor) -> int:
    """How many strips may be out at once: the bound on memory."""
    return pool_width(pool) + _SPARE_STRIPS


def submit(pool: Executor, work: Callable[[A], T], argument: A) -> Future[T]:
    """Hand work to the pool.

    Raises:
        UsageError: The pool takes no more work, because it was shut down.
        WorkerLost: The pool is broken.
    """
    try:
        return pool.submit(work, argument)
    except BrokenExecutor as error:
        raise WorkerLost(f"the pool is broken: {describe(error)}") from error
    except RuntimeError as error:
        raise UsageError(f"the pool takes no work: {error}") from error


def submit_strip(pool: Executor, task: StripTask) -> Future[Piece]:
    """Hand a strip to the pool; raises what `submit` does."""
    return submit(pool, run_strip, task)


def advance(core: EncoderCore, index: int, data: Piece, progress: Progress | None) -> list[Piece]:
    """Give a strip's bytes to the core, tell `progress`, and return what became ready."""
    core.accept(index, data)
    pieces = core.ready()
    if progress is not None:
        progress(core.rows_done, core.plan.height)
    return pieces


class strip_errors:  # noqa: N801 - used like a function: with strip_errors(index)
    """Translates what a pool does to a strip.

    Args:
        index: The strip's number.

    Raises:
        WorkerLost: Its worker died, or somebody else cancelled it.
    """

    __slots__ = ("_index",)

    def __init__(self, index: int) -> None:
        self._index = index

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(error, BrokenExecutor | CancelledError):
            raise WorkerLost(
                f"strip {self._index} was lost with its worker: {describe(error)}"
            ) from error


class source_errors:  # noqa: N801 - used like a function: with source_errors(core)
    """Translates what a source raises; stripline's own errors are left alone.

    Args:
        core: Knows how many rows have come.

    Raises:
        SourceFailed: The source raised something else, which is kept as the cause.
    """

    __slots__ = ("_core",)

    def __init__(self, core: EncoderCore) -> None:
        self._core = core

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(error, Exception) and not isinstance(error, StriplineError):
            raise SourceFailed(self._core.rows_in, describe(error)) from error
