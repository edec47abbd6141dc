"""Where a batch stands while it runs: a bar for people, a JSON object a line for programs."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final, Literal, Self

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, TextColumn
from rich.progress import Progress as Bar
from rich.text import Text

from stripline.batch.events import JobStarted, Progress, TaskEnded
from stripline.cli import _text
from stripline.cli._progress import ProgressBar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeVar

    from rich.progress import Task

    from stripline.batch.events import Event, Listener

    T = TypeVar("T")

Form = Literal["auto", "bar", "json", "none"]
_NAMES: Final = {
    "JobStarted": "job_started",
    "TaskStarted": "task_started",
    "TaskRetried": "task_retried",
    "TaskEnded": "task_ended",
    "Progress": "progress",
    "JobEnded": "job_ended",
}


@contextmanager
def progress_of(form: Form) -> Iterator[list[Listener]]:
    """Listeners that show where a batch stands.

    Args:
        form: `auto` is a bar if standard error is a terminal, and nothing elsewhere.
    """
    if form == "json":
        yield [print_line]
    elif form == "bar" or (form == "auto" and sys.stderr.isatty()):
        with BatchBar(Console(stderr=True)) as bar:
            yield [bar]
    else:
        yield []


def counted(files: Iterable[T]) -> Iterator[T]:
    """The same files; how many there are so far is shown while they are planned."""
    with ProgressBar("planning", "files") as bar:
        for number, file in enumerate(files):
            bar.update(number, None)
            yield file


def print_line(event: Event) -> None:
    """Print an event as one line of JSON on standard output."""
    typer.echo(json.dumps(line_of(event)))


def line_of(event: Event) -> dict[str, Any]:
    """An event as plain values; `event` says which it is."""
    values = asdict(event)
    if isinstance(event, TaskEnded) and event.outcome is not None:
        values["outcome"]["bytes_out"] = event.outcome.bytes_out
    return {"event": _NAMES[type(event).__name__], **values}


class BatchBar:
    """A bar with what people want to know: how fast, how long, how much smaller, what failed.

    Args:
        console: Where it is drawn.
    """

    def __init__(self, console: Console) -> None:
        self._figures = _Figures()
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            self._figures,
            console=console,
            transient=True,
            expand=True,
            auto_refresh=False,  # events come often enough, and a thread less is to be stopped
        )
        self._task = self._bar.add_task("batch", total=None)

    def __enter__(self) -> Self:
        """Draw it."""
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take it away."""
        self._bar.stop()

    def __call__(self, event: Event) -> None:
        """Draw it anew, if the event says where the job stands."""
        if isinstance(event, JobStarted):
            self._figures.bytes_pending = event.bytes_pending
            self._bar.update(self._task, description=f"job {event.job}", total=event.pending)
        elif isinstance(event, Progress):
            self._figures.last = event
            self._bar.update(self._task, completed=event.done + event.failed)
        else:
            return
        self._bar.refresh()


class _Figures(ProgressColumn):
    """What stands right of the bar."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes_pending = 0
        self.last: Progress | None = None

    def render(self, task: Task) -> Text:
        del task
        return Text("" if self.last is None else figures(self.last, self.bytes_pending))


def figures(now: Progress, bytes_pending: int) -> str:
    """A job's figures in one line.

    Args:
        now: Where it stands.
        bytes_pending: Size of all that was to be done when it began.
    """
    parts = [
        f"{now.running} at work",
        f"{_text.byte_count(now.memory_bytes)} admitted",
    ]
    if now.done and now.seconds:
        saved = now.bytes_in - now.bytes_out
        speed = f"{now.done / now.seconds:.1f}/s {now.bytes_in / now.seconds / 1e6:.1f} MB/s"
        words = "saved" if saved >= 0 else "more"
        parts = [speed, f"{_text.byte_count(abs(saved))} {words}", *parts]
    if now.failed:
        parts.append(f"{now.failed:,} failed")
    left = seconds_left(now, bytes_pending)
    if left is not None:
        parts.append(f"{_clock(left)} left")
    return ", ".join(parts)


def seconds_left(now: Progress, bytes_pending: int) -> float | None:
    """How long the rest will take, if its bytes take as long as those that are done.

    Returns:
        None while nothing is known.
    """
    if not now.pending:
        return 0.0
    if not now.bytes_in or bytes_pending <= 0:
        return None
    # What failed took its share too, as large as its share of the pictures.
    over = now.bytes_in * (now.done + now.failed) / now.done
    return now.seconds * max(0.0, bytes_pending - over) / over


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
