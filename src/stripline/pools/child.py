"""A few lines of Python in a fresh interpreter, for libraries that hang or end their process."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

from stripline.errors import LimitExceeded, WorkerLost

READY: Final = "sys.stdout.buffer.write(b'R'); sys.stdout.buffer.flush()"
"""The line of its code with which a child says that it has all it needs: if it fails from here on,
the fault is its input's."""


class Refused(Exception):
    """A child that was ready ended with an error; its last words."""


def ask_child(
    code: str, data: bytes, *arguments: str, seconds: float | None, purpose: str
) -> bytes:
    """What a child writes to standard output after it is ready.

    Args:
        code: What it does. It has the line `READY`, and reads `data` from standard input.
        data: Its input.
        *arguments: What it finds in `sys.argv`, from 1 on.
        seconds: How long it may take; None for ever.
        purpose: What it does, as in "the process that `purpose`".

    Raises:
        Refused: It ended with an error.
        LimitExceeded: It took longer, and was killed.
        WorkerLost: It did not start, or was killed otherwise.
    """
    command = [sys.executable, "-P", "-c", code, *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - this interpreter, and code of stripline
            command, input=data, capture_output=True, check=False, timeout=seconds
        )
    except subprocess.TimeoutExpired as error:
        raise LimitExceeded("seconds", error.timeout, error.timeout) from error
    except OSError as error:
        raise WorkerLost(f"the process that {purpose} could not be started: {error}") from error
    last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
    if done.returncode < 0 or not done.stdout.startswith(b"R"):
        raise WorkerLost(
            ": ".join([f"the process that {purpose} ended with {done.returncode}", *last])
        )
    if done.returncode:
        raise Refused("".join(last))
    return done.stdout[1:]
