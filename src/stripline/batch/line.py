"""Tasks that wait for their turn, and which of them is next."""

from __future__ import annotations

import heapq
import time
from collections import deque
from dataclasses import dataclass
from itertools import count, islice
from typing import TYPE_CHECKING, Final

from stripline.batch.journal import running

if TYPE_CHECKING:
    from stripline.batch.admit import Admission
    from stripline.batch.journal import Journal
    from stripline.batch.journal.running import Queued

# Tasks that are read from the journal at once, and that are looked through for one that fits.
_PAGE: Final = 256
_LOOK_AHEAD: Final = 32
# So often others may go before a task that does not fit; then it is waited for.
_PATIENCE: Final = 64


@dataclass(frozen=True, slots=True)
class Flight:
    """An attempt at a task.

    Attributes:
        task: Which.
        attempt: 1 for the first.
        alone: Whether nothing may run beside it.
    """

    task: Queued
    attempt: int
    alone: bool = False

    @property
    def memory_bytes(self) -> int:
        """What it is admitted for."""
        return self.task.memory_bytes


class Line:
    """The tasks of a job that are queued, in order, with those that are to be tried again.

    A few hundred are held at a time, whatever their number.

    Args:
        journal: Where they are.
        job: Whose.
        admission: Says what fits.
    """

    def __init__(self, journal: Journal, job: int, admission: Admission) -> None:
        self._journal = journal
        self._job = job
        self._admission = admission
        self._stock: deque[Queued] = deque()
        self._last: Queued | None = None
        self._is_drained = False
        self._passed = 0
        self._later: list[tuple[float, int, Flight]] = []
        self._alone: deque[Flight] = deque()
        self._numbers = count()

    def try_later(self, flight: Flight, seconds: float) -> None:
        """Have a task tried again after a while."""
        heapq.heappush(self._later, (time.monotonic() + seconds, next(self._numbers), flight))

    def try_alone(self, flight: Flight) -> None:
        """Have a task tried again with nothing beside it."""
        self._alone.append(flight)

    def is_empty(self) -> bool:
        """Whether nothing is left to begin, now or later."""
        self._fill()
        return not (self._alone or self._later or self._stock)

    def next(self) -> Flight | None:
        """The next attempt that may begin now, which is thereby admitted; None if there is none."""
        if self._alone:
            return self._entered(self._alone.popleft()) if self._admission.count == 0 else None
        if self._later and self._later[0][0] <= time.monotonic():
            if not self._admission.admits(self._later[0][2].memory_bytes):
                return None  # it waited long enough: nobody goes before it any more
            return self._entered(heapq.heappop(self._later)[2])
        self._fill()
        ahead = _LOOK_AHEAD if self._passed < _PATIENCE else 1
        for index, task in enumerate(islice(self._stock, ahead)):
            if self._admission.admits(task.memory_bytes):
                del self._stock[index]
                self._passed = self._passed + 1 if index else 0
                return self._entered(Flight(task, task.attempts + 1))
        return None

    def _entered(self, flight: Flight) -> Flight:
        self._admission.enter(flight.memory_bytes)
        return flight

    def _fill(self) -> None:
        if self._is_drained or len(self._stock) >= _LOOK_AHEAD:
            return
        with self._journal.reading() as connection:
            page = running.page(connection, self._job, self._last, _PAGE)
        self._stock.extend(page)
        self._is_drained = len(page) < _PAGE
        if page:
            self._last = page[-1]
