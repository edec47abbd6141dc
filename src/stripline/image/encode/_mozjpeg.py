"""mozjpeg's recoding of coefficients, in a process of its own.

libjpeg's way to report an error is to end the process, and the binding leaves it at that while the
output is written: a coefficient out of range, which decoders take, is enough.
"""

from __future__ import annotations

from typing import Final

from stripline.pools.child import READY, Refused, ask_child

_CHILD: Final = f"""
import sys
from mozjpeg_lossless_optimization import optimize
{READY}
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
    try:
        return ask_child(_CHILD, data, seconds=seconds, purpose="recodes a JPEG")
    except Refused:
        return None
