from __future__ import annotations

import struct
import zlib

import pytest

from stripline.errors import CorruptImage, LimitExceeded, UnsupportedFormat
from stripline.image.headers import probe
from stripline.image.limits import Limits
from tests.image.headers.samples import (
    ICC_PROFILE,
    animation,
    exif,
    picture,
    pillow,
    png_chunk,
    png_header,
    sample,
    vips,
    with_chunk,
)

PNG = pillow("png")
XMP_ATTRIBUTE = b'<rdf:Description xmlns:tiff="x" tiff:Orientation="%d"/>'
XMP_ELEMENT = b"<rdf:Description><tiff:Orientation>%d</tiff:Orientation></rdf:Description>"


def xmp_chunk(text: bytes, *, compressed: bool = False) -> bytes:
    body = zlib.compress(text) if compressed else text
    return b"XML:com.adobe.xmp\0" + bytes((compressed, 0)) + b"en\0\0" + body


@pytest.mark.parametrize(
    ("mode", "depth", "colour", "alpha"),
    [
        ("1", 1, "grey", False),
        ("L", 8, "grey", False),
        ("LA", 8, "grey", True),
        ("RGB", 8, "rgb", False),
        ("RGBA", 8, "rgb", True),
        ("I;16", 16, "grey", False),
        ("P", 8, "palette", False),
    ],
)
def test_kinds(mode: str, depth: int, colour: str, alpha: bool) -> None:
    info = probe(pillow("png", mode))
    assert (info.bit_depth, info.colour, info.alpha) == (depth, colour, alpha)
    assert info.lossless
    assert not info.progressive


def test_deep_interlaced_and_small_palettes() -> None:
    deep = probe(vips(".png", interpretation="rgb16", interlace=True))
    assert (deep.bit_depth, deep.colour, deep.progressive) == (16, "rgb", True)
    small = probe(vips(".png", palette=True, bitdepth=2))
    assert (small.bit_depth, small.colour) == (2, "palette")


@pytest.mark.parametrize("mode", ["L", "RGB", "P"])
def test_transparency_without_an_alpha_channel(mode: str) -> None:
    transparent = (1, 2, 3) if mode == "RGB" else 1
    assert probe(pillow("png", mode, transparency=transparent)).alpha


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_in_exif(orientation: int) -> None:
    assert probe(pillow("png", exif=exif(orientation))).orientation == orientation


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("text", [XMP_ATTRIBUTE, XMP_ELEMENT])
@pytest.mark.parametrize("compressed", [False, True])
def test_orientation_in_xmp(orientation: int, text: bytes, compressed: bool) -> None:
    chunk = xmp_chunk(text % orientation, compressed=compressed)
    assert probe(with_chunk(PNG, b"iTXt", chunk)).orientation == orientation


def test_exif_comes_before_xmp_and_nonsense_is_upright() -> None:
    xmp = xmp_chunk(XMP_ELEMENT % 8)
    assert probe(with_chunk(pillow("png", exif=exif(3)), b"iTXt", xmp)).orientation == 3
    for text in (xmp_chunk(XMP_ELEMENT % 9), xmp[:19], xmp[:18] + b"\1" + xmp[19:], b"other\0"):
        assert probe(with_chunk(PNG, b"iTXt", text)).orientation == 1


def test_a_compressed_bomb_is_not_unpacked() -> None:
    bomb = xmp_chunk(bytes(50_000_000) + XMP_ELEMENT % 6, compressed=True)
    assert probe(with_chunk(PNG, b"iTXt", bomb)).orientation == 1


def test_colours() -> None:
    assert probe(PNG).icc_bytes == 0
    assert probe(PNG).cicp is None
    # Compressed, with a name of 11 letters before it, as Pillow writes.
    assert 0 < probe(pillow("png", icc_profile=ICC_PROFILE)).icc_bytes < len(ICC_PROFILE) + 20
    assert probe(with_chunk(PNG, b"sRGB", b"\0")).cicp == (1, 13, 0, 1)
    hdr = with_chunk(with_chunk(PNG, b"sRGB", b"\0"), b"cICP", b"\x09\x10\x00\x01")
    assert probe(hdr).cicp == (9, 16, 0, 1)


@pytest.mark.parametrize("frames", [2, 5])
def test_animation(frames: int) -> None:
    info = probe(animation("png", frames))
    assert (info.frames, info.animated) == (frames, True)
    assert not probe(PNG).animated


def test_thirty_thousand_squared_is_stopped_by_its_header() -> None:
    zeros = png_header(30_000, 30_000) + png_chunk(b"IDAT", zlib.compress(bytes(1_000_000)))
    assert probe(zeros).pixels == 900_000_000
    with pytest.raises(LimitExceeded, match="900,000,000 pixels, of which 500,000,000 are allowed"):
        probe(zeros, Limits())


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (PNG[:20], "PNG: the file of 20 bytes ends within its header, which needs 25 more"),
        (PNG[:33], "ends within its header, which needs 8 more, at byte 33"),
        (PNG[:8] + png_chunk(b"IDAT", b"x" * 13), "the first chunk is not an IHDR"),
        (png_header(0, 5), "0 x 5 pixels, at byte 16"),
        (png_header(5, 1 << 31), "5 x 2,147,483,648 pixels"),
        (png_header(5, 5, 16, 3), "depth 16, colour type 3"),
        (png_header(5, 5, 8, 5), "colour type 5"),
        (png_header(5, 5, rest=b"\0\0\2"), "interlace 2"),
        (PNG[:20] + b"\1" + PNG[21:], "the checksum of IHDR is wrong, at byte 29"),
        (png_header(5, 5) + png_chunk(b"IEND", b""), "no pixels"),
        (png_header(5, 5) + b"\xff\xff\xff\xff" + b"aBCD", r"chunk b'aBCD' of 4,294,967,295"),
        (png_header(5, 5) + bytes(8), r"chunk b'\\x00\\x00\\x00\\x00' of 0 bytes"),
        (png_header(5, 5) + png_chunk(b"teXt", b"") * 10_001, "more than 10,000 chunks"),
        (with_chunk(PNG, b"acTL", struct.pack(">II", 0, 0)), "acTL of 8 bytes with 0 frames"),
        (with_chunk(PNG, b"acTL", b""), "acTL of 0 bytes"),
        (png_header(5, 5) + b"\x7f\xff\xff\xffeXIf", "ends within its header"),
    ],
)
def test_damage_is_named(data: bytes, text: str) -> None:
    with pytest.raises(CorruptImage, match=text):
        probe(data)


def test_apples_own_kind_is_named() -> None:
    with pytest.raises(UnsupportedFormat, match="altered for iOS"):
        probe(with_chunk(PNG, b"CgBI", b"\0\0\0\0")[:8] + png_chunk(b"CgBI", bytes(4)) + PNG[8:])


def test_the_size_is_the_pictures() -> None:
    assert (probe(sample("png")).width, probe(sample("png")).height) == picture().size


def test_what_follows_the_pixels_does_not_matter() -> None:
    assert probe(PNG + b"after the end").width == 61
