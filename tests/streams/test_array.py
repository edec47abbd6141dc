from __future__ import annotations

import array as standard_array
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripline.errors import InvalidDimensions, UnsupportedPixels
from stripline.streams.array import ArrayRows
from tests.support import noise

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from stripline.streams import PixelFormat


def read(source: ArrayRows, rows: int = 5) -> bytes:
    found = bytearray()
    for batch in source.batches(rows):
        (plane,), (stride,) = batch.planes, batch.strides
        size = len(plane) - stride * (batch.height - 1) if batch.height == 1 else stride
        packed = source.width * {"grey": 1, "rgb": 3, "rgba": 4}.get(source.format, size)
        for row in range(batch.height):
            found += plane[row * stride : row * stride + packed]
    return bytes(found)


@pytest.mark.parametrize(
    ("shape", "pixel_format"),
    [((4, 5), "grey"), ((4, 5, 1), "grey"), ((4, 5, 3), "rgb"), ((4, 5, 4), "rgba")],
)
def test_the_shape_says_the_format(shape: tuple[int, ...], pixel_format: str) -> None:
    source = ArrayRows(np.zeros(shape, np.uint8))
    assert (source.height, source.width, source.format) == (4, 5, pixel_format)


@pytest.mark.parametrize("pixel_format", ["bgr", "bgra", "rgbx", "bgrx"])
def test_channels_can_be_named_otherwise(pixel_format: PixelFormat) -> None:
    channels = 3 if pixel_format == "bgr" else 4
    assert ArrayRows(np.zeros((4, 5, channels), np.uint8), pixel_format).format == pixel_format


LAYOUTS: list[Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = [
    lambda a: a,
    lambda a: a[3:],
    lambda a: a[:, 2:-1],
    lambda a: a[1:-2, 1:],
    lambda a: a[::2],
    lambda a: a[::2, 3:],
    lambda a: a[::-1],
    lambda a: a[:, ::-1],
    lambda a: a[:, ::2],
    lambda a: a[..., ::-1],
    lambda a: a.swapaxes(0, 1),
    np.asfortranarray,
    lambda a: a[:1],
    lambda a: a[:, :1],
    lambda a: a[5:6, 5:6],
    lambda a: np.broadcast_to(a[:1], a.shape),
]


@pytest.mark.parametrize("layout", range(len(LAYOUTS)))
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_any_strides_give_the_same_pixels(layout: int, channels: int) -> None:
    pixels = LAYOUTS[layout](noise(20, 16, channels))
    assert read(ArrayRows(pixels)) == pixels.tobytes()


@pytest.mark.parametrize("layout", range(6))
def test_rectangles_are_not_copied(layout: int) -> None:
    whole = noise(20, 16)
    pixels = LAYOUTS[layout](whole)
    (batch,) = ArrayRows(pixels).batches(5)
    pixels[0, 0] = (1, 2, 3)
    assert bytes(batch.planes[0][:3]) == b"\x01\x02\x03"
    assert batch.stable


def test_a_rectangle_of_foreign_memory() -> None:
    memory = bytearray(noise(20, 16).tobytes())
    pixels = np.frombuffer(memory, np.uint8).reshape(20, 16, 3)[2:9, 3:11]
    assert read(ArrayRows(pixels)) == pixels.tobytes()


def test_memory_that_cannot_be_written_to() -> None:
    pixels = noise(20, 16)
    pixels.flags.writeable = False
    assert read(ArrayRows(pixels)) == pixels.tobytes()


@given(st.data())
def test_any_slices_of_any_array(data: st.DataObject) -> None:
    channels = data.draw(st.sampled_from([1, 3, 4]))
    whole = noise(12, 11, channels)
    rows, columns = data.draw(st.slices(12)), data.draw(st.slices(11))
    pixels = whole[rows, columns]
    if not pixels.size:
        with pytest.raises(InvalidDimensions):
            ArrayRows(pixels)
        return
    assert read(ArrayRows(pixels), data.draw(st.integers(1, 13))) == pixels.tobytes()


def test_arrays_without_numpy() -> None:
    view = memoryview(bytes(range(60))).cast("B", (4, 5, 3))
    assert read(ArrayRows(view)) == bytes(range(60))
    assert read(ArrayRows(view[::2])) == bytes(range(15)) + bytes(range(30, 45))


def test_an_array_that_is_not_part_of_its_base_is_copied() -> None:
    class Odd(np.ndarray):
        base = np.zeros(10, np.uint8)

    pixels = noise(20, 16)[:, 2:9].view(Odd)
    assert read(ArrayRows(pixels)) == pixels.tobytes()


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.zeros((4, 5), np.uint16), "'H' with 2 bytes"),
        (np.zeros((4, 5, 3), np.float32), "'f' with 4 bytes"),
        (np.zeros((4, 5), np.bool_), r"'\?' with 1 bytes"),
        (np.zeros((4, 5), np.int8), "'b' with 1 bytes"),
        (np.zeros((4, 5, 2), np.uint8), r"\(4, 5, 2\) is not a picture"),
        (np.zeros((3, 4, 5), np.uint8), r"\(3, 4, 5\) is not a picture"),
        (np.zeros((1, 4, 5, 3), np.uint8), r"\(1, 4, 5, 3\) is not a picture"),
        (standard_array.array("B", [1, 2, 3]), r"\(3,\) is not a picture"),
    ],
)
def test_what_is_no_picture_says_what_to_convert_to(array: Any, text: str) -> None:
    with pytest.raises(UnsupportedPixels, match=text) as caught:
        ArrayRows(array)
    assert "convert" in str(caught.value)


@pytest.mark.parametrize("pixel_format", ["grey", "rgba", "i420"])
def test_a_format_with_other_channels_is_refused(pixel_format: PixelFormat) -> None:
    with pytest.raises(UnsupportedPixels, match=f"cannot be {pixel_format}"):
        ArrayRows(np.zeros((4, 5, 3), np.uint8), pixel_format)


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ((0, 5, 3), "height is 0"),
        ((5, 0, 3), "width is 0"),
        ((65_536, 1), "height is 65,536"),
        ((1, 65_536), "width is 65,536"),
    ],
)
def test_impossible_sizes_are_refused(shape: tuple[int, ...], text: str) -> None:
    with pytest.raises(InvalidDimensions, match=text):
        ArrayRows(np.zeros(shape, np.uint8))
