"""Other machines, or other processes of this one, as a pool: Dask behind `Executor`.

Tasks are made for it: they may be done any number of times, write to files or object stores that
all workers see, and give back small values.
"""

from __future__ import annotations

import logging
import re
import signal
import threading
from concurrent.futures import BrokenExecutor, Executor, Future, InvalidStateError
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, ParamSpec, Self, TypeVar

import stripline
from stripline.errors import ClusterFailed, InvalidOption, MissingDependency, WorkerLost, describe
from stripline.pools import memory_limit, usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

P = ParamSpec("P")
T = TypeVar("T")

LOCAL: Final = "local"
_ADDRESS: Final = re.compile(r"(?:tcp|tls|ws|wss)://[^/\s]+:\d+/?")
PATIENCE_SECONDS: Final = 30.0
# How often Dask gives a task whose worker died to another one before it gives up on it.
_RETRIES: Final = 3
# Where all of a worker's memory is admitted, Dask pauses and kills it: it needs some itself.
_SHARE: Final = 0.6
_REPLACED_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 1.0
_GIVEN_UP: Final = frozenset({"failed", "closed"})


class ClusterExecutor(Executor):
    """Runs calls on the workers of a Dask cluster.

    A call that was taken cannot be cancelled, as nobody here knows whether it runs already.

    Args:
        client: Dask's, connected, with workers; see `open_cluster`. It is closed with this.

    Attributes:
        memory_bytes: What tasks on all workers together may need: 60 % of the workers' limits.
        name: Where the scheduler is.
        repeats_lost_calls: That calls whose workers die are given to others, without a word.
    """

    repeats_lost_calls: Final = True

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - its methods have no types
        workers = client.scheduler_info(n_workers=-1)["workers"].values()
        self._max_workers = sum(worker["nthreads"] for worker in workers)
        self.memory_bytes = int(_SHARE * sum(worker["memory_limit"] or 0 for worker in workers))
        self.name = str(client.scheduler.address)
        self._client = client
        self._pool = client.get_executor(pure=False, retries=_RETRIES)
        self._held: set[Future[Any]] = set()
        self._over = threading.Event()
        threading.Thread(target=self._look_after, name="stripline-cluster", daemon=True).start()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have a worker call `fn`, which they must be able to import.

        The future may get a `WorkerLost`, beside what `fn` raises.

        Raises:
            BrokenExecutor: The scheduler is gone.
            RuntimeError: The executor has been shut down.
        """
        if self._client.status != "running":
            raise BrokenExecutor(self._gone())
        inner = self._pool.submit(fn, *args, **kwargs)
        outer: Future[T] = Future()
        outer.set_running_or_notify_cancel()
        self._held.add(outer)
        outer.add_done_callback(self._held.discard)
        inner.add_done_callback(lambda future: _hand_over(future, outer))
        return outer

    def _gone(self) -> str:
        return f"the scheduler at {self.name} is gone"

    def _look_after(self) -> None:
        """Fail what is held when the scheduler goes: Dask leaves such futures as they are.

        A client that finds it again finds another one, which knows nothing of its calls. In a local
        cluster, see that there are workers.
        """
        while not self._over.wait(_LOOK_SECONDS):
            if self._client.status != "running":
                for future in list(self._held):
                    with suppress(InvalidStateError):  # it came after all
                        future.set_exception(WorkerLost(self._gone()))
            elif self._client.cluster is not None:
                self._client.cluster.loop.add_callback(self._replace_workers)

    def _replace_workers(self) -> None:
        """Start others for workers that Dask gave up, as those that were not back in 15 s."""
        cluster = self._client.cluster
        for name, nanny in list(cluster.workers.items()):
            if nanny.status.name in _GIVEN_UP:
                del cluster.workers[name]
        if len(cluster.workers) < self._max_workers and not self._over.is_set():
            cluster.scale(self._max_workers)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - the interface is Executor's
        """Take no more calls, and let go of the cluster; a local one ends.

        Args:
            wait: Whether to return only when all calls are done.
            cancel_futures: Whether not to wait for them, and not to begin those that wait.
        """
        self._over.set()
        if self._client.status != "running":
            self._client.close(timeout=_LOOK_SECONDS)
            return
        self._pool.shutdown(wait=wait and not cancel_futures)
        if self._client.cluster is not None:
            # A worker that died and is being replaced complains at length if it is ended before.
            with suppress(TimeoutError):
                self._client.wait_for_workers(self._max_workers, timeout=_REPLACED_SECONDS)
        _close(self._client)

    def __enter__(self) -> Self:
        return self


def open_cluster(
    where: str,
    *,
    workers: int | None = None,
    memory_bytes: int | None = None,
    patience_seconds: float = PATIENCE_SECONDS,
) -> ClusterExecutor:
    """Connect to a cluster, and see that its workers can do what they will be asked to.

    Args:
        where: `local` for processes of this machine, started here and ended with the executor; or
            the address of a scheduler, as `tcp://10.0.0.1:8786`.
        workers: Of a local cluster: how many processes; None for one per usable core.
        memory_bytes: Of a local cluster: what all its processes may hold; None for all there is.
        patience_seconds: How long to wait for the scheduler and the first worker.

    Raises:
        InvalidOption: No such address.
        ClusterFailed: Nobody answers there, no worker is there, or one has another stripline or
            none.
        MissingDependency: Dask's package `distributed` is not installed.
    """
    try:
        import distributed  # noqa: PLC0415 - optional, and takes a second
    except ImportError as error:
        raise MissingDependency("a cluster", "distributed", "cluster") from error
    if where != LOCAL and not _ADDRESS.fullmatch(where):
        raise InvalidOption(
            f"cluster {where!r} is neither `local` nor a scheduler's address, as tcp://10.0.0.1:8786"
        )
    try:
        if where == LOCAL:
            client = _local_client(distributed, workers, memory_bytes)
        else:
            dask: Any = distributed  # its functions have no types
            client = dask.Client(where, timeout=patience_seconds, set_as_default=False)
    except (OSError, ValueError, ImportError, RuntimeError) as error:
        raise ClusterFailed(
            f"no scheduler answers at {where} ({describe(error)}): start one with"
            " `dask scheduler`, or give --cluster local"
        ) from error
    try:
        _check(client, where, patience_seconds)
        return ClusterExecutor(client)
    except BaseException:
        _close(client)
        raise


def _local_client(dask: Any, workers: int | None, memory_bytes: int | None) -> Any:  # noqa: ANN401 - no types
    count = workers or usable_cores()
    limit: Any = "auto"  # Dask's share of the machine
    whole = memory_bytes or memory_limit()
    if whole is not None:
        limit = whole // count
    cluster = dask.LocalCluster(
        n_workers=count,
        threads_per_worker=1,
        processes=True,
        memory_limit=limit,
        dashboard_address="127.0.0.1:0",  # its usual port may be taken
        preload=[__name__],
        silence_logs=logging.CRITICAL,  # what fails is reported by whoever asked for it
    )
    return dask.Client(cluster, set_as_default=False)


def _check(client: Any, where: str, patience_seconds: float) -> None:  # noqa: ANN401 - no types
    """Refuse a cluster without workers, or with some that would fail, or make other files.

    Raises:
        ClusterFailed: It is one.
    """
    try:
        client.wait_for_workers(1, timeout=patience_seconds)
    except TimeoutError as error:
        raise ClusterFailed(
            f"the scheduler at {where} has had no worker for {patience_seconds:.0f} s: start some"
            f" with `dask worker {where}`"
        ) from error
    _judge("the scheduler", _asked_of_scheduler(client))  # it reads tasks before it passes them on
    answers: Mapping[str, object] = client.run(prepare_worker, on_error="return")
    for worker, answer in answers.items():
        _judge(f"the worker {worker}", answer)


def _asked_of_scheduler(client: Any) -> object:  # noqa: ANN401 - no types
    try:
        return client.run_on_scheduler(prepare_worker)
    except Exception as error:  # noqa: BLE001 - whatever it raised there
        return error


def _judge(who: str, answer: object) -> None:
    if answer == stripline.__version__:
        return
    if not isinstance(answer, BaseException):
        raise ClusterFailed(
            f"{who} has stripline {answer}, this is {stripline.__version__}: install the same"
            " everywhere, as others may make other files"
        )
    # Dask gives what it could not read as an `Exception` with the error's text.
    if isinstance(answer, ImportError) or "ModuleNotFoundError" in str(answer):
        raise ClusterFailed(
            f"{who} cannot import stripline ({describe(answer)}): install"
            f" stripline[batch,cluster]=={stripline.__version__} there"
        ) from answer
    raise ClusterFailed(f"{who} fails: {describe(answer)}") from answer


def _close(client: Any) -> None:  # noqa: ANN401 - no types
    client.close()
    if client.cluster is not None:
        client.cluster.close()


def dask_setup(_worker: object) -> None:
    """Called by Dask in each worker of a local cluster: Ctrl-C is the parent's to hear."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def prepare_worker() -> str:
    """Run on each worker: load what tasks need; which stripline it has."""
    from stripline.batch.work import do_work  # noqa: PLC0415 - what is to be tried

    del do_work
    return stripline.__version__


def _hand_over(inner: Future[T], outer: Future[T]) -> None:
    from distributed.scheduler import KilledWorker  # noqa: PLC0415 - it is there by now

    with suppress(InvalidStateError):  # the scheduler was given up before
        if inner.cancelled():
            outer.set_exception(WorkerLost("the cluster lost it, with its scheduler"))
            return
        error = inner.exception()
        if error is None:
            outer.set_result(inner.result())
        elif isinstance(error, KilledWorker):
            outer.set_exception(WorkerLost(describe(error)))
        elif _is_of_bridge(error):
            lost = WorkerLost("its worker died while the result was fetched")
            lost.__cause__ = error
            outer.set_exception(lost)
        else:
            outer.set_exception(error)


def _is_of_bridge(error: BaseException) -> bool:
    """Whether an error is not the call's, but of Dask's way to hand over its result.

    If a worker dies just after its result was fetched, Dask takes the result for an error and
    fails to read it as one (`distributed.cfexecutor._cascade_future`, 2026.8).
    """
    trace = error.__traceback__
    return (
        isinstance(error, TypeError)
        and trace is not None
        and trace.tb_next is None
        and trace.tb_frame.f_code.co_name == "_cascade_future"
    )
