"""What `stripline jobs` does, once the extra `batch` is known to be there."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

import typer

from stripline.batch import Found, Journal, PassedOver, Rules, plan_job
from stripline.batch.discovery import discover
from stripline.batch.journal import analysis, jobs
from stripline.batch.journal.history import task_rows
from stripline.batch.journal.lock import job_lock
from stripline.batch.report import check_report_name, summarize, write_report
from stripline.batch.report_json import task_as_json
from stripline.cli import _text
from stripline.cli._batch_report import print_csv, print_report, print_table
from stripline.cli._batch_run import Ending, run_to_end
from stripline.cli._batch_settings import flags_of, journal_of, loaded
from stripline.errors import InvalidOption, JobBusy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from stripline.batch import Job
    from stripline.cli._batch_options import Word, Work

Form = Literal["table", "json", "csv"]
_STATES: Final = ("queued", "running", "done", "failed", "skipped", "cancelled", "all")
_OVER: Final = frozenset({"done", "failed", "cancelled", "interrupted"})
_DAY_SECONDS: Final = 86_400.0
_LIST: Final = (
    *("job", "state", "created", "done", "failed", "pending", "bytes_in", "bytes_out"),
    *("saved", "images_per_second", "seconds", "label"),
)
_TASK: Final = ("task", "state", "source", "bytes", "bytes_out", "seconds", "error")


@dataclass(frozen=True, slots=True)
class Going:
    """How to go on with a job.

    Attributes:
        config: --config.
        journal: --journal.
        work: How the work is done.
        word: What is said meanwhile.
    """

    config: Path | None
    journal: str | None
    work: Work
    word: Word


def show_all(config: Path | None, place: str | None, form: Form) -> None:
    """List all jobs."""
    with _journal(config, place) as journal:
        rows = [_as_row(journal, job) for job in jobs.all_jobs(journal)]
    if form == "json":
        typer.echo(json.dumps(rows, indent=2))
    elif form == "csv":
        print_csv(_LIST, [[row[name] for name in _LIST] for row in rows])
    else:
        print_table(
            ("job", "state", "created", "done", "failed", "left", "bytes", "per s", "what"),
            [_as_words(row) for row in rows],
            left=3,
        )


def _as_row(journal: Journal, job: Job) -> dict[str, Any]:
    row = summarize(journal, job.id, most=0).as_json()
    row["state"] = _state(journal, job)
    return {name: value for name, value in row.items() if name in {*_LIST, "causes", "tasks"}}


def _as_words(row: dict[str, Any]) -> tuple[str, ...]:
    before, after = _text.byte_count(row["bytes_in"]), _text.byte_count(row["bytes_out"])
    return (
        str(row["job"]),
        row["state"],
        time.strftime("%Y-%m-%d %H:%M", time.localtime(row["created"])),
        f"{row['done']:,}",
        f"{row['failed']:,}",
        f"{row['pending']:,}",
        f"{before} -> {after}",
        f"{row['images_per_second']:.1f}",
        _text.shown(row["label"]),
    )


def _state(journal: Journal, job: Job) -> str:
    """Where a job stands; one whose process was killed does not run, whatever it last said."""
    if job.state in {"running", "planning"}:
        with suppress(JobBusy), job_lock(journal, job.id):
            return "interrupted"
    return job.state


def show_one(
    config: Path | None,
    place: str | None,
    number: int,
    *,
    form: Form,
    state: str | None,
    reports: Sequence[Path],
) -> None:
    """Show a job, or its tasks in some state, and write reports of it."""
    if state is not None and state not in _STATES:
        raise InvalidOption(f"state {state!r} is none of {', '.join(_STATES)}")
    for path in reports:
        check_report_name(path)
    with _journal(config, place) as journal:
        report = summarize(journal, number)
        for path in reports:
            write_report(journal, number, path)
        if state is not None or form == "csv":
            _print_tasks(journal, number, form, None if state in {None, "all"} else state)
        else:
            print_report(report, as_json=form == "json")


def _print_tasks(journal: Journal, number: int, form: Form, state: str | None) -> None:
    if form == "json":
        files = analysis.tasks_with_files(journal, number)
        lines = [task_as_json(row, made) for row, made in files if state in {None, row.state}]
        typer.echo(json.dumps(lines, indent=2))
        return
    cells = (
        (
            *(row.id, row.state, row.url, row.size, row.bytes_out, round(row.seconds, 4)),
            f"{row.cause}: {row.error}" if row.cause else row.error,
        )
        for row in task_rows(journal, number, state)
    )
    if form == "csv":
        print_csv(_TASK, cells)
        return
    for row in cells:
        typer.echo(_text.shown(f"{row[0]:>8}  {row[1]:<9} {row[2]}  {row[6]}").rstrip())


def go_on(going: Going, number: int, *, as_json: bool, retry_failed: bool = False) -> None:
    """Run a job that was planned before.

    Raises:
        InvalidOption: There is no such job, or its plan was never finished.
    """
    flags = flags_of(going.work, going.word, journal=going.journal)
    settings = loaded(going.config, flags)
    with journal_of(settings) as journal:
        job = jobs.job_of(journal, number)
        if _state(journal, job) == "interrupted" and job.state == "planning":
            raise InvalidOption(
                f"job {number} was stopped while it was planned: give the same command again"
            )
        if retry_failed:
            rules = Rules(retry_failed=True, complete=False)
            plan_job(journal, _failed(journal, number), job.spec, inputs=job.inputs, rules=rules)
        run_to_end(journal, job, settings, Ending(as_json=as_json))


def _failed(journal: Journal, number: int) -> Iterator[Found | PassedOver]:
    """The sources of tasks that failed, as they are now."""
    for row in task_rows(journal, number, "failed"):
        try:
            for file in discover([row.url]):
                yield replace(file, relative=row.relative)
        except InvalidOption:
            yield PassedOver(row.url, row.relative, "SourceFailed: it is gone", failed=True)


def cancel(config: Path | None, place: str | None, number: int) -> None:
    """Stop a job.

    Raises:
        InvalidOption: There is no such job, or it is over.
    """
    with _journal(config, place) as journal:
        job = jobs.job_of(journal, number)
        if _state(journal, job) == "interrupted":
            jobs.set_state(journal, number, "interrupted")
            job = jobs.job_of(journal, number)
        jobs.cancel(journal, job)
        running = job.state == "running"
    typer.echo(f"job {number} {'is stopping' if running else 'is cancelled'}")


def prune(config: Path | None, place: str | None, numbers: Sequence[int], *, days: float) -> None:
    """Forget jobs.

    Raises:
        InvalidOption: One that was named is not there.
        JobBusy: One that was named runs.
    """
    with _journal(config, place) as journal:
        if numbers:
            wanted = [jobs.job_of(journal, number) for number in numbers]
        else:
            before = time.time() - days * _DAY_SECONDS
            wanted = [
                job
                for job in jobs.all_jobs(journal)
                if _state(journal, job) in _OVER and (job.ended or job.created) <= before
            ]
        for job in wanted:
            with job_lock(journal, job.id):
                jobs.forget(journal, job.id)
    typer.echo(f"{len(wanted):,} forgotten")


def _journal(config: Path | None, place: str | None) -> Journal:
    return journal_of(loaded(config, {"journal": place}))
