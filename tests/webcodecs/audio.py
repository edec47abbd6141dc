"""Sounds, and codecs in the mode without a loop, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stripline.webcodecs.audio_data import AudioData
from stripline.webcodecs.audio_decoder import AudioDecoder
from stripline.webcodecs.audio_encoder import AudioEncoder

if TYPE_CHECKING:
    from stripline.webcodecs.chunks import EncodedAudioChunk

SECONDS = 30  # nothing here takes so long; a test that waits for ever says less

NUMBERS = {"u8": np.uint8, "s16": np.int16, "s32": np.int32, "f32": np.float32}


def tones(frames: int, channels: int = 2, rate: int = 48_000) -> Any:
    """Floating point of shape (frames, channels): other tones and another loudness in each."""
    time = np.arange(frames) / rate
    columns = [
        0.6
        / (1 + 0.1 * channel)
        * (
            np.sin(2 * np.pi * (110 + 30 * channel) * time)
            + 0.4 * np.sin(2 * np.pi * (271 + 57 * channel) * time + channel)
        )
        / 1.4
        for channel in range(channels)
    ]
    return np.stack(columns, axis=1).astype(np.float32)


def as_numbers(samples: Any, name: str) -> Any:
    """Floating point as another type of samples."""
    if name == "f32":
        return samples
    half = {"u8": 127, "s16": 2**15 - 1, "s32": 2**31 - 1}[name]
    scaled = np.round(samples.astype(np.float64) * half) + (128 if name == "u8" else 0)
    return scaled.astype(NUMBERS[name])


def pieces(
    samples: Any, rate: int = 48_000, step: int = 1024, start: int = 0, name: str = "f32"
) -> list[AudioData]:
    """Samples as AudioData one after the other; times are cut to microseconds."""
    return [
        AudioData.from_numpy(
            as_numbers(samples[at : at + step], name),
            sample_rate=rate,
            timestamp=start + at * 1_000_000 // rate,
        )
        for at in range(0, len(samples), step)
    ]


def joined(outputs: list[AudioData]) -> Any:
    """All samples as floating point of shape (frames, channels)."""
    parts = []
    for audio in outputs:
        part = np.zeros((audio.number_of_frames, audio.number_of_channels), np.float32)
        audio.copy_to(part, plane_index=0, format="f32")
        parts.append(part)
    return np.concatenate(parts)


def encoded(
    audio: list[AudioData], config: dict[str, Any]
) -> tuple[list[EncodedAudioChunk], dict[str, Any]]:
    """Encode it all; give the chunks and the decoder's configuration, which comes once."""
    chunks: list[EncodedAudioChunk] = []
    configs: list[dict[str, Any]] = []

    def output(chunk: EncodedAudioChunk, metadata: dict[str, Any]) -> None:
        chunks.append(chunk)
        configs.extend([metadata["decoder_config"]] if "decoder_config" in metadata else [])

    errors: list[Exception] = []
    with AudioEncoder(output, errors.append) as encoder:
        encoder.configure(config)
        for data in audio:
            encoder.encode(data)
        encoder.flush().result(SECONDS)
    assert not errors
    assert len(configs) == 1
    return chunks, configs[0]


def decoded(chunks: list[EncodedAudioChunk], config: dict[str, Any]) -> list[AudioData]:
    """Decode it all."""
    outputs: list[AudioData] = []
    errors: list[Exception] = []
    with AudioDecoder(outputs.append, errors.append) as decoder:
        decoder.configure(config)
        for chunk in chunks:
            decoder.decode(chunk)
        decoder.flush().result(SECONDS)
    assert not errors
    return outputs


def noise_ratio(samples: Any, found: Any) -> float:
    """The worst channel's signal-to-noise ratio in decibels."""
    signal = (samples.astype(np.float64) ** 2).sum(axis=0)
    noise = ((samples.astype(np.float64) - found) ** 2).sum(axis=0)
    return float(10 * np.log10(signal / np.maximum(noise, 1e-20)).min())
