"""What `stripline batch` does with its options, once the extra `batch` is known to be there."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from stripline.batch import plan_job
from stripline.batch.discovery import discover
from stripline.batch.journal import analysis
from stripline.batch.journal.copy import copied
from stripline.batch.journal.history import totals
from stripline.batch.report import check_report_name
from stripline.cli import _text
from stripline.cli._batch_progress import counted
from stripline.cli._batch_run import Ending, run_to_end
from stripline.cli._batch_settings import (
    absolute,
    flags_of,
    journal_of,
    loaded,
    rules_of,
    selection_of,
    spec_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from stripline.batch import Job, Journal
    from stripline.cli._batch_options import Again, Which, Word, Work


@dataclass(frozen=True, slots=True)
class Asked:
    """What the options say.

    Attributes:
        inputs: INPUT...
        config: --config.
        recipe: --recipe.
        changes: Of recipes; see `stripline.cli._recipes.changes_of`.
        places: Settings that have options of their own.
        which: Which files are wanted.
        work: How the work is done.
        again: What is done of what was done before.
        word: What is said meanwhile.
    """

    inputs: Sequence[str]
    config: Path | None
    recipe: Path | None
    changes: Mapping[str, Any]
    places: Mapping[str, str | None]
    which: Which
    work: Work
    again: Again
    word: Word


def run_command(
    asked: Asked, reports: Sequence[Path], *, as_json: bool = False, dry_run: bool = False
) -> None:
    """Plan a job and run it to its end, or say what would be done.

    Raises:
        StriplineError, OSError: What was asked for cannot be done.
        typer.Exit: With the exit code, unless it is 0.
    """
    settings = loaded(asked.config, flags_of(asked.which, asked.work, asked.word, **asked.places))
    spec = spec_of(settings, asked.recipe, asked.changes)
    rules = rules_of(settings, asked.which, asked.again)
    ending = Ending([check_report_name(path) for path in reports], as_json=as_json)
    found = discover(asked.inputs, selection_of(settings, asked.which), output=spec.output)
    inputs = [absolute(name) for name in asked.inputs]
    with ExitStack() as stack:
        journal = stack.enter_context(journal_of(settings))
        if dry_run:
            journal = stack.enter_context(copied(journal))
        job = plan_job(journal, counted(found), spec, inputs=inputs, rules=rules)
        if dry_run:
            _print_plan(journal, job, as_json=as_json)
        else:
            run_to_end(journal, job, settings, ending)


def _print_plan(journal: Journal, job: Job, *, as_json: bool) -> None:
    """What would be done, a line for each picture; what is known of the others."""
    found = totals(journal, job.id)
    if as_json:
        files = [
            {"source": row.url, "bytes": row.size, "outputs": names}
            for row, names in analysis.queued_with_names(journal, job.id)
        ]
        typer.echo(json.dumps({"files": files, "tasks": dict(found.tasks)}, indent=2))
        return
    for row, names in analysis.queued_with_names(journal, job.id):
        typer.echo(_text.shown(f"{row.url} -> {', '.join(names)}"))
    parts = [f"{found.pending:,} to do", f"{found.done:,} done before"]
    parts += [f"{found.failed:,} failed"] if found.failed else []
    for reason, count in analysis.reasons(journal, job.id).items():
        parts.append(f"{count:,} skipped ({_text.shown(reason)})")
    typer.echo(", ".join(parts))
