"""A job's report for programs: totals, and all its tasks with their files, one a line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from stripline.batch.journal.analysis import tasks_with_files
from stripline.batch.report import summarize

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stripline.batch.journal import Journal, Made, TaskRow


def json_pieces(journal: Journal, number: int) -> Iterator[str]:
    """The document, a task at a time.

    Raises:
        InvalidOption: There is no such job.
    """
    head = json.dumps(summarize(journal, number, most=0).as_json(), indent=2)
    yield head[: head.rindex("\n")] + ',\n  "files": ['
    between = "\n    "
    for row, files in tasks_with_files(journal, number):
        yield between + json.dumps(task_as_json(row, files))
        between = ",\n    "
    yield "\n  ]\n}\n"


def task_as_json(row: TaskRow, files: list[Made]) -> dict[str, Any]:
    """A task and what was made, as plain values."""
    return {
        "task": row.id,
        "source": row.url,
        "bytes": row.size,
        "state": row.state,
        "attempts": row.attempts,
        "error": {"type": row.cause, "message": row.error} if row.cause else None,
        "skipped": row.error if row.state == "skipped" else None,
        "outputs": [
            {name: getattr(file, name) for name in file.__slots__ if name != "task"}
            for file in files
        ],
        "seconds": round(row.seconds, 4),
        "worker": row.worker,
        "ended": row.ended,
        "warnings": row.warnings.splitlines(),
        "fallback": row.fallback or None,
        "cached": row.cached,
    }
