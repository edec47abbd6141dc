from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import aclosing
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import stripline
from stripline import JpegEncoder
from stripline.errors import (
    InvalidDimensions,
    InvalidOption,
    SourceFailed,
    TargetNotSeekable,
    TooFewRows,
    TooManyRows,
    UnsupportedPixels,
    UsageError,
    WorkerLost,
    WrongRowSize,
)
from stripline.jpeg import _work
from stripline.jpeg._engine import Segment, StripTask, run_strip
from stripline.pools import SerialExecutor
from tests.support import CountingPool, HeldExecutor, LosingExecutor, noise

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    import numpy as np
    from numpy.typing import NDArray

pytestmark = pytest.mark.usefixtures("small_strips")

WIDTH, HEIGHT, BATCH = 16, 80, 8
BATCHES = HEIGHT // BATCH
PIXELS = noise(HEIGHT, WIDTH)


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run to the end; nothing may be left on the loop."""

    async def main() -> Any:
        try:
            return await coroutine
        finally:
            assert asyncio.all_tasks() == {asyncio.current_task()}

    return asyncio.run(main())


class Stream:
    """Asynchronous batches that do something else at one of them, and know if they are closed."""

    def __init__(self, at: int = -1, action: Callable[[], Any] = bytes, rows: int = BATCH) -> None:
        self.closed = 0
        self.asked = 0
        self._at = at
        self._action = action
        self._rows = rows

    def __aiter__(self) -> AsyncIterator[object]:
        return self

    async def __anext__(self) -> object:
        index = self.asked
        self.asked += 1
        await asyncio.sleep(0)
        if index == self._at:
            result = self._action()
            return await result if asyncio.iscoroutine(result) else result
        batch = PIXELS[index * self._rows : (index + 1) * self._rows].tobytes()
        if not batch:
            raise StopAsyncIteration
        return batch

    async def aclose(self) -> None:
        await asyncio.sleep(0)
        self.closed += 1


def raising(error: BaseException) -> Callable[[], bytes]:
    def action() -> bytes:
        raise error

    return action


async def joined(chunks: AsyncIterator[bytes]) -> bytes:
    pieces = [chunk async for chunk in chunks]
    assert all(pieces)
    return b"".join(pieces)


@given(
    height=st.integers(1, 70),
    width=st.integers(1, 40),
    rows=st.integers(1, 71),
    known=st.booleans(),
)
def test_any_batches_give_the_bytes_of_encode(
    height: int, width: int, rows: int, known: bool
) -> None:
    pixels = noise(height, width)

    async def stream() -> AsyncIterator[object]:
        for top in range(0, height, rows):
            buffer = bytearray(pixels[top : top + rows].tobytes())
            yield memoryview(buffer).toreadonly()
            buffer[:] = bytes(len(buffer))  # a stream may reuse its memory

    encoder = JpegEncoder()
    told = height if known else None
    expected = stripline.encode(pixels)
    assert run(encoder.encode(stream(), width=width, height=told)) == expected
    assert run(joined(encoder.stream(stream(), width=width, height=height))) == expected


@pytest.mark.parametrize(
    "pool",
    [
        lambda: None,
        SerialExecutor,
        lambda: ThreadPoolExecutor(3),
        lambda: ProcessPoolExecutor(2, mp_context=get_context("spawn")),
    ],
    ids=["default", "serial", "threads", "processes"],
)
def test_any_pool_gives_the_same_bytes(pool: Callable[[], Any]) -> None:
    executor = pool()
    expected = stripline.encode(PIXELS)
    assert run(JpegEncoder(executor).encode(Stream(), width=WIDTH, height=HEIGHT)) == expected
    if executor is not None:
        executor.shutdown()


def test_options_and_formats_are_those_of_encode() -> None:
    options: Any = {"quality": 70, "subsampling": "4:2:0", "metadata": stripline.Metadata(xmp=b"x")}
    found = run(JpegEncoder().encode(Stream(), width=WIDTH, format="bgr", **options))
    assert found == stripline.encode(PIXELS, format="bgr", **options)


def test_the_loop_is_never_blocked() -> None:
    # The strips are encoded by a task on the same loop: it would never get its turn if the encoder
    # waited for them in the loop's thread.
    pool = HeldExecutor()

    async def work() -> None:
        while True:
            if pool.waiting:
                pool.run(len(pool.waiting) - 1)
            await asyncio.sleep(0)

    async def main() -> bytes:
        worker = asyncio.create_task(work())
        try:
            return await JpegEncoder(pool).encode(Stream(), width=WIDTH)
        finally:
            worker.cancel()
            await asyncio.wait([worker])

    assert run(main()) == stripline.encode(PIXELS)


def test_a_serial_pool_works_in_a_thread_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = set()

    def noting(task: StripTask) -> Segment:
        seen.add(threading.get_ident())
        return run_strip(task)

    monkeypatch.setattr(_work, "run_strip", noting)
    before = set(threading.enumerate())
    run(JpegEncoder(SerialExecutor()).encode(Stream(), width=WIDTH))
    assert len(seen) == 1
    assert threading.get_ident() not in seen
    assert set(threading.enumerate()) <= before


def test_one_encoder_serves_many_streams_at_once() -> None:
    async def main() -> list[bytes]:
        encoder = JpegEncoder()
        return await asyncio.gather(
            *(encoder.encode(Stream(rows=rows), width=WIDTH) for rows in range(1, 30))
        )

    assert set(run(main())) == {stripline.encode(PIXELS)}


def test_the_stream_is_not_asked_for_more_than_there_is_room() -> None:
    pool, stream = HeldExecutor(), Stream()
    pool._max_workers = 2  # type: ignore[attr-defined]  # as the standard library's executors say

    async def main() -> None:
        task = asyncio.create_task(JpegEncoder(pool).encode(stream, width=WIDTH))
        for _ in range(1000):
            await asyncio.sleep(0)
        # Two at work, four waiting, and one that found no room.
        assert len(pool.waiting) == 6
        assert stream.asked == 7
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(main())
    assert stream.closed == 1


def test_progress_counts_rows() -> None:
    seen = []
    run(
        JpegEncoder().encode(
            Stream(), width=WIDTH, height=HEIGHT, progress=lambda *args: seen.append(args)
        )
    )
    assert seen == [(8 * (n + 1), 80) for n in range(10)]


def test_bytes_come_before_the_stream_ends() -> None:
    stream = Stream()

    async def main() -> None:
        chunks = JpegEncoder(CountingPool(1)).stream(stream, width=WIDTH, height=HEIGHT)
        async with aclosing(chunks):
            assert (await anext(chunks)).startswith(b"\xff\xd8")
            assert stream.asked < BATCHES

    run(main())
    assert stream.closed == 1


@pytest.fixture(params=["encode", "stream"])
def attempt(request: pytest.FixtureRequest) -> Any:
    """Encodes in one of the two ways; afterwards the pool is idle and the stream closed."""

    def encode(stream: Stream, **options: Any) -> None:
        with CountingPool() as pool:
            encoder = JpegEncoder(pool)
            try:
                if request.param == "encode":
                    run(encoder.encode(stream, width=WIDTH, height=HEIGHT, **options))
                else:
                    run(joined(encoder.stream(stream, width=WIDTH, height=HEIGHT, **options)))
            finally:
                assert pool.is_idle()
                assert stream.closed == 1

    return encode


@pytest.mark.parametrize("at", range(BATCHES + 1))
def test_a_stream_that_raises(attempt: Any, at: int) -> None:
    with pytest.raises(SourceFailed, match=f"after {at * BATCH} rows: OSError: gone") as caught:
        attempt(Stream(at, raising(OSError("gone"))))
    assert isinstance(caught.value.__cause__, OSError)


@pytest.mark.parametrize("at", range(BATCHES))
def test_a_stream_that_ends_early(attempt: Any, at: int) -> None:
    with pytest.raises(TooFewRows, match=f"after {at * BATCH} of 80 rows"):
        attempt(Stream(at, raising(StopAsyncIteration())))


def test_a_stream_that_goes_on(attempt: Any) -> None:
    with pytest.raises(TooManyRows, match="88 rows or more"):
        attempt(Stream(BATCHES, lambda: bytes(3 * WIDTH * BATCH)))


@pytest.mark.parametrize("at", [0, 5, BATCHES])
@pytest.mark.parametrize(("batch", "error"), [(bytes(47), WrongRowSize), (None, UnsupportedPixels)])
def test_a_batch_that_is_no_rows(
    attempt: Any, at: int, batch: object, error: type[Exception]
) -> None:
    with pytest.raises(error):
        attempt(Stream(at, lambda: batch))


def test_a_progress_callback_that_raises(attempt: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        attempt(Stream(), progress=lambda *_: 1 / 0)


@pytest.mark.parametrize("at", range(BATCHES + 1))
def test_cancelled_while_it_waits_for_rows(at: int) -> None:
    async def main(stream: Stream, waits: asyncio.Event, pool: CountingPool) -> None:
        task = asyncio.create_task(JpegEncoder(pool).encode(stream, width=WIDTH))
        await waits.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert pool.is_idle()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    async def starve(waits: asyncio.Event) -> None:
        waits.set()
        await asyncio.Event().wait()

    async def whole() -> Stream:
        waits = asyncio.Event()
        stream = Stream(at, lambda: starve(waits))
        with CountingPool() as pool:
            await main(stream, waits, pool)
        return stream

    assert run(whole()).closed == 1


def test_cancelled_while_strips_run_it_waits_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    started, release = threading.Event(), threading.Event()

    def held(task: StripTask) -> Segment:
        started.set()
        assert release.wait(30)
        return run_strip(task)

    monkeypatch.setattr(_work, "run_strip", held)

    async def main() -> None:
        with CountingPool(1) as pool:
            task = asyncio.create_task(JpegEncoder(pool).encode(Stream(), width=WIDTH))
            for _ in range(1000):
                await asyncio.sleep(0)
            assert started.wait(30)
            for _ in range(3):  # again and again: it must not leave a strip behind
                task.cancel()
                for _ in range(10):
                    await asyncio.sleep(0)
                assert not task.done()
            release.set()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert pool.is_idle()
            # The one that ran was waited for, the others never ran.
            assert [future.cancelled() for future in pool.futures] == [False] + [True] * 4

    run(main())


def test_a_timeout_leaves_nothing_running() -> None:
    async def forever() -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        stream = Stream(3, forever)
        with CountingPool() as pool:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await JpegEncoder(pool).encode(stream, width=WIDTH)
            assert pool.is_idle()
        assert stream.closed == 1

    run(main())


@pytest.mark.parametrize("taken", range(4))
def test_a_stream_of_bytes_that_is_closed_early(taken: int) -> None:
    async def main() -> None:
        with CountingPool() as pool:
            stream = Stream()
            chunks = JpegEncoder(pool).stream(stream, width=WIDTH, height=HEIGHT)
            for _ in range(taken):
                await anext(chunks)
            await chunks.aclose()
            assert pool.is_idle()
            assert stream.closed == (1 if taken else 0)

    run(main())


def test_a_worker_that_dies_may_be_retried() -> None:
    with pytest.raises(WorkerLost) as caught:
        run(JpegEncoder(LosingExecutor()).encode(Stream(), width=WIDTH))
    assert caught.value.retryable


def test_what_is_wrong_from_the_start() -> None:
    encoder = JpegEncoder()
    with pytest.raises(TargetNotSeekable):
        encoder.stream(Stream(), width=WIDTH, height=None)  # type: ignore[arg-type]  # is tested
    with pytest.raises(InvalidOption, match="quality is 0"):
        encoder.stream(Stream(), width=WIDTH, height=HEIGHT, quality=0)
    with pytest.raises(InvalidDimensions, match="width is 0"):
        encoder.stream(Stream(), width=0, height=HEIGHT)
    with pytest.raises(UnsupportedPixels, match="PlanarFrame"):
        encoder.stream(Stream(), width=WIDTH, height=HEIGHT, format="i420")
    with pytest.raises(UsageError, match="asynchronous iterable, not list"):
        run(encoder.encode([], width=WIDTH))  # type: ignore[arg-type]  # that is what is tested


def test_large_pictures_too(large_photo: NDArray[np.uint8]) -> None:
    async def stream() -> AsyncIterator[object]:
        yield large_photo

    assert run(JpegEncoder().encode(stream(), width=1024)) == stripline.encode(large_photo)
