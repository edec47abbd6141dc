"""Run a job that is planned: its pool, its listeners, Ctrl-C, what is said at the end."""

from __future__ import annotations

import logging
import os
import signal
import sys
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn, Protocol

import typer

from stripline.batch.admit import default_budget
from stripline.batch.config import DEFAULT
from stripline.batch.logs import LogListener
from stripline.batch.metrics import MetricsListener
from stripline.batch.report import summarize, write_report
from stripline.batch.run import Run
from stripline.cli._batch_progress import progress_of
from stripline.cli._batch_report import print_report
from stripline.cli._batch_settings import work_of
from stripline.cli._errors import FAILED, INTERRUPTED
from stripline.pools import default_pool

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    from stripline.batch import Job, Journal
    from stripline.batch.config import Loaded
    from stripline.batch.events import Listener

# A worker that is over its time gets so much more to say so itself before it is killed.
_GRACE_SECONDS: Final = 10.0
_STOPPING: Final = (
    b"stripline: stopping: the pictures that are being worked on are finished first;"
    b" once more to stop at once\n"
)


@dataclass(frozen=True, slots=True)
class Ending:
    """What is said when the work is over.

    Attributes:
        reports: Files to write.
        as_json: Whether a program reads standard output.
    """

    reports: Sequence[Path] = ()
    as_json: bool = False


class Stoppable(Protocol):
    """A run, or a watch that makes runs."""

    def stop(self, *, now: bool = False) -> None:
        """Begin no more tasks; with `now`, do not wait for those that run either."""


class Stopper:
    """Hears Ctrl-C and SIGTERM: the first lets what runs be finished, the second does not.

    Args:
        target: What is to be stopped.

    Attributes:
        code: Of the command, if it was stopped: 130 or 143; else 0.
        now: Whether it was stopped at once.
    """

    def __init__(self, target: Stoppable) -> None:
        self.code = 0
        self.now = False
        self._target = target

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        """A signal came."""
        self.now = bool(self.code)
        self.code = INTERRUPTED if number == signal.SIGINT else 128 + number
        self._target.stop(now=self.now)
        if not self.now:
            os.write(2, _STOPPING)  # nothing buffered: the signal may have come amid a line


@contextmanager
def stoppable(target: Stoppable) -> Iterator[Stopper]:
    """Have signals stop what is done meanwhile."""
    stopper = Stopper(target)
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, stopper) for number in numbers}
    try:
        yield stopper
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass(frozen=True, slots=True)
class Runner:
    """Makes runs that share a pool and listeners.

    Attributes:
        settings: Say how.
        pool: Where tasks run.
        memory_bytes: What they may need together; None for the default.
        listeners: Are told all that happens.
    """

    settings: Loaded
    pool: Executor
    memory_bytes: int | None
    listeners: Sequence[Listener]

    def run_of(self, journal: Journal, job: Job) -> Run:
        """A run of a job, not begun yet.

        Raises:
            InvalidOption: The memory does not even hold the workers.
        """
        return Run(
            journal,
            job,
            pool=self.pool,
            do=work_of(self.settings),
            memory_bytes=self.memory_bytes,
            retries=self.settings.values.retries,
            listeners=self.listeners,
        )


@contextmanager
def runner_of(settings: Loaded, *, logs: bool = False) -> Iterator[Runner]:
    """A pool and listeners as settings ask for them.

    Args:
        settings: All of them.
        logs: Whether there is a log even if nothing asks for it.

    Raises:
        StriplineError: There is no such pool, or the port of the metrics is taken.
    """
    with ExitStack() as stack:
        pool, memory_bytes = _pool_of(settings, stack)
        listeners = stack.enter_context(_listeners_of(settings, logs=logs))
        yield Runner(settings, pool, memory_bytes, listeners)


def run_to_end(journal: Journal, job: Job, settings: Loaded, ending: Ending) -> None:
    """Do all that is to be done of a job, and say what came of it.

    Raises:
        StriplineError, OSError: The journal, the pool, a report.
        typer.Exit: With the exit code, unless it is 0.
    """
    with runner_of(settings) as runner:
        run = runner.run_of(journal, job)
        with stoppable(run) as stopper:
            run.run()
        if stopper.now:
            runner.pool.shutdown(wait=False, cancel_futures=True)
        report = summarize(journal, job.id)
        for path in ending.reports:
            write_report(journal, job.id, path)
        as_line = settings.values.progress == "json"
        print_report(report, as_json=ending.as_json, as_line=as_line)
        if stopper.now:
            leave(stopper.code)
    code = stopper.code or (0 if report.totals.state == "done" else FAILED)
    if code:
        raise typer.Exit(code)


def leave(code: int) -> NoReturn:
    """End the process although threads of it still work: nothing appears of what they make."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


@contextmanager
def _listeners_of(settings: Loaded, *, logs: bool) -> Iterator[list[Listener]]:
    """Progress, log and metrics."""
    values, origins = settings.values, settings.origins
    log_form = values.log_format
    if log_form == "auto":
        log_form = "console" if sys.stderr.isatty() else "json"
    logs = logs or any(origins[name] != DEFAULT for name in ("log_format", "log_level"))
    with ExitStack() as stack:
        # A bar and a log would garble each other.
        form = "none" if logs and values.progress == "auto" else values.progress
        listeners = list(stack.enter_context(progress_of(form)))
        if logs:
            listeners.append(LogListener(log_form, values.log_level))
        if values.metrics_port is not None or values.metrics_file is not None:
            file = None if values.metrics_file is None else Path(values.metrics_file)
            metrics = MetricsListener(file)
            stack.callback(metrics.close)
            if values.metrics_port is not None:
                metrics.serve(values.metrics_port)
            listeners.append(metrics)
        yield listeners


def _pool_of(settings: Loaded, stack: ExitStack) -> tuple[Executor, int | None]:
    """Where tasks run, and what they may need together."""
    values = settings.values
    memory_bytes = None if values.memory is None else int(values.memory)
    if values.cluster is not None:
        from stripline.batch.cluster import open_cluster  # noqa: PLC0415 - loads Dask

        # Dask's own words, with tracebacks, for what we say in a line.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
        cluster = stack.enter_context(
            open_cluster(values.cluster, workers=values.workers, memory_bytes=memory_bytes)
        )
        return cluster, memory_bytes or cluster.memory_bytes or None
    if values.pool == "processes":
        from stripline.pools.isolated import IsolatedPool  # noqa: PLC0415 - of processes alone

        most = max(memory_bytes or 0, default_budget())  # the largest picture runs alone
        seconds = values.seconds + _GRACE_SECONDS
        pool = IsolatedPool(values.workers, seconds=seconds, memory_bytes=most)
        return stack.enter_context(pool), memory_bytes
    if values.workers is None:
        return default_pool(), memory_bytes
    return stack.enter_context(ThreadPoolExecutor(values.workers, "stripline")), memory_bytes
