"""A codec and the asyncio loop that it was made on."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from stripline.webcodecs.exceptions import EncodingError, InvalidStateError
from stripline.webcodecs.streaming import stream
from tests.webcodecs.echo_codec import EchoCodec, Log

if TYPE_CHECKING:
    from stripline.webcodecs.promise import Promise


def test_a_codec_does_not_outlive_its_loop() -> None:
    async def make() -> EchoCodec:
        codec = EchoCodec(print, print)
        codec.configure()
        codec.put(1)
        await codec.flush()
        return codec

    codec = asyncio.run(make())
    with pytest.raises(InvalidStateError, match="closed"):
        codec.flush().result(10)

    async def use() -> None:
        with pytest.raises(InvalidStateError, match="closed"):
            await codec.flush()
        with pytest.raises(RuntimeError, match="made on"):
            await anext(stream(codec, [1], codec.put, 8))

    asyncio.run(use())
    codec.close()


def test_callbacks_see_the_context_that_made_the_codec() -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="none")

    async def run() -> None:
        variable.set("made here")
        seen: list[str] = []
        codec = EchoCodec(lambda _: seen.append(variable.get()), print)
        codec.configure()
        codec.put(1)
        variable.set("later")
        await codec.flush()
        codec.close()
        assert seen == ["made here"]

    asyncio.run(run())


def test_a_flush_is_a_task() -> None:
    async def run() -> None:
        log = Log()
        log.codec.put(1)
        await asyncio.create_task(log.codec.flush())
        assert log.outputs == [1]
        log.codec.close()

    asyncio.run(run())


def test_an_error_callback_that_leaves_the_loop_leaves_no_flush_behind() -> None:
    loop = asyncio.new_event_loop()

    def leave(error: object) -> None:
        raise SystemExit(error)

    async def fail() -> Promise[None]:
        codec = EchoCodec(print, leave)
        codec.configure()
        codec.put("bad")
        flushes.append(codec.flush())
        return await asyncio.shield(loop.create_future())

    flushes: list[Promise[None]] = []
    task = loop.create_task(fail())
    with pytest.raises(SystemExit):
        loop.run_until_complete(task)
    assert isinstance(flushes[0].exception(10), EncodingError)
    task.cancel()
    loop.run_until_complete(asyncio.wait([task]))
    loop.close()


def test_a_callback_may_run_the_loop() -> None:
    """As `nest_asyncio` does, and windows that show a dialogue."""
    reported: list[dict[str, Any]] = []
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda _, context: reported.append(context))

    async def make() -> Log:
        return Log()

    log = loop.run_until_complete(make())
    inner: list[object] = []

    def output(item: object) -> None:
        log.outputs.append(item)
        if item == 0:
            for _ in range(3):
                log.codec._delivery._run()  # type: ignore[attr-defined]  # the turn of that loop
            inner.extend(log.outputs)

    log.codec._output = output
    for item in range(4):
        log.codec.put(item)

    async def flush() -> None:
        await log.codec.flush()

    loop.run_until_complete(flush())
    assert log.outputs == [0, 1, 2, 3]
    assert inner[0] == 0
    assert not reported
    log.codec.close()
    loop.close()


def test_a_listener_that_leaves_the_loop_leaves_no_flush_behind() -> None:
    loop = asyncio.new_event_loop()
    left: list[object] = []
    flushes: list[Promise[None]] = []

    def leave() -> None:
        if not left:
            left.append(1)
            raise SystemExit

    async def begin() -> None:
        codec = EchoCodec(print, print)
        codec.ondequeue = leave
        codec.configure()
        codec.put(1)
        flushes.append(codec.flush())
        done = threading.Event()
        codec._queue.put(done.set)
        assert done.wait(10)  # so that all comes in one turn

    async def wait() -> None:
        await asyncio.wait_for(flushes[0], 10)

    task = loop.create_task(begin())
    with suppress(SystemExit):
        loop.run_until_complete(asyncio.wait([task]))
    with suppress(SystemExit):
        loop.run_until_complete(asyncio.sleep(0))
    assert left
    loop.run_until_complete(wait())
    loop.close()
