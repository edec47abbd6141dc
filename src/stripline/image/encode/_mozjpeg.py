"""mozjpeg's recoding of coefficients, in a process of its own.

libjpeg's way to report an error is to end the process, and the binding leaves it at that while the
output is written: a coefficient out of range, which decoders take, is enough.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Final

from stripline.errors import LimitExceeded, WorkerLost

_READY: Final = b"R"
# What is written first tells a picture that cannot be recoded from a process that cannot start.
_CHILD: Final = """
import sys
from mozjpeg_lossless_optimization import optimize
sys.stdout.buffer.write(b"R")
sys.stdout.buffer.flush()
try:
    recoded = optimize(sys.stdin.buffer.read())
except ValueError:
    sys.exit(1)
sys.stdout.buffer.write(recoded)
"""


def recode(data: bytes, seconds: float | None = None) -> bytes | None:
    """A JPEG with optimised Huffman tables and scans, without metadata.

    Args:
        data: A JPEG file.
        seconds: How long it may take; None for ever.

    Returns:
        The file; None if its coefficients cannot be coded.

    Raises:
        LimitExceeded: It took longer.
        WorkerLost: The process did not start, or was killed.
    """
    command = [sys.executable, "-P", "-c", _CHILD]
    try:
        done = subprocess.run(  # noqa: S603 - this interpreter, and the code above
            command, input=data, capture_output=True, check=False, timeout=seconds
        )
    except subprocess.TimeoutExpired as error:
        raise LimitExceeded("seconds", error.timeout, error.timeout) from error
    except OSError as error:
        raise WorkerLost(f"no process to recode a JPEG could be started: {error}") from error
    if done.returncode < 0 or not done.stdout.startswith(_READY):
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise WorkerLost(
            f"the process that recodes a JPEG ended with {done.returncode}"
            + (f": {said[-1]}" if said else "")
        )
    return done.stdout[len(_READY) :] if done.returncode == 0 else None
