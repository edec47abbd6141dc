"""Letter E: VideoDecoder."""

from __future__ import annotations

import asyncio
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

from stripline.webcodecs import (
    DataError,
    EncodedVideoChunk,
    EncodingError,
    VideoDecoder,
)
from stripline.webcodecs.nal_units import split_lengths, split_start_codes, to_start_codes
from tests.conformance.webcodecs.test_wpt_d import every_codec
from tests.conformance.webcodecs.video import (
    CONFIGS,
    Recorder,
    damaged,
    decoded,
    dots,
    encoded,
    picture,
)


@pytest.mark.parametrize(
    "wrong",
    [
        {"coded_width": 0, "coded_height": 9},
        {"display_aspect_width": 0, "display_aspect_height": 9},
        {"coded_width": 9},
        {"coded_height": 9},
        {"display_aspect_width": 9},
        {"display_aspect_height": 9},
    ],
)
def test_wpt_048_sizes_come_in_pairs(wrong: dict[str, int]) -> None:
    async def run() -> None:
        decoder = Recorder().decoder()
        with pytest.raises(TypeError):
            decoder.configure(codec="vp8", **wrong)  # type: ignore[arg-type]  # members of the dict
        query = VideoDecoder.is_config_supported({"codec": "vp8", **wrong})
        with pytest.raises(TypeError):
            await query
        assert decoder.state == "unconfigured"

    asyncio.run(run())


@every_codec
def test_wpt_050_one_chunk_one_frame(name: str) -> None:
    async def run() -> None:
        (chunk,), members = await encoded(name, 1)
        record = Recorder()
        decoder = record.decoder(**members)
        for count in (1, 2):
            decoder.decode(chunk)
            await decoder.flush()
            assert len(record.outputs) == count
            last = record.outputs[-1]
            assert (last.timestamp, last.duration) == (chunk.timestamp, chunk.duration)
        decoder.close()

    asyncio.run(run())


@every_codec
def test_wpt_051_times_are_the_chunks(name: str) -> None:
    async def run() -> None:
        (chunk,), members = await encoded(name, 1)
        times = [(-42, None), (7, 111), (7, 222)]
        chunks = [
            EncodedVideoChunk(type="key", timestamp=when, duration=long, data=bytes(chunk))
            for when, long in times
        ]
        frames = await decoded(chunks, members)
        assert [(one.timestamp, one.duration) for one in frames] == times

    asyncio.run(run())


async def fails(members: dict[str, Any], chunks: list[EncodedVideoChunk], most: int) -> None:
    """Decode what closes the decoder with an EncodingError."""
    record = Recorder()
    decoder = record.decoder(**members)
    for chunk in chunks:
        decoder.decode(chunk)
    flush = decoder.flush()
    order: list[int] = []
    flush.add_done_callback(lambda _: order.append(len(record.errors)))
    with pytest.raises(EncodingError):
        await flush
    assert [type(error) for error in record.errors] == [EncodingError]
    assert (record.states, order) == (["closed"], [1])
    assert decoder.decode_queue_size == 0
    assert len(record.outputs) <= most


@every_codec
def test_wpt_053_an_empty_chunk(name: str) -> None:
    async def run() -> None:
        (chunk,), members = await encoded(name, 1)
        empty = EncodedVideoChunk(type="key", timestamp=1, data=b"")
        await fails(members, [chunk, empty], 1)

    asyncio.run(run())


@every_codec
def test_wpt_054_a_damaged_chunk(name: str) -> None:
    async def run() -> None:
        (key, delta), members = await encoded(name, 2)
        await fails(members, [key, damaged(delta)], 1)

    asyncio.run(run())


@every_codec
def test_wpt_055_reset_at_the_first_output(name: str) -> None:
    async def run() -> None:
        (key,), members = await encoded(name, 1)
        record = Recorder()
        decoder = record.decoder(**members)
        times: list[int] = []

        def output(one: Any) -> None:
            times.append(one.timestamp)
            if len(times) == 1:
                decoder.reset()
                assert decoder.decode_queue_size == 0

        decoder._output = output
        for _ in range(16):
            decoder.decode(EncodedVideoChunk(type="key", timestamp=0, data=bytes(key)))
        with pytest.raises(Exception, match="given up"):
            await decoder.flush()
        decoder.configure(members)
        for _ in range(4):
            decoder.decode(EncodedVideoChunk(type="key", timestamp=1, data=bytes(key)))
        await decoder.flush()
        decoder.close()
        assert times == [0, 1, 1, 1, 1]

    asyncio.run(run())


def test_wpt_056_orientation_comes_from_the_configuration() -> None:
    async def run() -> None:
        (key,), members = await encoded("vp8", 1)
        record = Recorder()
        decoder = record.decoder()
        for rotation, flip in ((90, True), (180, False)):
            turned = {**members, "rotation": rotation, "flip": flip}
            support = await VideoDecoder.is_config_supported(turned)
            assert (support.config["rotation"], support.config["flip"]) == (rotation, flip)
            decoder.configure(turned)
            decoder.decode(key)
            decoder.decode(key)
        await decoder.flush()
        decoder.close()
        assert [(one.rotation, one.flip) for one in record.outputs] == [
            (90, True),
            (90, True),
            (180, False),
            (180, False),
        ]
        assert record.outputs[0].display_width == record.outputs[0].coded_height

    asyncio.run(run())


@pytest.mark.parametrize(("name", "other"), [("h264-avc", "avc"), ("h265-hevc", "hevc")])
def test_wpt_058_with_and_without_a_description(name: str, other: str) -> None:
    async def run() -> None:
        chunks, members = await encoded(name, 8)
        bare, bare_members = await encoded(name.replace(other, "annexb"), 8)
        only = {"codec": CONFIGS[name]["codec"]}
        one = await decoded(chunks, {**only, "description": members["description"]})
        two = await decoded(bare, only)
        assert [frame.timestamp for frame in one] == [frame.timestamp for frame in two]
        assert [dots(frame) for frame in one] == list(range(8))
        for first, second in zip(one, two, strict=True):
            for plane, same in zip(first.planes(), second.planes(), strict=True):
                assert np.array_equal(plane, same)
        assert "description" not in bare_members

    asyncio.run(run())


def x264(params: str, count: int) -> list[av.Packet[Any]]:
    """Packets of x264 with parameters of its own, without the wrapper of WebCodecs."""
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = 320, 200, "yuv420p"
    context.time_base, context.framerate = Fraction(1, 30), Fraction(30)
    context.options = {"x264-params": params}
    packets = []
    for number in range(count):
        one = av.VideoFrame.from_ndarray(picture(number), "rgb24").reformat(format="yuv420p")
        one.pts = number
        packets += context.encode(one)
    return packets + context.encode(None)


def test_wpt_059_h264_can_begin_at_a_recovery_point() -> None:
    """Open groups of pictures: only the first has an IDR slice, the others a recovery point."""

    async def run() -> None:
        packets = x264("open-gop=1:keyint=10:min-keyint=10:bframes=2:scenecut=0", 40)
        starts = [
            index
            for index, packet in enumerate(packets)
            if any(unit[0] & 31 == 6 and unit[1] == 6 for unit in split_start_codes(bytes(packet)))
        ]
        begin = next(start for start in starts if start > 0)
        assert all(unit[0] & 31 != 5 for unit in split_start_codes(bytes(packets[begin])))
        sets = [unit for unit in split_start_codes(bytes(packets[0])) if unit[0] & 31 in {7, 8}]
        chunks = [
            EncodedVideoChunk(
                type="key" if packet is packets[begin] else "delta",
                timestamp=packet.pts or 0,
                data=(to_start_codes(sets) if packet is packets[begin] else b"") + bytes(packet),
            )
            for packet in packets[begin:]
        ]
        frames = await decoded(chunks, {"codec": "avc1.64001E"})
        # Pictures shown before the recovery point need what came before it.
        wanted = list(range(chunks[0].timestamp, 40))
        assert [dots(one) for one in frames][-len(wanted) :] == wanted

    asyncio.run(run())


def test_wpt_059_interlaced_h264() -> None:
    async def run() -> None:
        packets = x264("interlaced=1:bframes=2", 20)
        chunks = [
            EncodedVideoChunk(
                type="key" if packet.is_keyframe else "delta",
                timestamp=packet.pts or 0,
                data=bytes(packet),
            )
            for packet in packets
        ]
        assert [chunk.timestamp for chunk in chunks] != list(range(20))  # there are B-frames
        frames = await decoded(chunks, {"codec": "avc1.64001E"})
        assert [one.timestamp for one in frames] == list(range(20))
        assert [dots(one) for one in frames] == list(range(20))

    asyncio.run(run())


@every_codec
def test_the_first_chunk_must_be_a_key(name: str) -> None:
    async def run() -> None:
        (key, delta), members = await encoded(name, 2)
        disguised = EncodedVideoChunk(type="key", timestamp=0, data=bytes(delta))
        decoder = Recorder().decoder(**members)
        for wrong in (delta, disguised):
            with pytest.raises(DataError):
                decoder.decode(wrong)
        decoder.decode(key)
        decoder.decode(delta)
        await decoder.flush()
        with pytest.raises(DataError):
            decoder.decode(delta)
        decoder.decode(key)
        decoder.close()

    asyncio.run(run())


def test_lengths_are_those_of_the_description() -> None:
    async def run() -> None:
        chunks, members = await encoded("h264-avc", 3)
        short = [
            EncodedVideoChunk(
                type=chunk.type,
                timestamp=chunk.timestamp,
                data=b"".join(
                    len(unit).to_bytes(2, "big") + unit
                    for unit in split_lengths(bytes(chunk), 4)
                    if len(unit) < 65536
                ),
            )
            for chunk in chunks
        ]
        description = bytearray(members["description"])
        description[4] = 0xFC | 1
        frames = await decoded(short, {**members, "description": description})
        assert [dots(one) for one in frames] == [0, 1, 2]

    asyncio.run(run())
