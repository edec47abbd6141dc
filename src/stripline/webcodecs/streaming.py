"""Inputs in, outputs out, with back-pressure: what `stream` of the codecs does."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from stripline.webcodecs.exceptions import InvalidStateError

if TYPE_CHECKING:
    from stripline.webcodecs.codec import Codec

__all__ = ["stream"]

T = TypeVar("T")


async def stream(
    codec: Codec[Any, Any],
    items: Iterable[T] | AsyncIterable[T],
    put: Callable[[T], object],
    waiting: Callable[[], int],
    max_queue: int,
) -> AsyncIterator[Any]:
    """Feed a codec, and give its outputs as they come.

    No more than `max_queue` inputs wait, and no more are put while as many outputs do. A codec has
    one stream at a time: another takes over, and the one before raises.

    Args:
        codec: The codec, configured.
        items: The inputs.
        put: Queues one input.
        waiting: The codec's queue size.
        max_queue: How many inputs may wait; at least one.

    Yields:
        The first argument of the output callback, which is called as well, before.

    Raises:
        RuntimeError: The codec was made outside of the running loop.
        ValueError: `max_queue` is less than one.
        DOMException: The codec failed, was reset or closed meanwhile, or began another stream.
    """
    if max_queue < 1:
        raise ValueError(f"max_queue is {max_queue}: at least one input must fit")
    if not codec._delivery.is_here():  # noqa: SLF001 - this is a part of the codec
        raise RuntimeError("stream() works on the asyncio loop that the codec was made on")
    feed = _Feed(codec, put, waiting, max_queue)
    codec._watch = feed.arrived  # noqa: SLF001 - this is a part of the codec
    codec.add_event_listener("dequeue", feed.changed.set)
    feeder = asyncio.ensure_future(feed.run(items))
    feeder.add_done_callback(lambda _: feed.changed.set())
    try:
        while feed.outputs or not feeder.done():
            if codec._watch != feed.arrived:  # noqa: SLF001 - this is a part of the codec
                raise InvalidStateError("another stream() of this codec has begun")
            while feed.outputs:
                yield feed.outputs.popleft()
                feed.changed.set()
            if not feeder.done():
                await feed.change()
        feeder.result()
    finally:
        # A stream that was left is cleaned up some time later, when another may have begun.
        if codec._watch == feed.arrived:  # noqa: SLF001 - this is a part of the codec
            codec._watch = None  # noqa: SLF001 - this is a part of the codec
        codec.remove_event_listener("dequeue", feed.changed.set)
        feeder.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await feeder


class _Feed(Generic[T]):
    """What the two sides of a stream share."""

    def __init__(
        self,
        codec: Codec[Any, Any],
        put: Callable[[T], object],
        waiting: Callable[[], int],
        max_queue: int,
    ) -> None:
        self._codec = codec
        self._put = put
        self._waiting = waiting
        self._max_queue = max_queue
        self.outputs: deque[object] = deque()
        self.changed = asyncio.Event()

    def arrived(self, output: object, *_: object) -> None:
        self.outputs.append(output)
        self.changed.set()

    async def change(self) -> None:
        self.changed.clear()
        await self.changed.wait()

    async def run(self, items: Iterable[T] | AsyncIterable[T]) -> None:
        async for item in _each(items):
            while max(self._waiting(), len(self.outputs)) >= self._max_queue:
                await self.change()
            try:
                self._put(item)
            except InvalidStateError as error:
                raise error.__cause__ or error from None
        await self._codec.flush()


async def _each(items: Iterable[T] | AsyncIterable[T]) -> AsyncIterator[T]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item
