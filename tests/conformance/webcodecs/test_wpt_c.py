"""Letter C: the queue's size and the dequeue event, of any codec."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from tests.conformance.webcodecs.test_wpt_a import every_kind
from tests.conformance.webcodecs.video import Recorder

if TYPE_CHECKING:
    from tests.conformance.webcodecs.codecs import Kind


@every_kind
def test_wpt_023_024_025_sizes_and_events(kind: Kind) -> None:
    async def run() -> None:
        codec = kind.new(Recorder())
        sizes: list[int] = []
        codec.ondequeue = lambda: sizes.append(kind.queue_size(codec))
        assert kind.queue_size(codec) == 0
        codec.configure(kind.valid)
        assert kind.queue_size(codec) == 0
        kind.give(codec, await kind.inputs(15))
        assert 0 <= kind.queue_size(codec) <= 15
        await codec.flush()
        assert kind.queue_size(codec) == 0
        await asyncio.sleep(0)
        assert sizes == sorted(set(sizes), reverse=True)
        assert sizes[-1] == 0
        assert len(sizes) <= 15
        codec.close()

    asyncio.run(run())


@every_kind
def test_wpt_025_one_turn_gives_one_event(kind: Kind) -> None:
    async def run() -> None:
        codec = kind.new(Recorder(), **kind.valid)
        sizes: list[int] = []
        codec.add_event_listener("dequeue", lambda: sizes.append(kind.queue_size(codec)))
        kind.give(codec, await kind.inputs(6))
        worked = threading.Event()
        codec._queue.put(worked.set)
        assert worked.wait(30)  # the loop does not turn meanwhile
        await codec.flush()
        assert sizes == [0]
        codec.close()

    asyncio.run(run())


@every_kind
def test_wpt_026_the_size_falls_before_the_output(kind: Kind) -> None:
    async def run() -> None:
        record = Recorder()
        codec = kind.new(record, **kind.valid)
        seen: list[int] = []

        def output(*_: object) -> None:
            seen.append(kind.queue_size(codec))

        codec._output = output
        kind.give(codec, await kind.inputs(1))
        await codec.flush()
        assert seen == [0]
        codec.close()

    asyncio.run(run())
