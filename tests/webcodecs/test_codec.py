from __future__ import annotations

import asyncio
import threading
import weakref
from typing import Any

import pytest

from stripline.webcodecs.enums import CodecState
from stripline.webcodecs.exceptions import (
    AbortError,
    EncodingError,
    InvalidStateError,
    NotSupportedError,
)
from tests.webcodecs.echo_codec import EchoCodec, Log, Picture


@pytest.mark.parametrize(
    "args",
    [
        ({"output": print, "error": print},),
        (print, print),
    ],
)
def test_callbacks_come_in_a_dict_or_by_position(args: tuple[Any, ...]) -> None:
    assert EchoCodec(*args).state == "unconfigured"


@pytest.mark.parametrize(
    "init",
    [{}, {"output": print}, {"error": print}, {"output": print, "error": 3}, None],
)
def test_both_callbacks_are_needed(init: dict[str, Any] | None) -> None:
    with pytest.raises(TypeError, match="needs a function"):
        EchoCodec(init)


def test_keywords_are_the_same() -> None:
    assert EchoCodec(output=print, error=print).state is CodecState.UNCONFIGURED


async def all_outputs(count: int, **config: Any) -> Log:
    log = Log(**config)
    for item in range(count):
        log.codec.put(item)
    await log.codec.flush()
    return log


@pytest.mark.parametrize("delay", [0, 3])
def test_outputs_come_in_order_and_before_the_flush(delay: int) -> None:
    log = asyncio.run(all_outputs(20, delay=delay))
    assert log.outputs == list(range(20))
    assert log.codec.queue_size == 0


def test_dequeue_sizes_fall_to_zero() -> None:
    sizes = asyncio.run(all_outputs(30)).sizes
    assert sizes == sorted(set(sizes), reverse=True)
    assert sizes[-1] == 0


def test_inputs_of_one_turn_give_one_dequeue() -> None:
    async def run() -> None:
        log = Log()
        for item in range(10):
            log.codec.put(item)
        thread = log.codec._queue.thread
        assert thread is not None
        done = threading.Event()
        log.codec._queue.put(done.set)
        assert done.wait(10)  # the loop does not turn meanwhile
        assert log.codec.queue_size == 10
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert log.sizes == [0]

    asyncio.run(run())


def test_the_size_falls_when_work_begins() -> None:
    async def run() -> None:
        log, go = Log(), threading.Event()
        fell = asyncio.Event()
        log.codec.add_event_listener("dequeue", fell.set)
        log.codec.put(go)
        await fell.wait()
        assert (log.codec.queue_size, log.outputs) == (0, [])
        go.set()
        await log.codec.flush()
        assert log.outputs == [go]

    asyncio.run(run())


def test_flushes_resolve_in_turn() -> None:
    async def run() -> None:
        log = Log(delay=2)
        seen = []

        async def flush(expected: int) -> None:
            await log.codec.flush()
            seen.append((expected, len(log.outputs)))

        tasks = []
        for part in range(1, 4):
            for item in range(5):
                log.codec.put(item)
            tasks.append(asyncio.ensure_future(flush(5 * part)))
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)
        assert seen == [(5, 5), (10, 10), (15, 15)]

    asyncio.run(run())


def test_reset_in_an_output_drops_the_rest() -> None:
    async def run() -> None:
        log = Log()
        outputs: list[object] = []

        def first(item: object) -> None:
            outputs.append(item)
            if len(outputs) == 3:
                log.codec.reset()

        log.codec._output = first
        for item in range(30):
            log.codec.put(item)
        with pytest.raises(AbortError):
            await log.codec.flush()
        assert (log.codec.state, log.codec.queue_size) == ("unconfigured", 0)
        log.codec.configure(other=True)
        for item in range(100, 105):
            log.codec.put(item)
        await log.codec.flush()
        assert outputs == [0, 1, 2, 100, 101, 102, 103, 104]
        assert log.codec.backends[0].closed

    asyncio.run(run())


def test_reset_releases_what_waited() -> None:
    async def run() -> None:
        log, go, item = Log(), threading.Event(), Picture()
        freed = weakref.ref(item)
        log.codec.put(go)
        log.codec.put(item)
        del item
        log.codec.reset()
        assert freed() is None
        go.set()
        log.codec.configure()
        await log.codec.flush()
        assert log.outputs == []

    asyncio.run(run())


def test_an_error_closes_before_its_callback_and_its_callback_before_the_flush() -> None:
    async def run() -> None:
        log = Log()
        log.codec.put("fine")
        log.codec.put("bad")
        log.codec.put("never")
        flush = log.codec.flush()
        order: list[int] = []
        flush.add_done_callback(lambda _: order.append(len(log.errors)))
        with pytest.raises(EncodingError):
            await flush
        assert [type(error) for error in log.errors] == [EncodingError]
        assert (log.states, order) == (["closed"], [1])
        assert (log.outputs, log.codec.queue_size) == (["fine"], 0)
        with pytest.raises(InvalidStateError):
            log.codec.put("late")

    asyncio.run(run())


def test_an_exception_of_the_backend_is_an_encoding_error() -> None:
    async def run() -> None:
        log = Log()
        log.codec.put("bug")
        with pytest.raises(EncodingError, match="ZeroDivisionError") as caught:
            await log.codec.flush()
        assert isinstance(caught.value.__cause__, ZeroDivisionError)

    asyncio.run(run())


def test_an_output_that_cannot_be_finished_closes_after_those_before() -> None:
    async def run() -> None:
        log = Log()
        for item in ("fine", "unfinished", "never"):
            log.codec.put(item)
        with pytest.raises(EncodingError, match="unfinished"):
            await log.codec.flush()
        assert (log.outputs, log.states) == (["fine"], ["closed"])

    asyncio.run(run())


def test_an_unsupported_configuration_is_reported_later() -> None:
    async def run() -> None:
        log = Log(codec="bogus")
        assert (log.codec.state, log.errors) == ("configured", [])
        item = Picture()
        freed = weakref.ref(item)
        log.codec.put(item)
        del item
        with pytest.raises(NotSupportedError):
            await log.codec.flush()
        assert [type(error) for error in log.errors] == [NotSupportedError]
        assert log.codec._queue.thread is not None
        log.codec._queue.thread.join(10)
        assert freed() is None

    asyncio.run(run())


def test_close_is_silent_and_final() -> None:
    async def run() -> None:
        log = Log()
        log.codec.put("bad")
        flush = log.codec.flush()
        log.codec.close()
        assert flush.done()
        with pytest.raises(AbortError):
            await flush
        thread = log.codec._queue.thread
        assert thread is not None
        await asyncio.to_thread(thread.join, 10)
        await asyncio.sleep(0)
        assert (log.codec.state, log.errors, log.outputs) == ("closed", [], [])
        for call in (log.codec.close, log.codec.reset, log.codec.configure):
            with pytest.raises(InvalidStateError):
                call()
        with pytest.raises(InvalidStateError):
            await log.codec.flush()

    asyncio.run(run())


def test_reconfiguring_completes_what_came_before() -> None:
    async def run() -> None:
        log = Log(delay=5)
        for item in range(3):
            log.codec.put(item)
        log.codec.configure(delay=1)
        log.codec.put(3)
        await log.codec.flush()
        assert log.outputs == [0, 1, 2, 3]
        assert len(log.codec.backends) == 1

    asyncio.run(run())


def test_unconfigured_calls() -> None:
    codec = EchoCodec(print, print)
    codec.reset()
    with pytest.raises(InvalidStateError, match="call configure"):
        codec.put(1)
    flush = codec.flush()
    with pytest.raises(InvalidStateError):
        flush.result()


def test_a_callback_that_raises_is_reported_and_the_codec_goes_on() -> None:
    async def run() -> None:
        reported: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: reported.append(context)
        )
        log = Log()
        log.codec._output = lambda item: 1 // item
        for item in (1, 0, 1):
            log.codec.put(item)
        await log.codec.flush()
        assert [type(context["exception"]) for context in reported] == [ZeroDivisionError]
        assert log.codec.state == "configured"

    asyncio.run(run())


def test_a_context_flushes_and_closes() -> None:
    async def run() -> None:
        outputs: list[object] = []
        async with EchoCodec(outputs.append, print) as codec:
            codec.configure(delay=2)
            codec.put(1)
        assert (outputs, codec.state) == ([1], "closed")
        codec = EchoCodec(outputs.append, print)
        codec.configure()
        await codec.__aexit__(KeyError, KeyError(), None)
        assert codec.state == "closed"

    asyncio.run(run())


def test_what_closed_the_codec_is_raised_at_the_end() -> None:
    async def run() -> None:
        errors: list[Any] = []

        async def fail() -> None:
            async with EchoCodec(print, errors.append) as codec:
                codec.configure()
                codec.put("bad")
                with pytest.raises(EncodingError):
                    await codec.flush()

        with pytest.raises(EncodingError):
            await fail()
        assert len(errors) == 1
        async with EchoCodec(print, errors.append) as codec:
            codec.close()

    asyncio.run(run())


def test_the_size_is_never_negative() -> None:
    """Inputs that come on another thread while `reset()` is under way are counted."""

    async def run() -> None:
        log = Log()
        log.codec.put(1)
        after = log.codec._after_abort

        def late(*, lowered: bool) -> None:
            log.codec.configure()
            log.codec.put(2)
            after(lowered=lowered)

        log.codec._after_abort = late  # type: ignore[method-assign]  # as if another thread had
        log.codec.reset()
        assert log.codec.queue_size == 1
        await log.codec.flush()
        assert log.codec.queue_size == 0

    asyncio.run(run())
