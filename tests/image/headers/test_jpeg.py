from __future__ import annotations

import pytest

from stripline.errors import CorruptImage, UnsupportedFormat
from stripline.image.headers import probe
from stripline.jpeg import inspect
from tests.image.headers.samples import ICC_PROFILE, exif, pillow, sample, vips

JPEG = sample("jpeg")
SOF = b"\xff\xc0\x00\x11\x08"
ADOBE = b"\xff\xee\x00\x0eAdobe\0\x64\0\0\0\0"


def changed(at: bytes, offset: int, new: bytes, data: bytes = JPEG) -> bytes:
    start = data.index(at) + offset
    return data[:start] + new + data[start + len(new) :]


def without_jfif(ids: bytes = b"\1\2\3", adobe: int | None = None) -> bytes:
    data = pillow("jpeg")
    assert data[2:4] == b"\xff\xe0"
    data = data[:2] + (b"" if adobe is None else ADOBE + bytes((adobe,))) + data[20:]
    for number, value in enumerate(ids):
        data = changed(SOF, 10 + 3 * number, bytes((value,)), data)
    return data


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(orientation: int) -> None:
    info = probe(pillow("jpeg", exif=exif(orientation)))
    assert (info.width, info.height, info.orientation) == (61, 40, orientation)
    assert info.upright_size == ((61, 40) if orientation < 5 else (40, 61))


def test_a_profile_in_several_segments_is_added_up() -> None:
    assert probe(JPEG).icc_bytes == len(ICC_PROFILE)
    assert probe(pillow("jpeg", icc_profile=bytes(150_000))).icc_bytes == 150_000


@pytest.mark.parametrize(
    ("data", "colour"),
    [
        (pillow("jpeg", "L"), "grey"),
        (pillow("jpeg"), "ycbcr"),
        (pillow("jpeg", keep_rgb=True), "rgb"),
        (pillow("jpeg", "CMYK"), "cmyk"),
        (vips(".jpg", interpretation="cmyk"), "cmyk"),
        (changed(b"Adobe", 11, b"\2", pillow("jpeg", "CMYK")), "ycck"),
        (without_jfif(), "ycbcr"),
        (without_jfif(b"RGB"), "rgb"),
        (without_jfif(b"RGB", adobe=1), "ycbcr"),
        (without_jfif(adobe=0), "rgb"),
    ],
)
def test_colour(data: bytes, colour: str) -> None:
    assert probe(data).colour == colour


@pytest.mark.parametrize(
    ("data", "samples"),
    [
        (pillow("jpeg", "L"), 1),
        (pillow("jpeg", subsampling=0), 3),
        (pillow("jpeg", subsampling=1), 2),
        (pillow("jpeg", subsampling=2), 1.5),
        (pillow("jpeg", "CMYK"), 4),
        (changed(SOF, 11, b"\0", pillow("jpeg")), None),
    ],
)
def test_samples(data: bytes, samples: float | None) -> None:
    assert probe(data).samples == samples


def test_two_channels_have_no_name() -> None:
    data = b"\xff\xd8\xff\xc0\x00\x0e\x08\x00\x04\x00\x04\x02" + b"\x01\x11\x00" * 2
    assert probe(data + b"\xff\xda\x00\x02").colour == "other"


def test_processes() -> None:
    baseline, progressive = probe(pillow("jpeg")), probe(vips(".jpg", interlace=True))
    assert (baseline.coding, baseline.progressive) == ("baseline", False)
    assert (progressive.coding, progressive.progressive) == ("progressive", True)
    assert not baseline.lossless
    assert probe(changed(SOF, 1, b"\xc3")).lossless


def test_agrees_with_the_full_inspection() -> None:
    for data in (JPEG, sample("jpeg-cmyk"), pillow("jpeg", "L", progressive=True)):
        short, full = probe(data), inspect(data)
        assert (short.width, short.height) == (full.width, full.height)
        assert (short.bit_depth, short.coding) == (full.precision, full.process)
        assert (short.orientation, short.icc_bytes) == (full.orientation, full.icc_bytes)


def test_fill_bytes_and_a_thumbnail_before_the_header() -> None:
    thumbnail = pillow("jpeg")
    segment = b"\xff\xe3" + (2 + 60_000).to_bytes(2, "big") + thumbnail.ljust(60_000, b"\xff")
    info = probe(JPEG[:2] + b"\xff" * 7 + segment + JPEG[2:])
    assert (info.width, info.orientation, info.icc_bytes) == (61, 6, len(ICC_PROFILE))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (JPEG[:3], r"JPEG: the file of 3 bytes ends within .* at byte 2"),
        (b"\xff\xd8\xff\xd9\0\0", "marker FF D9 before the first scan, at byte 2"),
        (JPEG[:2] + b"\xff\xe5\x00\x01", "a segment FF E5 of 1 bytes, at byte 2"),
        (JPEG[:2] + b"\xff\xe5\x00\x03\0\0" + JPEG[2:], "00 in place of a marker, at byte 7"),
        (b"\xff\xd8\xff\xda\x00\x02", "a scan before the frame header, at byte 2"),
        (b"\xff\xd8\xff\xc0\x00\x05\x08\x00\x01", "a frame header of 3 bytes"),
        (changed(SOF, 7, b"\x00\x00"), "the width is 0"),
        (changed(SOF, 4, b"\x00"), "0 bits a sample"),
        (b"\xff\xd8" + b"\xff\xfe\x00\x02" * 10_001, "more than 10,000 segments"),
        (JPEG[: JPEG.index(SOF)] + JPEG[JPEG.index(SOF) :][:19] * 2, "a second frame header"),
    ],
)
def test_damage_is_named(data: bytes, text: str) -> None:
    with pytest.raises(CorruptImage, match=text):
        probe(data)


def test_a_height_that_comes_later_is_unsupported() -> None:
    with pytest.raises(UnsupportedFormat, match="DNL"):
        probe(changed(SOF, 5, b"\x00\x00"))


def test_the_largest_size() -> None:
    info = probe(changed(SOF, 5, b"\xff\xff\xff\xff"))
    assert (info.width, info.height, info.pixels) == (65535, 65535, 65535**2)
