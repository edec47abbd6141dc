from __future__ import annotations

import io
from typing import Any

import pytest

from stripline.errors import (
    InvalidDimensions,
    TooFewRows,
    TooManyRows,
    UnsupportedPixels,
    WrongRowSize,
)
from stripline.streams.raw import FileRows, FlatRows, read_fully


class Trickle(io.RawIOBase):
    """A pipe that gives at most `step` bytes at a time."""

    def __init__(self, data: bytes, step: int) -> None:
        self._rest = data
        self._step = step

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        part = self._rest[: min(self._step, len(buffer))]
        self._rest = self._rest[len(part) :]
        buffer[: len(part)] = part
        return len(part)


def test_flat_height_comes_from_the_size() -> None:
    assert FlatRows(bytes(60), 5, None, "rgb").height == 4
    assert FlatRows(bytearray(60), 5, 4, "rgb").height == 4


def test_flat_sizes_must_fit() -> None:
    with pytest.raises(WrongRowSize, match=r"61 bytes .* 15-byte rows"):
        FlatRows(bytes(61), 5, None, "rgb")
    with pytest.raises(TooFewRows, match="4 of 5 rows"):
        FlatRows(bytes(60), 5, 5, "rgb")
    with pytest.raises(TooManyRows, match="4 rows or more, 3 were expected"):
        FlatRows(bytes(60), 5, 3, "rgb")
    with pytest.raises(InvalidDimensions, match="height is 0"):
        FlatRows(b"", 5, None, "rgb")
    with pytest.raises(UnsupportedPixels, match="has planes"):
        FlatRows(bytes(60), 5, 4, "i420")


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_a_pipe_is_read_until_a_batch_is_full(step: int) -> None:
    data = bytes(range(240))
    source = FileRows(Trickle(data, step), 5, 16, "rgb")
    heights, found = [], b""
    for batch in source.batches(6):
        heights.append(batch.height)
        found += bytes(batch.planes[0])
    assert heights == [6, 6, 4]
    assert found == data


def test_more_than_the_height_is_an_error() -> None:
    source = FileRows(io.BytesIO(bytes(61)), 5, 4, "rgb")
    with pytest.raises(TooManyRows, match="5 rows or more, 4 were expected"):
        list(source.batches(2))


def test_more_than_the_height_may_be_allowed() -> None:
    file = io.BytesIO(bytes(61))
    assert len(list(FileRows(file, 5, 4, "rgb", to_the_end=False).batches(2))) == 2
    assert file.tell() == 60


def test_an_end_within_a_row_of_unknown_height_is_an_error() -> None:
    with pytest.raises(WrongRowSize, match="16 bytes"):
        list(FileRows(io.BytesIO(bytes(46)), 5, None, "rgb").batches(2))


def test_an_early_end_gives_the_whole_rows() -> None:
    batches = list(FileRows(io.BytesIO(bytes(50)), 5, 9, "rgb").batches(2))
    assert [batch.height for batch in batches] == [2, 1]


def test_closing_is_the_owners_choice() -> None:
    file = io.BytesIO()
    FileRows(file, 5, 4, "rgb").close()
    assert not file.closed
    FileRows(file, 5, 4, "rgb", close=file.close).close()
    assert file.closed


def test_text_and_blocking_are_errors() -> None:
    with pytest.raises(UnsupportedPixels, match="binary mode"):
        read_fully(io.StringIO("P6"), 2)

    class Empty:
        def read(self, size: int, /) -> None:
            assert size == 2

    with pytest.raises(BlockingIOError, match="non-blocking"):
        read_fully(Empty(), 2)
