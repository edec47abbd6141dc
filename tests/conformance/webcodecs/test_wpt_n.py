"""Letter N: ImageDecoder."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any

import pytest

from stripline.webcodecs import (
    AbortError,
    EncodingError,
    InvalidStateError,
    NotSupportedError,
    RangeError,
)
from stripline.webcodecs.image_decoder import ImageDecoder
from tests.webcodecs.pictures import animated, photo, saved

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def two_tracks() -> bytes:
    """An AVIF with a still picture and seven frames of 10 ms."""
    return animated("AVIF", 7, 10, speed=9)


def endless_gif(frames: int) -> Any:
    """A stream that gives so many frames of a GIF, and then waits for ever."""
    data = animated("GIF", frames + 1, 100, loop=0)
    end = data.rfind(b"\x21\xf9\x04")  # what belongs to the last frame begins here

    async def source() -> AsyncIterator[bytes]:
        yield data[:end]
        await asyncio.Event().wait()

    return source()


def test_wpt_110_a_still_has_one_frame() -> None:
    async def run() -> None:
        decoder = ImageDecoder(type="image/png", data=saved(photo(), "PNG"))
        with pytest.raises(RangeError):
            await decoder.decode(frame_index=1)
        decoder.close()

    asyncio.run(run())


def test_wpt_an_invalid_type_rejects_what_is_asked_for() -> None:
    async def run() -> None:
        decoder = ImageDecoder(type="junk/type", data=endless_gif(2))
        with pytest.raises(NotSupportedError):
            await decoder.decode()
        with pytest.raises(NotSupportedError):
            await decoder.tracks.ready

    asyncio.run(run())


def test_wpt_111_a_png_that_is_cut() -> None:
    async def run() -> None:
        decoder = ImageDecoder(type="image/png", data=saved(photo(), "PNG")[:100])
        order: list[int] = []
        decodes = [decoder.decode(frame_index=index) for index in range(2)]
        for decode in decodes:
            decode.add_done_callback(lambda done: order.append(decodes.index(done)))
        with pytest.raises(EncodingError):
            await decodes[0]
        with pytest.raises(RangeError):
            await decodes[1]
        await decoder.completed
        assert order == [0, 1]
        decoder.close()

    asyncio.run(run())


def test_wpt_112_no_track_is_selected() -> None:
    async def run() -> None:
        decoder = ImageDecoder(type="image/gif", data=endless_gif(2))
        await decoder.tracks.ready
        track = decoder.tracks[0]
        pending = decoder.decode(frame_index=9)
        track.selected = False
        assert (decoder.tracks.selected_index, decoder.tracks.selected_track) == (-1, None)
        with pytest.raises(AbortError):
            await pending
        with pytest.raises(InvalidStateError):
            await decoder.decode()
        track.selected = True
        assert decoder.tracks.selected_index == 0
        assert (await decoder.decode()).image.timestamp == 0
        decoder.close()

    asyncio.run(run())


def test_wpt_113_two_tracks() -> None:
    async def run() -> None:
        decoder = ImageDecoder(type="image/avif", data=two_tracks(), prefer_animation=False)
        await decoder.tracks.ready
        assert decoder.tracks.length == 2
        still = decoder.tracks.selected_track
        assert still is not None
        assert (still.animated, still.frame_count, still.repetition_count) == (False, 1, 0)
        moving = decoder.tracks[1 - decoder.tracks.selected_index]
        moving.selected = True
        assert decoder.tracks.selected_track is moving
        assert not still.selected
        assert (moving.animated, moving.frame_count) == (True, 7)
        assert moving.repetition_count == math.inf
        first = (await decoder.decode()).image
        assert (first.timestamp, first.duration) == (0, 10_000)
        second = (await decoder.decode(frame_index=1)).image
        assert second.timestamp == 10_000
        decoder.close()

    asyncio.run(run())


@pytest.mark.parametrize("prefer", [True, None])
def test_wpt_113_the_animation_is_preferred(prefer: bool | None) -> None:
    async def run() -> None:
        init = {"type": "image/avif", "data": two_tracks(), "prefer_animation": prefer}
        decoder = ImageDecoder(init)
        await decoder.tracks.ready
        track = decoder.tracks.selected_track
        assert track is not None
        assert track.animated
        decoder.close()

    asyncio.run(run())


def test_wpt_115_reset() -> None:
    async def run() -> None:
        decoder = ImageDecoder(type="image/gif", data=endless_gif(4))
        await decoder.tracks.ready
        for index in range(2):
            assert (await decoder.decode(frame_index=index)).complete
        pending = decoder.decode(frame_index=5)
        decoder.reset()
        with pytest.raises(AbortError):
            await pending
        for index in (1, 0, 3):
            image = (await decoder.decode(frame_index=index)).image
            assert image.timestamp == index * 100_000
        decoder.close()

    asyncio.run(run())


def test_wpt_116_close_with_the_stream_unfinished() -> None:
    async def run() -> None:
        decoder = ImageDecoder(type="image/gif", data=endless_gif(2))
        await decoder.tracks.ready
        track = decoder.tracks[0]
        pending = decoder.decode(frame_index=9)
        decoder.close()
        with pytest.raises(AbortError):
            await pending
        with pytest.raises(AbortError):
            await decoder.completed
        assert (decoder.tracks.length, decoder.type, decoder.complete) == (0, "", False)
        track.selected = False
        track.selected = True
        assert decoder.tracks.selected_index == -1
        with pytest.raises(InvalidStateError):
            await decoder.decode()

    asyncio.run(run())


def test_wpt_116_close_after_the_end() -> None:
    async def run() -> None:
        decoder = ImageDecoder(type="image/png", data=saved(photo(), "PNG"))
        await decoder.completed
        assert decoder.complete
        decoder.close()
        await decoder.completed
        assert (decoder.tracks.length, decoder.type) == (0, "")

    asyncio.run(run())


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("JPEG", {"subsampling": 2}, "I420"),
        ("WEBP", {}, "I420"),
        ("AVIF", {"subsampling": "4:2:0", "speed": 9}, "I420"),
        ("AVIF", {"subsampling": "4:2:2", "speed": 9}, "I422"),
        ("AVIF", {"subsampling": "4:4:4", "speed": 9}, "I444"),
    ],
)
def test_wpt_118_formats(name: str, options: dict[str, Any], expected: str) -> None:
    async def run() -> None:
        data = saved(photo(), name, **options)
        decoder = ImageDecoder(type=f"image/{name.lower()}", data=data)
        assert (await decoder.decode()).image.format == expected
        decoder.close()

    asyncio.run(run())


def test_wpt_118_a_gif_whose_first_delay_is_0() -> None:
    async def run() -> None:
        decoder = ImageDecoder(type="image/gif", data=animated("GIF", 2, [0, 100], loop=0))
        await decoder.tracks.ready
        track = decoder.tracks[0]
        assert (track.animated, track.frame_count) == (True, 2)
        assert track.repetition_count == math.inf
        decoder.close()

    asyncio.run(run())
