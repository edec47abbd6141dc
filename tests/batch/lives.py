"""A process that works on a batch until it is killed; a module of its own, for it to import."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from stripline.batch import Journal, plan_job
from stripline.batch.events import TaskEnded, TaskStarted
from stripline.batch.run import Run
from stripline.pools import default_pool
from stripline.pools.isolated import IsolatedPool
from tests.batch.support import found_in, spec_for

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from multiprocessing.connection import Connection

    from stripline.batch.events import Event


def live(source: Path, output: Path, journal_url: str, pool: str, pipe: Connection) -> None:
    """Plan, run, and say on the way what begins and what ended, a line each."""

    def listen(event: Event) -> None:
        if isinstance(event, TaskStarted):
            say(f"begin {Path(event.source).name}")
        elif isinstance(event, TaskEnded):
            say(f"{event.state} {Path(event.source).name}")

    def say(line: str) -> None:
        os.write(pipe.fileno(), f"{line}\n".encode())

    with Journal(journal_url) as journal, ExitStack() as stack:
        job = plan_job(journal, found_in(source), spec_for(output), inputs=["in"])
        say("planned")
        workers: Executor = default_pool()
        if pool == "isolated":
            workers = stack.enter_context(IsolatedPool(2))
        state = Run(journal, job, pool=workers, listeners=[listen]).run().state
        say(f"over {state}")


def kill_worker_at(work: object) -> object:
    """Do the work, but die over one picture, the first time that anybody tries it."""
    import signal

    from stripline.batch.task import Work
    from stripline.batch.work import do_work

    assert isinstance(work, Work)
    mark = Path(work.source.url).with_suffix(".killed")
    if work.source.url.endswith("7.jpg") and not mark.exists():
        mark.touch()
        (Path(work.outputs[0].url).parent / f".{work.key[:8]}01234567.stripline").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return do_work(work)


def kill_worker_always(work: object) -> object:
    """Do the work, but die over one picture whenever it is tried."""
    from stripline.batch.task import Work
    from stripline.batch.work import do_work

    assert isinstance(work, Work)
    if work.source.url.endswith("7.jpg"):
        os.abort()
    return do_work(work)
