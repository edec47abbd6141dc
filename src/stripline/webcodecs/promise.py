"""What `flush()` and `is_config_supported()` return: to be awaited, or waited for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["Promise"]

T = TypeVar("T")


class Promise(Coroutine[Any, Any, T], Generic[T]):
    """A result that comes later.

    `await promise` on any asyncio loop, as often as one likes, or `promise.result()` on a thread
    that delivers nothing. For `asyncio.create_task(promise)` it is a coroutine. A rejection that
    nobody looks at is silent. Cancelling a task that awaits a promise leaves the promise as it is.

    Args:
        delivers_here: Says whether the calling thread is the one that would settle the promise, so
            that waiting for it there would last for ever.
    """

    __slots__ = ("_delivers_here", "_future", "_steps")

    __name__ = "Promise"  # what asyncio calls a task that drives it

    def __init__(self, delivers_here: Callable[[], bool] | None = None) -> None:
        self._future: Future[T] = Future()
        self._delivers_here = delivers_here
        self._steps: dict[asyncio.Task[Any] | None, Generator[Any, Any, T]] = {}

    @classmethod
    def rejected(cls, error: BaseException) -> Promise[T]:
        """A promise that has failed already."""
        promise: Promise[T] = cls()
        promise.reject(error)
        return promise

    def resolve(self, value: T) -> None:
        """Settle with a value; ignored when settled already."""
        if not self._future.done():
            self._future.set_result(value)

    def reject(self, error: BaseException) -> None:
        """Settle with an error; ignored when settled already."""
        if not self._future.done():
            self._future.set_exception(error)

    def give_up(self, error: BaseException) -> None:
        """Settle with an error in a forked process, where the old locks may be held for ever."""
        self._future = Future()
        self._future.set_exception(error)

    def done(self) -> bool:
        """Whether it is settled."""
        return self._future.done()

    def result(self, timeout: float | None = None) -> T:
        """Wait for the value on this thread.

        Args:
            timeout: Seconds to wait at most; None is for ever.

        Raises:
            TimeoutError: It is not settled in time.
            RuntimeError: The calling thread is the one that would settle it: await it instead.
            Exception: What it was rejected with.
        """
        self._refuse_to_deadlock()
        return self._future.result(timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Wait for the rejection; None when it is resolved. Raises as `result` does."""
        self._refuse_to_deadlock()
        return self._future.exception(timeout)

    def _refuse_to_deadlock(self) -> None:
        if not self._future.done() and self._delivers_here is not None and self._delivers_here():
            message = "this thread settles the promise and cannot wait for it: await it instead"
            raise RuntimeError(message)

    def add_done_callback(self, callback: Callable[[Promise[T]], object]) -> None:
        """Have a function called with this promise once it is settled, on whichever thread."""
        self._future.add_done_callback(lambda _: callback(self))

    def __await__(self) -> Generator[Any, None, T]:
        if not self._future.done():
            waiter = _Waiter()
            self._future.add_done_callback(waiter.wake)
            yield from waiter.future.__await__()
        return self._future.result()

    # What a task does with a coroutine. Several tasks may do it at once.

    def send(self, value: Any) -> Any:  # noqa: ANN401 - as of any coroutine
        """Go on in the task that runs."""
        return self._step(lambda steps: steps.send(value))

    def throw(self, *error: Any) -> Any:  # noqa: ANN401 - as of any coroutine
        """Raise in the task that runs; the promise stays as it is."""
        return self._step(lambda steps: steps.throw(*error))

    def close(self) -> None:
        """Do nothing: a promise is settled by the codec alone."""

    def _step(self, step: Callable[[Generator[Any, Any, T]], Any]) -> Any:  # noqa: ANN401 - as above
        task = asyncio.current_task()
        steps = self._steps.get(task) or self.__await__()
        self._steps[task] = steps
        try:
            return step(steps)
        except BaseException:  # StopIteration brings the value
            del self._steps[task]
            raise


class _Waiter:
    """Wakes a task of one loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self.future: asyncio.Future[None] = self._loop.create_future()

    def wake(self, _: object) -> None:
        try:
            if threading.get_ident() == self._thread:
                self._settle()
            else:
                self._loop.call_soon_threadsafe(self._settle)
        except RuntimeError:  # the loop is closed, and the task with it
            return

    def _settle(self) -> None:
        if not self.future.done():
            self.future.set_result(None)
