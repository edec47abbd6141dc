from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from stripline.webcodecs import EncodedVideoChunk, VideoEncoder
from tests.webcodecs.frames import random_frame, unexpected

if TYPE_CHECKING:
    from collections.abc import Sequence

KEYS = {
    "avc1.42001E": "avc",
    "hvc1.1.6.L93.B0": "hevc",
    "vp09.00.10.08": "vp9",
    "av01.0.04M.08": "av1",
}


def sizes(codec: str, quantizers: Sequence[int | None]) -> list[int]:
    """Bytes of key frames of the same noise with these quantizers."""
    chunks: list[EncodedVideoChunk] = []
    with VideoEncoder(chunks.append, unexpected) as encoder:
        encoder.configure(codec=codec, width=160, height=96, bitrate_mode="quantizer")
        for number, quantizer in enumerate(quantizers):
            options: dict[str, Any] = {"key_frame": True}
            if quantizer is not None:
                options[KEYS[codec]] = {"quantizer": quantizer}
            with random_frame("I420", 160, 96, timestamp=number * 40_000) as frame:
                encoder.encode(frame, options)
    return [chunk.byte_length for chunk in chunks]


@pytest.mark.parametrize("codec", KEYS)
@pytest.mark.parametrize("middling", [26, None])
def test_a_quantizer_is_not_that_of_an_earlier_frame(codec: str, middling: int | None) -> None:
    coarse = sizes(codec, [51] * 3 + [middling] * 3)
    assert max(coarse[:3]) < 0.8 * min(coarse[3:])


def test_a_first_quantizer_that_is_the_default() -> None:
    """x265 makes no room for offsets in the buffer of a picture that brings none."""
    first = sizes("hvc1.1.6.L93.B0", [None] * 3 + [51] * 3)
    assert max(first[3:]) < 0.8 * min(first[:3])


@pytest.mark.parametrize("codec", KEYS)
def test_fine_quantizers_are_held_whatever_the_rate(codec: str) -> None:
    fine, middling = sizes(codec, [4] * 6)[-1], sizes(codec, [26] * 6)[-1]
    assert fine > 1.3 * middling
