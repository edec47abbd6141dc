"""ImageDecoder: pixels of every format, damage, work that is dropped."""

from __future__ import annotations

import asyncio
import math
import random
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from stripline.webcodecs.exceptions import (
    AbortError,
    EncodingError,
    InvalidStateError,
    NotSupportedError,
    RangeError,
)
from stripline.webcodecs.image_decoder import ImageDecoder
from tests.webcodecs.pictures import HEIGHT, WIDTH, animated, colors, difference, photo, saved

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SECONDS = 30
MOVING = ("PNG", "GIF", "WEBP", "AVIF")


def frame_of(media_type: str, data: bytes, index: int = 0) -> Any:
    with ImageDecoder(type=media_type, data=data) as decoder:
        return decoder.decode(frame_index=index).result(SECONDS).image


@pytest.mark.parametrize(
    ("media_type", "name", "options", "expected", "most"),
    [
        ("image/jpeg", "JPEG", {"subsampling": 2, "quality": 95}, "I420", 4),
        ("image/jpeg", "JPEG", {"subsampling": 1, "progressive": True}, "I422", 6),
        ("image/jpeg", "JPEG", {"subsampling": 0}, "I444", 6),
        ("image/png", "PNG", {}, "RGBX", 0),
        ("image/webp", "WEBP", {"quality": 95}, "I420", 4),
        ("image/webp", "WEBP", {"lossless": True}, "RGBX", 0),
        ("image/avif", "AVIF", {"subsampling": "4:2:0", "speed": 9}, "I420", 6),
        ("image/avif", "AVIF", {"subsampling": "4:2:2", "speed": 9}, "I422", 6),
        ("image/avif", "AVIF", {"subsampling": "4:4:4", "speed": 9}, "I444", 6),
        ("image/gif", "GIF", {}, "RGBA", 8),
    ],
)
def test_stills_of_every_kind(
    media_type: str, name: str, options: dict[str, Any], expected: str, most: float
) -> None:
    image = photo()
    frame = frame_of(media_type, saved(image, name, **options))
    assert (frame.format, frame.timestamp) == (expected, 0)
    assert (frame.display_width, frame.display_height) == (WIDTH, HEIGHT)
    assert frame.duration is None
    assert difference(frame, image) <= most
    assert None not in frame.color_space.to_json().values()


def test_pictures_without_colour_or_of_other_depths() -> None:
    grey = photo().convert("L")
    assert difference(frame_of("image/jpeg", saved(grey, "JPEG", quality=95)), grey) < 2
    cmyk = photo().convert("CMYK")
    assert difference(frame_of("image/jpeg", saved(cmyk, "JPEG", quality=95)), photo()) < 4
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    assert difference(frame_of("image/png", saved(deep, "PNG")), grey) == 0
    palette = photo().convert("P")
    assert difference(frame_of("image/png", saved(palette, "PNG")), palette) == 0


@pytest.mark.parametrize(
    ("media_type", "name", "options", "expected"),
    [
        ("image/png", "PNG", {}, "RGBA"),
        ("image/webp", "WEBP", {}, "I420A"),
        ("image/webp", "WEBP", {"lossless": True}, "RGBA"),
        ("image/avif", "AVIF", {"speed": 9}, "RGBA"),
    ],
)
def test_alpha(media_type: str, name: str, options: dict[str, Any], expected: str) -> None:
    image = photo(alpha=True)
    frame = frame_of(media_type, saved(image, name, **options))
    assert frame.format == expected
    wanted = np.asarray(image)[..., 3].astype(int)
    assert np.abs(colors(frame)[..., 3].astype(int) - wanted).max() <= 3


def test_more_than_a_picture_in_a_jpeg() -> None:
    data = saved(photo(), "JPEG", subsampling=0, quality=95)
    for more in (b"\0" * 1000, b"junk", saved(photo(1), "JPEG")):
        assert difference(frame_of("image/jpeg", data + more), photo()) < 4
    several = saved(photo(), "MPO", save_all=True, append_images=[photo(2)], quality=95)
    assert difference(frame_of("image/jpeg", several), photo()) < 4


TURNS = {1: (0, False), 2: (0, True), 3: (180, False), 4: (180, True)}
TURNS |= {5: (90, True), 6: (90, False), 7: (270, True), 8: (270, False)}


@pytest.mark.parametrize("tag", range(1, 9))
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_orientation_is_told_and_not_applied(name: str, tag: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = tag
    frame = frame_of(f"image/{name.lower()}", saved(photo(), name, exif=exif))
    assert (frame.rotation, frame.flip) == TURNS[tag]
    assert (frame.coded_width, frame.coded_height) == (WIDTH, HEIGHT)
    sides = (HEIGHT, WIDTH) if tag > 4 else (WIDTH, HEIGHT)
    assert (frame.display_width, frame.display_height) == sides
    assert difference(frame, photo()) < 10


@pytest.mark.parametrize(
    ("media_type", "name", "options", "repetitions"),
    [
        ("image/gif", "GIF", {}, 0),
        ("image/gif", "GIF", {"loop": 0}, math.inf),
        ("image/gif", "GIF", {"loop": 3}, 3),
        ("image/png", "PNG", {"loop": 0}, math.inf),
        ("image/apng", "PNG", {"loop": 3}, 2),
        ("image/webp", "WEBP", {"loop": 0}, math.inf),
        ("image/webp", "WEBP", {"loop": 1, "lossless": True}, 0),
        ("image/avif", "AVIF", {"speed": 9}, math.inf),
    ],
)
def test_animations(
    media_type: str, name: str, options: dict[str, Any], repetitions: float
) -> None:
    data = animated(name, 4, [30, 50, 70, 110], **options)
    with ImageDecoder({"type": media_type, "data": data}) as decoder:
        decoder.tracks.ready.result(SECONDS)
        track = decoder.tracks.selected_track
        assert track is not None
        assert (track.animated, track.frame_count) == (True, 4)
        assert track.repetition_count == repetitions
        times = []
        for index in (0, 1, 3, 2):  # backwards too
            frame = decoder.decode(frame_index=index).result(SECONDS).image
            times.append((frame.timestamp, frame.duration))
            assert difference(frame, photo(index)) < 9
        assert times == [(0, 30_000), (30_000, 50_000), (150_000, 110_000), (80_000, 70_000)]


def test_a_picture_before_the_animation_is_not_of_it() -> None:
    data = animated("PNG", 3, [10, 20], default_image=True)
    with ImageDecoder(type="image/png", data=data) as decoder:
        result = decoder.decode(frame_index=1).result(SECONDS)
        assert decoder.tracks[0].frame_count == 2
        assert result["complete"] is True
        assert difference(result["image"], photo(2)) == 0
        assert result.image.timestamp == 10_000


@pytest.mark.parametrize("name", ["GIF", "PNG", "WEBP"])
def test_frames_come_before_the_stream_ends(name: str) -> None:
    data = animated(name, 5, loop=0)

    async def run() -> None:
        more: asyncio.Queue[bytes] = asyncio.Queue()

        async def source() -> AsyncIterator[bytes]:
            while piece := await more.get():
                yield piece

        decoder = ImageDecoder(type=f"image/{name.lower()}", data=source())
        decodes = [decoder.decode(frame_index=index) for index in range(6)]
        # Bytes come one by one until the first two frames are out.
        at = 0
        while not decodes[1].done():
            assert at < len(data), "the second frame waits for the end"
            more.put_nowait(data[at : at + 200])
            at += 200
            turned = threading.Event()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            decoder._queue.put(turned.set)
            await asyncio.to_thread(turned.wait, SECONDS)
        assert at < len(data) * 0.7
        track = decoder.tracks.selected_track
        assert track is not None
        assert 2 <= track.frame_count < 5
        assert not decodes[4].done()
        assert not decoder.complete
        more.put_nowait(data[at:])
        more.put_nowait(b"")
        for index in range(5):
            image = (await decodes[index]).image
            assert difference(image, photo(index)) < 9
        with pytest.raises(RangeError):
            await decodes[5]
        await decoder.completed
        assert (track.frame_count, track.repetition_count) == (5, math.inf)
        decoder.close()

    asyncio.run(run())


def test_decodes_are_serialized() -> None:
    data = animated("GIF", 3)
    third = data.rfind(b"\x21\xf9\x04")

    async def run() -> None:
        more: asyncio.Queue[bytes] = asyncio.Queue()

        async def source() -> AsyncIterator[bytes]:
            while piece := await more.get():
                yield piece

        decoder = ImageDecoder(type="image/gif", data=source())
        more.put_nowait(data[:third])
        await decoder.decode(frame_index=1)
        order: list[Any] = []
        decodes = {index: decoder.decode(frame_index=index) for index in (2, 1, 0)}
        for decode in decodes.values():
            decode.add_done_callback(order.append)
        turned = threading.Event()
        decoder._queue.put(turned.set)
        await asyncio.to_thread(turned.wait, SECONDS)
        assert not any(decode.done() for decode in decodes.values())
        more.put_nowait(data[third:])
        more.put_nowait(b"")
        for index, decode in decodes.items():
            assert (await decode).image.timestamp == index * 100_000
        assert order == list(decodes.values())
        decoder.close()

    asyncio.run(run())


def test_async_with_closes() -> None:
    async def run() -> None:
        async with ImageDecoder(type="image/png", data=saved(photo(), "PNG")) as decoder:
            assert (await decoder.decode()).complete
        assert decoder.type == ""

    asyncio.run(run())


@pytest.mark.parametrize("media_type", ["image/cheese", "junk/type", "text/plain"])
def test_an_unsupported_type_closes_the_decoder(media_type: str) -> None:
    decoder = ImageDecoder(type=media_type, data=b"holes")
    for promise in (decoder.decode(), decoder.completed, decoder.tracks.ready):
        with pytest.raises(NotSupportedError, match=media_type):
            promise.result(SECONDS)
    assert decoder.type == ""


def test_a_buffer_is_complete_at_once() -> None:
    with ImageDecoder(type="image/png", data=saved(photo(), "PNG")) as decoder:
        assert decoder.complete
        assert decoder.completed.done()
    assert decoder.complete
    with ImageDecoder(type="image/png", data=b"nothing") as decoder:
        assert decoder.completed.result(0) is None


def test_closed_decoders_decode_nothing() -> None:
    decoder = ImageDecoder(type="image/png", data=saved(photo(), "PNG"))
    decoder.completed.result(SECONDS)
    decoder.close()
    decoder.close()
    decoder.reset()
    with pytest.raises(InvalidStateError):
        decoder.decode().result(SECONDS)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
def test_other_data_is_an_error(name: str) -> None:
    for data in (b"x", b"nothing of the kind" * 10, saved(photo(), "BMP")):
        with ImageDecoder(type=f"image/{name.lower()}", data=data) as decoder:
            with pytest.raises(EncodingError):
                decoder.decode().result(SECONDS)
            with pytest.raises(EncodingError):
                decoder.tracks.ready.result(SECONDS)
            decoder.completed.result(SECONDS)
            with pytest.raises(EncodingError):
                decoder.decode().result(SECONDS)


@pytest.mark.parametrize(
    ("name", "moving"),
    [("JPEG", False)] + [(name, moving) for name in MOVING for moving in (False, True)],
)
def test_damage_never_breaks_more_than_a_frame(name: str, moving: bool) -> None:
    data = animated(name, 3) if moving else saved(photo(), name)
    generator = random.Random(17)
    for _ in range(25):
        bad = bytearray(data)
        for _ in range(generator.randint(1, 6)):
            bad[generator.randrange(len(bad))] ^= 1 << generator.randrange(8)
        if generator.random() < 0.5:
            del bad[generator.randrange(1, len(bad)) :]
        with ImageDecoder(type=f"image/{name.lower()}", data=bad) as decoder:
            for index in range(3):
                error = decoder.decode(frame_index=index).exception(SECONDS)
                assert error is None or isinstance(error, EncodingError | RangeError)
            decoder.completed.result(SECONDS)


def test_reset_and_close_at_any_time() -> None:
    generator = random.Random(19)
    data = animated("WEBP", 6)
    before = threading.active_count()
    for _ in range(60):
        decoder = ImageDecoder(type="image/webp", data=data)
        decodes = [decoder.decode(frame_index=index) for index in range(6)]
        if generator.random() < 0.5:
            decodes[generator.randrange(3)].result(SECONDS)
        if generator.random() < 0.5:
            decoder.reset()
            assert decoder.decode(frame_index=2).result(SECONDS).image.timestamp == 200_000
        thread = decoder._queue.thread
        decoder.close()
        for decode in decodes:
            error = decode.exception(SECONDS)
            assert error is None or isinstance(error, AbortError)
        assert thread is not None
        thread.join(SECONDS)
    assert threading.active_count() <= before


def test_it_is_closed_after_its_loop() -> None:
    async def run() -> None:
        decoder = ImageDecoder(type="image/png", data=asyncio.StreamReader())
        reading = decoder._reading
        assert reading is not None
        gone = asyncio.new_event_loop()
        decoder._reading = gone.create_future()  # type: ignore[assignment]  # as if read there
        gone.close()
        decoder.close()
        with pytest.raises(AbortError):
            await decoder.completed
        reading.cancel()

    asyncio.run(run())
