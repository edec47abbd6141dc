"""What stripline writes, other people's decoders read: no warning, the same pixels everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np
import pytest
import simplejpeg
from hypothesis import given, settings
from hypothesis import strategies as st

import bench_pictures
from stripline import jpeg
from tests.conformance import decoders

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

SAMPLINGS: tuple[jpeg.Sampling, ...] = get_args(jpeg.Sampling)
QUALITIES = (1, 25, 50, 75, 90, 95, 100)

# Sampling -> FFmpeg's name of the layout, and what width and height of the colour planes are
# divided by.
LAYOUTS = {
    "4:4:4": ("yuvj444p", 1, 1),
    "4:2:2": ("yuvj422p", 2, 1),
    "4:4:0": ("yuvj440p", 1, 2),
    "4:2:0": ("yuvj420p", 2, 2),
    "grey": ("gray", 1, 1),
}

# FFmpeg's inverse DCT is not libjpeg's: the two may round a level apart.
FFMPEG_DIFFERENCE = 1

# Interleaved layouts and the places of red, green and blue in them; grey has one channel.
CHANNELS: dict[jpeg.PixelFormat, tuple[int, tuple[int, int, int]]] = {
    "rgb": (3, (0, 1, 2)),
    "bgr": (3, (2, 1, 0)),
    "rgba": (4, (0, 1, 2)),
    "bgra": (4, (2, 1, 0)),
    "rgbx": (4, (0, 1, 2)),
    "bgrx": (4, (2, 1, 0)),
}


def assert_all_agree(data: bytes, width: int, height: int, sampling: str) -> Pixels:
    """Every decoder accepts the file silently and sees the same picture, which is returned."""
    shape = (height, width) if sampling == "grey" else (height, width, 3)
    seen = {name: decode(data) for name, decode in decoders.SAME_PIXELS.items()}
    first = seen["Pillow"]
    assert first.shape == shape
    for name, pixels in seen.items():
        assert np.array_equal(pixels, first), f"{name} sees other pixels than Pillow"
    layout, planes = decoders.ffmpeg(data)
    name, across, down = LAYOUTS[sampling]
    assert layout == name
    assert planes[0].shape == (height, width)
    for plane in planes[1:]:
        assert plane.shape == (-(-height // down), -(-width // across))
    luma = first if sampling == "grey" else decoders.ycbcr(data)[..., 0]
    difference = np.abs(planes[0].astype(np.int16) - luma)
    assert difference.max() <= FFMPEG_DIFFERENCE
    return first


def pixels_of(seed: int, width: int, height: int) -> Pixels:
    """A piece of 1/f noise, so that odd sizes get content that an encoder can stumble over."""
    top, left = seed * 37 % 900, seed * 101 % 900
    piece: Pixels = NOISE[top : top + height, left : left + width]
    return np.ascontiguousarray(piece)


NOISE = bench_pictures.noise(1024, 1024)

PICTURES = {
    **{name: bench_pictures.photograph(name)[:251, :333] for name in bench_pictures.PHOTOGRAPHS},
    "smooth": bench_pictures.smooth(320, 200),
    "noise": NOISE[:199, :301],
    "one pixel": NOISE[:1, :1],
    "one row": NOISE[:1, :300],
    "one column": NOISE[:300, :1],
    "white noise": np.random.default_rng(9).integers(0, 256, (67, 65, 3), np.uint8),
}


@pytest.mark.parametrize("sampling", SAMPLINGS)
@pytest.mark.parametrize("name", PICTURES)
def test_every_decoder_reads_every_picture(name: str, sampling: jpeg.Sampling) -> None:
    picture = np.ascontiguousarray(PICTURES[name])
    height, width = picture.shape[:2]
    for quality in QUALITIES:
        data = jpeg.encode(picture, quality=quality, subsampling=sampling)
        assert_all_agree(data, width, height, sampling)


@settings(max_examples=120, deadline=None)
@given(
    width=st.integers(1, 70),
    height=st.integers(1, 70),
    layout=st.sampled_from(sorted(CHANNELS)),
    sampling=st.sampled_from(SAMPLINGS),
    quality=st.integers(1, 100),
    seed=st.integers(0, 1000),
)
def test_every_shape_layout_and_sampling(
    width: int,
    height: int,
    layout: jpeg.PixelFormat,
    sampling: jpeg.Sampling,
    quality: int,
    seed: int,
) -> None:
    rgb = pixels_of(seed, width, height)
    channels, places = CHANNELS[layout]
    picture = np.full((height, width, channels), 255, np.uint8)
    picture[..., places] = rgb
    data = jpeg.encode(
        picture.tobytes(),
        width=width,
        height=height,
        format=layout,
        quality=quality,
        subsampling=sampling,
    )
    assert_all_agree(data, width, height, sampling)
    assert data == jpeg.encode(rgb, quality=quality, subsampling=sampling)


@settings(max_examples=40, deadline=None)
@given(width=st.integers(1, 70), height=st.integers(1, 70), seed=st.integers(0, 1000))
def test_every_shape_of_grey(width: int, height: int, seed: int) -> None:
    grey = np.ascontiguousarray(pixels_of(seed, width, height)[..., 1])
    seen = assert_all_agree(jpeg.encode(grey, subsampling="grey"), width, height, "grey")
    assert np.abs(seen.astype(np.int16) - grey).max() <= 2


@settings(max_examples=60, deadline=None)
@given(
    width=st.integers(1, 70),
    height=st.integers(1, 70),
    layout=st.sampled_from(("i420", "nv12", "i444")),
    seed=st.integers(0, 1000),
)
def test_every_shape_of_planes(
    width: int, height: int, layout: jpeg.PixelFormat, seed: int
) -> None:
    full = pixels_of(seed, width, height)
    divisor = 1 if layout == "i444" else 2
    sampling: jpeg.Sampling = "4:4:4" if layout == "i444" else "4:2:0"
    luma = np.ascontiguousarray(full[..., 0])
    blue, red = (np.ascontiguousarray(full[::divisor, ::divisor, i]) for i in (1, 2))
    planes = (luma, np.stack((blue, red), -1)) if layout == "nv12" else (luma, blue, red)
    frame = jpeg.PlanarFrame(layout, width, height, planes)
    data = jpeg.encode(frame, subsampling=sampling)
    assert_all_agree(data, width, height, sampling)
    # At quality 100 the planes come back as they went in, but for rounding in the two DCTs.
    _, seen = decoders.ffmpeg(data)
    for plane, original in zip(seen, (luma, blue, red), strict=True):
        assert np.abs(plane.astype(np.int16) - original).max() <= 2


@pytest.mark.parametrize("name", [*decoders.SAME_PIXELS, "FFmpeg"])
def test_decoders_notice_damage(name: str) -> None:
    """The tests above mean nothing if a decoder keeps quiet about a broken file."""
    decode = {**decoders.SAME_PIXELS, "FFmpeg": decoders.ffmpeg}[name]
    whole = simplejpeg.encode_jpeg(np.ascontiguousarray(NOISE[:160, :160]), 90)
    decode(whole)
    # Pillow reports files that end early, not data that does.
    end = b"" if name == "Pillow" else whole[-2:]
    with pytest.raises(decoders.DecoderWarning):
        decode(whole[: len(whole) // 2] + end)
