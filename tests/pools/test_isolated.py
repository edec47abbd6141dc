"""Processes that may die. Calls are functions of this module, which workers import."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from stripline.errors import InvalidOption, LimitExceeded, WorkerLost
from stripline.pools import pool_width
from stripline.pools.isolated import IsolatedPool

if TYPE_CHECKING:
    from collections.abc import Iterator


DYING = """
import os, signal, time
from stripline.pools.isolated import IsolatedPool
if __name__ == "__main__":
    pool = IsolatedPool(1)
    print(pool.submit(os.getpid).result(), flush=True)
    pool.submit(time.sleep, 600)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def pool() -> Iterator[IsolatedPool]:
    with IsolatedPool(2, seconds=60, memory_bytes=256 << 20) as opened:
        yield opened


def test_calls_run_elsewhere(pool: IsolatedPool) -> None:
    assert pool_width(pool) == 2
    assert pool.submit(pow, 2, 10).result() == 1024
    assert pool.submit(os.getpid).result() != os.getpid()
    assert list(pool.map(abs, range(-50, 0))) == list(range(50, 0, -1))


def test_errors_come_back(pool: IsolatedPool) -> None:
    with pytest.raises(ZeroDivisionError):
        pool.submit(divmod, 1, 0).result()


def test_a_crash_costs_the_call_that_crashed(pool: IsolatedPool) -> None:
    calls = [pool.submit(abs, -n) for n in range(20)]
    crash = pool.submit(os.kill, pool.submit(os.getpid).result(), 0)  # of a worker that lives
    crash.result()
    dying = pool.submit(signal.raise_signal, signal.SIGSEGV)
    calls += [pool.submit(abs, -n) for n in range(20, 40)]
    with pytest.raises(WorkerLost, match="by signal 11"):
        dying.result()
    assert [call.result() for call in calls] == list(range(40))
    with pytest.raises(WorkerLost, match="with status 7"):
        pool.submit(os._exit, 7).result()


def test_memory_is_limited_for_each_call(pool: IsolatedPool) -> None:
    assert len(pool.submit(bytearray, 100 << 20).result()) == 100 << 20
    with pytest.raises(LimitExceeded, match="268,435,456 bytes of memory"):
        pool.submit(bytearray, 400 << 20).result()
    assert len(pool.submit(bytearray, 100 << 20).result()) == 100 << 20


def test_time_is_limited() -> None:
    with IsolatedPool(1, seconds=0.5) as pool:
        with pytest.raises(LimitExceeded, match=r"0\.5 seconds"):
            pool.submit(time.sleep, 600).result()
        assert pool.submit(abs, -1).result() == 1


def test_killing_ends_what_runs_and_cancels_what_waits() -> None:
    pool = IsolatedPool(1)
    pool.submit(abs, 1).result()
    running, waiting = pool.submit(time.sleep, 600), pool.submit(time.sleep, 600)
    while not running.running():
        pass
    assert not running.cancel()
    pool.kill_workers()
    with pytest.raises(WorkerLost):
        running.result()
    assert waiting.cancelled()
    with pytest.raises(RuntimeError):
        pool.submit(abs, 1)


def test_shutting_down_does_what_was_submitted() -> None:
    pool = IsolatedPool(1)
    calls = [pool.submit(abs, -n) for n in range(5)]
    pool.shutdown()
    assert [call.result() for call in calls] == list(range(5))
    pool.shutdown()


def test_what_cannot_be_pickled_is_refused_on_either_side(pool: IsolatedPool) -> None:
    with pytest.raises((AttributeError, TypeError)):
        pool.submit(lambda: 1).result()
    with pytest.raises(TypeError, match="pickle"):
        pool.submit(open, os.devnull).result()
    assert pool.submit(abs, -1).result() == 1


def test_workers_do_not_outlive_their_pool() -> None:
    started = subprocess.run([sys.executable, "-c", DYING], check=False, capture_output=True)
    assert started.returncode == -signal.SIGKILL
    worker = int(started.stdout)
    with contextlib.suppress(ProcessLookupError):
        while True:  # the system kills it, in its own time
            os.kill(worker, 0)


@pytest.mark.parametrize("wrong", [{"workers": 0}, {"seconds": -1}, {"memory_bytes": 0}])
def test_limits_are_above_zero(wrong: dict[str, int]) -> None:
    with pytest.raises(InvalidOption, match=next(iter(wrong))):
        IsolatedPool(**wrong)
