"""Which task is next, and what became of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select, tuple_, update

from stripline.batch.journal.schema import outputs, tasks
from stripline.streams.sink import MARK_DIGITS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.engine import Connection

    from stripline.batch.events import State
    from stripline.batch.task import Failure, Outcome


@dataclass(frozen=True, slots=True)
class Queued:
    """A task that waits for its turn; see `schema.tasks`."""

    id: int
    url: str
    relative: str
    size: int
    version: str
    key: str
    memory_bytes: int
    attempts: int
    urgency: int
    turn: int


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a task, to be written down.

    Attributes:
        task: The task.
        state: `queued` if it is to be tried again.
        attempts: How often it was tried.
        outcome: What it made.
        failure: Why it made nothing.
    """

    task: Queued
    state: State
    attempts: int
    outcome: Outcome | None = None
    failure: Failure | None = None


_COLUMNS = tuple(tasks.c[name] for name in Queued.__slots__)
_START = (
    update(tasks)
    .where(tasks.c.id == bindparam("number"))
    .values(state="running", attempts=bindparam("tries"))
)
_END = (
    update(tasks)
    .where(tasks.c.id == bindparam("number"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in (
                *("state", "attempts", "cause", "error", "bytes_out", "seconds"),
                *("worker", "ended", "warnings", "fallback", "cached"),
            )
        }
    )
)
_MADE = (
    update(outputs)
    .where(outputs.c.job == bindparam("number"), outputs.c.url == bindparam("place"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in ("format", "width", "height", "bytes", "quality", "score")
        }
    )
)


def page(connection: Connection, job: int, after: Queued | None, limit: int) -> list[Queued]:
    """The next tasks in order, of those that are queued.

    Args:
        connection: Of the journal.
        job: Whose.
        after: The last one that was given.
        limit: How many at most.
    """
    order = (tasks.c.urgency, tasks.c.turn, tasks.c.id)
    query = select(*_COLUMNS).where(tasks.c.job == job, tasks.c.state == "queued")
    if after is not None:
        query = query.where(tuple_(*order) > (after.urgency, after.turn, after.id))
    return [Queued(*row) for row in connection.execute(query.order_by(*order).limit(limit))]


def ended_in_plan(
    connection: Connection, job: int, plan: int, after: int, limit: int
) -> list[tuple[int, str, State, str]]:
    """Tasks that failed, or were skipped, as soon as a plan came upon them.

    Args:
        connection: Of the journal.
        job: Whose.
        plan: Its number.
        after: The number of the last one that was given.
        limit: How many at most.

    Returns:
        Number, source, state, and what was said, of each.
    """
    query = (
        select(tasks.c.id, tasks.c.url, tasks.c.state, tasks.c.cause, tasks.c.error)
        .where(tasks.c.job == job, tasks.c.plan == plan, tasks.c.id > after)
        .where(tasks.c.attempts == 0, tasks.c.state.in_(("failed", "skipped")))
    )
    rows = connection.execute(query.order_by(tasks.c.id).limit(limit))
    return [(row[0], row[1], row[2], f"{row[3]}: {row[4]}" if row[3] else row[4]) for row in rows]


def left_running(connection: Connection, job: int) -> list[Queued]:
    """Tasks that somebody began and never ended."""
    query = select(*_COLUMNS).where(tasks.c.job == job, tasks.c.state == "running")
    return [Queued(*row) for row in connection.execute(query)]


def claims_of(connection: Connection, ids: Collection[int]) -> dict[int, list[str]]:
    """The files that tasks were to make, by task."""
    found: dict[int, list[str]] = {number: [] for number in ids}
    query = select(outputs.c.task, outputs.c.url).where(outputs.c.task.in_(ids))
    for row in connection.execute(query):
        found[row.task].append(row.url)
    return found


def marks_of(connection: Connection, job: int, marks: Collection[str]) -> set[str]:
    """Those of some marks, the beginnings of keys, that tasks of a job have."""
    beginning = func.substr(tasks.c.key, 1, MARK_DIGITS)
    query = select(beginning).where(tasks.c.job == job, beginning.in_(marks))
    return {row[0] for row in connection.execute(query)}


def requeue(connection: Connection, job: int, *, states: Collection[str]) -> None:
    """Have all tasks in some states done again."""
    connection.execute(
        update(tasks).where(tasks.c.job == job, tasks.c.state.in_(states)).values(state="queued")
    )


def start(connection: Connection, starting: Sequence[tuple[Queued, int]]) -> None:
    """Say that tasks are begun, each for the so-and-so-manieth time."""
    if starting:
        connection.execute(_START, [{"number": one.id, "tries": tries} for one, tries in starting])


def end(connection: Connection, job: int, ended: Sequence[Ended]) -> None:
    """Write down what became of tasks."""
    if not ended:
        return
    now = time.time()
    connection.execute(_END, [_ending(one, now) for one in ended])
    made = [
        {
            "number": job,
            "place": file.url,
            "new_format": file.format,
            "new_width": file.width,
            "new_height": file.height,
            "new_bytes": file.bytes,
            "new_quality": file.quality,
            "new_score": file.score,
        }
        for one in ended
        if one.outcome is not None
        for file in one.outcome.written
    ]
    if made:
        connection.execute(_MADE, made)


def _ending(one: Ended, now: float) -> dict[str, object]:
    outcome, failure = one.outcome, one.failure
    work = outcome or failure
    return {
        "number": one.task.id,
        "new_state": one.state,
        "new_attempts": one.attempts,
        "new_cause": failure.kind if failure else "",
        "new_error": failure.message if failure else "",
        "new_bytes_out": outcome.bytes_out if outcome else 0,
        "new_seconds": work.seconds if work else 0.0,
        "new_worker": work.worker if work else "",
        "new_ended": now,
        "new_warnings": "\n".join(outcome.warnings) if outcome else "",
        "new_fallback": outcome.fallback if outcome else "",
        "new_cached": outcome.cached if outcome else False,
    }
