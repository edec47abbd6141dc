"""Decoding times: in order, never after the time of showing."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripline.webcodecs import DataError
from stripline.webcodecs.containers.decode_order import DecodeOrder, observed_depth


def timed(times: list[int], depth: int | None) -> list[tuple[int, int]]:
    order: DecodeOrder[int] = DecodeOrder(depth)
    given = [one for index, time in enumerate(times) for one in order.put(index, time)]
    given += order.finish()
    assert [one.item for one in given] == list(range(len(times)))
    return [(one.timestamp, one.decoded) for one in given]


@st.composite
def reordered(draw: st.DrawFn) -> list[int]:
    """Times of showing in a decoding order: groups whose last picture comes first."""
    gaps = draw(st.lists(st.integers(1, 50_000), min_size=1, max_size=60))
    shown = [sum(gaps[: index + 1]) - 70_000 for index in range(len(gaps))]
    order = [shown[0]]
    at = 1
    while at < len(shown):
        size = draw(st.integers(1, 5))
        group = shown[at : at + size]
        order += [group[-1], *group[:-1]]
        at += size
    return order


@given(reordered(), st.booleans())
def test_decoding_times_are_in_order_and_not_late(times: list[int], known: bool) -> None:
    both = timed(times, observed_depth(times) if known else None)
    decoded = [decoded for _, decoded in both]
    assert [timestamp for timestamp, _ in both] == times
    assert all(one < other for one, other in pairwise(decoded))
    assert all(decoded <= timestamp for timestamp, decoded in both)


def test_without_reordering_nothing_is_held_or_shifted() -> None:
    order: DecodeOrder[str] = DecodeOrder(0)
    assert [(one.item, one.decoded) for one in order.put("a", -5)] == [("a", -5)]
    assert order.finish() == []


@pytest.mark.parametrize("times", [[0, 0], [10, 0], [0, 20, 10]])
def test_what_is_too_late_is_refused(times: list[int]) -> None:
    with pytest.raises(DataError, match="too late or twice"):
        timed(times, 0)


def test_depth() -> None:
    assert observed_depth([]) == 0
    assert observed_depth([0, 1, 2]) == 0
    assert observed_depth([0, 4, 2, 1, 3]) == 2
