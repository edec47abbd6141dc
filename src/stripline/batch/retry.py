"""When a task that failed is tried again: exponential back-off with jitter.

The numbers are those of stamina (https://stamina.hynek.me), which waits where it stands; here the
batch goes on in the meantime. A task whose source or recipe is at fault is never tried again.
"""

from __future__ import annotations

import errno
import random
from concurrent.futures import BrokenExecutor
from typing import Final

from stripline.batch.task import Failure
from stripline.errors import LASTING, LimitExceeded, SourceFailed, StriplineError, WorkerLost

_FIRST_SECONDS: Final = 0.1
_BASE: Final = 2.0
_MOST_SECONDS: Final = 5.0
_JITTER_SECONDS: Final = 1.0
# What the system says of places that fail for a while: disks, networks, servers, locks.
_PASSING: Final = frozenset(
    {errno.EIO, errno.EAGAIN, errno.EINTR, errno.EBUSY, errno.ETIMEDOUT, errno.ESTALE}
    | {errno.ECONNRESET, errno.ECONNREFUSED, errno.ECONNABORTED, errno.EPIPE, errno.ENETDOWN}
    | {errno.ENETUNREACH, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENOBUFS}
    | {errno.EMFILE, errno.ENFILE, errno.EDEADLK, errno.ENOLCK}
)
# Limits to what tasks have to share with others, so that one alone may keep within them.
_SHARED: Final = frozenset({"seconds", "bytes of memory"})


def delay_seconds(attempt: int) -> float:
    """How long to wait after so many attempts, at most 5 s.

    Args:
        attempt: 1 after the first.
    """
    jitter = random.uniform(0, _JITTER_SECONDS)  # noqa: S311 - so that tasks do not come at once
    return min(_MOST_SECONDS, _FIRST_SECONDS * _BASE ** min(attempt - 1, 16) + jitter)


def failure_of(error: BaseException, seconds: float = 0.0, worker: str = "") -> Failure:
    """An error as a value, and whether it is worth another attempt."""
    crashed = isinstance(error, WorkerLost | BrokenExecutor | MemoryError) or (
        isinstance(error, LimitExceeded) and error.what in _SHARED
    )
    return Failure(
        kind=type(error).__name__,
        message=str(error).strip(),
        retryable=crashed or is_passing(error),
        alone=crashed,
        seconds=seconds,
        worker=worker,
    )


def is_passing(error: BaseException) -> bool:
    """Whether the same call can succeed when it is made again.

    What the system said decides, where it said something; then the error's class.
    """
    number = _errno_of(error)
    if number in LASTING:
        return False
    if number in _PASSING:
        return isinstance(error, SourceFailed | OSError) or _is_retryable(error)
    return _is_retryable(error)


def _is_retryable(error: BaseException) -> bool:
    return isinstance(error, StriplineError) and error.retryable


def _errno_of(error: BaseException) -> int | None:
    """What the system said, to this error or to the one that it is made of."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno is not None:
            return seen.errno
        seen = seen.__cause__
    return None
