"""SampleClock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripline.webcodecs.exceptions import EncodingError
from stripline.webcodecs.sample_clock import SampleClock, microseconds


def test_durations_are_cut_as_those_of_audio_data() -> None:
    assert microseconds(1024, 44_100) == 23_219
    assert microseconds(960, 48_000) == 20_000


@given(
    st.sampled_from([8_000, 11_025, 44_100, 48_000]),
    st.lists(st.integers(1, 5000), min_size=1, max_size=50),
    st.integers(-(10**6), 10**12),
)
def test_rounded_inputs_do_not_show(rate: int, steps: list[int], start: int) -> None:
    clock, position = SampleClock(rate), 0
    starts = []
    for step in steps:
        clock.add(position, start + position * 1_000_000 // rate)
        starts.append(position)
        position += step
    for asked in range(0, position, 441):
        exact = start + asked * 1_000_000 / rate
        assert abs(clock.time(asked) - exact) <= 1


def test_a_gap_begins_anew() -> None:
    clock = SampleClock(48_000)
    clock.add(0, 0)
    clock.add(960, 20_000)
    clock.add(1920, 100_000)
    assert [clock.time(at) for at in (480, 960, 1919, 1920, 2400)] == [
        10_000,
        20_000,
        39_979,
        100_000,
        110_000,
    ]


def test_time_may_go_back() -> None:
    clock = SampleClock(8_000)
    clock.add(0, 1_000_000)
    clock.add(800, -5_000)
    assert [clock.time(at) for at in (0, 799, 800, 808)] == [1_000_000, 1_099_875, -5_000, -4_000]


def test_time_ends_with_64_bits() -> None:
    clock = SampleClock(48_000)
    clock.add(0, 2**63 - 20_000)
    assert clock.time(480) == 2**63 - 10_000
    with pytest.raises(EncodingError, match="9,223,372,036,854,775,808 µs"):
        clock.time(960)
