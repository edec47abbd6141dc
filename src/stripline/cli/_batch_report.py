"""What is said of a job when it is over, or when somebody asks."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stripline.cli import _text
from stripline.cli._errors import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stripline.batch.report import Report

# Nothing is wrapped where no one looks at a screen.
_PAPER_COLUMNS: Final = 10_000
_MOST_SAVINGS: Final = 5


def print_report(report: Report, *, as_json: bool, as_line: bool = False) -> None:
    """Say what came of a job: a table, or JSON; what failed on standard error.

    Args:
        report: Of the job.
        as_json: As one JSON document.
        as_line: As the last of many JSON objects, one a line.
    """
    if as_line:
        typer.echo(json.dumps({"event": "report", **report.as_json()}))
    elif as_json:
        typer.echo(json.dumps(report.as_json(), indent=2))
    else:
        _print_text(report)
    complain(report)


def _print_text(report: Report) -> None:
    rows: list[tuple[str, ...]]
    if report.kinds:
        rows = [
            (kind.variant or "-", kind.format, f"{kind.files:,}", _text.byte_count(kind.bytes))
            for kind in report.kinds
        ]
        print_table(("variant", "format", "files", "bytes"), rows, left=2)
    savings = [row for row in report.savings if row.bytes_out < row.size]
    if savings:
        rows = [
            (
                _text.shown(row.relative),
                f"{_text.byte_count(row.size)} -> {_text.byte_count(row.bytes_out)}",
                _text.share(1 - row.bytes_out / row.size),
            )
            for row in savings[:_MOST_SAVINGS]
        ]
        print_table(("biggest savings", "bytes", "saved"), rows)
    if report.totals.causes:
        rows = [(cause or "-", f"{count:,}") for cause, count in report.totals.causes.items()]
        print_table(("failed by cause", "pictures"), rows)
    typer.echo(summary(report))


def summary(report: Report) -> str:
    """A job in one line."""
    found = report.totals
    counts = [f"{found.done:,} done"]
    counts += [
        f"{count:,} {word}"
        for count, word in (
            (found.failed, "failed"),
            (found.tasks.get("skipped", 0), "skipped"),
            (found.pending, "still to do"),
        )
        if count
    ]
    before, after = _text.byte_count(found.bytes_in), _text.byte_count(found.bytes_out)
    saved = "" if report.saved is None else f", {_text.share(report.saved)} saved"
    speed = f", {found.per_second:.1f} pictures/s" if found.per_second else ""
    return f"job {found.job} {found.state}: {', '.join(counts)}; {before} -> {after}{saved}{speed}"


def complain(report: Report) -> None:
    """What failed, and what was made otherwise than asked for, on standard error."""
    for row in report.unusual:
        for text in filter(None, (row.fallback, *row.warnings.splitlines())):
            say(f"{row.url}: {text}")
    for row in report.failures:
        say(f"{row.url}: {row.cause}: {row.error.removeprefix(f'{row.url}: ')}")
    more = report.totals.failed - len(report.failures)
    if more > 0:
        job = report.job.id
        say(f"and {more:,} more failed: `stripline jobs show {job} --state failed` has all")


def print_table(names: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1) -> None:
    """A table on standard output.

    Args:
        names: Of the columns.
        rows: Cells that a terminal may have.
        left: How many columns hold words; those after them hold numbers.
    """
    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, name in enumerate(names):
        is_name = index < left
        table.add_column(
            name,
            justify="left" if is_name else "right",
            overflow="fold" if is_name else "ellipsis",
            no_wrap=not is_name,
        )
    for row in rows:
        table.add_row(*map(Text, row))
    console = Console(width=None if sys.stdout.isatty() else _PAPER_COLUMNS)
    console.print(table)


def print_csv(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table as CSV on standard output."""
    import csv  # noqa: PLC0415 - of few commands

    writer = csv.writer(sys.stdout)
    writer.writerow(names)
    writer.writerows(rows)
