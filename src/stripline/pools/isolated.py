"""Processes of which one that dies costs the call it had, and nothing else."""

from __future__ import annotations

import multiprocessing
import sys
from concurrent.futures import Executor, Future
from concurrent.futures import TimeoutError as PoolTimeout
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from stripline.errors import InvalidOption, LimitExceeded, MissingDependency, WorkerLost
from stripline.pools._limits import usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


class IsolatedPool(Executor):
    """Runs each call in a process of its own pool, which starts another when one dies.

    The standard library's process pool is broken for good when a worker dies, and takes all calls
    with it. Here the one call gets a `WorkerLost`. Workers are fresh interpreters (`spawn`), so a
    program's main module must be importable, and guarded by `if __name__ == "__main__"`.

    Args:
        workers: How many; None for one per usable core.
        seconds: That a call may take before its worker is killed and it gets a `LimitExceeded`;
            None for any time.
        memory_bytes: By which a call may enlarge its worker's data. What asks for more gets
            nothing: a `LimitExceeded`, or a `WorkerLost` if that kills it. None for any number;
            Linux alone enforces it.

    Raises:
        InvalidOption: A number that is not above 0.
        MissingDependency: Pebble is not installed.
    """

    def __init__(
        self,
        workers: int | None = None,
        *,
        seconds: float | None = None,
        memory_bytes: int | None = None,
    ) -> None:
        for name, value in (
            ("workers", workers),
            ("seconds", seconds),
            ("memory_bytes", memory_bytes),
        ):
            if value is not None and value <= 0:
                raise InvalidOption(f"{name} is {value}; it must be above 0, or None")
        try:
            from pebble import ProcessPool  # noqa: PLC0415 - optional
        except ImportError as error:
            raise MissingDependency("a pool of isolated processes", "pebble", "batch") from error
        self._max_workers = workers or usable_cores()
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._pool: Any = ProcessPool(  # some of its methods have no types
            self._max_workers,
            context=multiprocessing.get_context("spawn"),
            initializer=_prepare,
        )

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have a worker call `fn`.

        The future may get, beside what `fn` raises, a `WorkerLost` or a `LimitExceeded`.

        Raises:
            RuntimeError: The pool has been shut down.
        """
        outer: Future[T] = Future()
        inner = self._pool.schedule(
            _limited, args=(self._memory_bytes, fn, args, kwargs), timeout=self._seconds
        )
        outer.add_done_callback(lambda future: inner.cancel() if future.cancelled() else None)
        inner.add_done_callback(lambda future: self._hand_over(future, outer))
        return outer

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - the interface is Executor's
        """Take no more calls; end the workers when they have done those they have.

        Args:
            wait: Whether to return only then.
            cancel_futures: Whether to end them at once: what runs now gets a `WorkerLost`.
        """
        if cancel_futures:
            self._pool.stop()
        else:
            self._pool.close()
        if wait:
            self._pool.join()

    def _hand_over(self, inner: Future[Any], outer: Future[T]) -> None:
        if not outer.set_running_or_notify_cancel():
            return
        if inner.cancelled():
            outer.set_exception(WorkerLost("the pool was shut down"))
            return
        error = inner.exception()
        if error is None:
            outer.set_result(inner.result())
        else:
            outer.set_exception(self._translated(error))

    def _translated(self, error: BaseException) -> BaseException:
        from pebble import ProcessExpired  # noqa: PLC0415 - it is there by now

        if isinstance(error, PoolTimeout):
            allowed = self._seconds or 0.0
            return LimitExceeded("seconds", allowed, allowed)
        if isinstance(error, MemoryError):
            allowed = self._memory_bytes or 0
            return LimitExceeded("bytes of memory", allowed, allowed)
        if isinstance(error, ProcessExpired):
            code = error.exitcode
            how = f"by signal {-code}" if code is not None and code < 0 else f"with status {code}"
            return WorkerLost(f"the process that did it ended {how}")
        return error


def _prepare() -> None:
    """Set a worker up: Ctrl-C is the parent's to hear, and memory goes back when it is free."""
    import signal  # noqa: PLC0415 - of workers alone

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _limited(
    memory_bytes: int | None,
    function: Callable[..., T],
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> T:
    """Call, with a limit to how much more memory may be asked for than is held already."""
    if memory_bytes is None or sys.platform != "linux":
        return function(*args, **kwargs)
    import resource  # noqa: PLC0415 - of workers alone

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (_data_bytes() + memory_bytes, hard))
    try:
        return function(*args, **kwargs)
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def _data_bytes() -> int:
    """Private writable memory of this process, which RLIMIT_DATA counts (proc(5), statm)."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - every call
        pages = int(file.read().split()[5])
    import resource  # noqa: PLC0415 - of workers alone

    return pages * resource.getpagesize()
