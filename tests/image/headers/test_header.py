from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripline.errors import CorruptImage, LimitExceeded, SourceFailed
from stripline.image.headers.header import MAX_FETCH_BYTES, PREFIX_BYTES, Header, PeekedStream

DATA = bytes(number * 7 % 251 for number in range(50_000))


class Trickle:
    """A stream that gives no more than a few bytes at a time, and cannot seek."""

    def __init__(self, data: bytes, step: int) -> None:
        self._file = io.BytesIO(data)
        self._step = step

    def read(self, size: int) -> bytes:
        assert size > 0
        return self._file.read(min(size, self._step))


def header(size: int | None = len(DATA)) -> Header:
    return Header(lambda at, count: DATA[at : at + count], size)


@given(st.lists(st.tuples(st.integers(0, 60_000), st.integers(0, 30_000))), st.booleans())
def test_any_order_of_reads_gives_the_files_bytes(
    places: list[tuple[int, int]], known: bool
) -> None:
    reader = header(len(DATA) if known else None)
    for at, size in places:
        assert reader.upto(at, size) == DATA[at : at + size]
        assert reader.byte(at) == (DATA[at] if at < len(DATA) else None)
        if at + size <= len(DATA):
            assert reader.take(at, size) == DATA[at : at + size]
        elif size:
            with pytest.raises(CorruptImage, match="the file"):
                reader.take(at, size)


def test_a_small_file_has_a_size_even_in_a_stream() -> None:
    assert Header(PeekedStream(io.BytesIO(b"abc")).peek).size == 3
    assert Header(PeekedStream(io.BytesIO(DATA)).peek).size is None


def test_no_header_may_be_endless() -> None:
    with pytest.raises(CorruptImage, match="a header of 4,194,305 bytes, at byte 20,000"):
        header(None).take(20_000, MAX_FETCH_BYTES + 1)


@given(st.integers(1, 70_000), st.lists(st.integers(0, 60_000), max_size=4), st.integers(0, 60_000))
def test_what_was_peeked_comes_again(step: int, peeks: list[int], first: int) -> None:
    stream = PeekedStream(Trickle(DATA, step))
    for at in peeks:
        assert stream.peek(at, 100) == DATA[at : at + 100]
    assert stream.read(first) == DATA[:first]
    assert stream.peek(0, 10) == DATA[first : first + 10]
    assert stream.read() == DATA[first:]
    assert stream.read(5) == stream.read() == b""


def test_a_stream_is_kept_up_to_a_bound() -> None:
    stream = PeekedStream(Trickle(DATA, 1000))
    with pytest.raises(LimitExceeded, match="1,000,000,100 bytes, of which 67,108,864 are allowed"):
        stream.peek(1_000_000_000, 100)
    assert stream.read(PREFIX_BYTES) == DATA[:PREFIX_BYTES]


def test_what_a_stream_does_wrong_is_named() -> None:
    with pytest.raises(SourceFailed, match=r"read\(\) gave str in place of bytes"):
        PeekedStream(io.StringIO("text")).peek(0, 1)
    closed = io.BytesIO(b"x")
    closed.close()
    with pytest.raises(SourceFailed, match="closed file") as caught:
        PeekedStream(closed).read(1)
    assert isinstance(caught.value.__cause__, ValueError)
