"""Demuxer: what it gives, and that damage is an error of its own."""

from __future__ import annotations

import asyncio
import io
import random
import struct
from typing import TYPE_CHECKING, Any

import pytest

from stripline.webcodecs import DataError, DOMException, InvalidStateError, NotSupportedError
from stripline.webcodecs.containers import Demuxer
from tests.webcodecs.containers.media import (
    decoded,
    encoded,
    muxed,
    read,
    tone,
    with_b_frames,
)

if TYPE_CHECKING:
    from pathlib import Path


FILES = {
    "mp4": lambda: muxed(encoded("avc1.42C00B"), "mp4"),
    "fragments": lambda: muxed(encoded("av01.0.00M.08"), "mp4", fragmented=True),
    "webm": lambda: muxed(encoded("vp09.00.10.08"), "webm"),
    "hevc": lambda: with_b_frames("libx265"),
    "ts": lambda: with_b_frames("libx264", 150, 50, "mpegts"),
    "flv": lambda: with_b_frames("libx264", 150, 50, "flv"),
    "ogg": lambda: tone("libopus", "ogg"),
    "flac": lambda: tone("flac", "matroska"),
}


class Stream:
    """A file that can only be read on, in small parts."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int) -> bytes:
        return self._file.read(min(size, 700))


def test_sources_are_alike(tmp_path: Path) -> None:
    data = FILES["webm"]()
    (tmp_path / "clip.webm").write_bytes(data)
    wanted = [bytes(chunk) for chunk in read(data)[1]]
    for source in (
        tmp_path / "clip.webm",
        str(tmp_path / "clip.webm"),
        bytearray(data),
        memoryview(data),
        io.BytesIO(data),
        Stream(data),
    ):
        with Demuxer(source) as demuxer:  # type: ignore[arg-type]  # a stream need not be a BinaryIO
            assert [bytes(chunk) for _, chunk in demuxer] == wanted


def test_sources_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Demuxer(tmp_path / "nothing.mp4")
    with pytest.raises(TypeError, match="open for bytes"):
        Demuxer(io.StringIO("text"))  # type: ignore[arg-type]  # that is what is tested
    with pytest.raises(TypeError):
        Demuxer(5)  # type: ignore[arg-type]  # that is what is tested
    for data in (b"", b"no container", bytes(5000)):
        with pytest.raises(DataError, match="container"):
            Demuxer(data)
        (tmp_path / "file").write_bytes(data)
        with pytest.raises(DataError, match="container"):
            Demuxer(tmp_path / "file")


def read_to_the_end(data: bytes) -> int:
    """How many chunks come before the one error there must be."""
    count = 0
    with pytest.raises(DataError), Demuxer(data) as demuxer:  # noqa: PT012 - the place is what counts
        for _ in demuxer:
            count += 1
    return count


@pytest.mark.parametrize("name", ["mp4", "fragments", "webm", "hevc", "flac"])
def test_a_file_without_its_end_is_an_error(name: str) -> None:
    data = FILES[name]()
    wanted = len(read(data)[1])
    counts = [
        read_to_the_end(data[:end])
        for end in range(100, len(data), len(data) // 40)
        # Between two fragments nothing is missing.
        if not any(data[end - step :][4:8] in {b"moof", b"mfra"} for step in range(8))
    ]
    assert max(counts) <= wanted
    # An MP4 in one piece has its tables at the end, and nothing without them.
    assert name in {"mp4", "hevc"} or counts[len(counts) // 2]


@pytest.mark.parametrize("name", ["mp4", "webm"])
def test_a_file_without_its_last_bytes_is_an_error(name: str) -> None:
    data = FILES[name]()
    for missing in range(1, 600, 37):
        read_to_the_end(data[:-missing])


@pytest.mark.parametrize("name", ["mp4", "webm", "fragments"])
def test_what_follows_a_file_is_no_damage(name: str) -> None:
    data = FILES[name]()
    assert len(read(data + b"TAG" + bytes(125))[1]) == len(read(data)[1])


def test_a_live_stream_may_end_anywhere() -> None:
    data = muxed(encoded("vp8"), "webm", fragmented=True)
    assert 0 < len(read(data[: len(data) // 2])[1]) < 30


def test_what_the_source_raises_comes_out() -> None:
    class Broken(Stream):
        def read(self, size: int) -> bytes:
            if self._file.tell() > 1_000:
                raise ConnectionResetError("gone")
            return super().read(size)

    with pytest.raises(ConnectionResetError, match="gone"):
        list(Demuxer(Broken(FILES["webm"]())))  # type: ignore[arg-type]  # as above


def test_playlists_and_addresses_open_nothing(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(FILES["mp4"]())
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{tmp_path / 'clip.mp4'}\n"
    concat = f"ffconcat version 1.0\nfile {tmp_path / 'clip.mp4'}\n"
    for text in (playlist, concat):
        with pytest.raises(DataError):
            Demuxer(text.encode())
    with pytest.raises(FileNotFoundError):
        Demuxer("http://127.0.0.1:9/clip.mp4")


@pytest.mark.parametrize("name", ["mp4", "fragments", "webm", "hevc", "ts", "flv"])
def test_seeking_gives_the_key_chunk_before(name: str) -> None:
    data = FILES[name]()
    track, chunks = read(data)
    keys = [chunk.timestamp for chunk in chunks if chunk.type == "key"]
    assert len(keys) >= 3
    targets = [-50_000, 0, *(key + more for key in keys for more in (0, 1, 150_000)), 10**9]
    with Demuxer(data) as demuxer:
        for target in targets:
            demuxer.seek(target)
            chunk = next(iter(demuxer.chunks(demuxer.video)))
            before = [key for key in keys if key <= target]
            assert chunk.type == "key"
            assert chunk.timestamp == (before[-1] if before else keys[0])
        demuxer.seek(keys[1])
        rest = list(demuxer.chunks(demuxer.video))
    at = next(i for i, chunk in enumerate(chunks) if chunk.timestamp == keys[1])
    assert [bytes(chunk) for chunk in rest] == [bytes(chunk) for chunk in chunks[at:]]
    assert len(decoded(track, rest)) == len(rest)


def test_times_that_are_none() -> None:
    with Demuxer(FILES["webm"]()) as demuxer:
        for time in (float("nan"), float("inf"), "x", 1 << 63, None):
            with pytest.raises(TypeError, match="timestamp"):
                demuxer.seek(time)  # type: ignore[arg-type]  # that is what is tested


@pytest.mark.parametrize("ticks", [1 << 40, 1 << 60])
def test_a_time_that_no_chunk_can_have_is_damage(ticks: int) -> None:
    (chunk, _), *_ = encoded("vp8", 1)
    # IVF: codec, size, ticks a second, frames; then a frame's size and time.
    head = struct.pack("<4sHH4sHHIIII", b"DKIF", 0, 32, b"VP80", 96, 64, 1, 1 << 20, 2, 0)
    frames = [struct.pack("<IQ", chunk.byte_length, at) + bytes(chunk) for at in (0, ticks)]
    with pytest.raises(DataError, match="damaged near"):
        read(head + b"".join(frames))


def test_a_stream_cannot_seek() -> None:
    demuxer = Demuxer(Stream(FILES["webm"]()))  # type: ignore[arg-type]  # it need not be a BinaryIO
    with pytest.raises(InvalidStateError, match="cannot seek"):
        demuxer.seek(0)


def test_async_iteration_gives_the_same() -> None:
    async def chunks() -> tuple[list[Any], list[Any]]:
        with Demuxer(FILES["webm"]()) as demuxer:
            first = [chunk async for chunk in demuxer.chunks(demuxer.video)]
            demuxer.seek(0)
            again = [await anext(aiter(demuxer))]
            return first, [chunk for _, chunk in [*again, *demuxer]]

    first, again = asyncio.run(chunks())
    wanted = [bytes(chunk) for chunk in read(FILES["webm"]())[1]]
    assert [bytes(chunk) for chunk in first] == wanted
    assert [bytes(chunk) for chunk in again] == wanted


def test_an_avi_does_not_say_when_reordered_pictures_are_shown() -> None:
    with Demuxer(with_b_frames("libx264", name="avi")) as demuxer:
        assert demuxer.others == ("h264",)
        with pytest.raises(NotSupportedError, match="reordered pictures"):
            demuxer.video  # noqa: B018 - that is what is tested
    with Demuxer(with_b_frames("libx264", name="avi", depth=0)) as demuxer:
        assert len(list(demuxer.chunks(demuxer.video))) == 30


def test_tracks_that_are_not_there() -> None:
    with Demuxer(FILES["ogg"]()) as demuxer:
        assert demuxer.audio.kind == "audio"
        with pytest.raises(NotSupportedError, match="no video track"):
            demuxer.video  # noqa: B018 - that is what is tested
        demuxer.seek(500_000)
        assert next(iter(demuxer))[1].timestamp <= 500_000
    with pytest.raises(InvalidStateError, match="closed"):
        next(iter(demuxer))
    demuxer.close()


@pytest.mark.parametrize("name", list(FILES))
def test_damaged_files_are_errors_or_chunks(name: str) -> None:
    data = FILES[name]()
    rng = random.Random(name)
    outcomes = set()
    for _ in range(150):
        damaged = bytearray(data)
        if rng.random() < 0.3:
            del damaged[rng.randrange(len(damaged)) :]
        for _ in range(rng.randrange(1, 20)):
            if damaged:
                damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        try:
            with Demuxer(bytes(damaged)) as demuxer:
                for _ in demuxer:
                    pass
                if demuxer.tracks:
                    demuxer.seek(300_000)
            outcomes.add("read")
        except DOMException as error:
            outcomes.add(error.name)
    assert outcomes <= {"read", "DataError", "NotSupportedError"}
    assert {"read", "DataError"} <= outcomes


def test_outputs_are_what_an_encoder_gives() -> None:
    chunks = encoded("vp8", 3)
    alphas = [bytes(chunk) + bytes([index]) for index, (chunk, _) in enumerate(chunks)]
    data = muxed(
        [
            (chunk, {**metadata, "alpha_side_data": alpha})
            for (chunk, metadata), alpha in zip(chunks, alphas, strict=True)
        ],
        "webm",
    )
    with Demuxer(data) as demuxer:
        outputs = list(demuxer.outputs(demuxer.video))
        assert outputs[0][1]["decoder_config"] == demuxer.video.decoder_config
    assert [bytes(chunk) for chunk, _ in outputs] == [bytes(chunk) for chunk, _ in chunks]
    assert [metadata["alpha_side_data"] for _, metadata in outputs] == alphas
    assert all("decoder_config" not in metadata for _, metadata in outputs[1:])
    with Demuxer(muxed(outputs, "webm")) as demuxer:  # copied as it is
        assert [more["alpha_side_data"] for _, more in demuxer.outputs(demuxer.video)] == alphas


def test_outputs_are_awaited_and_have_no_alpha_where_there_is_none() -> None:
    async def run() -> list[dict[str, Any]]:
        with Demuxer(muxed(encoded("vp8", 3), "webm")) as demuxer:
            return [metadata async for _, metadata in demuxer.outputs(demuxer.video)]

    first, *others = asyncio.run(run())
    assert list(first) == ["decoder_config"]
    assert others == [{}, {}]


def test_a_track_of_another_demuxer_is_refused() -> None:
    data = FILES["webm"]()
    with Demuxer(data) as one, Demuxer(data) as other:
        with pytest.raises(TypeError, match="of this demuxer"):
            one.chunks(other.video)
        with pytest.raises(TypeError, match="of this demuxer"):
            one.outputs(other.video)
