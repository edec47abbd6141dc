"""AVIF from pictures."""

from __future__ import annotations

import io
from typing import Any

import av
import numpy as np
import pytest
from pydantic import ValidationError

from stripline._vips import library
from stripline.errors import InvalidRecipe, UnsupportedFormat
from stripline.image.encode._avif_items import with_exif
from stripline.image.encode.avif import AvifEncoder, AvifSettings
from stripline.image.output import Output
from stripline.streams import MemorySink, Metadata
from tests.image.encode import samples
from tests.support import psnr

PHOTO = samples.coffee()[100:231, 150:283]


def test_default() -> None:
    file = samples.encode(PHOTO, "avif")
    image = samples.opened(file)
    assert (image.mode, image.size) == ("RGB", (133, 131))
    assert psnr(np.asarray(image), PHOTO) > 31
    assert file == samples.encode(PHOTO, "avif", effort=2, quality=AvifEncoder.traits.quality)


@pytest.mark.parametrize("effort", [0, 2])
def test_lossless_is_exact(effort: int) -> None:
    for pixels in (PHOTO, samples.with_alpha(PHOTO), samples.icon()[:99, :77], PHOTO[:1, :1]):
        found = samples.pixels_of(samples.encode(pixels, "avif", lossless=True, effort=effort))
        assert np.array_equal(found, pixels)


def test_alpha() -> None:
    pixels = samples.with_alpha(PHOTO)
    found = samples.pixels_of(samples.encode(pixels, "avif", quality=85))
    seen = pixels[:, :, 3] > 0
    assert psnr(found[:, :, 3], pixels[:, :, 3]) > 40
    assert psnr(found[seen][:, :3], pixels[seen][:, :3]) > 33


def video_format(file: bytes) -> str:
    """What FFmpeg makes of the pictures within the file."""
    with av.open(io.BytesIO(file)) as container:
        return str(container.streams.video[0].format.name)


@pytest.mark.parametrize(
    ("bits", "deep", "expected"),
    [
        (None, False, "yuv420p"),
        (10, False, "yuv420p10le"),
        (12, False, "yuv420p12le"),
        (None, True, "yuv420p12le"),
        (10, True, "yuv420p10le"),
        (8, True, "yuv420p"),
    ],
)
def test_bits(*, bits: Any, deep: bool, expected: str) -> None:
    pixels = samples.deep(PHOTO) if deep else PHOTO
    file = samples.encode(pixels, "avif", avif={"bits": bits}, effort=0, quality=85)
    assert video_format(file) == expected
    assert psnr(samples.pixels_of(file), PHOTO) > 35


def test_12_bits_hold_more_than_8() -> None:
    """A ramp of 2,000 levels within 8 of the 256 of 8 bits."""
    ramp = np.tile(np.linspace(30_000, 32_000, 256).astype(np.uint16), (64, 1))
    pixels = np.dstack([ramp] * 3)
    file = samples.encode(pixels, "avif", quality=95)
    found = library().Image.new_from_buffer(file, "").numpy().astype(float)
    assert found.dtype == float
    assert np.abs(found - pixels).mean() < 30
    assert len(np.unique(found[:, :, 1])) > 60


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ({"quality": 89}, "yuv420p"),
        ({"quality": 90}, "yuv444p"),
        ({"quality": 30, "avif": {"subsampling": "4:4:4"}}, "yuv444p"),
        ({"quality": 95, "avif": {"subsampling": "4:2:0"}}, "yuv420p"),
        ({"lossless": True}, "gbrp"),
    ],
)
def test_subsampling(output: dict[str, Any], expected: str) -> None:
    assert video_format(samples.encode(PHOTO, "avif", effort=0, **output)) == expected


def test_effort() -> None:
    sizes = [len(samples.encode(samples.coffee(), "avif", effort=effort)) for effort in (0, 2)]
    assert sizes[0] > sizes[1]


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
def test_metadata_is_what_was_asked_for(*, metadata: Metadata, alpha: bool) -> None:
    pixels = samples.with_alpha(PHOTO) if alpha else PHOTO
    file = samples.encode(samples.picture(pixels, metadata), "avif", effort=0)
    wanted = {
        "exif": {0x010E: "hello"} if metadata.exif else None,
        "xmp": metadata.xmp,
        "icc": metadata.icc,
    }
    assert samples.said(file) == {name: value for name, value in wanted.items() if value}
    if metadata.exif:
        assert bytes(samples.opened(file).info["exif"]).removeprefix(b"Exif\0\0") == samples.EXIF
        read = library().Image.new_from_buffer(file, "")
        assert bytes(read.get("exif-data")).removeprefix(b"Exif\0\0") == samples.EXIF
    plain = samples.encode(pixels, "avif", effort=0)
    assert np.array_equal(samples.pixels_of(file), samples.pixels_of(plain))


def test_exif_in_a_file_that_has_none() -> None:
    file = samples.encode(PHOTO, "avif", effort=0)
    with pytest.raises(UnsupportedFormat, match="no Exif item"):
        with_exif(file, samples.EXIF)
    with pytest.raises(UnsupportedFormat, match="no meta box"):
        with_exif(file[:28], samples.EXIF)


def test_lossless_refuses_less_chroma() -> None:
    wanted = Output(lossless=True, avif=AvifSettings(subsampling="4:2:0"))
    with pytest.raises(InvalidRecipe, match="drops chroma"):
        AvifEncoder().write(samples.picture(PHOTO), wanted, MemorySink())


@pytest.mark.parametrize("settings", [{"quality": 0}, {"bits": 9}, {"subsampling": "4:2:2"}])
def test_settings_out_of_range(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        AvifSettings(**settings)


def test_resolved_settings() -> None:
    assert AvifEncoder().resolved_settings(Output(quality=92)) == {
        "quality": 92,
        "effort": 2,
        "lossless": False,
        "subsampling": "4:4:4",
        "bits": None,
    }
