from __future__ import annotations

import io
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

import stripline
from stripline import Metadata
from stripline.errors import CorruptImage, SourceFailed, UnsupportedFormat
from stripline.jpeg import JpegInfo, Tables, inspect
from stripline.streams.exif import minimal_exif
from tests.support import noise, photograph

if TYPE_CHECKING:
    from pathlib import Path

OURS = stripline.encode(
    photograph(4, 2),
    quality=83,
    subsampling="4:2:0",
    metadata=Metadata(
        exif=minimal_exif(8), xmp=b"<x/>", icc=bytes(70_000), comment="hello", density=(300, 150)
    ),
)


def pillow(pixels: Any = None, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(photograph() if pixels is None else pixels).save(file, "jpeg", **options)
    return file.getvalue()


def test_our_own_file() -> None:
    info = inspect(OURS)
    assert info == JpegInfo(
        width=1024,
        height=2048,
        precision=8,
        components=3,
        sampling="4:2:0",
        process="baseline",
        quality=83,
        quality_exact=True,
        restart_interval=64 * 64,
        strips=2,
        orientation=8,
        density=(300, 150),
        exif_bytes=26,
        xmp_bytes=4,
        icc_bytes=70_000,
        comment="hello",
        segments=info.segments,
    )
    assert not info.progressive
    names = [segment.name for segment in info.segments]
    assert names == [
        "APP0",
        "APP1",
        "APP1",
        "APP2",
        "APP2",
        "COM",
        "DQT",
        "SOF0",
        "DHT",
        "DRI",
        "SOS",
    ]
    end = 2
    for segment in info.segments:
        assert segment.offset == end
        assert OURS[segment.offset] == 0xFF
        end += segment.size
    assert OURS[end - 3 : end] == bytes((0, 63, 0))


def test_from_a_path_a_file_and_memory(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(OURS)
    expected = inspect(OURS)
    assert inspect(tmp_path / "a.jpg") == expected
    assert inspect(str(tmp_path / "a.jpg")) == expected
    assert inspect(bytearray(OURS)) == inspect(memoryview(OURS)) == expected
    with (tmp_path / "a.jpg").open("rb", buffering=0) as file:
        assert inspect(file) == expected


def test_no_more_is_read_than_the_headers() -> None:
    file = io.BytesIO(OURS)
    last = inspect(file).segments[-1]
    assert file.tell() == last.offset + last.size


@pytest.mark.parametrize("quality", [1, 10, 49, 50, 75, 99, 100])
def test_quality_of_others_files(quality: int) -> None:
    info = inspect(pillow(quality=quality))
    assert (info.quality, info.quality_exact) == (quality, True)
    grey = inspect(pillow(photograph()[..., 0], quality=quality))
    assert (grey.quality, grey.quality_exact) == (quality, True)


def test_quality_of_tables_that_are_not_the_ijgs() -> None:
    standard = Tables.for_quality(80)
    near = Tables(bytes(min(step + 1, 255) for step in standard.luma), standard.chroma)
    info = inspect(stripline.encode(noise(9, 9), tables=near))
    assert not info.quality_exact
    assert info.quality is not None
    assert 70 <= info.quality <= 80


@pytest.mark.parametrize(
    ("subsampling", "name"), [("4:4:4", "4:4:4"), ("4:2:2", "4:2:2"), ("4:2:0", "4:2:0")]
)
def test_sampling_of_others_files(subsampling: str, name: str) -> None:
    assert inspect(pillow(subsampling=subsampling)).sampling == name


def test_kinds_of_files() -> None:
    progressive = inspect(pillow(progressive=True))
    assert (progressive.progressive, progressive.process) == (True, "progressive")
    grey = inspect(pillow(photograph()[..., 0]))
    assert (grey.components, grey.sampling) == (1, "grey")
    file = io.BytesIO()
    Image.new("CMYK", (16, 16)).save(file, "jpeg")
    print_colours = inspect(file.getvalue())
    assert (print_colours.components, print_colours.sampling) == (4, "1x1,1x1,1x1,1x1")
    assert (print_colours.quality, print_colours.quality_exact) == (75, True)


def test_orientation_of_others_files() -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    assert inspect(pillow(exif=exif)).orientation == 3
    assert inspect(pillow()).orientation == 1


def changed(at: bytes, offset: int, new: bytes) -> bytes:
    start = OURS.index(at) + offset
    return OURS[:start] + new + OURS[start + len(new) :]


SOF = b"\xff\xc0\x00\x11\x08"


def test_density_in_centimetres() -> None:
    assert inspect(changed(b"JFIF", 7, b"\x02")).density == (762, 381)
    assert inspect(changed(b"JFIF", 7, b"\x00")).density is None


def test_a_cut_jfif_segment_says_nothing() -> None:
    assert inspect(OURS[:2] + b"\xff\xe0\x00\x07JFIF\0" + OURS[20:]).density is None


def test_without_tables_there_is_no_quality() -> None:
    start = OURS.index(b"\xff\xdb\x00\x84")
    info = inspect(OURS[:start] + OURS[start + 134 :])
    assert (info.quality, info.quality_exact) == (None, False)


def test_fill_bytes_before_markers_are_allowed() -> None:
    assert inspect(OURS[:2] + b"\xff" * 5 + OURS[2:]).width == 1024


def test_unusual_sampling_factors_are_listed() -> None:
    assert inspect(changed(SOF, 11, b"\x42")).sampling == "4:1:0"
    assert inspect(changed(SOF, 11, b"\x33")).sampling == "3x3,1x1,1x1"
    assert inspect(changed(SOF, 14, b"\x21")).sampling == "2x2,2x1,1x1"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (OURS[:2], "ends within its headers, after 2 bytes"),
        (OURS[:100], "ends within its headers, after 100 bytes"),
        (OURS[:2] + b"\x00" + OURS[3:], "no marker at byte 2"),
        (b"\xff\xd8\xff\xd9", "end of image at byte 2"),
        (b"\xff\xd8\xff\xd0", "marker FF D0 at byte 2"),
        (b"\xff\xd8\xff\xe0\x00\x01", "APP0 at byte 2 says it has 1 bytes"),
        (b"\xff\xd8\xff\xda\x00\x02", "scan comes before the frame header"),
        (b"\xff\xd8\xff\xc0\x00\x05\x08\x00\x01", "frame header cannot have 3 bytes"),
        (changed(SOF, 7, b"\x00\x00"), "width is 0"),
        (changed(SOF, 11, b"\x05"), r"sampling factors \[\(0, 5\)"),
        (OURS[:2] + b"\xff\xdd\x00\x03\x01" + OURS[2:], "DRI has 1 bytes"),
        (OURS[:2] + b"\xff\xdb\x00\x03\x01" + OURS[2:], "quantiser table is malformed"),
        (OURS[:2] + b"\xff\xfe\x00\x02" * 10_001, "more than 10,000 segments"),
        (OURS[: OURS.index(SOF)] + OURS[OURS.index(SOF) :][:19] * 2, "two frame headers"),
    ],
)
def test_damage_is_named(data: bytes, text: str) -> None:
    with pytest.raises(CorruptImage, match=text):
        inspect(data)


@pytest.mark.parametrize("data", [b"", b"\xff", b"\x89PNG", b"\xd8\xff", bytes(100)])
def test_other_data_is_an_unsupported_format(data: bytes) -> None:
    with pytest.raises(UnsupportedFormat, match="not a JPEG file"):
        inspect(data)


def test_a_height_that_comes_later_is_unsupported() -> None:
    with pytest.raises(UnsupportedFormat, match="DNL"):
        inspect(changed(SOF, 5, b"\x00\x00"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceFailed, match=r"FileNotFoundError.*none\.jpg"):
        inspect(tmp_path / "none.jpg")


HEAD = OURS[: inspect(OURS).segments[-1].offset + 14]


@given(
    st.lists(st.tuples(st.integers(0, len(HEAD) - 1), st.integers(0, 255)), max_size=6), st.data()
)
def test_any_damage_is_survived(changes: list[tuple[int, int]], data: st.DataObject) -> None:
    damaged = bytearray(HEAD)
    for at, value in changes:
        damaged[at] = value
    cut = data.draw(st.integers(0, len(damaged)))
    with suppress(CorruptImage, UnsupportedFormat):  # any other error fails the test
        info = inspect(bytes(damaged[:cut]))
        assert 1 <= info.orientation <= 8
        assert info.strips >= 1


@given(st.binary(max_size=200))
@example(
    b"\xff\xdb\x00\x43\x00" + bytes(64) + b"\xff\xc0\x00\x0b\x08\x00\x01\x00\x01\x01\x01\x11\x00"
)
def test_any_bytes_are_survived(tail: bytes) -> None:
    with suppress(CorruptImage):  # any other error fails the test
        assert inspect(b"\xff\xd8" + tail).width >= 1
