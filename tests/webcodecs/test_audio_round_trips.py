"""AudioEncoder and AudioDecoder together: samples, times and durations of every codec."""

from __future__ import annotations

import itertools
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripline.webcodecs.audio_data import AudioData
from stripline.webcodecs.audio_decoder import AudioDecoder
from stripline.webcodecs.chunks import EncodedAudioChunk
from tests.webcodecs.audio import SECONDS, decoded, encoded, joined, noise_ratio, pieces, tones

# Codec, rate, channels, decibels at least, samples that it is heard late. The lossy ones are far
# better than asked for with tones; the others give all bits that they hold.
CODECS: list[tuple[str, int, int, float, int]] = [
    *(("opus", 48_000, channels, 24, 0) for channels in range(1, 33) if channels != 7),
    ("opus", 24_000, 2, 25, 0),
    ("opus", 16_000, 1, 25, 0),
    ("opus", 44_100, 2, 25, 0),
    ("opus", 44_100, 16, 25, 0),
    ("mp4a.40.2", 44_100, 1, 25, 1024),
    ("mp4a.40.2", 48_000, 2, 25, 1024),
    ("mp4a.40.2", 48_000, 4, 25, 1024),
    ("mp4a.40.2", 48_000, 7, 25, 1024),
    ("flac", 44_100, 1, 110, 0),
    ("flac", 96_000, 2, 110, 0),
    ("flac", 48_000, 5, 110, 0),
    ("flac", 48_000, 8, 110, 0),
    ("mp3", 44_100, 2, 25, 1105),
    ("mp3", 22_050, 1, 25, 1105),
    ("mp3", 8_000, 2, 25, 1105),
    ("vorbis", 44_100, 2, 8, 0),
    ("alaw", 8_000, 1, 30, 0),
    ("ulaw", 8_000, 2, 30, 0),
    ("pcm-u8", 8_000, 2, 35, 0),
    ("pcm-s16", 44_100, 2, 80, 0),
    ("pcm-s16", 44_100, 16, 80, 0),
    ("pcm-s24", 48_000, 2, 120, 0),
    ("pcm-s32", 96_000, 3, 140, 0),
    ("pcm-f32", 48_000, 32, 200, 0),
]


@pytest.mark.parametrize(("codec", "rate", "channels", "decibels", "late"), CODECS)
def test_samples_come_back_in_their_places_and_on_time(
    codec: str, rate: int, channels: int, decibels: float, late: int
) -> None:
    samples = tones(rate // 2 + 77, channels, rate)
    config = {"codec": codec, "sample_rate": rate, "number_of_channels": channels}
    chunks, decoder_config = encoded(pieces(samples, rate, start=-10_000), config)
    outputs = decoded(chunks, decoder_config)
    if codec == "opus":  # which always decodes to 48 kHz
        samples, rate = tones(len(samples) * 48_000 // rate, channels), 48_000
    assert {(o.sample_rate, o.number_of_channels) for o in outputs} == {(rate, channels)}
    found = joined(outputs)
    assert len(found) >= len(samples)
    count = min(len(samples), len(found) - late)
    assert noise_ratio(samples[:count], found[late : late + count]) > decibels

    assert chunks[0].timestamp == -10_000 == outputs[0].timestamp
    timestamps = [chunk.timestamp for chunk in chunks]
    assert [audio.timestamp for audio in outputs] == timestamps[: len(outputs)]
    assert len(outputs) == len(chunks) - (codec == "vorbis")
    for one, next_one in itertools.pairwise(outputs):
        assert 0 <= next_one.timestamp - (one.timestamp + one.duration) <= 1
    for chunk, audio in zip(chunks[:-1], outputs, strict=False):
        assert chunk.duration == audio.duration
    assert all(chunk.type == "key" for chunk in chunks)


@pytest.mark.parametrize(
    ("codec", "name", "output"),
    [
        ("opus", "s16", "f32"),
        ("mp4a.40.2", "u8", "f32-planar"),
        ("flac", "u8", "s16"),
        ("flac", "s16", "s16"),
        ("flac", "s32", "s32"),
        ("mp3", "s32", "f32-planar"),
        ("vorbis", "f32", "f32-planar"),
        ("alaw", "f32", "s16"),
        ("pcm-u8", "s16", "u8"),
        ("pcm-s16", "s16", "s16"),
        ("pcm-s24", "s32", "s32"),
        ("pcm-s32", "s16", "s32"),
        ("pcm-f32", "s16", "f32"),
    ],
)
def test_any_sample_format_goes_in_and_the_codecs_own_comes_out(
    codec: str, name: str, output: str
) -> None:
    samples = tones(9600)
    config = {"codec": codec, "sample_rate": 48_000, "number_of_channels": 2}
    chunks, decoder_config = encoded(pieces(samples, name=name), config)
    outputs = decoded(chunks, decoder_config)
    assert {str(audio.format) for audio in outputs} == {output}


@pytest.mark.parametrize(("codec", "name"), [("flac", "s16"), ("pcm-s16", "s16"), ("pcm-u8", "u8")])
def test_integers_come_back_bit_by_bit(codec: str, name: str) -> None:
    samples = tones(10_000)
    audio = pieces(samples, name=name)
    config = {"codec": codec, "sample_rate": 48_000, "number_of_channels": 2}
    outputs = decoded(*encoded(audio, config))
    given, found = (
        np.concatenate([np.frombuffer(a.planes()[0].tobytes(), np.uint8) for a in which])
        for which in (audio, outputs)
    )
    assert np.array_equal(given, found)


def test_24_bits_come_back_bit_by_bit() -> None:
    samples = np.random.default_rng(1).integers(-(2**23), 2**23, (10_000, 2)).astype(np.int32) << 8
    for codec in ("flac", "pcm-s24"):
        audio = pieces_of_integers(samples)
        config = {"codec": codec, "sample_rate": 48_000, "number_of_channels": 2}
        outputs = decoded(*encoded(audio, config))
        found = np.concatenate([a.planes()[0] for a in outputs])
        assert np.array_equal(found, samples), codec


def pieces_of_integers(samples: Any) -> list[AudioData]:
    return [
        AudioData.from_numpy(
            samples[at : at + 960], sample_rate=48_000, timestamp=at * 1_000_000 // 48_000
        )
        for at in range(0, len(samples), 960)
    ]


@pytest.mark.parametrize("microseconds", [2500, 5000, 10_000, 20_000, 40_000, 60_000, 120_000])
def test_opus_of_every_frame_duration(microseconds: int) -> None:
    samples = tones(24_000)
    config = {
        "codec": "opus",
        "sample_rate": 48_000,
        "number_of_channels": 2,
        "bitrate": 256_000,
        "opus": {"frame_duration": microseconds},
    }
    chunks, decoder_config = encoded(pieces(samples), config)
    assert {chunk.duration for chunk in chunks} == {microseconds}
    assert [chunk.timestamp for chunk in chunks] == [i * microseconds for i in range(len(chunks))]
    outputs = decoded(chunks, decoder_config)
    found = joined(outputs)
    assert len(found) >= len(samples)
    assert noise_ratio(samples, found[: len(samples)]) > 20
    assert [audio.timestamp for audio in outputs] == [
        chunk.timestamp for chunk in chunks[: len(outputs)]
    ]


def test_adts_needs_no_description() -> None:
    samples = tones(24_000, rate=44_100)
    config = {
        "codec": "mp4a.40.2",
        "sample_rate": 44_100,
        "number_of_channels": 2,
        "aac": {"format": "adts"},
    }
    chunks, decoder_config = encoded(pieces(samples, 44_100), config)
    assert "description" not in decoder_config
    assert all(bytes(chunk)[:2] == b"\xff\xf1" for chunk in chunks)
    found = joined(decoded(chunks, decoder_config))
    assert noise_ratio(samples, found[1024 : 1024 + len(samples)]) > 25


@cache
def opus_chunks(
    frame_duration: int, pre_skip: int
) -> tuple[list[EncodedAudioChunk], dict[str, Any]]:
    asked = {
        "codec": "opus",
        "sample_rate": 48_000,
        "number_of_channels": 2,
        "opus": {"frame_duration": frame_duration},
    }
    chunks, config = encoded(pieces(tones(9_000)), asked)
    head = config["description"]
    head = head[:10] + pre_skip.to_bytes(2, "little") + head[12:]
    return chunks, {**config, "description": head}


@given(
    st.sampled_from([2_500, 5_000, 10_000, 20_000, 60_000]),
    st.sampled_from([0, 1, 100, 311, 312, 3_840]),
    st.lists(st.booleans(), min_size=76, max_size=76),
)
def test_opus_goes_on_after_flushes(
    frame_duration: int, pre_skip: int, flush_after: list[bool]
) -> None:
    """The same samples as without flushes, each at the same time, and no output too many."""
    chunks, config = opus_chunks(frame_duration, pre_skip)
    outputs: list[AudioData] = []
    with AudioDecoder(outputs.append, pytest.fail) as decoder:
        decoder.configure(config)
        for number, (chunk, flush) in enumerate(zip(chunks, flush_after, strict=False)):
            decoder.decode(chunk)
            if flush:
                decoder.flush().result(SECONDS)
                # As many as chunks, but for those that are wholly within the pre-skip.
                skipped = pre_skip * 1_000_000 // (48_000 * frame_duration)
                assert len(outputs) == max(0, number + 1 - skipped)
        decoder.flush().result(SECONDS)
    assert np.array_equal(joined(outputs), joined(decoded(chunks, config)))
    position = 0
    for audio in outputs:
        assert audio.timestamp == position * 1_000_000 // 48_000
        position += audio.number_of_frames


def test_opus_within_the_pre_skip_gives_nothing() -> None:
    chunks, config = opus_chunks(2_500, 120)
    assert decoded(chunks[:1], config) == []
    assert len(decoded(chunks[:2], config)) == 1


def test_opus_keeps_to_times_that_were_rounded() -> None:
    """A flush after each chunk does not add up what a container rounds to milliseconds."""
    chunks, config = opus_chunks(2_500, 312)
    outputs: list[AudioData] = []
    with AudioDecoder(outputs.append, pytest.fail) as decoder:
        decoder.configure(config)
        for number, chunk in enumerate(chunks):
            late = EncodedAudioChunk(type="key", timestamp=number * 3_000, data=bytes(chunk))
            decoder.decode(late)
            decoder.flush().result(SECONDS)
    # The last output is that of the last chunk but two, and takes the 72 samples before it along.
    assert outputs[-1].timestamp == (len(chunks) - 3) * 3_000 - 1_500


def test_decoding_begins_anew_elsewhere_after_a_flush() -> None:
    samples = tones(48_000)
    config = {"codec": "opus", "sample_rate": 48_000, "number_of_channels": 2}
    chunks, decoder_config = encoded(pieces(samples), config)
    outputs: list[AudioData] = []
    with AudioDecoder(outputs.append, pytest.fail) as decoder:
        decoder.configure(decoder_config)
        decoder.decode(chunks[0])
        decoder.flush().result(30)
        for chunk in chunks[20:30]:
            decoder.decode(chunk)
        decoder.flush().result(30)
    assert [audio.timestamp for audio in outputs] == [0, *range(400_000, 600_000, 20_000)]
    found = joined(outputs[5:])  # the encoder's memory of what came before has faded by then
    start = outputs[5].timestamp * 48 // 1000
    assert noise_ratio(samples[start : start + len(found)], found) > 25
