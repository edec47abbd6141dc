"""Files that may still be growing, until they stand still."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

_State = tuple[int, int, int]


@dataclass(slots=True)
class _Waiting:
    state: _State | None
    since: float


class Restless:
    """Paths that somebody wrote to, and since when they have not changed.

    Args:
        settle_seconds: How long size, time of change and identity have to stay as they are.
    """

    def __init__(self, settle_seconds: float) -> None:
        self._settle_seconds = settle_seconds
        self._waiting: dict[str, _Waiting] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def touch(self, path: str, now: float) -> None:
        """Something happened to a path."""
        self._waiting[path] = _Waiting(_state_of(path), now)

    def settled(self, now: float) -> tuple[list[str], list[str]]:
        """Those that stood still for long enough, which are forgotten here.

        Returns:
            Files that are there, and paths where nothing is any more; both in order.
        """
        there: list[str] = []
        gone: list[str] = []
        for path, waiting in self._waiting.items():
            state = _state_of(path)
            if state != waiting.state:
                waiting.state, waiting.since = state, now
            elif now - waiting.since >= self._settle_seconds:
                (gone if state is None else there).append(path)
        for path in (*there, *gone):
            del self._waiting[path]
        return sorted(there), sorted(gone)


def _state_of(path: str) -> _State | None:
    """What changes when a file does; None if there is none. Of folders only whether they exist."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    if stat.S_ISDIR(status.st_mode):
        return (status.st_ino, 0, 0)
    return (status.st_ino, status.st_size, status.st_mtime_ns)
