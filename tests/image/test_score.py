"""Scores against their definition, against the PyPI package, and against what they promise."""

from __future__ import annotations

import io
import math
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter
from ssimulacra2 import ssimulacra2 as pypi

import bench_pictures
from stripline.errors import InvalidDimensions, InvalidOption, UnsupportedPixels
from stripline.image.score import Reference, psnr, ssimulacra2
from stripline.jpeg import available_kernels
from tests import support
from tests.image import ssimulacra2_definition as definition

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]

# Measured: at most 0.0008, where a score is near zero. Single precision is all that differs.
TOLERANCE = 0.005


def _saved(file_format: str, quality: int, picture: Picture) -> Picture:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, file_format, quality=quality)
    return np.ascontiguousarray(Image.open(file).convert("RGB"))


def _blurred(picture: Picture) -> Picture:
    return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(1.5)))


def _noisy(picture: Picture) -> Picture:
    noise = np.random.default_rng(1).normal(0, 8, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def _tinted(picture: Picture) -> Picture:
    tinted: Picture = np.clip(picture + np.array([6.0, 0, -6]), 0, 255).astype(np.uint8)
    return tinted


def _grey(picture: Picture) -> Picture:
    return np.repeat(np.asarray(Image.fromarray(picture).convert("L"))[..., np.newaxis], 3, axis=2)


DISTORTIONS: dict[str, Callable[[Picture], Picture]] = {
    **{f"JPEG {quality}": partial(_saved, "JPEG", quality) for quality in (10, 30, 50, 75, 90, 98)},
    "WebP": partial(_saved, "WEBP", 60),
    "blur": _blurred,
    "noise": _noisy,
    "tint": _tinted,
    "grey": _grey,
}


def _score(original: Picture, distorted: Picture) -> float:
    height, width = original.shape[:2]
    return ssimulacra2(original, distorted, width, height)


def _of_pypi(original: Picture, distorted: Picture) -> float:
    files = io.BytesIO(), io.BytesIO()
    for picture, file in zip((original, distorted), files, strict=True):
        Image.fromarray(picture).save(file, "PNG", compress_level=0)
        file.seek(0)
    return float(pypi.compute_ssimulacra2(*files))


@pytest.fixture
def _pypi_with_the_authors_blur(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the package blur as SSIMULACRA 2's author does; it mirrors pixels at two of the edges."""

    def blur(image: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.moveaxis(definition.blur(np.moveaxis(image, 2, 0)), 0, 2)

    monkeypatch.setattr(pypi, "blur_image", blur)


@pytest.mark.usefixtures("_pypi_with_the_authors_blur")
@pytest.mark.parametrize("distortion", DISTORTIONS)
@pytest.mark.parametrize("name", ["astronaut.png", "motorcycle_left.png"])
def test_photographs_score_as_defined(name: str, distortion: str) -> None:
    original = np.ascontiguousarray(bench_pictures.photograph(name)[20:252, 90:330])
    distorted = DISTORTIONS[distortion](original)
    found = _score(original, distorted)
    assert found == pytest.approx(definition.score(original, distorted), abs=TOLERANCE)
    assert found == pytest.approx(_of_pypi(original, distorted), abs=TOLERANCE)


def test_the_package_as_it_is_differs_little() -> None:
    original = bench_pictures.photographs(960, 640)
    distorted = _saved("JPEG", 85, original)
    assert _score(original, distorted) == pytest.approx(_of_pypi(original, distorted), abs=0.5)


@pytest.mark.parametrize(
    ("width", "height"),
    [(8, 8), (8, 2000), (2000, 8), (9, 33), (17, 15), (71, 70), (255, 129), (301, 203)],
)
def test_odd_and_small_sizes_score_as_defined(width: int, height: int) -> None:
    original = bench_pictures.photographs(width, height)
    distorted = _saved("JPEG", 60, original)
    found = _score(original, distorted)
    assert found == pytest.approx(definition.score(original, distorted), abs=TOLERANCE)


@given(st.integers(8, 90), st.integers(8, 90), st.integers(0, 255), st.integers(0, 2**32 - 1))
def test_any_noise_scores_as_defined(width: int, height: int, strength: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    original = random.integers(0, 256, (height, width, 3), np.uint8)
    change = random.integers(-strength, strength + 1, original.shape)
    distorted = np.clip(original + change, 0, 255).astype(np.uint8)
    found = _score(original, distorted)
    assert math.isfinite(found)
    assert found <= 100
    # Scores far below zero grow with the cube of the error.
    wanted = definition.score(original, distorted)
    assert found == pytest.approx(wanted, abs=0.01 + 1e-5 * abs(wanted))


@pytest.mark.parametrize("shape", [(8, 8), (100, 37), (512, 512)])
def test_the_same_pixels_score_100(shape: tuple[int, int]) -> None:
    for picture in (support.noise(*shape), bench_pictures.photographs(*reversed(shape))):
        assert _score(picture, picture.copy()) == 100
        assert psnr(picture, picture.copy(), shape[1], shape[0]) == math.inf


def test_flat_pictures_score_by_their_distance() -> None:
    black = np.zeros((64, 64, 3), np.uint8)
    scores = [_score(black, np.full_like(black, level)) for level in (0, 1, 8, 64, 255)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == 100
    assert scores[-1] < 0


def test_scores_grow_with_quality(photo: Picture) -> None:
    reference = Reference(photo, 512, 512)
    qualities = (5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100)
    variants = [_saved("JPEG", quality, photo) for quality in qualities]
    scores = [reference.score(variant) for variant in variants]
    assert scores == sorted(scores)
    assert len(set(scores)) == len(scores)
    ratios = [psnr(photo, variant, 512, 512) for variant in variants]
    assert ratios == sorted(ratios)


def test_a_reference_serves_many(photo: Picture) -> None:
    kept = photo.copy()
    reference = Reference(kept, 512, 512)
    kept[:] = 0  # it holds what it needs
    assert (reference.width, reference.height, reference.channels) == (512, 512, 3)
    for variant in (_saved("JPEG", 40, photo), _noisy(photo), photo, _noisy(photo)):
        assert reference.score(variant) == _score(photo, variant)


def test_threads_change_nothing(photo: Picture) -> None:
    reference = Reference(photo, 512, 512)
    variants = [_saved("JPEG", quality, photo) for quality in range(10, 90, 10)]
    alone = [reference.score(variant) for variant in variants]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(reference.score, variants * 3)) == alone * 3


def test_kernels_change_nothing(photo: Picture, tmp_path: Any, monkeypatch: Any) -> None:
    np.save(tmp_path / "a.npy", photo)
    np.save(tmp_path / "b.npy", _noisy(photo))
    code = (
        "import sys, numpy; from stripline.image.score import ssimulacra2\n"
        "print(repr(ssimulacra2(*map(numpy.load, sys.argv[1:]), 512, 512)))"
    )
    found = set()
    for kernels in available_kernels():
        monkeypatch.setenv("STRIPLINE_KERNELS", kernels)
        found.add(support.run_script(code, tmp_path / "a.npy", tmp_path / "b.npy"))
    assert len(found) == 1


def test_grey_is_red_green_and_blue_alike(photo: Picture) -> None:
    grey = np.ascontiguousarray(_grey(photo)[..., 0])
    worse = _blurred(np.repeat(grey[..., np.newaxis], 3, axis=2))
    worse_grey = np.ascontiguousarray(worse[..., 0])
    wanted = _score(_grey(photo), worse)
    assert ssimulacra2(grey, worse_grey, 512, 512, channels=1) == wanted
    assert Reference(photo, 512, 512).score(grey, channels=1) == _score(photo, _grey(photo))
    assert psnr(grey, worse_grey, 512, 512, channels=1) == pytest.approx(
        support.psnr(grey, worse_grey)
    )


@given(st.integers(1, 300), st.integers(1, 300), st.sampled_from([1, 3]))
def test_psnr_is_as_defined(width: int, height: int, channels: Any) -> None:
    one = support.noise(height, width, channels)
    other = support.noise(height, width, channels, seed=2)
    found = psnr(one, other, width, height, channels=channels)
    assert found == pytest.approx(support.psnr(one, other))


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_bytes_will_do(photo: Picture, kind: Callable[[bytes], object]) -> None:
    one, other = kind(photo.tobytes()), kind(_noisy(photo).tobytes())
    assert ssimulacra2(one, other, 512, 512) == _score(photo, _noisy(photo))
    assert psnr(one, other, 512, 512) == pytest.approx(support.psnr(photo, _noisy(photo)))


GOOD = bytes(3 * 16 * 16)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((GOOD, GOOD[1:], 16, 16), InvalidDimensions, r"distorted picture has 767 bytes; 16x16"),
        ((GOOD + b"x", GOOD, 16, 16), InvalidDimensions, r"reference picture has 769 bytes"),
        ((GOOD, GOOD, 16, 8), InvalidDimensions, r"768 bytes; 16x8 with 3 channels take 384"),
        ((GOOD, GOOD, 7, 16), InvalidDimensions, r"width is 7; pictures of 8 to 65,535"),
        ((GOOD, GOOD, 16, 7), InvalidDimensions, r"height is 7"),
        ((GOOD, GOOD, 16, 65_536), InvalidDimensions, r"height is 65,536"),
        ((GOOD, GOOD, -16, 16), InvalidDimensions, r"width is -16"),
        ((GOOD, GOOD, 16.0, 16), InvalidDimensions, r"width must be an int, not float"),
        (("text", GOOD, 16, 16), UnsupportedPixels, r"reference picture must be bytes-like, not s"),
        ((GOOD, None, 16, 16), UnsupportedPixels, r"distorted picture must be bytes-like"),
        ((GOOD, np.zeros((16, 16, 3)), 16, 16), UnsupportedPixels, r"type 'd' with 8 bytes"),
        ((GOOD, np.zeros((16, 16, 3), "i1"), 16, 16), UnsupportedPixels, r"type 'b'"),
        ((GOOD, np.zeros((16, 32, 3), "u1")[:, ::2], 16, 16), UnsupportedPixels, r"has gaps"),
    ],
)
def test_bad_pictures_are_refused(arguments: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ssimulacra2(*arguments)
    if "pictures of 8" not in message and arguments[3] != 7:
        with pytest.raises(error, match=message.replace("8 to", "1 to")):
            psnr(*arguments)


@pytest.mark.parametrize("channels", [0, 2, 4, "rgb", None])
def test_other_channels_are_refused(channels: Any) -> None:
    with pytest.raises(InvalidOption, match="give 1 for grey or 3"):
        Reference(GOOD, 16, 16, channels=channels)
    with pytest.raises(InvalidOption, match="give 1 for grey or 3"):
        psnr(GOOD, GOOD, 16, 16, channels=channels)


def test_a_single_pixel_has_a_psnr() -> None:
    assert psnr(b"\0\0\0", b"\0\0\1", 1, 1) == pytest.approx(10 * math.log10(3 * 255**2))


def test_no_other_library_is_loaded() -> None:
    code = (
        "from stripline.image.score import ssimulacra2\n"
        "import sys; print(ssimulacra2(bytes(192), bytes(192), 8, 8), *sys.modules)"
    )
    value, *loaded = support.run_script(code).split()
    assert value == "100.0"
    assert not {"numpy", "PIL", "pyvips", "asyncio"} & set(loaded)
