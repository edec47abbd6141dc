"""GIF from pictures."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import accumulate
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageSequence
from pydantic import ValidationError

from stripline._vips import library
from stripline.errors import InvalidRecipe
from stripline.image.encode._savers import rounded_delays
from stripline.image.encode.gif import GifEncoder, GifSettings
from stripline.image.output import Output
from stripline.streams import MemorySink
from tests.image.encode import samples
from tests.support import psnr

PHOTO = samples.coffee()[100:231, 150:283]


def test_still() -> None:
    file = samples.encode(PHOTO, "gif")
    image = samples.opened(file)
    assert image.size == (133, 131)
    assert getattr(image, "n_frames", 1) == 1
    assert psnr(np.asarray(image.convert("RGB")), PHOTO) > 28
    with av.open(io.BytesIO(file)) as container:
        assert isinstance(container, av.container.InputContainer)
        (frame,) = container.decode(video=0)
        assert np.array_equal(frame.to_ndarray(format="rgb24"), np.asarray(image.convert("RGB")))


def test_few_colours_are_exact() -> None:
    pixels = (PHOTO // 86) * 100
    image = samples.opened(samples.encode(pixels, "gif"))
    assert np.array_equal(np.asarray(image.convert("RGB")), pixels)


def test_transparency() -> None:
    pixels = samples.with_alpha(PHOTO)
    found = np.asarray(samples.opened(samples.encode(pixels, "gif")).convert("RGBA"))
    assert set(np.unique(found[:, :, 3])) == {0, 255}
    assert not found[:20, :20, 3].any()
    assert found[40:, :40, 3].all()


@pytest.mark.parametrize("loops", [0, 1, 2, 9])
@pytest.mark.parametrize("alpha", [False, True])
def test_animation(*, alpha: bool, loops: int) -> None:
    made = samples.animation(alpha=alpha, loops=loops)
    file = samples.encode(made, "gif")
    read = library().Image.new_from_buffer(file, "", n=-1)
    assert read.get("loop") == loops
    # Equal frames are one, shown for as long as both.
    assert read.get("delay") == [70, 330, 90, 40]
    image = Image.open(io.BytesIO(file))
    assert [frame.info["duration"] for frame in ImageSequence.Iterator(image)] == [70, 330, 90, 40]
    source = made.pixels.numpy().reshape(5, 64, 96, -1)[[0, 1, 3, 4]]
    for number, wanted in enumerate(source):
        image.seek(number)
        found = np.asarray(image.convert("RGBA"))
        opaque = wanted[:, :, 3] > 140 if alpha else np.ones((64, 96), bool)
        assert psnr(found[opaque][:, :3], wanted[opaque][:, :3]) > 26


def test_delays_are_rounded_without_drift() -> None:
    made = replace(samples.animation(), delays=(33, 34, 33, 33, 34))
    read = library().Image.new_from_buffer(samples.encode(made, "gif"), "", n=-1)
    assert read.get("delay") == [30, 70, 30, 40]
    assert sum(read.get("delay")) == 170


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=40), st.sampled_from([1, 10]))
def test_rounded_delays(delays: list[int], step: int) -> None:
    rounded = rounded_delays(tuple(delays), step)
    assert all(delay >= 0 and delay % step == 0 for delay in rounded)
    for exact, near in zip(accumulate(delays), accumulate(rounded), strict=True):
        assert abs(exact - near) * 2 <= step


def test_settings_change_the_file() -> None:
    smooth, moving = samples.gradient()[::2, ::2], samples.animation()

    def size(made: Any, **gif: Any) -> int:
        return len(samples.encode(made, "gif", gif=gif))

    assert size(smooth, dither=0.0) < 0.7 * size(smooth)
    assert size(moving, interframe_maxerror=32.0) < size(moving)
    interlaced = samples.encode(PHOTO, "gif", gif={"interlace": True})
    assert samples.opened(interlaced).info.get("interlace", 1)
    assert interlaced != samples.encode(PHOTO, "gif")
    assert samples.encode(PHOTO, "gif", effort=0) != samples.encode(PHOTO, "gif", effort=9)


def test_lossless_cannot_be_had() -> None:
    with pytest.raises(InvalidRecipe, match="256 colours"):
        GifEncoder().write(samples.picture(PHOTO), Output(lossless=True), MemorySink())


@pytest.mark.parametrize("settings", [{"dither": 2}, {"interframe_maxerror": 33}, {"quality": 5}])
def test_settings_out_of_range(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        GifSettings(**settings)


def test_resolved_settings() -> None:
    assert GifEncoder().resolved_settings(Output(effort=3)) == {
        "effort": 3,
        "dither": 1.0,
        "interframe_maxerror": 0.0,
        "interpalette_maxerror": 3.0,
        "interlace": False,
    }
