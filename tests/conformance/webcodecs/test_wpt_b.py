"""Letter B: states, flush, reset and close, of any codec."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from stripline.webcodecs import AbortError, EncodingError, InvalidStateError, NotSupportedError
from tests.conformance.webcodecs.test_wpt_a import every_kind
from tests.conformance.webcodecs.video import Recorder, damaged, encoded

if TYPE_CHECKING:
    from tests.conformance.webcodecs.codecs import Kind


async def ended(codec: Any) -> None:
    """Wait until a closed codec's thread is over and all it sent has arrived."""
    thread = codec._queue.thread
    if thread is not None:
        await asyncio.to_thread(thread.join, 10)
    await asyncio.sleep(0)
    await asyncio.sleep(0)


@every_kind
def test_wpt_010_calls_while_unconfigured(kind: Kind) -> None:
    async def run() -> None:
        codec = kind.new(Recorder())
        (item,) = await kind.inputs(1)
        with pytest.raises(InvalidStateError):
            getattr(codec, kind.put)(item)
        flush = codec.flush()
        with pytest.raises(InvalidStateError):
            await flush
        codec.reset()
        assert codec.state == "unconfigured"

    asyncio.run(run())


@every_kind
def test_wpt_012_close_is_silent(kind: Kind) -> None:
    async def run() -> None:
        record = Recorder()
        codec = kind.new(record, **kind.valid)
        kind.give(codec, await kind.inputs(5))
        codec.close()
        assert codec.state == "closed"
        await ended(codec)
        assert (record.errors, record.outputs) == ([], [])
        with pytest.raises(InvalidStateError):
            codec.close()

    asyncio.run(run())


@every_kind
def test_wpt_013_close_with_a_flush_pending(kind: Kind) -> None:
    async def run() -> None:
        record = Recorder()
        codec = kind.new(record, **kind.valid)
        items = await kind.inputs(3)
        if kind.put == "decode":
            items[2] = damaged(items[2])  # of audio too: its first byte says it is impossible
        kind.give(codec, items)
        flush = codec.flush()
        codec.close()
        assert flush.done()
        with pytest.raises(AbortError):
            await flush
        await ended(codec)
        assert (record.errors, record.outputs) == ([], [])

    asyncio.run(run())


@every_kind
def test_wpt_015_reset_in_the_first_output(kind: Kind) -> None:
    async def run() -> None:
        record = Recorder()
        codec = kind.new(record, **kind.valid)
        take = record.output

        def output(item: Any, metadata: Any = None) -> None:
            take(item, metadata)
            codec.reset()

        codec._output = output
        kind.give(codec, await kind.inputs(8))
        with pytest.raises(AbortError):
            await codec.flush()
        codec.close()
        await ended(codec)
        assert len(record.outputs) == 1

    asyncio.run(run())


def test_wpt_017_a_damaged_chunk_after_a_reset_in_an_output() -> None:
    async def run() -> None:
        chunks, members = await encoded("vp8", 3)
        record = Recorder()
        decoder = record.decoder(**members)
        inner = []

        def output(_: Any) -> None:
            decoder.reset()
            decoder.configure(members)
            decoder.decode(chunks[0])
            decoder.decode(damaged(chunks[1]))
            decoder._output = lambda _: None
            inner.append(decoder.flush())

        decoder._output = output
        decoder.decode(chunks[0])
        decoder.decode(chunks[1])
        with pytest.raises(AbortError):
            await decoder.flush()
        with pytest.raises(EncodingError):
            await inner[0]
        assert [type(error) for error in record.errors] == [EncodingError]

    asyncio.run(run())


@every_kind
def test_wpt_018_reset_in_the_third_output(kind: Kind) -> None:
    async def run() -> None:
        record = Recorder()
        codec = kind.new(record, **kind.valid)
        before: list[Any] = []

        def first(item: Any, _: Any = None) -> None:
            before.append(item)
            if len(before) == 3:
                codec.reset()

        codec._output = first
        kind.give(codec, await kind.inputs(30))
        with pytest.raises(AbortError):
            await codec.flush()
        codec._output = record.output
        other = dict(kind.valid)
        if "width" in other:
            other |= {"width": 160, "height": 120}
        codec.configure(other)
        kind.give(codec, await kind.inputs(5))
        await codec.flush()
        assert (len(before), len(record.outputs)) == (3, 5)
        codec.close()

    asyncio.run(run())


@every_kind
def test_wpt_019_flushes_resolve_in_order(kind: Kind) -> None:
    async def run() -> None:
        record = Recorder()
        codec = kind.new(record, **kind.valid)
        seen: list[tuple[int, int]] = []

        async def wait(flush: Any, number: int) -> None:
            await flush
            seen.append((number, len(record.outputs)))

        tasks = []
        for number in (3, 6, 9):
            kind.give(codec, await kind.inputs(3))
            tasks.append(asyncio.ensure_future(wait(codec.flush(), number)))
        await asyncio.gather(*tasks)
        assert [number for number, _ in seen] == [3, 6, 9]
        assert [count for _, count in seen] == [3, 6, 9]
        codec.close()

    asyncio.run(run())


@every_kind
def test_wpt_021_a_wrong_configuration_leaves_it_usable(kind: Kind) -> None:
    async def run() -> None:
        record = Recorder()
        codec = kind.new(record, **kind.valid)
        items = await kind.inputs(2)
        kind.give(codec, items[:1])
        await codec.flush()
        with pytest.raises(TypeError):
            codec.configure({**kind.valid, "codec": ""})
        kind.give(codec, items[1:])
        await codec.flush()
        assert (len(record.outputs), codec.state) == (2, "configured")
        codec.configure({**kind.valid, "codec": "bogus"})
        with pytest.raises(NotSupportedError):
            await codec.flush()
        assert [type(error) for error in record.errors] == [NotSupportedError]
        assert record.states == ["closed"]

    asyncio.run(run())
