"""Standard input that can be interrupted while nothing comes."""

from __future__ import annotations

import os
import select
import signal
import sys
from typing import BinaryIO

# Reads of a pipe get at most what it holds, which is this much unless somebody enlarged it.
READ_BYTES = 1 << 16


class InterruptibleInput:
    """Reads standard input without ever sleeping through a signal.

    Python runs signal handlers between its own instructions. A signal that comes while a buffered
    file is about to wait for more is only noticed when more has come, which may be never. So
    before each read this waits for either input or the byte that Python writes to a pipe of ours
    on every signal, wherever it strikes. Only the main thread may make one.
    """

    def __init__(self) -> None:
        self._input = sys.stdin.fileno()
        self._woken, wake = os.pipe()
        os.set_blocking(wake, False)
        # A full pipe wakes us as well as one byte does.
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, at least one unless the input has ended."""
        # After a signal whose handler did not raise, the byte stays and no wait is needed again.
        select.select([self._input, self._woken], [], [])
        return os.read(self._input, min(size, READ_BYTES))


def standard_input() -> InterruptibleInput | BinaryIO:
    """Standard input as a source of bytes."""
    # Windows can wait for sockets only, but its pipes are interrupted by Ctrl-C.
    return sys.stdin.buffer if sys.platform == "win32" else InterruptibleInput()
