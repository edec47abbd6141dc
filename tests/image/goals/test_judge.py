from __future__ import annotations

import numpy as np
import pytest

from stripline.image.goals.judge import Judge, can_judge
from stripline.image.score import ssimulacra2
from tests.image.encode.samples import encode, picture, pixels_of
from tests.image.goals.trials import cat, fading, icon
from tests.support import photograph


def test_is_the_score_of_the_decoded_file() -> None:
    file = encode(cat(), "jpeg", quality=50)
    expected = ssimulacra2(cat().tobytes(), pixels_of(file).tobytes(), 451, 300)
    assert Judge(picture(cat()).pixels).score(file) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("name", ["png", "webp", "tiff", "avif"])
def test_lossless_is_100(name: str) -> None:
    for pixels in (cat(), fading(cat())):
        file = encode(pixels, name, lossless=True)
        assert Judge(picture(pixels).pixels).score(file) == pytest.approx(100, abs=1e-4)


def test_grey_in_files_of_three_channels_and_of_one() -> None:
    grey = cat()[..., 1].copy()
    judge = Judge(picture(grey).pixels)
    assert judge.score(encode(grey, "png", lossless=True)) == pytest.approx(100)
    assert judge.score(encode(grey, "webp", lossless=True)) == pytest.approx(100)
    assert 50 < judge.score(encode(grey, "jpeg", quality=60)) < 95


def test_16_bits_count_as_8() -> None:
    deep = cat().astype(np.uint16) * 257
    judge = Judge(picture(deep).pixels)
    assert judge.score(encode(deep, "png", lossless=True)) == pytest.approx(100)
    assert judge.score(encode(cat(), "png", lossless=True)) == pytest.approx(100)


def test_transparent_pictures_count_as_they_look_worse() -> None:
    # White drawn on nothing: over white nothing can be wrong, over black everything is seen.
    white = icon().copy()
    white[..., :3] = 255
    damaged = white.copy()
    damaged[::7, :, 3] = 0
    score = Judge(picture(white).pixels).score(encode(damaged, "png"))
    over_black, damaged_over_black = white[..., 3].tobytes(), damaged[..., 3].tobytes()
    expected = ssimulacra2(over_black, damaged_over_black, 256, 256, channels=1)
    assert score == pytest.approx(expected, abs=0.5)
    assert score < 50


def test_opaque_alpha_costs_one_comparison() -> None:
    opaque = np.dstack([photograph(), np.full((512, 512), 255, np.uint8)])
    file = encode(opaque, "webp", quality=70)
    plain = Judge(picture(photograph()).pixels).score(encode(photograph(), "webp", quality=70))
    assert Judge(picture(opaque).pixels).score(file) == pytest.approx(plain, abs=0.01)


def test_what_is_too_small() -> None:
    assert not can_judge(picture(cat()[:7]).pixels)
    assert not can_judge(picture(cat()[:, :1]).pixels)
    assert can_judge(picture(cat()[:8, :8]).pixels)
