"""What an ImageDecoder takes: members, media types, options, and streams of every kind."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from stripline.webcodecs.exceptions import DataCloneError, DataError, DOMException
from stripline.webcodecs.image_decoder import ImageDecoder
from tests.webcodecs.pictures import WIDTH, difference, photo, saved

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SECONDS = 30


class Reader:
    """Has an async `read()` only."""

    def __init__(self, parts: list[bytes]) -> None:
        self.parts = parts

    async def read(self) -> bytes:
        await asyncio.sleep(0)
        return self.parts.pop(0) if self.parts else b""


async def _generate(parts: list[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        await asyncio.sleep(0)
        yield part


def _stream_reader(parts: list[bytes]) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    for part in parts:
        reader.feed_data(part)
    reader.feed_eof()
    return reader


@pytest.mark.parametrize("make", [Reader, _generate, _stream_reader])
@pytest.mark.parametrize("name", ["JPEG", "GIF", "WEBP", "AVIF"])
def test_streams_of_every_kind(make: Any, name: str) -> None:
    data = saved(photo(), name)
    parts = [data[at : at + 501] for at in range(0, len(data), 501)]

    async def run() -> None:
        decoder = ImageDecoder(type=f"image/{name.lower()}", data=make(parts))
        states = [decoder.complete]
        result = await decoder.decode()
        await decoder.completed
        assert [*states, decoder.complete] == [False, True]
        assert difference(result.image, photo()) < 9
        decoder.close()

    asyncio.run(run())


def test_a_stream_that_fails_closes_the_decoder() -> None:
    async def source() -> AsyncIterator[bytes]:
        yield b"\x89PNG"
        raise ConnectionResetError("the line is dead")

    async def run() -> None:
        decoder = ImageDecoder(type="image/png", data=source())
        decode = decoder.decode()
        with pytest.raises(DOMException, match="the line is dead") as caught:
            await decode
        assert caught.value.name == "NotReadableError"
        assert isinstance(caught.value.__cause__, ConnectionResetError)
        for promise in (decoder.completed, decoder.tracks.ready, decoder.decode()):
            with pytest.raises(DOMException, match="the line is dead"):
                await promise
        assert decoder.type == ""

    asyncio.run(run())


def test_a_stream_that_is_cancelled_closes_the_decoder() -> None:
    async def source() -> AsyncIterator[bytes]:
        yield b"\x89PNG"
        raise asyncio.CancelledError

    async def run() -> None:
        decoder = ImageDecoder(type="image/png", data=source())
        for promise in (decoder.decode(), decoder.completed, decoder.tracks.ready):
            with pytest.raises(DOMException, match="cannot be read") as caught:
                await promise
            assert caught.value.name == "NotReadableError"

    asyncio.run(run())


@pytest.mark.parametrize("piece", ["text", 5, [1, 2]])
def test_a_stream_of_something_else_closes_the_decoder(piece: Any) -> None:
    async def source() -> AsyncIterator[bytes]:
        yield b"\x89PNG"
        yield piece

    async def run() -> None:
        decoder = ImageDecoder(type="image/png", data=source())
        for promise in (decoder.decode(), decoder.completed, decoder.tracks.ready):
            with pytest.raises(DataError, match="no bytes"):
                await promise
        assert decoder.type == ""

    asyncio.run(run())


def test_a_decoder_outlives_the_loop_that_read_its_stream() -> None:
    async def run() -> ImageDecoder:
        decoder = ImageDecoder(type="image/png", data=_generate([saved(photo(), "PNG")]))
        await decoder.completed
        return decoder

    decoder = asyncio.run(run())
    assert decoder.decode().result(SECONDS).image.timestamp == 0
    decoder.close()


def test_waiting_where_the_stream_is_read_is_refused() -> None:
    async def run() -> None:
        decoder = ImageDecoder(type="image/png", data=_generate([saved(photo(), "PNG")]))
        with pytest.raises(RuntimeError, match="await it instead"):
            decoder.decode().result()
        decoder.close()

    asyncio.run(run())


def released() -> memoryview:
    view = memoryview(b"12")
    view.release()
    return view


@pytest.mark.parametrize(
    "init",
    [
        {},
        {"type": "image/png"},
        {"data": b"1"},
        {"type": "", "data": b"1"},
        {"type": "image", "data": b"1"},
        {"type": "/png", "data": b"1"},
        {"type": "image/p ng", "data": b"1"},
        {"type": "\u00a0image/png", "data": b"1"},
        {"type": "image/", "data": b"1"},
        {"type": "image/png", "data": b""},
        {"type": "image/png", "data": 5},
        {"type": "image/png", "data": [b"1"]},
        {"type": "image/png", "data": b"1", "desired_width": 5},
        {"type": "image/png", "data": b"1", "desired_width": 5, "desired_height": -1},
        {"type": "image/png", "data": b"1", "transfer": 5},
        {"type": "image/png", "data": b"1", "transfer": ["1"]},
        {"type": "image/png", "data": released()},
        {"type": "image/png", "data": b"1", "color_space_conversion": "maybe"},
    ],
)
def test_wrong_members_are_type_errors(init: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        ImageDecoder(init)


def test_a_buffer_is_handed_over_once() -> None:
    data = bytearray(saved(photo(), "PNG"))
    with pytest.raises(DataCloneError):
        ImageDecoder(type="image/png", data=data, transfer=[data, data])
    init = {"type": "image/png", "data": data, "transfer": [data]}
    with ImageDecoder(init, desired_width=0, desired_height=0) as decoder:
        assert decoder.decode().result(SECONDS).image.coded_width == WIDTH


def test_a_stream_needs_a_loop() -> None:
    with pytest.raises(TypeError, match="asyncio loop"):
        ImageDecoder(type="image/png", data=Reader([]))


def test_which_types_are_supported() -> None:
    for name in ("jpeg", "png", "apng", "gif", "webp", "avif", "JPEG", "png; charset=x", "png \n;"):
        assert ImageDecoder.is_type_supported(f"image/{name}").result(SECONDS) is True
    for name in ("bmp", "svg+xml", "cheese"):
        assert ImageDecoder.is_type_supported(f"image/{name}").result(SECONDS) is False
    assert ImageDecoder.is_type_supported("\t image/png\r").result(SECONDS) is True
    for wrong in ("", "png", "image/", "image/png,", "video/mp4", None):
        with pytest.raises(TypeError):
            ImageDecoder.is_type_supported(wrong).result(SECONDS)  # type: ignore[arg-type]


def test_wrong_options_are_rejected() -> None:
    with ImageDecoder(type="image/png", data=saved(photo(), "PNG")) as decoder:
        for index in (-1, 2**32, "two"):
            with pytest.raises(TypeError):
                decoder.decode(frame_index=index).result(SECONDS)  # type: ignore[arg-type]
        image = decoder.decode({"frame_index": 0, "complete_frames_only": False})
        assert image.result(SECONDS).complete
