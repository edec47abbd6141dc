"""Muxer: pictures that go in come out, in time and with what is said of them."""

from __future__ import annotations

import asyncio
import io
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import av
import pytest

from stripline.webcodecs import (
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
    encoded,
    muxed,
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


def test_async_with(tmp_path: Path) -> None:
    source = encoded("vp8", 3)

    async def run() -> int:
        async with Muxer(tmp_path / "clip.webm") as muxer:
            for chunk, metadata in source:
                muxer.write(chunk, metadata)
        async with Demuxer(tmp_path / "clip.webm") as demuxer:
            count = len([chunk async for chunk in demuxer.chunks(demuxer.video)])
        with pytest.raises(InvalidStateError, match="closed"):
            next(iter(demuxer))
        with pytest.raises(ZeroDivisionError):
            async with Muxer(tmp_path / "none.webm") as muxer:
                muxer.write(*source[1 // 0])
        return count

    assert asyncio.run(run()) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["clip.webm"]


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


def begun_at(start: int, count: int = 3, codec: str = "vp09.00.10.08") -> list[Any]:
    """Chunks with metadata whose first timestamp is `start`."""
    first, *_ = encoded(codec, 1)
    return [
        (
            EncodedVideoChunk(
                type="key", timestamp=start + 40_000 * i, duration=40_000, data=bytes(first[0])
            ),
            first[1],
        )
        for i in range(count)
    ]


@pytest.mark.parametrize("fragmented", [False, True])
@pytest.mark.parametrize("name", ["mp4", "webm"])
def test_timestamps_begin_anywhere(name: str, *, fragmented: bool) -> None:
    # The last one is 80 minutes: more than 2 ** 32 microseconds.
    for start in (5_000_000, 1, 999, 33_333, 1_234_567, 4_800_000_001):
        wanted = [start + 40_000 * index for index in range(3)]
        _, chunks = read(muxed(begun_at(start), name, fragmented=fragmented))
        stamps = [chunk.timestamp for chunk in chunks]
        assert stamps == [time if name == "mp4" else (time + 500) // 1000 * 1000 for time in wanted]


@pytest.mark.parametrize("fragmented", [False, True])
def test_an_mp4_may_last_for_hours(*, fragmented: bool) -> None:
    (chunk, metadata), *_ = encoded("vp09.00.10.08", 1)
    half_hours = [1_800_000_000 * index for index in range(4)]  # 71 minutes are 2 ** 32
    source = [
        (EncodedVideoChunk(type="key", timestamp=time, data=bytes(chunk)), metadata)
        for time in half_hours
    ]
    track, chunks = read(muxed(source, "mp4", fragmented=fragmented))
    assert [chunk.timestamp for chunk in chunks] == half_hours
    assert track.duration is not None
    assert track.duration > half_hours[-1]


@pytest.mark.parametrize("codec", ["avc1.42C00B", "vp09.00.10.08"])
@pytest.mark.parametrize("start", [-1, -40_000, -100_000, -1_234_567])
def test_an_mp4_in_one_piece_begins_at_zero_at_the_earliest(start: int, codec: str) -> None:
    source = begun_at(start, 6, codec)
    data = muxed(source, "mp4")
    assert [chunk.timestamp for chunk in read(data)[1]] == [40_000 * i for i in range(6)]
    with av.open(io.BytesIO(data), "r") as container:  # and none is hidden by an edit list
        assert [frame.time for frame in container.decode(video=0)] == [0.04 * i for i in range(6)]
    _, chunks = read(muxed(source, "mp4", fragmented=True))  # where they can be stored
    assert [chunk.timestamp for chunk in chunks] == [chunk.timestamp for chunk, _ in source]


@pytest.mark.parametrize("shift", [-1_234_567, 1_234_567])
@pytest.mark.parametrize("encoder", ["libx264", "libx265"])
def test_b_frames_are_shifted_by_the_first_time_shown(encoder: str, shift: int) -> None:
    track, source = read(with_b_frames(encoder))
    target = io.BytesIO()
    with Muxer(target, "mp4") as muxer:
        muxer.add_video_track(track.decoder_config)
        for chunk in source:
            muxer.write(
                EncodedVideoChunk(
                    type=chunk.type, timestamp=chunk.timestamp + shift, data=bytes(chunk)
                )
            )
    _, chunks = read(target.getvalue())
    assert [chunk.timestamp for chunk in chunks] == [
        chunk.timestamp + max(shift, 0) for chunk in source
    ]
