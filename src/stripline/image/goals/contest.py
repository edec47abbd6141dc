"""`format="auto"`: which of several formats gives the smallest file at equal looks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from stripline.errors import GoalNotReached, InvalidRecipe
from stripline.image.encode._savers import at_most_8_bits
from stripline.image.encode.jpeg import DEFAULT_QUALITY
from stripline.image.encode.registry import encoder_for
from stripline.image.goals.goals import Found, as_file, fit, reach_on_sample, reach_on_whole, within
from stripline.image.goals.judge import Judge
from stripline.image.goals.ways import (
    Way,
    Ways,
    can_be_lossless,
    flat_png,
    has_flat_way,
    lossless,
    own_quality,
    ways_of,
)
from stripline.image.output import Output
from stripline.image.settings import WHITE

if TYPE_CHECKING:
    from stripline.image.encode.encoder import Encoder
    from stripline.image.goals.bench import Bench
    from stripline.image.goals.goals import Scored

# Sizes of samples that are nearer than this do not say whose file is the smaller.
_CLOSE: Final = 1.05
# Flat graphics stay lossless unless a lossy file is smaller than this share: its ringing around
# edges is seen more than the score says.
_LOSSY_SHARE: Final = 0.5


def contest(bench: Bench, output: Output, encoders: tuple[Encoder, ...]) -> Found:
    """Try all formats on the sample, and the best on the whole picture.

    Args:
        bench: The picture.
        output: What is asked for.
        encoders: The formats that it may have.

    Raises:
        GoalNotReached: None reaches the score or the size asked for.
        InvalidRecipe: None can be lossless, which is asked for.
    """
    offers = _Offers(bench, output, encoders).smallest_first()
    if output.max_bytes is not None:
        return _first(bench, output, offers, output.max_bytes)
    goal = output.goal_score
    failures = []
    best: Found | None = None
    for offer in offers:
        if best is not None and len(offer.data) > _CLOSE * len(offers[0].data):
            break
        try:
            found = offer if goal is None else reach_on_whole(bench, offer, goal)
        except GoalNotReached as error:  # the sample promised too much
            failures.append(error)
            continue
        if len(offers) > 1 and len(offers[1].data) <= _CLOSE * len(offers[0].data):
            found = as_file(bench, found)
        if best is None or len(found.data) < len(best.data):
            best = found
    if best is None:
        raise _none_of(failures)
    return best


def _first(bench: Bench, output: Output, offers: list[Found], most: int) -> Found:
    """The first format, of those that do best at equal looks, that fits the size."""
    goal, failures = output.goal_score, []
    for offer in offers:
        try:
            if goal is not None:
                return within(bench, reach_on_whole(bench, offer, goal), output, most)
            return fit(bench, _ways_down_from(bench, output, offer), most)
        except GoalNotReached as error:
            failures.append(error)
    raise _none_of(failures)


def _ways_down_from(bench: Bench, output: Output, offer: Found) -> Ways:
    """All of a format's ways; with a number as quality, none that look better than it asks for."""
    if isinstance(output.quality, int) and offer.ways.qualities:
        return offer.ways.up_to(offer.number)
    return ways_of(offer.way.encoder, _unnumbered(output), alpha=bench.content.alpha)


class _Offers:
    """What each format makes of the sample."""

    def __init__(self, bench: Bench, output: Output, encoders: tuple[Encoder, ...]) -> None:
        self._bench, self._output, self._encoders = bench, output, encoders
        self._is_graphic = bench.content.kind == "graphic"

    def smallest_first(self) -> list[Found]:
        """One offer of each format that has any, the smallest first.

        Raises:
            GoalNotReached: There is none that reaches the target.
            InvalidRecipe: There is none that is lossless, which is asked for.
        """
        if self._output.lossless:
            offers = self._lossless()
        elif self._bench.sample_judge is None:
            offers = [self._fixed(ways, ways.high) for ways in self._all_ways()]
        else:
            offers = self._equal_looks(self._bench.sample_judge)
        return sorted(offers, key=lambda offer: len(offer.data))

    def _all_ways(self) -> list[Ways]:
        output, alpha = _unnumbered(self._output), self._bench.content.alpha
        return [ways_of(encoder, output, alpha=alpha) for encoder in self._encoders]

    def _lossless(self) -> list[Found]:
        able = [encoder for encoder in self._encoders if can_be_lossless(encoder, self._output)]
        if not able:
            names = ", ".join(encoder.traits.name for encoder in self._encoders)
            raise InvalidRecipe(f"lossless is asked for, and none of the candidates can: {names}")
        return [self._fixed(Ways(encoder, self._output), 0) for encoder in able]

    def _equal_looks(self, judge: Judge) -> list[Found]:
        goal = self._output.goal_score
        if goal is None:
            goal = self._yardstick(judge)
        failures: list[GoalNotReached] = []
        flat: list[Found] = []
        lossy: list[Found] = []
        others: list[Ways] = []
        for ways in self._all_ways():
            try:
                if self._is_graphic and (offer := self._flat(ways, goal)) is not None:
                    flat.append(offer)
                elif ways.qualities:
                    lossy.append(self._lossy(ways, goal))
                else:
                    others.append(ways)
            except GoalNotReached as error:
                failures.append(error)
                if ways.lossless:
                    others.append(ways)
        smallest = min((len(offer.data) for offer in flat), default=0)
        found = flat + [one for one in lossy if not flat or _is_far_below(one, smallest)]
        return found or self._last_resorts(others, goal, failures)

    def _flat(self, ways: Ways, goal: float) -> Found | None:
        """Flat graphics in a format that suits them; None for the others."""
        encoder, output = ways.encoder, self._output
        if encoder.traits.name == "png":
            if output.goal_score is not None:
                return reach_on_sample(self._bench, ways, goal)
            wishes = [flat_png(output)]
            if can_be_lossless(encoder, output):
                wishes.append(lossless(output))
            offers = [self._fixed(Ways(encoder, wish), 0) for wish in wishes]
            return min(offers, key=lambda offer: len(offer.data))
        if has_flat_way(encoder, output):
            return self._fixed(Ways(encoder, lossless(output)), 0)
        return None

    def _lossy(self, ways: Ways, goal: float) -> Found:
        """The lowest quality that reaches the goal, or the one that the recipe gives."""
        if self._output.goal_score is None:
            quality = own_quality(ways.encoder, self._output)
            if ways.encoder.traits.name == "jpeg":
                quality = _jpeg_quality(self._output)
            if quality is not None:
                return self._fixed(replace(ways.lossy, qualities=quality), quality)
        packs = self._bench.content.packs
        return reach_on_sample(self._bench, ways if packs else ways.lossy, goal)

    def _last_resorts(
        self, others: list[Ways], goal: float, failures: list[GoalNotReached]
    ) -> list[Found]:
        """Formats without qualities, and lossless ones: photographs become large in them."""
        found = []
        for ways in others:
            try:
                found.append(reach_on_sample(self._bench, ways, goal))
            except GoalNotReached as error:
                failures.append(error)
        if not found:
            raise _none_of(failures)
        return found

    def _fixed(self, ways: Ways, number: int) -> Found:
        """What a format makes of the sample without a search."""
        bench = self._bench
        data = bench.encode(ways.way(number), bench.sample)
        judge, is_file = bench.sample_judge, not bench.is_sampled
        if judge is None:
            return Found(ways, number, data, None, None, is_file)
        scored: Scored = "picture" if is_file else "sample"
        return Found(ways, number, data, judge.score(data), scored, is_file)

    def _yardstick(self, judge: Judge) -> float:
        """The score of a JPEG at the quality asked for, on the sample."""
        sample, quality = self._bench.sample, _jpeg_quality(self._output)
        for encoder in self._encoders:
            if encoder.traits.name == "jpeg":
                return judge.score(self._bench.encode(Way(encoder, self._output, quality), sample))
        pixels = sample.pixels
        if pixels.hasalpha():
            pixels = pixels.flatten(background=WHITE[0]).cast(pixels.format).copy_memory()
            judge = Judge(pixels)
        opaque = replace(sample, pixels=at_most_8_bits(pixels))
        return judge.score(self._bench.encode(Way(encoder_for("jpeg"), Output(), quality), opaque))


def _is_far_below(offer: Found, size: int) -> bool:
    return len(offer.data) < _LOSSY_SHARE * size


def _jpeg_quality(output: Output) -> int:
    if output.jpeg.quality is not None:
        return output.jpeg.quality
    return output.quality if isinstance(output.quality, int) else DEFAULT_QUALITY


def _unnumbered(output: Output) -> Output:
    """The same wishes without a number as quality, which is on JPEG's scale alone."""
    numbered = isinstance(output.quality, int)
    return output.model_copy(update={"quality": None}) if numbered else output


def _none_of(failures: list[GoalNotReached]) -> GoalNotReached:
    return GoalNotReached("; ".join(str(error) for error in failures))
