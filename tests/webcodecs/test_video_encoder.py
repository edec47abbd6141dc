from __future__ import annotations

import asyncio
import gc
import threading
from typing import Any

import numpy as np
import pytest

from stripline.webcodecs import (
    DOMException,
    EncodedVideoChunk,
    EncodingError,
    InvalidStateError,
    NotSupportedError,
    VideoDecoder,
    VideoEncoder,
    VideoFrame,
)
from stripline.webcodecs.pixel_formats import PIXEL_FORMATS
from tests.support import photograph, run_script
from tests.webcodecs.frames import random_frame, unexpected

SMALL = {"codec": "vp8", "width": 64, "height": 64, "latency_mode": "realtime"}


def small(timestamp: int = 0) -> VideoFrame:
    return VideoFrame(np.full((64, 64, 3), 90, np.uint8), timestamp=timestamp)


def test_without_a_loop() -> None:
    chunks: list[EncodedVideoChunk] = []
    threads = set()

    def output(chunk: EncodedVideoChunk) -> None:
        chunks.append(chunk)
        threads.add(threading.current_thread())

    encoder = VideoEncoder(output, unexpected)
    encoder.configure(SMALL)
    for number in range(5):
        encoder.encode(small(number))
    encoder.flush().result(30)
    assert [chunk.timestamp for chunk in chunks] == list(range(5))
    assert threads == {encoder._queue.thread}
    encoder.close()


def test_a_stream_of_chunks_with_metadata_in_the_callback() -> None:
    async def run() -> None:
        metadata: list[dict[str, Any]] = []
        frames: list[VideoFrame] = []
        encoder = VideoEncoder(lambda _, more: metadata.append(more), unexpected)
        async with encoder:
            encoder.configure(SMALL)
            source = (small(number) for number in range(30))
            chunks = [chunk async for chunk in encoder.stream(source, max_queue=3)]
        assert [chunk.timestamp for chunk in chunks] == list(range(30))
        decoder = VideoDecoder(output=lambda _: None, error=unexpected)
        async with decoder:
            decoder.configure(metadata[0]["decoder_config"])
            frames = [frame async for frame in decoder.stream(chunks, max_queue=2)]
        assert [frame.timestamp for frame in frames] == list(range(30))
        assert (encoder.state, decoder.state) == ("closed", "closed")

    asyncio.run(run())


FORMATS = ["I420", "I420A", "I420P10", "I422", "I444", "I444AP10", "NV12", "RGBA", "BGRX"]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("codec", ["avc1.42001E", "hev1.2.4.L93.B0", "vp09.01.10.08", "vp8"])
def test_every_format_is_encoded(name: str, codec: str) -> None:
    async def run() -> None:
        chunks: list[EncodedVideoChunk] = []
        async with VideoEncoder(chunks.append, unexpected) as encoder:
            encoder.configure(SMALL, codec=codec)
            with random_frame(name, 64, 64) as frame:
                encoder.encode(frame)
            with random_frame(
                name, 70, 66, visible_rect={"x": 2, "y": 2, "width": 64, "height": 64}
            ) as frame:
                encoder.encode(frame)
        assert [chunk.type for chunk in chunks] == ["key", "delta"]

    asyncio.run(run())


@pytest.mark.parametrize("planar", [False, True])
def test_colours_of_rgb_and_of_planes_survive(planar: bool) -> None:
    async def run() -> None:
        red = np.zeros((64, 64, 3), np.uint8)
        red[..., 0] = 255
        frames: list[VideoFrame] = []
        record: list[Any] = []
        async with VideoEncoder(lambda c, m: record.append((c, m)), unexpected) as encoder:
            encoder.configure(SMALL, codec="avc1.42001E", bitrate=1_000_000)
            with VideoFrame(red, timestamp=0) as frame:
                encoder.encode(bt601(frame) if planar else frame)
        async with VideoDecoder(frames.append, unexpected) as decoder:
            decoder.configure(record[0][1]["decoder_config"])
            decoder.decode(record[0][0])
        pixels = bytearray(frames[0].allocation_size(format="RGBX"))
        frames[0].copy_to(pixels, format="RGBX").result()
        middle = np.frombuffer(pixels, np.uint8).reshape(64, 64, 4)[32, 32, :3].astype(int)
        assert np.abs(middle - [255, 0, 0]).max() <= 4

    asyncio.run(run())


def bt601(frame: VideoFrame) -> VideoFrame:
    """Pure red as ITU-R BT.601 has it, limited range: Y 81, Cb 90, Cr 240."""
    planes = b"\x51" * 4096 + b"\x5a" * 1024 + b"\xf0" * 1024
    space = {"matrix": "smpte170m", "primaries": "smpte170m", "transfer": "smpte170m"}
    return VideoFrame(
        planes,
        format="I420",
        coded_width=64,
        coded_height=64,
        timestamp=frame.timestamp,
        color_space={**space, "full_range": False},
    )


def test_wrong_calls() -> None:
    encoder = VideoEncoder(print, unexpected)
    with pytest.raises(InvalidStateError, match="configure"):
        encoder.encode(small())
    encoder.configure(SMALL)
    for wrong in (None, b"pixels", np.zeros((64, 64, 3))):
        with pytest.raises(TypeError, match="VideoFrame"):
            encoder.encode(wrong)  # type: ignore[arg-type]  # that is what is tested
    with pytest.raises(TypeError):
        encoder.encode(small(), {"vp9": 3})
    encoder.close()
    with pytest.raises(InvalidStateError, match="closed"):
        encoder.encode(small())


def test_calls_after_an_error_say_what_it_was() -> None:
    errors: list[DOMException] = []
    encoder = VideoEncoder(print, errors.append)
    encoder.configure(SMALL, codec="bogus")
    with pytest.raises(NotSupportedError):
        encoder.flush().result(10)
    with pytest.raises(InvalidStateError) as caught:
        encoder.encode(small())
    assert caught.value.__cause__ is errors[0]


def test_a_message_names_what_is_not_supported() -> None:
    cases: dict[str, dict[str, Any]] = {
        "level 3.0": {"codec": "avc1.42001E", "width": 1280, "height": 720},
        "even size": {"codec": "avc1.42001E", "width": 63},
        "hardware": {"hardware_acceleration": "prefer-hardware"},
        "scalability": {"scalability_mode": "L3T3"},
        "alpha": {"codec": "av01.0.04M.08", "alpha": "keep"},
        "profile 0 only": {"codec": "av01.1.04M.08"},
        "10 bits": {"codec": "vp09.02.10.10"},
        "too large": {"width": 16_384},
        "framerate": {"framerate": 0},
        "refuses the": {"bitrate": 2**64 - 1},
        "refuses": {"codec": "av01.0.04M.08", "width": 2, "height": 2},
    }
    for words, members in cases.items():
        errors: list[DOMException] = []
        encoder = VideoEncoder(print, errors.append)
        encoder.configure(SMALL, **members)
        with pytest.raises(NotSupportedError, match=words):
            encoder.flush().result(30)
        assert len(errors) == 1


@pytest.mark.parametrize("mode", ["constant", "variable", "quantizer"])
@pytest.mark.parametrize("codec", ["avc1.42001E", "hvc1.1.6.L93.B0", "vp8", "vp09.00.10.08"])
def test_bitrate_modes(codec: str, mode: str) -> None:
    chunks: list[EncodedVideoChunk] = []
    with VideoEncoder(chunks.append, unexpected) as encoder:
        encoder.configure(SMALL, codec=codec, bitrate_mode=mode, bitrate=200_000, framerate=25)
        for number in range(6):
            encoder.encode(random_frame("I420", 64, 64, seed=number, timestamp=number * 40_000))
    assert len(chunks) == 6


@pytest.mark.parametrize("latency", ["quality", "realtime"])
def test_vp8_takes_a_quantizer_for_each_frame(latency: str) -> None:
    chunks: list[EncodedVideoChunk] = []
    with VideoEncoder(chunks.append, unexpected) as encoder:
        encoder.configure(SMALL, codec="vp8", bitrate_mode="quantizer", latency_mode=latency)
        for number in range(8):
            frame = random_frame("I420", 64, 64, seed=number, timestamp=number * 40_000)
            encoder.encode(frame, vp8={"quantizer": 60 if number % 2 else 4})
    sizes = [chunk.byte_length for chunk in chunks]
    assert min(sizes[0::2]) > 4 * max(sizes[1::2])


@pytest.mark.parametrize("codec", ["avc1.42001F", "vp8", "vp09.00.10.08"])
def test_the_same_frames_give_the_same_bytes(codec: str) -> None:
    def encoded() -> list[bytes]:
        chunks: list[bytes] = []
        with VideoEncoder(lambda chunk: chunks.append(bytes(chunk)), unexpected) as encoder:
            encoder.configure(codec=codec, width=320, height=240, latency_mode="realtime")
            for number in range(20):
                pixels = photograph()[6 * number : 6 * number + 240, 9 * number : 9 * number + 320]
                encoder.encode(VideoFrame(pixels, timestamp=number * 33_333))
        return chunks

    assert encoded() == encoded()


def test_a_higher_bitrate_makes_larger_chunks() -> None:
    sizes = []
    for bitrate in (50_000, 800_000):
        chunks: list[EncodedVideoChunk] = []
        with VideoEncoder(chunks.append, unexpected) as encoder:
            encoder.configure(SMALL, codec="avc1.42001E", bitrate=bitrate, framerate=25)
            for number in range(25):
                encoder.encode(random_frame("I420", 64, 64, seed=number, timestamp=number * 40_000))
        sizes.append(sum(chunk.byte_length for chunk in chunks))
    assert sizes[1] > 3 * sizes[0]


def test_a_colour_space_may_change_between_frames() -> None:
    record: list[Any] = []
    with VideoEncoder(lambda c, m: record.append((c, m)), unexpected) as encoder:
        encoder.configure(SMALL, codec="avc1.42001E")
        with small() as frame:
            for one in (frame, bt601(frame), bt601(frame), frame):
                encoder.encode(one)
    assert [chunk.type for chunk, _ in record] == ["key", "key", "delta", "key"]
    told = [more.get("decoder_config", {}).get("color_space", {}) for _, more in record]
    assert [space.get("matrix") for space in told] == ["bt709", "smpte170m", None, "bt709"]


def test_many_encoders_at_once() -> None:
    async def run() -> None:
        counts = [0] * 64
        before = threading.active_count()

        def counter(index: int) -> Any:
            def output(_: EncodedVideoChunk) -> None:
                counts[index] += 1

            return output

        encoders = [VideoEncoder(counter(index), unexpected) for index in range(64)]
        with small() as frame:
            for encoder in encoders:
                encoder.configure(SMALL)
                for _ in range(3):
                    encoder.encode(frame)
        await asyncio.gather(*(encoder.flush() for encoder in encoders))
        assert counts == [3] * 64
        threads = [encoder._queue.thread for encoder in encoders]
        for encoder in encoders:
            encoder.close()
        for thread in threads:
            assert thread is not None
            await asyncio.to_thread(thread.join, 10)
        # to_thread itself keeps some
        assert threading.active_count() <= before + 8

    asyncio.run(run())


def test_cycles_from_several_threads_keep_memory_and_order() -> None:
    """Configure, encode, reset, close at random: no deadlock, no output after reset."""
    code = """
import random, sys, threading
import numpy as np
from stripline.webcodecs import VideoEncoder, VideoFrame

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

late = []
pixels = np.zeros((64, 64, 3), np.uint8)

def cycles(seed, count):
    dice, now, encoder = random.Random(seed), [0], None
    def output(chunk):
        if chunk.timestamp != now[0]:
            late.append(chunk)
    for now[0] in range(count):
        encoder = encoder or VideoEncoder(output, late.append)
        codec = dice.choice(["vp8", "vp8", "avc1.42001E", "vp09.00.10.08"])
        encoder.configure(codec=codec, width=64, height=64, latency_mode="realtime")
        for _ in range(dice.randrange(3)):
            with VideoFrame(pixels, timestamp=now[0]) as frame:
                encoder.encode(frame)
        match dice.randrange(4):
            case 0:
                encoder.flush().result(60)
                encoder.reset()
            case 1:
                encoder.close()
                encoder = None
            case _:
                encoder.reset()
    if encoder:
        encoder.close()

def all_at_once(count):
    threads = [threading.Thread(target=cycles, args=(seed, count)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for thread in threading.enumerate():
        if thread is not threading.main_thread():
            thread.join()

all_at_once(150)
before = resident()
all_at_once(150)
assert not late, late
assert threading.active_count() == 1
grown = resident() - before
assert grown < 40_000_000, grown
print("fine")
"""
    assert run_script(code) == "fine\n"


def test_garbage_with_work_in_it() -> None:
    encoder = VideoEncoder(lambda _: None, unexpected)
    encoder.configure(SMALL)
    with small() as frame:
        for _ in range(10):
            encoder.encode(frame)
    thread = encoder._queue.thread
    assert thread is not None
    del encoder
    gc.collect()
    thread.join(30)
    assert not thread.is_alive()


def test_the_process_ends_in_the_middle_of_work() -> None:
    code = """
import numpy as np
from stripline.webcodecs import VideoEncoder, VideoFrame
encoder = VideoEncoder(lambda chunk: None, print)
encoder.configure(codec="av01.0.04M.08", width=640, height=480)
for number in range(50):
    encoder.encode(VideoFrame(np.zeros((480, 640, 3), np.uint8), timestamp=number))
print("over")
"""
    assert run_script(code) == "over\n"


def test_without_pyav_the_error_says_what_to_install() -> None:
    code = """
import sys
sys.modules["av"] = None
from stripline.webcodecs import VideoEncoder
errors = []
encoder = VideoEncoder(print, errors.append)
encoder.configure(codec="vp8", width=64, height=64)
print(type(encoder.flush().exception(30)).__name__, errors[0])
"""
    said = run_script(code)
    assert said.startswith("NotSupportedError")
    assert 'pip install "stripline[video]"' in said


def test_an_error_inside_the_encoder_is_an_encoding_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from stripline.webcodecs import _av_encode_pixels

    def broken(*_: object) -> None:
        raise ValueError("no pixels")

    monkeypatch.setattr(_av_encode_pixels.FrameShaper, "shape", broken)
    errors: list[DOMException] = []
    encoder = VideoEncoder(print, errors.append)
    encoder.configure(SMALL)
    encoder.encode(small())
    with pytest.raises(EncodingError, match="no pixels"):
        encoder.flush().result(30)
    assert len(errors) == 1


@pytest.mark.parametrize("name", PIXEL_FORMATS)
def test_frames_of_every_format_are_encoded(name: str) -> None:
    chunks: list[EncodedVideoChunk] = []
    with VideoEncoder(chunks.append, unexpected) as encoder:
        encoder.configure(SMALL)
        for width, height in ((64, 64), (33, 31)):
            encoder.encode(random_frame(name, width, height))
    assert len(chunks) == 2
