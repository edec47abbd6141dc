from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stripline.webcodecs import (
    DOMException,
    EncodedVideoChunk,
    EncodingError,
    VideoDecoder,
    VideoEncoder,
    VideoFrame,
)
from tests.support import photograph, psnr


def ramp(number: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Alpha that moves from frame to frame."""
    return np.roll(np.linspace(0, 255, 128).astype(np.uint8), 5 * number)[None].repeat(96, 0)


def encoded(codec: str, count: int = 6) -> list[tuple[EncodedVideoChunk, Any]]:
    chunks: list[tuple[EncodedVideoChunk, Any]] = []
    with VideoEncoder(lambda *chunk: chunks.append(chunk), print) as encoder:
        encoder.configure(codec=codec, width=128, height=96, alpha="keep", bitrate=2_000_000)
        for number in range(count):
            pixels = np.dstack([photograph()[:96, :128], ramp(number)])
            encoder.encode(VideoFrame(pixels, timestamp=number))
    return chunks


def decoded(config: Any, items: list[tuple[EncodedVideoChunk, Any]]) -> list[VideoFrame]:
    frames: list[VideoFrame] = []
    errors: list[DOMException] = []
    with VideoDecoder(frames.append, errors.append) as decoder:
        decoder.configure(config)
        for chunk, alpha in items:
            decoder.decode(chunk, alpha_side_data=alpha)
    assert not errors
    return frames


@pytest.mark.parametrize("codec", ["vp8", "vp09.00.10.08"])
def test_alpha_comes_back(codec: str) -> None:
    chunks = encoded(codec)
    config = chunks[0][1]["decoder_config"]
    items = [(chunk, more["alpha_side_data"]) for chunk, more in chunks]
    frames = decoded(config, items)
    assert [frame.timestamp for frame in frames] == list(range(6))
    for number, frame in enumerate(frames):
        assert frame.format == "I420A"
        assert psnr(frame.planes()[3], ramp(number)) > 30
        assert frame.clone().allocation_size() == 128 * 96 * 5 // 2
    # Without the alpha it is the same picture, opaque; a chunk may lack it at the end.
    opaque = decoded(config, [(chunk, None) for chunk, _ in chunks])
    assert {frame.format for frame in opaque} == {"I420"}
    assert all((a.planes()[0] == b.planes()[0]).all() for a, b in zip(frames, opaque, strict=True))
    mixed = decoded(config, [*items[:-1], (chunks[-1][0], None)])
    assert [frame.format for frame in mixed] == ["I420A"] * 5 + ["I420"]


def test_the_specifications_way_is_a_second_decoder() -> None:
    chunks = encoded("vp8")
    alpha = [
        EncodedVideoChunk(type=chunk.type, timestamp=chunk.timestamp, data=more["alpha_side_data"])
        for chunk, more in chunks
    ]
    frames = decoded({"codec": "vp8"}, [(chunk, None) for chunk in alpha])
    assert psnr(frames[5].planes()[0], ramp(5)) > 30


@pytest.mark.parametrize("damage", [b"", b"\xff" * 40, b"short"])
def test_damaged_alpha_is_an_error(damage: bytes) -> None:
    chunks = encoded("vp09.00.10.08", 1)
    errors: list[DOMException] = []
    decoder = VideoDecoder(print, errors.append)
    decoder.configure(chunks[0][1]["decoder_config"])
    decoder.decode(chunks[0][0], alpha_side_data=damage)
    assert isinstance(decoder.flush().exception(10), EncodingError)
    assert decoder.state == "closed"


def test_alpha_is_a_buffer() -> None:
    chunk, _ = encoded("vp8", 1)[0]
    with VideoDecoder(lambda frame: frame.close(), print) as decoder:
        decoder.configure(codec="vp8")
        wrong: Any = "alpha"
        with pytest.raises(TypeError, match="alpha_side_data"):
            decoder.decode(chunk, alpha_side_data=wrong)
        assert decoder.decode_queue_size == 0


@pytest.mark.parametrize("codec", ["vp8", "vp09.00.10.08"])
@pytest.mark.parametrize("bits", [8, 10, 12])
def test_alpha_of_every_depth(codec: str, bits: int) -> None:
    """A ramp in each plane, in a part of a larger frame; chroma falls where luma rises."""
    deep = np.linspace(0, (1 << bits) - 1, 131).astype("<u2")
    if bits == 8:
        deep = deep.astype(np.uint8)
    luma = deep[None].repeat(99, 0)
    chroma = luma[::2, ::-2]
    chunks: list[tuple[EncodedVideoChunk, Any]] = []
    with VideoEncoder(lambda *chunk: chunks.append(chunk), print) as encoder:
        encoder.configure(codec=codec, width=128, height=96, alpha="keep", bitrate=4_000_000)
        frame = VideoFrame(
            b"".join(plane.tobytes() for plane in (luma, chroma, chroma, luma)),
            format="I420A" if bits == 8 else f"I420AP{bits}",
            coded_width=131,
            coded_height=99,
            visible_rect={"x": 2, "y": 2, "width": 128, "height": 96},
            timestamp=0,
        )
        encoder.encode(frame)
    config = chunks[0][1]["decoder_config"]
    (found,) = decoded(config, [(chunks[0][0], chunks[0][1]["alpha_side_data"])])
    for index, plane in enumerate((luma, chroma, chroma, luma)):
        half = 1 + (index in {1, 2})
        wanted = (plane >> (bits - 8))[2 // half : 98 // half, 2 // half : 130 // half]
        assert psnr(found.planes()[index], wanted.astype(np.uint8)) > 36
