"""JPEG from pictures."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pytest
from pydantic import ValidationError

from stripline.errors import InvalidOption, InvalidRecipe
from stripline.image.encode.jpeg import JpegEncoder, JpegSettings
from stripline.image.output import Output
from stripline.jpeg import encode, inspect
from stripline.streams import MemorySink, Metadata
from tests.image.encode import samples
from tests.support import CountingPool, psnr

if TYPE_CHECKING:
    from stripline.jpeg import Sampling

SAMPLINGS: tuple[Sampling, ...] = ("4:4:4", "4:2:2", "4:4:0", "4:2:0")


def test_default_is_our_own_encoder_at_80() -> None:
    pixels = samples.coffee()
    file = samples.encode(pixels, "jpeg")
    assert file == encode(pixels, quality=80, subsampling="4:2:0")
    assert psnr(samples.pixels_of(file), pixels) > 33


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_every_sampling(sampling: Sampling) -> None:
    file = samples.encode(samples.coffee(), "jpeg", jpeg={"subsampling": sampling})
    assert inspect(io.BytesIO(file)).sampling == sampling


@pytest.mark.parametrize(
    ("quality", "effort", "sampling"),
    [
        (89, 2, "4:2:0"),
        (90, 2, "4:4:4"),
        (89, 3, "4:2:0"),
        (90, 3, "4:4:4"),
        (89, 7, "4:2:0"),
        (90, 7, "4:4:4"),
    ],
)
def test_automatic_sampling(quality: int, effort: int, sampling: str) -> None:
    file = samples.encode(samples.coffee(), "jpeg", quality=quality, effort=effort)
    assert inspect(io.BytesIO(file)).sampling == sampling


@pytest.mark.parametrize("picture", [samples.coffee()[:401, :397], samples.coffee()[:, :, 1]])
def test_more_effort_makes_smaller_files(picture: Any) -> None:
    sizes, infos = {}, {}
    for effort in (0, 2, 3, 5, 6, 7, 9):
        file = samples.encode(picture, "jpeg", effort=effort)
        sizes[effort], infos[effort] = len(file), inspect(io.BytesIO(file))
        assert psnr(samples.pixels_of(file), picture) > 32
    assert sizes[0] == sizes[2] > 1.02 * sizes[3]
    assert sizes[3] == sizes[5] > 1.05 * sizes[6]
    assert sizes[6] > 1.01 * sizes[7]
    assert sizes[7] == sizes[9]
    assert [infos[effort].process for effort in (2, 3, 6, 7)] == [
        "baseline",
        "progressive",
        "progressive",
        "progressive",
    ]


def test_progressive_alone_means_effort_3() -> None:
    pixels = samples.coffee()
    file = samples.encode(pixels, "jpeg", jpeg={"progressive": True})
    assert file == samples.encode(pixels, "jpeg", effort=3)
    baseline = samples.encode(pixels, "jpeg", effort=6, jpeg={"progressive": False})
    assert inspect(io.BytesIO(baseline)).process == "baseline"


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ({"lossless": True}, "JPEG cannot hold pixels without loss"),
        ({"effort": 2, "jpeg": {"progressive": True}}, "needs effort 3 or more, not 2"),
        ({"effort": 7, "jpeg": {"progressive": False}}, "baseline JPEG can be had up to effort 6"),
        ({"effort": 4, "jpeg": {"subsampling": "4:2:2"}}, "4:2:2 can be had up to effort 2"),
    ],
)
def test_settings_that_do_not_go_together(output: dict[str, Any], message: str) -> None:
    wanted, encoder = Output(**output), JpegEncoder()
    with pytest.raises(InvalidRecipe, match=message):
        encoder.resolved_settings(wanted)
    with pytest.raises(InvalidRecipe, match=message):
        encoder.write(samples.picture(samples.coffee()), wanted, MemorySink())


@pytest.mark.parametrize(
    "settings",
    [{"quality": 0}, {"quality": 101}, {"effort": 10}, {"subsampling": "4:1:1"}, {"colour": 1}],
)
def test_settings_out_of_range(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        JpegSettings(**settings)


def test_resolved_settings() -> None:
    found = JpegEncoder().resolved_settings(Output(quality=95, effort=8))
    assert found == {"quality": 95, "effort": 8, "subsampling": "4:4:4", "progressive": True}
    assert set(found) == set(JpegSettings.model_fields)
    assert set(get_args(JpegSettings.model_fields["subsampling"].annotation)) == {
        "auto",
        *SAMPLINGS,
    }


@pytest.mark.parametrize("effort", [2, 4, 8])
@pytest.mark.parametrize(
    "metadata",
    [
        Metadata(),
        Metadata(exif=samples.EXIF),
        Metadata(xmp=samples.XMP),
        Metadata(icc=samples.ICC),
        Metadata(icc=bytes(150_000)),
        Metadata(exif=samples.EXIF, xmp=samples.XMP, icc=samples.ICC, comment="me", density=(9, 7)),
    ],
)
def test_metadata_is_what_was_asked_for(effort: int, metadata: Metadata) -> None:
    made = samples.picture(samples.coffee(), metadata)
    file = samples.encode(made, "jpeg", effort=effort)
    found = samples.said(file)
    found.pop("dpi", None)  # which Pillow makes up where there is EXIF
    wanted = {
        "exif": {0x010E: "hello"} if metadata.exif else None,
        "xmp": metadata.xmp,
        "icc": metadata.icc,
        "comment": b"me" if metadata.comment else None,
    }
    assert found == {name: value for name, value in wanted.items() if value}
    assert inspect(io.BytesIO(file)).density == metadata.density
    if metadata.exif:
        assert samples.opened(file).info["exif"] == b"Exif\0\0" + samples.EXIF


@pytest.mark.parametrize("effort", [2, 4])
def test_metadata_that_is_too_long(effort: int) -> None:
    made = samples.picture(samples.coffee(), Metadata(xmp=bytes(70_000)))
    with pytest.raises(InvalidOption, match="XMP is 70,000 bytes"):
        samples.encode(made, "jpeg", effort=effort)


def test_a_pool_makes_the_same_bytes() -> None:
    pixels = np.tile(samples.coffee(), (5, 3, 1))
    sink = MemorySink()
    with CountingPool(2) as pool:
        JpegEncoder().write(samples.picture(pixels), Output(), sink, pool=pool)
    assert len(pool.futures) > 2
    assert pool.is_idle()
    assert sink.getvalue() == samples.encode(pixels, "jpeg")
