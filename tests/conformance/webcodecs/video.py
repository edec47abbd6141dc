"""Pictures, chunks and codecs for the tests of video."""

from __future__ import annotations

from typing import Any

import numpy as np
from skimage import data

from stripline.webcodecs import (
    DOMException,
    EncodedVideoChunk,
    VideoDecoder,
    VideoEncoder,
    VideoFrame,
)

WIDTH, HEIGHT = 320, 200

CONFIGS: dict[str, dict[str, Any]] = {
    "h264-avc": {"codec": "avc1.42001E", "avc": {"format": "avc"}},
    "h264-annexb": {"codec": "avc1.42001E", "avc": {"format": "annexb"}},
    "h265-hevc": {"codec": "hvc1.1.6.L93.B0", "hevc": {"format": "hevc"}},
    "h265-annexb": {"codec": "hev1.1.6.L93.B0", "hevc": {"format": "annexb"}},
    "vp8": {"codec": "vp8"},
    "vp9-p0": {"codec": "vp09.00.10.08"},
    "vp9-p1": {"codec": "vp09.01.10.08.03"},
    "av1": {"codec": "av01.0.04M.08"},
}
"""One configuration for each codec and format; without sizes."""


def config(name: str, **more: Any) -> dict[str, Any]:
    """A whole VideoEncoderConfig."""
    size = {"width": WIDTH, "height": HEIGHT, "bitrate": 400_000, "framerate": 30}
    return {**size, "latency_mode": "realtime", **CONFIGS[name], **more}


def picture(number: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray[Any, Any]:
    """A window of a photograph that moves on, with as many white dots as its number in binary."""
    photo = data.astronaut()  # type: ignore[no-untyped-call]  # ships no types
    top, left = number % 8, 2 * (number % 16)
    across, down = -(-(left + width) // 512), -(-(top + height) // 512)
    wall = np.tile(photo, (down, across, 1))
    window = wall[top : top + height, left : left + width].copy()
    for bit in range(8):
        shade = 255 if number >> bit & 1 else 0
        window[4:20, 4 + 20 * bit : 20 + 20 * bit] = shade
    return window


def dots(frame: VideoFrame) -> int:
    """The number that is drawn into a picture."""
    samples = bytearray(frame.allocation_size(format="RGBX"))
    frame.copy_to(samples, format="RGBX").result()
    visible = frame.visible_rect
    assert visible is not None
    height, width = int(visible.height), int(visible.width)
    pixels = np.frombuffer(samples, np.uint8).reshape(height, width, 4)
    return sum(
        1 << bit for bit in range(8) if pixels[8:16, 8 + 20 * bit : 16 + 20 * bit, 1].mean() > 128
    )


def frame(number: int, timestamp: int | None = None, **init: Any) -> VideoFrame:
    """A frame with a number in it, of 30 a second."""
    size = {key: init.pop(key) for key in ("width", "height") if key in init}
    when = number * 33_333 if timestamp is None else timestamp
    return VideoFrame(picture(number, **size), timestamp=when, **init)


class Recorder:
    """Takes what a codec gives."""

    def __init__(self) -> None:
        self.outputs: list[Any] = []
        self.metadata: list[dict[str, Any]] = []
        self.errors: list[DOMException] = []
        self.states: list[str] = []
        self.codec: Any = None

    def output(self, output: Any, metadata: dict[str, Any] | None = None) -> None:
        self.outputs.append(output)
        self.metadata.append(metadata or {})

    def error(self, error: DOMException) -> None:
        self.errors.append(error)
        self.states.append(self.codec.state)

    def encoder(self, **members: Any) -> VideoEncoder:
        """A VideoEncoder that this records."""
        self.codec = VideoEncoder(output=self.output, error=self.error)
        if members:
            self.codec.configure(members)
        return self.codec  # type: ignore[no-any-return]  # it is one

    def decoder(self, **members: Any) -> VideoDecoder:
        """A VideoDecoder that this records."""
        self.codec = VideoDecoder(output=self.output, error=self.error)
        if members:
            self.codec.configure(members)
        return self.codec  # type: ignore[no-any-return]  # it is one


async def encoded(
    name: str, count: int = 4, keys: int = 1000, **more: Any
) -> tuple[list[EncodedVideoChunk], dict[str, Any]]:
    """Chunks of so many frames, a key every so many, and the decoder's configuration."""
    record = Recorder()
    encoder = record.encoder(**config(name, **more))
    for number in range(count):
        with frame(number, duration=33_333) as one:
            encoder.encode(one, key_frame=number % keys == 0)
    await encoder.flush()
    encoder.close()
    assert record.errors == []
    return record.outputs, record.metadata[0]["decoder_config"]


async def decoded(chunks: list[EncodedVideoChunk], members: dict[str, Any]) -> list[VideoFrame]:
    """Frames of chunks."""
    record = Recorder()
    decoder = record.decoder(**members)
    for chunk in chunks:
        decoder.decode(chunk)
    await decoder.flush()
    decoder.close()
    assert record.errors == []
    return record.outputs


def damaged(chunk: Any) -> Any:
    """A chunk, of video or audio, with every fourth byte 0xFF."""
    samples = bytearray(bytes(chunk))
    samples[::4] = b"\xff" * len(samples[::4])
    return type(chunk)(type=chunk.type, timestamp=chunk.timestamp, data=samples)
