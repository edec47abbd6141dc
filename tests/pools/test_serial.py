from __future__ import annotations

import threading

import pytest

from stripline.pools import SerialExecutor


def test_runs_in_the_calling_thread_at_once() -> None:
    future = SerialExecutor().submit(threading.get_ident)
    assert future.done()
    assert future.result() == threading.get_ident()


def test_passes_arguments() -> None:
    assert SerialExecutor().submit(int, "ff", base=16).result() == 255
    assert list(SerialExecutor().map(int, ["1", "2"])) == [1, 2]


def test_keeps_errors_in_the_future() -> None:
    future = SerialExecutor().submit(int, "x")
    assert isinstance(future.exception(), ValueError)


def test_interrupts_reach_the_caller() -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SerialExecutor().submit(interrupt)


def test_takes_nothing_after_shutdown() -> None:
    with SerialExecutor() as pool:
        assert pool.submit(int).result() == 0
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(int)
