"""What SVT-AV1 takes only with settings of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

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
