"""Each odd kind of file: the right picture, or the error that names what is wrong."""

from __future__ import annotations

import io
import struct
import sys
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms
from skimage.color import deltaE_ciede2000, rgb2lab

from stripline import image
from stripline.errors import (
    CorruptImage,
    LimitExceeded,
    MissingDependency,
    StriplineError,
    UnsupportedFormat,
)
from stripline.image import Limits, MemorySinks, Recipe
from stripline.image.headers import probe
from tests.image import corpus
from tests.image.headers import samples as headers
from tests.support import photograph, psnr, run_script

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]


def made(source: object, limits: Limits | None = None, **values: Any) -> Image.Image:
    """What `process` makes, as PNG unless the recipe says otherwise, opened by Pillow."""
    values.setdefault("output", {"format": "png"})
    sinks = MemorySinks()
    image.process(source, Recipe.read(values), sinks, limits)
    picture = Image.open(io.BytesIO(sinks.files[""]))
    picture.load()
    return picture


def pixels_of(source: object, **values: Any) -> Pixels:
    return np.asarray(made(source, **values))


def colour_difference(one: Pixels, other: Pixels) -> float:
    """Largest CIEDE2000 between 8-bit sRGB pictures."""
    return float(deltaE_ciede2000(rgb2lab(one), rgb2lab(other)).max())  # type: ignore[no-untyped-call]  # ships no types


def by_little_cms(pixels: Pixels, profile: bytes, mode: str = "RGB") -> Pixels:
    """SRGB by the reference: littleCMS, relative colorimetric, black point compensation."""
    converted = ImageCms.profileToProfile(
        Image.fromarray(pixels, mode),
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    assert converted is not None
    return np.asarray(converted)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("shrunk", [False, True])
def test_orientations(orientation: int, shrunk: bool) -> None:
    source = corpus.oriented_jpeg(orientation)
    upright = corpus.small_photo()
    values: dict[str, Any] = {"resize": {"width": 64}} if shrunk else {}
    if shrunk:
        upright = np.asarray(Image.fromarray(upright).resize((64, 48), Image.Resampling.LANCZOS))
    picture = made(source, **values)
    assert psnr(np.asarray(picture), upright) > 34
    assert picture.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize("orientation", [3, 6, 7])
def test_orientations_that_are_left_alone(orientation: int) -> None:
    source = corpus.oriented_jpeg(orientation)
    stored = np.asarray(Image.open(io.BytesIO(source)))
    for metadata in ("none", "all", "copyright"):
        picture = made(source, orient=False, metadata=metadata)
        assert psnr(np.asarray(picture), stored) > 34
        assert picture.getexif()[0x0112] == orientation


@pytest.mark.parametrize("orientation", [1, 6])
def test_the_other_metadata_survives_being_turned(orientation: int) -> None:
    picture = made(corpus.oriented_jpeg(orientation), metadata="all")
    assert picture.getexif()[0x010F] == "maker"
    assert picture.getexif()[0x0112] == 1
    assert 0x010F not in made(corpus.oriented_jpeg(orientation)).getexif()


@pytest.mark.parametrize("orientation", [3, 6])
def test_orientation_in_a_png(orientation: int) -> None:
    turned = Image.open(io.BytesIO(corpus.oriented_jpeg(orientation)))
    source = corpus.saved(turned, "PNG", exif=turned.getexif())
    assert psnr(pixels_of(source), corpus.small_photo()) > 34


def test_display_p3_and_adobe_rgb_become_srgb() -> None:
    pixels = corpus.small_photo()
    for profile in (corpus.profile_of("p3"), corpus.adobe_rgb()):
        source = corpus.saved(Image.fromarray(pixels), "PNG", icc_profile=profile)
        picture = made(source)
        assert "icc_profile" not in picture.info
        expected = by_little_cms(pixels, profile)
        assert colour_difference(np.asarray(picture), expected) <= 1
        assert colour_difference(pixels, expected) > 3  # there was something to convert


def test_wide_colours_may_stay() -> None:
    pixels, profile = corpus.small_photo(), corpus.adobe_rgb()
    source = corpus.saved(Image.fromarray(pixels), "PNG", icc_profile=profile)
    kept = made(source, colour="keep")
    assert np.array_equal(np.asarray(kept), pixels)
    assert kept.info["icc_profile"] == profile
    wide = made(source, colour="p3")
    back = by_little_cms(np.asarray(wide), wide.info["icc_profile"])
    assert colour_difference(back, by_little_cms(pixels, profile)) <= 1.5


def test_srgb_with_its_profile_is_not_touched() -> None:
    pixels = corpus.small_photo()
    profile = corpus.profile_of("srgb")
    picture = made(corpus.saved(Image.fromarray(pixels), "PNG", icc_profile=profile))
    assert np.array_equal(np.asarray(picture), pixels)
    assert "icc_profile" not in picture.info


def test_a_damaged_profile_is_ignored_and_reported() -> None:
    pixels = corpus.small_photo()
    source = corpus.saved(Image.fromarray(pixels), "TIFF", icc_profile=b"no profile" * 20)
    sinks = MemorySinks()
    result = image.process(source, Recipe.read({"output": {"format": "png"}}), sinks)
    assert result.warnings == (
        "its ICC profile is damaged or of another colour space, and was ignored",
    )
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(sinks.files[""]))), pixels)


@pytest.mark.parametrize("image_format", ["JPEG", "TIFF"])
@pytest.mark.parametrize("with_profile", [True, False])
def test_cmyk(image_format: str, with_profile: bool) -> None:
    profile = corpus.profile_of("cmyk")
    print_ready = Image.fromarray(corpus.small_photo()).convert("CMYK")
    options: dict[str, Any] = {"quality": 100} if image_format == "JPEG" else {}
    if with_profile:
        options["icc_profile"] = profile
    picture = made(corpus.saved(print_ready, image_format, **options))
    assert picture.mode == "RGB"
    expected = by_little_cms(np.asarray(print_ready), profile, "CMYK")
    assert psnr(np.asarray(picture), expected) > 38


def test_ycck() -> None:
    """Adobe's other way to store CMYK in a JPEG: read as Pillow reads it."""
    cmyk = corpus.saved(Image.fromarray(corpus.small_photo()).convert("CMYK"), "JPEG", quality=100)
    transform = cmyk.index(b"Adobe") + 11
    source = cmyk[:transform] + b"\2" + cmyk[transform + 1 :]
    assert probe(source).colour == "ycck"
    stored = np.asarray(Image.open(io.BytesIO(source)))
    expected = by_little_cms(stored, corpus.profile_of("cmyk"), "CMYK")
    assert psnr(pixels_of(source), expected) > 38


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bits(channels: int) -> None:
    source = corpus.sixteen_bit_png(channels)
    ramp = np.linspace(0, 65_535, 32 * 64)
    eight = np.asarray(made(source, output={"format": "webp", "lossless": True}).convert("RGB"))
    assert np.abs(eight[..., 0].ravel() - ramp / 257).max() <= 1
    deep = made(source, output={"format": "tiff"})
    if channels == 1:  # Pillow reads no others with all their bits
        assert np.array_equal(np.asarray(deep).ravel(), ramp.astype("u2"))
    assert probe(corpus.sixteen_bit_png(channels)).bit_depth == 16
    sinks = MemorySinks()
    image.process(source, Recipe.read({"resize": {"width": 32}}), sinks)
    assert probe(sinks.files[""]).bit_depth == 16


def test_grey_stays_grey() -> None:
    grey = Image.fromarray(photograph()).convert("L")
    for image_format in ("JPEG", "PNG", "TIFF"):
        picture = made(corpus.saved(grey, image_format), resize={"width": 100})
        assert picture.mode == "L"
        jpeg = made(corpus.saved(grey, image_format), output={"format": "jpeg"})
        assert jpeg.mode == "L"


@pytest.mark.parametrize(
    ("image_format", "options"),
    [("PNG", {}), ("BMP", {}), ("TIFF", {}), ("TIFF", {"compression": "group4"})],
)
def test_one_bit(image_format: str, options: dict[str, Any]) -> None:
    bits = Image.fromarray(corpus.small_photo()).convert("1")
    source = corpus.saved(bits, image_format, **options)
    assert probe(source).bit_depth == 1
    assert np.array_equal(pixels_of(source), np.asarray(bits) * np.uint8(255))


def test_palette_and_alpha() -> None:
    palette = made(corpus.palette_png()).convert("RGBA")
    assert palette.getpixel((0, 0)) == (255, 0, 0, 255)
    assert palette.getpixel((63, 0))[3] == 0  # type: ignore[index]  # a tuple in this mode
    on_white = made(corpus.palette_png(), output={"format": "jpeg", "quality": 100})
    assert min(on_white.getpixel((60, 20))) >= 250  # type: ignore[arg-type]  # a tuple here
    on_blue = made(corpus.palette_png(), background="navy")
    assert on_blue.convert("RGB").getpixel((60, 20)) == (0, 0, 128)


def test_alpha_does_not_bleed_when_scaled() -> None:
    # Red where it can be seen, green where it cannot: no yellow may appear.
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[:, ::2] = (255, 0, 0, 255)
    pixels[:, 1::2] = (0, 255, 0, 0)
    small = pixels_of(corpus.saved(Image.fromarray(pixels), "PNG"), resize={"width": 16})
    assert small[..., 1].max() <= 2
    assert small[..., 0].min() >= 250
    assert 100 < small[..., 3].mean() < 156


@pytest.mark.parametrize("source_format", ["GIF", "WEBP"])
@pytest.mark.parametrize("target", ["gif", "webp"])
def test_animations(source_format: str, target: str) -> None:
    picture = made(corpus.animation(source_format), resize={"width": 30}, output={"format": target})
    assert picture.n_frames == 3  # type: ignore[attr-defined]  # of animations
    # GIF counts how often it is played again, WebP how often it is played.
    plays = 4 if source_format == "GIF" else 3
    assert picture.info["loop"] == (plays - 1 if target == "gif" else plays)
    delays, colours = [], []
    for frame in range(3):
        picture.seek(frame)
        picture.load()
        delays.append(picture.info["duration"])
        colours.append(np.asarray(picture.convert("RGB"))[10, 15].argmax())
    assert delays == [80, 160, 240]
    assert colours == [0, 1, 2]
    assert picture.size == (30, 20)


@pytest.mark.parametrize(
    ("source_format", "target"),
    [("GIF", "jpeg"), ("WEBP", "png"), ("PNG", "webp"), ("AVIF", "gif")],
)
def test_where_one_frame_is_kept_it_is_the_first_and_that_is_said(
    source_format: str, target: str
) -> None:
    sinks, source = MemorySinks(), corpus.animation(source_format)
    result = image.process(source, Recipe.read({"output": {"format": target}}), sinks)
    assert result.source.frames == 3
    assert result.warnings == ("only the first of 3 frames was kept",)
    picture = Image.open(io.BytesIO(sinks.files[""]))
    assert getattr(picture, "n_frames", 1) == 1
    assert np.asarray(picture.convert("RGB"))[20, 30].argmax() == 0


def test_svg_is_drawn_at_the_size_asked_for_and_cleaned() -> None:
    large = pixels_of(corpus.SVG, resize={"width": 600})
    assert large.shape[:2] == (400, 600)
    assert large[200, 100, :3].tolist() == [0, 0, 255]
    assert large[200, 500, :3].tolist() == [255, 0, 0]
    edge = large[200, 298:302, 0].astype(int)
    assert sorted(edge) == list(edge)  # sharp, not blown up: within two pixels
    assert edge[0] == 0
    assert edge[-1] == 255


@pytest.mark.parametrize(("size", "width"), [("25.4mm", 96), ("72pt", 96), ("1in", 96)])
def test_svg_in_other_units(size: str, width: int) -> None:
    source = f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}"/>'
    assert made(source.encode()).size == (width, width)
    assert made(source.encode(), resize={"width": 33}).size == (33, 33)


def test_svg_reads_no_other_files(tmp_path: Path) -> None:
    """Drawn without its links: a picture beside it, in the same folder and by its full name."""
    Image.new("RGB", (60, 40), "lime").save(tmp_path / "other.png")
    for link in ("other.png", (tmp_path / "other.png").as_uri()):
        source = tmp_path / "drawing.svg"
        source.write_bytes(corpus.SVG.replace(b"file:///etc/passwd", link.encode()))
        assert np.array_equal(pixels_of(source), pixels_of(corpus.SVG))


def test_bmp() -> None:
    pixels = corpus.small_photo()
    assert np.array_equal(pixels_of(corpus.saved(Image.fromarray(pixels), "BMP")), pixels)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_heic(mode: str) -> None:
    source = headers.heic(mode, quality=95)
    found = made(source)
    assert found.mode == mode
    assert psnr(np.asarray(found), np.asarray(headers.picture(mode))) > 38


def test_heic_is_turned_once_and_converted() -> None:
    picture = headers.picture()
    picture.info["icc_profile"] = corpus.profile_of("p3")
    file = io.BytesIO()
    pillow_heif.from_pillow(picture).save(file, quality=98, exif=headers.exif(6))
    found = made(file.getvalue(), metadata="exif")
    assert found.getexif()[0x0112] == 1
    expected = by_little_cms(np.asarray(picture), corpus.profile_of("p3"))
    assert psnr(np.asarray(found), np.rot90(expected, -1)) > 38


def test_heic_without_its_extra_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    with pytest.raises(MissingDependency, match=r'pi-heif: pip install "stripline\[heif\]"'):
        made(headers.sample("heic"))


def test_jpeg_xl_is_recognised_and_refused() -> None:
    source = headers.sample("jxl")
    assert probe(source).format == "jxl"
    with pytest.raises(UnsupportedFormat, match=r"JPEG XL, which libvips .* was built without"):
        made(source)


def test_names_decide_nothing(tmp_path: Path) -> None:
    lying = tmp_path / "picture.png"
    lying.write_bytes(corpus.oriented_jpeg(1))
    assert probe(lying).format == "jpeg"
    assert made(lying, output={"format": "keep"}).format == "JPEG"


def test_a_gigapixel_of_zeros_is_refused_by_its_header() -> None:
    source = corpus.huge_black_png(30_000)
    assert len(source) < 200_000
    with pytest.raises(LimitExceeded, match="900,000,000 pixels"):
        made(source)
    allowed = Limits(pixels=1_000_000_000, total_pixels=None)
    assert made(source, allowed, resize={"width": 100}).size == (100, 100)


def test_a_thousand_pictures_leave_no_memory_behind() -> None:
    code = """
import io, sys
from stripline.image import MemorySinks, Recipe, process
from tests.image import corpus
from tests.image.headers.samples import sample
from stripline.errors import StriplineError

def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096

kinds = ["webp-animated", "tiff", "bmp-alpha", "avif-alpha", "heic", "jpeg-cmyk", "apng", "jxl"]
sources = [corpus.oriented_jpeg(6), corpus.palette_png(), corpus.animation("GIF"),
           corpus.oriented_jpeg(1)[:2000], corpus.sixteen_bit_png(3), corpus.SVG, b"<html>",
           *(sample(kind) for kind in kinds), *(sample(kind)[:-99] for kind in kinds)]
recipe = {"a": Recipe.read({"resize": {"width": 40}, "output": {"format": "webp", "effort": 0}}),
          "b": Recipe.read({"resize": {"width": 20}, "output": {"effort": 0}})}
def rounds(count):
    for number in range(count):
        try:
            process(sources[number % len(sources)], recipe, MemorySinks())
        except StriplineError:
            pass
for _ in range(5):
    rounds(250)
    print(resident())
"""
    sizes = [int(size) for size in run_script(code).split()]
    grown = [after - before for before, after in pairwise(sizes)]
    # What leaks, leaks all the time; a thread's heap may come late, once.
    assert min(grown) < 400_000
    assert sum(grown) < 12_000_000


@pytest.mark.parametrize("kind", headers.MAKERS)
def test_every_error_is_ours(kind: str) -> None:
    source = bytearray(headers.sample(kind))
    random = np.random.default_rng(7)
    for _ in range(60):
        damaged = bytearray(source)
        for at in random.integers(0, len(source), 3):
            damaged[at] = random.integers(256)
        with suppress(StriplineError):
            assert made(bytes(damaged), resize={"width": 30}).width == 30


def by_definition_of_lab(lab: Image.Image) -> Pixels:
    """SRGB of CIELab with white D50 (CIE 15, 8.2.1.1; sRGB's primaries adapted by Bradford)."""
    stored = np.frombuffer(lab.tobytes(), np.uint8).reshape(lab.height, lab.width, 3)
    signed = stored.view(np.int8).astype(float)
    y = (stored[..., 0] * (100 / 255) + 16) / 116
    steps = np.stack([y + signed[..., 1] / 500, y, y - signed[..., 2] / 200], axis=-1)
    cubes = np.where(steps > 6 / 29, steps**3, 3 * (6 / 29) ** 2 * (steps - 4 / 29))
    primaries = np.array(
        [
            [0.4360747, 0.3850649, 0.1430804],
            [0.2225045, 0.7168786, 0.0606169],
            [0.0139322, 0.0971045, 0.7141733],
        ]
    )
    linear = np.clip(cubes * (0.9642, 1, 0.8249) @ np.linalg.inv(primaries).T, 0, 1)
    curved = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.round(curved * 255).astype(np.uint8)


def test_lab_of_8_bits() -> None:
    pixels = corpus.small_photo()
    lab = ImageCms.profileToProfile(
        Image.fromarray(pixels),
        ImageCms.createProfile("sRGB"),
        ImageCms.createProfile("LAB"),
        outputMode="LAB",
    )
    assert lab is not None
    source = corpus.saved(lab, "TIFF")
    found = pixels_of(source, output={"format": "png"})
    back = ImageCms.profileToProfile(
        lab, ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    assert back is not None
    # Of 8 bits of Lab itself either can lose 2; neither by more than the other, white D50 taken.
    assert colour_difference(found, pixels) <= colour_difference(np.asarray(back), pixels)
    assert colour_difference(found, by_definition_of_lab(lab)) <= 1
    with pytest.raises(CorruptImage):
        pixels_of(source[: len(source) // 2])
    tag = source.index(struct.pack("<HHI", 262, 3, 1)) + 8
    for encoding in (9, 10):  # ICCLab, ITULab
        other = source[:tag] + bytes((encoding,)) + source[tag + 1 :]
        assert probe(other).colour == "lab"
        with pytest.raises(UnsupportedFormat, match="8-bit Lab as ICC or ITU encode it"):
            pixels_of(other)
