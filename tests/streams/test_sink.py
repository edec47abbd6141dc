from __future__ import annotations

import io
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

from stripline.errors import InvalidOption
from stripline.streams import FileSink, MemorySink, Sink, StreamSink, open_sink
from stripline.streams.sink import mark_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Result = Callable[[], bytes]


def memory(_: Path) -> tuple[Sink, Result]:
    sink = MemorySink()
    return sink, sink.getvalue


def file(folder: Path) -> tuple[Sink, Result]:
    path = folder / "a.jpg"
    return FileSink(path), path.read_bytes


def replaced_file(folder: Path) -> tuple[Sink, Result]:
    path = folder / "a.jpg"
    path.write_bytes(b"old")
    return FileSink(path), path.read_bytes


def stream(_: Path) -> tuple[Sink, Result]:
    target = io.BytesIO()
    return StreamSink(target), target.getvalue


def stream_in_the_middle(_: Path) -> tuple[Sink, Result]:
    target = io.BytesIO(b"before")
    target.seek(0, os.SEEK_END)
    return StreamSink(target), lambda: target.getvalue().removeprefix(b"before")


def unbuffered_file(folder: Path) -> tuple[Sink, Result]:
    path = folder / "raw"
    return StreamSink(path.open("w+b", buffering=0)), path.read_bytes


KINDS = [memory, file, replaced_file, stream, stream_in_the_middle, unbuffered_file]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    sink, result = request.param(tmp_path)
    yield sink, result
    inner = getattr(sink, "_stream", None)
    if inner is not None:
        inner.close()


def test_every_sink_keeps_bytes_in_order(pair: tuple[Sink, Result]) -> None:
    sink, result = pair
    assert isinstance(sink, Sink)
    for piece in (b"one", b"", b"two" * 100_000, b"three"):
        sink.write(piece)
    sink.commit()
    assert result() == b"one" + b"two" * 100_000 + b"three"


@pytest.mark.parametrize("offset", [0, 1, 4, 7])
def test_every_sink_can_be_patched(pair: tuple[Sink, Result], offset: int) -> None:
    sink, result = pair
    assert sink.can_patch
    sink.write(b"0123")
    sink.write(b"456789")
    sink.patch(offset, b"AB" if offset != 3 else b"A")
    sink.write(b"end")
    sink.commit()
    expected = bytearray(b"0123456789end")
    expected[offset : offset + 2] = b"AB"
    assert result() == bytes(expected)


def test_an_aborted_file_leaves_nothing(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "a.jpg")
    sink.write(b"x")
    sink.abort()
    assert not list(tmp_path.iterdir())


def test_an_aborted_file_keeps_what_stood_there(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"old")
    sink = FileSink(path)
    sink.write(b"new")
    assert path.read_bytes() == b"old"
    sink.abort()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_appears_only_at_commit(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    sink = FileSink(path)
    sink.write(b"x")
    assert not path.exists()
    sink.commit()
    assert list(tmp_path.iterdir()) == [path]


def test_aborted_memory_is_empty() -> None:
    sink = MemorySink()
    sink.write(b"x")
    sink.abort()
    assert sink.getvalue() == b""


def test_a_new_file_has_the_permissions_of_new_files(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    sink = FileSink(tmp_path / "a.jpg")
    sink.commit()
    assert (tmp_path / "a.jpg").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.touch()
    path.chmod(0o640)
    sink = FileSink(path)
    sink.write(b"x")
    sink.commit()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.skipif(os.name == "nt", reason="Windows restricts links")
def test_a_link_stays_and_its_end_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "real.jpg").write_bytes(b"old")
    (tmp_path / "link.jpg").symlink_to(folder / "real.jpg")
    sink = FileSink(tmp_path / "link.jpg")
    sink.write(b"new")
    sink.commit()
    assert (tmp_path / "link.jpg").is_symlink()
    assert (folder / "real.jpg").read_bytes() == b"new"


def test_the_longest_name_there_is(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 251 + ".jpg")
    sink = FileSink(path)
    sink.write(b"x")
    sink.commit()
    assert path.read_bytes() == b"x"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_named_pipe_is_written_to_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    sink = FileSink(path)
    assert not sink.can_patch
    sink.write(b"x" * 100)
    sink.commit()
    assert os.read(reader, 200) == b"x" * 100
    os.close(reader)
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_a_device_is_written_to_and_stays() -> None:
    sink = FileSink(os.devnull)
    sink.write(b"x")
    sink.commit()
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)  # noqa: PTH116 - it is a string


@pytest.mark.parametrize("name", ["missing/a.jpg", "folder"])
def test_a_file_that_cannot_be_made_raises_and_leaves_nothing(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match=name):
        FileSink(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


class Partial(io.RawIOBase):
    """Takes three bytes at a time, then `limit` bytes in all."""

    def __init__(self, limit: int = 1000) -> None:
        self.taken = b""
        self.limit = limit

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int | None:
        if len(self.taken) >= self.limit:
            return None
        part = bytes(data[:3])
        self.taken += part
        return len(part)


def test_a_stream_that_takes_parts_gets_all_of_them() -> None:
    target = Partial()
    StreamSink(target).write(b"0123456789")
    assert target.taken == b"0123456789"


def test_a_stream_that_would_block_is_an_error() -> None:
    with pytest.raises(BlockingIOError, match="non-blocking"):
        StreamSink(Partial(limit=6)).write(b"0123456789")


class Bare:
    """No more than it must be, and says nothing of what it took."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.taken.append(data)


def test_a_bare_writer_is_enough_but_cannot_be_patched() -> None:
    target = Bare()
    sink = StreamSink(target)
    sink.write(b"0123")
    sink.commit()
    assert target.taken == [b"0123"]
    assert not sink.can_patch


def test_a_file_opened_for_appending_cannot_be_patched(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x")
    with path.open("ab") as target:
        assert not StreamSink(target).can_patch


def test_a_stream_is_flushed_but_stays_open(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with path.open("wb") as target:
        sink = StreamSink(target)
        sink.write(b"x")
        sink.commit()
        assert path.read_bytes() == b"x"
        assert not target.closed


def test_open_sink_takes_paths_streams_and_sinks(tmp_path: Path) -> None:
    memory_sink = MemorySink()
    assert open_sink(memory_sink) is memory_sink
    assert isinstance(open_sink(io.BytesIO()), StreamSink)
    for path in (tmp_path / "a", str(tmp_path / "b")):
        sink = open_sink(path)
        assert isinstance(sink, FileSink)
        sink.abort()


@pytest.mark.parametrize("target", [io.StringIO(), 3, b"a.jpg"], ids=["text", "int", "bytes"])
def test_open_sink_refuses_others(target: object) -> None:
    with pytest.raises(InvalidOption):
        open_sink(target)


def test_hidden_files_can_be_told_by_their_mark(tmp_path: Path) -> None:
    marked, plain = FileSink(tmp_path / "a", mark="0123abcd"), FileSink(tmp_path / "b")
    names = {path.name for path in tmp_path.iterdir()}
    assert len(names) == 2
    marks = {mark_of(name) for name in names}
    assert "0123abcd" in marks
    assert None not in marks
    assert mark_of("a.jpg") is mark_of(".0123abcd.stripline") is None
    marked.commit()
    plain.abort()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
