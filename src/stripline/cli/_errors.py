"""Errors become one line on standard error and an exit code."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from stripline.cli import _text
from stripline.errors import MissingDependency, StriplineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

FAILED = 1
MISUSED = 2
INTERRUPTED = 130


def _stop_writing_to_closed_pipe() -> None:
    """Point standard output at nothing, so that the interpreter's last flush cannot fail too."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def explain(error: BaseException) -> str:
    """What happened, in one line."""
    text = str(error)
    for cause in _causes(error):
        # The system's own words for a file that is not there say more than where we noticed it.
        if isinstance(cause, OSError) and cause.filename is not None and cause.strerror:
            text = f"{os.fsdecode(cause.filename)}: {cause.strerror}"
    return " ".join(text.split()) or type(error).__name__


def say(text: str) -> None:
    """One line on standard error."""
    typer.echo(f"stripline: {_text.shown(text)}", err=True)


@contextmanager
def reported() -> Iterator[None]:
    """Wrap a command's work: what the library raises ends the command, said in one line.

    A reader that went away (`stripline encode … -o - | head -c 100`) is not worth a message.
    Anything that is neither the library's error nor the system's is a bug, and passes through.
    """
    try:
        yield
    except UsageError as error:
        say(explain(error))
        raise typer.Exit(MISUSED) from error
    except (StriplineError, OSError) as error:
        if any(isinstance(cause, BrokenPipeError) for cause in _causes(error)):
            _stop_writing_to_closed_pipe()
        else:
            say(explain(error))
        raise typer.Exit(FAILED) from error


@contextmanager
def needing_batch() -> Iterator[None]:
    """Wrap the import of what a command about many pictures is made of.

    Raises:
        MissingDependency: A package of the extra `batch` is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in {"", "stripline"}:
            raise
        raise MissingDependency("work on many pictures", package, "batch") from error
