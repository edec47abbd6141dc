from __future__ import annotations

import numpy as np
import pytest

from stripline.errors import InvalidDimensions, InvalidOption, UnsupportedPixels
from stripline.streams import PixelFormat, PlanarFrame


@pytest.mark.parametrize(
    ("pixel_format", "sizes"),
    [("i420", [35, 12, 12]), ("nv12", [35, 24]), ("i444", [35, 35, 35])],
)
def test_packed_planes_are_found(pixel_format: PixelFormat, sizes: list[int]) -> None:
    data = bytes(range(sum(sizes)))
    frame = PlanarFrame.from_packed(data, pixel_format, 7, 5)
    (batch,) = frame.batches(1)
    assert [len(plane) for plane in batch.planes] == sizes
    assert b"".join(batch.planes) == data
    assert (frame.width, frame.height, frame.format) == (7, 5, pixel_format)


def test_the_last_row_of_a_plane_may_be_short() -> None:
    frame = PlanarFrame("i444", 7, 5, [bytes(4 * 16 + 7)] * 3, [16, 16, 16])
    assert next(frame.batches(1)).strides == (16, 16, 16)
    with pytest.raises(InvalidDimensions, match="71 bytes; it has 70"):
        PlanarFrame("i444", 7, 5, [bytes(4 * 16 + 6)] * 3, [16, 16, 16])


def test_two_dimensional_planes() -> None:
    planes = [np.zeros((5, 7), np.uint8), np.zeros((3, 4, 2), np.uint8)]
    assert PlanarFrame("nv12", 7, 5, planes).height == 5


@pytest.mark.parametrize(
    ("planes", "strides", "error", "text"),
    [
        ([bytes(35)] * 2, None, InvalidOption, "has 3 planes; got 2 planes and 3 strides"),
        ([bytes(35)] * 3, [7, 7], InvalidOption, "got 3 planes and 2 strides"),
        ([bytes(35), bytes(35), bytes(34)], None, InvalidDimensions, "plane 2 of i444 at 7x5"),
        ([bytes(35)] * 3, [7, 6, 7], InvalidDimensions, "plane 1 of i444 at 7x5"),
        ([bytes(35)] * 3, [7, -7, 7], InvalidDimensions, "with a stride of -7"),
        ([np.zeros((5, 14), np.uint8)[:, ::2]] * 3, None, UnsupportedPixels, "contiguous"),
        ([np.zeros(35)] * 3, None, UnsupportedPixels, "8 bytes"),
        (["a", "b", "c"], None, UnsupportedPixels, "not str"),
    ],
)
def test_planes_that_do_not_fit(
    planes: list[object], strides: list[int] | None, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        PlanarFrame("i444", 7, 5, planes, strides)


def test_only_formats_with_planes() -> None:
    with pytest.raises(InvalidOption, match="rgb has no planes; known are i420, nv12, i444"):
        PlanarFrame("rgb", 7, 5, [bytes(105)])


def test_packed_sizes_must_be_exact() -> None:
    with pytest.raises(InvalidDimensions, match="i420 at 7x5 is 59 bytes; got 60"):
        PlanarFrame.from_packed(bytes(60), "i420", 7, 5)
    with pytest.raises(InvalidDimensions, match="width is 0"):
        PlanarFrame.from_packed(b"", "i420", 0, 5)
