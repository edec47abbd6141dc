"""What is known of files, and what a plan adds.

A plan is written in many transactions, so that other processes can work in between. Until
`accept`, its tasks are in states that nobody runs; `withdraw` takes back what was not known before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, case, delete, func, insert, literal, select, update

from stripline.batch.journal.schema import CHANGED, NEW, outputs, tasks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy.engine import Connection


@dataclass(frozen=True, slots=True)
class Known:
    """A task as it stands.

    Attributes:
        id: Its number.
        key: Of the source and the recipes when it was planned.
        state: Where it stands.
    """

    id: int
    key: str
    state: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A task as a plan writes it; see `Found` and `schema.tasks`."""

    url: str
    relative: str
    size: int
    version: str
    key: str
    state: str
    urgency: int
    turn: int
    memory_bytes: int
    cause: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A name that a task may give to a file."""

    url: str
    task: int
    variant: str


def known(connection: Connection, job: int, urls: Collection[str]) -> dict[str, Known]:
    """What a job knows of these sources, by URL."""
    columns = (tasks.c.url, tasks.c.id, tasks.c.key, tasks.c.state)
    query = select(*columns).where(tasks.c.job == job, tasks.c.url.in_(urls))
    return {row.url: Known(row.id, row.key, row.state) for row in connection.execute(query)}


def done_elsewhere(connection: Connection, job: int, keys: Collection[str]) -> dict[str, Known]:
    """Tasks of other jobs that did the same, by key; their state is the other job's number."""
    query = select(tasks.c.key, tasks.c.id, tasks.c.job).where(
        tasks.c.key.in_(keys), tasks.c.job != job, tasks.c.state == "done"
    )
    return {row.key: Known(row.id, row.key, str(row.job)) for row in connection.execute(query)}


def made(connection: Connection, ids: Collection[int]) -> dict[int, list[tuple[str, int]]]:
    """The files that tasks made, with their sizes, by task."""
    found: dict[int, list[tuple[str, int]]] = {number: [] for number in ids}
    query = select(outputs.c.task, outputs.c.url, outputs.c.bytes).where(
        outputs.c.task.in_(ids), outputs.c.bytes.is_not(None)
    )
    for row in connection.execute(query):
        found[row.task].append((row.url, row.bytes))
    return found


def keep(connection: Connection, ids: Collection[int], plan: int) -> None:
    """Say of tasks that this plan came upon them and leaves them as they are."""
    connection.execute(update(tasks).where(tasks.c.id.in_(ids)).values(plan=plan))


def write(
    connection: Connection, job: int, plan: int, entries: Iterable[Entry], was: dict[str, Known]
) -> dict[str, int]:
    """Add tasks, or change those that are known; what they claimed before is free.

    Returns:
        Their numbers by URL.
    """
    fresh = {"job": job, "plan": plan}
    added, changed = [], []
    for entry in entries:
        values = {name: getattr(entry, name) for name in Entry.__slots__} | fresh
        before = was.get(entry.url)
        if before is None:
            added.append(values)
            continue
        if before.state != NEW and entry.state == NEW:
            values["state"] = CHANGED
        changed.append({**values, "number": before.id})
    numbers: dict[str, int] = {}
    if added:
        rows = connection.execute(insert(tasks).returning(tasks.c.url, tasks.c.id), added)
        numbers.update((row.url, row.id) for row in rows)
    if changed:
        numbers.update((values["url"], values["number"]) for values in changed)
        connection.execute(
            delete(outputs).where(outputs.c.task.in_([values["number"] for values in changed]))
        )
        names = [name for name in changed[0] if name not in {"number", "job"}]
        connection.execute(
            update(tasks)
            .where(tasks.c.id == bindparam("number"))
            .values({name: bindparam(name) for name in names} | {"attempts": 0}),
            [{name: values[name] for name in (*names, "number")} for values in changed],
        )
    return numbers


def claim(connection: Connection, job: int, claims: Sequence[Claim]) -> list[tuple[Claim, int]]:
    """Take names for tasks.

    Returns:
        The claims that others came before with, each with the number of the other task.
    """
    query = select(outputs.c.url, outputs.c.task).where(
        outputs.c.job == job, outputs.c.url.in_([one.url for one in claims])
    )
    owners: dict[str, int] = {row.url: row.task for row in connection.execute(query)}
    refused, taken = [], []
    for one in claims:
        owner = owners.setdefault(one.url, one.task)
        if owner != one.task:
            refused.append((one, owner))
        else:
            taken.append({"job": job, "url": one.url, "task": one.task, "variant": one.variant})
    unique = list({values["url"]: values for values in taken}.values())
    if len(unique) < len(taken):  # one task, one name, two variants
        twice = {values["url"] for values in taken if values not in unique}
        refused += [(one, one.task) for one in claims if one.url in twice]
    if unique:
        connection.execute(insert(outputs), unique)
    return refused


def are_ours(connection: Connection, urls: Collection[str]) -> set[str]:
    """Those of these files that a task of any accepted plan made, or was to make."""
    query = (
        select(outputs.c.url)
        .join(tasks, tasks.c.id == outputs.c.task)
        .where(outputs.c.url.in_(urls), tasks.c.state != NEW)
    )
    return set(connection.execute(query).scalars())


def take_over(connection: Connection, job: int, refused: Collection[tuple[Claim, int]]) -> None:
    """Take names from tasks whose sources are gone."""
    for one, _ in refused:
        connection.execute(
            update(outputs)
            .where(outputs.c.job == job, outputs.c.url == one.url)
            .values(task=one.task, variant=one.variant, bytes=None)
        )


def sources_of(connection: Connection, ids: Collection[int]) -> dict[int, tuple[str, int]]:
    """URL of the source, and the last plan that came upon it, by task."""
    query = select(tasks.c.id, tasks.c.url, tasks.c.plan).where(tasks.c.id.in_(ids))
    return {row.id: (row.url, row.plan) for row in connection.execute(query)}


def written_over(connection: Connection, job: int, plan: int) -> list[str]:
    """Sources that files of the same job would replace."""
    query = (
        select(tasks.c.url)
        .join(outputs, and_(outputs.c.job == tasks.c.job, outputs.c.url == tasks.c.url))
        .where(tasks.c.job == job, tasks.c.plan == plan)
    )
    return list(connection.execute(query).scalars())


def accept(connection: Connection, job: int, plan: int, *, complete: bool) -> None:
    """Make tasks of what was planned.

    Args:
        connection: In a transaction.
        job: Whose they are.
        plan: Its number.
        complete: Whether sources that it did not come upon are gone.
    """
    mine = tasks.c.job == job
    connection.execute(
        update(tasks).where(mine, tasks.c.state.in_((NEW, CHANGED))).values(state="queued")
    )
    if complete:
        unfinished = tasks.c.state.in_(("queued", "running", "failed"))
        connection.execute(
            update(tasks)
            .where(mine, tasks.c.plan < plan, unfinished)
            .values(state="skipped", cause="", error="it is no longer there")
        )


def withdraw(connection: Connection, job: int) -> None:
    """Forget what a plan added that was not accepted."""
    connection.execute(delete(tasks).where(tasks.c.job == job, tasks.c.state == NEW))


def reorder(connection: Connection, job: int, order: str) -> None:
    """Give all tasks that are queued their turns: `found`, `smallest` or `largest`."""
    turn: Any = {"found": literal(0), "smallest": tasks.c.size, "largest": -tasks.c.size}[order]
    connection.execute(
        update(tasks)
        .where(tasks.c.job == job, tasks.c.state == "queued", tasks.c.turn != turn)
        .values(turn=turn)
    )


def pending(connection: Connection, job: int) -> tuple[int, int, int]:
    """Tasks of a job: all of them, those to be done, and the bytes of these one's sources."""
    waiting = tasks.c.state.in_(("queued", "running"))
    row = connection.execute(
        select(
            func.count(),
            func.sum(case((waiting, 1), else_=0)),
            func.sum(case((waiting, tasks.c.size), else_=0)),
        ).where(tasks.c.job == job)
    ).one()
    return int(row[0]), int(row[1] or 0), int(row[2] or 0)
