"""Where callbacks run: on the asyncio loop that made the codec, or on the codec's own thread.

A codec made while a loop runs delivers there: in order, and with one wake-up of the loop for all
that has come together since the last. A wake-up takes tens of microseconds, so the codec's thread
holds what it has to tell until it has nothing to do or begins what may last. Where inputs are short
and more of them wait, it tells of two at once. Without a running loop, callbacks run on the codec's
thread while it works ("synchronous mode"): `flush().result()` waits for them.

An exception in a callback never stops a codec. It goes to the loop's exception handler, or to
`threading.excepthook`. `SystemExit` and `KeyboardInterrupt` leave the loop, as from any other of
its callbacks; the codec's thread goes on.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from stripline.webcodecs.control_queue import ControlQueue

__all__ = ["Delivery", "LoopDelivery", "ThreadDelivery", "running_loop"]

# How long `reset()` and `close()`, called on another thread, wait for a callback that has begun.
# They need not wait for correctness of the codec; the bound makes a deadlock impossible when the
# callback in turn waits for the caller.
CALLBACK_WAIT_SECONDS: Final = 1.0

# While more inputs wait, a loop is not woken again so soon; 60 pictures a second come every 17 ms.
HOLD_SECONDS: Final = 0.004
# But it is for so many tasks: that two inputs were taken, and their outputs. More at once would
# save little, and each picture that is held costs the decoder another buffer, cold in the cache.
HOLD_TASKS: Final = 4

_inside = threading.local()  # .depth: how many callbacks of any codec this thread is inside of


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The loop that runs on this thread, if one does."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class Delivery(ABC):
    """Runs one codec's tasks on one thread, in order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)
        self._settling = 0  # how many threads wait for a callback to end
        self._runner: int | None = None  # the thread inside a callback

    @abstractmethod
    def post(
        self,
        task: Callable[[], object],
        *,
        breathe: bool = False,
        turn_end: bool = False,
        hold: bool = False,
    ) -> None:
        """Have a task run after all that were posted before, from any thread.

        Args:
            task: What to do; it does not raise.
            breathe: Let the loop run what the task woke before the next task runs.
            turn_end: Posted by a task: run when the loop's turn ends or is about to breathe, before
                tasks that are posted already.
            hold: The caller will call `wake`.
        """

    @abstractmethod
    def wake(self, waiting: int = 0) -> None:
        """Have what was held run soon.

        Args:
            waiting: How many inputs wait. If any do, `HOLD_SECONDS` and `HOLD_TASKS` bound how much
                is held on: the caller will call again.
        """

    @abstractmethod
    def is_here(self) -> bool:
        """Whether tasks run on the calling thread."""

    @abstractmethod
    def report(self, error: BaseException) -> None:
        """Tell of an exception that a callback raised."""

    def call(
        self, wanted: Callable[[], bool], callback: Callable[..., object], *args: object
    ) -> bool:
        """Run a user's callback if it is still wanted; called on the delivering thread only.

        Returns:
            Whether it was wanted.
        """
        with self._lock:
            if not wanted():
                return False
            outer, self._runner = self._runner, threading.get_ident()
        _inside.depth = getattr(_inside, "depth", 0) + 1
        try:
            callback(*args)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the codec goes on
            self.report(error)
        finally:
            _inside.depth -= 1
            with self._lock:
                self._runner = outer
                if self._settling:
                    self._idle.notify_all()
        return True

    def settle(self) -> None:
        """Wait for a callback that runs on another thread, so that none is running afterwards.

        Returns at once inside of any codec's callback, and after `CALLBACK_WAIT_SECONDS` at most.
        """
        if getattr(_inside, "depth", 0):
            return
        with self._lock:
            self._settling += 1
            self._idle.wait_for(lambda: self._runner is None, CALLBACK_WAIT_SECONDS)
            self._settling -= 1


class LoopDelivery(Delivery):
    """Delivers on an asyncio loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._loop = loop
        self._thread = threading.get_ident()
        self._tasks: deque[tuple[Callable[[], object], bool]] = deque()
        self._last: deque[Callable[[], object]] = deque()
        self._awake = False
        self._woken_at = -HOLD_SECONDS
        self._paused = False
        self._running = False

    def post(
        self,
        task: Callable[[], object],
        *,
        breathe: bool = False,
        turn_end: bool = False,
        hold: bool = False,
    ) -> None:
        """Queue a task for the loop; dropped when the loop is closed."""
        if turn_end and self._running and self.is_here():
            self._last.append(task)
            return
        self._tasks.append((task, breathe))
        if not hold:
            self.wake()

    def wake(self, waiting: int = 0) -> None:
        """Wake the loop, unless it is already being woken."""
        if self._awake or not self._tasks:
            return
        now = time.monotonic()
        if waiting and len(self._tasks) < HOLD_TASKS and now < self._woken_at + HOLD_SECONDS:
            return
        self._awake, self._woken_at = True, now
        try:
            # Only another thread must interrupt the loop's sleep.
            (self._loop.call_soon if self.is_here() else self._loop.call_soon_threadsafe)(self._run)
        except RuntimeError:  # the loop is closed: there is nobody to tell
            self._tasks.clear()
            self._awake = False

    def _run(self) -> None:
        # A task posted after this line wakes the loop again; one posted before is counted here.
        self._awake = False
        if self._paused:
            return
        self._running = True
        try:
            for _ in range(len(self._tasks)):
                task, breathe = self._tasks.popleft()
                if breathe:
                    self._end_turn()
                task()
                if breathe:
                    # Behind what the task woke, which is in the loop's queue by now.
                    self._paused = True
                    self._loop.call_soon(self._resume)
                    return
            self._end_turn()
        finally:
            self._running = False
            if self._tasks and not self._paused:
                self.wake()

    def _end_turn(self) -> None:
        for _ in range(len(self._last)):
            self._last.popleft()()
        # What these posted in turn waits for the next turn, so that the loop is not held for ever.
        self._tasks.extend((task, False) for task in self._last)
        self._last.clear()

    def _resume(self) -> None:
        self._paused = False
        self._run()

    def is_here(self) -> bool:
        """Whether this is the loop's thread."""
        return threading.get_ident() == self._thread

    def report(self, error: BaseException) -> None:
        """Call the loop's exception handler, or leave the loop."""
        if isinstance(error, SystemExit | KeyboardInterrupt):
            raise error
        self._loop.call_exception_handler(
            {"message": "exception in a codec's callback", "exception": error}
        )


class ThreadDelivery(Delivery):
    """Delivers on the codec's own thread."""

    def __init__(self, queue: ControlQueue) -> None:
        super().__init__()
        self._queue = queue

    def post(
        self,
        task: Callable[[], object],
        *,
        breathe: bool = False,  # noqa: ARG002 - there is no loop
        turn_end: bool = False,  # noqa: ARG002 - there are no turns
        hold: bool = False,  # noqa: ARG002 - nobody sleeps
    ) -> None:
        """Run the task now on the codec's thread, or queue it from any other."""
        if self.is_here():
            task()
        else:
            self._queue.put(task, keep=True)

    def wake(self, waiting: int = 0) -> None:
        """Do nothing: tasks have run, or are messages that the thread waits for."""

    def is_here(self) -> bool:
        """Whether this is the codec's thread."""
        return self._queue.is_worker()

    def report(self, error: BaseException) -> None:
        """Call `threading.excepthook`."""
        thread = threading.current_thread()
        args = threading.ExceptHookArgs((type(error), error, error.__traceback__, thread))
        try:
            threading.excepthook(args)
        except Exception:  # noqa: BLE001 - a broken hook must not stop the codec
            sys.excepthook(*sys.exc_info())
