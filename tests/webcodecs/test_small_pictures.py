"""Pictures of few pixels, which encoders are seldom tried with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stripline.webcodecs import EncodedVideoChunk, VideoDecoder, VideoEncoder, VideoFrame
from tests.support import photograph
from tests.webcodecs.frames import unexpected
from tests.webcodecs.pictures import colors

COUNT = 16
HEVC = "hvc1.1.6.L93.B0"
HEVC_5 = "hvc1.1.6.L150.B0"


def pictures(width: int, height: int) -> list[Any]:
    """A window of a photograph that moves right and down."""
    return [
        np.ascontiguousarray(photograph()[3 * n : 3 * n + height, 3 * n : 3 * n + width])
        for n in range(COUNT)
    ]


def encode(codec: str, width: int, height: int, **members: Any) -> tuple[list[bytes], float]:
    """The chunks, and the mean difference of the last frame from its picture."""
    record: list[tuple[EncodedVideoChunk, dict[str, Any]]] = []
    shown = pictures(width, height)
    with VideoEncoder(lambda *both: record.append(both), unexpected) as encoder:
        encoder.configure({"codec": codec, "width": width, "height": height, **members})
        for number, pixels in enumerate(shown):
            with VideoFrame(pixels, timestamp=number * 33_333) as frame:
                encoder.encode(frame)
    frames: list[VideoFrame] = []
    with VideoDecoder(frames.append, unexpected) as decoder:
        decoder.configure(record[0][1]["decoder_config"])
        for chunk, _ in record:
            decoder.decode(chunk)
    assert len(frames) == COUNT
    found = colors(frames[-1])[..., :3].astype(int)
    return [bytes(chunk) for chunk, _ in record], float(np.abs(found - shown[-1]).mean())


@pytest.mark.parametrize("latency", ["realtime", "quality"])
@pytest.mark.parametrize("mode", ["variable", "quantizer"])
@pytest.mark.parametrize(
    ("codec", "size"),
    [
        *((HEVC, size) for size in ((18, 16), (32, 16), (32, 32), (32, 64))),
        *((HEVC, size) for size in ((34, 34), (64, 32), (64, 64), (64, 80))),
        *((HEVC_5, size) for size in ((34, 32), (64, 32), (64, 64))),
    ],
)
def test_a_single_column_of_blocks_is_not_left_to_x265(
    codec: str, size: tuple[int, int], latency: str, mode: str
) -> None:
    members: dict[str, Any] = {"latency_mode": latency, "bitrate_mode": mode, "bitrate": 200_000}
    chunks, error = encode(codec, *size, **members)
    assert error < 6
    assert encode(codec, *size, **members)[0] == chunks


@pytest.mark.parametrize(
    ("codec", "size"), [(HEVC, (16, 16)), (HEVC, (16, 64)), (HEVC_5, (32, 64)), (HEVC_5, (64, 30))]
)
def test_what_is_too_small_for_h265(codec: str, size: tuple[int, int]) -> None:
    support = VideoEncoder.is_config_supported(codec=codec, width=size[0], height=size[1])
    assert not support.result(30).supported


@pytest.mark.parametrize("codec", ["avc1.42001E", HEVC, "vp8", "vp09.00.10.08", "av01.0.04M.08"])
@pytest.mark.parametrize("size", [(16, 16), (32, 32), (64, 64), (320, 16)])
def test_a_guessed_rate_is_enough_for_few_pixels(codec: str, size: tuple[int, int]) -> None:
    if codec == HEVC and size == (16, 16):
        size = (18, 16)
    rates: list[dict[str, Any]] = [{"latency_mode": "realtime"}, {"bitrate_mode": "constant"}]
    for members in rates:
        assert encode(codec, *size, **members)[1] < 8
