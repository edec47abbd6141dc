"""As true to the source and as small as libjpeg-turbo.

Both encode the same pixels at the same quality and sampling with the standard Huffman tables and
an accurate DCT, and both files are decoded by the same decoder. libjpeg-turbo is asked through
OpenCV, which knows every sampling; simplejpeg would use its fast DCT below quality 96.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, get_args

import cv2
import numpy as np
import pytest
from PIL import Image

import bench_pictures
from stripline import jpeg
from tests.conformance import decoders

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

SAMPLINGS: tuple[jpeg.Sampling, ...] = get_args(jpeg.Sampling)
QUALITIES = (1, 5, 10, 25, 50, 75, 80, 85, 90, 95, 97, 98, 99, 100)

PSNR_TOLERANCE = 0.05  # dB
SIZE_TOLERANCE = 0.005  # share of libjpeg-turbo's file, its header and our restart markers included

# A stained tissue, stars on black, a sky: what the benchmark's photographs do not show.
MORE_PHOTOGRAPHS = ("ihc.png", "hubble_deep_field.jpg", "rocket.jpg")

# Cut to sizes that are no multiple of a block, so that edges count too.
PICTURES: dict[str, Pixels] = {
    **{
        name: bench_pictures.photograph(name)[:397, :501]
        for name in bench_pictures.PHOTOGRAPHS + MORE_PHOTOGRAPHS
    },
    "smooth": bench_pictures.smooth(403, 301),
    "noise": bench_pictures.noise(403, 301),
}


def libjpeg_turbo(picture: Pixels, quality: int, sampling: jpeg.Sampling) -> bytes:
    """The reference's file."""
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality]
    if sampling == "grey":
        # Pillow weighs the channels as libjpeg does.
        pixels = np.asarray(Image.fromarray(picture).convert("L"))
    else:
        pixels = picture[..., ::-1]
        factors = getattr(cv2, f"IMWRITE_JPEG_SAMPLING_FACTOR_{sampling.replace(':', '')}")
        settings += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factors]
    done, data = cv2.imencode(".jpg", np.ascontiguousarray(pixels), settings)
    assert done
    return data.tobytes()


def luma_of(picture: Pixels) -> NDArray[np.float64]:
    """BT.601 luma, unrounded: what a grey file stands for."""
    weighted: NDArray[np.float64] = picture @ np.array((0.299, 0.587, 0.114))
    return weighted


def psnr(seen: Pixels, source: NDArray[np.float64]) -> float:
    """Peak signal-to-noise ratio in dB; infinite for equal pictures."""
    error = float(np.mean((seen - source) ** 2))
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("name", PICTURES)
def test_as_true_to_the_source(name: str, sampling: jpeg.Sampling) -> None:
    picture = np.ascontiguousarray(PICTURES[name])
    source = luma_of(picture) if sampling == "grey" else picture.astype(np.float64)
    worse = {}
    for quality in QUALITIES:
        ours = jpeg.encode(picture, quality=quality, subsampling=sampling)
        theirs = libjpeg_turbo(picture, quality, sampling)
        reached = psnr(decoders.turbojpeg(ours), source)
        reference = psnr(decoders.turbojpeg(theirs), source)
        if reached < reference - PSNR_TOLERANCE:
            worse[quality] = f"{reached:.3f} dB, libjpeg-turbo {reference:.3f} dB"
    assert not worse


def larger_than_libjpeg_turbo(
    picture: Pixels, sampling: jpeg.Sampling, qualities: tuple[int, ...]
) -> dict[int, str]:
    """The qualities at which our file is too large, and by how much."""
    larger = {}
    for quality in qualities:
        ours = len(jpeg.encode(picture, quality=quality, subsampling=sampling))
        theirs = len(libjpeg_turbo(picture, quality, sampling))
        if ours > theirs * (1 + SIZE_TOLERANCE):
            larger[quality] = f"{ours} bytes, {100 * (ours / theirs - 1):+.2f} %"
    return larger


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("name", PICTURES)
def test_as_small(name: str, sampling: jpeg.Sampling) -> None:
    picture = np.ascontiguousarray(PICTURES[name])
    assert not larger_than_libjpeg_turbo(picture, sampling, QUALITIES)


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("name", bench_pictures.PICTURES)
def test_as_small_in_many_strips(name: str, sampling: jpeg.Sampling) -> None:
    picture = bench_pictures.PICTURES[name](2001, 1333)
    assert jpeg.inspect(jpeg.encode(picture, quality=1, subsampling=sampling)).strips > 1
    assert not larger_than_libjpeg_turbo(picture, sampling, (1, 25, 50, 75, 90, 95, 100))
