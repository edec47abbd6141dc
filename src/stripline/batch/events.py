"""What happens while a batch runs, as small values that listeners are told.

Progress bars, JSON lines, logs, metrics and windows are listeners and nothing more. Events come in
the thread that runs the batch, one at a time, in the order in which things happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from stripline.batch.task import Outcome

State = Literal["queued", "running", "done", "failed", "skipped", "cancelled"]
"""Of a task. `skipped`: not a picture, empty, excluded, or done before."""


@dataclass(frozen=True, slots=True)
class JobStarted:
    """Planning is over; work begins.

    Attributes:
        job: The job's number in the journal.
        tasks: Tasks in it.
        pending: Those that are still to be done.
        bytes_pending: Size of their sources.
    """

    job: int
    tasks: int
    pending: int
    bytes_pending: int


@dataclass(frozen=True, slots=True)
class TaskStarted:
    """A task was handed to the pool.

    Attributes:
        task: Its number.
        source: What it reads.
        attempt: 1 for the first.
        memory_bytes: What it was admitted for.
    """

    task: int
    source: str
    attempt: int
    memory_bytes: int


@dataclass(frozen=True, slots=True)
class TaskRetried:
    """A task failed in a way that may pass, and will be tried again.

    Attributes:
        task: Its number.
        source: What it reads.
        attempt: Which attempt failed.
        error: Class and message.
        delay_seconds: Until the next one.
    """

    task: int
    source: str
    attempt: int
    error: str
    delay_seconds: float


@dataclass(frozen=True, slots=True)
class TaskEnded:
    """A task is over, well or not, and the journal says so.

    What the plan found to be no picture, not wanted or done elsewhere is told when work begins.

    Attributes:
        task: Its number.
        source: What it read.
        state: `done`, `failed` or `skipped`.
        outcome: What it made and cost; None if it made nothing.
        error: Class and message of a failure, or why it was skipped; empty otherwise.
    """

    task: int
    source: str
    state: State
    outcome: Outcome | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a job stands; sent after other events, at most a few times a second.

    Attributes:
        done: Tasks done in this run.
        failed: Failed.
        skipped: Skipped.
        pending: Not ended yet.
        running: In the pool.
        bytes_in: Read by the tasks that are done.
        bytes_out: Written by them.
        memory_bytes: Admitted at this moment.
        seconds: Since work began.
    """

    done: int
    failed: int
    skipped: int
    pending: int
    running: int
    bytes_in: int
    bytes_out: int
    memory_bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class JobEnded:
    """Work is over.

    Attributes:
        job: The job's number.
        state: `done` (all of it), `failed` (some failed), `interrupted` or `cancelled`.
    """

    job: int
    state: Literal["done", "failed", "interrupted", "cancelled"]


Event = JobStarted | TaskStarted | TaskRetried | TaskEnded | Progress | JobEnded
if TYPE_CHECKING:
    Listener = Callable[[Event], None]
