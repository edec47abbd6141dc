"""`JpegEncoder`: the asynchronous face of the encoder."""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING

from stripline.errors import UsageError
from stripline.jpeg._plan import make_plan
from stripline.jpeg._work import (
    advance,
    need_height,
    source_errors,
    strip_errors,
    submit_strip,
    window_size,
)
from stripline.jpeg.core import EncoderCore, Piece
from stripline.pools import SerialExecutor, default_pool
from stripline.streams import MemorySink, bytes_per_row, check_format, check_side, packed_rows

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Iterator
    from typing import Unpack

    from stripline.jpeg._engine import StripTask
    from stripline.jpeg._plan import Options
    from stripline.jpeg._work import Progress
    from stripline.streams import PixelFormat

Window = deque[tuple[int, Future[Piece]]]


_END = object()


class JpegEncoder:
    """Encodes streams of rows without blocking the event loop.

    Strips are encoded in a pool; the loop's thread only gathers rows, at most one strip at a time
    between two of its turns. Pixels are held for as many strips as the pool is wide, and five
    more; the stream is not asked for more rows until there is room.

    One encoder can serve any number of streams at once, from any number of event loops.

    Args:
        pool: Any `concurrent.futures.Executor` whose `submit` returns at once; None for the shared
            pool of threads, one per usable core. A `SerialExecutor` is given a thread of its own
            while a stream lasts: one strip at a time, but not in the loop's thread.
    """

    def __init__(self, pool: Executor | None = None) -> None:
        self._pool = pool

    async def encode(
        self,
        pixel_stream: AsyncIterable[object],
        *,
        width: int,
        height: int | None = None,
        format: PixelFormat = "rgb",  # noqa: A002 - the word that everyone looks for
        progress: Progress | None = None,
        **options: Unpack[Options],
    ) -> bytes:
        """Encode a stream of rows to a file in memory.

        When this is cancelled, it returns as soon as the strips that are running have ended (about
        a millisecond each), and nothing is left running. The stream is closed if it can be.

        Args:
            pixel_stream: Bytes-like batches, each any whole number of packed rows. A batch may be
                reused by its maker when the next one is asked for.
            width: Pixels in a row.
            height: Rows, or None if that is not known.
            format: Layout of the pixels, any interleaved one.
            progress: Called in the loop's thread after each strip, with how many rows are done, of
                how many (None while unknown).
            **options: See `stripline.jpeg.encode`.

        Raises:
            StriplineError: See `stripline.jpeg.encode`.
        """
        core = EncoderCore(make_plan(_Stream(width, height, format), **options))
        sink = MemorySink()
        async with aclosing(self._pump(core, pixel_stream, progress)) as batches:
            async for pieces in batches:
                for piece in pieces:
                    sink.write(piece)
        if core.patch is not None:
            sink.patch(*core.patch)
        return sink.getvalue()

    def stream(
        self,
        pixel_stream: AsyncIterable[object],
        *,
        width: int,
        height: int,
        format: PixelFormat = "rgb",  # noqa: A002 - the word that everyone looks for
        progress: Progress | None = None,
        **options: Unpack[Options],
    ) -> AsyncGenerator[bytes]:
        """Encode a stream of rows, giving the file's bytes as they are ready.

        Options are checked at once; rows are read when bytes are asked for. Leave the iterator by
        exhausting it or by `aclose` (`contextlib.aclosing` does that), then nothing is left
        running; an iterator that is only dropped is closed by the event loop, some time later.

        Args:
            pixel_stream: See `encode`.
            width: Pixels in a row.
            height: Rows. It must be known, because it stands in the first bytes.
            format: See `encode`.
            progress: See `encode`.
            **options: See `stripline.jpeg.encode`.

        Raises:
            TargetNotSeekable: The height is None.
            StriplineError: See `stripline.jpeg.encode`.
        """
        need_height(height)
        core = EncoderCore(make_plan(_Stream(width, height, format), **options))
        return self._iterate(core, pixel_stream, progress)

    async def _iterate(
        self, core: EncoderCore, stream: AsyncIterable[object], progress: Progress | None
    ) -> AsyncGenerator[bytes]:
        async with aclosing(self._pump(core, stream, progress)) as batches:
            async for pieces in batches:
                if pieces:
                    yield b"".join(pieces)

    async def _pump(
        self, core: EncoderCore, stream: AsyncIterable[object], progress: Progress | None
    ) -> AsyncGenerator[list[Piece]]:
        """Drive `core` to the end; the asynchronous twin of `_drive.pump` in how it waits alone."""
        window: Window = deque()
        with _threaded(self._pool or default_pool()) as pool:
            room = window_size(pool)
            try:
                async with aclosing(_strips(core, stream)) as tasks:
                    async for task in tasks:
                        while window and (len(window) == room or window[0][1].done()):
                            yield await _collect(core, window, progress)
                        window.append((task.index, submit_strip(pool, task)))
                while window:
                    yield await _collect(core, window, progress)
                yield core.ready()
            finally:
                await _settle(window)


class _Stream:
    """What an asynchronous stream of rows looks like; see `PictureShape`."""

    def __init__(self, width: int, height: int | None, pixel_format: PixelFormat) -> None:
        self.width = check_side("width", width)
        self.height = None if height is None else check_side("height", height)
        self.format = check_format(pixel_format)
        bytes_per_row(width, self.format)


async def _strips(core: EncoderCore, stream: AsyncIterable[object]) -> AsyncGenerator[StripTask]:
    size = bytes_per_row(core.plan.width, core.plan.format)
    if not hasattr(stream, "__aiter__"):
        raise UsageError(
            f"pixel_stream must be an asynchronous iterable, not {type(stream).__name__};"
            " encode() and iter_encode() take others"
        )
    with source_errors(core):
        iterator = aiter(stream)
    try:
        while True:
            with source_errors(core):
                batch = await anext(iterator, _END)
            if batch is _END:
                break
            for task in core.feed(packed_rows(batch, size)):
                yield task
        for task in core.finish():
            yield task
    finally:
        aclose = getattr(iterator, "aclose", None)
        if aclose is not None:
            await aclose()


@contextmanager
def _threaded(pool: Executor) -> Iterator[Executor]:
    """The pool itself, or a thread in place of one that would work in the loop's."""
    if not isinstance(pool, SerialExecutor):
        yield pool
        return
    with ThreadPoolExecutor(1, thread_name_prefix="stripline-serial") as thread:
        yield thread


async def _collect(core: EncoderCore, window: Window, progress: Progress | None) -> list[Piece]:
    """Wait for the oldest strip; what it makes ready."""
    index, future = window[0]
    await _done(future)
    with strip_errors(index):
        data = future.result()
    window.popleft()
    return advance(core, index, data, progress)


async def _done(future: Future[Piece]) -> None:
    """Wait until a future is done; unlike `asyncio.wrap_future`, never cancel it."""
    loop = asyncio.get_running_loop()
    waiter = loop.create_future()

    def wake() -> None:
        if not waiter.done():
            waiter.set_result(None)

    future.add_done_callback(lambda _: loop.call_soon_threadsafe(wake))
    await waiter


async def _settle(window: Window) -> None:
    """Leave nothing in the pool: cancel what has not begun, wait for what has.

    A cancellation that arrives meanwhile is kept until then: it takes a strip's time at most.
    """
    cancelled: asyncio.CancelledError | None = None
    # All are cancelled before any is waited for: a worker that gets free must find none to begin.
    for future in [future for _, future in window if not future.cancel()]:
        while not future.done():
            try:
                await _done(future)
            except asyncio.CancelledError as error:
                cancelled = error
    if cancelled is not None:
        raise cancelled
