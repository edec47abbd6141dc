from __future__ import annotations

import sys
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import pyvips
from PIL import Image, ImageCms

from stripline.errors import (
    CorruptImage,
    InvalidDimensions,
    MissingDependency,
    SourceFailed,
    UnsupportedFormat,
)
from stripline.streams import Metadata, open_rows
from stripline.streams.exif import orientation
from stripline.streams.path import PathRows
from tests.support import noise, photograph, psnr, run_script

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
CHANNELS = {"grey": 1, "rgb": 3, "rgba": 4}


def read(path: Path, rows: int = 64) -> tuple[PathRows, NDArray[np.uint8]]:
    source = open_rows(path)
    assert isinstance(source, PathRows)
    data = b"".join(bytes(batch.planes[0]) for batch in source.batches(rows))
    shape = (source.height, source.width, CHANNELS[source.format])
    source.close()
    return source, np.frombuffer(data, np.uint8).reshape(shape)


def save(
    path: Path, pixels: NDArray[Any], interpretation: str | None = None, **options: Any
) -> Path:
    image = pyvips.Image.new_from_array(pixels, interpretation=interpretation)
    image.write_to_file(str(path), **options)
    return path


@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
@pytest.mark.parametrize(("channels", "pixel_format"), [(1, "grey"), (3, "rgb"), (4, "rgba")])
def test_lossless_formats(tmp_path: Path, suffix: str, channels: int, pixel_format: str) -> None:
    pixels = noise(70, 50, channels)
    if suffix == "webp" and channels == 1:
        pixel_format = "rgb"  # WebP has no grey
    options: dict[str, Any] = {"lossless": True, "exact": True} if suffix == "webp" else {}
    source, found = read(save(tmp_path / f"a.{suffix}", pixels, **options))
    assert (source.width, source.height, source.format) == (50, 70, pixel_format)
    assert (found == pixels.reshape(70, 50, -1)).all()


@pytest.mark.parametrize("suffix", ["jpg", "gif", "avif"])
def test_lossy_formats(tmp_path: Path, suffix: str) -> None:
    photo = photograph()
    _, found = read(save(tmp_path / f"a.{suffix}", photo))
    assert psnr(found[..., :3], photo) > 25


def test_svg(tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="5">'
        '<rect width="9" height="5" fill="#102030"/></svg>'
    )
    _, found = read(path)
    assert found.reshape(-1, 4).tolist() == [[0x10, 0x20, 0x30, 255]] * 45


@pytest.mark.parametrize(("channels", "space"), [(1, "grey16"), (3, "rgb16"), (4, "rgb16")])
def test_16_bits_become_8(tmp_path: Path, channels: int, space: str) -> None:
    pixels = noise(20, 30, channels)
    deep = pixels.astype(np.uint16) * 257
    _, found = read(save(tmp_path / "a.png", deep, space))
    assert (found == pixels.reshape(20, 30, -1)).all()


@pytest.mark.parametrize("compression", ["zstd", "lzma"])
def test_a_tiff_in_a_code_that_libvips_lacks_is_not_black(tmp_path: Path, compression: str) -> None:
    Image.fromarray(photograph()).save(tmp_path / "a.tif", compression=compression)
    with pytest.raises(UnsupportedFormat, match="compression support is not configured"):
        read(tmp_path / "a.tif")


def test_grey_with_alpha_becomes_rgba(tmp_path: Path) -> None:
    pixels = noise(20, 30, 2)
    source, found = read(save(tmp_path / "a.png", pixels))
    assert source.format == "rgba"
    assert (found[..., 0] == pixels[..., 0]).all()
    assert (found[..., 2] == pixels[..., 0]).all()
    assert (found[..., 3] == pixels[..., 1]).all()


def test_a_palette_is_resolved(tmp_path: Path) -> None:
    image = Image.fromarray(photograph()).quantize(16)
    image.save(tmp_path / "a.png")
    _, found = read(tmp_path / "a.png")
    assert (found == np.asarray(image.convert("RGB"))).all()


def test_cmyk_becomes_srgb(tmp_path: Path) -> None:
    image = Image.new("CMYK", (20, 10), (0, 255, 255, 0))
    image.save(tmp_path / "a.jpg", icc_profile=None)
    source, found = read(tmp_path / "a.jpg")
    assert source.format == "rgb"
    assert source.metadata.icc is None
    red, green, blue = found[5, 5].tolist()
    assert red > 200
    assert max(green, blue) < 80


def test_lab_becomes_srgb(tmp_path: Path) -> None:
    lab = pyvips.Image.new_from_array(photograph(), interpretation="srgb").colourspace("lab")
    lab.write_to_file(str(tmp_path / "a.tif"))
    source, found = read(tmp_path / "a.tif")
    assert source.format == "rgb"
    assert psnr(found, photograph()) > 45


def test_float_pixels_become_8_bits(tmp_path: Path) -> None:
    pixels = noise(20, 30, 1)
    _, found = read(save(tmp_path / "a.tif", pixels.astype(np.float32)))
    assert (found[..., 0] == pixels).all()


def test_more_bands_than_rgba_are_left_out(tmp_path: Path) -> None:
    pixels = noise(20, 30, 6)
    source, found = read(save(tmp_path / "a.tif", pixels, "srgb"))
    assert source.format == "rgba"
    assert (found == pixels[..., :4]).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_32_bits_become_8(tmp_path: Path, channels: int) -> None:
    pixels = noise(20, 30, channels)
    _, found = read(save(tmp_path / "a.tif", pixels.astype(np.uint32) << 24))
    assert (found == pixels.reshape(20, 30, -1)).all()


def test_the_first_of_several_pages(tmp_path: Path) -> None:
    pages = [Image.new("RGB", (20, 10), color) for color in ("red", "green")]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    source, found = read(tmp_path / "a.tif")
    assert source.height == 10
    assert found[5, 5].tolist() == [255, 0, 0]


def test_metadata_comes_along(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Maker", 6
    Image.fromarray(photograph()).save(
        tmp_path / "a.jpg", exif=exif, icc_profile=SRGB, xmp=b"<x:xmpmeta/>", dpi=(300, 150)
    )
    source, _ = read(tmp_path / "a.jpg")
    assert source.metadata.icc == SRGB
    assert source.metadata.xmp == b"<x:xmpmeta/>"
    assert source.metadata.density == (300, 150)
    assert source.metadata.exif is not None
    assert orientation(source.metadata.exif) == 6
    assert b"Maker" in source.metadata.exif


def test_no_metadata_is_none(tmp_path: Path) -> None:
    Image.fromarray(photograph()).save(tmp_path / "a.jpg")
    assert read(tmp_path / "a.jpg")[0].metadata == Metadata()


def test_an_orientation_without_exif_comes_along(tmp_path: Path) -> None:
    image = pyvips.Image.new_from_array(photograph()).copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", 8)
    image.write_to_file(str(tmp_path / "a.tif"))
    exif = read(tmp_path / "a.tif")[0].metadata.exif
    assert exif is not None
    assert orientation(exif) == 8


def test_a_decoder_that_turns_the_picture_leaves_it_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(photograph()[:256]).save(tmp_path / "a.avif", exif=exif)
    source, _ = read(tmp_path / "a.avif")
    turned = (source.width, source.height) == (256, 512)
    found = orientation(source.metadata.exif) if source.metadata.exif else 1
    assert (turned, found) in {(True, 1), (False, 6)}


def test_names_with_brackets_are_names(tmp_path: Path) -> None:
    path = tmp_path / "photo[page=1]"
    path.write_bytes(save(tmp_path / "a.png", noise(5, 7)).read_bytes())
    assert read(path)[0].width == 7


def test_damage_is_found_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.fromarray(photograph()).save(path)
    path.write_bytes(path.read_bytes()[:20_000])
    source = open_rows(path)
    with pytest.raises(CorruptImage, match=r"a\.jpg: .*(premature|truncat|end)"):
        list(source.batches(64))


def test_a_damaged_header_is_corrupt(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", noise(5, 7))
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(CorruptImage, match=r"a\.png"):
        open_rows(path)


@pytest.mark.parametrize("content", [b"", b"x", b"just some text, longer than any magic number"])
def test_no_picture_is_an_unsupported_format(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(UnsupportedFormat, match=r"a\.png .*JPEG, PNG"):
        open_rows(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceFailed, match=r"FileNotFoundError.*nothing\.png") as caught:
        open_rows(tmp_path / "nothing.png")
    assert isinstance(caught.value.__cause__, FileNotFoundError)


def test_too_wide_for_a_jpeg(tmp_path: Path) -> None:
    pyvips.Image.black(70_000, 1).write_to_file(str(tmp_path / "a.png"))
    with pytest.raises(InvalidDimensions, match="width is 70,000"):
        open_rows(tmp_path / "a.png")


def test_without_pyvips_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from stripline import _vips

    path = save(tmp_path / "a.png", noise(5, 7))
    _vips.library.cache_clear()
    monkeypatch.setitem(sys.modules, "pyvips", None)
    with pytest.raises(MissingDependency, match=r'pip install "stripline\[image\]"'):
        open_rows(path)


OPEN = """
    import sys
    from stripline.errors import UnsupportedFormat
    from stripline.streams import open_rows
    try:
        open_rows(sys.argv[1])
    except UnsupportedFormat:
        print("refused")
    else:
        print("opened")
"""


@pytest.mark.parametrize(
    ("first", "outcome"), [("", "refused"), ("import pyvips", "opened")], ids=["ours", "theirs"]
)
def test_only_picture_loaders_run_unless_the_application_chose(
    tmp_path: Path, first: str, outcome: str
) -> None:
    # libvips' own format stands for all the loaders that are not for pictures from strangers.
    path = tmp_path / "a.v"
    pyvips.Image.black(5, 5).write_to_file(str(path))
    assert run_script(f"{first}\n{dedent(OPEN)}", path).strip() == outcome


READ = """
    import resource, sys
    from stripline.streams import open_rows
    for batch in open_rows(sys.argv[1]).batches(128):
        pass
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the peak is in other units")
def test_memory_stays_flat_however_tall_the_picture(tmp_path: Path) -> None:
    # 20 times the rows, and the same peak within the 8 MB that allocators play with. The whole
    # picture has 120 MB.
    peaks_kib = []
    for height in (1_000, 20_000):
        path = tmp_path / f"{height}.png"
        image = pyvips.Image.black(2_000, height, bands=3)
        image.write_to_file(str(path), compression=1)
        peaks_kib.append(int(run_script(dedent(READ), path)))
    assert peaks_kib[1] - peaks_kib[0] < 8 * 1024
