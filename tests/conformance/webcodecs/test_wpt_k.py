"""VideoFrame: allocation_size() and copy_to()."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from stripline.webcodecs.exceptions import NotSupportedError
from stripline.webcodecs.video_frame import VideoFrame
from tests.webcodecs.color_reference import rgb_of_yuv

WEIGHTS = {None: "bt709", "bt709": "bt709", "smpte170m": "smpte170m"}
COLORS = [(255, 255, 0), (255, 0, 0), (0, 0, 255), (0, 255, 0), (255, 120, 255), (0, 0, 0)]


def i420_4x2(**members: Any) -> VideoFrame:
    init = {"format": "I420", "timestamp": 0, "coded_width": 4, "coded_height": 2, **members}
    return VideoFrame(bytes(range(1, 13)), init)


def planes(*layout: tuple[int, int]) -> list[dict[str, int]]:
    return [{"offset": offset, "stride": stride} for offset, stride in layout]


def copied(frame: VideoFrame, **options: Any) -> tuple[list[int], list[Any]]:
    async def copy() -> tuple[list[int], list[Any]]:
        data = bytearray(frame.allocation_size(options))
        layout = await frame.copy_to(data, options)
        return list(data), layout

    return asyncio.run(copy())


def refuses(frame: VideoFrame, error: type[Exception], **options: Any) -> None:
    """`allocation_size()` raises, and the promise of `copy_to()` is rejected."""
    with pytest.raises(error):
        frame.allocation_size(options)

    async def copy() -> None:
        promise = frame.copy_to(bytearray(100), options)
        with pytest.raises(error):
            await promise

    asyncio.run(copy())


def test_wpt_092_layouts_may_reorder_planes() -> None:
    layout = planes((4, 4), (0, 2), (2, 2))
    assert copied(i420_4x2(), layout=layout) == ([9, 10, 11, 12, 1, 2, 3, 4, 5, 6, 7, 8], layout)


def test_wpt_092_layouts_may_pad_and_padding_is_left_alone() -> None:
    frame, layout = i420_4x2(), planes((9, 5), (1, 3), (5, 3))
    assert frame.allocation_size(layout=layout) == 19
    data = bytearray(b"\xee" * 22)
    assert frame.copy_to(data, layout=layout).result() == layout
    pad = 0xEE
    rows = [[pad, 9, 10, pad, pad, 11, 12, pad, pad, 1, 2, 3, 4, pad, 5, 6, 7, 8, pad]]
    assert list(data) == [*rows[0], pad, pad, pad]


@pytest.mark.parametrize(
    "layout",
    [
        planes((0, 4)),
        planes((0, 1), (8, 2), (10, 2)),
        planes((0, 4), (8, 2), (2**32 - 2, 2)),
        planes((0, 4), (4, 2), (10, 2)),
    ],
)
def test_wpt_093_layouts_that_do_not_fit(layout: list[dict[str, int]]) -> None:
    refuses(i420_4x2(), TypeError, layout=layout)


def test_wpt_093_a_destination_that_is_too_small() -> None:
    with pytest.raises(TypeError, match="11 bytes"):
        i420_4x2().copy_to(bytearray(11)).result()


def test_wpt_094_the_coded_rect_can_be_copied() -> None:
    frame = VideoFrame(i420_4x2(), visible_rect=(2, 0, 2, 2))
    data, layout = copied(frame, rect=frame.coded_rect)
    assert data == list(range(1, 13))
    assert layout == planes((0, 4), (8, 2), (10, 2))


def test_wpt_094_a_rect_is_cut_out() -> None:
    expected = [3, 4, 7, 8, 10, 12], planes((0, 2), (4, 1), (5, 1))
    assert copied(i420_4x2(), rect={"x": 2, "y": 0, "width": 2, "height": 2}) == expected
    assert copied(VideoFrame(i420_4x2(), visible_rect=(2, 0, 2, 2))) == expected


@pytest.mark.parametrize("rect", [(0, 0, 4, 0), (0, 0, 4, 4), (1, 0, 2, 2), (2, 0, 4, 2)])
def test_wpt_094_rects_that_do_not_fit(rect: tuple[int, ...]) -> None:
    members = dict(zip(("x", "y", "width", "height"), rect, strict=True))
    refuses(i420_4x2(), TypeError, rect=members)


@pytest.mark.parametrize("space", list(WEIGHTS))
@pytest.mark.parametrize("name", ["RGBA", "RGBX", "BGRA", "BGRX"])
@pytest.mark.parametrize("color", COLORS)
def test_wpt_095_i420_as_rgb(space: str | None, name: str, color: tuple[int, int, int]) -> None:
    red, green, blue = color
    y = round(red * 0.299 + green * 0.587 + blue * 0.114)
    u = round(-red * 0.168736 - green * 0.331264 + blue * 0.5 + 128)
    v = round(red * 0.5 - green * 0.418688 - blue * 0.081312 + 128)
    u, v = min(u, 255), min(v, 255)
    frame = VideoFrame(
        bytes([y] * 16 + [u] * 4 + [v] * 4),
        format="I420",
        coded_width=4,
        coded_height=4,
        timestamp=0,
        color_space=None
        if space is None
        else {"matrix": space, "primaries": space, "transfer": space, "full_range": False},
    )
    data, layout = copied(frame, format=name, rect=(0, 0, 4, 4))
    assert layout == planes((0, 16))
    expected = rgb_of_yuv(np.array([[y, u, v]]), WEIGHTS[space], bits=8, full=False)[0]
    if name.startswith("B"):
        expected = expected[::-1]
    pixels = np.array(data).reshape(16, 4)
    assert np.abs(pixels[:, :3] - expected).max() <= 1
    assert (pixels[:, 3] == 255).all()


@pytest.mark.parametrize(
    "name",
    ["I420", "I420A", "I420P10", "I420P12", "I422", "I422A", "I444", "I444A", "I444AP12", "NV12"],
)
def test_wpt_097_rgb_becomes_nothing_else(name: str) -> None:
    frame = VideoFrame(bytes(64), format="RGBX", coded_width=4, coded_height=4, timestamp=0)
    refuses(frame, NotSupportedError, format=name)


def test_wpt_098_rgba_with_an_offset_and_a_stride() -> None:
    frame = VideoFrame(b"\xff" * 64, format="RGBA", coded_width=4, coded_height=4, timestamp=0)
    layout = planes((5, 40))
    target = bytearray(5 + 4 * 40)
    assert frame.copy_to(target, {"format": "RGBA", "layout": layout}).result() == layout
    assert target == bytes(5) + (b"\xff" * 16 + bytes(24)) * 4
