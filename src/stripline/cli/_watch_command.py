"""What `stripline watch` does with its options, once the extra `batch` is known to be there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from stripline.batch.watch import Watcher
from stripline.cli._batch_run import leave, runner_of, stoppable
from stripline.cli._batch_settings import (
    flags_of,
    journal_of,
    loaded,
    rules_of,
    selection_of,
    spec_of,
)

if TYPE_CHECKING:
    from stripline.cli._batch_command import Asked


def watch_command(asked: Asked, *, settle_seconds: float, remove: bool, poll: bool) -> None:
    """Watch folders until a signal comes.

    Args:
        asked: What the options say; inputs are the folders.
        settle_seconds: How long nothing may have changed about a file before it is taken.
        remove: Whether the files of sources that go away go too.
        poll: Whether to look again and again.

    Raises:
        StriplineError, OSError: What was asked for cannot be done.
        typer.Exit: 130 or 143, as the signal says.
    """
    settings = loaded(asked.config, flags_of(asked.which, asked.work, asked.word, **asked.places))
    spec = spec_of(settings, asked.recipe, asked.changes)
    with journal_of(settings) as journal, runner_of(settings, logs=True) as runner:
        watcher = Watcher(
            journal,
            asked.inputs,
            spec,
            begin=lambda job: runner.run_of(journal, job),
            selection=selection_of(settings, asked.which),
            rules=rules_of(settings, asked.which, asked.again),
            settle_seconds=settle_seconds,
            deleted="remove" if remove else "keep",
            polling=True if poll else None,
        )
        with stoppable(watcher) as stopper:
            watcher.watch()
        if stopper.now:
            runner.pool.shutdown(wait=False, cancel_futures=True)
            leave(stopper.code)
    raise typer.Exit(stopper.code)
