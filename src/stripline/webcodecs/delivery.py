"""Where callbacks run: on the asyncio loop that made the codec, or on the codec's own thread.

A codec made while a loop runs delivers there: in order, with the context variables of the code that
made it, and with one wake-up of the loop for all that has come together since the last. A wake-up
takes tens of microseconds, so while more inputs wait and the last one was just now, the codec's
thread tells of two at once: an output may come as late as the next input's. Without a running loop,
callbacks run on the codec's thread while it works ("synchronous mode"): `flush().result()` waits
for them.

An exception in a callback never stops a codec. It goes to the loop's exception handler, or to
`threading.excepthook`. `SystemExit` and `KeyboardInterrupt` leave the loop, as from any other of
its callbacks; the codec's thread goes on.
"""

from __future__ import annotations

import asyncio
import contextvars
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from typing import TYPE_CHECKING, Any, Final

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

_inside = threading.local()  # .turn: whether this thread is running some codec's tasks


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The loop that runs on this thread, if one does."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class Delivery(ABC):
    """Runs one codec's tasks on one thread, in order. A task is a function and its arguments."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a signal's handler may call from within a call
        self._idle = threading.Condition(self._lock)
        self._settling = 0  # how many threads wait for tasks to end
        self._running = False  # set before a task finds out whether it is still wanted
        self._late: deque[Callable[[], object]] = deque()

    @abstractmethod
    def hold(self, task: Callable[..., object], *arguments: object) -> None:
        """Have a task run after all that came before, from any thread, after the next `wake`.

        Args:
            task: What to call; it does not raise.
            arguments: What to call it with.
        """

    @abstractmethod
    def wake(self, waiting: int = 0) -> None:
        """Have what was held run soon.

        Args:
            waiting: How many inputs wait. If any do, `HOLD_SECONDS` and `HOLD_TASKS` bound how much
                is held on: the caller will call again.
        """

    def post(self, task: Callable[..., object], *arguments: object) -> None:
        """Hold a task and wake."""
        self.hold(task, *arguments)
        self.wake()

    def hold_alone(self, task: Callable[..., object], *arguments: object) -> None:
        """Hold a task whose consequences come before the next: the loop runs what it woke."""
        self.hold(task, *arguments)

    def post_late(self, task: Callable[[], object]) -> None:
        """Post a task; by a task, to run when the turn ends, before tasks that are there already.

        A turn is what one wake-up runs, up to a task that was held alone; without a loop, one task.
        """
        if self._running and self.is_here():
            self._late.append(task)
        else:
            self.post(task)

    @abstractmethod
    def is_here(self) -> bool:
        """Whether tasks run on the calling thread."""

    @abstractmethod
    def is_on(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Whether tasks run on this loop."""

    @abstractmethod
    def is_gone(self) -> bool:
        """Whether tasks will never run any more."""

    @abstractmethod
    def report(self, error: BaseException) -> None:
        """Tell of an exception that a callback raised."""

    def call(self, callback: Callable[..., object], *arguments: object) -> None:
        """Call a user's function, by a task; what it raises is reported."""
        try:
            callback(*arguments)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the codec goes on
            self.report(error)

    def settle(self) -> None:
        """Wait for a task that runs on another thread, so that none is running afterwards.

        Returns at once inside of any codec's callback, and after `CALLBACK_WAIT_SECONDS` at most.
        """
        if getattr(_inside, "turn", False):
            return
        with self._lock:
            self._settling += 1
            self._idle.wait_for(lambda: not self._running, CALLBACK_WAIT_SECONDS)
            self._settling -= 1

    def _tell_settling(self) -> None:
        with self._lock:
            self._idle.notify_all()


class LoopDelivery(Delivery):
    """Delivers on an asyncio loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._loop = loop
        self._thread = threading.get_ident()
        self._context = contextvars.copy_context()
        self._tasks: deque[tuple[Callable[..., object], tuple[Any, ...], bool]] = deque()
        self._awake = False
        self._woken_at = -HOLD_SECONDS
        self._paused = False

    def hold(self, task: Callable[..., object], *arguments: object) -> None:
        """Queue a task for the loop; dropped when the loop is closed."""
        self._tasks.append((task, arguments, False))

    def hold_alone(self, task: Callable[..., object], *arguments: object) -> None:
        """Queue a task, after which the loop goes on to what it woke."""
        self._tasks.append((task, arguments, True))

    def wake(self, waiting: int = 0) -> None:
        """Wake the loop, unless it is already being woken."""
        if self._loop.is_closed():  # there is nobody to tell
            self._tasks.clear()
        if self._awake or not self._tasks:
            return
        now = time.monotonic()
        if waiting and len(self._tasks) < HOLD_TASKS and now < self._woken_at + HOLD_SECONDS:
            return
        self._awake, self._woken_at = True, now
        try:
            # Only another thread must interrupt the loop's sleep.
            soon = self._loop.call_soon if self.is_here() else self._loop.call_soon_threadsafe
            # A copy, as a callback may run the loop and so begin another turn.
            soon(self._run, context=self._context.copy())
        except RuntimeError:  # the loop was closed meanwhile
            self._tasks.clear()
            self._awake = False

    def _run(self) -> None:
        # A task posted after this line wakes the loop again; one posted before is counted here.
        self._awake = False
        if not self._paused:
            self._run_turn()

    def _run_turn(self) -> None:
        # A callback may run the loop, and so begin another turn.
        outer, inside = self._running, getattr(_inside, "turn", False)
        self._running = _inside.turn = True
        try:
            for _ in range(len(self._tasks)):
                if self._tasks and self._tasks[0][2]:  # it stays there if this leaves the loop
                    self._run_late()
                if self._paused or not self._tasks:  # by that other turn
                    break
                task, arguments, alone = self._tasks.popleft()
                task(*arguments)
                if alone:
                    # Behind what the task woke, which is in the loop's queue by now.
                    self._paused = True
                    self._loop.call_soon(self._resume)
                    return
            self._run_late()
        finally:
            self._running, _inside.turn = outer, inside
            if self._settling:
                self._tell_settling()
            if self._tasks and not self._paused:
                self.wake()

    def _run_late(self) -> None:
        for _ in range(len(self._late)):
            self._late.popleft()()
        # What these posted in turn waits for the next turn, so that the loop is not held for ever.
        self._tasks.extend((task, (), False) for task in self._late)
        self._late.clear()

    def _resume(self) -> None:
        self._paused = False
        self._run()

    def is_here(self) -> bool:
        """Whether this is the loop's thread."""
        return threading.get_ident() == self._thread

    def is_on(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Whether this is the loop."""
        return loop is self._loop

    def is_gone(self) -> bool:
        """Whether the loop is closed."""
        return self._loop.is_closed()

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

    def hold(self, task: Callable[..., object], *arguments: object) -> None:
        """Run the task now on the codec's thread, or queue it from any other."""
        if not self.is_here():
            self._queue.put(self.hold, task, *arguments, keep=True)
            return
        outer = self._running  # a callback may call the codec, which posts
        self._running = _inside.turn = True  # for good: this thread does nothing else
        try:
            task(*arguments)
            while self._late and not outer:
                self._late.popleft()()
        finally:
            self._running = outer
            if self._settling:
                self._tell_settling()

    def wake(self, waiting: int = 0) -> None:
        """Do nothing: tasks have run, or are messages that the thread waits for."""

    def is_here(self) -> bool:
        """Whether this is the codec's thread."""
        return self._queue.is_worker()

    def is_on(self, loop: asyncio.AbstractEventLoop) -> bool:  # noqa: ARG002 - as of the other
        """No: there is no loop."""
        return False

    def is_gone(self) -> bool:
        """No: the thread goes with the codec."""
        return False

    def report(self, error: BaseException) -> None:
        """Call `threading.excepthook`."""
        thread = threading.current_thread()
        args = threading.ExceptHookArgs((type(error), error, error.__traceback__, thread))
        try:
            threading.excepthook(args)
        except Exception:  # noqa: BLE001 - a broken hook must not stop the codec
            sys.excepthook(*sys.exc_info())
