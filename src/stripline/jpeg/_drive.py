"""The synchronous driver: reads rows, keeps a pool busy, gives the file's bytes in order."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, wait
from contextlib import closing
from typing import TYPE_CHECKING

from stripline.jpeg._engine import StripTask, run_strip
from stripline.jpeg._work import (
    Progress,
    advance,
    source_errors,
    strip_errors,
    submit_strip,
    window_size,
)
from stripline.jpeg.core import Piece
from stripline.pools import default_pool

if TYPE_CHECKING:
    from collections.abc import Generator
    from concurrent.futures import Executor

    from stripline.jpeg.core import EncoderCore
    from stripline.streams import RowSource

Window = deque[tuple[int, Future[Piece]]]


def pump(
    core: EncoderCore, source: RowSource, pool: Executor | None, progress: Progress | None
) -> Generator[list[Piece]]:
    """Drive `core` to the end, giving its bytes as they become ready.

    At most the pool's width and four strips are out at once. However this ends, closing the
    generator included, no strip is left in the pool.

    Args:
        core: A fresh core.
        source: Gives the rows; its owner closes it.
        pool: Any executor, or None for the shared one. A file of a single strip needs none.
        progress: Told after each strip how many rows are done, of how many.

    Raises:
        StriplineError: See `stripline.jpeg.encode`.
    """
    window: Window = deque()
    room = 0
    try:
        with closing(strips(core, source)) as tasks:
            for task in tasks:
                if core.single:
                    yield advance(core, task.index, run_strip(task), progress)
                    continue
                if not room:
                    executor = default_pool() if pool is None else pool
                    room = window_size(executor)
                while window and (len(window) == room or window[0][1].done()):
                    yield _collect(core, window, progress)
                window.append((task.index, submit_strip(executor, task)))
        while window:
            yield _collect(core, window, progress)
        yield core.ready()
    finally:
        _settle(window)


def strips(core: EncoderCore, source: RowSource) -> Generator[StripTask]:
    """Read all rows, giving the strips that they make.

    Raises:
        StriplineError: See `stripline.jpeg.encode`.
    """
    with source_errors(core):
        batches = iter(source.batches(core.plan.strip_rows))
    while True:
        with source_errors(core):
            rows = next(batches, None)
        if rows is None:
            break
        yield from core.feed(rows)
    yield from core.finish()


def _collect(core: EncoderCore, window: Window, progress: Progress | None) -> list[Piece]:
    """Wait for the oldest strip; what it makes ready."""
    index, future = window[0]
    with strip_errors(index):
        data = future.result()
    window.popleft()
    return advance(core, index, data, progress)


def _settle(window: Window) -> None:
    """Leave nothing in the pool: cancel what has not begun, wait for what has."""
    wait([future for _, future in window if not future.cancel()])
