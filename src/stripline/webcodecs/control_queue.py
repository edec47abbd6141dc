"""The control message queue of a codec and the thread that works it off (section 2.2).

The queue is unbounded, so calls return at once. The thread starts with the first message, is a
daemon, and ends when the queue ends, when its owner is garbage, or with the process.
"""

from __future__ import annotations

import atexit
import queue
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ControlQueue"]

# At exit, how long the codecs' threads may take to come out of the libraries they are in.
EXIT_SECONDS: Final = 5.0


# What to call, with which arguments, and whether `clear` leaves it in.
_Message: TypeAlias = "tuple[Callable[..., object], tuple[Any, ...], bool]"


class _Worker:
    """What the thread and the queue share; the thread keeps nothing else alive."""

    def __init__(self) -> None:
        # SimpleQueue.put may be called from a finalizer, whatever the interrupted code holds.
        self.messages: queue.SimpleQueue[_Message | None] = queue.SimpleQueue()
        self.thread: threading.Thread | None = None
        self.ident: int | None = None
        self.ended = False

    def end(self) -> None:
        self.ended = True
        self.messages.put(None)

    def run(self) -> None:
        self.ident = threading.get_ident()
        take = self.messages.get
        while (message := take()) is not None:
            message[0](*message[1])
            # While waiting, the thread must not keep the codec alive by its last message.
            del message
        self.ident = None  # the next thread may get it


_workers: weakref.WeakSet[_Worker] = weakref.WeakSet()


class ControlQueue:
    """Runs messages one after another on a thread of its own.

    Args:
        name: The thread's name.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._worker = _Worker()
        # A signal's handler, or a finalizer, may call from within a call.
        self._lock = threading.RLock()
        weakref.finalize(self, self._worker.end).atexit = False

    def put(self, run: Callable[..., object], *arguments: object, keep: bool = False) -> bool:
        """Append a message.

        Args:
            run: What to call; it does not raise.
            arguments: What to call it with.
            keep: Whether `clear` leaves it in.

        Returns:
            Whether it will be run, which it will not after `end`.

        Raises:
            RuntimeError: No thread could be started.
        """
        with self._lock:
            if self._worker.ended:
                return False
            if self._worker.thread is None:
                self._start()
            self._worker.messages.put((run, arguments, keep))
            return True

    def _start(self) -> None:
        thread = threading.Thread(target=self._worker.run, name=self._name, daemon=True)
        self._worker.thread = thread
        try:
            thread.start()
        except RuntimeError:
            self._worker.thread = None
            raise
        _workers.add(self._worker)

    def clear(self) -> None:
        """Drop all messages that have not begun, but for those to keep."""
        with self._lock:
            for message in _take_all(self._worker.messages):
                if message[2]:
                    self._worker.messages.put(message)

    def end(self) -> None:
        """Let the thread end after what is queued; nothing can be put any more."""
        with self._lock:
            if not self._worker.ended:
                self._worker.end()

    def __len__(self) -> int:
        """How many messages wait."""
        return self._worker.messages.qsize()

    def is_worker(self) -> bool:
        """Whether the calling thread is this queue's."""
        return threading.get_ident() == self._worker.ident

    @property
    def thread(self) -> threading.Thread | None:
        """The thread, once it has started."""
        return self._worker.thread


def _take_all(messages: queue.SimpleQueue[_Message | None]) -> list[_Message]:
    taken = []
    try:
        while (message := messages.get_nowait()) is not None:
            taken.append(message)
    except queue.Empty:
        return taken
    messages.put(None)  # it is the end, and stays so
    return taken


@atexit.register
def _end_all() -> None:
    """Leave no thread inside a codec library while the interpreter goes away."""
    workers = [worker for worker in _workers if worker.thread is not None]
    for worker in workers:
        _take_all(worker.messages)
        worker.end()
    until = time.monotonic() + EXIT_SECONDS
    for worker in workers:
        if worker.thread is not None:
            worker.thread.join(max(until - time.monotonic(), 0))
