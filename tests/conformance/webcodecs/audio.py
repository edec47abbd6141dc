"""Sounds, chunks and codecs for the tests of audio."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stripline.webcodecs.audio_data import AudioData
from stripline.webcodecs.audio_decoder import AudioDecoder
from stripline.webcodecs.audio_encoder import AudioEncoder
from tests.conformance.webcodecs.video import Recorder

if TYPE_CHECKING:
    from stripline.webcodecs.chunks import EncodedAudioChunk

OPUS: dict[str, Any] = {"codec": "opus", "sample_rate": 48_000, "number_of_channels": 2}


def audio(
    timestamp: int,
    frames: int = 4800,
    channels: int = 2,
    rate: int = 48_000,
    *,
    silent: bool = False,
) -> AudioData:
    """A sine of 100 Hz, and one of 50 Hz more in each further channel, from its beginning."""
    time = np.arange(frames) / rate
    planes = np.stack([np.sin(2 * np.pi * (100 + 50 * i) * time) for i in range(channels)])
    return AudioData.from_numpy(
        (planes * (not silent)).astype(np.float32),
        sample_rate=rate,
        timestamp=timestamp,
        planar=True,
    )


def audio_encoder(record: Recorder, config: dict[str, Any]) -> AudioEncoder:
    """An AudioEncoder that is recorded and configured."""
    record.codec = AudioEncoder(output=record.output, error=record.error)
    record.codec.configure(config)
    return record.codec  # type: ignore[no-any-return]  # it is one


def audio_decoder(record: Recorder, config: dict[str, Any]) -> AudioDecoder:
    """An AudioDecoder that is recorded and configured."""
    record.codec = AudioDecoder(output=record.output, error=record.error)
    record.codec.configure(config)
    return record.codec  # type: ignore[no-any-return]  # it is one


async def encoded_audio(
    config: dict[str, Any], sounds: list[AudioData]
) -> tuple[list[EncodedAudioChunk], dict[str, Any]]:
    """Chunks, and the decoder's configuration."""
    record = Recorder()
    encoder = audio_encoder(record, config)
    for sound in sounds:
        encoder.encode(sound)
    await encoder.flush()
    encoder.close()
    assert record.errors == []
    return record.outputs, record.metadata[0]["decoder_config"]
