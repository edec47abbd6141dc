"""Files whose errors lie where the picture hides them."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from skimage import data

from stripline._vips import library
from stripline.errors import InvalidOption
from stripline.image.score import ssimulacra2
from stripline.jpeg import available_kernels, encode
from stripline.jpeg.masked import encode_masked, trade_for
from tests.support import psnr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stripline.jpeg.masked import MaskedSampling

WHOLE: NDArray[np.uint8] = data.chelsea()  # type: ignore[no-untyped-call]  # ships no types
CAT = np.ascontiguousarray(WHOLE[:200, 100:330])


def masked(pixels: NDArray[np.uint8], quality: int, sampling: MaskedSampling = "4:2:0") -> bytes:
    height, width = pixels.shape[:2]
    return encode_masked(pixels.data, width, height, quality=quality, sampling=sampling)


def decoded(file: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(file)) as image:
        return np.asarray(image)


def score(file: bytes, pixels: NDArray[np.uint8]) -> float:
    height, width = pixels.shape[:2]
    return ssimulacra2(pixels, np.ascontiguousarray(decoded(file)), width, height)


@pytest.mark.parametrize("quality", [30, 60, 80, 95])
def test_smaller_than_a_plain_file_that_looks_the_same(quality: int) -> None:
    file = masked(CAT, quality)
    wanted = score(file, CAT)
    plain = next(
        plain
        for plain in (encode(CAT, quality=one, subsampling="4:2:0") for one in range(1, 101))
        if score(plain, CAT) >= wanted
    )
    assert len(file) < 0.85 * len(plain)
    # And its quality means about the same.
    assert abs(wanted - score(encode(CAT, quality=quality, subsampling="4:2:0"), CAT)) < 4


def test_more_quality_is_truer_and_larger() -> None:
    files = [masked(CAT, quality) for quality in (1, 20, 40, 60, 80, 90, 100)]
    sizes, scores = [len(file) for file in files], [score(file, CAT) for file in files]
    assert sizes == sorted(sizes)
    assert scores == sorted(scores)


def test_quality_100_leaves_rounding_alone() -> None:
    assert psnr(decoded(masked(CAT, 100, "4:4:4")), CAT) > 48
    assert trade_for(100).price == 0
    assert set(trade_for(100).tables.luma) == {1}


@pytest.mark.parametrize("sampling", ["4:4:4", "4:2:0", "grey"])
def test_decoders_agree(sampling: MaskedSampling) -> None:
    pixels = np.ascontiguousarray(CAT[:, :, 1]) if sampling == "grey" else CAT
    file = masked(pixels, 85, sampling)
    ours = decoded(file)
    assert psnr(ours, pixels) > 30
    theirs: dict[str, Any] = {
        "libvips": library().Image.new_from_buffer(file, "", fail_on="warning").numpy(),
        "OpenCV": cv2.imdecode(
            np.frombuffer(file, np.uint8),
            cv2.IMREAD_GRAYSCALE if sampling == "grey" else cv2.IMREAD_COLOR_RGB,
        ),
    }
    for name, other in theirs.items():
        assert np.array_equal(np.squeeze(other), ours), name


@settings(max_examples=25)
@given(
    width=st.integers(1, 70),
    height=st.integers(1, 70),
    quality=st.integers(1, 100),
    sampling=st.sampled_from(["4:4:4", "4:2:0", "grey"]),
    seed=st.integers(0, 9),
)
def test_any_size(
    width: int, height: int, quality: int, sampling: MaskedSampling, seed: int
) -> None:
    random = np.random.default_rng(seed)
    shape = (height, width) if sampling == "grey" else (height, width, 3)
    levels = random.choice([2, 20, 256])  # from flat to the largest coefficients there are
    pixels = (random.integers(0, levels, shape) * (255 // (levels - 1))).astype(np.uint8)
    found = decoded(masked(pixels, quality, sampling))
    assert found.shape == shape
    if quality == 100 and sampling != "4:2:0":
        assert psnr(found, pixels) > 45


def test_several_tiles_without_seams() -> None:
    pixels = np.ascontiguousarray(np.tile(CAT, (3, 5, 1))[:560, :1100])
    found = decoded(masked(pixels, 70))
    errors = ((found.astype(float) - pixels) ** 2).mean(axis=(0, 2))
    # 1,100 pixels are cut into three tiles of 23 MCUs; columns beside a cut are like the others.
    cuts = np.concatenate([errors[cut - 4 : cut + 4] for cut in (368, 736)])
    assert cuts.mean() < 1.6 * errors.mean()


def test_every_set_of_kernels_gives_the_same_bytes() -> None:
    script = (
        "import sys; from skimage import data; from stripline.jpeg.masked import encode_masked;"
        "cat = data.chelsea()[:90, 100:250].copy();"
        "made = encode_masked(cat, 150, 90, quality=80, sampling='4:2:0');"
        "sys.stdout.buffer.write(made)"
    )
    made = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "STRIPLINE_KERNELS": kernels},
            check=True,
            capture_output=True,
        ).stdout
        for kernels in available_kernels()
    }
    assert len(made) == 1


def test_refusals() -> None:
    with pytest.raises(InvalidOption, match="quality is 0"):
        masked(CAT, 0)
    with pytest.raises(ValueError, match="does not hold a picture"):
        encode_masked(bytes(10), 2, 2, quality=80, sampling="4:2:0")
    with pytest.raises(ValueError, match="does not hold a picture"):
        encode_masked(b"", 0, 0, quality=80, sampling="grey")
    with pytest.raises(ValueError, match=r"cannot be coded as 4:2:2"):
        encode_masked(bytes(12), 2, 2, quality=80, sampling="4:2:2")  # type: ignore[arg-type]
