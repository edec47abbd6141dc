"""`stripline jobs`: what was asked for so far, and what came of it."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - Typer reads it
from typing import Annotated

import typer

from stripline.cli import _batch_options as batch_options  # noqa: TC001 - Typer reads it
from stripline.cli._errors import needing_batch, reported
from stripline.cli._groups import with_groups
from stripline.cli._options import AsJson  # noqa: TC001 - Typer reads it

app = typer.Typer(
    name="jobs", help="List jobs of `stripline batch`, and go on with them.", no_args_is_help=True
)

Number = Annotated[
    int, typer.Argument(metavar="JOB", help="Its number, as `jobs list` says.", show_default=False)
]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV.")]


@app.command("list")
def list_jobs(
    *,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    config: batch_options.Config = None,
    journal: batch_options.JournalPlace = None,
) -> None:
    """List all jobs with their totals, the latest first."""
    _exclude(as_json=as_json, as_csv=as_csv)
    with reported():
        with needing_batch():
            from stripline.cli import _jobs  # noqa: PLC0415 - an extra

        _jobs.show_all(config, journal, "json" if as_json else "csv" if as_csv else "table")


@app.command("show")
def show_job(
    job: Number,
    *,
    state: Annotated[
        str | None,
        typer.Option(
            metavar="done|failed|skipped|queued|all",
            help="List the tasks in that state.",
            show_default=False,
        ),
    ] = None,
    report: Annotated[
        list[Path] | None,
        typer.Option(
            "--report",
            metavar="FILE",
            help="Write a report: .html with pictures, .csv or .json.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
    config: batch_options.Config = None,
    journal: batch_options.JournalPlace = None,
) -> None:
    """Show what came of a job: totals, speed, savings, failures by cause."""
    _exclude(as_json=as_json, as_csv=as_csv)
    with reported():
        with needing_batch():
            from stripline.cli import _jobs  # noqa: PLC0415 - an extra

        form: _jobs.Form = "json" if as_json else "csv" if as_csv else "table"
        _jobs.show_one(config, journal, job, form=form, state=state, reports=report or ())


@app.command()
@with_groups
def resume(
    job: Number,
    *,
    work: batch_options.Work,
    word: batch_options.Word,
    as_json: AsJson = False,
    config: batch_options.Config = None,
    journal: batch_options.JournalPlace = None,
) -> None:
    """Do what is left of a job that was stopped or killed, without looking for new files."""
    with reported():
        with needing_batch():
            from stripline.cli import _jobs  # noqa: PLC0415 - an extra

        _jobs.go_on(_jobs.Going(config, journal, work, word), job, as_json=as_json)


@app.command()
@with_groups
def retry(
    job: Number,
    *,
    work: batch_options.Work,
    word: batch_options.Word,
    as_json: AsJson = False,
    config: batch_options.Config = None,
    journal: batch_options.JournalPlace = None,
) -> None:
    """Try again what failed, and do what is left of a job."""
    with reported():
        with needing_batch():
            from stripline.cli import _jobs  # noqa: PLC0415 - an extra

        going = _jobs.Going(config, journal, work, word)
        _jobs.go_on(going, job, as_json=as_json, retry_failed=True)


@app.command()
def cancel(
    job: Number,
    *,
    config: batch_options.Config = None,
    journal: batch_options.JournalPlace = None,
) -> None:
    """Stop a job, wherever it runs: what is being worked on is finished."""
    with reported():
        with needing_batch():
            from stripline.cli import _jobs  # noqa: PLC0415 - an extra

        _jobs.cancel(config, journal, job)


@app.command()
def prune(
    numbers: Annotated[
        list[int] | None,
        typer.Argument(
            metavar="[JOB]...", help="These; else all that are old.", show_default=False
        ),
    ] = None,
    *,
    days: Annotated[
        float, typer.Option(min=0, metavar="N", help="What ended longer ago is old.")
    ] = 30.0,
    config: batch_options.Config = None,
    journal: batch_options.JournalPlace = None,
) -> None:
    """Forget jobs that are over. Their files stay; the same command would make them anew."""
    with reported():
        with needing_batch():
            from stripline.cli import _jobs  # noqa: PLC0415 - an extra

        _jobs.prune(config, journal, numbers or (), days=days)


def _exclude(*, as_json: bool, as_csv: bool) -> None:
    if as_json and as_csv:
        message = "--json and --csv exclude each other: give one of them"
        raise typer.BadParameter(message)
