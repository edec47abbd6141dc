"""Memory that is free goes back to the system."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def release_free_memory() -> None:
    """Have the C library return what it keeps for later; of glibc, which keeps much, in 1 to 5 ms.

    It keeps free memory of every thread that ever asked for some (malloc_trim(3)), which after a
    few large pictures is more than is in use.
    """
    trim = _malloc_trim()
    if trim is not None:
        trim(0)


@cache
def _malloc_trim() -> Callable[[int], Any] | None:
    if sys.platform != "linux":
        return None
    return getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
