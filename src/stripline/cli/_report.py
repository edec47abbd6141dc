"""What a command says when it is done: a table or JSON, complaints, an exit code."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Final

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from stripline.cli import _text
from stripline.cli._errors import FAILED, INTERRUPTED, MISUSED, explain, say
from stripline.cli._pictures import NO_PICTURE
from stripline.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripline.cli._outcome import Outcome, Written
    from stripline.cli._run import Ran

# Nothing is wrapped where no one looks at a screen.
_PAPER_COLUMNS: Final = 10_000
_MADE: Final = ("file", "pixels", "bytes", "saved", "quality", "score", "seconds")
_PLANNED: Final = ("would write", "pixels", "bytes")


def report(ran: Ran, *, as_json: bool, dry_run: bool = False, quiet: bool = False) -> None:
    """Say what became of the files, and end the command if not all went well.

    Args:
        ran: What became of them.
        as_json: Whether a program reads it.
        dry_run: Whether nothing was written.
        quiet: Whether standard output is taken by a picture.

    Raises:
        typer.Exit: With the exit code, unless it is 0.
    """
    outcomes = ran.outcomes
    if as_json:
        files = [outcome.as_json() for outcome in outcomes]
        document = {"files": files, "totals": totals(outcomes), "interrupted": ran.interrupted}
        typer.echo(json.dumps(document, indent=2))
    elif not quiet and any(outcome.outputs for outcome in outcomes):
        _print_table(outcomes, dry_run=dry_run)
    _complain(outcomes)
    code = _exit_code(ran)
    if code:
        raise typer.Exit(code)


def totals(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Sums over all files; bytes are of those of which something was made."""
    done = [outcome for outcome in outcomes if outcome.outputs]
    before = sum(outcome.bytes or 0 for outcome in done)
    written = [output.bytes for outcome in done for output in outcome.outputs]
    after = sum(size or 0 for size in written)
    comparable = before > 0 and all(outcome.saved is not None for outcome in done)
    return {
        "files": len(outcomes),
        "done": len(done),
        "failed": sum(outcome.error is not None for outcome in outcomes),
        "skipped": sum(outcome.skipped is not None for outcome in outcomes),
        "bytes": before,
        "output_bytes": None if None in written else after,
        "saved": round(1 - after / before, 4) if comparable else None,
        "seconds": round(sum(outcome.seconds for outcome in outcomes), 4),
    }


def _print_table(outcomes: Sequence[Outcome], *, dry_run: bool) -> None:
    rows: list[tuple[str, ...]] = [
        _planned(outcome, output) if dry_run else _made(outcome, output)
        for outcome in outcomes
        for output in outcome.outputs
    ]
    names: tuple[str, ...] = _PLANNED if dry_run else _MADE
    if not dry_run and not any(row[names.index("score")] for row in rows):
        at = names.index("score")
        names = names[:at] + names[at + 1 :]
        rows = [row[:at] + row[at + 1 :] for row in rows]
    on_screen = sys.stdout.isatty()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        is_name = name == names[0]
        table.add_column(
            name,
            justify="left" if is_name else "right",
            overflow="fold" if is_name else "ellipsis",
            no_wrap=not is_name,
        )
    for row in rows:
        table.add_row(*map(Text, row))
    console = Console(width=None if on_screen else _PAPER_COLUMNS)
    console.print(table)
    console.print(Text(_sum(outcomes, dry_run=dry_run)))


def _made(outcome: Outcome, output: Written) -> tuple[str, ...]:
    before, after = outcome.bytes or 0, output.bytes or 0
    quality = "kept" if output.kept_source else str(output.quality or "-")
    return (
        _text.shown(output.path or "-"),
        _pixels(outcome, output),
        f"{_text.byte_count(before)} -> {_text.byte_count(after)}",
        _text.share(1 - after / before) if before else "",
        quality,
        "" if output.score is None else f"{output.score:.1f}",
        f"{output.seconds:.2f}",
    )


def _planned(outcome: Outcome, output: Written) -> tuple[str, ...]:
    size = "" if outcome.bytes is None else _text.byte_count(outcome.bytes)
    return (
        _text.shown(f"{outcome.source} -> {output.path or '-'}"),
        _pixels(outcome, output),
        size,
    )


def _pixels(outcome: Outcome, output: Written) -> str:
    after = f"{output.width} x {output.height}"
    note = ", not enlarged" * output.not_enlarged
    if outcome.info is None:
        return after + note
    width, height = outcome.info.upright_size
    before = f"{width} x {height}"
    return (after if before == after else f"{before} -> {after}") + note


def _sum(outcomes: Sequence[Outcome], *, dry_run: bool) -> str:
    found = totals(outcomes)
    files = sum(len(outcome.outputs) for outcome in outcomes)
    pictures = f"{found['done']:,} {'picture' if found['done'] == 1 else 'pictures'}"
    made = f"{files:,} {'file' if files == 1 else 'files'}"
    if dry_run:
        return f"{pictures}, {made} would be written"
    before, after = _text.byte_count(found["bytes"]), _text.byte_count(found["output_bytes"])
    saved = "" if found["saved"] is None else f", {_text.share(found['saved'])} saved"
    return f"{pictures}, {made}: {before} -> {after}{saved}"


def _complain(outcomes: Sequence[Outcome]) -> None:
    """Warnings, what was left alone and what failed, on standard error."""
    strangers = sum(outcome.skipped == NO_PICTURE for outcome in outcomes)
    for outcome in outcomes:
        for warning in outcome.warnings:
            say(f"{outcome.source}: {warning}")
        if outcome.skipped not in {None, NO_PICTURE}:
            say(f"{outcome.source}: skipped: {outcome.skipped}")
    if strangers:
        were = (
            "file that is no picture was" if strangers == 1 else "files that are no pictures were"
        )
        say(f"{strangers:,} {were} left alone")
    for outcome in outcomes:
        if outcome.error is not None:
            text = explain(outcome.error)
            say(text if text.startswith(outcome.source) else f"{outcome.source}: {text}")


def _exit_code(ran: Ran) -> int:
    if ran.interrupted:
        return INTERRUPTED
    errors = [outcome.error for outcome in ran.outcomes if outcome.error is not None]
    if not errors:
        return 0
    impossible = all(isinstance(error, UsageError) for error in errors)
    done = any(outcome.outputs for outcome in ran.outcomes)
    return MISUSED if impossible and not done else FAILED
