"""How a result cache keeps to its size: what was not used for the longest time goes first."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# Share of the size that a process may write before it looks at the folder again, and that is freed
# at once: a look takes 0.2 s for 50,000 entries.
_SLACK: Final = 0.05
# What is being written is touched all the time; older than that its writer is gone.
_STALE_SECONDS: Final = 24 * 3600
PARTIAL: Final = ".partial"

_lock = Lock()
_written: dict[str, int] = {}


def make_room(folder: str, max_bytes: int, new_bytes: int) -> None:
    """Say that so much was added; remove entries if it is time to look, and they are too many."""
    with _lock:
        written = _written.get(folder)
        total = None if written is None else written + new_bytes
        if total is not None and total < _SLACK * max_bytes:
            _written[folder] = total
            return
        _written[folder] = 0
    _remove_oldest(folder, max_bytes)


def _remove_oldest(folder: str, max_bytes: int) -> None:
    stale = time.time() - _STALE_SECONDS
    entries = []
    for entry, status in _files(folder):
        if not entry.name.endswith(PARTIAL):
            entries.append((status.st_mtime_ns, status.st_size, entry.path))
        elif status.st_mtime < stale:
            _unlink(entry.path)
    total = sum(size for _, size, _ in entries)
    if total <= max_bytes:
        return
    for _, size, path in sorted(entries):
        _unlink(path)
        total -= size
        if total <= (1 - _SLACK) * max_bytes:
            break


def _files(folder: str) -> Iterator[tuple[os.DirEntry[str], os.stat_result]]:
    """Files in a folder and in those in it, as far as they are there when it is looked at them."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)
                continue
            with suppress(FileNotFoundError):
                yield entry, entry.stat(follow_symlinks=False)


def _unlink(path: str) -> None:
    with suppress(FileNotFoundError):  # another process may have been faster
        os.unlink(path)  # noqa: PTH108 - paths are strings here
