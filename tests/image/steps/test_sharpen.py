"""Crisper edges, and nothing else."""

from __future__ import annotations

import numpy as np

from stripline._vips import library
from stripline.image.picture import Picture
from stripline.image.steps.sharpen import Sharpen, sharpen
from tests.support import photograph


def test_edges_gain_and_flat_parts_stay() -> None:
    pixels = np.full((40, 80, 3), 90, np.uint8)
    pixels[:, 40:] = 160
    image = library().Image.new_from_array(pixels).copy(interpretation="srgb")
    jumps = []
    for sigma in (0.5, 1.0, 1.5):
        found = sharpen(Picture(image), Sharpen(sigma=sigma)).pixels.numpy()
        jumps.append(int(found[20, 40, 0]) - int(found[20, 39, 0]))
        assert np.array_equal(found[:, :25], pixels[:, :25])
        assert np.array_equal(found[:, 55:], pixels[:, 55:])
    assert 70 < jumps[0] < jumps[1] < jumps[2]


def test_hue_and_alpha_are_left_alone() -> None:
    alpha = np.linspace(0, 255, 512).astype(np.uint8).repeat(512).reshape(512, 512, 1)
    pixels = np.concatenate([photograph(), alpha], axis=2)
    image = library().Image.new_from_array(pixels).copy(interpretation="srgb")
    found = sharpen(Picture(image), Sharpen()).pixels
    assert found.bands == 4
    assert np.array_equal(found.numpy()[..., 3:], alpha)
    hue = [one[:3].colourspace("lch") for one in (image, found)]
    assert abs(hue[0].avg() - hue[1].avg()) < 1


def test_without_settings_nothing_is_done() -> None:
    picture = Picture(library().Image.new_from_array(photograph()))
    assert sharpen(picture, None) is picture
