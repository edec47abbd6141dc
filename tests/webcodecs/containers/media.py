"""Chunks and files for tests of containers."""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING, Any

import av
import numpy as np

from stripline.webcodecs import (
    AudioData,
    AudioDecoder,
    AudioEncoder,
    VideoDecoder,
    VideoEncoder,
    VideoFrame,
)
from stripline.webcodecs.containers import Demuxer, Muxer, Track

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

WIDTH, HEIGHT, RATE = 96, 64, 30

Written = tuple[Any, dict[str, Any]]


def picture(index: int, width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    """A gradient that moves, with a bar whose place tells the frame."""
    y, x = np.mgrid[:height, :width]
    picture = np.stack([(x * 2 + index * 3) % 256, (y * 3) % 256, (x + y) % 256], 2)
    picture[:, index * 2 % width : index * 2 % width + 6] = 255
    return picture.astype(np.uint8)


def times(count: int) -> list[int]:
    """Timestamps of frames at the usual rate."""
    return [index * 1_000_000 // RATE for index in range(count)]


@cache
def encoded(
    codec: str, count: int = 30, every: int = 10, rotation: int = 0, flip: bool = False, **more: str
) -> tuple[Written, ...]:
    """Chunks with metadata; a key chunk every so many. `more` is set on "avc" or "hevc"."""
    chunks: list[Written] = []
    failed: list[Exception] = []
    encoder = VideoEncoder(output=lambda *both: chunks.append(both), error=failed.append)
    formats = {name: {"format": value} for name, value in more.items()}
    encoder.configure(
        {"codec": codec, "width": WIDTH, "height": HEIGHT, "framerate": RATE, **formats}
    )
    begins = [*times(count), count * 1_000_000 // RATE]
    for index in range(count):
        frame = VideoFrame(
            picture(index),
            timestamp=begins[index],
            duration=begins[index + 1] - begins[index],
            rotation=rotation,
            flip=flip,
        )
        with frame:
            encoder.encode(frame, key_frame=index % every == 0)
    encoder.flush().result()
    encoder.close()
    assert not failed
    return tuple(chunks)


def muxed(chunks: Iterable[Written], name: str, **options: Any) -> bytes:
    """A file of one track."""
    target = io.BytesIO()
    muxed_to(target, chunks, name, **options)
    return target.getvalue()


def muxed_to(
    target: Any, chunks: Iterable[Written], name: str | None = None, **options: Any
) -> None:
    """Write a file of one track."""
    with Muxer(target, name, **options) as muxer:
        for chunk, metadata in chunks:
            muxer.write(chunk, metadata)


def read(data: bytes) -> tuple[Track, list[Any]]:
    """The first track of a file and its chunks."""
    with Demuxer(data) as demuxer:
        track = demuxer.tracks[0]
        return track, list(demuxer.chunks(track))


def decoded(track: Track, chunks: Iterable[Any]) -> list[VideoFrame]:
    """The frames of chunks."""
    frames: list[VideoFrame] = []
    failed: list[Exception] = []
    decoder = VideoDecoder(output=frames.append, error=failed.append)
    decoder.configure(track.decoder_config)
    for chunk in chunks:
        decoder.decode(chunk)
    decoder.flush().result()
    decoder.close()
    assert not failed
    return frames


@cache
def with_b_frames(
    encoder: str, count: int = 30, every: int = 12, name: str = "mp4", depth: int = 3
) -> bytes:
    """A file whose pictures are decoded in another order than shown, by FFmpeg."""
    target = io.BytesIO()
    with av.open(target, "w", format=name) as container:
        stream: Any = container.add_stream(encoder, rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        params = (
            f"bframes={depth}:b-adapt=0:keyint={every}:min-keyint={every}:scenecut=0:open-gop=0"
        )
        if encoder == "libx265":
            params += ":log-level=none"
        stream.options = {f"{encoder[3:]}-params": params}
        for index in range(count):
            frame = av.VideoFrame.from_ndarray(picture(index), "rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()


@cache
def encoded_tone(codec: str, **more: str) -> tuple[Written, ...]:
    """A second of a tone, 48 kHz stereo, by AudioEncoder. `more` is set on "aac"."""
    chunks: list[Written] = []
    failed: list[Exception] = []
    wave = np.sin(np.arange(48_000) * 2 * np.pi * 440 / 48_000) * 0.5
    samples = np.stack([wave, wave], axis=1).astype(np.float32)
    encoder = AudioEncoder(output=lambda *both: chunks.append(both), error=failed.append)
    formats = {name: {"format": value} for name, value in more.items()}
    encoder.configure({"codec": codec, "sample_rate": 48_000, "number_of_channels": 2, **formats})
    for begin in range(0, 48_000, 4_800):
        block = samples[begin : begin + 4_800]
        with AudioData(
            format="f32",
            sample_rate=48_000,
            number_of_frames=len(block),
            number_of_channels=2,
            timestamp=begin * 1_000_000 // 48_000,
            data=block,
        ) as data:
            encoder.encode(data)
    encoder.flush().result()
    encoder.close()
    assert not failed
    return tuple(chunks)


def decoded_samples(track: Track, chunks: Iterable[Any]) -> NDArray[np.float32]:
    """What AudioDecoder makes of chunks: samples x channels."""
    parts: list[NDArray[np.float32]] = []
    failed: list[Exception] = []

    def take(data: AudioData) -> None:
        part = np.empty((data.number_of_frames, data.number_of_channels), np.float32)
        data.copy_to(part, plane_index=0, format="f32")
        parts.append(part)
        data.close()

    decoder = AudioDecoder(output=take, error=failed.append)
    decoder.configure(track.decoder_config)
    for chunk in chunks:
        decoder.decode(chunk)
    decoder.flush().result()
    decoder.close()
    assert not failed
    return np.concatenate(parts)


@cache
def tone(encoder: str, name: str, rate: int = 48_000, channels: int = 2) -> bytes:
    """A second of a tone in a container, by FFmpeg."""
    target = io.BytesIO()
    form = {"libopus": "s16", "flac": "s16", "pcm_s16le": "s16"}.get(encoder, "fltp")
    if encoder == "libmp3lame":
        form = "s16p"
    wave = np.sin(np.arange(rate) * 2 * np.pi * 440 / rate) * 0.5
    with av.open(target, "w", format=name) as container:
        stream: Any = container.add_stream(encoder, rate=rate)
        stream.layout = "stereo" if channels == 2 else "mono"
        stream.format = form
        if encoder == "vorbis":
            stream.options = {"strict": "-2"}
        for begin in range(0, rate, 960):
            part = wave[begin : begin + 960]
            frame = av.AudioFrame.from_ndarray(
                np.tile((part * 32767).astype(np.int16), (channels, 1)).T.reshape(1, -1),
                "s16",
                stream.layout.name,
            )
            frame.sample_rate, frame.pts = rate, begin
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()
