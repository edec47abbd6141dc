"""The pool that everything shares unless told otherwise."""

from __future__ import annotations

import os
import threading
from concurrent.futures import Executor, ThreadPoolExecutor

from stripline.pools._limits import usable_cores
from stripline.pools._serial import SerialExecutor


class _Shared:
    """The process's default pool: made on first use, and again in a forked child."""

    lock: threading.Lock
    pool: ThreadPoolExecutor | None
    member: threading.local

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Start anew; the lock too, which another thread may have held at the time of a fork."""
        self.lock = threading.Lock()
        self.pool = None
        self.member = threading.local()

    def enroll(self) -> None:
        """Mark the calling thread as one of the pool's."""
        self.member.enrolled = True

    def get(self) -> Executor:
        if getattr(self.member, "enrolled", False):
            return SerialExecutor()
        with self.lock:
            if self.pool is None:
                self.pool = ThreadPoolExecutor(
                    usable_cores(), thread_name_prefix="stripline", initializer=self.enroll
                )
            return self.pool


_shared = _Shared()


def _forget_after_fork() -> None:
    # A forked child has the pool object without its threads: work given to it would wait for ever.
    _shared.reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)


def default_pool() -> Executor:
    """Return the process's shared pool: one thread per usable core, made on first use.

    Threads are enough, because the engine runs without the interpreter lock. Called from one of
    the pool's own threads, it returns a `SerialExecutor` instead: a thread that waited for its own
    pool could wait for ever. Do not shut it down.
    """
    return _shared.get()


def pool_width(pool: Executor) -> int:
    """How many calls `pool` runs at once.

    The standard library's executors and most others say so in `_max_workers`; one that does not is
    taken to be as wide as this machine.
    """
    if isinstance(pool, SerialExecutor):
        return 1
    workers = getattr(pool, "_max_workers", None)
    return workers if isinstance(workers, int) and workers > 0 else usable_cores()
