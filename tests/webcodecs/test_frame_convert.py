from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripline.webcodecs.enums import VideoPixelFormat
from stripline.webcodecs.pixel_formats import PIXEL_FORMATS, pixel_format
from stripline.webcodecs.video_frame import VideoFrame
from tests.support import photograph
from tests.webcodecs.color_reference import LUMA_WEIGHTS, rgb_of_yuv
from tests.webcodecs.frames import copied, drawn_part, random_frame

if TYPE_CHECKING:
    from numpy.typing import NDArray

YUV = [name for name, form in PIXEL_FORMATS.items() if not form.is_rgb]
MATRICES = [*LUMA_WEIGHTS, "rgb"]


def yuv_of(frame: VideoFrame) -> NDArray[Any]:
    """Y, U and V of each pixel, which shares its chroma sample with its neighbours."""
    assert frame.format is not None
    planes = list(frame.planes())
    if planes[1].ndim == 3:
        planes[1:] = [planes[1][..., 0], planes[1][..., 1]]
    height, width = planes[0].shape
    across, down = pixel_format(frame.format).chroma
    grid = np.ix_(np.arange(height) // down, np.arange(width) // across)
    return np.stack([planes[0], planes[1][grid], planes[2][grid]], axis=-1)


def rgba(frame: VideoFrame, name: str = "RGBA", **options: Any) -> NDArray[np.uint8]:
    """A frame converted, as an array."""
    rect: Any = options.get("rect") or frame.visible_rect
    data = copied(frame, format=name, **options)
    return np.frombuffer(data, np.uint8).reshape(rect["height"], rect["width"], 4)


@pytest.mark.parametrize("name", YUV)
@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("full", [False, True])
def test_every_format_matrix_and_range(name: str, matrix: str, *, full: bool) -> None:
    # 37 rows and more than one band of rows; odd sizes end in half chroma samples.
    frame = random_frame(name, 23, 37, color_space={"matrix": matrix, "full_range": full})
    bits = pixel_format(name).bits
    expected = rgb_of_yuv(yuv_of(frame), matrix, bits=bits, full=full)
    pixels = rgba(frame)
    assert np.abs(pixels[..., :3] - np.round(expected)).max() <= 1
    # Within 3/64 of exact before rounding, so nearly all are the rounded reference itself.
    assert (pixels[..., :3] == np.round(expected)).mean() > 0.95
    if pixel_format(name).has_alpha:
        alpha = frame.planes()[3] * (255 / (2**bits - 1))
        assert np.abs(pixels[..., 3] - alpha).max() <= 0.55
    else:
        assert (pixels[..., 3] == 255).all()


@pytest.mark.parametrize("space", [None, {}, {"full_range": False}, {"primaries": "bt2020"}])
def test_what_is_not_known_is_as_in_rec709(space: Any) -> None:
    frame = random_frame("I420", 8, 8, color_space=space)
    known = random_frame("I420", 8, 8, color_space={"matrix": "bt709", "full_range": False})
    assert copied(frame, format="RGBA") == copied(known, format="RGBA")


@pytest.mark.parametrize("matrix", LUMA_WEIGHTS)
def test_a_photograph_survives_444(matrix: str) -> None:
    photo = photograph().astype(np.float64)
    kr, kb = LUMA_WEIGHTS[matrix]
    luma = photo @ [kr, 1 - kr - kb, kb]
    u = (photo[..., 2] - luma) / (2 * (1 - kb)) + 128
    v = (photo[..., 0] - luma) / (2 * (1 - kr)) + 128
    data = np.round(np.stack([luma, u, v])).clip(0, 255).astype(np.uint8)
    frame = VideoFrame(
        data,
        format="I444",
        coded_width=512,
        coded_height=512,
        timestamp=0,
        color_space={"matrix": matrix, "full_range": True},
    )
    assert np.abs(rgba(frame)[..., :3] - photo).max() <= 2


@pytest.mark.parametrize("source", ["RGBA", "RGBX", "BGRA", "BGRX"])
@pytest.mark.parametrize("wanted", ["RGBA", "RGBX", "BGRA", "BGRX"])
def test_rgb_is_reordered(source: str, wanted: str) -> None:
    frame = random_frame(source, 5, 40)
    expected = np.asarray(frame).copy()
    if source[0] != wanted[0]:
        expected = expected[..., [2, 1, 0, 3]]
    if "X" in source + wanted:
        expected[..., 3] = 255
    assert (rgba(frame, wanted) == expected).all()


@given(
    name=st.sampled_from(list(VideoPixelFormat)),
    wanted=st.sampled_from(["RGBA", "BGRX"]),
    data=st.data(),
)
def test_a_part_is_that_part_of_the_whole(name: str, wanted: str, data: st.DataObject) -> None:
    width, height = data.draw(st.integers(1, 20)), data.draw(st.integers(1, 70))
    frame = random_frame(name, width, height)
    part = drawn_part(data, name, width, height)
    whole = rgba(frame, wanted)
    found = rgba(frame, wanted, rect=part)
    x, y = part["x"], part["y"]
    assert (found == whole[y : y + part["height"], x : x + part["width"]]).all()


def test_samples_beyond_their_bits_count_as_the_highest() -> None:
    init: dict[str, Any] = {
        "format": "I444P10",
        "coded_width": 1,
        "coded_height": 1,
        "timestamp": 0,
    }
    wild = VideoFrame(np.array([65535, 512, 512], "<u2"), init)
    highest = VideoFrame(np.array([1023, 512, 512], "<u2"), init)
    assert copied(wild, format="RGBA") == copied(highest, format="RGBA") == b"\xff" * 4


# Linear light of the CSS Color 4 conversions, computed by hand in double precision from the
# chromaticities: sRGB red is (0.9175, 0.2003, 0.1386) in Display P3.
@pytest.mark.parametrize(
    ("color", "expected"),
    [
        ((255, 0, 0), (234, 51, 35)),
        ((0, 255, 0), (117, 251, 76)),
        ((0, 0, 255), (0, 0, 245)),
        ((255, 255, 255), (255, 255, 255)),
        ((0, 0, 0), (0, 0, 0)),
        ((128, 128, 128), (128, 128, 128)),
    ],
)
def test_display_p3(color: tuple[int, ...], expected: tuple[int, ...]) -> None:
    frame = VideoFrame(
        bytes([*color, 77]), format="RGBA", coded_width=1, coded_height=1, timestamp=0
    )
    found = list(copied(frame, format="RGBA", color_space="display-p3"))
    assert found[3] == 77
    assert np.abs(np.array(found[:3]) - expected).max() <= 1


def test_display_p3_goes_there_and_back() -> None:
    photo = photograph()[::8, ::8]
    height, width = photo.shape[:2]
    there = copied(VideoFrame(photo, timestamp=0), format="RGBX", color_space="display-p3")
    frame = VideoFrame(
        there,
        format="RGBX",
        coded_width=width,
        coded_height=height,
        timestamp=0,
        color_space={"primaries": "smpte432", "transfer": "iec61966-2-1"},
    )
    assert copied(frame, format="RGBX", color_space="display-p3") == there
    assert np.abs(rgba(frame)[..., :3].astype(int) - photo).max() <= 2


def test_other_color_spaces_are_refused() -> None:
    frame = random_frame("RGBA", 2, 2)
    with pytest.raises(TypeError, match="color_space"):
        frame.copy_to(bytearray(16), format="RGBA", color_space="rec2020").result()


@pytest.mark.parametrize("options", [{"color_space": "p3"}, {"format": "RGBA", "color_space": ""}])
def test_the_colour_space_asked_for_is_checked_before_anything_is_copied(
    options: dict[str, str],
) -> None:
    frame = random_frame("I420", 4, 4)
    with pytest.raises(TypeError, match="color_space"):
        frame.allocation_size(options)
    with pytest.raises(TypeError, match="color_space"):
        frame.copy_to(bytearray(64), options).result()
