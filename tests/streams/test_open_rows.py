from __future__ import annotations

import io
import mmap
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from stripline.errors import (
    InvalidDimensions,
    InvalidOption,
    SourceFailed,
    UnsupportedFormat,
    UnsupportedPixels,
    WrongRowSize,
)
from stripline.streams import IteratorRows, PixelFormat, PlanarFrame, close_source, open_rows
from stripline.streams.array import ArrayRows
from stripline.streams.netpbm import NetpbmRows
from stripline.streams.path import PathRows
from stripline.streams.pillow import PillowRows
from stripline.streams.raw import FileRows, FlatRows
from tests.support import noise

if TYPE_CHECKING:
    from pathlib import Path

PPM = b"P6 7 5 255\n" + bytes(105)


@pytest.mark.parametrize(
    ("source", "options", "kind"),
    [
        (np.zeros((5, 7, 3), np.uint8), {}, ArrayRows),
        (np.zeros((5, 7, 4), np.uint8), {"pixel_format": "bgrx", "width": 7}, ArrayRows),
        (memoryview(bytes(35)).cast("B", (5, 7)), {}, ArrayRows),
        (bytes(105), {"width": 7}, FlatRows),
        (bytearray(35), {"width": 7, "pixel_format": "grey", "height": 5}, FlatRows),
        (bytes(59), {"width": 7, "height": 5, "pixel_format": "i420"}, PlanarFrame),
        (io.BytesIO(PPM), {}, NetpbmRows),
        (io.BytesIO(PPM), {"width": 7}, NetpbmRows),
        (io.BytesIO(bytes(105)), {"width": 7, "pixel_format": "rgb"}, FileRows),
        (io.BytesIO(bytes(59)), {"width": 7, "height": 5, "pixel_format": "i420"}, PlanarFrame),
        (Image.new("RGB", (7, 5)), {}, PillowRows),
        ([bytes(21)], {"width": 7}, IteratorRows),
        (iter([bytes(21)]), {"width": 7, "height": 5, "pixel_format": "bgr"}, IteratorRows),
        (PlanarFrame("i444", 7, 5, [bytes(35)] * 3), {}, PlanarFrame),
        (IteratorRows([], 7, None), {}, IteratorRows),
    ],
)
def test_what_becomes_what(source: object, options: Any, kind: type[object]) -> None:
    rows = open_rows(source, **options)
    assert type(rows) is kind
    assert rows.width == 7
    assert rows.height in {5, None}
    assert rows.format == options.get("pixel_format", rows.format)


def test_paths(tmp_path: Path) -> None:
    (tmp_path / "a.ppm").write_bytes(PPM)
    (tmp_path / "a.raw").write_bytes(bytes(105))
    (tmp_path / "a.yuv").write_bytes(bytes(59))
    Image.new("RGB", (7, 5)).save(tmp_path / "a.png")
    opened = [
        open_rows(str(tmp_path / "a.ppm")),
        open_rows(tmp_path / "a.raw", width=7, pixel_format="rgb"),
        open_rows(tmp_path / "a.yuv", width=7, height=5, pixel_format="i420"),
        open_rows(tmp_path / "a.png", height=5),
    ]
    assert [type(rows) for rows in opened] == [NetpbmRows, FileRows, PlanarFrame, PathRows]
    for rows in opened:
        close_source(rows)


def test_mapped_memory(tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(noise(5, 7).tobytes())
    with (tmp_path / "a.raw").open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    rows = open_rows(mapped, width=7)
    (batch,) = rows.batches(1)
    assert bytes(batch.planes[0]) == noise(5, 7).tobytes()


@pytest.mark.parametrize(
    ("source", "options", "error", "text"),
    [
        (bytes(105), {}, InvalidOption, "need width="),
        ([bytes(21)], {}, InvalidOption, "need width="),
        (bytes(59), {"width": 7, "pixel_format": "nv12"}, InvalidOption, "needs height="),
        (io.BytesIO(), {"width": 7, "pixel_format": "nv12"}, InvalidOption, "needs height="),
        (
            bytes(9),
            {"width": 3, "pixel_format": "yuv"},
            InvalidOption,
            "'yuv'; known are grey, rgb",
        ),
        (bytes(9), {"width": 2}, WrongRowSize, "9 bytes"),
        (io.BytesIO(b"\xff\xd8\xff"), {}, UnsupportedFormat, r"begins with b'\\xff\\xd8'"),
        (io.BytesIO(), {}, UnsupportedFormat, "begins with b''"),
        (3, {}, UnsupportedPixels, "int is none of"),
        (None, {"width": 3}, UnsupportedPixels, "NoneType is none of"),
        (np.zeros((5, 7), "M8[s]"), {}, UnsupportedPixels, "8-bit unsigned"),
        (np.zeros((5, 7, 3), np.uint8), {"width": 8}, InvalidDimensions, "as 8, .* has 7"),
        (io.BytesIO(PPM), {"height": 6}, InvalidDimensions, "as 6, .* has 5"),
        (io.BytesIO(PPM), {"pixel_format": "bgr"}, UnsupportedPixels, "has rgb pixels, not bgr"),
        (Image.new("P", (7, 5)), {}, UnsupportedPixels, "mode P"),
    ],
)
def test_what_cannot_be_opened_says_why(
    source: object, options: Any, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        open_rows(source, **options)


class Closable:
    """A source that counts how often it was closed."""

    width, height = 7, 5
    format: PixelFormat = "rgb"

    def __init__(self) -> None:
        self.closed = 0

    def batches(self, rows: int) -> Any:
        raise NotImplementedError(rows)

    def close(self) -> None:
        self.closed += 1


def test_a_source_that_does_not_agree_is_closed() -> None:
    source = Closable()
    assert open_rows(source, width=7) is source
    with pytest.raises(InvalidDimensions):
        open_rows(source, width=8)
    assert source.closed == 1


def test_the_file_of_a_bad_header_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "a.ppm"
    path.write_bytes(b"P6 0 0 255\n")
    with pytest.raises(InvalidDimensions):  # an open file would be a ResourceWarning, and fail
        open_rows(path)


def test_a_file_that_fails_keeps_its_cause() -> None:
    file = io.BytesIO()
    file.close()
    with pytest.raises(SourceFailed, match="ValueError: I/O operation on closed file") as caught:
        open_rows(file)
    assert isinstance(caught.value.__cause__, ValueError)
