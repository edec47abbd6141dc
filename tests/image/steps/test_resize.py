"""Filters by their definitions, light averaged as light, and what `fill` and `pad` keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from stripline._vips import library
from stripline.image.picture import Picture
from stripline.image.steps.resize import Resize, resize
from tests.support import photograph, psnr

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    Reals = NDArray[np.float64]


def picture_of(pixels: Pixels) -> Picture:
    space = "b-w" if pixels.shape[-1] == 1 else "srgb"
    return Picture(library().Image.new_from_array(pixels).copy(interpretation=space))


def resized(pixels: Pixels, **values: Any) -> Pixels:
    found: Pixels = resize(picture_of(pixels), Resize(**values)).pixels.numpy()
    return found


def cubic(b: float, c: float, x: Reals) -> Reals:
    """Mitchell and Netravali, Reconstruction Filters in Computer Graphics (1988), equation 8."""
    near = (12 - 9 * b - 6 * c) * x**3 + (-18 + 12 * b + 6 * c) * x**2 + (6 - 2 * b)
    far = (-b - 6 * c) * x**3 + (6 * b + 30 * c) * x**2 + (-12 * b - 48 * c) * x + (8 * b + 24 * c)
    return np.where(x < 1, near, np.where(x < 2, far, 0)) / 6


def lanczos(lobes: int, x: Reals) -> Reals:
    return np.where(x < lobes, np.sinc(x) * np.sinc(x / lobes), 0)


KERNELS: dict[str, Callable[[Reals], Reals]] = {
    "bilinear": lambda x: np.maximum(0, 1 - x),
    "bicubic": lambda x: cubic(0, 0.5, x),
    "mitchell": lambda x: cubic(1 / 3, 1 / 3, x),
    "lanczos2": lambda x: lanczos(2, x),
    "lanczos3": lambda x: lanczos(3, x),
}


def weights(name: str, before: int, after: int) -> Reals:
    """What each sample counts in each of the result's, one line of it a row."""
    factor = max(1, before / after)
    centres = (np.arange(after) + 0.5) * before / after - 0.5
    found = KERNELS[name](np.abs(np.arange(before) - centres[:, None]) / factor)
    normal: Reals = found / found.sum(axis=1, keepdims=True)
    return normal


def by_definition(name: str, pixels: Pixels, across: int, down: int) -> Pixels:
    rows = np.tensordot(weights(name, pixels.shape[0], down), pixels.astype(float), (1, 0))
    both = np.tensordot(weights(name, pixels.shape[1], across), rows, (1, 1)).swapaxes(0, 1)
    return np.clip(np.round(both), 0, 255).astype(np.uint8)


def likeness(found: Pixels) -> dict[str, float]:
    """How near it is to the photograph scaled by each filter, edges apart, which are nobody's."""
    down, across = found.shape[:2]
    inner = np.s_[10:-10, 10:-10]
    return {
        name: psnr(found[inner], by_definition(name, photograph(), across, down)[inner])
        for name in KERNELS
    }


@pytest.mark.parametrize("name", KERNELS)
def test_filters_are_what_they_are_called(name: str) -> None:
    found = likeness(resized(photograph(), filter=name, width=320, height=330, fit="exact"))
    assert max(found, key=lambda other: found[other]) == name
    assert found[name] > 55


@pytest.mark.parametrize("size", [(700, 610), (300, 700)])
@pytest.mark.parametrize("name", KERNELS)
def test_enlarging_is_bilinear_or_bicubic(name: str, size: tuple[int, int]) -> None:
    width, height = size
    options = {"width": width, "height": height, "fit": "exact", "enlarge": True}
    found = likeness(resized(photograph(), filter=name, **options))
    assert found["bilinear" if name == "bilinear" else "bicubic"] > (40 if width > 512 else 38)


def test_an_enlarged_picture_lies_where_it_was() -> None:
    mirrored = np.ascontiguousarray(photograph()[::-1, ::-1])
    for name in ("nearest", "bilinear", "bicubic"):
        one = resized(photograph(), filter=name, width=1024, enlarge=True)
        other = resized(mirrored, filter=name, width=1024, enlarge=True)
        assert psnr(one, np.ascontiguousarray(other[::-1, ::-1])) > 50


def test_nearest_makes_no_new_colours() -> None:
    pixels = np.random.default_rng(2).integers(0, 2, (60, 60, 3), np.uint8) * 255
    small = resized(pixels, width=23, filter="nearest")
    assert set(np.unique(small)) == {0, 255}
    large = resized(pixels, width=120, filter="nearest", enlarge=True)
    assert np.array_equal(large, pixels.repeat(2, axis=0).repeat(2, axis=1))


@pytest.mark.parametrize(("linear", "level"), [(False, 128), (True, 188)])
@pytest.mark.parametrize("channels", [1, 3])
def test_half_of_white_light_is_188(linear: bool, level: int, channels: int) -> None:
    # IEC 61966-2-1: half the light of white is 0.735 of 255.
    pixels = np.zeros((64, 64, channels), np.uint8)
    pixels[::2, 1::2] = pixels[1::2, ::2] = 255
    small = resized(pixels, width=16, linear=linear)
    assert np.abs(small[2:-2, 2:-2].astype(int) - level).max() <= 2


@pytest.mark.parametrize("gravity", ["entropy", "attention"])
@pytest.mark.parametrize("left", [0, 300, 688])
def test_fill_keeps_the_part_with_something_in_it(gravity: str, left: int) -> None:
    wide = np.full((512, 1200, 3), 90, np.uint8)
    wide[:, left : left + 512] = photograph()
    kept = resized(wide, width=128, height=128, fit="fill", gravity=gravity)
    expected = resized(photograph(), width=128)
    # Either may cut a little of its edges off.
    assert kept.shape == (128, 128, 3)
    assert (kept == 90).all(axis=(0, 2)).sum() <= 30
    assert abs(kept.mean() - expected.mean()) < 15


PLACES = {
    "centre": (0.5, 0.5),
    "top": (0.5, 0),
    "bottom": (0.5, 1),
    "left": (0, 0.5),
    "right": (1, 0.5),
    "top-left": (0, 0),
    "top-right": (1, 0),
    "bottom-left": (0, 1),
    "bottom-right": (1, 1),
}


@pytest.mark.parametrize("gravity", PLACES)
@pytest.mark.parametrize(("width", "height"), [(512, 100), (100, 512)])
def test_every_place_of_fill_and_pad(gravity: str, width: int, height: int) -> None:
    across, down = PLACES[gravity]
    left, top = int(across * (512 - width)), int(down * (512 - height))
    box = {"width": width, "height": height, "gravity": gravity}
    cut = resized(photograph(), fit="fill", **box)
    assert np.array_equal(cut, photograph()[top : top + height, left : left + width])
    part = np.ascontiguousarray(cut)
    laid = resized(part, width=512, height=512, fit="pad", gravity=gravity, background="lime")
    assert np.array_equal(laid[top : top + height, left : left + width], part)
    laid[top : top + height, left : left + width] = (0, 255, 0)
    assert (laid == (0, 255, 0)).all()
