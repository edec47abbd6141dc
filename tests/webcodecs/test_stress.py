"""Many encoders, at once and one after another."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from stripline.webcodecs import VideoEncoder
from tests.webcodecs.frames import random_frame
from tests.webcodecs.stress import SECONDS, SIDE, cycles, resident_bytes


def test_encoders_come_and_go_on_several_threads() -> None:
    cycles(200)  # what libraries allocate once
    threads, size = threading.active_count(), resident_bytes()
    found = cycles(600)
    for thread in threading.enumerate():
        if thread.name.startswith("stripline-VideoEncoder"):
            thread.join(SECONDS)
    assert (found.cycles, found.late, found.errors) == (600, 0, [])
    assert found.outputs > 100
    assert threading.active_count() <= threads
    assert resident_bytes() < size + 30_000_000


def test_sixty_four_encoders_at_once() -> None:
    frames = [
        random_frame("I420", SIDE, SIDE, seed, timestamp=seed * 40_000, duration=40_000)
        for seed in range(4)
    ]

    async def encode() -> list[int]:
        outputs: list[int] = []

        def take(chunk: Any, _: object) -> None:
            outputs.append(chunk.timestamp)

        async with VideoEncoder(take, print) as encoder:
            encoder.configure(codec="vp8", width=SIDE, height=SIDE)
            for frame in frames:
                encoder.encode(frame)
        return outputs

    async def all_of_them() -> list[list[int]]:
        return await asyncio.gather(*(encode() for _ in range(64)))

    expected = [frame.timestamp for frame in frames]
    assert asyncio.run(all_of_them()) == [expected] * 64
