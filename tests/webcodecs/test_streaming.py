from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from stripline.webcodecs.exceptions import EncodingError, InvalidStateError
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
