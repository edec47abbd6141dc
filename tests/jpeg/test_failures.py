"""Whatever fails, and wherever: a typed error, no work left in the pool, no file, all closed."""

from __future__ import annotations

import gc
import os
import threading
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import pytest

import stripline
from stripline.errors import (
    SinkFailed,
    SourceFailed,
    TooFewRows,
    TooManyRows,
    UsageError,
    WorkerLost,
    WrongRowSize,
)
from stripline.pools import SerialExecutor
from tests.support import CountingPool, LosingExecutor, noise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from typing_extensions import Buffer

pytestmark = pytest.mark.usefixtures("small_strips")

WIDTH, HEIGHT, BATCH = 16, 80, 8
BATCHES = HEIGHT // BATCH
PIXELS = noise(HEIGHT, WIDTH)


class Rows:
    """An iterable of batches that does something else at one of them, and knows if it is closed."""

    def __init__(self, at: int, action: Callable[[], bytes]) -> None:
        self.closed = 0
        self._at = at
        self._action = action
        self._next = 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        index = self._next
        self._next += 1
        if index == self._at:
            return self._action()
        if index >= BATCHES:
            raise StopIteration
        return PIXELS[index * BATCH : (index + 1) * BATCH].tobytes()

    def close(self) -> None:
        self.closed += 1


def raising(error: BaseException) -> Callable[[], bytes]:
    def action() -> bytes:
        raise error

    return action


@pytest.fixture(params=["file", "iterator"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """Encodes to a file, or as an iterator; afterwards nothing may be left anywhere."""
    pool = CountingPool()

    def encode(rows: Rows, **options: Any) -> None:
        try:
            if request.param == "file":
                stripline.encode(
                    rows, tmp_path / "a.jpg", width=WIDTH, height=HEIGHT, pool=pool, **options
                )
            else:
                for _ in stripline.iter_encode(rows, WIDTH, HEIGHT, pool=pool, **options):
                    pass
        finally:
            assert pool.is_idle()
            assert rows.closed == 1

    yield encode
    pool.shutdown()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("at", range(BATCHES + 1))
def test_a_source_that_raises(run: Any, at: int) -> None:
    with pytest.raises(SourceFailed, match=f"after {at * BATCH} rows: OSError: gone") as caught:
        run(Rows(at, raising(OSError("gone"))))
    assert isinstance(caught.value.__cause__, OSError)


@pytest.mark.parametrize("at", range(BATCHES + 1))
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_a_source_that_is_interrupted(run: Any, at: int, error: type[BaseException]) -> None:
    with pytest.raises(error):
        run(Rows(at, raising(error())))


@pytest.mark.parametrize("at", range(BATCHES))
def test_a_source_that_ends_early(run: Any, at: int) -> None:
    with pytest.raises(TooFewRows, match=f"after {at * BATCH} of 80 rows"):
        run(Rows(at, raising(StopIteration())))


def test_a_source_that_goes_on(run: Any) -> None:
    with pytest.raises(TooManyRows, match="88 rows or more, 80 were expected"):
        run(Rows(BATCHES, lambda: bytes(WIDTH * 3 * BATCH)))


@pytest.mark.parametrize("at", range(BATCHES + 1))
def test_a_batch_that_is_not_whole_rows(run: Any, at: int) -> None:
    with pytest.raises(WrongRowSize, match="batch of 47 bytes"):
        run(Rows(at, lambda: bytes(47)))


@pytest.mark.parametrize("at", range(1, BATCHES + 1))
def test_a_progress_callback_that_raises(run: Any, at: int) -> None:
    def progress(done: int, _: int | None) -> None:
        if done >= at * BATCH:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(Rows(-1, bytes), progress=progress)


def test_an_iterator_that_is_closed_or_dropped() -> None:
    for drop in (False, True):
        for taken in range(4):
            with CountingPool() as pool:
                rows = Rows(-1, bytes)
                chunks = stripline.iter_encode(rows, WIDTH, HEIGHT, pool=pool)
                for _ in range(taken):
                    next(chunks)
                if drop:
                    del chunks
                    gc.collect()
                else:
                    chunks.close()  # type: ignore[attr-defined]  # generators can
                assert pool.is_idle()
                assert rows.closed == (1 if taken else 0)


class Target:
    """A file object that fails at the n-th thing that is done to it."""

    def __init__(self, fails_at: int, error: BaseException) -> None:
        self.left = fails_at
        self.error = error
        self.bytes = 0

    def _tick(self) -> None:
        if self.left == 0:
            raise self.error
        self.left -= 1

    def write(self, data: bytes) -> int:
        self._tick()
        self.bytes += len(data)
        return len(data)

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.bytes

    def seek(self, offset: int, whence: int = 0) -> int:
        self._tick()
        return offset + whence

    def flush(self) -> None:
        self._tick()


def count_actions() -> int:
    target = Target(10**6, OSError())
    stripline.encode(Rows(-1, bytes), target, width=WIDTH)  # type: ignore[call-overload]
    return 10**6 - target.left


def test_a_target_that_fails_at_any_point() -> None:
    actions = count_actions()
    assert actions > 2 * BATCHES
    for at in range(actions):
        with CountingPool() as pool:
            target, rows = Target(at, OSError("disk full")), Rows(-1, bytes)
            with pytest.raises(SinkFailed, match="OSError: disk full") as caught:
                stripline.encode(rows, target, width=WIDTH, pool=pool)  # type: ignore[call-overload]
            assert caught.value.retryable
            assert pool.is_idle()
            assert rows.closed == 1


def test_a_target_that_is_interrupted_at_any_point() -> None:
    for at in range(count_actions()):
        with CountingPool() as pool:
            target, rows = Target(at, KeyboardInterrupt()), Rows(-1, bytes)
            with pytest.raises(KeyboardInterrupt):
                stripline.encode(rows, target, width=WIDTH, pool=pool)  # type: ignore[call-overload]
            assert pool.is_idle()
            assert rows.closed == 1


@pytest.mark.parametrize("method", ["fsync", "flush", "replace", "chmod"])
def test_a_file_that_fails_at_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"old")

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    if method == "fsync":
        monkeypatch.setattr(os, "fsync", fail)
    elif method == "flush":
        monkeypatch.setattr("stripline.streams.sink.FileSink.write", fail)
    else:
        monkeypatch.setattr(f"pathlib.Path.{method}", fail)
    with pytest.raises(SinkFailed, match="No space left"):
        stripline.encode(PIXELS, path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["no/such/folder/a.jpg", "."])
def test_a_file_that_cannot_be_made(tmp_path: Path, name: str) -> None:
    rows = Rows(-1, bytes)
    with pytest.raises(SinkFailed, match="after 0 bytes"):
        stripline.encode(rows, tmp_path / name, width=WIDTH)
    assert rows.closed == 1
    assert not list(tmp_path.iterdir())


class FailingSink:
    """A sink of somebody else's, with errors of stripline's own."""

    can_patch = True

    def __init__(self) -> None:
        self.aborted = 0

    def write(self, data: Buffer) -> None:
        raise SinkFailed(0, f"the store refuses {memoryview(data).nbytes > 0}")

    def patch(self, offset: int, data: bytes) -> None:
        raise NotImplementedError((offset, data))

    def commit(self) -> None:
        raise NotImplementedError

    def abort(self) -> None:
        self.aborted += 1


def test_a_sinks_own_typed_error_is_left_alone() -> None:
    sink = FailingSink()
    with pytest.raises(SinkFailed, match="the store refuses"):
        stripline.encode(PIXELS, sink)
    assert sink.aborted == 1


class Killer(Executor):
    """A process pool whose worker dies at its n-th strip."""

    def __init__(self, at: int) -> None:
        self.inner = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        self.left = at

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.left -= 1
        return (
            self.inner.submit(os._exit, 1)
            if self.left < 0
            else self.inner.submit(fn, *args, **kwargs)
        )

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.inner.shutdown(wait, cancel_futures=cancel_futures)


def test_a_worker_that_dies_is_named_and_may_be_retried(tmp_path: Path) -> None:
    with Killer(at=2) as pool:
        rows = Rows(-1, bytes)
        with pytest.raises(WorkerLost) as caught:
            stripline.encode(rows, tmp_path / "a.jpg", width=WIDTH, pool=pool)
        assert caught.value.retryable
        assert rows.closed == 1
        # A broken pool refuses strips at once.
        with pytest.raises(WorkerLost, match="the pool is broken"):
            stripline.encode(PIXELS, pool=pool)
    assert not list(tmp_path.iterdir())


def test_strips_that_somebody_else_cancels_are_lost() -> None:
    with pytest.raises(WorkerLost, match="strip 0 was lost"):
        stripline.encode(PIXELS, pool=LosingExecutor())


def test_a_pool_that_is_shut_down_is_a_mistake() -> None:
    for pool in (ThreadPoolExecutor(1), SerialExecutor()):
        pool.shutdown()
        with pytest.raises(UsageError, match=r"takes no work: .*after shutdown"):
            stripline.encode(PIXELS, pool=pool)


class Failing(Executor):
    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(MemoryError())
        return future


def test_what_a_strip_raises_comes_through() -> None:
    with pytest.raises(MemoryError):
        stripline.encode(PIXELS, pool=Failing())


def test_strips_in_flight_are_bounded() -> None:
    # Each worker holds its strip until the source has been asked for more rows than may be out.
    release = threading.Event()
    out, most = 0, 0

    class Slow(ThreadPoolExecutor):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            nonlocal out, most
            out += 1
            most = max(most, out)
            if out == 7:
                release.set()
            future = super().submit(lambda: (release.wait(30), fn(*args, **kwargs))[1])
            future.add_done_callback(done)
            return future

    def done(_: Future[Any]) -> None:
        nonlocal out
        out -= 1

    with Slow(3) as pool:
        assert stripline.encode(Rows(-1, bytes), width=WIDTH, pool=pool)
    assert most == 7
