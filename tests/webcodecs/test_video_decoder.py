from __future__ import annotations

import asyncio
import random
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest

from stripline.webcodecs import (
    DataError,
    DOMException,
    EncodedVideoChunk,
    EncodingError,
    InvalidStateError,
    NotSupportedError,
    VideoDecoder,
    VideoEncoder,
    VideoFrame,
)
from stripline.webcodecs._avcc import ParameterSets
from stripline.webcodecs.nal_units import join_lengths, split_start_codes
from tests.webcodecs.frames import unexpected

CODECS = ["avc1.42001E", "avc3.42001E", "hvc1.1.6.L93.B0", "vp8", "vp09.00.10.08", "av01.0.04M.08"]


def made(codec: str, count: int = 4, **members: Any) -> tuple[list[EncodedVideoChunk], Any]:
    """Chunks of a moving ramp, 96 x 64, and their configuration."""
    record: list[Any] = []
    ramp = np.add.outer(np.arange(64), np.arange(96)).astype(np.uint8)
    with VideoEncoder(lambda *both: record.append(both), unexpected) as encoder:
        encoder.configure(codec=codec, width=96, height=64, latency_mode="realtime", **members)
        for number in range(count):
            pixels = np.dstack([np.roll(ramp, number, 1)] * 3)
            with VideoFrame(pixels, timestamp=number * 1000) as frame:
                encoder.encode(frame)
    return [chunk for chunk, _ in record], record[0][1]["decoder_config"]


@pytest.fixture(scope="module", params=CODECS)
def material(request: pytest.FixtureRequest) -> tuple[list[EncodedVideoChunk], Any]:
    return made(request.param)


def outcome(members: dict[str, Any], chunks: list[EncodedVideoChunk]) -> tuple[int, Any]:
    """How many frames come, and the error."""
    frames: list[VideoFrame] = []
    errors: list[DOMException] = []
    decoder = VideoDecoder(frames.append, errors.append)
    decoder.configure(members)
    try:
        for chunk in chunks:
            decoder.decode(chunk)
        decoder.flush().result(60)
    except DOMException as error:
        if decoder.state == "closed":
            assert [type(one) for one in errors] == [type(errors[0])]
        else:
            decoder.close()
        return len(frames), error
    decoder.close()
    return len(frames), None


def test_garbage_is_an_error_or_frames_never_a_crash(
    material: tuple[list[EncodedVideoChunk], Any],
) -> None:
    chunks, members = material
    dice = random.Random(5)
    for _ in range(40):
        spoiled = []
        for chunk in chunks:
            data = bytearray(bytes(chunk))
            for _ in range(dice.randrange(4)):
                data[dice.randrange(len(data))] = dice.randrange(256)
            if dice.randrange(4) == 0:
                del data[dice.randrange(len(data)) :]
            spoiled.append(EncodedVideoChunk(type=chunk.type, timestamp=chunk.timestamp, data=data))
        count, error = outcome(members, spoiled)
        assert count <= len(chunks)
        assert error is None or isinstance(error, DOMException)


def test_random_bytes_are_errors(material: tuple[list[EncodedVideoChunk], Any]) -> None:
    chunks, members = material
    noise = random.Random(1).randbytes(500)
    chunk = EncodedVideoChunk(type="delta", timestamp=1, data=b"\xff" + noise)
    _, error = outcome(members, [chunks[0], chunk])
    assert isinstance(error, EncodingError)


@pytest.mark.parametrize("codec", ["avc1.42001E", "hvc1.1.6.L93.B0"])
@pytest.mark.parametrize("description", [b"\0" * 40, b"\1", b"avcC" * 10])
def test_a_description_that_is_none(codec: str, description: bytes) -> None:
    _, error = outcome({"codec": codec, "description": description}, [])
    assert isinstance(error, NotSupportedError)


@pytest.mark.parametrize(
    "members",
    [
        {"codec": "bogus"},
        {"codec": "avc1.58001E"},
        {"codec": "vp8", "hardware_acceleration": "prefer-hardware"},
        {"codec": "vp8", "coded_width": 100_000, "coded_height": 9},
    ],
)
def test_what_is_not_supported(members: dict[str, Any]) -> None:
    support = VideoDecoder.is_config_supported(members).result(30)
    assert support.supported is False
    assert members.items() <= support.config.items()
    assert isinstance(outcome(members, [])[1], NotSupportedError)


@pytest.mark.parametrize(
    "codec",
    [
        *CODECS,
        "vp09.02.10.10",
        "av01.1.04M.08",
        "av01.2.04M.12",
        "avc1.F4001F",
        "hev1.4.10.L93.9C.8",
    ],
)
def test_what_is_supported(codec: str) -> None:
    assert VideoDecoder.is_config_supported(codec=codec).result(30).supported


def test_optimizing_for_latency_gives_each_frame_at_once(
    material: tuple[list[EncodedVideoChunk], Any],
) -> None:
    async def run() -> None:
        chunks, members = material
        came: asyncio.Queue[VideoFrame] = asyncio.Queue()
        decoder = VideoDecoder(came.put_nowait, unexpected)
        decoder.configure(members, optimize_for_latency=True)
        for chunk in chunks:
            decoder.decode(chunk)
            frame = await asyncio.wait_for(came.get(), 30)
            assert frame.timestamp == chunk.timestamp
        decoder.close()

    asyncio.run(run())


def test_a_configuration_overrides_the_streams_colours() -> None:
    chunks, members = made("avc1.42001E")
    frames: list[VideoFrame] = []
    del members["color_space"]
    with VideoDecoder(frames.append, unexpected) as decoder:
        decoder.configure(members, color_space={"matrix": "smpte170m"})
        decoder.decode(chunks[0])
    assert frames[0].color_space.to_json() == {
        "primaries": "bt709",
        "transfer": "bt709",
        "matrix": "smpte170m",
        "full_range": False,
    }


def test_aspect_ratio_and_rotation() -> None:
    chunks, members = made("vp8")
    for aspect, rotation, expected in [
        ((2, 1), 0, (128, 64)),
        ((1, 1), 0, (96, 96)),
        ((2, 1), 90, (64, 128)),
        ((3, 2), 180, (96, 64)),
        ((2**32 - 1, 1), 0, (2**32 - 1, 64)),
        ((1, 2**32 - 1), 0, (96, 2**32 - 1)),
    ]:
        frames: list[VideoFrame] = []
        with VideoDecoder(frames.append, unexpected) as decoder:
            shape = {"display_aspect_width": aspect[0], "display_aspect_height": aspect[1]}
            decoder.configure({**members, **shape, "rotation": rotation})
            decoder.decode(chunks[0])
        assert (frames[0].display_width, frames[0].display_height) == expected


def test_frames_outlive_their_decoder() -> None:
    chunks, members = made("avc1.42001E")
    frames: list[VideoFrame] = []
    with VideoDecoder(frames.append, unexpected) as decoder:
        decoder.configure(members)
        for chunk in chunks:
            decoder.decode(chunk)
    del decoder
    means = [frame.planes()[0].mean() for frame in frames]
    assert len(means) == 4
    assert all(20 < mean < 230 for mean in means)


def test_wrong_calls() -> None:
    decoder = VideoDecoder(print, unexpected)
    with pytest.raises(InvalidStateError, match="configure"):
        decoder.decode(EncodedVideoChunk(type="key", timestamp=0, data=b"x"))
    decoder.configure(codec="vp8")
    with pytest.raises(TypeError, match="EncodedVideoChunk"):
        decoder.decode(b"bytes")  # type: ignore[arg-type]  # that is what is tested
    decoder.close()


def test_a_slow_consumer_and_a_reset_while_frames_come() -> None:
    chunks, members = made("vp8")

    async def run() -> None:
        frames: list[VideoFrame] = []
        decoder = VideoDecoder(frames.append, unexpected)
        for _ in range(20):
            decoder.configure(members)
            for chunk in chunks:
                decoder.decode(chunk)
            await asyncio.sleep(0)
            decoder.reset()
            count = len(frames)
            await asyncio.sleep(0)
            assert len(frames) == count
        decoder.close()

    asyncio.run(run())


def with_timing(count: int) -> list[bytes]:
    """H.264 whose pictures all have supplemental information: when to decode them."""
    encoder = av.VideoCodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 96, 64, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 30), Fraction(30)
    params = "nal-hrd=cbr:bitrate=500:vbv-maxrate=500:vbv-bufsize=500"
    encoder.options = {"tune": "zerolatency", "x264-params": params}
    packets = []
    for number in range(count):
        frame = av.VideoFrame.from_ndarray(np.full((96, 96), 9 * number, np.uint8), "yuv420p")
        frame.pts = number
        packets += encoder.encode(frame)
    return [bytes(packet) for packet in packets]


@pytest.mark.parametrize("described", [False, True])
def test_supplemental_information_makes_no_key(described: bool) -> None:
    whole, later = with_timing(2)
    members: dict[str, Any] = {"codec": "avc1.64001E"}
    assert {unit[0] & 31 for unit in split_start_codes(later)} >= {1, 6}
    if described:
        sets = ParameterSets("avc")
        whole, later = (join_lengths(sets.take(split_start_codes(one))) for one in (whole, later))
        members["description"] = sets.record()
    chunks = [EncodedVideoChunk(type="key", timestamp=0, data=one) for one in (whole, later)]
    assert outcome(members, chunks) == (2, None)
    count, error = outcome(members, chunks[1:])
    assert count == 0
    assert isinstance(error, DataError)


def test_garbage_as_a_first_key_chunk_is_an_encoding_error() -> None:
    for codec in CODECS:
        for data in (b"\xff" * 50, b"\1\2\3\4"):
            chunk = EncodedVideoChunk(type="key", timestamp=0, data=data)
            assert isinstance(outcome({"codec": codec}, [chunk])[1], EncodingError), (codec, data)
