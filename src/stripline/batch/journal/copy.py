"""A journal to try things with."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select

from stripline.batch.journal.database import Journal
from stripline.batch.journal.schema import jobs, outputs, tasks

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROWS_AT_ONCE: Final = 1000


@contextmanager
def copied(journal: Journal) -> Iterator[Journal]:
    """Another journal with all that this one has now. It is gone when it is left.

    Raises:
        JournalFailed: The database failed, or there is no room for the copy.
    """
    with (
        tempfile.TemporaryDirectory(prefix="stripline-") as folder,
        Journal(Path(folder) / "journal.db") as copy,
    ):
        with journal.reading() as source, copy.transaction() as target:
            streamed = source.execution_options(stream_results=True)
            for table in (jobs, tasks, outputs):  # each before those that refer to it
                rows = streamed.execute(select(table)).mappings()
                for some in rows.partitions(_ROWS_AT_ONCE):
                    target.execute(insert(table), [dict(row) for row in some])
        yield copy
