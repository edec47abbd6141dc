"""Work on many pictures: one task a picture, a few at a time, results in the inputs' order."""

from __future__ import annotations

import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from stripline.cli._errors import say
from stripline.cli._outcome import Outcome
from stripline.cli._pictures import Failed, Found, Picture
from stripline.cli._progress import ProgressBar
from stripline.errors import StriplineError
from stripline.pools import default_pool, pool_width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Executor

    Work = Callable[[Picture, Executor | None], Outcome]

# Tasks that are given to the pool at once, as a multiple of what it runs at once: one that ends
# finds the next one waiting, and few have to be taken back when somebody stops the command.
_IN_FLIGHT: Final = 2
# A signal that comes just before the main thread goes to sleep is heard when it wakes; on Windows
# any signal is.
_HEARING_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of the files.

    Attributes:
        outcomes: In the order of the inputs; only those that were reached.
        interrupted: Whether Ctrl-C stopped the command before all were.
    """

    outcomes: tuple[Outcome, ...]
    interrupted: bool = False


def run(
    files: Sequence[Picture | Failed | Found], work: Work, *, threads: int | None, label: str
) -> Ran:
    """Do `work` on each picture, on a pool.

    Ctrl-C lets running tasks finish and starts no others. A picture that fails stops nothing.

    Args:
        files: What was found.
        work: Makes of a picture what is wanted of it. A single picture gets a pool for its strips.
        threads: Pictures at a time; None for one per usable core.
        label: For the progress bar.
    """
    done: list[Outcome | None] = [None] * len(files)
    pictures = []
    for index, file in enumerate(files):
        if isinstance(file, Picture):
            pictures.append((index, file))
        else:
            done[index] = Outcome.without(file)
    interrupted = False
    with ExitStack() as stack, ProgressBar(label, "pictures") as progress:
        pool: Executor = default_pool()
        if threads is not None:
            pool = stack.enter_context(ThreadPoolExecutor(threads, "stripline"))
        strips = None
        if len(pictures) == 1:
            # All cores are the one picture's. It gets a thread of its own, as the main thread must
            # be free to hear Ctrl-C.
            strips, pool = pool, stack.enter_context(ThreadPoolExecutor(1, "stripline-picture"))
        finished = 0
        try:
            for index, outcome in _each(pictures, work, pool, strips):
                done[index] = outcome
                finished += 1
                progress.update(finished, len(pictures))
        except _Interrupted as interruption:
            interrupted = True
            for index, outcome in interruption.last:
                done[index] = outcome
    return Ran(tuple(outcome for outcome in done if outcome is not None), interrupted)


class _Interrupted(Exception):
    """Ctrl-C came; `last` is what ran at that time, by its number."""

    def __init__(self, last: list[tuple[int, Outcome]]) -> None:
        super().__init__()
        self.last = last


def _each(
    pictures: Iterable[tuple[int, Picture]], work: Work, pool: Executor, strips: Executor | None
) -> Iterator[tuple[int, Outcome]]:
    """What becomes of each picture, with its number, as they are finished.

    Raises:
        _Interrupted: Ctrl-C, once the running ones are finished.
    """
    running: dict[Future[Outcome], int] = {}
    waiting, most = iter(pictures), _IN_FLIGHT * pool_width(pool)
    try:
        while True:
            for index, picture in islice(waiting, most - len(running)):
                running[pool.submit(_tried, work, picture, strips)] = index
            if not running:
                return
            for future in wait(running, _HEARING_SECONDS, FIRST_COMPLETED).done:
                yield running.pop(future), future.result()
    except KeyboardInterrupt:
        say("interrupted: finishing the pictures that are being worked on")
        for future in running:
            future.cancel()
        last = [
            (running[future], future.result())
            for future in wait(running).done
            if not future.cancelled()
        ]
        raise _Interrupted(last) from None


def _tried(work: Work, picture: Picture, strips: Executor | None) -> Outcome:
    began = time.perf_counter()
    try:
        return work(picture, strips)
    except (StriplineError, OSError) as error:
        return Outcome.failed(picture, error, time.perf_counter() - began)
