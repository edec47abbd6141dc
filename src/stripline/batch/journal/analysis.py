"""What a report says beyond totals: who saved most, how savings spread, what was unusual."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, or_, select

from stripline.batch.journal.history import Made, TaskRow
from stripline.batch.journal.schema import outputs, tasks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Select

    from stripline.batch.journal.database import Journal

_PAGE = 500
_TASK = [tasks.c[name] for name in TaskRow.__slots__]
_MADE = [outputs.c[name] for name in Made.__slots__]


@dataclass(frozen=True, slots=True)
class Kind:
    """What was made of one variant in one format.

    Attributes:
        variant: Its name.
        format: Of the files.
        files: How many.
        bytes: All together.
    """

    variant: str
    format: str
    files: int
    bytes: int


def biggest_savings(journal: Journal, job: int, most: int) -> list[TaskRow]:
    """Tasks by which most bytes were saved, all files of each counted, the first ones first.

    Where all files together are larger than their source, as several variants can be, those come
    last by which fewest bytes were added.
    """
    query = _of(job).where(tasks.c.state == "done", tasks.c.size > 0)
    return _rows(
        journal, query.order_by((tasks.c.size - tasks.c.bytes_out).desc(), tasks.c.id).limit(most)
    )


def unusual(journal: Journal, job: int, most: int) -> list[TaskRow]:
    """Tasks that are done, but with a warning, or otherwise than was asked for."""
    query = _of(job).where(
        tasks.c.state == "done", or_(tasks.c.fallback != "", tasks.c.warnings != "")
    )
    return _rows(journal, query.order_by(tasks.c.id).limit(most))


def failed(journal: Journal, job: int, most: int) -> list[TaskRow]:
    """Tasks that failed, in the order in which they were found."""
    query = _of(job).where(tasks.c.state == "failed")
    return _rows(journal, query.order_by(tasks.c.id).limit(most))


def spread(journal: Journal, job: int) -> dict[int, int]:
    """Number of pictures by how much smaller their files are together, in tenths.

    Returns:
        0: less than a tenth of the source's size is saved; 9: nine tenths or more; -1: nothing is,
        the files are larger. Tenths that no picture has are left out.
    """
    saved = tasks.c.size - tasks.c.bytes_out
    tenth = case((saved < 0, -1), (saved == tasks.c.size, 9), else_=saved * 10 // tasks.c.size)
    query = (
        select(tenth.label("tenth"), func.count().label("number"))
        .where(tasks.c.job == job, tasks.c.state == "done", tasks.c.size > 0)
        .group_by("tenth")
        .order_by("tenth")
    )
    with journal.reading() as connection:
        return {int(row.tenth): int(row.number) for row in connection.execute(query)}


def kinds(journal: Journal, job: int) -> list[Kind]:
    """What was made, summed up."""
    query = (
        select(
            outputs.c.variant,
            outputs.c.format,
            func.count().label("files"),
            func.sum(outputs.c.bytes).label("bytes"),
        )
        .where(outputs.c.job == job, outputs.c.bytes.is_not(None))
        .group_by(outputs.c.variant, outputs.c.format)
        .order_by(outputs.c.variant, outputs.c.format)
    )
    with journal.reading() as connection:
        return [
            Kind(row.variant, row.format, int(row.files), int(row.bytes))
            for row in connection.execute(query)
        ]


def tasks_with_files(journal: Journal, job: int) -> Iterator[tuple[TaskRow, list[Made]]]:
    """All tasks in the order in which they were found, each with its files, a page at a time."""
    last = -1
    while True:
        rows = _rows(journal, _of(job).where(tasks.c.id > last).order_by(tasks.c.id).limit(_PAGE))
        files = _files(journal, [row.id for row in rows])
        yield from ((row, files.get(row.id, [])) for row in rows)
        if len(rows) < _PAGE:
            return
        last = rows[-1].id


def queued_with_names(journal: Journal, job: int) -> Iterator[tuple[TaskRow, list[str]]]:
    """Tasks that are to be done, with all names that their files may get, a page at a time."""
    last = -1
    queued = _of(job).where(tasks.c.state == "queued").order_by(tasks.c.id).limit(_PAGE)
    while True:
        rows = _rows(journal, queued.where(tasks.c.id > last))
        claims = select(outputs.c.task, outputs.c.url)
        claims = claims.where(outputs.c.task.in_([row.id for row in rows]))
        names: dict[int, list[str]] = {}
        with journal.reading() as connection:
            for claim in connection.execute(claims.order_by(outputs.c.variant, outputs.c.url)):
                names.setdefault(claim.task, []).append(claim.url)
        yield from ((row, names.get(row.id, [])) for row in rows)
        if len(rows) < _PAGE:
            return
        last = rows[-1].id


def reasons(journal: Journal, job: int) -> dict[str, int]:
    """Number of skipped files by the reason, the most frequent first."""
    number = func.count().label("number")
    query = select(tasks.c.error, number).where(tasks.c.job == job, tasks.c.state == "skipped")
    ordered = query.group_by(tasks.c.error).order_by(number.desc(), tasks.c.error)
    with journal.reading() as connection:
        return {row.error: int(row.number) for row in connection.execute(ordered.limit(20))}


def _files(journal: Journal, ids: list[int]) -> dict[int, list[Made]]:
    query = select(*_MADE).where(outputs.c.task.in_(ids), outputs.c.bytes.is_not(None))
    found: dict[int, list[Made]] = {}
    with journal.reading() as connection:
        for row in connection.execute(query.order_by(outputs.c.variant, outputs.c.url)):
            found.setdefault(row.task, []).append(Made(*row))
    return found


def _of(job: int) -> Select[Any]:
    return select(*_TASK).where(tasks.c.job == job)


def _rows(journal: Journal, query: Select[Any]) -> list[TaskRow]:
    with journal.reading() as connection:
        return [TaskRow(*row) for row in connection.execute(query)]
