"""A job's report for spreadsheets: one line for each file that was made, and for each task without.

Text is quoted as RFC 4180 says. Text that begins as a formula does gets an apostrophe before it, so
that nobody's names of files or variants are computed (https://owasp.org/www-community/attacks/CSV_Injection).
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from stripline.batch.journal.analysis import tasks_with_files
from stripline.batch.journal.jobs import job_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stripline.batch.journal import Journal, Made, TaskRow

COLUMNS: Final = (
    *("task", "source", "bytes", "state", "attempts", "cause", "error"),
    *("variant", "output", "format", "width", "height", "output_bytes", "quality", "score"),
    *("seconds", "worker", "warnings", "fallback", "cached"),
)


def csv_pieces(journal: Journal, number: int) -> Iterator[str]:
    """The file, a line at a time.

    Raises:
        InvalidOption: There is no such job.
    """
    job_of(journal, number)
    yield _line(COLUMNS)
    for row, files in tasks_with_files(journal, number):
        if not files:
            yield _line(_cells(row, None))
        for file in files:
            yield _line(_cells(row, file))


def _cells(row: TaskRow, file: Made | None) -> tuple[object, ...]:
    made: tuple[object, ...] = ("",) * 8
    if file is not None:
        size = (file.format, file.width, file.height, file.bytes)
        made = (file.variant, file.url, *size, file.quality, file.score)
    return (
        *(row.id, row.url, row.size, row.state, row.attempts, row.cause, row.error),
        *made,
        *(round(row.seconds, 4), row.worker, row.warnings, row.fallback, int(row.cached)),
    )


def _line(cells: tuple[object, ...]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([_harmless(cell) for cell in cells])
    return text.getvalue()


def _harmless(cell: object) -> object:
    if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{cell}"
    return cell
