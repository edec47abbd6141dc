from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from stripline.errors import InvalidDimensions, UnsupportedPixels, WrongRowSize
from stripline.streams import IteratorRows

if TYPE_CHECKING:
    from collections.abc import Iterator


def read(*batches: object) -> list[tuple[bytes, int, bool]]:
    source = IteratorRows(batches, 5, None, "rgb")
    return [(bytes(b.planes[0]), b.height, b.stable) for b in source.batches(1)]


def test_any_bytes_like_batch() -> None:
    rows = bytes(range(30))
    for batch in (
        bytearray(rows),
        memoryview(bytearray(rows)),
        np.frombuffer(bytearray(rows), np.uint8),
        np.frombuffer(bytearray(rows), np.uint8).reshape(2, 5, 3),
        np.frombuffer(rows, np.uint8).reshape(2, 5, 3),
        np.frombuffer(rows, np.uint8).reshape(2, 5, 3)[::-1][::-1],
    ):
        assert read(batch) == [(rows, 2, False)]


def test_only_bytes_need_no_copy() -> None:
    assert read(bytes(15)) == [(bytes(15), 1, True)]
    assert read(memoryview(bytes(15))) == [(bytes(15), 1, True)]
    assert read(memoryview(bytearray(15)).toreadonly()) == [(bytes(15), 1, False)]


def test_a_batch_that_is_not_contiguous_is_copied() -> None:
    pixels = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)[::2]
    assert [item[0] for item in read(pixels)] == [pixels.tobytes()]


def test_empty_batches_are_allowed() -> None:
    assert [item[1] for item in read(b"", bytes(15), b"", np.zeros((0, 5, 3), np.uint8))] == [
        0,
        1,
        0,
        0,
    ]


def test_batches_must_be_whole_rows() -> None:
    with pytest.raises(WrongRowSize, match=r"batch of 16 bytes .* 15-byte rows"):
        read(bytes(15), bytes(16))


@pytest.mark.parametrize("batch", ["text", 3, [1, 2, 3], None])
def test_batches_must_be_bytes_like(batch: object) -> None:
    with pytest.raises(UnsupportedPixels, match=f"bytes-like, not {type(batch).__name__}"):
        read(batch)


def test_batches_must_be_of_bytes() -> None:
    with pytest.raises(UnsupportedPixels, match="'d' with 8 bytes"):
        read(np.zeros((1, 5, 3)))


def test_closing_closes_the_generator() -> None:
    closed = []

    def rows() -> Iterator[bytes]:
        try:
            yield bytes(15)
        finally:
            closed.append(True)

    source = IteratorRows(rows(), 5, 1)
    next(source.batches(1))
    source.close()
    assert closed == [True]


def test_closing_closes_the_generator_of_an_iterable() -> None:
    closed = []

    class Reader:
        def __iter__(self) -> Iterator[bytes]:
            try:
                yield bytes(15)
            finally:
                closed.append(True)

    source = IteratorRows(Reader(), 5, 1)
    batches = source.batches(1)
    next(batches)
    source.close()
    assert closed == [True]


def test_closing_what_cannot_be_closed_is_fine() -> None:
    source = IteratorRows([bytes(15)], 5, 1)
    source.close()
    assert len(list(source.batches(1))) == 1


@pytest.mark.parametrize(
    ("width", "height", "text"),
    [(0, 1, "width is 0"), (65_536, 1, "width is 65,536"), (1, 0, "height is 0"), (1, -1, "is -1")],
)
def test_impossible_sizes_are_refused(width: int, height: int, text: str) -> None:
    with pytest.raises(InvalidDimensions, match=text):
        IteratorRows([], width, height)


def test_sizes_may_be_numpys_but_not_fractions() -> None:
    assert IteratorRows([], np.int64(5), None).width == 5  # type: ignore[arg-type]  # is tested
    with pytest.raises(InvalidDimensions, match="width must be an int, not float"):
        IteratorRows([], 5.0, None)  # type: ignore[arg-type]  # that is what is tested


def test_planes_cannot_come_row_by_row() -> None:
    with pytest.raises(UnsupportedPixels, match="PlanarFrame"):
        IteratorRows([], 5, 1, "nv12")
