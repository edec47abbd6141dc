"""Which file a command reads and which it may write."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from typing import BinaryIO

STANDARD_STREAM = "-"


def default_target(source: str) -> str:
    """OUT when none is given: INPUT's name with .jpg; standard output for standard input."""
    if source == STANDARD_STREAM:
        return STANDARD_STREAM
    return str(Path(source).with_suffix(".jpg"))


def opened(target: str) -> str | BinaryIO:
    """What to hand to the library for a target's name: standard output for -."""
    return sys.stdout.buffer if target == STANDARD_STREAM else target


def check_target(source: str | None, target: str, *, force: bool, what: str = "a JPEG") -> None:
    """Refuse a target that would destroy something.

    Encoding is lossy, so the input itself is never replaced, not even with --force. A terminal
    has no use for the bytes of `what` is made.

    Raises:
        typer.BadParameter: the command must be given differently.
    """
    if target == STANDARD_STREAM:
        if sys.stdout.isatty():
            message = f"{what} would garble the terminal: give -o FILE or pipe it somewhere"
            raise typer.BadParameter(message)
        return
    path = Path(target)
    if path.is_dir():
        message = f"{target} is a directory: give -o a file name"
        raise typer.BadParameter(message)
    if source not in {None, STANDARD_STREAM} and _same_file(Path(str(source)), path):
        message = f"{target} is the input itself: give another name with -o"
        raise typer.BadParameter(message)
    # Something like /dev/null or a named pipe loses nothing by being written to.
    if path.is_file() and not force:
        message = f"{target} exists: give --force to replace it, or another name with -o"
        raise typer.BadParameter(message)


def _same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there
        return False
