"""Muxer: a file is whole or not there, and what is wrong is said."""

from __future__ import annotations

import io
import os
import random
import threading
from typing import TYPE_CHECKING, Any

import pytest

from stripline.webcodecs import (
    DataError,
    DOMException,
    EncodedVideoChunk,
    InvalidStateError,
    NotSupportedError,
    VideoEncoder,
    VideoFrame,
)
from stripline.webcodecs.containers import Demuxer, Muxer
from tests.webcodecs.containers.media import (
    encoded,
    encoded_tone,
    muxed,
    muxed_to,
    picture,
    read,
    tone,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_a_path_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"what was there")
    path.chmod(0o640)
    source = encoded("avc1.42C00B")
    with pytest.raises(ZeroDivisionError), Muxer(path) as muxer:
        muxer.write(source[0][0], {"decoder_config": source[0][1]["decoder_config"], "x": 1 / 0})
    assert path.read_bytes() == b"what was there"
    with Muxer(path) as muxer:
        for chunk, metadata in source:
            muxer.write(chunk, metadata)
            assert path.read_bytes() == b"what was there"
    assert os.listdir(tmp_path) == ["clip.mp4"]  # noqa: PTH208 - names are what is looked at
    assert path.stat().st_mode & 0o777 == 0o640
    assert len(read(path.read_bytes())[1]) == 30


def test_a_forgotten_muxer_leaves_nothing(tmp_path: Path) -> None:
    muxer = Muxer(tmp_path / "clip.webm")
    muxer.write(*encoded("vp8")[0])
    del muxer
    assert not list(tmp_path.iterdir())


class FullDisk(io.BytesIO):
    """Takes so many bytes."""

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > 2_000:
            raise OSError(28, "No space left on device")
        return super().write(data)


@pytest.mark.parametrize("name", ["mp4", "webm"])
def test_what_the_file_raises_comes_out(name: str) -> None:
    with pytest.raises(OSError, match="No space left"):
        muxed_to(FullDisk(), encoded("vp09.00.10.08"), name)


def test_targets_and_formats_that_are_none(tmp_path: Path) -> None:
    for target in (5, None, io.StringIO()):
        for name in ("mp4", None):
            with pytest.raises(TypeError, match="open for bytes"):
                Muxer(target, name)
    with pytest.raises(NotSupportedError, match="give format="):
        Muxer(tmp_path / "clip.xyz")
    with pytest.raises(NotSupportedError, match="none of mp4, webm, matroska"):
        Muxer(io.BytesIO(), "avi")
    with pytest.raises(FileNotFoundError):
        Muxer(tmp_path / "no" / "clip.mp4")
    assert not list(tmp_path.iterdir())


def test_codecs_that_a_format_does_not_hold() -> None:
    with pytest.raises(NotSupportedError, match="mp4 does not hold vp8"):
        muxed(encoded("vp8", 1), "mp4")
    with pytest.raises(NotSupportedError):
        muxed(encoded("avc1.42C00B", 1), "webm")
    for codec in ("alaw", "ulaw"):
        with pytest.raises(NotSupportedError, match=f"matroska does not hold {codec}"):
            muxed(encoded_tone(codec), "matroska")


def test_misuse_is_said() -> None:
    source = encoded("vp8", 3, 10)
    (key, metadata), (delta, _), _ = source
    muxer = Muxer(io.BytesIO(), "webm")
    with pytest.raises(TypeError, match="encoded chunk"):
        muxer.write(b"bytes")  # type: ignore[arg-type]  # that is what is tested
    muxer.write(key, metadata)
    with pytest.raises(InvalidStateError, match="before the first chunk"):
        muxer.add_audio_track()
    muxer.write(delta, metadata)  # an equal configuration is none that is new
    muxer.close()
    muxer.close()
    with pytest.raises(InvalidStateError, match="closed"):
        muxer.write(key)
    muxer = Muxer(io.BytesIO(), "webm")
    config: Any
    for config in ("vp8", [], 5, {}, {"decoder_config": 5}):
        with pytest.raises(TypeError):
            muxer.add_video_track(config)
    muxer.abort()


def refused_writes() -> dict[str, tuple[list[Any], type[Exception], str]]:
    """Chunks with metadata of which the last is refused, with which error."""
    (key, metadata), (delta, _), _ = encoded("vp8", 3, 10)
    larger = {**metadata["decoder_config"], "coded_width": 128}
    changed = [(key, metadata), (delta, {"decoder_config": larger})]
    other = encoded("vp09.00.10.08", 1)
    return {
        "size": (changed, NotSupportedError, "coded_width changed"),
        "codec": ([(key, metadata), *other], NotSupportedError, "codec changed"),
        "key": ([(delta, metadata)], DataError, "key chunk"),
        "none": ([(key, {})], DataError, "needs a configuration"),
        "metadata": ([(key, 5)], TypeError, "metadata is a dict"),
        "list": ([(key, [])], TypeError, "metadata is a dict"),
        "config": ([(key, {"decoder_config": "vp8"})], TypeError, "dict"),
    }


@pytest.mark.parametrize("why", list(refused_writes()))
def test_a_chunk_that_is_refused_leaves_no_file(why: str, tmp_path: Path) -> None:
    chunks, kind, said = refused_writes()[why]
    muxer = Muxer(tmp_path / "clip.webm")
    for chunk, metadata in chunks[:-1]:
        muxer.write(chunk, metadata)
    with pytest.raises(kind, match=said):
        muxer.write(*chunks[-1])
    for chunk, metadata in encoded("vp8", 3, 10):
        with pytest.raises(InvalidStateError, match="cannot be completed"):
            muxer.write(chunk, metadata)
    with pytest.raises(kind, match=said):
        muxer.close()
    assert not list(tmp_path.iterdir())


def test_an_encoder_that_is_configured_anew_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)  # where the callback's errors go
    muxer = Muxer(tmp_path / "clip.mp4")
    with VideoEncoder(output=muxer.write, error=print) as encoder:
        for size in (32, 64):
            encoder.configure(codec="vp09.00.10.08", width=size, height=size)
            for index in range(3):
                pixels = picture(index, size, size)
                with VideoFrame(pixels, timestamp=size * 10_000 + 40_000 * index) as frame:
                    encoder.encode(frame)
    with pytest.raises(NotSupportedError, match="coded_height, coded_width"):
        muxer.close()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("codec", ["mp4a.40.2", "mp3"])
def test_a_failure_that_nobody_saw_leaves_no_file(codec: str, tmp_path: Path) -> None:
    muxer = Muxer(tmp_path / "clip.webm")
    muxer.add_audio_track()
    seen = []
    for chunk, metadata in encoded_tone(codec):
        try:  # as a codec does with its output callback
            muxer.write(chunk, metadata)
        except DOMException as error:
            seen.append(error.name)
    assert seen[0] == "NotSupportedError"
    assert set(seen[1:]) == {"InvalidStateError"}
    with pytest.raises(NotSupportedError, match="webm does not hold"):
        muxer.close()
    assert not list(tmp_path.iterdir())


def test_chunks_out_of_order_are_refused() -> None:
    (key, metadata), *_ = encoded("vp8", 1)
    muxer = Muxer(io.BytesIO(), "webm")
    muxer.add_video_track(metadata)
    muxer.write(key)
    with pytest.raises(DataError, match="too late or twice"):
        muxer.write(key)
    muxer.abort()


@pytest.mark.parametrize("fragmented", [False, True])
def test_a_step_that_an_mp4_cannot_hold_is_refused(*, fragmented: bool) -> None:
    (key, metadata), *_ = encoded("vp09.00.10.08", 1)
    for step in ((1 << 31) - 2, (1 << 31) - 1):
        late = EncodedVideoChunk(type="key", timestamp=step, data=bytes(key))
        source = [(key, metadata), (late, {})]
        if step < (1 << 31) - 1:
            _, chunks = read(muxed(source, "mp4", fragmented=fragmented))
            assert chunks[1].timestamp == step
        else:
            with pytest.raises(DataError, match="2,147,483,646 are the most"):
                muxed(source, "mp4", fragmented=fragmented)
            _, chunks = read(muxed(source, "webm", fragmented=fragmented))
            assert chunks[1].timestamp == 2_147_484_000


@pytest.mark.parametrize(
    "members",
    [{"duration": 1 << 31}, {"timestamp": (1 << 62) + 1}, {"timestamp": -(1 << 31)}],
)
def test_times_that_an_mp4_cannot_hold_are_refused(members: dict[str, int]) -> None:
    (key, metadata), *_ = encoded("vp09.00.10.08", 1)
    chunk = EncodedVideoChunk({"type": "key", "timestamp": 0, "data": bytes(key), **members})
    with pytest.raises(DataError, match="µs"):
        muxed([(chunk, metadata)], "mp4", fragmented=True)


def test_tracks_that_are_announced_are_waited_for() -> None:
    source = encoded("vp8", 3, 10)
    muxer = Muxer(io.BytesIO(), "webm")
    muxer.add_video_track()
    muxer.add_audio_track()
    for chunk, metadata in source:
        muxer.write(chunk, metadata)
    with pytest.raises(InvalidStateError, match="audio track was announced"):
        muxer.close()
    muxer = Muxer(io.BytesIO(), "mp4")
    muxer.add_video_track(source[0][1])
    with pytest.raises(NotSupportedError, match="mp4 does not hold vp8"):
        muxer.close()
    with pytest.raises(InvalidStateError, match="nothing to make a file of"):
        Muxer(io.BytesIO(), "webm").close()
    muxer = Muxer(io.BytesIO(), "webm")
    muxer.add_video_track()
    audio, sounds = read(tone("libopus", "ogg"))
    with pytest.raises(InvalidStateError, match="add_audio_track"):
        muxer.write(sounds[0], {"decoder_config": audio.decoder_config})
    muxer = Muxer(io.BytesIO(), "webm")
    number = muxer.add_video_track()
    with pytest.raises(TypeError, match=f"track {number} is no audio"):
        muxer.write(sounds[0], track=number)


def test_two_video_tracks_by_number() -> None:
    target = io.BytesIO()
    with Muxer(target, "matroska") as muxer:
        numbers = [muxer.add_video_track() for _ in range(2)]
        for one, other in zip(encoded("vp8", 3), encoded("vp09.00.10.08", 3), strict=True):
            muxer.write(*one, track=numbers[0])
            muxer.write(*other, track=numbers[1])
    with Demuxer(target.getvalue()) as demuxer:
        assert [track.codec for track in demuxer.tracks] == ["vp8", "vp09.00.10.08"]
        assert len(list(demuxer)) == 6


def damaged(data: bytes, rng: random.Random) -> bytes:
    """Some bytes of it changed, and perhaps its end missing."""
    copy = bytearray(data)
    for _ in range(rng.randrange(8)):
        if copy:
            copy[rng.randrange(len(copy))] = rng.randrange(256)
    return bytes(copy[: rng.randrange(len(copy) + 1)] if rng.random() < 0.2 else copy)


@pytest.mark.parametrize("fragmented", [False, True])
@pytest.mark.parametrize("name", ["mp4", "webm", "matroska"])
def test_damaged_chunks_and_descriptions(name: str, *, fragmented: bool) -> None:
    rng = random.Random(f"{name} {fragmented}")
    codecs = ["avc1.42C00B", "hvc1.1.6.L30.90", "vp09.00.10.08", "av01.0.00M.08", "vp8"]
    sources = [encoded(codec) for codec in codecs]
    sources += [encoded_tone(codec) for codec in ("opus", "mp4a.40.2", "flac", "vorbis")]
    outcomes = set()
    for _ in range(100):
        (first, metadata), *others = rng.choice(sources)[:5]
        config = dict(metadata["decoder_config"])
        if "description" in config:
            config["description"] = damaged(config["description"], rng)
        chunks = [(first, {"decoder_config": config}), *others]
        try:
            muxed(
                [
                    (
                        type(chunk)(
                            type=chunk.type,
                            timestamp=chunk.timestamp,
                            duration=chunk.duration,
                            data=damaged(bytes(chunk), rng),
                        ),
                        told,
                    )
                    for chunk, told in chunks
                ],
                name,
                fragmented=fragmented,
            )
            outcomes.add("written")
        except DOMException as error:
            outcomes.add(error.name)
    assert outcomes <= {"written", "DataError", "NotSupportedError"}
    assert {"written", "DataError"} <= outcomes
