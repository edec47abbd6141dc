from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from skimage import data

from stripline.image.goals.content import has_visible_alpha, look_at
from tests.image.encode.samples import picture
from tests.image.goals.trials import cat, coffee, enlarged, fading, gradient, icon, screenshot
from tests.support import noise, photograph

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

PHOTOGRAPHS: dict[str, Callable[[], NDArray[Any]]] = {
    "skin and cloth": photograph,
    "fur": cat,
    "wood": coffee,
    "enlarged": lambda: enlarged(coffee(), 3),
    "grey": lambda: photograph()[..., 1],
    "dark sky": data.moon,
    "scanned page": data.page,
    "16 bits": lambda: photograph().astype(np.uint16) * 257,
    "fading": lambda: fading(cat()),
    "noise": lambda: noise(300, 300),
    "gradient": gradient,
    "screenshot of a photograph": lambda: screenshot(photograph()),
}
GRAPHICS: dict[str, Callable[[], NDArray[Any]]] = {
    "screenshot": screenshot,
    "large screenshot": lambda: np.tile(screenshot(), (3, 3, 1)),
    "icon": icon,
    "small icon": lambda: icon()[::8, ::8],
    "one colour": lambda: np.full((50, 60, 3), 77, np.uint8),
    "one pixel": lambda: np.zeros((1, 1, 3), np.uint8),
    "one row": lambda: np.zeros((1, 500), np.uint8),
    "grey graphics": lambda: screenshot()[..., 0],
    "16 bits": lambda: screenshot().astype(np.uint16) * 257,
}


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_photographs(name: str) -> None:
    assert look_at(picture(PHOTOGRAPHS[name]()).pixels).kind == "photograph"


@pytest.mark.parametrize("name", GRAPHICS)
def test_graphics(name: str) -> None:
    assert look_at(picture(GRAPHICS[name]()).pixels).kind == "graphic"


def test_counts() -> None:
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[:, 32:] = 255
    found = look_at(picture(pixels).pixels)
    assert (found.colours, found.alpha, found.edges) == (2, False, 1)
    assert found.flat == pytest.approx(62 / 63)
    assert found.packs


def test_a_gradient_packs_without_being_a_graphic() -> None:
    found = look_at(picture(gradient()).pixels)
    assert (found.packs, found.kind) == (True, "photograph")


def test_one_transparent_pixel_is_visible() -> None:
    pixels = np.full((2000, 2000, 4), 255, np.uint8)
    assert not has_visible_alpha(picture(pixels).pixels)
    pixels[1234, 567, 3] = 254
    assert has_visible_alpha(picture(pixels).pixels)
    assert look_at(picture(pixels).pixels).alpha
    deep = pixels.astype(np.uint16) * 257
    assert has_visible_alpha(picture(deep).pixels)
    assert not has_visible_alpha(picture(deep[:100]).pixels)
    assert not has_visible_alpha(picture(pixels[..., :3]).pixels)
