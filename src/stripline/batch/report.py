"""What a job came to: for people, for spreadsheets, for programs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from stripline.batch.journal import analysis
from stripline.batch.journal.history import totals
from stripline.batch.journal.jobs import job_of
from stripline.errors import InvalidOption
from stripline.streams import FileSink

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Mapping

    from stripline.batch.journal import Journal, TaskRow, Totals
    from stripline.batch.journal.analysis import Kind
    from stripline.batch.journal.jobs import Job

    Pieces = Callable[[Journal, int], Iterator[str]]

MOST_LISTED: Final = 20
_FORMATS: Final = (".json", ".csv", ".html")


@dataclass(frozen=True, slots=True)
class Report:
    """A job summed up. It holds as much for a million pictures as for a thousand.

    Attributes:
        job: The job.
        totals: Numbers of all kinds.
        savings: The tasks that saved most bytes, as many as were asked for; see `analysis`.
        spread: Number of pictures by tenths of their bytes saved; see `analysis.spread`.
        kinds: What was made, by variant and format.
        failures: Tasks that failed; not more than were asked for.
        unusual: Tasks that are done with a warning or a fallback; not more than were asked for.
    """

    job: Job
    totals: Totals
    savings: tuple[TaskRow, ...]
    spread: Mapping[int, int]
    kinds: tuple[Kind, ...]
    failures: tuple[TaskRow, ...]
    unusual: tuple[TaskRow, ...]

    @property
    def saved(self) -> float | None:
        """Share of the sources' bytes that is saved; None if there are several variants of each."""
        found = self.totals
        if len(self.job.spec.variants) != 1 or not found.bytes_in:
            return None
        return found.saved_bytes / found.bytes_in

    def as_json(self) -> dict[str, Any]:
        """As plain values, without the lists of tasks."""
        job, found = self.job, self.totals
        seconds = found.seconds
        return {
            "job": job.id,
            "label": job.label,
            "inputs": list(job.inputs),
            "output": job.spec.output,
            "variants": {name: recipe.fingerprint for name, recipe in job.spec.variants.items()},
            "state": found.state,
            "created": job.created,
            "started": job.started,
            "ended": job.ended,
            "tasks": dict(found.tasks),
            "done": found.done,
            "failed": found.failed,
            "pending": found.pending,
            "causes": dict(found.causes),
            "bytes_in": found.bytes_in,
            "bytes_out": found.bytes_out,
            "saved_bytes": found.saved_bytes,
            "saved": None if self.saved is None else round(self.saved, 4),
            "seconds": round(seconds, 3),
            "work_seconds": round(found.work_seconds, 3),
            "images_per_second": round(found.per_second, 3),
            "bytes_per_second": round(found.bytes_in / seconds) if seconds else 0,
            "kinds": [
                {
                    "variant": kind.variant,
                    "format": kind.format,
                    "files": kind.files,
                    "bytes": kind.bytes,
                }
                for kind in self.kinds
            ],
        }


def summarize(journal: Journal, number: int, most: int = MOST_LISTED) -> Report:
    """Sum a job up.

    Args:
        journal: Where it is.
        number: The job's.
        most: How many tasks each list holds at most.

    Raises:
        InvalidOption: There is no such job.
    """
    return Report(
        job=job_of(journal, number),
        totals=totals(journal, number),
        savings=tuple(analysis.biggest_savings(journal, number, most)),
        spread=analysis.spread(journal, number),
        kinds=tuple(analysis.kinds(journal, number)),
        failures=tuple(analysis.failed(journal, number, most)),
        unusual=tuple(analysis.unusual(journal, number, most)),
    )


def check_report_name(path: str | os.PathLike[str]) -> Path:
    """Refuse a name for a report before hours of work, not after.

    Raises:
        InvalidOption: It ends in none of .json, .csv and .html, or its folder is not there.
    """
    file = Path(path)
    if file.suffix.lower() not in _FORMATS:
        raise InvalidOption(f"report {file}: a name ends in .json, .csv or .html")
    if not file.parent.is_dir():
        raise InvalidOption(f"report {file}: there is no folder {file.parent}")
    if file.is_dir():
        raise InvalidOption(f"report {file} is a folder")
    return file


def write_report(journal: Journal, number: int, path: str | os.PathLike[str]) -> None:
    """Write a job's report to a file that appears when it is whole. One that is there is replaced.

    Args:
        journal: Where the job is.
        number: The job's.
        path: Its ending says in which form: .json, .csv or .html.

    Raises:
        InvalidOption: See `check_report_name`; or there is no such job.
        OSError: The file cannot be written.
    """
    file = check_report_name(path)
    sink = FileSink(file)
    try:
        for text in _pieces(file)(journal, number):
            # Names of files can hold bytes that are no text.
            sink.write(text.encode("utf-8", "backslashreplace"))
        sink.commit()
    except BaseException:
        sink.abort()
        raise


def _pieces(file: Path) -> Pieces:
    kind = file.suffix.lower()
    if kind == ".csv":
        from stripline.batch.report_csv import csv_pieces  # noqa: PLC0415 - of this form alone

        return csv_pieces
    if kind == ".json":
        from stripline.batch.report_json import json_pieces  # noqa: PLC0415

        return json_pieces
    from stripline.batch.report_html import html_pieces  # noqa: PLC0415

    return html_pieces
