"""WebP from pictures."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, ImageSequence
from pydantic import ValidationError

from stripline._vips import library
from stripline.image.encode.webp import WebpEncoder, WebpSettings
from stripline.image.output import Output
from stripline.streams import Metadata
from tests.image.encode import samples
from tests.support import psnr

if TYPE_CHECKING:
    from numpy.typing import NDArray


PHOTO = samples.coffee()[100:300, 150:400]


def riff_size(file: bytes) -> int:
    return int.from_bytes(file[4:8], "little") + 8


@pytest.mark.parametrize(
    "pixels",
    [
        PHOTO[:101, :153],
        PHOTO[:101, :153, 0],
        samples.with_alpha(PHOTO[:101, :153]),
        samples.icon(),
        PHOTO[:1, :1],
    ],
    ids=("rgb", "grey", "rgba", "icon", "one"),
)
def test_lossless_is_exact(pixels: NDArray[np.uint8]) -> None:
    image = samples.opened(samples.encode(pixels, "webp", lossless=True))
    found = np.asarray(image)
    assert np.array_equal(found, pixels if pixels.ndim == 3 else np.dstack([pixels] * 3))


def test_lossy_with_alpha() -> None:
    pixels = samples.with_alpha(PHOTO)
    found = samples.pixels_of(samples.encode(pixels, "webp"))
    assert np.array_equal(found[:, :, 3], pixels[:, :, 3])
    seen = pixels[:, :, 3] > 0
    assert psnr(found[seen][:, :3], pixels[seen][:, :3]) > 33
    small = samples.pixels_of(samples.encode(pixels, "webp", webp={"alpha_quality": 20}))
    assert not np.array_equal(small[:, :, 3], pixels[:, :, 3])
    assert psnr(small[:, :, 3], pixels[:, :, 3]) > 24


def test_near_lossless_lies_between() -> None:
    pixels = PHOTO
    lossless = samples.encode(pixels, "webp", lossless=True)
    near = samples.encode(pixels, "webp", webp={"near_lossless": 20})
    assert len(near) < 0.9 * len(lossless)
    assert 38 < psnr(samples.pixels_of(near), pixels) < float("inf")
    assert samples.encode(pixels, "webp", webp={"near_lossless": 20}, lossless=True) == lossless


def test_effort() -> None:
    sizes = [len(samples.encode(PHOTO, "webp", effort=effort)) for effort in (0, 2, 6)]
    assert sizes[0] > sizes[1] > sizes[2]
    assert samples.encode(PHOTO, "webp") == samples.encode(PHOTO, "webp", effort=2)
    corner = samples.icon()[:64, :64]
    most = samples.encode(corner, "webp", effort=6)
    assert samples.encode(corner, "webp", effort=9) == most


@pytest.mark.parametrize("settings", [{"smart_subsample": True}, {"preset": "text"}])
def test_settings_reach_the_encoder(settings: dict[str, Any]) -> None:
    pixels = samples.screenshot()
    file = samples.encode(pixels, "webp", webp=settings)
    assert file != samples.encode(pixels, "webp")
    assert psnr(samples.pixels_of(file), pixels) > 28


@pytest.mark.parametrize("output", [{}, {"lossless": True}])
@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize(
    "metadata",
    [
        Metadata(),
        Metadata(exif=samples.EXIF),
        Metadata(xmp=samples.XMP),
        Metadata(icc=samples.ICC),
        Metadata(exif=b"Exif\0\0" + samples.EXIF, xmp=samples.XMP, icc=samples.ICC),
    ],
)
def test_metadata_is_what_was_asked_for(
    *, metadata: Metadata, alpha: bool, output: dict[str, Any]
) -> None:
    pixels = PHOTO[:77, :101]
    pixels = samples.with_alpha(pixels) if alpha else pixels
    file = samples.encode(samples.picture(pixels, metadata), "webp", **output)
    wanted = {
        "exif": {0x010E: "hello"} if metadata.exif else None,
        "xmp": metadata.xmp,
        "icc": metadata.icc,
    }
    assert samples.said(file) == {name: value for name, value in wanted.items() if value}
    assert riff_size(file) == len(file)
    # libwebp's own demuxer, which is strict about the flags, agrees.
    plain = samples.encode(pixels, "webp", **output)
    assert np.array_equal(samples.pixels_of(file), samples.pixels_of(plain))
    assert library().Image.new_from_buffer(file, "").bands == 3 + alpha


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("loops", [0, 1, 7])
def test_animation(*, alpha: bool, loops: int) -> None:
    made = samples.animation(alpha=alpha, loops=loops)
    file = samples.encode(made, "webp", lossless=True)
    read = library().Image.new_from_buffer(file, "", n=-1)
    assert read.get("loop") == loops
    # Equal frames are one, shown for as long as both.
    assert read.get("delay") == [70, 330, 90, 40]
    image = Image.open(io.BytesIO(file))
    frames = [np.asarray(frame) for frame in ImageSequence.Iterator(image)]
    source = made.pixels.numpy().reshape(5, 64, 96, -1)
    for found, wanted in zip(frames, source[[0, 1, 3, 4]], strict=True):
        seen = wanted[:, :, 3] > 0 if alpha else np.ones((64, 96), bool)
        assert np.array_equal(found[seen][:, :3], wanted[seen][:, :3])


def test_animation_with_metadata() -> None:
    made = samples.animation(alpha=True)
    file = samples.encode(replace(made, metadata=samples.FULL), "webp")
    assert samples.said(file) == {
        "exif": {0x010E: "hello"},
        "xmp": samples.XMP,
        "icc": samples.ICC,
    }
    assert library().Image.new_from_buffer(file, "", n=-1).get("n-pages") == 4


def test_animation_without_delays() -> None:
    file = samples.encode(replace(samples.animation(), delays=()), "webp")
    assert library().Image.new_from_buffer(file, "", n=-1).get("delay") == [100, 200, 100, 100]


@pytest.mark.parametrize(
    "settings",
    [{"quality": 0}, {"near_lossless": 101}, {"alpha_quality": -1}, {"preset": "art"}],
)
def test_settings_out_of_range(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        WebpSettings(**settings)


def test_resolved_settings() -> None:
    assert WebpEncoder().resolved_settings(Output()) == {
        "quality": WebpEncoder.traits.quality,
        "effort": 2,
        "lossless": False,
        "near_lossless": None,
        "alpha_quality": 100,
        "smart_subsample": False,
        "preset": "default",
    }
    near = Output(webp=WebpSettings(near_lossless=60))
    assert WebpEncoder().resolved_settings(near)["quality"] is None
