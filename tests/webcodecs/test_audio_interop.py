"""Audio that FFmpeg wrote into files, decoded here; chunks from here, decoded by FFmpeg."""

from __future__ import annotations

import io
from typing import Any

import av
import numpy as np
import pytest

from stripline.webcodecs.audio_headers import flac_description
from stripline.webcodecs.chunks import EncodedAudioChunk
from tests.webcodecs.audio import decoded, encoded, joined, noise_ratio, pieces, tones

RATE = 48_000


def file_of(encoder: str, container: str, samples: Any, **options: str) -> bytes:
    """A file written by FFmpeg alone."""
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(encoder, rate=RATE, options=options)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "stereo"
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="stereo")
        frame.sample_rate, frame.pts = RATE, 0
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


@pytest.mark.parametrize(
    ("codec", "encoder", "container", "decibels"),
    [
        ("opus", "libopus", "ogg", 20),
        ("opus", "libopus", "matroska", 20),
        ("mp4a.40.2", "aac", "mp4", 20),
        ("mp4a.40.2", "aac", "adts", 20),
        ("mp3", "libmp3lame", "mp3", 20),
        ("flac", "flac", "flac", 80),
        ("vorbis", "vorbis", "matroska", 8),
        ("pcm-s24", "pcm_s24le", "wav", 110),
        ("alaw", "pcm_alaw", "wav", 30),
    ],
)
def test_files_of_ffmpeg(codec: str, encoder: str, container: str, decibels: float) -> None:
    samples = tones(RATE)
    options = {"strict": "experimental"} if codec == "vorbis" else {}
    if codec == "mp4a.40.2":
        options = {"aac_coder": "fast"}
    data = file_of(encoder, container, samples, **options)
    chunks, config = [], {"codec": codec, "sample_rate": RATE, "number_of_channels": 2}
    with av.open(io.BytesIO(data), "r") as file:
        stream = file.streams.audio[0]
        extradata = stream.codec_context.extradata
        for packet in file.demux(stream):
            if packet.size and packet.pts is not None:
                time = int(packet.pts * packet.time_base * 1_000_000)
                chunks.append(EncodedAudioChunk(type="key", timestamp=time, data=bytes(packet)))
    if extradata and codec != "mp3":
        config["description"] = flac_description(extradata) if codec == "flac" else extradata
    outputs = decoded(chunks, config)
    assert abs(len(outputs) - len(chunks)) <= 1
    found = joined(outputs)
    ratios = [
        noise_ratio(samples[4800:40_000], found[4800 + late : 40_000 + late])
        for late in (0, 1024, 1105)
    ]
    assert max(ratios) > decibels


@pytest.mark.parametrize(
    ("codec", "decoder", "decibels"),
    [
        ("opus", "opus", 20),
        ("mp4a.40.2", "aac", 20),
        ("flac", "flac", 110),
        ("mp3", "mp3", 20),
        ("vorbis", "vorbis", 8),
        ("ulaw", "pcm_mulaw", 30),
    ],
)
def test_chunks_in_ffmpegs_decoders(codec: str, decoder: str, decibels: float) -> None:
    samples = tones(RATE)
    chunks, config = encoded(
        pieces(samples), {"codec": codec, "sample_rate": RATE, "number_of_channels": 2}
    )
    context = av.CodecContext.create(decoder, "r")
    assert isinstance(context, av.AudioCodecContext)
    context.sample_rate, context.layout = RATE, "stereo"
    if "description" in config:
        context.extradata = config["description"]
    resampler = av.AudioResampler("flt", "stereo", RATE)
    parts = []
    for chunk in chunks:
        for frame in context.decode(av.Packet(bytes(chunk))):
            frame.pts = None
            parts += [part.to_ndarray().reshape(-1, 2) for part in resampler.resample(frame)]
    found = np.concatenate(parts)
    ratios = [
        noise_ratio(samples[4800:40_000], found[4800 + late : 40_000 + late])
        for late in (0, 312, 1024, 1105)
    ]
    assert max(ratios) > decibels
