"""One suite that every source of rows passes."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
import pyvips
from PIL import Image

from stripline.streams import IteratorRows, PlanarFrame, RowSource, close_source
from stripline.streams.array import ArrayRows
from stripline.streams.netpbm import NetpbmRows
from stripline.streams.path import PathRows
from stripline.streams.pillow import PillowRows
from stripline.streams.raw import FileRows, FlatRows
from tests.support import noise

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    Make = Callable[[NDArray[np.uint8], Path], RowSource]

HEIGHT, WIDTH = 23, 17


def array(pixels: NDArray[np.uint8], _: Path) -> RowSource:
    return ArrayRows(pixels)


def sliced_array(pixels: NDArray[np.uint8], _: Path) -> RowSource:
    return ArrayRows(np.pad(pixels, ((2, 3), (4, 5), (0, 0)))[2:-3, 4:-5])


def flipped_array(pixels: NDArray[np.uint8], _: Path) -> RowSource:
    return ArrayRows(pixels[::-1].copy()[::-1])


def flat(pixels: NDArray[np.uint8], _: Path) -> RowSource:
    return FlatRows(pixels.tobytes(), WIDTH, None, "rgb")


def iterator(pixels: NDArray[np.uint8], _: Path) -> RowSource:
    return IteratorRows((pixels[y : y + 3] for y in range(0, HEIGHT, 3)), WIDTH, HEIGHT)


def raw_file(pixels: NDArray[np.uint8], _: Path) -> RowSource:
    return FileRows(io.BytesIO(pixels.tobytes()), WIDTH, HEIGHT, "rgb")


def raw_file_of_unknown_height(pixels: NDArray[np.uint8], _: Path) -> RowSource:
    return FileRows(io.BytesIO(pixels.tobytes()), WIDTH, None, "rgb")


def netpbm(pixels: NDArray[np.uint8], _: Path) -> RowSource:
    data = b" %d %d 255\n" % (WIDTH, HEIGHT) + pixels.tobytes()
    return NetpbmRows(io.BytesIO(data), b"P6")


def pillow(pixels: NDArray[np.uint8], _: Path) -> RowSource:
    return PillowRows(Image.fromarray(pixels))


def path(pixels: NDArray[np.uint8], folder: Path) -> RowSource:
    file = folder / "a.png"
    pyvips.Image.new_from_array(pixels).write_to_file(str(file))
    return PathRows(str(file))


SOURCES = [
    array,
    sliced_array,
    flipped_array,
    flat,
    iterator,
    raw_file,
    raw_file_of_unknown_height,
    netpbm,
    pillow,
    path,
]


@pytest.mark.parametrize("rows", [1, 8, HEIGHT, 1000])
@pytest.mark.parametrize("make", SOURCES, ids=lambda make: make.__name__)
def test_every_source_gives_its_rows_once_and_in_order(
    make: Make, rows: int, tmp_path: Path
) -> None:
    pixels = noise(HEIGHT, WIDTH)
    source = make(pixels, tmp_path)
    assert isinstance(source, RowSource)
    assert (source.width, source.format) == (WIDTH, "rgb")
    assert source.height in {HEIGHT, None}
    found = bytearray()
    for batch in source.batches(rows):
        (plane,), (stride,) = batch.planes, batch.strides
        assert plane.format == "B"
        assert plane.ndim == 1
        assert plane.c_contiguous
        for row in range(batch.height):
            found += plane[row * stride : row * stride + 3 * WIDTH]
    assert bytes(found) == pixels.tobytes()
    close_source(source)


def test_a_planar_frame_comes_whole() -> None:
    y, cb, cr = noise(5, 7, 1), noise(3, 4, 1, seed=2), noise(3, 4, 1, seed=3)
    frame = PlanarFrame("i420", 7, 5, [y, cb, cr])
    (batch,) = frame.batches(1)
    assert isinstance(frame, RowSource)
    assert [bytes(plane) for plane in batch.planes] == [y.tobytes(), cb.tobytes(), cr.tobytes()]
    assert (batch.strides, batch.height, batch.stable) == ((7, 4, 4), 5, True)
