"""Letter D: VideoEncoder.

Not run: temporal layers of H.264 and H.265 (43), which x264 and x265 do not have without
reordering; they are "not supported" here.
"""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from stripline.webcodecs import DataError, NotSupportedError, VideoEncoder, VideoFrame
from stripline.webcodecs.nal_units import split_lengths, split_start_codes, unit_type
from tests.conformance.webcodecs.video import (
    CONFIGS,
    HEIGHT,
    WIDTH,
    Recorder,
    config,
    decoded,
    dots,
    encoded,
    frame,
    picture,
)

every_codec = pytest.mark.parametrize("name", CONFIGS)


@pytest.mark.parametrize("member", ["width", "height", "display_width", "display_height"])
def test_wpt_028_zero_sizes_are_type_errors(member: str) -> None:
    async def run() -> None:
        wrong = config("vp8", **{member: 0})
        encoder = Recorder().encoder()
        with pytest.raises(TypeError, match=member):
            encoder.configure(wrong)
        query = VideoEncoder.is_config_supported(wrong)
        with pytest.raises(TypeError, match=member):
            await query

    asyncio.run(run())


UNSUPPORTED: dict[str, dict[str, Any]] = {
    "scalability": config("vp8", scalability_mode="ABC"),
    "width": config("vp8", width=1_000_000),
    "height": config("av1", height=1_000_000),
    "odd": config("h264-avc", width=641, height=480),
    "strenuous": config(
        "vp9-p0",
        width=20_000,
        height=20_000,
        hardware_acceleration="prefer-hardware",
        bitrate=1,
        framerate=240,
    ),
    "level": config("h264-avc", width=1920, height=1080),
    "layers": config("h264-avc", scalability_mode="L1T2"),
    "alpha": config("h264-avc", alpha="keep"),
    "bits": {**config("vp9-p0"), "codec": "vp09.02.10.10"},
}


@pytest.mark.parametrize("wrong", UNSUPPORTED.values(), ids=UNSUPPORTED)
def test_wpt_029_what_is_not_supported(wrong: dict[str, Any]) -> None:
    async def run() -> None:
        support = await VideoEncoder.is_config_supported(wrong)
        assert support.supported is False
        assert wrong.items() <= support.config.items()
        record = Recorder()
        encoder = record.encoder(**wrong)
        with pytest.raises(NotSupportedError):
            await encoder.flush()
        assert [type(error) for error in record.errors] == [NotSupportedError]

    asyncio.run(run())


@every_codec
def test_wpt_031_encode_clones(name: str) -> None:
    async def run() -> None:
        record = Recorder()
        encoder = record.encoder(**config(name))
        kept, closed = frame(1), frame(2)
        encoder.encode(kept)
        encoder.encode(closed)
        closed.close()
        await encoder.flush()
        assert kept.format == "RGBX"
        frames = await decoded(record.outputs, record.metadata[0]["decoder_config"])
        assert [dots(one) for one in frames] == [1, 2]
        with pytest.raises(TypeError, match="closed"):
            encoder.encode(closed)
        encoder.close()

    asyncio.run(run())


@every_codec
def test_wpt_032_the_decoders_configuration(name: str) -> None:
    async def run() -> None:
        record = Recorder()
        members = config(name, display_width=400, display_height=210)
        encoder = record.encoder(**members)
        for number in range(3):
            encoder.encode(frame(number))
        await encoder.flush()
        encoder.close()
        first = record.metadata[0]["decoder_config"]
        assert first["codec"] == members["codec"]
        assert first["coded_width"] >= WIDTH
        assert first["coded_height"] >= HEIGHT
        assert (first["display_aspect_width"], first["display_aspect_height"]) == (400, 210)
        assert None not in first["color_space"].values()
        assert set(first["color_space"]) == {"primaries", "transfer", "matrix", "full_range"}
        assert all("decoder_config" not in one for one in record.metadata[1:])
        shown = (await decoded(record.outputs, first))[0]
        assert shown.display_width / shown.display_height == pytest.approx(400 / 210, abs=0.01)

    asyncio.run(run())


@every_codec
def test_wpt_034_times_are_the_frames(name: str) -> None:
    async def run() -> None:
        record = Recorder()
        encoder = record.encoder(**config(name))
        times = [(-10_000, None), (0, 0), (20_000, 111), (20_000, 222), (5, 7), (10**15, 3)]
        for number, (timestamp, duration) in enumerate(times):
            encoder.encode(frame(number, timestamp, duration=duration))
        await encoder.flush()
        assert [(one.timestamp, one.duration) for one in record.outputs] == times
        frames = await decoded(record.outputs, record.metadata[0]["decoder_config"])
        assert [(one.timestamp, one.duration) for one in frames] == times
        encoder.close()

    asyncio.run(run())


@every_codec
def test_wpt_035_key_frames_arrive_where_asked(name: str) -> None:
    async def run() -> None:
        chunks, members = await encoded(name, 16, keys=5)
        keys = [index for index, chunk in enumerate(chunks) if chunk.type == "key"]
        assert keys == [0, 5, 10, 15]
        frames = await decoded(chunks[10:], members)
        assert [dots(one) for one in frames] == list(range(10, 16))

    asyncio.run(run())


@every_codec
def test_wpt_035_the_first_chunk_after_configure_is_a_key(name: str) -> None:
    async def run() -> None:
        record = Recorder()
        encoder = record.encoder(**config(name))
        for number in range(6):
            if number == 3:
                encoder.configure(config(name))
            encoder.encode(frame(number))
        await encoder.flush()
        encoder.close()
        assert [one.type for one in record.outputs] == ["key", "delta", "delta"] * 2
        # The same configuration: nothing new to tell.
        assert ["decoder_config" in one for one in record.metadata] == [True] + [False] * 5

    asyncio.run(run())


def test_wpt_037_orientation_is_told() -> None:
    async def run() -> None:
        record = Recorder()
        encoder = record.encoder(**config("vp8"))
        encoder.encode(frame(0, rotation=90, flip=True))
        with pytest.raises(DataError):
            encoder.encode(frame(1))
        await encoder.flush()
        told = record.metadata[0]["decoder_config"]
        assert (told["rotation"], told["flip"]) == (90, True)
        encoder.configure(config("vp8"))
        encoder.encode(frame(1))
        await encoder.flush()
        encoder.close()
        told = record.metadata[1]["decoder_config"]
        assert (told["rotation"], told["flip"]) == (0, False)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("codec", "profile"),
    [("avc1.42001E", 0x42), ("avc1.4D001E", 0x4D), ("avc1.64001E", 0x64), ("avc3.64001E", 0x64)],
)
def test_wpt_039_avc_has_a_description(codec: str, profile: int) -> None:
    async def run() -> None:
        record = Recorder()
        members = {**config("h264-avc"), "codec": codec}
        del members["avc"]
        encoder = record.encoder(**members)
        for number in range(3):
            encoder.encode(frame(number))
        await encoder.flush()
        encoder.close()
        description = bytes(record.metadata[0]["decoder_config"]["description"])
        assert (description[0], description[1]) == (1, profile)
        assert description[4] & 3 == 3
        for chunk in record.outputs:
            types = {unit_type("avc", unit) for unit in split_lengths(bytes(chunk), 4)}
            assert types <= {1, 5, 6}

    asyncio.run(run())


@pytest.mark.parametrize(
    ("name", "sets", "keys", "slices"),
    [
        ("h264-annexb", (7, 8), {5}, {1, 5}),
        ("h265-annexb", (32, 33, 34), set(range(16, 24)), set(range(32))),
    ],
)
def test_wpt_040_annexb(name: str, sets: tuple[int, ...], keys: set[int], slices: set[int]) -> None:
    async def run() -> None:
        chunks, members = await encoded(name, 12, keys=5)
        assert "description" not in members
        kind = "avc" if name.startswith("h264") else "hevc"
        for chunk in chunks:
            assert bytes(chunk).startswith((b"\0\0\0\1", b"\0\0\1"))
            types = [unit_type(kind, unit) for unit in split_start_codes(bytes(chunk))]
            first = min(index for index, number in enumerate(types) if number in slices)
            assert bool(keys.intersection(types)) == (chunk.type == "key")
            if chunk.type == "key":
                assert [number for number in types[:first] if number in sets] == list(sets)
            assert slices.issuperset(types[first:])

    asyncio.run(run())


@pytest.mark.parametrize(
    ("name", "codec", "low", "high"),
    [
        ("vp9-p0", "vp9", 4, 60),
        ("av1", "av1", 4, 60),
        ("h264-avc", "avc", 10, 45),
        ("h265-hevc", "hevc", 10, 45),
    ],
)
def test_wpt_041_a_quantizer_for_each_frame(name: str, codec: str, low: int, high: int) -> None:
    async def run() -> None:
        record = Recorder()
        encoder = record.encoder(**config(name, bitrate_mode="quantizer"))
        for number in range(24):
            quantizer = 1 + number * 62 // 23 if codec in {"vp9", "av1"} else number * 2
            encoder.encode(frame(number), {codec: {"quantizer": quantizer}})
        for number in range(8):
            quantizer = low if number % 2 else high
            encoder.encode(frame(number), {"key_frame": True, codec: {"quantizer": quantizer}})
        await encoder.flush()
        encoder.close()
        frames = await decoded(record.outputs, record.metadata[0]["decoder_config"])
        assert len(frames) == 32
        sizes = [chunk.byte_length for chunk in record.outputs[24:]]
        assert min(sizes[1::2]) > 4 * max(sizes[0::2])

    asyncio.run(run())


def test_wpt_041_a_quantizer_out_of_range() -> None:
    async def run() -> None:
        encoder = Recorder().encoder(**config("h264-avc", bitrate_mode="quantizer"))
        with pytest.raises(TypeError, match="quantizer"):
            encoder.encode(frame(0), avc={"quantizer": 52})
        encoder.close()

    asyncio.run(run())


@pytest.mark.parametrize("name", ["vp8", "vp9-p0", "av1"])
@pytest.mark.parametrize(("mode", "ids"), [("L1T2", (0, 1)), ("L1T3", (0, 2, 1, 2))])
def test_wpt_043_temporal_layers(name: str, mode: str, ids: tuple[int, ...]) -> None:
    async def run() -> None:
        record = Recorder()
        encoder = record.encoder(**config(name, scalability_mode=mode))
        for number in range(24):
            encoder.encode(frame(number))
        await encoder.flush()
        encoder.close()
        layers = [one["svc"]["temporal_layer_id"] for one in record.metadata]
        assert layers == list(ids) * (24 // len(ids))
        members = record.metadata[0]["decoder_config"]
        whole = await decoded(record.outputs, members)
        for most in set(ids):
            kept = [index for index, layer in enumerate(layers) if layer <= most]
            frames = await decoded([record.outputs[index] for index in kept], members)
            assert [dots(one) for one in frames] == kept
            for index, one in zip(kept, frames, strict=True):
                assert np.array_equal(one.planes()[0], whole[index].planes()[0])

    asyncio.run(run())


def test_wpt_043_layers_begin_anew_with_a_key_frame() -> None:
    async def run() -> None:
        record = Recorder()
        encoder = record.encoder(**config("vp9-p0", scalability_mode="L1T3"))
        for number in range(12):
            encoder.encode(frame(number), key_frame=number == 6)
        await encoder.flush()
        encoder.close()
        layers = [one["svc"]["temporal_layer_id"] for one in record.metadata]
        assert layers == [0, 2, 1, 2, 0, 2, 0, 2, 1, 2, 0, 2]
        base = [chunk for chunk, layer in zip(record.outputs, layers, strict=True) if not layer]
        frames = await decoded(base, record.metadata[0]["decoder_config"])
        assert [dots(one) for one in frames] == [0, 4, 6, 10]

    asyncio.run(run())


@pytest.mark.parametrize("hint", ["text", "detail", "motion", "whatever"])
def test_wpt_044_hints_are_echoed(hint: str) -> None:
    async def run() -> None:
        given = config("av1", content_hint=hint, av1={"force_screen_content_tools": True})
        support = await VideoEncoder.is_config_supported(given)
        assert support.supported is True
        assert given.items() <= support.config.items()

    asyncio.run(run())


@every_codec
def test_wpt_047_another_size_between(name: str) -> None:
    async def run() -> None:
        record = Recorder()
        encoder = record.encoder()
        sizes = [(640, 360), (480, 320), (640, 360)]
        for turn, (width, height) in enumerate(sizes):
            encoder.configure(config(name, width=width, height=height))
            for number in range(3):
                encoder.encode(frame(3 * turn + number, width=width, height=height))
        await encoder.flush()
        encoder.close()
        await check_all_decode(record, [size for size in sizes for _ in range(3)])

    asyncio.run(run())


@every_codec
def test_wpt_047_another_bitrate_between(name: str) -> None:
    async def run() -> None:
        record = Recorder()
        encoder = record.encoder()
        for number in range(9):
            if number % 3 == 0:
                encoder.configure(config(name, bitrate=int(400_000 * 0.9 ** (number // 3))))
            encoder.encode(frame(number))
        await encoder.flush()
        encoder.close()
        await check_all_decode(record, [(WIDTH, HEIGHT)] * 9)

    asyncio.run(run())


async def check_all_decode(record: Recorder, sizes: list[tuple[int, int]]) -> None:
    """Feed a decoder what an encoder gave, configuration by configuration."""
    assert record.errors == []
    other = Recorder()
    decoder = other.decoder()
    for chunk, metadata in zip(record.outputs, record.metadata, strict=True):
        if "decoder_config" in metadata:
            decoder.configure(metadata["decoder_config"])
        decoder.decode(chunk)
    await decoder.flush()
    decoder.close()
    assert other.errors == []
    assert [(one.coded_width, one.coded_height) for one in other.outputs] == sizes
    assert [dots(one) for one in other.outputs] == list(range(len(sizes)))


@pytest.mark.parametrize("name", ["vp8", "vp9-p0"])
def test_alpha_is_kept_beside_the_chunk(name: str) -> None:
    async def run() -> None:
        pixels = np.dstack([picture(1), np.full((HEIGHT, WIDTH), 128, np.uint8)])
        for alpha in ("keep", "discard"):
            record = Recorder()
            encoder = record.encoder(**config(name, alpha=alpha))
            for number in range(2):
                encoder.encode(VideoFrame(pixels, timestamp=number))
            await encoder.flush()
            encoder.close()
            assert [one.type for one in record.outputs] == ["key", "delta"]
            assert all(("alpha_side_data" in one) == (alpha == "keep") for one in record.metadata)
        members = record.metadata[0]["decoder_config"]
        assert len(await decoded(record.outputs, members)) == 2

    asyncio.run(run())


@pytest.mark.parametrize("name", ["h264-avc", "vp9-p0", "av1"])
def test_frames_of_another_size_are_scaled(name: str) -> None:
    async def run() -> None:
        record = Recorder()
        encoder = record.encoder(**config(name))
        encoder.encode(frame(5, width=2 * WIDTH, height=2 * HEIGHT))
        await encoder.flush()
        encoder.close()
        (one,) = await decoded(record.outputs, record.metadata[0]["decoder_config"])
        assert (one.coded_width, one.coded_height) == (WIDTH, HEIGHT)

    asyncio.run(run())
