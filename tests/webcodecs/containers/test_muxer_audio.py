"""Muxer: sound that goes in comes out, when it is to be heard."""

from __future__ import annotations

import io
from typing import Any

import av
import numpy as np
import pytest

from stripline.webcodecs import (
    AudioData,
    AudioEncoder,
    EncodedAudioChunk,
    EncodedVideoChunk,
)
from stripline.webcodecs.containers import Demuxer, Muxer
from tests.webcodecs.containers.media import (
    decoded_samples,
    encoded,
    encoded_tone,
    muxed,
    read,
    tone,
)


@pytest.mark.parametrize(
    ("encoder", "source", "name", "codec"),
    [
        ("libopus", "ogg", "webm", "opus"),
        ("libopus", "ogg", "mp4", "opus"),
        ("aac", "mp4", "mp4", "mp4a.40.2"),
        ("aac", "adts", "mp4", "mp4a.40.2"),
        ("aac", "adts", "matroska", "mp4a.40.2"),
        ("flac", "matroska", "mp4", "flac"),
        ("libmp3lame", "matroska", "mp4", "mp3"),
        ("vorbis", "matroska", "webm", "vorbis"),
        ("pcm_s16le", "wav", "matroska", "pcm-s16"),
    ],
)
def test_audio_tracks(encoder: str, source: str, name: str, codec: str) -> None:
    track, chunks = read(tone(encoder, source))
    assert track.codec == codec
    target = io.BytesIO()
    with Muxer(target, name) as muxer:
        muxer.add_audio_track(track.decoder_config)
        for chunk in chunks:
            muxer.write(chunk)
    again, copied = read(target.getvalue())
    assert again.codec == codec
    assert again.decoder_config["sample_rate"] == track.decoder_config["sample_rate"]
    assert again.decoder_config["number_of_channels"] == 2
    if source != "adts":
        assert again.decoder_config.get("description") == track.decoder_config.get("description")
        assert [bytes(chunk) for chunk in copied] == [bytes(chunk) for chunk in chunks]
    with av.open(io.BytesIO(target.getvalue()), "r") as container:
        samples = sum(frame.samples for frame in container.decode(audio=0))
    assert samples == pytest.approx(48_000, abs=2_400)


@pytest.mark.parametrize(
    ("codec", "name", "more"),
    [
        ("opus", "webm", {}),
        ("opus", "mp4", {}),
        ("mp4a.40.2", "mp4", {}),
        ("mp4a.40.2", "matroska", {"aac": "adts"}),
        ("flac", "mp4", {}),
        ("flac", "matroska", {}),
        ("mp3", "mp4", {}),
        ("vorbis", "webm", {}),
        ("pcm-s16", "matroska", {}),
        ("pcm-f32", "mp4", {}),
    ],
)
def test_sound_through_encoder_file_and_decoder(
    codec: str, name: str, more: dict[str, str]
) -> None:
    source = encoded_tone(codec, **more)
    track, chunks = read(muxed(source, name))
    assert track.codec == codec
    if not (codec.startswith("pcm") and name == "mp4"):  # FFmpeg cuts what has no packets anew
        near = 1_000 if name in {"webm", "matroska"} else 21  # a millisecond, or a sample
        for chunk, (wanted, _) in zip(chunks, source, strict=True):
            assert abs(chunk.timestamp - wanted.timestamp) <= near
    samples = decoded_samples(track, chunks)
    assert len(samples) == pytest.approx(48_000, abs=3_000)
    middle = samples[20_000:28_192, 0]
    loudest = int(np.abs(np.fft.rfft(middle)).argmax()) * 48_000 / len(middle)
    assert loudest == pytest.approx(440, abs=6)


def clicks(rate: int) -> list[tuple[EncodedAudioChunk, dict[str, Any]]]:
    """Half a second of Opus, silent but for a click at 0.2 s."""
    samples = np.zeros(rate // 2, np.float32)
    samples[rate // 5 : rate // 5 + rate // 200] = 0.8
    chunks: list[tuple[EncodedAudioChunk, dict[str, Any]]] = []
    with AudioEncoder(output=lambda *both: chunks.append(both), error=print) as encoder:
        encoder.configure(codec="opus", sample_rate=rate, number_of_channels=1, bitrate=128_000)
        encoder.encode(AudioData.from_numpy(samples.reshape(-1, 1), sample_rate=rate, timestamp=0))
    return chunks


@pytest.mark.parametrize("rate", [48_000, 16_000])
@pytest.mark.parametrize("name", ["mp4", "webm", "matroska"])
@pytest.mark.parametrize("fragmented", [False, True])
def test_opus_is_heard_when_it_was_said(name: str, rate: int, *, fragmented: bool) -> None:
    source = clicks(rate)
    target = io.BytesIO()
    with Muxer(target, name, fragmented=fragmented) as muxer:
        muxer.add_video_track()
        muxer.add_audio_track()
        for chunk, metadata in encoded("vp09.00.10.08", 4):
            muxer.write(chunk, metadata)
        for chunk, metadata in source:
            muxer.write(chunk, metadata)
    # An encoder is heard late by its pre-skip, which players take off: FFmpeg, for one.
    heard = []
    with av.open(io.BytesIO(target.getvalue()), "r") as container:
        for frame in container.decode(audio=0):
            loud = np.flatnonzero(np.abs(frame.to_ndarray()) > 0.4)
            if loud.size and frame.time is not None:
                heard.append(frame.time + loud[0] / frame.sample_rate)
        container.seek(0)
        assert next(container.decode(video=0)).pts == 0
    assert heard[0] == pytest.approx(0.2, abs=0.0015)
    with Demuxer(target.getvalue()) as demuxer:
        again = [chunk.timestamp for chunk in demuxer.chunks(demuxer.audio)]
        demuxer.seek(200_000, demuxer.audio)
        found = next(iter(demuxer.chunks(demuxer.audio))).timestamp
    assert again == [chunk.timestamp for chunk, _ in source]
    assert found == 200_000


@pytest.mark.parametrize("name", ["ogg", "mp4", "webm"])
def test_opus_of_others_begins_at_zero(name: str) -> None:
    _, chunks = read(tone("libopus", name))
    assert abs(chunks[0].timestamp) <= (0 if name != "webm" else 500)


def moved(chunks: Any, shift: int) -> list[Any]:
    """Chunks of sound with metadata, at other times."""
    return [
        (
            EncodedAudioChunk(
                type="key",
                timestamp=chunk.timestamp + shift,
                duration=chunk.duration,
                data=bytes(chunk),
            ),
            metadata,
        )
        for chunk, metadata in chunks
    ]


@pytest.mark.parametrize("fragmented", [False, True])
@pytest.mark.parametrize("codec", ["mp4a.40.2", "opus", "flac", "mp3"])
@pytest.mark.parametrize("start", [-21_333, 500, 1_234_567])
def test_sound_begins_anywhere_to_the_sample(codec: str, start: int, *, fragmented: bool) -> None:
    source = moved(encoded_tone(codec), start)
    _, chunks = read(muxed(source, "mp4", fragmented=fragmented))
    for chunk, (wanted, _) in zip(chunks, source, strict=True):
        assert abs(chunk.timestamp - wanted.timestamp) <= 21


@pytest.mark.parametrize(
    ("pictures", "sounds", "shift"),
    [
        (0, -21_333, 0),  # an encoder that is heard late
        (1_234_567, 1_234_567, 0),
        (-1, 0, 1),
        (-100_000, -121_333, 100_000),
        (0, -5_000_000, 5_000_000),  # no sample of it would be heard
    ],
)
def test_pictures_and_sound_are_shifted_alike(pictures: int, sounds: int, shift: int) -> None:
    first, metadata = encoded("avc1.42C00B", 1)[0]
    video = [
        (
            EncodedVideoChunk(
                type="key", timestamp=pictures + 40_000 * index, duration=40_000, data=bytes(first)
            ),
            metadata,
        )
        for index in range(5)
    ]
    audio = moved(encoded_tone("mp4a.40.2"), sounds)
    target = io.BytesIO()
    with Muxer(target, "mp4") as muxer:
        muxer.add_video_track()
        muxer.add_audio_track()
        for one, told in video + audio:
            muxer.write(one, told)
    with Demuxer(target.getvalue()) as demuxer:
        found: dict[str, list[int]] = {"video": [], "audio": []}
        for track, chunk in demuxer:
            found[track.kind].append(chunk.timestamp)
    assert found["video"] == [chunk.timestamp + shift for chunk, _ in video]
    for time, (wanted, _) in zip(found["audio"], audio, strict=True):
        assert abs(time - wanted.timestamp - shift) <= 21
