"""Files in memory: strips put in their place by the threads that made them."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import stripline
from stripline.jpeg._engine import Assembly
from stripline.pools import SerialExecutor
from stripline.streams import MemorySink
from tests.support import noise

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

PIECES = st.lists(st.binary(max_size=2000), min_size=1, max_size=20)


@given(PIECES, st.integers(0, 20_000), st.randoms())
def test_pieces_find_their_places_in_any_order(
    pieces: list[bytes], expected: int, luck: Random
) -> None:
    assembly = Assembly()
    places = [(assembly.reserve(len(piece), expected), piece) for piece in pieces]
    luck.shuffle(places)
    for place in places:
        assembly.fill(*place)
    assert len(assembly) == sum(map(len, pieces))
    assert assembly.finish() == b"".join(pieces)


def test_threads_fill_while_it_grows() -> None:
    pieces = [bytes([number % 251]) * (100_000 + number) for number in range(400)]
    assembly = Assembly()
    with ThreadPoolExecutor(4) as pool:
        filled = [
            pool.submit(assembly.fill, assembly.reserve(len(piece), 0), piece) for piece in pieces
        ]
        for one in filled:
            one.result()
    assert assembly.finish() == b"".join(pieces)


def test_a_file_too_large_for_memory_that_is_kept_is_whole() -> None:
    piece = bytes(range(256)) * 4096
    assembly = Assembly()
    for _ in range(40):
        assembly.fill(assembly.reserve(len(piece), 36 << 20), piece)
    assert assembly.finish() == piece * 40


@pytest.mark.parametrize(("offset", "size"), [(0, 11), (4, 7), (11, 0), (2**63, 1)])
def test_nothing_is_written_outside_what_was_reserved(offset: int, size: int) -> None:
    assembly = Assembly()
    assembly.reserve(10, 100)
    with pytest.raises(IndexError, match="outside"):
        assembly.fill(offset, bytes(size))


def test_a_finished_assembly_is_empty() -> None:
    assembly = Assembly()
    assembly.fill(assembly.reserve(3, 3), b"abc")
    assert assembly.finish() == b"abc"
    assert len(assembly) == 0
    with pytest.raises(IndexError):
        assembly.fill(0, b"a")


def test_the_bytes_are_those_of_the_ordered_sink() -> None:
    pixels = noise(1800, 1000)  # four strips
    sink = MemorySink()
    stripline.encode(pixels, sink)
    expected = sink.getvalue()

    def rows() -> Iterator[bytes]:
        for row in pixels:
            yield row.tobytes()

    assert stripline.encode(pixels) == expected
    assert stripline.encode(pixels, pool=SerialExecutor()) == expected
    assert stripline.encode(rows(), width=1000) == expected  # the height is patched
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        assert stripline.encode(pixels, pool=processes) == expected
