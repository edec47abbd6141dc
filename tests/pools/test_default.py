from __future__ import annotations

import os
import threading
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from stripline.pools import SerialExecutor, default_pool, pool_width, usable_cores


def test_is_shared_and_as_wide_as_the_machine() -> None:
    assert default_pool() is default_pool()
    assert pool_width(default_pool()) == usable_cores()


def test_its_own_threads_get_a_serial_one() -> None:
    inner = default_pool().submit(default_pool).result()
    assert isinstance(inner, SerialExecutor)


def test_all_threads_get_the_same_one() -> None:
    found: list[Executor] = []
    threads = [threading.Thread(target=lambda: found.append(default_pool())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(map(id, found)) == {id(default_pool())}
    assert len(found) == 8


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_makes_its_own() -> None:
    assert default_pool().submit(int).result() == 0
    child = os.fork()
    if child == 0:
        # Without a pool of its own, the child would wait for threads that it does not have.
        os._exit(default_pool().submit(int, "42").result(timeout=30))
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 42


class Unmarked(Executor):
    def submit(self, *_: object, **__: object) -> Future[None]:  # type: ignore[override]  # unused
        raise NotImplementedError


def test_width_of_executors() -> None:
    assert pool_width(SerialExecutor()) == 1
    with ThreadPoolExecutor(5) as threads, ProcessPoolExecutor(3) as processes:
        assert pool_width(threads) == 5
        assert pool_width(processes) == 3
    assert pool_width(Unmarked()) == usable_cores()
