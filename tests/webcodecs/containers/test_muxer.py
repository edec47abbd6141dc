"""Muxer: what goes in comes out, and a file is whole or not there."""

from __future__ import annotations

import io
import os
import random
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

from stripline.webcodecs import (
    AudioData,
    AudioEncoder,
    DataError,
    DOMException,
    EncodedAudioChunk,
    EncodedVideoChunk,
    InvalidStateError,
    NotSupportedError,
)
from stripline.webcodecs.containers import Demuxer, Muxer
from tests.webcodecs.containers.media import (
    HEIGHT,
    RATE,
    WIDTH,
    decoded,
    decoded_samples,
    encoded,
    encoded_tone,
    muxed,
    muxed_to,
    read,
    times,
    tone,
    with_b_frames,
)

if TYPE_CHECKING:
    from pathlib import Path

VIDEO = [
    ("avc1.42C00B", "mp4", {}),
    ("avc1.42C00B", "matroska", {}),
    ("avc1.64000B", "mp4", {"avc": "annexb"}),
    ("hvc1.1.6.L30.90", "mp4", {}),
    ("hev1.1.6.L30.90", "mp4", {"hevc": "annexb"}),
    ("vp8", "webm", {}),
    ("vp09.00.10.08", "mp4", {}),
    ("vp09.00.10.08", "webm", {}),
    ("av01.0.00M.08", "mp4", {}),
    ("av01.0.00M.08", "webm", {}),
]


class Pipe:
    """A file that can only be written to."""

    def __init__(self) -> None:
        self.data = bytearray()

    def write(self, data: bytes) -> int:
        self.data += data
        return len(data)


def kinds(chunks: Any) -> list[str]:
    return [str(chunk.type) for chunk in chunks]


@pytest.mark.parametrize("fragmented", [False, True])
@pytest.mark.parametrize(("codec", "name", "more"), VIDEO)
def test_chunks_come_back(codec: str, name: str, more: dict[str, str], *, fragmented: bool) -> None:
    source = encoded(codec, **more)
    track, chunks = read(muxed(source, name, fragmented=fragmented))
    wanted = [chunk for chunk, _ in source]
    assert kinds(chunks) == kinds(wanted)
    assert (track.decoder_config["coded_width"], track.decoder_config["coded_height"]) == (
        WIDTH,
        HEIGHT,
    )
    assert track.frame_rate == pytest.approx(RATE, rel=0.02)
    if name == "mp4":
        assert [chunk.timestamp for chunk in chunks] == times(len(wanted))
        assert [chunk.duration for chunk in chunks] == [chunk.duration for chunk in wanted]
    else:  # milliseconds
        assert [chunk.timestamp for chunk in chunks] == [round(t / 1000) * 1000 for t in times(30)]
    if not more and not codec.startswith("av01"):  # AV1 loses its temporal delimiters
        assert [bytes(chunk) for chunk in chunks] == [bytes(chunk) for chunk in wanted]
    frames = decoded(track, chunks)
    assert [frame.timestamp for frame in frames] == [chunk.timestamp for chunk in chunks]


@pytest.mark.parametrize(("codec", "name", "more"), VIDEO)
def test_ffmpeg_plays_all_pictures(codec: str, name: str, more: dict[str, str]) -> None:
    with av.open(io.BytesIO(muxed(encoded(codec, **more), name)), "r") as container:
        stream = container.streams.video[0]
        frames = [frame for packet in container.demux(stream) for frame in packet.decode()]
        duration = container.duration
    assert len(frames) == 30
    assert not any(frame.is_corrupt for frame in frames)
    assert duration == pytest.approx(1_000_000, abs=2_000)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("name", ["mp4", "matroska"])
def test_rotation_and_flip(rotation: int, name: str, *, flip: bool) -> None:
    source = encoded("avc1.42C00B", 2, 10, rotation, flip)
    config = read(muxed(source, name))[0].decoder_config
    assert (config.get("rotation", 0), config.get("flip", False)) == (rotation, flip)


def test_colours_and_aspect() -> None:
    chunk, metadata = encoded("vp09.00.10.08", 1)[0]
    colors = {
        "primaries": "bt2020",
        "transfer": "pq",
        "matrix": "bt2020-ncl",
        "full_range": False,
    }
    config = {**metadata["decoder_config"], "color_space": colors}
    for name in ("mp4", "webm"):
        track, _ = read(muxed([(chunk, {"decoder_config": config})], name))
        assert track.decoder_config["color_space"] == colors
    config |= {"display_aspect_width": 16, "display_aspect_height": 9}
    track, _ = read(muxed([(chunk, {"decoder_config": config})], "mp4"))
    assert track.decoder_config["display_aspect_width"] == 16
    assert track.decoder_config["display_aspect_height"] == 9
    with pytest.raises(NotSupportedError, match="another shape"):
        muxed([(chunk, {"decoder_config": config})], "webm")


@pytest.mark.parametrize("fragmented", [False, True])
@pytest.mark.parametrize("name", ["mp4", "matroska"])
@pytest.mark.parametrize("encoder", ["libx264", "libx265"])
def test_b_frames_keep_their_order(encoder: str, name: str, *, fragmented: bool) -> None:
    track, source = read(with_b_frames(encoder))
    shown = [chunk.timestamp for chunk in source]
    assert shown != sorted(shown)
    target = io.BytesIO()
    with Muxer(target, name, fragmented=fragmented) as muxer:
        muxer.add_video_track(track.decoder_config)
        for chunk in source:
            muxer.write(chunk)
    again, chunks = read(target.getvalue())
    assert [chunk.timestamp for chunk in chunks] == shown
    assert [bytes(chunk) for chunk in chunks] == [bytes(chunk) for chunk in source]
    frames = decoded(again, chunks)
    assert [frame.timestamp for frame in frames] == sorted(shown)


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


def test_two_tracks_lie_side_by_side() -> None:
    audio, sounds = read(tone("libopus", "ogg"))
    target = io.BytesIO()
    with Muxer(target, "webm") as muxer:
        for chunk, metadata in encoded("vp8"):
            muxer.write(chunk, metadata)
        for index, chunk in enumerate(sounds):
            muxer.write(chunk, {} if index else {"decoder_config": audio.decoder_config})
    with Demuxer(target.getvalue()) as demuxer:
        both = [(track.kind, chunk.timestamp) for track, chunk in demuxer]
    assert {kind for kind, _ in both} == {"video", "audio"}
    stamps = [timestamp for _, timestamp in both]
    assert stamps == sorted(stamps)


def test_alpha_is_kept_in_webm_and_refused_in_mp4() -> None:
    chunk, metadata = encoded("vp8", 1)[0]
    with_alpha = {**metadata, "alpha_side_data": bytes(chunk)}
    data = muxed([(chunk, with_alpha)], "webm")
    with av.open(io.BytesIO(data), "r") as container:
        metadata = {key.lower(): value for key, value in container.streams[0].metadata.items()}
        assert metadata["alpha_mode"] == "1"
        packet = next(container.demux())
        assert bytes(packet.get_sidedata("matroska_block_additional"))[8:] == bytes(chunk)
    chunk, metadata = encoded("vp09.00.10.08", 1)[0]
    with pytest.raises(NotSupportedError, match="alpha"):
        muxed([(chunk, {**metadata, "alpha_side_data": b"a"})], "mp4")


@pytest.mark.parametrize("name", ["mp4", "webm"])
def test_a_pipe_gets_each_chunk_at_once(name: str) -> None:
    pipe = Pipe()
    sizes = []
    with Muxer(pipe, name, low_latency=True) as muxer:
        muxer.add_video_track()
        for chunk, metadata in encoded("vp09.00.10.08", 12):
            muxer.write(chunk, metadata)
            sizes.append(len(pipe.data))
    # An MP4 is a chunk behind.
    assert all(one < other for one, other in pairwise(sizes[1:]))
    assert len(read(bytes(pipe.data))[1]) == 12


@pytest.mark.parametrize("name", ["mp4", "webm", "matroska"])
def test_a_pipe_gets_what_can_be_read_on(name: str) -> None:
    pipe = Pipe()
    with Muxer(pipe, name) as muxer:
        for chunk, metadata in encoded("vp09.00.10.08"):
            muxer.write(chunk, metadata)
    assert len(decoded(*read(bytes(pipe.data)))) == 30
    with pytest.raises(NotSupportedError, match="seek"):
        Muxer(Pipe(), name, fragmented=False)


def test_timestamps_begin_anywhere() -> None:
    first, *_ = encoded("vp09.00.10.08", 1)
    late = [
        (
            EncodedVideoChunk(
                type="key", timestamp=5_000_000 + 40_000 * i, duration=40_000, data=bytes(first[0])
            ),
            first[1],
        )
        for i in range(3)
    ]
    for name in ("mp4", "webm"):
        for fragmented in (False, True):
            _, chunks = read(muxed(late, name, fragmented=fragmented))
            assert [chunk.timestamp for chunk in chunks] == [5_000_000, 5_040_000, 5_080_000]


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
    with pytest.raises(TypeError, match="open for bytes"):
        Muxer(io.StringIO(), "mp4")
    with pytest.raises(TypeError):
        Muxer(5, "mp4")
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
    with pytest.raises(DataError, match="configuration"):
        muxer.write(key)
    with pytest.raises(DataError, match="key chunk"):
        muxer.write(delta, metadata)
    muxer.write(key, metadata)
    with pytest.raises(InvalidStateError, match="before the first chunk"):
        muxer.add_audio_track()
    other = {**metadata["decoder_config"], "coded_width": 32}
    with pytest.raises(NotSupportedError, match="coded_width changed"):
        muxer.write(key, {"decoder_config": other})
    muxer.write(delta, metadata)  # an equal configuration is none that is new
    muxer.close()
    muxer.close()
    with pytest.raises(InvalidStateError, match="closed"):
        muxer.write(key)


def test_chunks_of_a_refused_configuration_are_refused_too(tmp_path: Path) -> None:
    source, other = encoded("vp8", 3, 10), encoded("vp09.00.10.08", 3, 10)
    path = tmp_path / "clip.webm"
    with Muxer(path) as muxer:
        for chunk, metadata in source:
            muxer.write(chunk, metadata)
        for chunk, metadata in other:
            with pytest.raises(NotSupportedError, match="codec changed"):
                muxer.write(chunk, metadata)
    with Demuxer(path) as demuxer:
        assert len(list(demuxer)) == len(source)


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


def test_tracks_that_are_announced_are_waited_for() -> None:
    source = encoded("vp8", 3, 10)
    muxer = Muxer(io.BytesIO(), "webm")
    muxer.add_video_track()
    muxer.add_audio_track()
    for chunk, metadata in source:
        muxer.write(chunk, metadata)
    with pytest.raises(InvalidStateError, match="audio track was announced"):
        muxer.close()
    with pytest.raises(InvalidStateError, match="nothing to make a file of"):
        Muxer(io.BytesIO(), "webm").close()
    muxer = Muxer(io.BytesIO(), "webm")
    number = muxer.add_video_track()
    audio, sounds = read(tone("libopus", "ogg"))
    with pytest.raises(InvalidStateError, match="add_audio_track"):
        muxer.write(sounds[0], {"decoder_config": audio.decoder_config})
    with pytest.raises(TypeError, match=f"track {number} is no audio"):
        muxer.write(sounds[0], track=number)
    muxer.abort()


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
