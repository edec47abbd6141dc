"""A progress bar for work that takes long enough to wonder about."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import TaskID

# Work that is done within this time shows no bar: it would only flicker.
PATIENCE_SECONDS = 0.5


class ProgressBar:
    """Shows what is done, on standard error, when that is a terminal and the work takes a while."""

    def __init__(self, label: str, unit: str = "rows") -> None:
        """`label` says what is being done, `unit` of what there are so many."""
        self._label = label
        self._unit = unit
        self._console = Console(stderr=True)
        self._show_from = time.monotonic() + PATIENCE_SECONDS
        self._wanted = sys.stderr.isatty()
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        """Nothing is shown yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()

    def update(self, done: int, total: int | None) -> None:
        """Take note that `done` of `total` (None: not known yet) are done."""
        if not self._wanted or time.monotonic() < self._show_from:
            return
        if self._bar is None or self._task is None:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn(self._unit),
                TimeRemainingColumn(),
                console=self._console,
                transient=True,
            )
            self._task = self._bar.add_task(self._label, total=total)
            self._bar.start()
        self._bar.update(self._task, completed=done, total=total)
