"""VideoFrame from VideoFrame: crop, orientation, alpha."""

from __future__ import annotations

from typing import Any

import pytest

from stripline.webcodecs.enums import VideoPixelFormat
from stripline.webcodecs.pixel_formats import PIXEL_FORMATS
from stripline.webcodecs.video_frame import VideoFrame


def make(name: str = "I420", **members: Any) -> VideoFrame:
    members = {"coded_width": 4, "coded_height": 2, "timestamp": 10, **members}
    return VideoFrame(bytes(64), {"format": name, **members})


def test_wpt_086_times_are_copied_unless_given() -> None:
    frame = make(duration=20)
    same = VideoFrame(frame)
    assert (same.timestamp, same.duration) == (10, 20)
    other = VideoFrame(frame, {"timestamp": 11, "duration": 0})
    assert (other.timestamp, other.duration) == (11, 0)
    assert (frame.timestamp, frame.duration) == (10, 20)


def test_wpt_086_a_crop_keeps_the_coded_size() -> None:
    crop = VideoFrame(make(), visible_rect={"x": 2, "y": 0, "width": 2, "height": 2})
    assert (crop.coded_width, crop.coded_height) == (4, 2)
    assert dict(crop.visible_rect or {}) == {"x": 2, "y": 0, "width": 2, "height": 2}
    assert (crop.display_width, crop.display_height) == (2, 2)


@pytest.mark.parametrize(("display", "cropped"), [((8, 2), (4, 2)), ((8, 4), (4, 4))])
def test_wpt_086_a_crop_keeps_the_pixels_proportions(
    display: tuple[int, int], cropped: tuple[int, int]
) -> None:
    frame = make(display_width=display[0], display_height=display[1])
    crop = VideoFrame(frame, visible_rect=(2, 0, 2, 2))
    assert (crop.display_width, crop.display_height) == cropped
    given = VideoFrame(frame, visible_rect=(2, 0, 2, 2), display_width=10, display_height=20)
    assert (given.display_width, given.display_height) == (10, 20)


def test_wpt_088_orientation_is_normal_and_swaps_the_display() -> None:
    frame = make(rotation=-315, flip=True)
    for turned in (frame, VideoFrame(make(), rotation=-315, flip=True), VideoFrame(frame)):
        assert (turned.rotation, turned.flip) == (90, True)
        assert (turned.display_width, turned.display_height) == (2, 4)
        assert dict(turned.visible_rect or {}) == {"x": 0, "y": 0, "width": 4, "height": 2}


@pytest.mark.parametrize(
    ("given", "rotation"),
    [(45, 90), (44, 0), (-45, 0), (-46, 270), (135, 180), (359, 0), (315, 0), (810, 90)],
)
def test_wpt_088_the_nearest_quarter_turn(given: float, rotation: int) -> None:
    assert make(rotation=given).rotation == rotation
    assert VideoFrame(make(), {"rotation": given}).rotation == rotation


@pytest.mark.parametrize("name", list(VideoPixelFormat))
def test_wpt_090_alpha_is_kept_or_discarded(name: VideoPixelFormat) -> None:
    frame = make(name)
    opaque = {"I420A": "I420", "RGBA": "RGBX", "BGRA": "BGRX", "I444AP12": "I444P12"}
    expected = opaque.get(name, PIXEL_FORMATS[name].opaque)
    assert VideoFrame(frame, alpha="discard").format == expected
    assert VideoFrame(frame, alpha="keep").format == name
    assert (expected == name) == (not PIXEL_FORMATS[name].has_alpha)
