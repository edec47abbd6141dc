from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripline.webcodecs.enums import VideoPixelFormat
from stripline.webcodecs.frame_layout import DOMRect, compute_layout, parse_rect
from stripline.webcodecs.pixel_formats import PIXEL_FORMATS, PixelFormat, pixel_format

formats = st.sampled_from(list(PIXEL_FORMATS.values()))
sides = st.integers(1, 40)


def test_a_rect_is_a_mapping_with_attributes() -> None:
    rect = DOMRect(2, 4, 10, 20)
    assert rect == {"x": 2, "y": 4, "width": 10, "height": 20}
    assert dict(rect)["width"] == rect["width"] == rect.width == 10
    assert (rect.left, rect.top, rect.right, rect.bottom) == (2, 4, 12, 24)
    assert rect == DOMRect(2, 4, 10, 20)
    assert len({rect, DOMRect(2, 4, 10, 20)}) == 1
    assert rect != DOMRect(2, 4, 10, 21)
    with pytest.raises(KeyError):
        rect["left"]
    with pytest.raises(AttributeError):
        rect.x = 3  # type: ignore[misc]  # that is what is tested


@pytest.mark.parametrize(
    "given_rect",
    [
        {"x": 2, "y": 2, "width": 4, "height": 3},
        {"x": 2.9, "y": 2.2, "width": 4.5, "height": 3.99, "right": 7},
        (2, 2, 4, 3),
        DOMRect(2, 2, 4, 3),
    ],
)
def test_rects_in_all_their_forms(given_rect: Any) -> None:
    assert parse_rect(given_rect, pixel_format("I420"), 8, 8) == DOMRect(2, 2, 4, 3)


def test_absent_members_of_a_rect_are_0() -> None:
    assert parse_rect({"width": 1, "height": 1}, None, 8, 8) == DOMRect(0, 0, 1, 1)
    with pytest.raises(TypeError, match="empty"):
        parse_rect({}, None, 8, 8)


@pytest.mark.parametrize(
    "wrong",
    [5, "abcd", (1, 2, 3), {"x": "1"}, {"width": None}, {"x": 10**400, "width": 1, "height": 1}],
)
def test_things_that_are_no_rect(wrong: Any) -> None:
    with pytest.raises(TypeError, match="rect"):
        parse_rect(wrong, None, 8, 8)


@pytest.mark.parametrize(
    ("name", "x", "y", "fits"),
    [
        ("I420", 1, 0, False),
        ("I420", 0, 1, False),
        ("I422", 1, 0, False),
        ("I422", 0, 1, True),
        ("I444", 1, 1, True),
        ("NV12", 1, 1, False),
        ("RGBA", 1, 1, True),
        ("I420", 2, 2, True),
    ],
)
def test_rects_begin_at_a_chroma_sample(name: str, x: int, y: int, *, fits: bool) -> None:
    rect = (x, y, 3, 3)
    if fits:
        assert parse_rect(rect, pixel_format(name), 8, 8) == DOMRect(*rect)
    else:
        with pytest.raises(TypeError, match="multiple"):
            parse_rect(rect, pixel_format(name), 8, 8)


@given(form=formats, width=sides, height=sides)
def test_tight_packing_has_no_gaps(form: PixelFormat, width: int, height: int) -> None:
    layout = compute_layout(DOMRect(0, 0, width, height), form)
    end = 0
    for part, plane in zip(layout.parts, form.planes, strict=True):
        assert part.offset == end
        assert part.stride == part.row_bytes == plane.row_bytes(width)
        assert part.rows == plane.rows(height)
        end = part.end
    assert end == layout.allocation_size


@given(form=formats, data=st.data())
def test_planes_overlap_or_are_accepted(form: PixelFormat, data: st.DataObject) -> None:
    rect = DOMRect(0, 0, data.draw(sides), data.draw(sides))
    layout: list[dict[str, int]] = []
    taken: set[int] = set()
    overlaps = False
    for plane in form.planes:
        stride = plane.row_bytes(rect.width) + data.draw(st.integers(0, 5))
        offset = data.draw(st.integers(0, 6_000))
        own = set(range(offset, offset + stride * plane.rows(rect.height)))
        overlaps = overlaps or bool(taken & own)
        taken |= own
        layout.append({"offset": offset, "stride": stride})
    if overlaps:
        with pytest.raises(TypeError, match="overlap"):
            compute_layout(rect, form, layout)
    else:
        found = compute_layout(rect, form, layout)
        assert found.as_plane_layouts() == layout
        assert found.allocation_size == max(taken) + 1


@pytest.mark.parametrize(
    "layout",
    [
        5,
        "four",
        [1, 2, 3],
        [{"offset": 0}],
        [{"stride": 4}],
        [{"offset": -1, "stride": 4}],
        [{"offset": 0, "stride": 2**32}],
    ],
)
def test_things_that_are_no_layout(layout: Any) -> None:
    with pytest.raises(TypeError):
        compute_layout(DOMRect(0, 0, 1, 1), pixel_format(VideoPixelFormat.RGBA), layout)


def test_a_layout_may_be_any_iterable() -> None:
    layout = iter([{"offset": 3, "stride": 5}])
    found = compute_layout(DOMRect(0, 0, 1, 2), pixel_format(VideoPixelFormat.RGBA), layout)
    assert found.as_plane_layouts() == [{"offset": 3, "stride": 5}]


def test_a_rect_tells_its_edges() -> None:
    edges = {"top": 2, "right": 4, "bottom": 6, "left": 1}
    assert DOMRect(1, 2, 3, 4).to_json() == {"x": 1, "y": 2, "width": 3, "height": 4, **edges}
    assert DOMRect(width=3, height=4) == DOMRect(0, 0, 3, 4)
