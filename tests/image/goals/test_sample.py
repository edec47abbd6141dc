from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stripline.image.goals.sample import SAMPLE_PIXELS, representative, spread
from tests.image.encode.samples import picture
from tests.image.goals.trials import cat, coffee, encoded, enlarged, score_of


def array(pixels: object) -> np.ndarray:
    image: object = pixels
    return np.asarray(image.numpy())  # type: ignore[attr-defined]


def test_small_pictures_are_their_own_sample() -> None:
    pixels = picture(coffee()).pixels
    assert representative(pixels) is pixels


@settings(max_examples=25)
@given(width=st.integers(1, 3000), height=st.integers(1, 3000))
def test_any_size_gives_a_sample_that_is_not_too_large(width: int, height: int) -> None:
    pixels = picture(np.zeros((height, width), np.uint8)).pixels
    sample = representative(pixels)
    assert 0 < sample.width * sample.height <= max(SAMPLE_PIXELS, 0)
    assert sample.width * sample.height >= min(width * height, SAMPLE_PIXELS // 4)
    part = spread(pixels, 128, 1 << 18)
    assert 0 < part.width * part.height <= 1 << 18


@pytest.mark.parametrize(("height", "width"), [(20, 100_000), (100_000, 20), (1, 1_200_000)])
def test_strips(height: int, width: int) -> None:
    sample = representative(picture(np.zeros((height, width), np.uint8)).pixels)
    assert 500_000 < sample.width * sample.height <= SAMPLE_PIXELS


def test_tiles_come_from_the_grid_and_from_all_over() -> None:
    rows, columns = np.mgrid[0:1600, 0:2000].astype(np.uint16)
    sample = array(representative(picture(np.dstack([rows, columns, rows])).pixels))
    tops, lefts = sample[::256, ::256, 0].ravel(), sample[::256, ::256, 1].ravel()
    places = set(zip(tops.tolist(), lefts.tolist(), strict=True))
    assert len(places) == len(tops) == 16
    assert all(top % 16 == 0 and left % 16 == 0 for top, left in places)
    assert {top < 800 for top, _ in places} == {left < 1000 for _, left in places} == {True, False}


def test_half_of_a_half_plain_picture_is_detail() -> None:
    photo = enlarged(cat(), 3)
    pixels = np.concatenate([photo, np.full_like(photo, 90)])
    sample = array(representative(picture(pixels).pixels))
    plain = (sample == 90).all(axis=2).mean()
    assert plain == pytest.approx(0.5, abs=0.13)


@pytest.mark.parametrize("photo", [cat, coffee])
@pytest.mark.parametrize(("name", "quality"), [("jpeg", 70), ("jpeg", 85), ("webp", 85)])
def test_scores_follow_those_of_the_whole(photo: object, name: str, quality: int) -> None:
    pixels = enlarged(photo(), 4)  # type: ignore[operator]
    sample = array(representative(picture(pixels).pixels))
    whole = score_of(pixels, encoded(pixels, name, quality))
    part = score_of(sample, encoded(sample, name, quality))
    assert part == pytest.approx(whole, abs=2.5)
