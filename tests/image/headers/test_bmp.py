from __future__ import annotations

import struct

import pytest

from stripline.errors import CorruptImage
from stripline.image.headers import probe
from tests.image.headers.samples import pillow


def bmp(header: bytes) -> bytes:
    return b"BM" + struct.pack("<IHHI", 14 + len(header), 0, 0, 14 + len(header)) + header


def info_header(
    width: int = 61, height: int = 40, bits: int = 24, compression: int = 0, size: int = 40
) -> bytes:
    head = struct.pack("<IiiHHI", size, width, height, 1, bits, compression)
    return head.ljust(size, b"\0")


@pytest.mark.parametrize(
    ("mode", "depth", "colour"), [("1", 1, "palette"), ("P", 8, "palette"), ("RGB", 8, "rgb")]
)
def test_as_pillow_writes_it(mode: str, depth: int, colour: str) -> None:
    info = probe(pillow("bmp", mode))
    assert (info.width, info.height, info.bit_depth, info.colour) == (61, 40, depth, colour)
    assert (info.alpha, info.lossless, info.coding) == (False, True, "none")


def test_rows_from_the_top_down() -> None:
    assert probe(bmp(info_header(height=-40))).height == 40


def test_the_oldest_header() -> None:
    info = probe(bmp(struct.pack("<IHHHH", 12, 61, 40, 1, 8)))
    assert (info.width, info.height, info.bit_depth) == (61, 40, 8)


def test_sixteen_bits_and_masks() -> None:
    assert probe(bmp(info_header(bits=16))).bit_depth == 5
    masks = struct.pack("<III", 0xF800, 0x07E0, 0x001F)
    assert probe(bmp(info_header(bits=16, compression=3) + masks)).bit_depth == 6


def test_alpha_and_profile_of_the_longest_header() -> None:
    head = bytearray(info_header(bits=32, compression=3, size=124))
    head[40:56] = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    head[56:60] = b"DEBM"
    head[116:120] = struct.pack("<I", 548)
    info = probe(bmp(bytes(head)))
    assert (info.alpha, info.bit_depth, info.icc_bytes) == (True, 8, 548)


@pytest.mark.parametrize(("compression", "coding"), [(1, "rle8"), (4, "jpeg")])
def test_compressions(compression: int, coding: str) -> None:
    info = probe(bmp(info_header(bits=8, compression=compression)))
    assert (info.coding, info.lossless) == (coding, coding != "jpeg")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (bmp(info_header())[:30], "BMP: the file of 30 bytes ends"),
        (bmp(info_header(width=0)), "0 x 40 pixels"),
        (bmp(info_header(width=-61)), "-61 x 40 pixels"),
        (bmp(info_header(height=0)), "61 x 0 pixels"),
        (bmp(info_header(bits=7)), "7 bits"),
        (bmp(info_header(compression=9)), "compression 9"),
    ],
)
def test_damage_is_named(data: bytes, text: str) -> None:
    with pytest.raises(CorruptImage, match=text):
        probe(data)
