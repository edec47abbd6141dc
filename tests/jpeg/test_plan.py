from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripline.errors import InvalidOption
from stripline.jpeg import Metadata, Sampling
from stripline.jpeg._engine import mcu_size
from stripline.jpeg._plan import SAMPLINGS, STRIP_PIXELS, Plan, make_plan, strip_geometry
from stripline.streams import IteratorRows, PixelFormat, PlanarFrame
from stripline.streams.exif import minimal_exif, orientation

FULL_CHROMA: list[PixelFormat] = ["rgb", "bgra", "i444"]
HALVED_CHROMA: list[PixelFormat] = ["i420", "nv12"]


def planned(pixel_format: PixelFormat = "rgb", **options: Any) -> Plan:
    return make_plan(IteratorRows([], 100, 80, pixel_format), **options)


@given(st.integers(1, 65_535), st.sampled_from(SAMPLINGS))
def test_strips_are_whole_mcu_rows_of_a_good_size(width: int, sampling: Sampling) -> None:
    rows, interval_mcus = strip_geometry(width, sampling)
    mcu_width, mcu_height = mcu_size(sampling)
    assert rows % mcu_height == 0
    assert interval_mcus == rows // mcu_height * -(-width // mcu_width)
    assert interval_mcus <= 65_535
    # One MCU row more or less would be further off.
    mcu_row_pixels = -(-width // mcu_width) * mcu_width * mcu_height
    off = abs(mcu_row_pixels * rows // mcu_height - STRIP_PIXELS[sampling])
    assert off <= mcu_row_pixels / 2 or rows == mcu_height


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_the_widest_strips_are_small(sampling: Sampling) -> None:
    for width in (1, 20_000, 65_535):
        rows, _ = strip_geometry(width, sampling)
        assert width * rows * 3 < 3.5e6


def test_444_keeps_what_there_is() -> None:
    def coded(pixel_format: PixelFormat, subsampling: Sampling) -> Sampling:
        sizes = {"i420": [64, 16, 16], "nv12": [64, 32], "i444": [64, 64, 64]}
        if pixel_format not in sizes:
            return planned(pixel_format, subsampling=subsampling).sampling
        planes = [bytes(size) for size in sizes[pixel_format]]
        frame = PlanarFrame(pixel_format, 8, 8, planes)
        return make_plan(frame, subsampling=subsampling).sampling

    for subsampling in SAMPLINGS:
        assert coded("grey", subsampling) == "grey"
        for full in FULL_CHROMA:
            assert coded(full, subsampling) == subsampling
    for pixel_format in HALVED_CHROMA:
        assert coded(pixel_format, "4:4:4") == coded(pixel_format, "4:2:0") == "4:2:0"
        assert coded(pixel_format, "grey") == "grey"
        for other in SAMPLINGS[1:3]:
            with pytest.raises(InvalidOption, match=f"{pixel_format} .* cannot become {other}"):
                coded(pixel_format, other)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"quality": 0}, "quality is 0"),
        ({"subsampling": "420"}, "unknown subsampling '420'; known are 4:4:4, 4:2:2"),
        ({"background": (1, 2)}, "must be three ints"),
        ({"background": (1, 2, 3.5)}, "must be three ints"),
        ({"background": "white"}, "must be three ints"),
        ({"background": (1, 2, 256)}, "each channel goes from 0 to 255"),
        ({"metadata": "all"}, "metadata is 'all'; it is None, 'keep' or a Metadata"),
    ],
)
def test_options_outside_their_range(options: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidOption, match=text):
        planned(**options)


class Described(IteratorRows):
    metadata = Metadata(
        exif=minimal_exif(6) + b"a thumbnail", xmp=b"xmp", icc=b"icc", density=(300, 300)
    )


def prefix(metadata: Any) -> bytes:
    return make_plan(Described([], 100, 80), metadata=metadata).prefix


def test_without_a_word_only_the_look_survives() -> None:
    found = prefix(None)
    assert minimal_exif(6) in found
    assert b"icc" in found
    assert b"thumbnail" not in found
    assert b"xmp" not in found


def test_keep_keeps_all() -> None:
    found = prefix("keep")
    for part in (b"a thumbnail", b"xmp", b"icc", b"\x01\x2c\x01\x2c"):
        assert part in found


def test_a_metadata_is_written_as_it_is() -> None:
    assert prefix(Metadata()) == planned().prefix
    assert b"mine" in prefix(Metadata(comment="mine"))


def test_an_upright_picture_needs_no_exif() -> None:
    assert orientation(minimal_exif(1)) == 1
    upright = Described([], 100, 80)
    upright.metadata = Metadata(exif=minimal_exif(1))
    assert make_plan(upright).prefix == planned().prefix
