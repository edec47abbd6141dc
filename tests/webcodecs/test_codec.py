from __future__ import annotations

import asyncio
import gc
import random
import threading
import weakref
from typing import Any

import pytest

from stripline.webcodecs.enums import CodecState
from stripline.webcodecs.exceptions import (
    AbortError,
    DOMException,
    EncodingError,
    InvalidStateError,
    NotSupportedError,
)
from tests.webcodecs.echo_codec import EchoCodec


class Log:
    """What a codec said."""

    def __init__(self, *, loop: bool = True, **config: Any) -> None:
        self.outputs: list[object] = []
        self.errors: list[DOMException] = []
        self.states: list[str] = []
        self.sizes: list[int] = []
        self.codec = EchoCodec(self.outputs.append, self._error)
        self.codec.ondequeue = lambda: self.sizes.append(self.codec.queue_size)
        self.codec.configure(**config)
        assert isinstance(self.codec._delivery.is_here(), bool)
        assert self.codec._delivery.is_here() is loop

    def _error(self, error: DOMException) -> None:
        self.errors.append(error)
        self.states.append(self.codec.state)


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
        log, go = Log(), threading.Event()
        log.codec.put(go)
        log.codec.put("a")
        log.codec.put("b")
        log.codec.reset()
        assert log.codec.discarded[-2:] == ["a", "b"]
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
        log.codec.put("nothing")
        with pytest.raises(NotSupportedError):
            await log.codec.flush()
        assert [type(error) for error in log.errors] == [NotSupportedError]
        assert log.codec.discarded == ["nothing"]

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


def test_without_a_loop_callbacks_run_on_the_codecs_thread() -> None:
    threads: list[threading.Thread] = []
    codec = EchoCodec(lambda: threads.append(threading.current_thread()), print)
    codec.configure()
    codec.put(1)
    codec.flush().result(10)
    assert threads == [codec._queue.thread]
    codec.close()


def test_without_a_loop_exceptions_go_to_the_threads_hook(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: seen.append(args.exc_type))
    with EchoCodec(lambda item: 1 // item, print) as codec:
        codec.configure()
        codec.put(0)
    assert seen == [ZeroDivisionError]


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, asyncio.CancelledError])
def test_without_a_loop_nothing_that_a_callback_raises_ends_the_thread(
    monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    seen: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: seen.append(args.exc_type))

    def output() -> None:
        raise error

    with EchoCodec(output, print) as codec:
        codec.configure()
        codec.put(1)
        codec.flush().result(10)
        codec.put(2)
    assert seen == [error, error]


def test_waiting_where_the_promise_is_settled_is_refused() -> None:
    errors: list[BaseException] = []
    codec: EchoCodec = EchoCodec(lambda: errors.append(_wait(codec)), print)
    codec.configure()
    codec.put(1)
    codec.flush().result(10)
    codec.close()
    assert [type(error) for error in errors] == [RuntimeError]

    async def run() -> None:
        log = Log()
        with pytest.raises(RuntimeError, match="await it"):
            log.codec.flush().result()

    asyncio.run(run())


def _wait(codec: EchoCodec) -> BaseException:
    with pytest.raises(RuntimeError) as caught:
        codec.flush().result()
    return caught.value


def test_without_a_loop_dequeue_reaches_zero_after_a_reset() -> None:
    log, go = Log(loop=False), threading.Event()
    log.codec.put(go)
    log.codec.put(1)
    zero = threading.Event()
    log.codec.add_event_listener(
        "dequeue", lambda: zero.set() if log.codec.queue_size == 0 else None
    )
    go.set()
    log.codec.reset()
    log.codec.reset()
    assert zero.wait(10)
    log.codec.close()


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


def test_garbage_ends_its_thread() -> None:
    codec = EchoCodec(print, print)
    codec.configure()
    codec.flush().result(10)
    thread = codec._queue.thread
    assert thread is not None
    gone = weakref.ref(codec)
    del codec
    gc.collect()
    thread.join(10)
    assert not thread.is_alive()
    assert gone() is None


@pytest.mark.parametrize("seed", range(4))
def test_cycles_from_several_threads(seed: int) -> None:
    """No deadlock, no output after reset, no thread left."""
    before = threading.active_count()
    late: list[object] = []
    dice = random.Random(seed)

    def cycle(number: int) -> None:
        own = random.Random(number)
        generation = [0]

        def output(item: object) -> None:
            if item != generation[0]:
                late.append(item)

        codec = EchoCodec(output, late.append)
        for turn in range(150):
            generation[0] = turn
            codec.configure(delay=own.randrange(3))
            for _ in range(own.randrange(5)):
                codec.put(turn)
            match own.randrange(4):
                case 0:
                    codec.flush().result(10)
                case 1:
                    codec.flush()
                case _:
                    pass
            codec.reset()
        codec.close()
        thread = codec._queue.thread
        assert thread is not None
        thread.join(10)

    threads = [threading.Thread(target=cycle, args=(dice.randrange(1 << 30),)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert late == []
    assert threading.active_count() <= before
