from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image

from stripline.errors import CorruptImage
from stripline.image.headers import probe
from tests.image.headers.samples import box, pillow, sample


class Bits:
    """Writes numbers as JPEG XL does, the least significant bit first."""

    def __init__(self) -> None:
        self._value = 0
        self._count = 0

    def put(self, *fields: tuple[int, int]) -> Bits:
        for value, bits in fields:
            self._value |= value << self._count
            self._count += bits
        return self

    def codestream(self) -> bytes:
        return b"\xff\x0a" + self._value.to_bytes(-(-self._count // 8), "little") + bytes(8)


SIGNATURE = b"\0\0\0\x0cJXL \r\n\x87\n"
SMALL = ((1, 1), (4, 5), (0, 3), (7, 5))  # 64 x 40: in eighths, height first


def encoded(image: Image.Image, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, "jxl", **options)
    return file.getvalue()


@pytest.mark.parametrize(
    "size", [(1, 1), (8, 8), (256, 256), (61, 40), (300, 200), (1920, 1080), (5000, 3), (9, 9000)]
)
def test_sizes(size: tuple[int, int]) -> None:
    info = probe(encoded(Image.new("RGB", size), effort=1))
    assert (info.width, info.height, info.frames) == (*size, 1)


@pytest.mark.parametrize(
    ("mode", "colour", "alpha"),
    [("L", "grey", False), ("LA", "grey", True), ("RGB", "rgb", False), ("RGBA", "rgb", True)],
)
@pytest.mark.parametrize("lossless", [False, True])
def test_kinds(mode: str, colour: str, alpha: bool, lossless: bool) -> None:
    info = probe(pillow("jxl", mode, lossless=lossless))
    assert (info.colour, info.alpha, info.bit_depth) == (colour, alpha, 8)
    assert info.lossless is (None if lossless else False)
    assert info.coding == ("direct" if lossless else "xyb")


def test_the_container_and_the_bare_codestream() -> None:
    bare = sample("jxl")
    assert bare.startswith(b"\xff\x0a")
    head = SIGNATURE + box(b"ftyp", b"jxl ", bytes(4), b"jxl ")
    expected = probe(bare)
    for container in (
        head + box(b"jxlc", bare),
        head + box(b"Exif", bytes(20)) + box(b"jxlp", bytes(4), bare[:50]),
        head + struct.pack(">I4sQ", 1, b"jxlc", 16 + len(bare)) + bare,
        head + b"\0\0\0\0jxlc" + bare,
    ):
        info = probe(container)
        assert (info.width, info.height, info.colour) == (61, 40, expected.colour)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(orientation: int) -> None:
    bits = Bits().put(*SMALL, (0, 1), (1, 1), (orientation - 1, 3), (0, 3))
    bits.put((0, 1), (0, 2), (1, 1), (0, 2), (1, 1), (1, 1))
    info = probe(bits.codestream())
    assert (info.width, info.height, info.orientation) == (64, 40, orientation)


def test_fields_that_few_files_have() -> None:
    bits = Bits().put(*SMALL, (0, 1), (1, 1), (0, 3))
    bits.put((1, 1), *SMALL)  # the size to show it in
    bits.put((1, 1), (1, 1), (0, 2), (1, 3))  # a preview of 16 x 16
    bits.put((1, 1), (0, 2), (0, 2), (0, 2), (0, 1))  # an animation
    bits.put((1, 1), (1, 2), (4, 4), (1, 1))  # 16-bit floating point
    bits.put((2, 2), (1, 4))  # three extra channels:
    bits.put((0, 1), (2, 2), (0, 4), (0, 1), (0, 2), (0, 2), (0, 2), (0, 64))  # a spot colour
    bits.put((0, 1), (2, 2), (3, 4), (0, 1), (0, 2), (0, 2), (1, 2), (2, 4), (0x4142, 16), (0, 2))
    bits.put((1, 1))  # alpha
    bits.put((0, 1), (0, 1), (0, 1), (1, 2))  # not XYB, grey
    info = probe(bits.codestream())
    assert (info.width, info.height, info.frames, info.animated) == (64, 40, 0, True)
    assert (info.bit_depth, info.alpha, info.colour, info.lossless) == (16, True, "grey", None)
    assert "several frames" in info.describe()


def test_deep_samples() -> None:
    deep = Image.fromarray(np.zeros((4, 4), np.uint16))
    assert probe(encoded(deep)).bit_depth == 16


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xff\x0a", "JPEG XL: the file of 2 bytes ends"),
        (SIGNATURE, "needs 8 more, at byte 12"),
        (SIGNATURE + b"\0\0\0\0free", "no codestream in the container"),
        (SIGNATURE + box(b"jxlc", b"\xff\xd8"), "does not begin with FF 0A"),
        (SIGNATURE + box(b"free") * 1_001, "no codestream in the container"),
        (Bits().put(*SMALL, (0, 2), (0, 3), (1, 1), (3, 2), (999, 12)).codestream(), "1,000 extra"),
    ],
)
def test_damage_is_named(data: bytes, text: str) -> None:
    with pytest.raises(CorruptImage, match=text):
        probe(data)
