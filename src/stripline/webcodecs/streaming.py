"""Inputs in, outputs out, with back-pressure: what `stream` of the codecs does."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from stripline.webcodecs.exceptions import AbortError, InvalidStateError

if TYPE_CHECKING:
    from stripline.webcodecs.codec import Codec

__all__ = ["stream"]

T = TypeVar("T")


async def stream(
    codec: Codec[Any, Any],
    items: Iterable[T] | AsyncIterable[T],
    put: Callable[[T], object],
    max_queue: int,
) -> AsyncIterator[Any]:
    """Feed a codec, and give its outputs as they come.

    No more than `max_queue` inputs wait, and no more are put while as many outputs do. A codec has
    one stream at a time: another takes over, and the one before raises. What the codec puts out of
    other inputs comes out of the stream too, and is kept until it is taken.

    Args:
        codec: The codec, configured.
        items: The inputs. Those of a plain iterable are taken whenever the next output is asked
            for, those of an asynchronous one meanwhile too.
        put: Queues one input.
        max_queue: How many inputs may wait; at least one.

    Yields:
        The first argument of the output callback, which is called as well, before.

    Raises:
        RuntimeError: The codec was made outside of the running loop.
        ValueError: `max_queue` is less than one.
        DOMException: What the codec failed with; AbortError when it was reset or closed meanwhile,
            InvalidStateError when it began another stream.
    """
    if max_queue < 1:
        raise ValueError(f"max_queue is {max_queue}: at least one input must fit")
    if not codec._delivery.is_on(asyncio.get_running_loop()):  # noqa: SLF001 - a part of the codec
        raise RuntimeError("stream() works on the asyncio loop that the codec was made on")
    feed = Feed(codec, items, put, max_queue)
    before, codec._feed = codec._feed, feed  # noqa: SLF001 - this is a part of the codec
    if before is not None:
        before.stop()
    try:
        while True:
            if codec._feed is not feed:  # noqa: SLF001 - this is a part of the codec
                raise InvalidStateError("another stream() of this codec has begun")
            feed.fill()
            if feed.outputs:
                yield feed.outputs.popleft()
            elif feed.is_over():
                break
            else:
                await feed.change()
    finally:
        # A stream that was left is cleaned up some time later, when another may have begun.
        if codec._feed is feed:  # noqa: SLF001 - this is a part of the codec
            codec._feed = None  # noqa: SLF001 - this is a part of the codec
        await feed.end()


class Feed(Generic[T]):
    """What the two sides of a stream share.

    Attributes:
        outputs: What the codec gave and nobody took yet.
    """

    def __init__(
        self,
        codec: Codec[Any, Any],
        items: Iterable[T] | AsyncIterable[T],
        put: Callable[[T], object],
        max_queue: int,
    ) -> None:
        self._codec = codec
        self._generation = codec._generation  # noqa: SLF001 - this is a part of the codec
        self._put_item = put
        self._max_queue = max_queue
        self._loop = asyncio.get_running_loop()
        self._waiters: list[asyncio.Future[None]] = []
        self.outputs: deque[object] = deque()
        self._items: Iterator[T] | None = None
        self._last: asyncio.Future[None] | None = None  # when it is done, all inputs are
        if isinstance(items, AsyncIterable):
            self._end_with(self._run(items))
        else:
            self._items = iter(items)

    def arrived(self, output: object) -> None:
        """Take an output of the codec."""
        self.outputs.append(output)
        self.changed()

    def changed(self) -> None:
        """Say that the queue or the outputs have changed."""
        if self._waiters:
            for waiter in self._waiters:
                if not waiter.done():
                    waiter.set_result(None)
            self._waiters.clear()

    async def change(self) -> None:
        """Wait until something has changed."""
        waiter = self._loop.create_future()
        self._waiters.append(waiter)
        await waiter

    def fill(self) -> None:
        """Put as many inputs as there is room for."""
        if self._items is None:
            self.changed()  # `_run` does it
            return
        try:
            while self._has_room():
                self._refuse_cut()
                self._put_item(next(self._items))
        except StopIteration:
            self._items = None
            self._end_with(self._flush())
        except Exception as error:  # noqa: BLE001 - raised after the outputs that are there
            self._items = None
            self._last = self._loop.create_future()
            self._last.set_exception(error)

    def is_over(self) -> bool:
        """Whether all inputs were put and all work is complete; raises what went wrong."""
        ended = self._last is not None and self._last.done()
        fault = self._fault() if ended else None
        if ended and fault is None:
            return True
        self._refuse_cut()
        if fault is not None:
            raise fault
        return False

    def stop(self) -> None:
        """Put no more."""
        self._items = None
        if self._last is not None:
            self._last.cancel()
        self.changed()

    async def end(self) -> None:
        """Put no more, and wait until nobody is about to."""
        self.stop()
        if self._last is not None:
            await asyncio.wait([self._last])
            self._fault()  # has been seen

    def _fault(self) -> BaseException | None:
        """What ended the inputs before their end."""
        if self._last is None:
            return None
        return asyncio.CancelledError() if self._last.cancelled() else self._last.exception()

    def _refuse_cut(self) -> None:
        """Raise if the codec failed, or was reset or closed, since."""
        if self._codec._generation != self._generation:  # noqa: SLF001 - this is a part of the codec
            raise self._codec._closed_by or AbortError(  # noqa: SLF001 - this is a part of the codec
                "the stream was given up: the codec was reset or closed"
            )

    def _has_room(self) -> bool:
        waiting = self._codec._queue_size  # noqa: SLF001 - this is a part of the codec
        return waiting < self._max_queue and len(self.outputs) < self._max_queue

    async def _run(self, items: AsyncIterable[T]) -> None:
        async for item in items:
            while not self._has_room():
                await self.change()
            self._refuse_cut()
            self._put_item(item)
        await self._flush()

    async def _flush(self) -> None:
        self._refuse_cut()
        await self._codec.flush()

    def _end_with(self, last: Awaitable[None]) -> None:
        self._last = asyncio.ensure_future(last)
        self._last.add_done_callback(lambda _: self.changed())
