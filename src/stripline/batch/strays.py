"""Temporary files of tasks whose workers died, where the pool repeats lost calls by itself.

Such a pool, as Dask's, gives the task to another worker and says nothing: it is done, and what the
dead worker had begun lies beside it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from stripline.batch.journal.running import marks_of
from stripline.batch.places import is_local
from stripline.streams.sink import mark_of

if TYPE_CHECKING:
    from stripline.batch.journal import Journal
    from stripline.batch.journal.jobs import Job


def remove_strays(journal: Journal, job: Job) -> int:
    """Look through a job's output folder and delete what its tasks left there, and nothing else.

    Call it when none of them runs. Stores have no such files.

    Returns:
        How many there were.

    Raises:
        JournalFailed: The database failed.
    """
    output = job.spec.output
    if output is None or not is_local(output):
        return 0
    found: dict[str, list[Path]] = {}
    for folder, _, names in os.walk(output):
        for name in names:
            mark = mark_of(name)
            if mark is not None:
                found.setdefault(mark, []).append(Path(folder, name))
    if not found:
        return 0
    with journal.reading() as connection:
        ours = marks_of(connection, job.id, found)
    strays = [path for mark in ours for path in found[mark]]
    for path in strays:
        with suppress(FileNotFoundError):
            path.unlink()
    return len(strays)
