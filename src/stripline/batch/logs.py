"""A batch's events as a log: JSON for machines or lines for people, with one id for each task."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any, Final, Literal, TextIO

from stripline.batch.events import (
    JobEnded,
    JobStarted,
    Progress,
    TaskEnded,
    TaskRetried,
    TaskStarted,
)
from stripline.errors import MissingDependency

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from stripline.batch.events import Event

LogFormat = Literal["json", "console"]
Level = Literal["debug", "info", "warning", "error"]
_LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


class LogListener:
    """Writes an entry for each event.

    Every entry of a task has `task`, `JOB-NUMBER`: it is the same in all runs of a job, so one
    search finds a picture's whole history. Levels: debug for what begins and where a job stands,
    info for what is done or skipped, warning for what is tried again or was made otherwise than
    asked for, error for what failed.

    Args:
        form: `json`, one object a line, or `console`.
        level: The least that is written.
        file: Where to; None for standard error.

    Raises:
        MissingDependency: structlog is not installed.
    """

    def __init__(
        self, form: LogFormat = "console", level: Level = "info", file: TextIO | None = None
    ) -> None:
        self._log = _logger(form, level, file or sys.stderr)
        self._job = 0

    def __call__(self, event: Event) -> None:
        """Write it down."""
        match event:
            case JobStarted():
                self._job = event.job
                self._log.info("job started", **_fields(event))
            case TaskStarted():
                self._log.debug("task started", **self._of_task(event, "task", "source"))
            case TaskRetried():
                self._log.warning("task retried", **self._of_task(event, "task", "source"))
            case TaskEnded():
                self._ended(event)
            case Progress():
                self._log.debug("progress", job=self._job, **_fields(event))
            case JobEnded():
                level = logging.INFO if event.state == "done" else logging.WARNING
                self._log.log(level, "job ended", **_fields(event))

    def _ended(self, event: TaskEnded) -> None:
        about = self._name(event.task, event.source)
        outcome = event.outcome
        if event.state == "failed":
            self._log.error("task failed", **about, error=event.error)
        elif outcome is None:
            self._log.info("task skipped", **about, reason=event.error)
        else:
            unusual = outcome.warnings or outcome.fallback
            self._log.log(
                logging.WARNING if unusual else logging.INFO,
                "task done",
                **about,
                files=[file.url for file in outcome.written],
                bytes_in=outcome.bytes_in,
                bytes_out=outcome.bytes_out,
                seconds=round(outcome.seconds, 4),
                worker=outcome.worker,
                **_present(
                    warnings=list(outcome.warnings),
                    fallback=outcome.fallback,
                    cached=outcome.cached,
                ),
            )

    def _of_task(self, event: TaskStarted | TaskRetried, *named: str) -> dict[str, Any]:
        rest = {name: value for name, value in _fields(event).items() if name not in named}
        return {**self._name(event.task, event.source), **rest}

    def _name(self, task: int, source: str) -> dict[str, Any]:
        return {"task": f"{self._job}-{task}", "source": source}


def _fields(event: Event) -> dict[str, Any]:
    values = {name: getattr(event, name) for name in event.__slots__}
    return {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in values.items()
    }


def _present(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever entries hold
    return {name: value for name, value in fields.items() if value}


def _logger(form: LogFormat, level: Level, file: TextIO) -> FilteringBoundLogger:
    """A logger of our own: a program that uses structlog keeps its configuration."""
    try:
        import structlog  # noqa: PLC0415 - optional
    except ImportError as error:
        raise MissingDependency("a log", "structlog", "batch") from error
    last: Any
    if form == "json":
        last = structlog.processors.JSONRenderer(ensure_ascii=True)
    else:
        last = structlog.dev.ConsoleRenderer(
            colors=file.isatty(),
            pad_level=False,
            repr_native_str=True,  # names of files can hold anything, escape sequences too
        )
    logger: FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(file),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="timestamp"),
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
    )
    return logger
