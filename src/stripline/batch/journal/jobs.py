"""Jobs: made, found again, ended, cancelled, forgotten."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy import delete, insert, select, update

from stripline.batch.journal.schema import jobs
from stripline.batch.spec import Spec
from stripline.errors import InvalidOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripline.batch.journal.database import Journal

JobState = Literal["planning", "queued", "running", "done", "failed", "interrupted", "cancelled"]
_UNFINISHED: Final = frozenset({"planning", "queued", "running", "interrupted"})


@dataclass(frozen=True, slots=True)
class Job:
    """What somebody asked for.

    Attributes:
        id: Its number.
        label: What people call it: the command, or a folder's name.
        inputs: What was named.
        spec: What is done with each picture.
        state: Where it stands. One that says `running` may have been killed; see `lock`.
        created: Seconds since 1970.
        started: The last run; None before the first.
        ended: The last run; None before its end.
        seconds: Of all runs together.
        plans: How many plans were made for it.
    """

    id: int
    label: str
    inputs: tuple[str, ...]
    spec: Spec
    state: JobState
    created: float
    started: float | None
    ended: float | None
    seconds: float
    plans: int


def open_job(journal: Journal, inputs: Sequence[str], spec: Spec, label: str) -> Job:
    """The job that does this to these inputs: the one that was begun before, or a new one."""
    described = json.dumps([list(inputs), spec.to_json()], sort_keys=True)
    identity = hashlib.sha256(described.encode("utf-8", "surrogateescape")).hexdigest()[:32]
    with journal.transaction() as connection:
        number = connection.execute(select(jobs.c.id).where(jobs.c.identity == identity)).scalar()
        if number is None:
            values = {
                "identity": identity,
                "label": label,
                "inputs": json.dumps(list(inputs)),
                "spec": json.dumps(spec.to_json()),
                "state": "planning",
                "created": time.time(),
            }
            number = connection.execute(insert(jobs).values(values).returning(jobs.c.id)).scalar()
    return job_of(journal, int(number or 0))


def job_of(journal: Journal, number: int) -> Job:
    """The job with a number.

    Raises:
        InvalidOption: There is none.
    """
    with journal.reading() as connection:
        row = connection.execute(select(jobs).where(jobs.c.id == number)).one_or_none()
    if row is None:
        raise InvalidOption(f"there is no job {number} in {journal}: `stripline jobs list` has all")
    return _job(row)


def all_jobs(journal: Journal) -> list[Job]:
    """All jobs, the latest first."""
    with journal.reading() as connection:
        return [_job(row) for row in connection.execute(select(jobs).order_by(jobs.c.id.desc()))]


def begin_plan(journal: Journal, job: Job) -> int:
    """Number a new plan."""
    with journal.transaction() as connection:
        change = update(jobs).where(jobs.c.id == job.id).values(plans=jobs.c.plans + 1)
        return int(connection.execute(change.returning(jobs.c.plans)).scalar_one())


def set_state(journal: Journal, job: int, state: JobState, **values: float) -> None:
    """Say where a job stands, and what else is new of it."""
    with journal.transaction() as connection:
        change = {"state": state, **values}
        if state == "running":
            change["cancel"] = False
        connection.execute(update(jobs).where(jobs.c.id == job).values(change))


def cancel(journal: Journal, job: Job) -> None:
    """Ask whoever runs a job to stop; one that nobody runs is over at once.

    Raises:
        InvalidOption: It is over already.
    """
    if job.state not in _UNFINISHED:
        raise InvalidOption(f"job {job.id} is {job.state}: there is nothing to cancel")
    values: dict[str, object] = {"cancel": True}
    if job.state != "running":
        values["state"] = "cancelled"
    with journal.transaction() as connection:
        connection.execute(update(jobs).where(jobs.c.id == job.id).values(values))


def is_cancelled(journal: Journal, job: int) -> bool:
    """Whether somebody asked to stop it."""
    with journal.reading() as connection:
        wish = connection.execute(select(jobs.c.cancel).where(jobs.c.id == job)).scalar()
    return bool(wish)


def forget(journal: Journal, job: int) -> None:
    """Delete a job, its tasks and what is known of their files. The files stay."""
    with journal.transaction() as connection:
        connection.execute(delete(jobs).where(jobs.c.id == job))


def _job(row: Any) -> Job:  # noqa: ANN401 - a row has the table's columns
    return Job(
        id=row.id,
        label=row.label,
        inputs=tuple(json.loads(row.inputs)),
        spec=Spec.from_json(json.loads(row.spec)),
        state=row.state,
        created=row.created,
        started=row.started,
        ended=row.ended,
        seconds=row.seconds,
        plans=row.plans,
    )
