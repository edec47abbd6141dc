from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from stripline.errors import GoalNotReached
from stripline.image.goals.choose import choose
from stripline.image.goals.ways import ALPHA_TOP_QUALITY
from stripline.image.output import Output
from tests.image.encode.samples import encode, picture, pixels_of, sequential
from tests.image.goals.trials import (
    Counted,
    cat,
    chosen,
    coffee,
    encoded,
    enlarged,
    fading,
    gradient,
    icon,
    score_of,
    screenshot,
)
from tests.support import photograph

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

SMALL: dict[str, Callable[[], NDArray[np.uint8]]] = {
    "astronaut": photograph,
    "cat": cat,
    "coffee": coffee,
    "grey": photograph()[..., 1].copy,
}


# Targets.


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize(
    ("form", "target"), [("jpeg", 60), ("jpeg", 80), ("jpeg", 91), ("webp", 70), ("avif", 75)]
)
def test_the_lowest_quality_that_reaches_the_target(name: str, form: str, target: float) -> None:
    pixels = SMALL[name]()
    choice, (counted,) = chosen(pixels, format=form, target=target)
    assert choice.quality is not None
    file = choice.encoded(None)
    assert score_of(pixels, file) == choice.score
    assert choice.score is not None
    assert choice.score >= target
    assert choice.scored == "picture"
    assert score_of(pixels, encoded(pixels, form, choice.quality - 1)) < target
    assert len(counted.written) <= 7


@pytest.mark.parametrize(("form", "target"), [("jpeg", 65), ("jpeg", 85), ("webp", 80)])
def test_up_to_four_megapixels_the_whole_has_the_score(form: str, target: float) -> None:
    pixels = enlarged(coffee(), 3)  # 1800 x 1200
    choice, (counted,) = chosen(pixels, format=form, target=target)
    assert choice.quality is not None
    assert choice.scored == "picture"
    assert score_of(pixels, choice.encoded(None)) == choice.score
    assert choice.score is not None
    assert choice.score >= target
    assert score_of(pixels, encoded(pixels, form, choice.quality - 2)) < target
    assert len(counted.written) <= 7


def test_larger_ones_are_sampled_and_it_says_so() -> None:
    pixels = enlarged(coffee(), 5)  # 3000 x 2000
    choice, (counted,) = chosen(pixels, format="jpeg", target=80)
    assert choice.scored == "sample"
    assert choice.data is None
    assert max(size for _, size in counted.written) <= 1 << 20
    assert len(counted.written) <= 7
    assert choice.score is not None
    assert choice.score >= 80
    file = choice.encoded(None)
    assert pixels_of(file).shape == pixels.shape
    assert score_of(pixels, file) == pytest.approx(choice.score, abs=2.5)


def test_auto_is_80() -> None:
    auto, _ = chosen(cat(), format="jpeg", quality="auto")
    assert auto.encoded(None) == chosen(cat(), format="jpeg", target=80)[0].encoded(None)


def test_beyond_the_best_quality_is_lossless() -> None:
    choice, _ = chosen(photograph(), format="webp", target=97)
    assert choice.quality is None
    assert choice.score == pytest.approx(100, abs=1e-4)
    assert (pixels_of(choice.encoded(None)) == photograph()).all()


def test_a_target_that_jpeg_cannot_reach() -> None:
    with pytest.raises(GoalNotReached, match=r"score of 99: the best is 9\d\.\d\d, at quality 100"):
        chosen(photograph(), format="jpeg", target=99)


def test_transparent_pictures_stay_below_the_quality_where_alpha_is_capped() -> None:
    pixels = fading(photograph())
    choice, _ = chosen(pixels, format="webp", target=80)
    assert choice.quality is not None
    assert choice.quality <= ALPHA_TOP_QUALITY
    assert score_of(pixels, choice.encoded(None)) >= 80
    assert chosen(pixels, format="webp", target=95)[0].quality is None


def test_png_by_target() -> None:
    choice, _ = chosen(screenshot(), format="png", target=80)
    file = choice.encoded(None)
    assert score_of(screenshot(), file) >= 80
    assert len(file) <= len(encode(screenshot(), "png", lossless=True))
    photo, _ = chosen(photograph(), format="png", target=90)
    assert (pixels_of(photo.encoded(None)) == photograph()).all()


def test_16_bit_png_keeps_them() -> None:
    deep = cat().astype(np.uint16) * 257 + 3
    choice, _ = chosen(deep, format="png", target=90)
    assert choice.way.output.lossless
    assert choice.score == pytest.approx(100)


@pytest.mark.parametrize("side", [(1, 1), (7, 40), (5, 7)])
@pytest.mark.parametrize("form", ["jpeg", "png", "webp", "avif", "auto"])
def test_too_small_for_a_score(side: tuple[int, int], form: str) -> None:
    pixels = photograph()[: side[0], : side[1]]
    choice, _ = chosen(pixels, format=form, quality="auto")
    assert (choice.score, choice.scored) == (None, None)
    assert choice.quality == (100 if form == "jpeg" else None)
    assert pixels_of(choice.encoded(None)).shape == pixels.shape


def test_the_same_input_gives_the_same_output() -> None:
    files = [chosen(coffee(), format="auto", target=75)[0].encoded(None) for _ in range(2)]
    assert files[0] == files[1]


def test_animations_are_judged_as_a_still() -> None:
    frames = np.concatenate([cat(), cat()[::-1]])
    wanted = Output(format="webp", target=70)
    counted = Counted("webp")
    made = picture(frames, frames=2)
    choice = choose(made, wanted, (counted,))
    assert choice.scored == "sample"
    assert choice.picture.frames == 2
    assert choice.score is not None
    assert choice.score >= 70


# Sizes.


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("form", ["jpeg", "webp"])
@pytest.mark.parametrize("share", [0.04, 0.1])
def test_the_best_quality_that_fits(name: str, form: str, share: float) -> None:
    pixels = SMALL[name]()
    limit = int(pixels.size * share)
    choice, (counted,) = chosen(pixels, format=form, max_bytes=limit)
    assert choice.quality is not None
    assert len(choice.encoded(None)) <= limit
    assert len(encoded(pixels, form, choice.quality + 1)) > limit
    assert len(counted.written) <= 8


def test_a_number_is_the_highest_quality_that_a_size_may_have() -> None:
    choice, _ = chosen(cat(), format="jpeg", quality=60, max_bytes=10_000_000)
    assert choice.quality == 60


def test_png_by_size() -> None:
    exact = len(encode(photograph(), "png", lossless=True))
    lossless, _ = chosen(photograph(), format="png", max_bytes=exact)
    assert (pixels_of(lossless.encoded(None)) == photograph()).all()
    reduced, _ = chosen(photograph(), format="png", max_bytes=exact - 1)
    assert len(reduced.encoded(None)) < exact
    with pytest.raises(
        GoalNotReached, match=r"1,000 bytes .* as png: the smallest file has [\d,]+"
    ):
        chosen(photograph(), format="png", max_bytes=1000)


def test_nothing_fits() -> None:
    with pytest.raises(GoalNotReached, match=r"900 bytes .* the smallest file has \d,\d{3}"):
        chosen(photograph(), format="jpeg", max_bytes=900)


def test_target_and_size_both_hold_or_both_are_named() -> None:
    found, _ = chosen(cat(), format="jpeg", target=70, max_bytes=60_000)
    assert found.score is not None
    assert found.score >= 70
    with pytest.raises(GoalNotReached, match=r"score of 90 takes [\d,]+ bytes as jpeg, and 20,000"):
        chosen(cat(), format="jpeg", target=90, max_bytes=20_000)


def test_auto_quality_gives_way_to_a_size() -> None:
    choice, _ = chosen(cat(), format="jpeg", quality="auto", max_bytes=10_000)
    assert len(choice.encoded(None)) <= 10_000
    roomy, _ = chosen(cat(), format="jpeg", quality="auto", max_bytes=1_000_000)
    assert roomy.encoded(None) == chosen(cat(), format="jpeg", quality="auto")[0].encoded(None)


# Content, without a goal.


@pytest.mark.parametrize("form", ["jpeg", "png", "avif", "tiff"])
def test_one_format_without_a_goal_stays_a_stream(form: str) -> None:
    made = sequential(photograph())
    counted = Counted(form)
    choice = choose(made, Output(format=form), (counted,))
    assert choice.picture is made
    assert (choice.data, choice.score, counted.written) == (None, None, [])


@pytest.mark.parametrize("settings", [{"quality": 70}, {"lossless": True}])
def test_webp_with_settings_stays_a_stream(settings: dict[str, Any]) -> None:
    made = sequential(photograph())
    assert choose(made, Output(format="webp", **settings), (Counted("webp"),)).picture is made


def test_webp_is_lossless_for_flat_graphics() -> None:
    choice, _ = chosen(screenshot(), format="webp")
    assert (pixels_of(choice.encoded(None)) == screenshot()).all()
    assert choice.quality is None
    assert chosen(photograph(), format="webp")[0].quality == 80
    assert chosen(screenshot(), format="webp", webp={"quality": 70})[0].quality == 70
    assert chosen(screenshot(), format="webp", quality=70)[0].quality == 70


@pytest.mark.parametrize("form", ["webp", "avif"])
def test_high_qualities_end_where_something_is_transparent(form: str) -> None:
    opaque = np.dstack([cat(), np.full(cat().shape[:2], 255, np.uint8)])
    own = {form: {"quality": 97}}
    assert chosen(fading(cat()), format=form, quality=97)[0].quality == ALPHA_TOP_QUALITY
    assert chosen(fading(cat()), format=form, quality=90)[0].quality == 90
    assert chosen(opaque, format=form, quality=97)[0].quality == 97
    assert chosen(fading(cat()), format=form, **own)[0].quality == 97


def test_gradients_pack_better_without_loss() -> None:
    choice, _ = chosen(gradient(), format="webp", target=80)
    assert len(choice.encoded(None)) <= len(encode(gradient(), "webp", lossless=True))


def test_icons() -> None:
    for settings in ({}, {"target": 80}, {"max_bytes": 5000}):
        choice, _ = chosen(icon(), format="webp", **settings)
        assert choice.quality is None


# Time.


class _Over(Exception):
    pass


@pytest.mark.parametrize(
    "output",
    [
        {"format": "jpeg", "target": 85},
        {"format": "webp", "max_bytes": 12_000},
        {"format": "auto", "target": 85},
        {"format": "auto", "quality": 85},
    ],
)
@pytest.mark.parametrize("allowed", [0, 1, 2])
def test_a_search_ends_between_two_trials(output: dict[str, Any], allowed: int) -> None:
    wanted = Output(**output)
    names = wanted.candidates if wanted.format == "auto" else (wanted.format,)
    counted = tuple(Counted(name) for name in names)
    asked: list[None] = []

    def check() -> None:
        asked.append(None)
        if len(asked) > allowed:
            raise _Over

    with pytest.raises(_Over):
        choose(picture(cat()), wanted, counted, check=check)
    assert sum(len(encoder.written) for encoder in counted) == allowed
