"""Processes of which one that dies costs the call it had, and nothing else."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import pickle
import signal
import sys
import threading
from concurrent.futures import Executor, Future
from multiprocessing.connection import wait as wait_for
from multiprocessing.reduction import ForkingPickler
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

from stripline.errors import InvalidOption, LimitExceeded, WorkerLost
from stripline.pools._heap import limit_heaps
from stripline.pools._limits import usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

P = ParamSpec("P")
T = TypeVar("T")

_PR_SET_PDEATHSIG: Final = 1  # prctl(2)


class IsolatedPool(Executor):
    """Runs each call in one of some processes, and starts another when one dies.

    The standard library's process pool is broken for good when a worker dies, and takes all calls
    with it. Here each worker has a pipe of its own, kept by a thread that waits for it: the one
    call gets a `WorkerLost`. Workers are fresh interpreters (`spawn`), so a program's main module
    must be importable, and guarded by `if __name__ == "__main__"`. They do not hear Ctrl-C, and do
    not outlive this process (on Linux; elsewhere not longer than their call).

    Args:
        workers: How many; None for one per usable core.
        seconds: That a call may take before its worker is killed and it gets a `LimitExceeded`;
            None for any time.
        memory_bytes: By which a call may enlarge its worker's data. What asks for more gets
            nothing: a `LimitExceeded`, or a `WorkerLost` if that kills it. None for any number;
            Linux alone enforces it.

    Raises:
        InvalidOption: A number that is not above 0.
    """

    worker_bytes: Final = 110 << 20
    """Of memory that a worker takes by itself: 57 MB once it has loaded all that pictures need, and
    what its heap keeps between them."""

    def __init__(
        self,
        workers: int | None = None,
        *,
        seconds: float | None = None,
        memory_bytes: int | None = None,
    ) -> None:
        limits = {"workers": workers, "seconds": seconds, "memory_bytes": memory_bytes}
        for name, value in limits.items():
            if value is not None and value <= 0:
                raise InvalidOption(f"{name} is {value}; it must be above 0, or None")
        self._max_workers = workers or usable_cores()
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._keepers: list[_Keeper] = []
        self._lock = threading.Lock()
        self._is_shut = False

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have a worker call `fn`.

        The future may get, beside what `fn` raises, a `WorkerLost` or a `LimitExceeded`.

        Raises:
            RuntimeError: The pool has been shut down.
        """
        with self._lock:
            if self._is_shut:
                raise RuntimeError("cannot schedule new futures after shutdown")
            if len(self._keepers) < self._max_workers:
                keeper = _Keeper(self._calls, self._seconds, self._memory_bytes)
                self._keepers.append(keeper)
                keeper.start()
            future: Future[T] = Future()
            self._calls.put(_Call(future, (fn, args, kwargs)))
            return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - the interface is Executor's
        """Take no more calls; end the workers when they have done those they have.

        Args:
            wait: Whether to return only then.
            cancel_futures: Whether to cancel calls that no worker has begun.
        """
        with self._lock:
            if cancel_futures:
                self._cancel_waiting()
            if not self._is_shut:
                self._is_shut = True
                for _ in self._keepers:
                    self._calls.put(None)
        if wait:
            for keeper in self._keepers:
                keeper.join()

    def kill_workers(self) -> None:
        """Shut down at once: what runs gets a `WorkerLost`, what waits is cancelled."""
        self.shutdown(wait=False, cancel_futures=True)
        for keeper in self._keepers:
            keeper.kill()
        self.shutdown()

    def _cancel_waiting(self) -> None:
        ends = 0
        try:
            while True:
                call = self._calls.get_nowait()
                if call is None:
                    ends += 1
                else:
                    call.future.cancel()
                    call.future.set_running_or_notify_cancel()
        except Empty:
            for _ in range(ends):
                self._calls.put(None)


class _Call:
    """What is to be called, and who waits for it."""

    __slots__ = ("future", "what")

    def __init__(self, future: Future[Any], what: tuple[object, ...]) -> None:
        self.future = future
        self.what = what


class _Keeper(threading.Thread):
    """Takes calls from the queue and has a process of its own do them, one at a time."""

    def __init__(
        self,
        calls: SimpleQueue[_Call | None],
        seconds: float | None,
        memory_bytes: int | None,
    ) -> None:
        super().__init__(name="stripline-keeper", daemon=True)
        self._calls = calls
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None

    def run(self) -> None:
        """Work until told to stop."""
        while (call := self._calls.get()) is not None:
            if not call.future.set_running_or_notify_cancel():
                continue
            try:
                result = self._do(call.what)
            except BaseException as error:  # noqa: BLE001 - handed over through the future
                call.future.set_exception(error)
            else:
                call.future.set_result(result)
            del call  # so that what it holds is not held until the next one comes
        self._let_go()

    def kill(self) -> None:
        """End the process, whatever it does; from any thread."""
        process = self._process
        if process is not None:
            process.kill()

    def _do(self, what: tuple[object, ...]) -> object:
        data = ForkingPickler.dumps(what)
        process, pipe = self._worker()
        try:
            pipe.send_bytes(data)
            if not wait_for([pipe], self._seconds):
                allowed = self._seconds or 0.0
                self.kill()
                self._let_go()
                raise LimitExceeded("seconds", allowed, allowed)
            answer = pipe.recv_bytes()
        except (EOFError, OSError):
            process.join()
            code = process.exitcode or 0
            self._let_go()
            how = f"by signal {-code}" if code < 0 else f"with status {code}"
            raise WorkerLost(f"the process that did it ended {how}") from None
        done, value = pickle.loads(answer)  # noqa: S301 - of our own process
        if done:
            return value
        if isinstance(value, MemoryError) and self._memory_bytes is not None:
            allowed = self._memory_bytes
            raise LimitExceeded("bytes of memory", allowed, allowed) from value
        raise value

    def _worker(self) -> tuple[SpawnProcess, Connection]:
        if self._process is None or self._pipe is None:
            context = multiprocessing.get_context("spawn")
            self._pipe, theirs = context.Pipe()
            arguments = (theirs, self._memory_bytes, os.getpid())
            self._process = context.Process(target=_serve, args=arguments, daemon=True)
            self._process.start()
            theirs.close()  # so that the end of the process is the end of the pipe
        return self._process, self._pipe

    def _let_go(self) -> None:
        """Let go of the process, which ends when its pipe does."""
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        if self._process is not None:
            self._process.join()
            self._process.close()
            self._process = None


def _serve(pipe: Connection, memory_bytes: int | None, parent: int) -> None:
    """A worker's life: calls come, answers go, until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with(parent)
    limit_heaps(1)  # it makes one call at a time
    while True:
        try:
            function, args, kwargs = pickle.loads(pipe.recv_bytes())  # noqa: S301 - of our own
            answer = (True, _limited(memory_bytes, function, args, kwargs))
        except EOFError:
            return
        except Exception as error:  # noqa: BLE001 - it goes to whoever waits for the call
            answer = (False, error)
        try:
            data = ForkingPickler.dumps(answer)
        except Exception as error:  # noqa: BLE001 - the same
            data = ForkingPickler.dumps((False, error))
        try:
            pipe.send_bytes(data)
        except BrokenPipeError:
            return


def _die_with(parent: int) -> None:
    """Have the system kill this process when the thread that keeps it is gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit(1)


def _limited(
    memory_bytes: int | None,
    function: Callable[..., T],
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> T:
    """Call, with a limit to how much more memory may be asked for than is held already."""
    if memory_bytes is None or sys.platform != "linux":
        return function(*args, **kwargs)
    import resource  # noqa: PLC0415 - not on every system

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    # Private writable memory, which the limit counts: proc(5), statm.
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - every call
        held = int(file.read().split()[5]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_DATA, (held + memory_bytes, hard))
    try:
        return function(*args, **kwargs)
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
