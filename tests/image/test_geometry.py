"""Sizes before pixels."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripline.errors import InvalidRecipe
from stripline.image.geometry import Box, is_held_back, place
from stripline.image.steps.resize import Resize

SIDES = st.integers(1, 900)


def whole(width: int, height: int) -> Box:
    return Box(width, height, 0, 0, width, height)


@pytest.mark.parametrize(
    ("settings", "box"),
    [
        ({"scale": 0.5}, whole(2000, 1500)),
        ({"scale": 2}, whole(4000, 3000)),
        ({"scale": 2, "enlarge": True}, whole(8000, 6000)),
        ({"width": 800}, whole(800, 600)),
        ({"height": 600}, whole(800, 600)),
        ({"width": 9000}, whole(4000, 3000)),
        ({"width": 8000, "enlarge": True}, whole(8000, 6000)),
        ({"width": 800, "height": 800}, whole(800, 600)),
        ({"width": 1000, "height": 300}, whole(400, 300)),
        ({"width": 10, "height": 10, "fit": "exact"}, whole(10, 10)),
        ({"width": 9000, "height": 10, "fit": "exact"}, whole(4000, 10)),
        ({"width": 600, "height": 600, "fit": "fill"}, Box(800, 600, 100, 0, 600, 600)),
        (
            {"width": 600, "height": 600, "fit": "fill", "gravity": "left"},
            Box(800, 600, 0, 0, 600, 600),
        ),
        (
            {"width": 600, "height": 600, "fit": "fill", "gravity": "bottom-right"},
            Box(800, 600, 200, 0, 600, 600),
        ),
        # Too small to cover the box: its proportions are kept, nothing is blown up.
        (
            {"width": 6000, "height": 6000, "fit": "fill"},
            Box(4000, 3000, 500, 0, 3000, 3000),
        ),
        (
            {"width": 6000, "height": 6000, "fit": "fill", "enlarge": True},
            Box(8000, 6000, 1000, 0, 6000, 6000),
        ),
        ({"width": 800, "height": 800, "fit": "pad"}, Box(800, 600, 0, 100, 800, 800)),
        (
            {"width": 800, "height": 800, "fit": "pad", "gravity": "top"},
            Box(800, 600, 0, 0, 800, 800),
        ),
        (
            {"width": 5000, "height": 5000, "fit": "pad"},
            Box(4000, 3000, 500, 1000, 5000, 5000),
        ),
    ],
)
def test_places(settings: dict[str, Any], box: Box) -> None:
    assert place(4000, 3000, Resize(**settings)) == box


@given(SIDES, SIDES, SIDES, SIDES, st.booleans())
def test_inside_is_inside_and_keeps_proportions(
    width: int, height: int, across: int, down: int, enlarge: bool
) -> None:
    box = place(width, height, Resize(width=across, height=down, enlarge=enlarge))
    assert box.width <= across
    assert box.height <= down
    assert enlarge or (box.width <= width and box.height <= height)
    assert abs(box.width * height - box.height * width) <= max(width, height)
    assert not box.is_cropped
    assert not box.is_padded


@given(SIDES, SIDES, SIDES, SIDES)
def test_fill_covers_exactly_when_it_may_enlarge(
    width: int, height: int, across: int, down: int
) -> None:
    box = place(width, height, Resize(width=across, height=down, fit="fill", enlarge=True))
    assert (box.out_width, box.out_height) == (across, down)
    assert box.width >= across
    assert box.height >= down
    assert 0 <= box.left <= box.width - across
    assert 0 <= box.top <= box.height - down


@given(SIDES, SIDES, SIDES, SIDES)
def test_fill_never_enlarges_unasked(width: int, height: int, across: int, down: int) -> None:
    box = place(width, height, Resize(width=across, height=down, fit="fill"))
    assert (box.width, box.height) <= (width, height)
    assert box.out_width <= min(across, box.width)
    assert box.out_height <= min(down, box.height)


@pytest.mark.parametrize("fit", ["inside", "fill", "exact", "pad"])
@given(width=SIDES, height=SIDES, across=SIDES, down=SIDES)
def test_held_back_is_what_would_be_larger_if_it_might(
    fit: Any, width: int, height: int, across: int, down: int
) -> None:
    settings = Resize(width=across, height=down, fit=fit)
    larger = settings.model_copy(update={"enlarge": True})
    one, other = place(width, height, settings), place(width, height, larger)
    differs = (one.out_width, one.out_height) != (other.out_width, other.out_height)
    assert is_held_back(width, height, settings) == differs
    assert not is_held_back(width, height, larger)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"scale": 1}, False),
        ({"scale": 1.5}, True),
        ({"width": 1}, False),
        ({"width": 2}, True),
        ({"height": 2000}, False),
        ({"height": 1_000_000}, True),  # as high as that it could not be
    ],
)
def test_held_back_by_one_number(settings: dict[str, Any], expected: bool) -> None:
    assert is_held_back(1, 2000, Resize(**settings)) == expected


def test_sides_have_an_end() -> None:
    with pytest.raises(InvalidRecipe, match="2,000,000 pixels; 1,000,000 is the most"):
        place(2000, 1, Resize(scale=1000, enlarge=True))


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({}, "either scale, or width, height or both"),
        ({"scale": 0.5, "width": 10}, "either scale, or width, height or both"),
        ({"width": 10, "fit": "fill"}, "fit='fill' needs both width and height"),
        ({"width": 10, "gravity": "attention"}, "chooses what fit='fill' keeps"),
        ({"width": 0}, "greater than or equal to 1"),
        ({"scale": 0}, "greater than 0"),
        ({"width": 10, "filter": "sinc"}, "nearest"),
        ({"width": 10, "colour": "red"}, "Extra inputs"),
    ],
)
def test_what_does_not_go_together(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Resize(**settings)
