"""A batch's events as numbers for Prometheus: on a port, or in a file for node_exporter."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from stripline.batch.events import (
    JobEnded,
    JobStarted,
    Progress,
    TaskEnded,
    TaskRetried,
    TaskStarted,
)
from stripline.errors import InvalidOption, MissingDependency, describe

if TYPE_CHECKING:
    from pathlib import Path
    from wsgiref.simple_server import WSGIServer

    from prometheus_client import CollectorRegistry

    from stripline.batch.events import Event

# From a thumbnail's millisecond to a search for quality among a hundred megapixels.
_BUCKETS: Final = (0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)
_FILE_SECONDS: Final = 5.0


class MetricsListener:
    """Counts what happens.

    ===================================== =========================================================
    `stripline_tasks_total{state}`        tasks that are `done`, `failed` or `skipped`
    `stripline_failures_total{cause}`     failed tasks, by class of their error
    `stripline_retries_total{cause}`      attempts that failed and were tried again
    `stripline_task_seconds{stage}`       histogram: `wait` in the pool before and after the work;
                                          `variant`, each from its first step to its last byte;
                                          `rest` of the work: reading, decoding, checking
    `stripline_read_bytes_total`          sizes of the sources of tasks that are done
    `stripline_written_bytes_total`       sizes of what was made of them
    `stripline_queue_length`              tasks that have not ended
    `stripline_running`                   tasks in the pool
    `stripline_admitted_bytes`            memory that those were admitted for
    `process_resident_memory_bytes` ...   of this process, as all exporters have it (Linux)
    ===================================== =========================================================

    Args:
        file: Written again every 5 s, and at the end of a job, for node_exporter's textfile
            collector; None for no file.

    Attributes:
        registry: Of prometheus-client; nothing of the process's shared one is in it.

    Raises:
        MissingDependency: prometheus-client is not installed.
        OSError: The file cannot be written.
    """

    def __init__(self, file: Path | None = None) -> None:
        try:
            import prometheus_client as prometheus  # noqa: PLC0415 - optional
        except ImportError as error:
            raise MissingDependency("metrics", "prometheus-client", "batch") from error
        self.registry: CollectorRegistry = prometheus.CollectorRegistry()
        prometheus.ProcessCollector(registry=self.registry)
        registry, counter, gauge = self.registry, prometheus.Counter, prometheus.Gauge
        tasks = counter("stripline_tasks", "Tasks that ended.", ["state"], registry=registry)
        self._tasks = {state: tasks.labels(state) for state in ("done", "failed", "skipped")}
        self._failures = counter(
            "stripline_failures", "Tasks that failed.", ["cause"], registry=registry
        )
        self._retries = counter(
            "stripline_retries", "Attempts tried again.", ["cause"], registry=registry
        )
        self._seconds = prometheus.Histogram(
            "stripline_task_seconds",
            "What tasks took.",
            ["stage"],
            buckets=_BUCKETS,
            registry=registry,
        )
        self._read = counter("stripline_read_bytes", "Sizes of sources.", registry=registry)
        self._written = counter("stripline_written_bytes", "Sizes of outputs.", registry=registry)
        self._queue = gauge(
            "stripline_queue_length", "Tasks that have not ended.", registry=registry
        )
        self._running = gauge("stripline_running", "Tasks in the pool.", registry=registry)
        self._admitted = gauge("stripline_admitted_bytes", "Memory admitted.", registry=registry)
        self._began: dict[int, float] = {}
        self._server: WSGIServer | None = None
        self._file = file
        self._filed = 0.0
        self._write_file()

    def serve(self, port: int, address: str = "127.0.0.1") -> int:
        """Answer scrapers at `/metrics` until `close`.

        Args:
            port: 0 for any that is free.
            address: On which of this machine's; `0.0.0.0` for all.

        Returns:
            The port.

        Raises:
            InvalidOption: It is taken, or not allowed.
        """
        from prometheus_client import start_http_server  # noqa: PLC0415 - it is there by now

        try:
            self._server, _ = start_http_server(port, address, self.registry)
        except (OSError, OverflowError) as error:
            raise InvalidOption(
                f"metrics cannot be served at {address}:{port}: {describe(error)}"
            ) from error
        return int(self._server.server_port)

    def close(self) -> None:
        """Write the file a last time, and answer no more."""
        self._write_file()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __call__(self, event: Event) -> None:
        """Count it."""
        match event:
            case JobStarted():
                self._queue.set(event.pending)
            case TaskStarted():
                self._began[event.task] = time.monotonic()
            case TaskRetried():
                self._began.pop(event.task, None)
                self._retries.labels(_cause(event.error)).inc()
            case TaskEnded():
                self._ended(event)
            case Progress():
                self._queue.set(event.pending)
                self._running.set(event.running)
                self._admitted.set(event.memory_bytes)
                if time.monotonic() - self._filed >= _FILE_SECONDS:
                    self._write_file()
            case JobEnded():
                self._write_file()

    def _ended(self, event: TaskEnded) -> None:
        began = self._began.pop(event.task, None)
        if event.state in self._tasks:
            self._tasks[event.state].inc()
        if event.state == "failed":
            self._failures.labels(_cause(event.error)).inc()
        outcome = event.outcome
        if outcome is None:
            return
        self._read.inc(outcome.bytes_in)
        self._written.inc(outcome.bytes_out)
        variants = [file.seconds for file in outcome.written]
        for seconds in variants:
            self._seconds.labels("variant").observe(seconds)
        self._seconds.labels("rest").observe(max(0.0, outcome.seconds - sum(variants)))
        if began is not None:
            waited = time.monotonic() - began - outcome.seconds
            self._seconds.labels("wait").observe(max(0.0, waited))

    def _write_file(self) -> None:
        if self._file is None:
            return
        from prometheus_client import write_to_textfile  # noqa: PLC0415 - it is there by now

        write_to_textfile(str(self._file), self.registry)  # beside it, then renamed
        self._filed = time.monotonic()


def _cause(error: str) -> str:
    """The class of an error that is given as class and message."""
    return error.partition(":")[0]
