"""The C library's heaps: how many there are, and that what is free in them goes back."""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache
from threading import Event
from typing import TYPE_CHECKING, Any, Final

from stripline.pools._limits import usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable

_M_ARENA_MAX: Final = -8  # malloc.h
_decided = Event()


def release_free_memory() -> None:
    """Have the C library return what it keeps for later; of glibc, which keeps much, in 1 to 5 ms.

    It keeps free memory of every thread that ever asked for some (malloc_trim(3)), which after a
    few large pictures is more than is in use.
    """
    trim = _function("malloc_trim")
    if trim is not None:
        trim(0)


def limit_heaps(most: int | None = None) -> None:
    """Have all threads of this process share so many of glibc's heaps, or those that are there.

    The first call in a process decides. None is for one more than there are usable cores: with
    fewer, pictures take 5 % more processor time.

    glibc would make eight for each core. Each but the first keeps up to 64 MB at its end that
    `release_free_memory` does not get back: after pictures of many kinds, whose decoders start
    threads of their own, a process held 200 MB that nobody used. `MALLOC_ARENA_MAX` in the
    environment takes precedence.
    """
    option = _function("mallopt")
    if not (_decided.is_set() or option is None or "MALLOC_ARENA_MAX" in os.environ):
        option(_M_ARENA_MAX, most or usable_cores() + 1)
    _decided.set()


@cache
def _function(name: str) -> Callable[..., Any] | None:
    """Of the C library; None elsewhere than on Linux, and in musl, which has neither."""
    if sys.platform != "linux":
        return None
    return getattr(ctypes.CDLL(None), name, None)
