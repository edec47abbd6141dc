"""Damaged files: the error that names the damage, and what can be salvaged."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from stripline import image
from stripline.errors import CorruptImage, UnsupportedFormat
from stripline.image import MemorySinks, Recipe
from tests.image import corpus
from tests.image.headers import samples
from tests.support import photograph, run_script

if TYPE_CHECKING:
    from pathlib import Path


def made(source: bytes | Path, **values: Any) -> Image.Image:
    """What `process` makes, as PNG unless the recipe says otherwise, opened by Pillow."""
    values.setdefault("output", {"format": "png"})
    sinks = MemorySinks()
    image.process(source, Recipe.read(values), sinks)
    return Image.open(io.BytesIO(sinks.files[""]))


@pytest.mark.parametrize(
    "source",
    [
        corpus.saved(Image.fromarray(photograph()), "JPEG", quality=85),
        corpus.saved(Image.fromarray(photograph()), "JPEG", quality=85, progressive=True),
        corpus.saved(Image.fromarray(corpus.small_photo()), "PNG"),
        corpus.saved(Image.fromarray(corpus.small_photo()), "WEBP"),
        corpus.saved(Image.fromarray(corpus.small_photo()), "TIFF"),
        corpus.saved(Image.fromarray(corpus.small_photo()), "BMP"),
        corpus.animation("GIF"),
        corpus.animation("WEBP"),
        samples.sample("avif"),
        samples.sample("heic"),
        corpus.SVG,
    ],
    ids=[
        "jpeg",
        "progressive",
        "png",
        "webp",
        "tiff",
        "bmp",
        "gif",
        "animated-webp",
        "avif",
        "heic",
        "svg",
    ],
)
def test_truncated_at_every_tenth(source: bytes) -> None:
    for tenth in range(10):
        cut = source[: len(source) * tenth // 10]
        with pytest.raises((CorruptImage, UnsupportedFormat)):
            made(cut)


@pytest.mark.parametrize("compression", ["zstd", "lzma"])
@pytest.mark.parametrize("salvage", [False, True])
def test_a_tiff_in_a_code_that_libvips_lacks_is_refused(compression: str, salvage: bool) -> None:
    # Without care libvips gives black.
    source = corpus.saved(Image.fromarray(corpus.small_photo()), "TIFF", compression=compression)
    message = f"{compression.upper()} compression support is not configured"
    with pytest.raises(UnsupportedFormat, match=message):
        image.process(source, Recipe(), MemorySinks(), salvage=salvage)


def test_a_damaged_tiff_is_refused_unless_salvaged() -> None:
    pixels = np.tile(photograph(), (4, 1, 1))
    source = bytearray(corpus.saved(Image.fromarray(pixels), "TIFF", compression="tiff_deflate"))
    middle = len(source) // 2
    source[middle : middle + 1000] = b"U" * 1000
    with pytest.raises(CorruptImage, match="Decoding error at scanline"):
        made(bytes(source))
    sinks = MemorySinks()
    recipe = Recipe.read({"output": {"format": "png"}})
    image.process(bytes(source), recipe, sinks, salvage=True)
    kept = np.asarray(Image.open(io.BytesIO(sinks.files[""])))
    assert np.array_equal(kept[:512], pixels[:512])
    assert not np.array_equal(kept, pixels)


@pytest.mark.parametrize("count", [0x4000, 0xFFFF])
def test_what_libheif_finds_too_much_of_is_damage_not_a_lack_of_memory(count: int) -> None:
    source = bytearray(samples.sample("avif"))
    at = source.index(b"iloc") + 4 + 4 + 2  # ISO/IEC 14496-12, 8.11.3: then the number of items
    source[at : at + 2] = count.to_bytes(2, "big")
    with pytest.raises(CorruptImage, match="iloc box contains") as caught:
        made(bytes(source))
    assert "bad seek" not in str(caught.value)


def test_where_libvips_sought_in_vain_is_not_said(tmp_path: Path) -> None:
    cut = tmp_path / "cut.avif"
    cut.write_bytes(samples.sample("avif")[:400])
    with pytest.raises(CorruptImage, match="damaged or cut short: Invalid input") as caught:
        made(cut)
    assert "bad seek" not in str(caught.value)


def test_a_tiff_directory_of_nothing_is_damage_not_a_lack_of_memory() -> None:
    source = bytearray(samples.sample("tiff-pages"))
    first = int.from_bytes(source[4:8], "little")
    following = first + 2 + 12 * int.from_bytes(source[first : first + 2], "little")
    second = int.from_bytes(source[following : following + 4], "little")
    source[second : second + 2] = bytes(2)
    with pytest.raises(CorruptImage, match="0 elements"):
        made(bytes(source))


def test_a_heic_of_which_no_picture_can_be_opened_is_damaged() -> None:
    with pytest.raises(CorruptImage, match="invalid image index"):
        made(samples.sample("heic").replace(b"hvcC", b"free"))


@pytest.mark.parametrize("keyword", [b"Fl\xe4che", b"Comment"])
def test_texts_of_a_png_may_be_latin_1(keyword: bytes) -> None:
    source = samples.with_chunk(samples.sample("png"), b"tEXt", keyword + b"\0caf\xe9")
    for output in ({"format": "png"}, {"format": "jpeg"}, {"format": "tiff"}):
        assert made(source, metadata="all", output=output).width == samples.WIDTH


FUZZ = """
import faulthandler, random, sys
from stripline._vips import library
library()  # before the samples import pyvips, so that it is set up as for anybody
from stripline.errors import StriplineError
from stripline.image import Limits, MemorySinks, Recipe, process
from tests.image import corpus
from tests.image.headers import samples

faulthandler.enable()
random.seed(int(sys.argv[1]))
recipes = [
    Recipe.read({"output": {"format": "png"}, "metadata": "all"}),
    Recipe.read({"resize": {"width": 20}, "output": {"format": "webp"}}),
    Recipe.read({"output": {"format": "jpeg", "never_larger": True}, "background": "white"}),
]
sources = [samples.sample(name) for name in samples.MAKERS]
sources += [corpus.oriented_jpeg(6), corpus.palette_png(), corpus.sixteen_bit_png(3), corpus.SVG]
failed = 0
for number in range(int(sys.argv[2])):
    damaged = bytearray(sources[number % len(sources)])
    for _ in range(random.choice((1, 2, 5, 20))):
        damaged[random.randrange(len(damaged))] = random.randrange(256)
    if random.random() < 0.2:
        del damaged[random.randrange(len(damaged)) :]
    sinks, salvage = MemorySinks(), random.random() < 0.3
    limits = Limits(pixels=10_000_000, seconds=60)
    try:
        process(bytes(damaged), random.choice(recipes), sinks, limits, salvage=salvage)
    except StriplineError as error:
        failed += 1
        assert str(error).strip() and chr(10) not in str(error), repr(error)
        assert not sinks.files, "a part of a picture"
print(failed)
"""


def test_changed_bytes_of_every_format_crash_nothing_and_print_nothing() -> None:
    # In a process of its own: a decoder that crashes is to fail this test, not end all of them.
    assert 100 < int(run_script(FUZZ, 7, 250)) < 250
