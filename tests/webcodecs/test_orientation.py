from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from stripline.webcodecs.orientation import UPRIGHT, Orientation

orientations = st.builds(Orientation, st.sampled_from([0, 90, 180, 270]), st.booleans())


def turned(picture: Any, orientation: Orientation) -> Any:
    """Turn clockwise, then mirror."""
    picture = np.rot90(picture, -orientation.rotation // 90)
    return picture[:, ::-1] if orientation.flip else picture


@pytest.mark.parametrize("tag", range(1, 9))
def test_exif_is_turned_as_pillow_turns_it(tag: int) -> None:
    picture = np.arange(12, dtype=np.uint8).reshape(3, 4)
    image = Image.fromarray(picture)
    image.getexif()[0x0112] = tag
    expected = np.asarray(ImageOps.exif_transpose(image))
    assert (turned(picture, Orientation.from_exif(tag)) == expected).all()


def test_unknown_exif_is_upright() -> None:
    assert Orientation.from_exif(0) == Orientation.from_exif(9) == UPRIGHT


@given(first=orientations, second=orientations)
def test_orientations_add_up(first: Orientation, second: Orientation) -> None:
    # "Add Rotations" turns what is stored: after a flip, a clockwise turn is subtracted, so the
    # second orientation is one of what is seen.
    picture = np.arange(6).reshape(2, 3)
    seen = turned(turned(picture, first), second)
    assert (turned(picture, first.then(second)) == seen).all()


@pytest.mark.parametrize("times", range(-5, 6))
def test_ties_turn_clockwise(times: int) -> None:
    tie = times * 90 + 45.0
    for rotation, expected in ((tie, times + 1), (math.nextafter(tie, -math.inf), times)):
        assert Orientation.parse(rotation, flip=False).rotation == expected * 90 % 360


@pytest.mark.parametrize("wrong", ["90", None, float("nan"), float("inf"), []])
def test_rotations_that_are_no_number(wrong: Any) -> None:
    with pytest.raises(TypeError, match="rotation"):
        Orientation.parse(wrong, flip=False)
