"""An executor that uses no thread but the caller's."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


class SerialExecutor(Executor):
    """Runs each call at once, in the thread that submits it.

    For one-thread encoding, for tests, and where threads do not exist. Errors are kept in the
    future as other executors do; `KeyboardInterrupt` and its like leave `submit` directly, because
    they belong to the calling thread.

    The asynchronous encoder gives a `SerialExecutor` one thread of its own while it works, so the
    event loop is not blocked.
    """

    def __init__(self) -> None:
        self._closed = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call `fn` now and return its finished future.

        Raises:
            RuntimeError: The executor has been shut down.
        """
        if self._closed:
            raise RuntimeError("cannot schedule new futures after shutdown")
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - handed over through the future, as executors do
            future.set_exception(error)
        return future

    def shutdown(
        self,
        wait: bool = True,  # noqa: ARG002, FBT001, FBT002 - the interface is Executor's
        *,
        cancel_futures: bool = False,  # noqa: ARG002 - nothing is ever waiting
    ) -> None:
        """Take no more calls; there is never one to wait for."""
        self._closed = True
