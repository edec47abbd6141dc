"""The driver for files in memory: whoever ends a strip also puts its bytes in their place.

::

    calling thread:  rows -> strips -> pool             (waits while enough strips are out)
    each worker:     strip -> bytes -> a place in the file, once all before it have theirs

The calling thread copies nothing, so the workers have the cores to themselves. Where all rows are
in memory before, and the workers are threads, the engine hands out the strips itself, and the
interpreter takes no part until they are done.
"""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from itertools import chain
from queue import SimpleQueue
from threading import Lock
from typing import TYPE_CHECKING, Final

from stripline.jpeg._drive import strips
from stripline.jpeg._engine import Assembly, StripTask, whole_picture
from stripline.jpeg._work import strip_errors, submit, submit_strip, window_size
from stripline.pools import SerialExecutor, default_pool, pool_width

if TYPE_CHECKING:
    from collections.abc import Iterable
    from concurrent.futures import Executor

    from stripline.jpeg._work import Progress
    from stripline.jpeg.core import EncoderCore, Piece
    from stripline.streams import RowSource

# After so many strips, some 50 ms, a worker looks at what else its pool has to do, and the calling
# thread whether it was interrupted.
_TURN: Final = 64


def assemble(
    core: EncoderCore, source: RowSource, pool: Executor | None, progress: Progress | None
) -> bytes:
    """Drive `core` to the end; the whole file.

    At most the pool's width and four strips are out at once, unless all rows are in memory anyway.
    However this ends, no strip is left in the pool.

    Args:
        core: A fresh core.
        source: Gives the rows; its owner closes it.
        pool: Any executor, or None for the shared one. A file of a single strip needs none.
        progress: Told in this thread, after strips, how many rows are done, of how many.

    Raises:
        StriplineError: See `stripline.jpeg.encode`.
    """
    with closing(strips(core, source)) as tasks:
        first = next(tasks)
        if core.single:
            pool = SerialExecutor()
        elif pool is None:
            pool = default_pool()
        every = chain([first], tasks)
        if (
            core.whole
            and progress is None
            and isinstance(pool, ThreadPoolExecutor | SerialExecutor)
        ):
            return _at_once(core, every, pool)
        return _as_they_come(core, every, pool, progress)


def _at_once(core: EncoderCore, tasks: Iterable[StripTask], pool: Executor) -> bytes:
    """Have threads encode strips that are all there."""
    (header,) = core.ready()
    picture = whole_picture(bytes(header), tasks)
    running: set[Future[bool]] = set()
    try:
        wanted = pool_width(pool)
        while not picture.complete:
            for _ in range(wanted):
                running.add(submit(pool, picture.run, _TURN))
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            with strip_errors(picture.placed):
                wanted = sum(future.result() for future in ended)
        return picture.finish()
    finally:
        picture.stop()
        wait([future for future in running if not future.cancel()])


def _as_they_come(
    core: EncoderCore, tasks: Iterable[StripTask], pool: Executor, progress: Progress | None
) -> bytes:
    """Hand strip after strip to any executor."""
    file = _File(core)
    out = _Out(file, progress)
    room = window_size(pool)
    try:
        for task in tasks:
            out.wait_below(room)
            out.add(task.index, submit_strip(pool, task))
        out.wait_below(1)
        return file.finish()
    finally:
        out.settle()


class _File:
    """The bytes so far. Strips come from any thread, in any order."""

    def __init__(self, core: EncoderCore) -> None:
        self.core = core
        self._ordering = Lock()
        self._assembly = Assembly()

    def put(self, index: int, data: Piece) -> None:
        """Take a strip's bytes; copy what became ready to where it belongs."""
        with self._ordering:
            self.core.accept(index, data)
            offset, pieces = self._place()
        self._copy(offset, pieces)

    def finish(self) -> bytes:
        """The file, once every strip has been put."""
        with self._ordering:
            offset, pieces = self._place()
        self._copy(offset, pieces)
        if self.core.patch is not None:
            self._assembly.fill(*self.core.patch)
        return self._assembly.finish()

    def _place(self) -> tuple[int, list[Piece]]:
        pieces = self.core.ready()
        size = sum(map(len, pieces))
        height, done = self.core.plan.height, self.core.rows_done
        so_far = len(self._assembly) + size
        expected = so_far * 3 // 2 if height is None else so_far * height // (done or height)
        return self._assembly.reserve(size, expected), pieces

    def _copy(self, offset: int, pieces: list[Piece]) -> None:
        for piece in pieces:
            self._assembly.fill(offset, piece)
            offset += len(piece)


class _Out:
    """The strips that are out, as the calling thread counts them."""

    def __init__(self, file: _File, progress: Progress | None) -> None:
        self._file = file
        self._progress = progress
        self._strips_done = 0
        self._count = 0
        self._futures: dict[int, Future[Piece]] = {}
        self._ended: SimpleQueue[BaseException | None] = SimpleQueue()

    def add(self, index: int, future: Future[Piece]) -> None:
        """Count a strip, whose bytes are put in the file by whichever thread ends it."""

        def ended(future: Future[Piece]) -> None:
            failure = None
            try:
                with strip_errors(index):
                    data = future.result()
                self._file.put(index, data)
            except BaseException as error:  # noqa: BLE001 - it is raised where the file is awaited
                failure = error
            self._futures.pop(index, None)
            self._ended.put(failure)

        self._count += 1
        self._futures[index] = future
        future.add_done_callback(ended)

    def wait_below(self, room: int) -> None:
        """Wait until fewer strips than that are out; raise what went wrong with one."""
        while self._count and (self._count >= room or not self._ended.empty()):
            failure = self._ended.get()
            self._count -= 1
            if failure is not None:
                raise failure
            self.tell()

    def tell(self) -> None:
        """One strip more has ended: tell how many rows are done."""
        core = self._file.core
        self._strips_done += 1
        if self._progress is not None:
            done = min(self._strips_done * core.plan.strip_rows, core.rows_in)
            self._progress(done, core.plan.height)

    def settle(self) -> None:
        """Leave nothing in the pool: cancel what has not begun, wait for what has."""
        for future in list(self._futures.values()):
            future.cancel()
        while self._count:
            self._ended.get()
            self._count -= 1
