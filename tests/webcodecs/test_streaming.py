from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from stripline.webcodecs.exceptions import AbortError, EncodingError, InvalidStateError
from stripline.webcodecs.streaming import stream
from tests.webcodecs.echo_codec import EchoCodec

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable


def made(**config: Any) -> EchoCodec:
    codec = EchoCodec(lambda _: None, lambda _: None)
    codec.configure(**config)
    return codec


async def collect(codec: EchoCodec, items: Any, most: int = 8) -> list[object]:
    outputs = stream(codec, items, codec.put, most)
    return [output async for output in outputs]


async def slowly(items: Iterable[int]) -> AsyncIterator[int]:
    for item in items:
        await asyncio.sleep(0)
        yield item


@pytest.mark.parametrize("most", [1, 3, 100])
@pytest.mark.parametrize("delay", [0, 7])
def test_all_comes_out_in_order(most: int, delay: int) -> None:
    async def run() -> None:
        assert await collect(made(delay=delay), range(40), most) == list(range(40))
        assert await collect(made(delay=delay), slowly(range(40)), most) == list(range(40))

    asyncio.run(run())


def test_no_more_are_taken_than_may_wait() -> None:
    async def run() -> None:
        codec, taken = made(), []

        async def items() -> AsyncIterator[int]:
            for item in range(50):
                taken.append(item)
                yield item

        outputs = stream(codec, items(), codec.put, 4)
        seen = 0
        async for _ in outputs:
            seen += 1
            assert len(taken) - seen <= 4 + 4 + 1  # waiting in, waiting out, in hand
        assert seen == 50

    asyncio.run(run())


def test_the_codecs_error_is_raised() -> None:
    async def run() -> None:
        with pytest.raises(EncodingError, match="bad"):
            await collect(made(), [1, 2, "bad", *range(20)], 2)

    asyncio.run(run())


def test_an_error_of_the_source_is_raised() -> None:
    async def run() -> None:
        with pytest.raises(ZeroDivisionError):
            await collect(made(), (1 // item for item in (1, 1, 0)))

    asyncio.run(run())


def test_leaving_early_stops_the_source() -> None:
    async def run() -> None:
        codec, source = made(), iter(range(1000))
        outputs = stream(codec, source, codec.put, 4)
        async for output in outputs:
            if output == 10:
                break
        await outputs.aclose()  # type: ignore[attr-defined]  # it is a generator
        assert next(source) < 30
        await codec.flush()

    asyncio.run(run())


def test_a_stream_after_one_that_was_left() -> None:
    async def run() -> None:
        codec = made()

        def begin(items: Iterable[int]) -> AsyncIterator[object]:
            return stream(codec, items, codec.put, 2)

        async for _ in begin(range(100)):
            break  # what is left is cleaned up when the loop comes to it
        late = [output async for output in begin(range(1000, 1100)) if output in range(1000, 1100)]
        assert late == list(range(1000, 1100))

    asyncio.run(run())


def test_one_stream_at_a_time() -> None:
    async def run() -> None:
        codec = made()
        both = (collect(codec, slowly(range(n))) for n in (50, 60))
        first, second = await asyncio.gather(*both, return_exceptions=True)
        assert isinstance(first, InvalidStateError)
        assert isinstance(second, list)
        assert set(range(50, 60)) <= set(second)

    asyncio.run(run())


def test_a_stream_that_was_taken_over_puts_no_more() -> None:
    async def run() -> None:
        codec, source = made(), iter(range(100))
        first = stream(codec, source, codec.put, 1)
        assert await anext(first) == 0
        second = stream(codec, range(200, 300), codec.put, 1)
        assert await anext(second) == 200
        following = next(source)
        with pytest.raises(InvalidStateError):
            await anext(first)
        assert next(source) == following + 1
        assert await anext(second) == 201

    asyncio.run(run())


def test_bad_calls() -> None:
    async def run() -> None:
        with pytest.raises(ValueError, match="at least one"):
            await collect(made(), [1], 0)

    asyncio.run(run())
    codec = made()
    with pytest.raises(RuntimeError, match="loop"):
        asyncio.run(collect(codec, [1]))
    codec.close()


@pytest.mark.parametrize("most", [1, 2, 8])
@pytest.mark.parametrize("source", [list, slowly])
def test_the_codecs_error_is_raised_whatever_was_called_last(most: int, source: Any) -> None:
    async def run() -> None:
        failed = asyncio.Event()
        codec = EchoCodec(lambda _: None, lambda _: failed.set())
        codec.configure()
        seen: list[object] = []

        async def take() -> None:
            async for output in stream(codec, source([1, 2, "bad"]), codec.put, most):
                seen.append(output)
                if output == 2 and most > 1:
                    await failed.wait()

        with pytest.raises(EncodingError, match="bad"):
            await take()
        assert seen == [1, 2]

    asyncio.run(run())


async def idle(*items: object) -> AsyncIterator[object]:
    for item in items:
        yield item
    await asyncio.get_running_loop().create_future()


@pytest.mark.parametrize("items", [(), (1,), (1, "bad")])
@pytest.mark.parametrize("call", ["close", "reset", "reset and configure"])
def test_a_stream_ends_with_its_codec_while_the_source_is_idle(
    items: tuple[object, ...], call: str
) -> None:
    async def run() -> None:
        codec = made()
        task = asyncio.create_task(collect(codec, idle(*items)))
        if items:
            await codec.flush() if "bad" not in items else None
        if "bad" not in items:
            await asyncio.sleep(0)
            getattr(codec, call.partition(" ")[0])()
            if "configure" in call:
                codec.configure()
        with pytest.raises(EncodingError if "bad" in items else AbortError):
            await task

    asyncio.run(run())


def test_a_stream_ends_when_its_codec_is_used_anew() -> None:
    async def run() -> None:
        def output(item: object) -> None:
            if item == 5:
                codec.reset()
                codec.configure()

        codec = EchoCodec(output, print)
        codec.configure()
        outputs = stream(codec, range(20), codec.put, 4)
        assert [await anext(outputs) for _ in range(6)] == [0, 1, 2, 3, 4, 5]
        with pytest.raises(AbortError):
            await anext(outputs)
        assert await collect(codec, range(20, 30)) == list(range(20, 30))

    asyncio.run(run())


def test_a_stream_that_was_taken_over_leaves_its_asynchronous_source() -> None:
    async def run() -> None:
        codec, taken = made(), []

        async def items() -> AsyncIterator[int]:
            for item in range(50):
                taken.append(item)
                yield item
                await asyncio.sleep(0)

        first = stream(codec, items(), codec.put, 1)
        assert await anext(first) == 0
        second = [output async for output in stream(codec, range(100, 150), codec.put, 2)]
        assert second[-50:] == list(range(100, 150))
        assert len(taken) < 10
        with pytest.raises(InvalidStateError):
            await anext(first)

    asyncio.run(run())


def test_leaving_a_stream_does_not_swallow_a_cancellation() -> None:
    async def run() -> None:
        codec = made()
        ending, go_on = asyncio.Event(), asyncio.Event()

        async def items() -> AsyncIterator[int]:
            try:
                yield 1
                await asyncio.get_running_loop().create_future()
            finally:
                ending.set()
                await go_on.wait()

        async def leave() -> None:
            async with aclosing(stream(codec, items(), codec.put, 2)) as outputs:  # type: ignore[type-var]
                async for _ in outputs:
                    break

        task = asyncio.create_task(leave())
        await ending.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go_on.set()

    asyncio.run(run())
