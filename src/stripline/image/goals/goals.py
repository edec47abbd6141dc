"""The way to write a picture that reaches a score, or fits a size."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from stripline.errors import GoalNotReached, InvalidRecipe
from stripline.image.goals.search import Curve, lowest_reaching
from stripline.image.goals.ways import closeness

if TYPE_CHECKING:
    from stripline.image.goals.bench import Bench
    from stripline.image.goals.judge import Judge
    from stripline.image.goals.ways import Way, Ways
    from stripline.image.output import Output
    from stripline.image.picture import Picture

Scored = Literal["picture", "sample"]
"""What a score was measured on: every pixel, or a representative part."""

# What the sample says is corrected on the whole, so that it need not be exact.
_ROUGH_TRIALS: Final = 3
_WHOLE_TRIALS: Final = 4


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Attributes:
        ways: Among which ways.
        number: The one that was found.
        data: The file of what was tried last with it: the sample, or the picture.
        score: SSIMULACRA 2; None for pictures too small.
        scored: What was scored.
        is_file: Whether `data` is the picture's file.
        curve: What closeness to expect of other ways.
    """

    ways: Ways
    number: int
    data: bytes
    score: float | None
    scored: Scored | None
    is_file: bool
    curve: Curve | None = None

    @property
    def way(self) -> Way:
        """How to write."""
        return self.ways.way(self.number)


def reach_on_sample(bench: Bench, ways: Ways, goal: float) -> Found:
    """Find the smallest way whose score on the sample reaches a goal.

    Pictures too small to be scored (a side below 8 pixels) get the most faithful way.

    Raises:
        GoalNotReached: None does.
    """
    judge, is_file = bench.sample_judge, not bench.is_sampled
    if judge is None:
        data = bench.encode(ways.way(ways.high), bench.sample)
        return Found(ways, ways.high, data, None, None, is_file)
    rough = bench.is_sampled and bench.whole_judge is not None
    curve = ways.closeness()
    trials = _Trials(bench, bench.sample, judge, ways)
    number = trials.search(goal, curve, _ROUGH_TRIALS if rough else None)
    if ways.lossless and number < ways.high and bench.content.packs:
        trials(ways.high)
        number = min(ways.high, number, key=lambda one: len(trials.made[one][0]))
    data, score = trials.made[number]
    scored: Scored = "picture" if is_file else "sample"
    return Found(ways, number, data, score, scored, is_file, curve)


def reach_on_whole(bench: Bench, found: Found, goal: float) -> Found:
    """Correct what was found on a sample, where the whole picture can be judged.

    Raises:
        GoalNotReached: On the whole no way reaches the goal.
    """
    judge = bench.whole_judge
    ways = found.ways
    if found.is_file or judge is None or found.curve is None:
        return found
    if ways.lossless and found.number == ways.high:  # there is nothing above
        return found
    trials = _Trials(bench, bench.picture, judge, ways)
    number = trials.search(goal, found.curve.moved(), _WHOLE_TRIALS)
    data, score = trials.made[number]
    return Found(ways, number, data, score, "picture", is_file=True)


def fit(bench: Bench, ways: Ways, max_bytes: int) -> Found:
    """Find the most faithful way whose file is not too large; of the whole picture.

    Raises:
        GoalNotReached: Even the lowest one's is.
    """
    made: dict[int, bytes] = {}

    def size(number: int) -> float:
        made[number] = bench.encode(ways.way(number), bench.picture)
        return math.log2(len(made[number]))

    if ways.lossless and bench.content.packs and size(ways.high) <= math.log2(max_bytes):
        return Found(ways, ways.high, made[ways.high], None, None, is_file=True)
    pixels = bench.picture.pixels
    curve = ways.sizes(pixels.width * pixels.height)
    too_large = lowest_reaching(size, math.log2(max_bytes + 1), ways.low, ways.high, curve)
    if too_large == ways.low:
        raise GoalNotReached(
            f"{max_bytes:,} bytes do not suffice for this picture as {ways.encoder.traits.name}:"
            f" the smallest file has {len(made[ways.low]):,}; make it smaller or allow more"
        )
    number = ways.high if too_large is None else too_large - 1
    return Found(ways, number, made[number], None, None, is_file=True)


def meet(bench: Bench, ways: Ways, output: Output) -> Found:
    """Find the way that an output with a goal asks for.

    A target and `max_bytes` must both be met; with `quality="auto"` alone `max_bytes` comes first,
    and the score is as high as it then can be.

    Raises:
        GoalNotReached: There is none.
    """
    goal, most = output.goal_score, output.max_bytes
    if goal is not None:
        found = reach_on_whole(bench, reach_on_sample(bench, ways, goal), goal)
        return found if most is None else within(bench, found, output, most)
    if most is not None:
        return fit(bench, ways, most)
    raise InvalidRecipe("there is neither a score nor a size to search for")


def within(bench: Bench, found: Found, output: Output, most: int) -> Found:
    """What reaches a score, if its file is not too large, or else what an output allows.

    Raises:
        GoalNotReached: A target was given, and it takes more; or nothing fits.
    """
    found = as_file(bench, found)
    if len(found.data) <= most:
        return found
    if output.target is None:
        return fit(bench, found.ways.up_to(found.number), most)
    raise GoalNotReached(
        f"a score of {output.target:g} takes {len(found.data):,} bytes as"
        f" {found.way.encoder.traits.name}, and {most:,} are allowed: ask for less or allow more"
    )


def as_file(bench: Bench, found: Found) -> Found:
    """The same with the picture's file, made now if it was not before."""
    if found.is_file:
        return found
    return replace(found, data=bench.encode(found.way, bench.picture), is_file=True)


class _Trials:
    """Scores of ways, by number; remembers what was made."""

    def __init__(self, bench: Bench, picture: Picture, judge: Judge, ways: Ways) -> None:
        self._bench, self._picture, self._judge, self._ways = bench, picture, judge, ways
        self.made: dict[int, tuple[bytes, float]] = {}

    def __call__(self, number: int) -> float:
        data = self._bench.encode(self._ways.way(number), self._picture)
        score = self._judge.score(data)
        self.made[number] = data, score
        return closeness(score)

    def search(self, goal: float, curve: Curve, most: int | None) -> int:
        """The lowest number whose score reaches a goal.

        Args:
            goal: The score.
            curve: What to expect; learns.
            most: Trials after which a number that reaches the goal will do; None for the lowest.

        Raises:
            GoalNotReached: None does.
        """
        ways = self._ways.lossy
        near = closeness(goal)
        number = lowest_reaching(self, near, ways.low, ways.high, curve, trials=most)
        if number is None and self._ways.lossless:
            number = self._ways.high
            self(number)
        if number is None:
            raise self._missed(goal)
        return number

    def _missed(self, goal: float) -> GoalNotReached:
        """The error to raise: what was the best."""
        number, (_, score) = max(self.made.items(), key=lambda item: item[1][1])
        quality = self._ways.way(number).quality
        where = "" if quality is None else f", at quality {quality}"
        return GoalNotReached(
            f"no {self._ways.encoder.traits.name} of this picture has a score of {goal:g}: the best"
            f" is {score:.2f}{where}; ask for less or allow another format"
        )
