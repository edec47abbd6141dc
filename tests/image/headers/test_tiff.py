from __future__ import annotations

import io
import struct

import pytest
import pyvips
from PIL import Image

from stripline.errors import CorruptImage, LimitExceeded
from stripline.image.headers import probe
from stripline.image.limits import Limits
from tests.image.headers.samples import (
    ICC_PROFILE,
    animation,
    exif,
    pillow,
    sample,
    tiff_directory,
    vips,
)

SIZE = [(256, 3, 61), (257, 3, 40)]


def tiff(*directories: bytes, first: int = 8) -> bytes:
    return b"II*\0" + struct.pack("<I", first) + b"".join(directories)


@pytest.mark.parametrize(
    ("mode", "depth", "colour", "alpha"),
    [
        ("1", 1, "grey", False),
        ("L", 8, "grey", False),
        ("LA", 8, "grey", True),
        ("P", 8, "palette", False),
        ("RGB", 8, "rgb", False),
        ("RGBA", 8, "rgb", True),
        ("CMYK", 8, "cmyk", False),
        ("YCbCr", 8, "ycbcr", False),
        ("LAB", 8, "lab", False),
        ("I;16", 16, "grey", False),
        ("F", 32, "grey", False),
    ],
)
def test_kinds(mode: str, depth: int, colour: str, alpha: bool) -> None:
    source = "RGB" if mode == "LAB" else mode
    if mode == "LAB":
        file = io.BytesIO()
        Image.new("LAB", (61, 40)).save(file, "tiff")
        data = file.getvalue()
    else:
        data = pillow("tiff", source)
    info = probe(data)
    assert (info.width, info.height) == (61, 40)
    assert (info.bit_depth, info.colour, info.alpha) == (depth, colour, alpha)


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("tile", [False, True])
@pytest.mark.parametrize(
    ("compression", "coding", "lossless"),
    [
        ("none", "none", True),
        ("lzw", "lzw", True),
        ("deflate", "deflate", True),
        ("packbits", "packbits", True),
        ("jpeg", "jpeg", None),
        ("webp", "webp", None),
    ],
)
def test_layouts(big: bool, tile: bool, compression: str, coding: str, lossless: bool) -> None:
    info = probe(vips(".tif", bigtiff=big, tile=tile, compression=compression))
    assert (info.width, info.height, info.tiled) == (61, 40, tile)
    assert (info.coding, info.lossless) == (coding, lossless)


def test_both_byte_orders() -> None:
    for order, mark in (("<", b"II*\0"), (">", b"MM\0*")):
        entries = [*SIZE, (262, 3, 1), (258, 3, 8), (274, 3, 7)]
        data = mark + struct.pack(f"{order}I", 8) + tiff_directory(entries, 0, order)
        info = probe(data)
        assert (info.width, info.height, info.bit_depth, info.orientation) == (61, 40, 8, 7)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(orientation: int) -> None:
    assert probe(pillow("tiff", exif=exif(orientation))).orientation == orientation


def test_profile_and_deep_samples() -> None:
    assert probe(pillow("tiff", icc_profile=ICC_PROFILE)).icc_bytes == len(ICC_PROFILE)
    assert probe(vips(".tif", interpretation="rgb16")).bit_depth == 16
    assert probe(vips(".tif", interpretation="scrgb")).bit_depth == 32


@pytest.mark.parametrize("pages", [1, 2, 9])
def test_pages(pages: int) -> None:
    data = animation("tiff", pages)
    theirs = pyvips.Image.new_from_buffer(data, "")
    count = theirs.get("n-pages") if theirs.get_typeof("n-pages") else 1
    info = probe(data)
    assert info.frames == count == pages
    assert not info.animated


def test_levels_of_a_pyramid_are_pages() -> None:
    data = vips(".tif", pyramid=True, tile=True, tile_width=16, tile_height=16)
    assert probe(data).frames == pyvips.Image.new_from_buffer(data, "").get("n-pages") > 1


def test_counting_stops_at_the_limit() -> None:
    with pytest.raises(LimitExceeded, match="3 frames, of which 2 are allowed"):
        probe(sample("tiff-pages"), Limits(frames=2))


def test_a_chain_that_leaves_the_file_ends_there() -> None:
    directory = tiff_directory(SIZE, 1_000_000)
    assert probe(tiff(directory)).frames == 1
    following = 8 + len(directory)
    assert probe(tiff(tiff_directory(SIZE, following), directory)).frames == 2
    assert probe(tiff(tiff_directory(SIZE, following), directory[:-4])).frames == 1


def test_what_has_no_name_is_other() -> None:
    for photometric in (5, 32803, 34892):
        inks = [(332, 3, 2)] if photometric == 5 else []
        assert (
            probe(tiff(tiff_directory([*SIZE, (262, 3, photometric), *inks], 0))).colour == "other"
        )
    assert probe(tiff(tiff_directory([*SIZE, (259, 3, 60_000)], 0))).coding == "code 60000"


def test_a_circle_is_found() -> None:
    size = len(tiff_directory(SIZE, 0))
    for target in (8, 8 + size):
        with pytest.raises(CorruptImage, match=f"go in a circle, at byte {target}"):
            probe(tiff(tiff_directory(SIZE, 8 + size), tiff_directory(SIZE, target)))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"II*\0\1", "TIFF: the file of 5 bytes ends within its header"),
        (tiff(first=1_000_000), "needs 2 more, at byte 1,000,000"),
        (tiff(b"\0\0"), "a directory of 0 entries, at byte 8"),
        (tiff(b"\xff\xff" + bytes(100)), "needs 786,420 more"),
        (tiff(tiff_directory(SIZE[:1], 0)), "the first page has no height"),
        (tiff(tiff_directory([(256, 3, 0), SIZE[1]], 0)), "the first page has no width"),
        (tiff(tiff_directory([*SIZE, (258, 3, 900)], 0)), "900 bits a sample"),
        (tiff(tiff_directory([(256, 2, 9), SIZE[1]], 0)), "tag 256 has 1 values of type 2"),
        (b"II+\0\4\0\0\0" + bytes(20), "offsets do not have 8 bytes"),
        (b"II+\0\x08\0\0\0" + b"\xff" * 8, "ends within its header"),
        (b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 1 << 60), "a directory of 1,152,921,504"),
    ],
)
def test_damage_is_named(data: bytes, text: str) -> None:
    with pytest.raises(CorruptImage, match=text):
        probe(data)


def test_a_count_that_lies_is_refused() -> None:
    entry = struct.pack("<HHII", 258, 3, 0x7FFF_FFFF, 8)
    directory = struct.pack("<H", 3) + tiff_directory(SIZE, 0)[2:-4] + entry + bytes(4)
    with pytest.raises(CorruptImage, match="tag 258 has 2,147,483,647 values"):
        probe(tiff(directory))
