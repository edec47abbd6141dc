"""What SVT-AV1 takes only with settings of its own: lossless, small pictures, layers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stripline.webcodecs import EncodedVideoChunk, VideoDecoder, VideoEncoder, VideoFrame
from tests.support import photograph
from tests.webcodecs.frames import copied, unexpected

CODEC = "av01.0.04M.08"


def encode(
    count: int, keys: tuple[int, ...] = (0,), options: dict[str, Any] | None = None, **members: Any
) -> list[tuple[EncodedVideoChunk, dict[str, Any]]]:
    """Chunks of a window of a photograph that moves on."""
    record: list[Any] = []
    with VideoEncoder(lambda *both: record.append(both), unexpected) as encoder:
        encoder.configure(codec=CODEC, **members)
        for number in range(count):
            with window(number, **members) as frame:
                encoder.encode(frame, {"key_frame": number in keys, **(options or {})})
    return record


def window(number: int, *, width: int, height: int, **_: Any) -> VideoFrame:
    """An I420 frame; chroma is that of every second pixel of the photograph's red and blue."""
    part = photograph()[number : number + height, number : number + width]
    chroma = part[::2, ::2]
    samples = np.concatenate([part[..., 1].ravel(), chroma[..., 2].ravel(), chroma[..., 0].ravel()])
    return VideoFrame(
        samples,
        format="I420",
        coded_width=width,
        coded_height=height,
        timestamp=number * 33_333,
    )


def decode(record: list[tuple[EncodedVideoChunk, dict[str, Any]]]) -> dict[int, bytes]:
    """The pixels of each frame, by its timestamp."""
    frames: list[VideoFrame] = []
    with VideoDecoder(frames.append, unexpected) as decoder:
        decoder.configure(record[0][1]["decoder_config"])
        for chunk, _ in record:
            decoder.decode(chunk)
    return {frame.timestamp: copied(frame) for frame in frames}


def test_a_quantizer_of_0_is_lossless() -> None:
    size: dict[str, Any] = {"width": 96, "height": 80}
    record = encode(4, options={"av1": {"quantizer": 0}}, bitrate_mode="quantizer", **size)
    assert [chunk.type for chunk, _ in record] == ["key", "delta", "delta", "delta"]
    pixels = decode(record)
    for number in range(4):
        with window(number, **size) as frame:
            assert pixels[frame.timestamp] == copied(frame)


@pytest.mark.parametrize("size", [(64, 48), (48, 64), (62, 62), (16, 16), (4, 4), (320, 20)])
@pytest.mark.parametrize(
    "members",
    [
        {"bitrate": 1_000_000},
        {"bitrate": 100_000, "latency_mode": "realtime"},
        {"bitrate_mode": "constant", "bitrate": 1_000_000},
        {"scalability_mode": "L1T2"},
        {"scalability_mode": "L1T3", "bitrate": 1_000_000},
    ],
)
def test_small_pictures(size: tuple[int, int], members: dict[str, Any]) -> None:
    members = {"framerate": 30, "width": size[0], "height": size[1], **members}
    assert VideoEncoder.is_config_supported(codec=CODEC, **members).result(30).supported
    pixels = decode(encode(5, **members))
    assert len(pixels) == 5
    for number in range(5):
        with window(number, **members) as frame:
            wanted = np.frombuffer(copied(frame), np.uint8).astype(float)
            found = np.frombuffer(pixels[frame.timestamp], np.uint8)
        assert np.abs(found - wanted).mean() < 10


@pytest.mark.parametrize("mode", ["L1T2", "L1T3"])
@pytest.mark.parametrize("keys", [(0,), (0, 8), (0, 5, 10), (0, 4, 12)])
@pytest.mark.parametrize(
    "members",
    [
        {"bitrate_mode": "quantizer", "width": 96, "height": 64},
        {"bitrate": 200_000, "width": 64, "height": 48},
        {"bitrate": 200_000, "width": 96, "height": 64},
    ],
)
def test_lower_layers_need_no_higher_ones(
    mode: str, keys: tuple[int, ...], members: dict[str, Any]
) -> None:
    record = encode(16, keys, scalability_mode=mode, **members)
    assert [number for number, (chunk, _) in enumerate(record) if chunk.type == "key"] == list(keys)
    layers = [metadata["svc"]["temporal_layer_id"] for _, metadata in record]
    period = {"L1T2": (0, 1), "L1T3": (0, 2, 1, 2)}[mode]
    starts = [max(key for key in keys if key <= number) for number in range(16)]
    assert layers == [period[(n - key) % len(period)] for n, key in enumerate(starts)]
    pixels = decode(record)
    assert len(pixels) == 16
    for most in range(max(layers)):
        part = [both for both, layer in zip(record, layers, strict=True) if layer <= most]
        some = decode(part)
        assert some == {chunk.timestamp: pixels[chunk.timestamp] for chunk, _ in part}
