"""The lowest quality that reaches a value, in few trials."""

from __future__ import annotations

from bisect import bisect_right, insort
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Where the curve still misleads after so many trials, halving is the surer way.
_TRUSTED_TRIALS: Final = 7


class Curve:
    """What a trial at each quality should give: what is usual, corrected by what was measured.

    Args:
        usual: Pairs of quality and value, ascending; straight between them, level outside.
    """

    def __init__(self, usual: Sequence[tuple[float, float]]) -> None:
        self._usual = tuple(usual)
        self._errors: list[tuple[float, float]] = []

    def add(self, quality: int, value: float) -> None:
        """Learn what a trial gave."""
        insort(self._errors, (quality, value - _between(self._usual, quality)))

    def __call__(self, quality: int) -> float:
        """The value to expect."""
        error = _between(self._errors, quality) if self._errors else 0.0
        return _between(self._usual, quality) + error

    def moved(self) -> Curve:
        """The same expectations, of which the next measurement shifts all."""
        low, high = int(self._usual[0][0]), int(self._usual[-1][0])
        return Curve([(quality, self(quality)) for quality in range(low, high + 1)])


def _between(points: Sequence[tuple[float, float]], at: float) -> float:
    right = bisect_right(points, at, key=lambda point: point[0])
    if right == 0:
        return points[0][1]
    if right == len(points):
        return points[-1][1]
    (x0, y0), (x1, y1) = points[right - 1], points[right]
    return y0 + (y1 - y0) * (at - x0) / (x1 - x0)


def lowest_reaching(
    measure: Callable[[int], float],
    goal: float,
    low: int,
    high: int,
    curve: Curve,
    *,
    trials: int | None = None,
) -> int | None:
    """Search where the values cross a goal.

    Each trial is made where the curve, corrected by all trials before it, crosses the goal; later
    ones halve what is left. Values that fall a little where quality rises do no harm: the result
    reaches the goal, and the quality below it does not.

    Args:
        measure: Makes a trial.
        goal: The value to reach.
        low: The lowest quality allowed.
        high: The highest.
        curve: What to expect; learns.
        trials: Stop after so many, if a quality was found by then that reaches the goal.

    Returns:
        A quality that was tried and reaches the goal; the one below was tried too and does not,
        unless there is none or `trials` were over. None if `high` does not reach it.
    """
    below, above = low - 1, high + 1
    passed: list[bool] = []
    while above - below > 1 and (trials is None or len(passed) < trials or above > high):
        quality = _next(curve, goal, below, above, passed)
        value = measure(quality)
        curve.add(quality, value)
        passed.append(value >= goal)
        if passed[-1]:
            above = quality
        else:
            below = quality
    return above if above <= high else None


def _next(curve: Curve, goal: float, below: int, above: int, passed: list[bool]) -> int:
    """Where to try next, between two bounds that need not be tried."""
    if len(passed) >= _TRUSTED_TRIALS:
        return (below + above) // 2
    inside = range(below + 1, above)
    expected = next((quality for quality in inside if curve(quality) >= goal), inside[-1])
    # A curve that errs to the same side again and again is followed in growing steps.
    again = next((n for n, one in enumerate(reversed(passed)) if one != passed[-1]), len(passed))
    step = 1 << max(0, again - 2)
    if again and passed[-1]:
        return max(inside[0], min(expected, above - step))
    return min(inside[-1], max(expected, below + step))
