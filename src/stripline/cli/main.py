"""Where the `stripline` command starts."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

MISSING = (
    "stripline: the command line needs the packages typer and rich; "
    'install them with: python -m pip install "stripline[cli]"\n'
)


def _stop(number: int, _frame: FrameType | None) -> None:
    """End as the signal asks, but through Python, so that unfinished files are removed."""
    raise SystemExit(128 + number)


def run() -> None:
    """Run the command in `sys.argv` and exit the interpreter with its code."""
    try:
        from stripline.cli.app import app  # noqa: PLC0415 - needs packages that may be missing
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"typer", "rich"}:
            raise
        sys.stderr.write(MISSING)
        sys.exit(1)
    signal.signal(signal.SIGTERM, _stop)
    app()
