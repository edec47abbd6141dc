"""AudioDecoder: descriptions, damaged chunks, and work that is dropped."""

from __future__ import annotations

import random
import threading
from contextlib import suppress
from functools import cache
from typing import Any

import pytest

from stripline.webcodecs.audio_decoder import AudioDecoder
from stripline.webcodecs.audio_headers import OpusHead
from stripline.webcodecs.chunks import EncodedAudioChunk
from stripline.webcodecs.exceptions import (
    AbortError,
    DataError,
    EncodingError,
    InvalidStateError,
    NotSupportedError,
)
from tests.webcodecs.audio import SECONDS, decoded, encoded, joined, pieces, tones

CODECS = ("opus", "mp4a.40.2", "flac", "mp3", "vorbis", "alaw", "ulaw", "pcm-s16", "pcm-s24")


@cache
def stream(codec: str, adts: bool = False) -> tuple[list[EncodedAudioChunk], dict[str, Any]]:
    config: dict[str, Any] = {"codec": codec, "sample_rate": 48_000, "number_of_channels": 2}
    if adts:
        config["aac"] = {"format": "adts"}
    return encoded(pieces(tones(24_000)), config)


def outcome(chunks: list[Any], config: dict[str, Any]) -> tuple[int, Exception | None]:
    """How many outputs there are, and the error that closed the decoder."""
    outputs: list[Any] = []
    errors: list[Exception] = []
    decoder = AudioDecoder(outputs.append, errors.append)
    decoder.configure(config)
    with suppress(InvalidStateError):  # it may fail meanwhile, and its callback not have run yet
        for chunk in chunks:
            decoder.decode(chunk)
    try:
        decoder.flush().result(SECONDS)
    except (EncodingError, NotSupportedError):
        assert len(errors) == 1
        assert decoder.state == "closed"
        return len(outputs), errors[0]
    decoder.close()
    return len(outputs), None


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"codec": "opus"}, True),
        ({"codec": "mp4a.40.2"}, True),
        ({"codec": "mp4a.40.5"}, True),
        ({"codec": "mp4a.40.29"}, True),
        ({"codec": "mp4a.67"}, True),
        ({"codec": "mp4a.40.2", "description": b"\xff" * 5}, False),
        ({"codec": "mp3"}, True),
        ({"codec": "flac", "description": b"fLaC"}, False),
        ({"codec": "vorbis", "description": b"\2\0\0"}, False),
        ({"codec": "pcm-u8", "number_of_channels": 33}, False),
        ({"codec": "pcm-u8", "sample_rate": 1}, False),
        ({"codec": "mp4a.40.2", "number_of_channels": 9}, False),
        ({"codec": "mp4a.40.2", "sample_rate": 1}, False),
        ({"codec": "ulaw"}, True),
        ({"codec": "ULAW"}, False),
        ({"codec": "mp4a.40.34"}, False),
    ],
)
def test_what_is_supported(members: dict[str, Any], expected: bool) -> None:
    config = {"sample_rate": 48_000, "number_of_channels": 2, **members}
    assert AudioDecoder.is_config_supported(config).result(SECONDS).supported is expected


@pytest.mark.parametrize("codec", ["opus", "mp4a.40.2", "flac", "mp3", "vorbis"])
@pytest.mark.parametrize(
    "wrong",
    [
        {"sample_rate": 1, "number_of_channels": 9},
        {"sample_rate": 2**32 - 1, "number_of_channels": 2**32 - 1},
        {"sample_rate": 8_000, "number_of_channels": 1},
    ],
)
def test_what_the_stream_says_is_not_asked_of_the_configuration(
    codec: str, wrong: dict[str, int]
) -> None:
    chunks, config = stream(codec)
    found = decoded(chunks, {**config, **wrong})
    assert {(a.sample_rate, a.number_of_channels) for a in found} == {(48_000, 2)}
    assert (joined(found) == joined(decoded(chunks, config))).all()


@pytest.mark.parametrize("codec", CODECS)
def test_an_empty_chunk_is_an_error(codec: str) -> None:
    chunks, config = stream(codec)
    empty = EncodedAudioChunk(type="key", timestamp=20_000, data=b"")
    count, error = outcome([*chunks[:2], empty, *chunks[2:4]], config)
    assert isinstance(error, EncodingError)
    assert "is empty" in error.message
    assert count <= 2


@pytest.mark.parametrize("codec", ["opus", "mp4a.40.2", "flac", "mp3"])
def test_noise_is_an_error(codec: str) -> None:
    chunks, config = stream(codec)
    generator = random.Random(5)
    for _ in range(10):
        bad = [
            EncodedAudioChunk(
                type="key", timestamp=c.timestamp, data=generator.randbytes(c.byte_length)
            )
            for c in chunks
        ]
        assert isinstance(outcome(bad, config)[1], EncodingError)


@pytest.mark.parametrize("codec", [*CODECS, "adts"])
def test_damage_never_breaks_more_than_the_decoder(codec: str) -> None:
    chunks, config = stream("mp4a.40.2", adts=True) if codec == "adts" else stream(codec)
    generator = random.Random(11)
    for _ in range(20):
        bad = list(chunks)
        at = generator.randrange(len(bad))
        data = bytearray(bytes(bad[at]))
        for _ in range(generator.randint(1, 5)):
            data[generator.randrange(len(data))] ^= 1 << generator.randrange(8)
        if generator.random() < 0.5:
            del data[generator.randrange(len(data)) :]
        bad[at] = EncodedAudioChunk(type="key", timestamp=bad[at].timestamp, data=data)
        count, error = outcome(bad, config)
        assert error is None or isinstance(error, EncodingError)
        assert count <= len(bad)


@pytest.mark.parametrize("codec", ["opus", "mp4a.40.2", "flac", "vorbis"])
def test_a_damaged_description_never_breaks_more_than_the_decoder(codec: str) -> None:
    chunks, config = stream(codec)
    generator = random.Random(13)
    for _ in range(20):
        description = bytearray(config["description"])
        for _ in range(generator.randint(1, 3)):
            description[generator.randrange(len(description))] = generator.randrange(256)
        if generator.random() < 0.3:
            del description[generator.randrange(len(description)) :]
        error = outcome(chunks[:5], {**config, "description": bytes(description)})[1]
        assert error is None or isinstance(error, EncodingError | NotSupportedError)


def test_half_a_frame_of_pcm_is_an_error() -> None:
    chunks, config = stream("pcm-s24")
    half = EncodedAudioChunk(type="key", timestamp=0, data=bytes(chunks[0])[:-3])
    error = outcome([half], config)[1]
    assert isinstance(error, EncodingError)
    assert "no multiple of the 6" in error.message


def test_a_delta_chunk_cannot_be_first() -> None:
    chunks, config = stream("opus")
    delta = EncodedAudioChunk(type="delta", timestamp=0, data=bytes(chunks[0]))
    with AudioDecoder(lambda _: None, pytest.fail) as decoder:
        decoder.configure(config)
        with pytest.raises(DataError):
            decoder.decode(delta)
        decoder.decode(chunks[0])
        decoder.decode(delta)
        decoder.flush().result(SECONDS)
        with pytest.raises(DataError):
            decoder.decode(delta)


def test_opus_without_a_description_is_given_out_as_it_is() -> None:
    chunks, config = stream("opus")
    pre_skip = OpusHead.parse(config["description"]).pre_skip
    plain = decoded(chunks, {key: config[key] for key in config if key != "description"})
    assert [(a.timestamp, a.number_of_frames) for a in plain] == [
        (chunk.timestamp, 960) for chunk in chunks
    ]
    skipped = joined(decoded(chunks, config))
    assert abs(joined(plain)[pre_skip:] - skipped).max() < 1e-6


@pytest.mark.parametrize("rate", [8_000, 24_000, 44_100, 96_000])
def test_opus_is_decoded_to_48_khz_whatever_is_configured(rate: int) -> None:
    chunks, config = stream("opus")
    found = decoded(chunks, {**config, "sample_rate": rate})
    assert {audio.sample_rate for audio in found} == {48_000}
    assert (joined(found) == joined(decoded(chunks, config))).all()


def test_what_is_not_flushed_comes_one_chunk_later() -> None:
    chunks, config = stream("opus")
    outputs: list[Any] = []
    decoder = AudioDecoder(outputs.append, pytest.fail)
    decoder.configure(config)
    for chunk in chunks[:5]:
        decoder.decode(chunk)
    done = threading.Event()
    decoder._queue.put(done.set)
    assert done.wait(SECONDS)
    assert [(a.timestamp, a.duration) for a in outputs] == [
        (number * 20_000, 20_000) for number in range(4)
    ]
    decoder.flush().result(SECONDS)
    assert (outputs[4].timestamp, outputs[4].duration) == (80_000, 13_500)
    decoder.close()


def test_reset_and_close_at_any_time() -> None:
    """Many short lives with work queued: no deadlock, nothing after the end, no thread left."""
    generator = random.Random(7)
    before = threading.active_count()
    for number in range(150):
        chunks, config = stream(CODECS[number % len(CODECS)])
        outputs: list[Any] = []
        decoder = AudioDecoder(outputs.append, pytest.fail)
        decoder.configure(config)
        for chunk in chunks[: generator.randint(0, 10)]:
            decoder.decode(chunk)
        flush = decoder.flush()
        if generator.random() < 0.5:
            decoder.reset()
            chunks, config = stream(CODECS[generator.randrange(len(CODECS))])
            decoder.configure(config)
            decoder.decode(chunks[0])
        if generator.random() < 0.3:
            decoder.flush().result(SECONDS)
        decoder.close()
        count = len(outputs)
        if flush.exception(SECONDS) is not None:
            assert isinstance(flush.exception(), AbortError)
        thread = decoder._queue.thread
        if thread is not None:
            thread.join(SECONDS)
        assert len(outputs) == count
    assert threading.active_count() <= before
