"""AudioEncoder: what it takes and refuses, times, silence, and work that is dropped."""

from __future__ import annotations

import asyncio
import random
import threading
from typing import Any

import numpy as np
import pytest

from stripline.webcodecs.audio_data import AudioData
from stripline.webcodecs.audio_encoder import AudioEncoder
from stripline.webcodecs.exceptions import (
    AbortError,
    EncodingError,
    InvalidStateError,
    NotSupportedError,
)
from tests.webcodecs.audio import SECONDS, encoded, pieces, tones

OPUS: dict[str, Any] = {"codec": "opus", "sample_rate": 48_000, "number_of_channels": 2}


def supported(**members: Any) -> bool:
    return AudioEncoder.is_config_supported({**OPUS, **members}).result(SECONDS).supported


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, True),
        ({"opus": {"frame_duration": 120_000, "application": "voip", "signal": "voice"}}, True),
        ({"opus": {"complexity": 0, "packetlossperc": 20, "useinbandfec": True}}, True),
        ({"opus": {"format": "ogg"}}, True),
        ({"bitrate": 512_001}, False),
        ({"number_of_channels": 8}, True),
        ({"number_of_channels": 7}, False),
        ({"number_of_channels": 32}, True),
        ({"number_of_channels": 33}, False),
        ({"number_of_channels": 16, "bitrate": 4_096_000}, True),
        ({"number_of_channels": 16, "bitrate": 4_096_001}, False),
        ({"codec": "mp4a.40.2"}, True),
        ({"codec": "mp4a.40.02", "aac": {"format": "adts"}}, True),
        ({"codec": "mp4a.40.2", "aac": {"format": "adts"}, "number_of_channels": 7}, False),
        ({"codec": "mp4a.40.2", "bitrate": 1000}, False),
        ({"codec": "mp4a.40.2", "bitrate": 10_000_000}, False),
        ({"codec": "mp4a.40.2", "sample_rate": 47_999}, False),
        ({"codec": "mp4a.40.5"}, False),
        ({"codec": "mp4a.67"}, False),
        ({"codec": "flac", "flac": {"compress_level": 8, "block_size": 16}}, True),
        ({"codec": "flac", "number_of_channels": 9}, False),
        ({"codec": "mp3", "bitrate": 320_000}, True),
        ({"codec": "mp3", "bitrate": 8_000}, False),
        ({"codec": "mp3", "sample_rate": 12_000}, True),
        ({"codec": "mp3", "sample_rate": 12_001}, False),
        ({"codec": "mp3", "number_of_channels": 3}, False),
        ({"codec": "vorbis"}, True),
        ({"codec": "vorbis", "number_of_channels": 1}, False),
        ({"codec": "vorbis", "bitrate_mode": "constant"}, False),
        ({"codec": "alaw", "sample_rate": 8_000, "number_of_channels": 1}, True),
        ({"codec": "pcm-s24", "sample_rate": 192_000, "number_of_channels": 32}, True),
        ({"codec": "pcm-s24", "number_of_channels": 33}, False),
        ({"codec": "pcm-s64"}, False),
        ({"codec": "mp4a"}, False),
        ({"codec": "vp8"}, False),
    ],
)
def test_what_is_supported(members: dict[str, Any], expected: bool) -> None:
    assert supported(**members) is expected


def test_closed_or_other_things_are_not_encoded() -> None:
    with AudioEncoder(lambda *_: None, pytest.fail) as encoder:
        encoder.configure(OPUS)
        audio = pieces(tones(960))[0]
        audio.close()
        with pytest.raises(TypeError, match="closed"):
            encoder.encode(audio)
        with pytest.raises(TypeError, match="AudioData"):
            encoder.encode(b"samples")  # type: ignore[arg-type]  # that is what is tested
        assert encoder.encode_queue_size == 0


@pytest.mark.parametrize("codec", ["opus", "mp4a.40.2", "flac", "mp3", "pcm-s16"])
def test_times_are_counted_through_and_begin_anew_after_a_gap(codec: str) -> None:
    rate = 44_100
    audio = pieces(tones(rate, rate=rate), rate)
    audio += pieces(tones(rate // 2, rate=rate), rate, start=7_000_001)
    config = {"codec": codec, "sample_rate": rate, "number_of_channels": 2}
    chunks, _ = encoded(audio, config)
    before = [chunk for chunk in chunks if chunk.timestamp < 7_000_000]
    after = chunks[len(before) :]
    # The chunk across the gap has the time of its first sample.
    frames = {"opus": 882, "mp4a.40.2": 1024, "flac": 4608, "mp3": 1152, "pcm-s16": 1024}[codec]
    for number, chunk in enumerate(before):
        assert abs(chunk.timestamp - number * frames * 1_000_000 / rate) <= 1
    first = after[0].timestamp
    assert 7_000_001 <= first < 7_000_001 + frames * 1_000_000 / rate
    for number, chunk in enumerate(after):
        assert abs(chunk.timestamp - first - number * frames * 1_000_000 / rate) <= 1


def test_each_chunk_of_pcm_is_one_input() -> None:
    generator = random.Random(3)
    samples, audio, at = tones(20_000), [], 0
    while at < len(samples):
        step = generator.randint(1, 3000)
        audio += pieces(samples[at : at + step], step=step, start=at * 1_000_000 // 48_000)
        at += step
    chunks, _ = encoded(audio, {**OPUS, "codec": "pcm-f32"})
    assert [(chunk.timestamp, chunk.duration) for chunk in chunks] == [
        (data.timestamp, data.duration) for data in audio
    ]


def test_after_a_flush_times_begin_with_the_next_input() -> None:
    chunks: list[Any] = []
    configs: list[Any] = []

    def output(chunk: Any, metadata: dict[str, Any]) -> None:
        chunks.append(chunk)
        configs.append(metadata)

    with AudioEncoder(output, pytest.fail) as encoder:
        encoder.configure(OPUS)
        for start in (0, 500_000):
            encoder.encode(pieces(tones(960), start=start)[0])
            encoder.flush().result(SECONDS)
    assert [chunk.timestamp for chunk in chunks] == [0, 20_000, 500_000, 520_000]
    assert [bool(metadata) for metadata in configs] == [True, False, False, False]


def test_an_equal_configuration_changes_nothing() -> None:
    samples = tones(48_000)
    whole, _ = encoded(pieces(samples), OPUS)
    chunks: list[Any] = []
    with AudioEncoder(chunks.append, pytest.fail) as encoder:
        for audio in pieces(samples):
            encoder.configure(OPUS)
            encoder.encode(audio)
    assert [bytes(chunk) for chunk in chunks] == [bytes(chunk) for chunk in whole]


def test_wider_samples_make_flac_wider() -> None:
    configs: list[dict[str, Any]] = []
    with AudioEncoder(
        lambda _, metadata: configs.append(metadata.get("decoder_config")), pytest.fail
    ) as encoder:
        encoder.configure({**OPUS, "codec": "flac"})
        for name in ("u8", "s16", "f32", "s16"):
            for audio in pieces(tones(5000), name=name):
                encoder.encode(audio)
    descriptions = [config["description"] for config in configs if config]
    # Bits per sample less one are the last bit of byte 12 and the first four of 13 of STREAMINFO.
    bits = [((text[8 + 12] & 1) << 4 | text[8 + 13] >> 4) + 1 for text in descriptions]
    assert bits == [16, 24]


def test_silence_is_left_out_but_for_a_sign_of_life() -> None:
    sounds = tones(48_000)
    samples = np.concatenate([sounds, np.zeros((96_000, 2), np.float32), sounds])
    chunks, _ = encoded(pieces(samples), {**OPUS, "opus": {"usedtx": True}})
    times = [chunk.timestamp for chunk in chunks]
    steps = np.diff(times)
    assert steps.max() == 420_000  # 400 ms are left out after the chunk before
    assert sum(time < 1_200_000 for time in times) == 60
    assert 3 <= sum(1_200_000 <= time < 2_980_000 for time in times) <= 5
    assert sum(time >= 3_000_000 for time in times) == 51


def test_constant_bitrates_are_constant() -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, (48_000, 2)).astype(np.float32)
    samples = np.concatenate([noise, tones(48_000)])
    constant, _ = encoded(pieces(samples), {**OPUS, "bitrate": 64_000, "bitrate_mode": "constant"})
    assert {chunk.byte_length for chunk in constant} == {160}
    variable, _ = encoded(pieces(samples), {**OPUS, "bitrate": 64_000})
    assert len({chunk.byte_length for chunk in variable}) > 10


@pytest.mark.parametrize("codec", ["opus", "flac"])
def test_time_beyond_64_bits_is_an_error_that_says_so(codec: str) -> None:
    errors: list[Exception] = []
    encoder = AudioEncoder(lambda *_: None, errors.append)
    encoder.configure({**OPUS, "codec": codec})
    for audio in pieces(tones(9_600), step=9_600, start=2**63 - 150_000):
        encoder.encode(audio)
    with pytest.raises(EncodingError, match="beyond"):
        encoder.flush().result(SECONDS)
    assert [type(error) for error in errors] == [EncodingError]


@pytest.mark.parametrize("codec", ["mp4a.40.2", "mp3", "opus"])
def test_the_bitrate_is_kept(codec: str) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, (96_000, 2)).astype(np.float32)
    for bitrate in (64_000, 160_000):
        chunks, _ = encoded(pieces(noise), {**OPUS, "codec": codec, "bitrate": bitrate})
        assert 0.8 < sum(chunk.byte_length for chunk in chunks) * 8 / 2 / bitrate < 1.2


def test_samples_that_are_no_numbers_close_the_encoder() -> None:
    errors: list[Exception] = []
    encoder = AudioEncoder(lambda *_: None, errors.append)
    encoder.configure({**OPUS, "codec": "mp4a.40.2"})
    encoder.encode(
        AudioData.from_numpy(
            np.full((4096, 2), np.nan, np.float32), sample_rate=48_000, timestamp=0
        )
    )
    with pytest.raises(EncodingError):
        encoder.flush().result(SECONDS)
    assert encoder.state == "closed"
    assert [type(error) for error in errors] == [EncodingError]


def test_a_stream_with_back_pressure() -> None:
    async def run() -> list[Any]:
        encoder = AudioEncoder(lambda *_: None, pytest.fail)
        async with encoder:
            encoder.configure(OPUS)
            return [chunk async for chunk in encoder.stream(pieces(tones(48_000)), max_queue=2)]

    assert [chunk.timestamp for chunk in asyncio.run(run())] == [*range(0, 1_000_001, 20_000)]


def test_reset_and_close_at_any_time() -> None:
    """Many short lives with work queued: no deadlock, nothing after the end, no thread left."""
    generator = random.Random(7)
    audio = pieces(tones(9600))
    configs = [
        {**OPUS, "codec": codec}
        for codec in ("opus", "mp4a.40.2", "flac", "mp3", "vorbis", "ulaw", "pcm-s24")
    ]
    before = threading.active_count()
    threads = []
    for number in range(150):
        outputs: list[Any] = []
        encoder = AudioEncoder(outputs.append, pytest.fail)
        encoder.configure(configs[number % len(configs)])
        for data in audio[: generator.randint(0, 10)]:
            encoder.encode(data)
        flush = encoder.flush()
        if generator.random() < 0.5:
            encoder.reset()
            with pytest.raises(InvalidStateError):
                encoder.encode(audio[0])
            encoder.configure(configs[generator.randrange(len(configs))])
            encoder.encode(audio[0])
        if generator.random() < 0.3:
            encoder.flush().result(SECONDS)
        encoder.close()
        count = len(outputs)
        if flush.exception(SECONDS) is not None:
            assert isinstance(flush.exception(), AbortError)
        threads.append(encoder._queue.thread)
        if threads[-1] is not None:
            threads[-1].join(SECONDS)
        assert len(outputs) == count
    assert threading.active_count() <= before


def test_an_impossible_configuration_is_reported_later() -> None:
    errors: list[Exception] = []
    encoder = AudioEncoder(lambda *_: None, errors.append)
    encoder.configure({**OPUS, "codec": "mp4a.40.2", "sample_rate": 12_345})
    thread = encoder._queue.thread
    assert thread is not None
    thread.join(SECONDS)
    assert encoder.state == "closed"
    assert [type(error) for error in errors] == [NotSupportedError]
    assert "aac refuses" in str(errors[0])
