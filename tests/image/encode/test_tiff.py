"""TIFF from pictures."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, get_args

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageSequence
from PIL.TiffImagePlugin import IFDRational
from pydantic import ValidationError

from stripline._vips import library
from stripline.errors import InvalidRecipe, UnsupportedFormat
from stripline.image.encode._tiff_exif import add_exif
from stripline.image.encode.tiff import TiffEncoder, TiffSettings, saver_options
from stripline.image.output import Output
from stripline.streams import MemorySink, Metadata
from tests.image.encode import samples
from tests.support import psnr

if TYPE_CHECKING:
    from numpy.typing import NDArray

PHOTO = samples.coffee()[100:231, 150:283]
EXACT = ("none", "deflate", "lzw")


def read(file: bytes, page: int = 0) -> NDArray[Any]:
    pixels: NDArray[Any] = library().Image.new_from_buffer(file, "", page=page).numpy()
    return pixels


@pytest.mark.parametrize("compression", EXACT)
@pytest.mark.parametrize("tile", [False, True])
def test_exact(compression: str, *, tile: bool) -> None:
    settings = {"compression": compression, "tile": tile, "tile_size": 128}
    for pixels in (
        PHOTO,
        PHOTO[:, :, 0],
        samples.with_alpha(PHOTO),
        samples.deep(PHOTO),
        samples.deep(PHOTO[:, :, 1]),
        samples.deep(samples.with_alpha(PHOTO)),
        PHOTO[:1, :1],
    ):
        file = samples.encode(pixels, "tiff", tiff=settings)
        found = read(file)
        assert found.dtype == pixels.dtype
        assert np.array_equal(found, pixels)
        if pixels.dtype == np.uint8:
            assert np.array_equal(samples.pixels_of(file), pixels)


@pytest.mark.parametrize("compression", ["deflate", "lzw", "none"])
def test_16_bits_to_opencv(compression: str) -> None:
    pixels = samples.deep(PHOTO)
    file = samples.encode(pixels, "tiff", tiff={"compression": compression})
    found = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_UNCHANGED)
    assert found is not None
    assert np.array_equal(found[:, :, ::-1], pixels)


@pytest.mark.parametrize("compression", ["jpeg", "webp"])
@pytest.mark.parametrize("tile", [False, True])
def test_lossy(compression: str, *, tile: bool) -> None:
    def file(pixels: NDArray[Any], quality: int | None = None) -> bytes:
        settings = {"compression": compression, "tile": tile}
        return samples.encode(pixels, "tiff", tiff=settings, quality=quality)

    assert psnr(read(file(PHOTO))[:, :, :3], PHOTO) > 28
    assert len(file(PHOTO, 30)) < len(file(PHOTO)) < len(file(PHOTO, 95))
    assert file(PHOTO) == file(PHOTO, 80)
    deep = read(file(samples.deep(PHOTO)))
    assert deep.dtype == np.uint8
    assert psnr(deep[:, :, :3], PHOTO) > 28


def test_lossless_webp_is_exact() -> None:
    file = samples.encode(PHOTO, "tiff", lossless=True, tiff={"compression": "webp"})
    assert np.array_equal(read(file)[:, :, :3], PHOTO)


def test_lossless_refuses_jpeg() -> None:
    wanted = Output(lossless=True, tiff=TiffSettings(compression="jpeg"))
    with pytest.raises(InvalidRecipe, match="jpeg is lossy"):
        TiffEncoder().write(samples.picture(PHOTO), wanted, MemorySink())


def test_predictor_and_effort() -> None:
    smooth = samples.gradient()[:200, :300]
    sizes = {
        predictor: len(samples.encode(smooth, "tiff", tiff={"predictor": predictor}))
        for predictor in ("auto", "none", "horizontal")
    }
    assert sizes["auto"] == sizes["horizontal"] < sizes["none"]
    drawing = samples.screenshot()[:200]
    by_effort = [len(samples.encode(drawing, "tiff", effort=effort)) for effort in (0, 6, 9)]
    assert by_effort[0] > by_effort[1] > by_effort[2]


def test_zstd() -> None:
    """Which not every build of libvips has: it works, or says so."""
    settings = {"compression": "zstd"}
    try:
        file = samples.encode(PHOTO, "tiff", tiff=settings)
    except UnsupportedFormat as error:
        assert "cannot write TIFF with zstd" in str(error)  # noqa: PT017 - either will do
    else:
        assert np.array_equal(read(file), PHOTO)


def test_pyramid() -> None:
    pixels = np.tile(samples.coffee(), (2, 2, 1))
    file = samples.encode(pixels, "tiff", tiff={"pyramid": True, "tile_size": 256})
    sizes = pages(file)
    assert sizes == [(1200, 800), (600, 400), (300, 200), (150, 100)][: len(sizes)]
    assert len(sizes) >= 3
    assert np.array_equal(read(file), pixels)
    assert psnr(read(file, 1), samples.picture(pixels).pixels.resize(0.5).numpy()) > 25


def test_bits() -> None:
    pixels = samples.deep(PHOTO)
    assert np.array_equal(read(samples.encode(pixels, "tiff", tiff={"bits": 8})), pixels >> 8)


def test_large_files_become_bigtiff() -> None:
    vips = library()
    small = vips.Image.black(10, 10, bands=3).copy(interpretation="srgb")
    large = vips.Image.black(40_000, 35_000, bands=3).copy(interpretation="srgb")
    settings = TiffEncoder().resolved_settings(Output())
    assert saver_options(small, settings)["bigtiff"] is False
    assert saver_options(large, settings)["bigtiff"] is True
    pyramid = TiffEncoder().resolved_settings(Output(tiff=TiffSettings(pyramid=True)))
    middling = vips.Image.black(40_000, 30_000, bands=3)
    assert saver_options(middling, settings)["bigtiff"] is False
    assert saver_options(middling, pyramid)["bigtiff"] is True


@pytest.mark.parametrize(
    "metadata",
    [
        Metadata(),
        Metadata(xmp=samples.XMP, density=(300, 150)),
        Metadata(icc=samples.ICC),
        Metadata(xmp=samples.XMP, icc=samples.ICC),
    ],
)
def test_metadata_is_what_was_asked_for(metadata: Metadata) -> None:
    file = samples.encode(samples.picture(PHOTO, metadata), "tiff")
    found = samples.said(file)
    tags = found.pop("exif")
    assert isinstance(tags, dict)
    # What describes the pixels, where they are, orientation, density, page, XMP, ICC, predictor.
    allowed = {256, 257, 258, 259, 262, 273, 274, 277, 278, 279, 282, 283, 284, 296, 317, 339}
    assert set(tags) - allowed <= {700, 34675}
    assert (700 in tags, 34675 in tags) == (metadata.xmp is not None, metadata.icc is not None)
    wanted = {"xmp": metadata.xmp, "icc": metadata.icc, "dpi": metadata.density or (72, 72)}
    assert found == {name: value for name, value in wanted.items() if value}


def pages(file: bytes) -> list[tuple[int, int]]:
    return [page.size for page in ImageSequence.Iterator(Image.open(io.BytesIO(file)))]


def camera_exif(order: str = ">") -> bytes:
    """Tags of every kind, in three directories."""
    exif = Image.Exif()
    exif.endian = order
    exif[0x010F], exif[0x0112], exif[0x8298], exif[0x0110] = "Maker", 6, "Somebody", "M1"
    exif[0x0100] = 9_999  # the width, which is the TIFF file's to say
    inner = exif.get_ifd(0x8769)
    inner[0x829A], inner[0x8827], inner[0x9286] = IFDRational(1, 250), 400, b"ASCII\0\0\0hello"
    inner[0xA434], inner[0x9204], inner[0xA002] = "A lens", IFDRational(-2, 3), 70_000
    exif.get_ifd(0x8825)[2] = (52.0, 30.0, IFDRational(1234, 100))
    exif.get_ifd(0x8825)[1] = "N"
    return exif.tobytes()


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("settings", [{}, {"tile": True}, {"pyramid": True}])
def test_exif(order: str, settings: dict[str, Any]) -> None:
    metadata = Metadata(exif=camera_exif(order), xmp=samples.XMP, icc=samples.ICC)
    pixels = np.tile(PHOTO, (3, 3, 1))
    file = samples.encode(samples.picture(pixels, metadata), "tiff", tiff=settings)
    assert np.array_equal(read(file), pixels)
    image = samples.opened(file)
    assert image.size == (399, 393)
    exif = image.getexif()
    assert (exif[0x010F], exif[0x8298], exif[0x0110]) == ("Maker", "Somebody", "M1")
    assert exif[0x0112] == 1
    assert {tag: str(value) for tag, value in exif.get_ifd(0x8769).items()} == {
        0x829A: "0.004",
        0x8827: "400",
        0x9286: str(b"ASCII\0\0\0hello"),
        0xA434: "A lens",
        0x9204: "-0.6666666666666666",
        0xA002: "70000",
    }
    assert exif.get_ifd(0x8825)[1] == "N"
    assert [float(part) for part in exif.get_ifd(0x8825)[2]] == [52.0, 30.0, 12.34]
    assert samples.said(file)["xmp"] == samples.XMP
    assert pages(file) == pages(samples.encode(pixels, "tiff", tiff=settings))


@pytest.mark.parametrize("order", ["<", ">"])
def test_exif_in_bigtiff(order: str) -> None:
    data = samples.picture(PHOTO).pixels.tiffsave_buffer(bigtiff=True)
    file = io.BytesIO(data)
    add_exif(file, camera_exif(order))
    assert np.array_equal(read(file.getvalue()), PHOTO)
    exif = samples.opened(file.getvalue()).getexif()
    assert exif[0x010F] == "Maker"
    assert exif.get_ifd(0x8769)[0xA434] == "A lens"


@given(st.data())
def test_exif_that_is_damaged(data: st.DataObject) -> None:
    exif = bytearray(camera_exif(data.draw(st.sampled_from(["<", ">"]))))
    for _ in range(data.draw(st.integers(1, 6))):
        exif[data.draw(st.integers(0, len(exif) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(exif[: data.draw(st.integers(0, len(exif)))])
    file = samples.encode(samples.picture(PHOTO[:8, :8], Metadata(exif=cut)), "tiff")
    assert np.array_equal(read(file), PHOTO[:8, :8])


@pytest.mark.parametrize("settings", [{"compression": "lzma"}, {"tile_size": 100}, {"bits": 1}])
def test_settings_out_of_range(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TiffSettings(**settings)


def test_resolved_settings() -> None:
    assert TiffEncoder().resolved_settings(Output(tiff=TiffSettings(compression="jpeg"))) == {
        "quality": 80,
        "effort": 6,
        "compression": "jpeg",
        "predictor": "none",
        "tile": False,
        "tile_size": 256,
        "pyramid": False,
        "bits": 8,
    }
    kinds = get_args(TiffSettings.model_fields["compression"].annotation)
    assert set(kinds) == {*EXACT, "zstd", "jpeg", "webp"}


def test_pixels_come_from_a_sequential_source_with_a_pyramid() -> None:
    made = samples.sequential(samples.coffee())
    file = samples.encode(made, "tiff", tiff={"pyramid": True})
    assert np.array_equal(read(file), samples.coffee())
