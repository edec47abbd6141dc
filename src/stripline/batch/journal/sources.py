"""What a job made of sources that are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from stripline.batch.journal.schema import outputs, tasks

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def sources_at(connection: Connection, job: int, path: str) -> dict[str, str]:
    """Sources that a job knows at a path or below it: where each lies below its folder, by URL."""
    below = tasks.c.url.startswith(f"{path}/", autoescape=True)
    query = select(tasks.c.url, tasks.c.relative).where(
        tasks.c.job == job, or_(tasks.c.url == path, below)
    )
    return {row.url: row.relative for row in connection.execute(query)}


def files_of(connection: Connection, job: int, url: str) -> list[tuple[str, int]]:
    """The files that were made of a source, with their sizes."""
    query = (
        select(outputs.c.url, outputs.c.bytes)
        .join(tasks, tasks.c.id == outputs.c.task)
        .where(tasks.c.job == job, tasks.c.url == url, outputs.c.bytes.is_not(None))
    )
    return [(row.url, row.bytes) for row in connection.execute(query)]
