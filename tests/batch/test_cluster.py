"""Dask behind `Executor`: the same files as threads make, workers that die, no cluster at all."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from concurrent.futures import Future
from typing import TYPE_CHECKING

import dask
import pytest

from stripline.batch.cluster import ClusterExecutor, _hand_over, open_cluster
from stripline.batch.plan import plan_job
from stripline.batch.run import run_job
from stripline.errors import ClusterFailed, CorruptImage, InvalidOption, WorkerLost
from tests.batch.support import files_below, found_in, make_pictures, spec_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stripline.batch import Journal, Totals
    from stripline.batch.events import Event

SCHEDULER = """
import asyncio, sys
from distributed import Scheduler
async def main():
    async with Scheduler(host="127.0.0.1", port=0, dashboard_address=":0") as scheduler:
        print(scheduler.address, flush=True)
        await asyncio.to_thread(sys.stdin.read)
asyncio.run(main())
"""
# As `dask worker ADDRESS --nthreads 1 --no-nanny` does.
WORKER = """
import asyncio, sys
{before}
from distributed import Worker
async def main():
    async with Worker(sys.argv[1], nthreads=1, dashboard_address=":0"):
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)
asyncio.run(main())
"""
WITHOUT_STRIPLINE = "sys.modules.update({'stripline': None, 'stripline.batch': None})"
OTHER_STRIPLINE = "import stripline; stripline.__version__ = '9.9'"


def begun(code: str, *arguments: str) -> subprocess.Popen[bytes]:
    """A part of a cluster, which ends with its standard input."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def first_line(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().decode().strip()


def end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    process = begun(SCHEDULER)
    yield first_line(process)
    end(process)


@pytest.fixture(scope="module")
def workers(scheduler: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Two of them, as processes of their own."""
    processes = [begun(WORKER.format(before=""), scheduler) for _ in range(2)]
    assert [first_line(process) for process in processes] == ["ready", "ready"]
    yield processes
    for process in processes:
        end(process)


@pytest.fixture(scope="module")
def cluster(scheduler: str, workers: list[subprocess.Popen[bytes]]) -> Iterator[ClusterExecutor]:
    del workers
    with open_cluster(scheduler) as executor:
        yield executor


def test_a_scheduler_without_workers(scheduler: str) -> None:
    with pytest.raises(ClusterFailed, match=f"dask worker {scheduler}"):
        open_cluster(scheduler, patience_seconds=0.5)


@pytest.mark.parametrize(
    ("before", "words"),
    [(WITHOUT_STRIPLINE, "cannot import stripline"), (OTHER_STRIPLINE, "has stripline 9.9")],
)
def test_workers_that_would_fail_or_make_other_files(
    scheduler: str, before: str, words: str
) -> None:
    process = begun(WORKER.format(before=before), scheduler)
    try:
        assert first_line(process) == "ready"
        with pytest.raises(ClusterFailed, match=words):
            open_cluster(scheduler)
    finally:
        end(process)


def test_no_scheduler() -> None:
    with pytest.raises(ClusterFailed, match="no scheduler answers"):
        open_cluster("tcp://127.0.0.1:9", patience_seconds=0.5)


@pytest.mark.parametrize("where", ["nowhere", "http://127.0.0.1:80", "tcp://10.0.0.1", "Local"])
def test_no_address(where: str) -> None:
    with pytest.raises(InvalidOption, match="neither `local` nor a scheduler's address"):
        open_cluster(where)


def test_is_an_executor(cluster: ClusterExecutor) -> None:
    futures = [cluster.submit(pow, 2, number) for number in range(20)]
    assert [future.result() for future in futures] == [2**number for number in range(20)]
    assert cluster._max_workers == 2
    assert cluster.memory_bytes > 0
    processes = {cluster.submit(os.getpid).result() for _ in range(20)}
    assert os.getpid() not in processes
    error = cluster.submit(_fail).exception()
    assert isinstance(error, CorruptImage)
    assert not cluster.submit(pow, 2, 3).cancel()  # it may be running by now


def _fail() -> None:
    raise CorruptImage("bad")


def run_on(
    pool: ClusterExecutor | None, journal: Journal, folder: Path, output: Path, *listeners: Dead
) -> Totals:
    recipe = {"resize": {"width": 90}, "output": {"format": "webp"}}
    job = plan_job(journal, found_in(folder), spec_for(output, recipe), inputs=[str(output)])
    return run_job(journal, job, pool=pool, listeners=listeners)


class Dead:
    """Kills a part of a cluster in the middle of a job."""

    def __init__(self, part: subprocess.Popen[bytes]) -> None:
        self.part = part
        self.ended = 0

    def __call__(self, event: Event) -> None:
        from stripline.batch.events import TaskEnded

        if isinstance(event, TaskEnded):
            self.ended += 1
            if self.ended == 3:
                self.part.send_signal(signal.SIGKILL)


def test_the_same_files_as_threads_make(
    cluster: ClusterExecutor, journal: Journal, tmp_path: Path
) -> None:
    folder = make_pictures(tmp_path / "in", 12, side=200)
    (folder / "cut.jpg").write_bytes((folder / "p0000.jpg").read_bytes()[:3000])
    by_threads = run_on(None, journal, folder, tmp_path / "a")
    by_cluster = run_on(cluster, journal, folder, tmp_path / "b")
    assert (by_cluster.done, by_cluster.causes) == (by_threads.done, by_threads.causes)
    assert by_cluster.causes == {"CorruptImage": 1}
    assert files_below(tmp_path / "b") == files_below(tmp_path / "a")


def test_a_local_cluster_and_a_decoder_that_dies(journal: Journal, tmp_path: Path) -> None:
    folder = make_pictures(tmp_path / "in", 6, side=200)
    run_on(None, journal, folder, tmp_path / "a")
    with open_cluster("local", workers=1, memory_bytes=1 << 30) as cluster:
        assert cluster._max_workers == 1
        assert cluster.memory_bytes == int(0.6 * (1 << 30))
        assert run_on(cluster, journal, folder, tmp_path / "b").done == 6
        error = cluster.submit(os._exit, 3).exception()
        assert isinstance(error, WorkerLost)
        assert cluster.submit(pow, 2, 3).result() == 8
        assert cluster.submit(signal.getsignal, signal.SIGINT).result() == signal.SIG_IGN
    assert files_below(tmp_path / "b") == files_below(tmp_path / "a")
    with pytest.raises(RuntimeError):
        cluster.submit(pow, 2, 3)


def test_a_worker_that_dask_gives_up_is_replaced() -> None:
    """Dask does so if another one is not there in time, which here is at once."""
    with (
        dask.config.set({"distributed.deploy.lost-worker-timeout": "0s"}),
        open_cluster("local", workers=1) as cluster,
    ):
        os.kill(cluster.submit(os.getpid).result(), signal.SIGKILL)
        assert cluster.submit(pow, 2, 3).result(timeout=60) == 8


def test_a_worker_that_dies_when_its_result_was_fetched() -> None:
    from distributed.cfexecutor import _cascade_future

    class LostAgain:
        status = "pending"

        async def _result(self, **_: object) -> object:
            return object()

    async def hand_over(inner: Future[object]) -> None:
        await _cascade_future(LostAgain(), inner)

    inner: Future[object] = Future()
    outer: Future[object] = Future()
    asyncio.run(hand_over(inner))
    _hand_over(inner, outer)
    assert isinstance(outer.exception(), WorkerLost)
    inner, outer = Future(), Future()
    inner.set_exception(TypeError("of the call"))
    _hand_over(inner, outer)
    assert isinstance(outer.exception(), TypeError)


def test_a_scheduler_that_dies_ends_the_run_and_the_next_one_goes_on(
    journal: Journal, tmp_path: Path
) -> None:
    folder = make_pictures(tmp_path / "in", 24, side=300)
    scheduler = begun(SCHEDULER)
    address = first_line(scheduler)
    worker = begun(WORKER.format(before=""), address)
    try:
        assert first_line(worker) == "ready"
        with (
            open_cluster(address) as executor,
            pytest.raises(WorkerLost, match="is gone"),
        ):
            run_on(executor, journal, folder, tmp_path / "out", Dead(scheduler))
    finally:
        end(worker)
        end(scheduler)
    assert run_on(None, journal, folder, tmp_path / "out").done == 24
    assert len(files_below(tmp_path / "out")) == 24


def test_a_worker_killed_mid_run_costs_nothing(
    scheduler: str, workers: list[subprocess.Popen[bytes]], journal: Journal, tmp_path: Path
) -> None:
    """The last test of this module, as it takes one of its workers."""
    folder = make_pictures(tmp_path / "in", 24, side=300)
    run_on(None, journal, folder, tmp_path / "a")
    dead = Dead(workers[0])
    with open_cluster(scheduler) as executor:
        totals = run_on(executor, journal, folder, tmp_path / "b", dead)
    assert workers[0].wait() == -signal.SIGKILL
    assert (totals.state, totals.done) == ("done", 24)
    assert files_below(tmp_path / "b") == files_below(tmp_path / "a")
