from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from stripline.errors import GoalNotReached, InvalidRecipe
from tests.image.encode.samples import encode, pixels_of
from tests.image.goals.trials import (
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
    from numpy.typing import NDArray

ALPHA = ("png", "webp")


def size(pixels: NDArray[Any], **output: Any) -> int:
    return len(chosen(pixels, **output)[0].encoded(None))


@pytest.mark.parametrize("pixels", [photograph(), cat(), coffee(), gradient(), screenshot()])
def test_no_candidate_alone_is_smaller_at_the_same_target(pixels: NDArray[np.uint8]) -> None:
    candidates = ("jpeg", "png", "webp")
    choice, _ = chosen(pixels, format="auto", target=75, candidates=candidates)
    assert score_of(pixels, choice.encoded(None)) == choice.score
    assert choice.score is not None
    assert choice.score >= 75
    alone = [size(pixels, format=name, target=75) for name in candidates]
    assert len(choice.encoded(None)) <= min(alone)


def test_photographs_are_lossy_and_graphics_are_not() -> None:
    assert chosen(photograph(), format="auto")[0].quality is not None
    assert chosen(fading(cat()), format="auto", candidates=ALPHA)[0].quality is not None
    for pixels, candidates in ((screenshot(), ("jpeg", *ALPHA)), (icon(), ALPHA)):
        choice, _ = chosen(pixels, format="auto", candidates=candidates)
        assert choice.quality is None
        assert len(choice.encoded(None)) <= len(encode(pixels, "png", lossless=True))


def test_graphics_without_webp_become_a_palette() -> None:
    choice, _ = chosen(screenshot(), format="auto", candidates=("jpeg", "png"))
    assert choice.encoder.traits.name == "png"
    file = choice.encoded(None)
    assert len(file) <= len(encode(screenshot(), "png", lossless=True))
    assert score_of(screenshot(), file) > 80


@pytest.mark.parametrize("quality", [None, 60, 90])
def test_a_number_means_what_jpeg_makes_of_it(quality: int | None) -> None:
    number = quality or 80
    looks = score_of(photograph(), encoded(photograph(), "jpeg", number))
    webp, _ = chosen(photograph(), format="auto", quality=quality, candidates=("webp",))
    assert webp.quality is None or webp.score is not None
    assert score_of(photograph(), webp.encoded(None)) >= looks
    jpeg, _ = chosen(photograph(), format="auto", quality=quality, candidates=("jpeg", "tiff"))
    assert (jpeg.encoder.traits.name, jpeg.quality) == ("jpeg", number)
    both, _ = chosen(photograph(), format="auto", quality=quality, candidates=("jpeg", "webp"))
    assert len(both.encoded(None)) <= min(len(jpeg.encoded(None)), len(webp.encoded(None)))


def test_a_formats_own_quality_is_kept() -> None:
    settings: dict[str, Any] = {"format": "auto", "candidates": ("webp", "avif")}
    choice, (webp, avif) = chosen(cat(), **settings, webp={"quality": 5}, avif={"quality": 99})
    assert (choice.encoder.traits.name, choice.quality) == ("webp", 5)
    assert {quality for quality, _ in webp.written} == {5}
    assert {quality for quality, _ in avif.written} == {99}


def test_most_trials_are_made_with_the_sample() -> None:
    pixels = enlarged(coffee(), 5)
    choice, counted = chosen(pixels, format="auto", target=80, candidates=("jpeg", "webp"))
    whole = [one for each in counted for one in each.written if one[1] > 1 << 20]
    assert len(whole) <= 2
    assert choice.scored == "sample"


def test_up_to_four_megapixels_the_whole_is_judged() -> None:
    pixels = enlarged(cat(), 4)
    choice, counted = chosen(pixels, format="auto", target=80, candidates=("jpeg", "webp"))
    assert choice.scored == "picture"
    assert score_of(pixels, choice.encoded(None)) >= 80
    assert all(len(each.written) <= 7 for each in counted)


def test_size_goes_to_the_best_format_that_fits() -> None:
    choice, _ = chosen(photograph(), format="auto", max_bytes=20_000)
    file = choice.encoded(None)
    assert len(file) <= 20_000
    jpeg, _ = chosen(photograph(), format="jpeg", max_bytes=20_000)
    assert score_of(photograph(), file) >= score_of(photograph(), jpeg.encoded(None))
    with pytest.raises(GoalNotReached, match=r"webp.*jpeg|jpeg.*webp"):
        chosen(photograph(), format="auto", max_bytes=700)


def test_a_number_bounds_what_a_size_may_have() -> None:
    choice, _ = chosen(photograph(), format="auto", quality=50, max_bytes=10_000_000)
    looks = score_of(photograph(), encoded(photograph(), "jpeg", 50))
    assert score_of(photograph(), choice.encoded(None)) == pytest.approx(looks, abs=1.5)


def test_graphics_by_size() -> None:
    choice, _ = chosen(screenshot(), format="auto", max_bytes=40_000)
    assert (pixels_of(choice.encoded(None)) == screenshot()).all()


def test_target_and_size() -> None:
    with pytest.raises(GoalNotReached, match=r"score of 85 takes .* and 9,000 are allowed"):
        chosen(cat(), format="auto", target=85, max_bytes=9000)
    assert size(cat(), format="auto", quality="auto", max_bytes=9000) <= 9000


def test_a_target_that_only_lossless_reaches() -> None:
    choice, _ = chosen(photograph(), format="auto", target=99, candidates=("jpeg", "webp"))
    assert choice.encoder.traits.name == "webp"
    assert (pixels_of(choice.encoded(None)) == photograph()).all()
    with pytest.raises(GoalNotReached, match="best is"):
        chosen(photograph(), format="auto", target=99, candidates=("jpeg", "gif"))


def test_lossless() -> None:
    choice, _ = chosen(photograph(), format="auto", lossless=True)
    assert (pixels_of(choice.encoded(None)) == photograph()).all()
    exact = [len(encode(photograph(), name, lossless=True)) for name in ("png", "webp")]
    assert len(choice.encoded(None)) == min(exact)
    with pytest.raises(InvalidRecipe, match="none of the candidates can: jpeg, gif"):
        chosen(photograph(), format="auto", lossless=True, candidates=("jpeg", "gif"))


def test_grey_and_16_bits() -> None:
    grey = photograph()[..., 1].copy()
    assert score_of(grey, chosen(grey, format="auto", target=80)[0].encoded(None)) >= 80
    deep = cat().astype(np.uint16) * 257
    choice, _ = chosen(deep, format="auto", candidates=("png", "tiff"))
    assert choice.encoder.traits.name in {"png", "tiff"}
    assert choice.score is not None
    assert choice.score >= score_of(cat(), encoded(cat(), "jpeg", 80))
