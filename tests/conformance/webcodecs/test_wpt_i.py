"""VideoFrame: construction, close, clone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from stripline.webcodecs.color_space import REC709
from stripline.webcodecs.exceptions import InvalidStateError
from stripline.webcodecs.video_frame import VideoFrame

INIT: dict[str, Any] = {"format": "I420", "coded_width": 4, "coded_height": 2, "timestamp": 1234}
DATA = bytes([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])


def make(**members: Any) -> VideoFrame:
    return VideoFrame(DATA, {**INIT, **members})


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in INIT.items() if key != name}


@pytest.mark.parametrize("missing", sorted(INIT))
def test_wpt_077_required_members(missing: str) -> None:
    with pytest.raises(TypeError, match=missing):
        VideoFrame(DATA, without(missing))


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": "ABCD"},
        {"coded_width": 0},
        {"coded_height": 0},
        {"coded_width": 2**32 - 1, "coded_height": 2**32 - 1},
        {"display_width": 4},
        {"display_height": 4},
        {"display_width": 0, "display_height": 4},
        {"display_width": 4, "display_height": 0},
        {"display_width": 2**32, "display_height": 4},
        {"display_width": 2**32 - 1, "display_height": 2**32},
        {"timestamp": float("nan")},
    ],
)
def test_wpt_077_members_that_are_wrong(wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        make(**wrong)


def test_wpt_077_a_buffer_one_byte_short() -> None:
    with pytest.raises(TypeError, match="11 bytes"):
        VideoFrame(DATA[:-1], INIT)


@pytest.mark.parametrize(
    "rect",
    [
        {"x": 100, "y": 100, "width": 1, "height": 1},
        {"x": 0, "y": 0, "width": 5, "height": 2},
        {"x": 2, "y": 0, "width": 4, "height": 2},
        {"x": 0, "y": 0, "width": 0, "height": 2},
        {"x": 0, "y": 0, "width": 2, "height": 0},
        {"x": 0, "y": 0, "width": -2, "height": 2},
        {"x": -2, "y": 0, "width": 2, "height": 2},
        {"x": 0, "y": float("inf"), "width": 2, "height": 2},
        {"x": 0, "y": 0, "width": 2, "height": float("inf")},
        {"x": float("nan"), "y": 0, "width": 2, "height": 2},
        {"x": 1, "y": 0, "width": 2, "height": 2},
    ],
)
def test_wpt_078_visible_rects_that_are_wrong(rect: dict[str, float]) -> None:
    with pytest.raises(TypeError, match="rect"):
        make(visible_rect=rect)
    with pytest.raises(TypeError, match="rect"):
        VideoFrame(make(), {"visible_rect": rect})


def test_wpt_080_odd_sizes_round_chroma_up() -> None:
    data = bytes(range(17))
    init = {**INIT, "coded_width": 3, "coded_height": 3}
    frame = VideoFrame(data, init)
    assert frame.allocation_size() == 17
    copied = bytearray(17)
    assert frame.copy_to(copied).result() == [
        {"offset": 0, "stride": 3},
        {"offset": 9, "stride": 2},
        {"offset": 13, "stride": 2},
    ]
    assert copied == data
    with pytest.raises(TypeError):
        VideoFrame(data[:-1], init)


@pytest.mark.parametrize(
    "layout",
    [
        [(0, 3), (8, 2), (10, 2)],
        [(0, 4), (8, 1), (10, 2)],
        [(0, 4), (8, 2)],
        [(0, 4), (8, 2), (10, 2), (12, 4)],
        [(0, 4), (7, 2), (10, 2)],
        [(0, 4), (8, 2), (8, 2)],
        [(2, 4), (0, 3), (10, 2)],
    ],
)
def test_wpt_081_layouts_that_are_wrong(layout: list[tuple[int, int]]) -> None:
    with pytest.raises(TypeError, match="plane"):
        make(layout=[{"offset": offset, "stride": stride} for offset, stride in layout])


def test_wpt_083_a_closed_frame_keeps_its_times_only() -> None:
    frame = make(duration=77, rotation=90, flip=True, color_space=REC709)
    frame.close()
    assert frame.format is None
    assert frame.visible_rect is None
    assert frame.coded_rect is None
    assert (frame.coded_width, frame.coded_height) == (0, 0)
    assert (frame.display_width, frame.display_height) == (0, 0)
    assert (frame.rotation, frame.flip) == (0, False)
    assert set(frame.color_space.to_json().values()) == {None}
    assert (frame.timestamp, frame.duration) == (1234, 77)


def test_wpt_084_nothing_can_be_done_with_a_closed_frame() -> None:
    frame = make()
    frame.close()
    frame.close()
    with pytest.raises(InvalidStateError, match="1234 is closed"):
        frame.clone()
    with pytest.raises(InvalidStateError):
        VideoFrame(frame)
    with pytest.raises(InvalidStateError):
        frame.allocation_size()
    with pytest.raises(InvalidStateError):
        frame.metadata()

    async def copy() -> None:
        promise = frame.copy_to(bytearray(12))  # does not raise
        with pytest.raises(InvalidStateError):
            await promise

    asyncio.run(copy())


def test_wpt_085_clones_share_pixels_and_not_life() -> None:
    source = bytearray(DATA)
    frame = VideoFrame(source, INIT)
    source[:] = bytes(12)
    clone = frame.clone()
    frame.close()
    assert clone.format == "I420"
    copied = bytearray(12)
    clone.copy_to(copied).result()
    assert copied == DATA
