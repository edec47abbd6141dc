from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripline.image.goals.search import Curve, lowest_reaching

STRAIGHT = ((1, 1.0), (100, 100.0))


@given(
    values=st.lists(st.floats(-50, 100), min_size=2, max_size=120),
    goal=st.floats(-60, 110),
    usual=st.sampled_from([STRAIGHT, ((1, 0.0), (100, 0.0)), ((1, 90.0), (90, 91.0), (100, 99.0))]),
)
def test_finds_the_lowest_of_rising_values(
    values: list[float], goal: float, usual: tuple[tuple[float, float], ...]
) -> None:
    values.sort()
    tried: list[int] = []

    def measure(quality: int) -> float:
        tried.append(quality)
        return values[quality - 1]

    found = lowest_reaching(measure, goal, 1, len(values), Curve(usual))
    reaching = [quality for quality, value in enumerate(values, 1) if value >= goal]
    assert found == (reaching[0] if reaching else None)
    assert len(set(tried)) == len(tried) <= 14  # 7 by the curve, then 7 halvings of at most 120


@given(values=st.lists(st.floats(0, 100), min_size=1, max_size=100), goal=st.floats(0, 100))
def test_of_any_values_it_gives_a_crossing(values: list[float], goal: float) -> None:
    found = lowest_reaching(lambda at: values[at - 1], goal, 1, len(values), Curve(STRAIGHT))
    if found is None:
        assert values[-1] < goal
    else:
        assert values[found - 1] >= goal
        assert found == 1 or values[found - 2] < goal


def test_a_curve_that_is_right_takes_two_trials() -> None:
    tried: list[int] = []

    def measure(quality: int) -> float:
        tried.append(quality)
        return float(quality)

    assert lowest_reaching(measure, 62, 1, 100, Curve(STRAIGHT)) == 62
    assert tried == [62, 61]


def test_limited_trials_end_with_one_that_reaches_the_goal() -> None:
    tried: list[int] = []

    def measure(quality: int) -> float:
        tried.append(quality)
        return quality / 2

    found = lowest_reaching(measure, 40, 1, 100, Curve(STRAIGHT), trials=1)
    assert found is not None
    assert found >= 80
    assert max(tried) == found


def test_curve_learns() -> None:
    curve = Curve(STRAIGHT)
    assert curve(50) == 50
    curve.add(50, 60)
    assert (curve(10), curve(90)) == (20, 100)
    curve.add(90, 90)
    assert curve(90) == 90
    assert curve(70) == pytest.approx(75)
    moved = curve.moved()
    moved.add(70, 70)
    assert moved(90) == pytest.approx(85)
