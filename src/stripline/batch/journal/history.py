"""Totals, failures by cause, lists of tasks and of the files they made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from stripline.batch.journal.jobs import job_of
from stripline.batch.journal.schema import outputs, tasks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stripline.batch.journal.database import Journal
    from stripline.batch.journal.jobs import JobState

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Totals:
    """What became of a job so far.

    Attributes:
        job: Its number.
        state: Where it stands.
        tasks: Number of tasks by state.
        causes: Number of failed tasks by class of their error, the most frequent first.
        bytes_in: Size of the sources of the tasks that are done.
        bytes_out: Size of what was made of them.
        work_seconds: That workers spent on the tasks that are done.
        seconds: Of all runs together, by the clock.
    """

    job: int
    state: JobState
    tasks: Mapping[str, int]
    causes: Mapping[str, int]
    bytes_in: int
    bytes_out: int
    work_seconds: float
    seconds: float

    @property
    def done(self) -> int:
        """Tasks that are done."""
        return self.tasks.get("done", 0)

    @property
    def failed(self) -> int:
        """Tasks that failed."""
        return self.tasks.get("failed", 0)

    @property
    def pending(self) -> int:
        """Tasks that are still to be done."""
        return self.tasks.get("queued", 0) + self.tasks.get("running", 0)

    @property
    def saved_bytes(self) -> int:
        """By how much all that was made is smaller than what it was made of; negative if larger."""
        return self.bytes_in - self.bytes_out

    @property
    def per_second(self) -> float:
        """Tasks done a second of running; 0 before the first run ended."""
        return self.done / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as it stands; see `schema.tasks`.

    Attributes:
        id: Its number.
        url: Of its source.
        relative: Of its source, below the folder it was found in.
        size: Bytes of the source.
        state: Where it stands.
        attempts: How often it was tried.
        cause: Class of the error.
        error: What it said; or why it was skipped.
        bytes_out: Size of what was made.
        seconds: Of work, in the last attempt.
        worker: Who did it.
        ended: When, in seconds since 1970.
        warnings: What a person should know, one a line.
        fallback: What was used in place of what failed.
        cached: Whether the result cache had it.
    """

    id: int
    url: str
    relative: str
    size: int
    state: str
    attempts: int
    cause: str
    error: str
    bytes_out: int
    seconds: float
    worker: str
    ended: float | None
    warnings: str
    fallback: str
    cached: bool


@dataclass(frozen=True, slots=True)
class Made:
    """A file that a task made; see `stripline.batch.task.Written`."""

    task: int
    variant: str
    url: str
    format: str
    width: int
    height: int
    bytes: int
    quality: int | None
    score: float | None


def totals(journal: Journal, number: int) -> Totals:
    """Sum a job up.

    Raises:
        InvalidOption: There is no such job.
    """
    job = job_of(journal, number)
    mine = tasks.c.job == number
    by_state = select(
        tasks.c.state,
        func.count().label("number"),
        func.sum(tasks.c.size).label("bytes_in"),
        func.sum(tasks.c.bytes_out).label("bytes_out"),
        func.sum(tasks.c.seconds).label("seconds"),
    ).where(mine)
    count = func.count().label("number")
    by_cause = select(tasks.c.cause, count).where(mine, tasks.c.state == "failed")
    with journal.reading() as connection:
        states = {row.state: row for row in connection.execute(by_state.group_by(tasks.c.state))}
        ordered = by_cause.group_by(tasks.c.cause).order_by(count.desc(), tasks.c.cause)
        causes = {row.cause: row.number for row in connection.execute(ordered)}
    done: Any = states.get("done")
    return Totals(
        job=number,
        state=job.state,
        tasks={state: int(row.number) for state, row in states.items()},
        causes=causes,
        bytes_in=int(done.bytes_in) if done else 0,
        bytes_out=int(done.bytes_out) if done else 0,
        work_seconds=float(done.seconds) if done else 0.0,
        seconds=job.seconds,
    )


def task_rows(journal: Journal, number: int, state: str | None = None) -> Iterator[TaskRow]:
    """Tasks of a job in the order in which they were found, read a page at a time.

    Args:
        journal: Where it is.
        number: The job's.
        state: Only those in this state.
    """
    columns = [tasks.c[name] for name in TaskRow.__slots__]
    query = select(*columns).where(tasks.c.job == number).order_by(tasks.c.id).limit(_PAGE)
    if state is not None:
        query = query.where(tasks.c.state == state)
    last = -1
    while True:
        with journal.reading() as connection:
            rows = connection.execute(query.where(tasks.c.id > last)).all()
        yield from (TaskRow(*row) for row in rows)
        if len(rows) < _PAGE:
            return
        last = rows[-1].id


def made_by(journal: Journal, task: int) -> list[Made]:
    """The files of a task, by variant."""
    columns = [outputs.c[name] for name in Made.__slots__]
    query = select(*columns).where(outputs.c.task == task, outputs.c.bytes.is_not(None))
    with journal.reading() as connection:
        rows = connection.execute(query.order_by(outputs.c.variant, outputs.c.url)).all()
    return [Made(*row) for row in rows]
