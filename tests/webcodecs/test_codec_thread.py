"""The thread of a codec: what it runs without a loop, and when it ends."""

from __future__ import annotations

import asyncio
import gc
import random
import threading
import weakref

import pytest

from stripline.webcodecs.exceptions import NotSupportedError
from tests.support import run_script
from tests.webcodecs.echo_codec import EchoCodec, Log


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


def test_what_closed_the_codec_is_raised_at_the_end() -> None:
    def fail(*, wait: bool) -> None:
        told = threading.Event()
        with EchoCodec(print, lambda _: told.set()) as codec:
            codec.configure(codec="bogus")
            assert not wait or told.wait(10)

    for number in range(20):
        with pytest.raises(NotSupportedError):
            fail(wait=bool(number % 2))


def test_without_a_loop_dequeue_comes_after_what_lowered_the_size() -> None:
    seen: list[str] = []
    reset = threading.Event()

    def output(_: object) -> None:
        flush.add_done_callback(lambda _: seen.append("rejected"))
        codec.reset()
        seen.append("reset")
        reset.set()

    codec, go = EchoCodec(output, print), threading.Event()
    codec.configure()
    codec.put(go)
    codec.put(1)
    flush = codec.flush()
    zero = threading.Event()

    def dequeued() -> None:
        if reset.is_set():
            seen.append("dequeue")
            zero.set()

    codec.ondequeue = dequeued
    go.set()
    assert zero.wait(10)
    assert seen == ["rejected", "reset", "dequeue"]
    codec.close()


def test_a_flush_as_the_process_ends_is_rejected() -> None:
    code = """
import atexit

@atexit.register  # runs last
def late():
    try:
        codec.flush().result(10)
    except Exception as error:
        print(type(error).__name__)

from tests.webcodecs.echo_codec import EchoCodec
codec = EchoCodec(print, print)
codec.configure()
codec.flush().result(10)
"""
    assert run_script(code) == "InvalidStateError\n"
