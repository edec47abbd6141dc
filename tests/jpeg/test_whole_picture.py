"""Pictures in memory as a whole, whose strips the engine hands out to threads itself."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import stripline
from stripline.errors import WorkerLost
from stripline.jpeg._engine import (
    NativeTables,
    StripTask,
    available_kernels,
    native_tables,
    run_strip,
    whole_picture,
)
from stripline.jpeg.markers import EOI, restart_marker
from stripline.jpeg.tables import Tables
from tests.support import LosingExecutor, noise

WIDTH, ROWS = 48, 8
HEADER = b"what stands before"


@pytest.fixture(scope="module")
def tables() -> NativeTables:
    return native_tables(Tables.for_quality(90))


def task(tables: NativeTables, index: int, pixels: bytes, sampling: str = "4:4:4") -> StripTask:
    return StripTask(
        index,
        (pixels,),
        (3 * WIDTH,),
        WIDTH,
        ROWS,
        "rgb",
        sampling,
        tables,
        (255, 255, 255),
        available_kernels()[0],
    )


def tasks_of(tables: NativeTables, loud: list[bool]) -> list[StripTask]:
    """Strips of noise, which take many bytes, and flat ones, which take few."""
    size = 3 * WIDTH * ROWS
    pixels = [noise(ROWS, WIDTH).tobytes() if one else bytes(size) for one in loud]
    return [task(tables, index, data) for index, data in enumerate(pixels)]


def expected(tasks: list[StripTask]) -> bytes:
    strips = [bytes(run_strip(one)) for one in tasks]
    ends = [restart_marker(index) for index in range(len(strips) - 1)] + [EOI]
    return HEADER + b"".join(part for pair in zip(strips, ends, strict=True) for part in pair)


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=40), st.integers(1, 4), st.integers(1, 9))
def test_any_threads_in_any_turns_make_the_file(loud: list[bool], threads: int, turn: int) -> None:
    tasks = tasks_of(native_tables(Tables.for_quality(90)), loud)
    picture = whole_picture(HEADER, tasks)

    def work() -> None:
        while picture.run(turn):
            pass

    with ThreadPoolExecutor(threads) as pool:
        for future in [pool.submit(work) for _ in range(threads)]:
            future.result()
    assert picture.complete
    assert picture.placed == len(tasks)
    assert picture.finish() == expected(tasks)


def test_strips_larger_than_the_first_ones_promised(tables: NativeTables) -> None:
    tasks = tasks_of(tables, [False] * 3 + [True] * 300)
    picture = whole_picture(HEADER, tasks)
    assert not picture.run(len(tasks))
    assert picture.finish() == expected(tasks)


def test_a_file_is_not_given_before_it_is_complete(tables: NativeTables) -> None:
    picture = whole_picture(HEADER, tasks_of(tables, [True, False]))
    assert picture.run(1)
    assert not picture.complete
    with pytest.raises(ValueError, match="strips are missing"):
        picture.finish()
    picture.stop()
    assert not picture.run(1)
    assert picture.placed == 1


def test_after_a_failure_nobody_takes_another_strip(tables: NativeTables) -> None:
    good = tasks_of(tables, [True] * 5)
    planes = (bytes(WIDTH * ROWS), bytes(WIDTH * ROWS // 4), bytes(WIDTH * ROWS // 4))
    halved = (WIDTH, WIDTH // 2, WIDTH // 2)
    kernels = available_kernels()[0]
    bad = StripTask(1, planes, halved, WIDTH, ROWS, "i420", "4:4:4", tables, (0, 0, 0), kernels)
    picture = whole_picture(HEADER, [good[0], bad, *good[2:]])
    with pytest.raises(ValueError, match="i420 pixels cannot be coded as 4:4:4"):
        picture.run(9)
    assert not picture.run(9)
    assert picture.placed == 1


def test_a_busy_pool_is_not_waited_for() -> None:
    pixels = noise(1800, 1000)  # four strips
    go = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        busy = pool.submit(go.wait, 60)
        assert stripline.encode(pixels, pool=pool) == stripline.encode(pixels)
        assert not busy.done()
        go.set()


def test_the_source_is_let_go() -> None:
    pixels = bytearray(noise(1800, 1000).tobytes())
    stripline.encode(np.frombuffer(pixels, np.uint8).reshape(1800, 1000, 3))
    pixels.append(0)  # a BufferError while anybody looks at it


def test_a_lost_worker_is_named() -> None:
    class Losing(LosingExecutor, ThreadPoolExecutor):
        """Threads, as far as the encoder knows."""

    with pytest.raises(WorkerLost, match="strip 0 was lost"):
        stripline.encode(noise(1800, 1000), pool=Losing())
