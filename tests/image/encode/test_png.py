"""PNG from pictures."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydantic import ValidationError

from stripline.errors import InvalidRecipe
from stripline.image.encode import _png_rows, png
from stripline.image.encode._png_rows import has_few_colours, row_filter, some_rows
from stripline.image.encode._savers import saved
from stripline.image.encode.png import PngEncoder, PngSettings
from stripline.image.output import Output
from stripline.streams import MemorySink, Metadata
from tests.image.encode import samples
from tests.image.goals import trials
from tests.support import psnr

if TYPE_CHECKING:
    from numpy.typing import NDArray

PHOTO = samples.coffee()[100:300, 150:400]
LEVELS: tuple[dict[str, Any], ...] = ({}, {"effort": 0}, {"lossless": True}, {"effort": 7})
GRAPHICS = {
    "screenshot": samples.screenshot()[:400],
    "screenshot with alpha": samples.screenshot(alpha=True)[:400],
    "gradient": samples.gradient(),
    "icon": samples.icon(),
}


def from_pillow(pixels: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def decoded(file: bytes) -> NDArray[Any]:
    """By OpenCV, which keeps 16 bits; channels as we have them."""
    pixels = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    if pixels.ndim == 2:
        return pixels
    return pixels[:, :, ::-1] if pixels.shape[2] == 3 else pixels[:, :, (2, 1, 0, 3)]


def visible(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Colours as far as they are opaque, and alpha."""
    if pixels.shape[2] == 3:
        return pixels
    colours = pixels[:, :, :3] * (pixels[:, :, 3:] / 255)
    return np.dstack([colours.round().astype(np.uint8), pixels[:, :, 3]])


@pytest.mark.parametrize("output", LEVELS)
@pytest.mark.parametrize(
    "pixels",
    [
        PHOTO[:101, :153],
        PHOTO[:101, :153, 0],
        samples.with_alpha(PHOTO[:101, :153]),
        samples.deep(PHOTO[:101, :153]),
        samples.deep(PHOTO[:101, :153, 0]),
        samples.deep(samples.with_alpha(PHOTO[:101, :153])),
        samples.icon(),
        PHOTO[:1, :1],
    ],
    ids=("rgb", "grey", "rgba", "rgb 16", "grey 16", "rgba 16", "icon", "one"),
)
def test_exact(pixels: NDArray[Any], output: dict[str, Any]) -> None:
    found = decoded(samples.encode(pixels, "png", **output))
    if found.shape != pixels.shape:  # an exact reduction of channels that OpenCV shows as it is
        found = np.broadcast_to(np.atleast_3d(found), pixels.shape)
    assert found.dtype == pixels.dtype
    assert np.array_equal(found, pixels)


def test_grey_with_alpha() -> None:
    grey = samples.with_alpha(PHOTO)[:, :, (0, 3)]
    for output in LEVELS:
        image = samples.opened(samples.encode(grey, "png", **output))
        assert image.mode == "LA"
        assert np.array_equal(np.asarray(image), grey)


@pytest.mark.parametrize("name", GRAPHICS)
def test_graphics_losslessly_take_three_quarters(name: str) -> None:
    pixels = GRAPHICS[name]
    file = samples.encode(pixels, "png", lossless=True)
    assert len(file) <= 0.76 * len(from_pillow(pixels))
    mode = "RGB" if pixels.shape[2] == 3 else "RGBA"
    assert np.array_equal(np.asarray(samples.opened(file).convert(mode)), pixels)


@pytest.mark.parametrize("name", GRAPHICS)
@pytest.mark.parametrize("palette", [True, "auto"])
def test_graphics_with_a_palette_take_four_tenths(name: str, palette: Any) -> None:
    pixels = GRAPHICS[name]
    file = samples.encode(pixels, "png", png={"palette": palette}, effort=3)
    image = samples.opened(file)
    assert image.mode == "P"
    assert len(file) <= 0.42 * len(from_pillow(pixels))
    mode = "RGB" if pixels.shape[2] == 3 else "RGBA"
    assert psnr(visible(np.asarray(image.convert(mode))), visible(pixels)) > 45


@pytest.mark.parametrize("name", GRAPHICS)
@pytest.mark.parametrize("effort", [0, 2, 3])
def test_an_automatic_palette_is_never_larger_than_none(name: str, effort: int) -> None:
    pixels = GRAPHICS[name]
    automatic = samples.encode(pixels, "png", png={"palette": "auto"}, effort=effort)
    assert len(automatic) <= len(samples.encode(pixels, "png", effort=effort))


@pytest.mark.parametrize("pixels", [trials.screenshot(), samples.icon()], ids=["rgb", "rgba"])
def test_flat_graphics_are_small_by_default(pixels: NDArray[np.uint8]) -> None:
    file = samples.encode(pixels, "png")
    mode = "RGB" if pixels.shape[2] == 3 else "RGBA"
    assert np.array_equal(np.asarray(samples.opened(file).convert(mode)), pixels)
    assert len(file) < 0.8 * len(from_pillow(pixels))
    assert len(file) < 1.6 * len(samples.encode(pixels, "png", lossless=True))


def test_row_filter_follows_the_content() -> None:
    """Screenshots are larger with filters than without, photographs without than with."""
    shot = trials.screenshot()
    many_colours = np.vstack([shot, np.roll(shot, 1, axis=2), 255 - shot])
    for pixels, name in ((many_colours, "none"), (PHOTO, "all")):
        source = samples.picture(pixels).pixels
        rows = some_rows(source)
        assert row_filter(rows, 6) == name
        best = min(
            (saved(source, "pngsave", compression=6, filter=one) for one in ("none", "all")),
            key=len,
        )
        assert abs(len(samples.encode(pixels, "png")) - len(best)) < 100


def test_colours_of_rows() -> None:
    assert has_few_colours(samples.picture(trials.screenshot()).pixels)
    assert not has_few_colours(samples.picture(PHOTO).pixels)
    assert not has_few_colours(samples.picture(PHOTO[:, :, 0]).pixels)
    assert not has_few_colours(samples.picture(samples.deep(trials.screenshot())).pixels)


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 1 << 14))
def test_some_rows_are_bands_of_the_picture(width: int, height: int, most: int) -> None:
    pixels = np.arange(height, dtype=np.uint16)[:, np.newaxis] + np.zeros((1, width), np.uint16)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_png_rows, "_LOOK_PIXELS", most)
        rows = some_rows(samples.picture(pixels).pixels)
    found = rows.numpy().reshape(rows.height, -1)[:, 0]
    assert rows.width == width
    assert len(found) == height or len(found) * width <= max(most, 16 * width)
    assert (found[0], found[-1]) == (0, height - 1) or len(found) <= 16


def test_a_picture_too_large_to_be_looked_at_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(png, "_MAX_LOOKED_BYTES", PHOTO.size - 1)
    monkeypatch.setattr(png, "some_rows", None)  # not called
    file = samples.encode(PHOTO, "png")
    assert np.array_equal(samples.pixels_of(file), PHOTO)


def test_photographs_keep_their_colours_with_an_automatic_palette() -> None:
    pixels = PHOTO
    file = samples.encode(pixels, "png", png={"palette": "auto"})
    assert file == samples.encode(pixels, "png")
    forced = samples.opened(samples.encode(pixels, "png", png={"palette": True}))
    assert forced.mode == "P"
    assert psnr(np.asarray(forced.convert("RGB")), pixels) > 28


@pytest.mark.parametrize("effort", [0, 2, 3])
@pytest.mark.parametrize("colours", [2, 4, 16, 256])
def test_colours(colours: int, effort: int) -> None:
    settings = {"palette": True, "colours": colours}
    file = samples.encode(PHOTO, "png", png=settings, effort=effort)
    found = np.asarray(samples.opened(file).convert("RGB")).reshape(-1, 3)
    assert colours // 2 < len(np.unique(found, axis=0)) <= colours


def test_palette_quality_dither_and_effort() -> None:
    def size(**output: Any) -> int:
        return len(samples.encode(samples.gradient()[::2, ::2], "png", **output))

    assert size(png={"palette": True}, quality=30) < size(png={"palette": True})
    assert size(png={"palette": True}) < size(png={"palette": True, "dither": 1.0}) / 2
    assert size(png={"palette": True}) < size(png={"palette": True}, effort=1)
    sizes = [size(effort=effort) for effort in (0, 1, 2, 3, 7)]
    assert sizes == sorted(sizes, reverse=True)


def test_16_bits_reduced_to_8() -> None:
    pixels = samples.deep(PHOTO)
    file = samples.encode(pixels, "png", png={"bits": 8})
    assert np.array_equal(samples.pixels_of(file), pixels >> 8)
    palette = samples.opened(samples.encode(pixels, "png", png={"palette": True}))
    assert palette.mode == "P"


@pytest.mark.parametrize("output", [*LEVELS, {"png": {"palette": True}}])
def test_interlace(output: dict[str, Any]) -> None:
    for interlace in (False, True):
        wanted = {**output, "png": {**output.get("png", {}), "interlace": interlace}}
        image = samples.opened(samples.encode(PHOTO, "png", **wanted))
        assert image.info.get("interlace", 0) == int(interlace)


@pytest.mark.parametrize("output", [*LEVELS, {"png": {"palette": True}}])
@pytest.mark.parametrize(
    "metadata",
    [
        Metadata(),
        Metadata(exif=samples.EXIF),
        Metadata(exif=b"Exif\0\0" + samples.EXIF, density=(300, 150)),
        Metadata(xmp=samples.XMP),
        Metadata(icc=samples.ICC),
        Metadata(exif=samples.EXIF, xmp=samples.XMP, icc=samples.ICC, comment="grüße"),
    ],
)
def test_metadata_is_what_was_asked_for(output: dict[str, Any], metadata: Metadata) -> None:
    file = samples.encode(samples.picture(PHOTO, metadata), "png", **output)
    wanted = {
        "exif": {0x010E: "hello"} if metadata.exif else None,
        "xmp": metadata.xmp,
        "icc": metadata.icc,
        "comment": metadata.comment,
        "dpi": metadata.density,
    }
    assert samples.said(file) == {name: value for name, value in wanted.items() if value}


def test_grey_drawing_keeps_its_colour_profile_and_its_channels() -> None:
    """A profile for red, green and blue would be wrong for a picture reduced to grey."""
    grey = np.dstack([PHOTO[:, :, 1]] * 3)
    assert samples.opened(samples.encode(grey, "png", lossless=True)).mode == "L"
    made = samples.picture(grey, Metadata(icc=samples.ICC))
    assert samples.opened(samples.encode(made, "png", lossless=True)).mode in {"P", "RGB"}


def test_a_picture_too_large_for_oxipng_is_written_row_by_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pixels = samples.screenshot()[:200]
    monkeypatch.setattr(png, "_MAX_HELD_SAMPLES", pixels.size - 1)
    file = samples.encode(pixels, "png", lossless=True)
    assert np.array_equal(samples.pixels_of(file), pixels)
    assert len(file) <= len(samples.encode(pixels, "png", effort=1))
    automatic = samples.encode(pixels, "png", effort=3, png={"palette": "auto"})
    assert automatic == file


def test_lossless_refuses_a_palette() -> None:
    wanted = Output(lossless=True, png=PngSettings(palette=True))
    with pytest.raises(InvalidRecipe, match="palette may change colours"):
        PngEncoder().write(samples.picture(PHOTO), wanted, MemorySink())
    automatic = Output(lossless=True, png=PngSettings(palette="auto"))
    assert PngEncoder().resolved_settings(automatic)["palette"] is False


@pytest.mark.parametrize(
    "settings",
    [{"colours": 3}, {"bits": 4}, {"dither": 1.1}, {"quality": 0}, {"palette": "always"}],
)
def test_settings_out_of_range(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PngSettings(**settings)


def test_resolved_settings() -> None:
    assert PngEncoder().resolved_settings(Output(lossless=True)) == {
        "quality": None,
        "effort": 3,
        "oxipng": True,
        "palette": False,
        "colours": 256,
        "dither": 0.0,
        "bits": 16,
        "interlace": False,
    }
    with_palette = PngEncoder().resolved_settings(Output(png=PngSettings(palette=True)))
    assert (with_palette["quality"], with_palette["oxipng"]) == (100, True)
