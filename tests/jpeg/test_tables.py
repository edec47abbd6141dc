from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

import stripline
from stripline.errors import InvalidOption
from stripline.jpeg import Tables
from tests.support import decode, psnr

if TYPE_CHECKING:
    from numpy.typing import NDArray

STANDARD = Tables.for_quality(50)


@pytest.mark.parametrize("quality", range(1, 101))
def test_every_quality_is_the_ijgs(quality: int) -> None:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "jpeg", quality=quality)
    with Image.open(file) as image:
        theirs = image.quantization  # type: ignore[attr-defined]  # JPEG files have it
    ours = Tables.for_quality(quality)
    assert [list(ours.luma), list(ours.chroma)] == [theirs[0], theirs[1]]
    for table in (ours.dc_luma, ours.ac_luma, ours.dc_chroma, ours.ac_chroma):
        assert table in file.getvalue()


def test_quality_100_does_not_quantise() -> None:
    assert Tables.for_quality(100).luma == Tables.for_quality(100).chroma == bytes([1]) * 64


def test_tables_are_made_once() -> None:
    assert Tables.for_quality(90) is Tables.for_quality(90)
    assert Tables.for_quality(np.int64(90)) is Tables.for_quality(90)  # type: ignore[arg-type]


@pytest.mark.parametrize("quality", [0, 101, -1, 10**9])
def test_qualities_outside_the_scale(quality: int) -> None:
    with pytest.raises(InvalidOption, match=f"quality is {quality}; it goes from 1 to 100"):
        Tables.for_quality(quality)


@pytest.mark.parametrize("quality", [90.0, "90", None])
def test_qualities_that_are_no_integers(quality: Any) -> None:
    with pytest.raises(InvalidOption, match=f"must be an int, not {type(quality).__name__}"):
        Tables.for_quality(quality)


def huffman(symbols: bytes, length: int) -> bytes:
    counts = bytearray(16)
    counts[length - 1] = len(symbols)
    return bytes(counts) + symbols


AC_SYMBOLS = bytes([0, 0xF0, *(run << 4 | size for run in range(16) for size in range(1, 11))])


def test_tables_of_your_own(photo: NDArray[np.uint8]) -> None:
    tables = Tables(
        luma=bytes([2]) * 64,
        chroma=bytes([9]) * 64,
        dc_luma=huffman(bytes(range(12)), 4),
        ac_luma=huffman(AC_SYMBOLS, 8),
        dc_chroma=huffman(bytes(range(11, -1, -1)), 5),
        ac_chroma=huffman(AC_SYMBOLS[::-1], 9),
    )
    jpeg = stripline.encode(photo, tables=tables)
    assert psnr(decode(jpeg), photo) > 40
    with Image.open(io.BytesIO(jpeg)) as image:
        assert image.quantization[0] == [2] * 64  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"luma": bytes(64)}, "luma has a quantiser step of 0"),
        ({"chroma": bytes([1]) * 63}, "chroma must be 64 bytes"),
        ({"luma": [1] * 64}, "luma must be bytes, not list"),
        ({"dc_luma": "x"}, "dc_luma must be bytes, not str"),
        ({"dc_luma": bytes(15)}, "dc_luma must be 16 counts"),
        ({"dc_luma": huffman(bytes(range(12)), 4)[:-1]}, "counts 12 codes but has 11 symbols"),
        ({"dc_luma": huffman(bytes(range(11)), 4)}, "dc_luma has no code for 0x0B"),
        ({"dc_luma": huffman(bytes([*range(12), 3]), 4)}, "dc_luma has a symbol twice"),
        ({"dc_luma": huffman(bytes(range(12)), 3)}, "more short codes than there are"),
        ({"dc_luma": huffman(bytes(range(16)), 4)}, "a code of all ones"),
        ({"dc_chroma": huffman(bytes(range(12)), 16)}, "codes of more than 15 bits"),
        ({"ac_luma": huffman(AC_SYMBOLS[1:], 8)}, "ac_luma has no code for 0x00$"),
        ({"ac_chroma": huffman(AC_SYMBOLS[:100], 8)}, r"0x\w\w, .* and 54 more"),
    ],
)
def test_malformed_tables_are_refused(change: dict[str, Any], text: str) -> None:
    fields: dict[str, Any] = {"luma": STANDARD.luma, "chroma": STANDARD.chroma}
    with pytest.raises(InvalidOption, match=text):
        Tables(**fields | change)
