"""Where the planes of a frame lie in a buffer, and which part of them is meant.

Source: the algorithms of section 9.4.6: "Parse Visible Rect", "Verify Rect Offset Alignment" and
"Compute Layout and Allocation Size". Where the text divides a width by a sub-sampling factor and
drops the rest, web-platform-tests round up, and so does this: half a chroma sample is a sample.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, TypedDict

from stripline.webcodecs.pixel_formats import PIXEL_FORMATS
from stripline.webcodecs.webidl import UNSIGNED_LONG_MAX, as_float, require, unsigned_long

if TYPE_CHECKING:
    from stripline.webcodecs.enums import VideoPixelFormat
    from stripline.webcodecs.pixel_formats import PixelFormat

__all__ = [
    "CombinedLayout",
    "DOMRect",
    "PlaneLayout",
    "PlanePart",
    "compute_layout",
    "parse_rect",
]


class PlaneLayout(TypedDict):
    """Where a plane lies in a buffer: its first byte, and bytes from row to row (section 9.7)."""

    offset: int
    stride: int


@dataclass(frozen=True, slots=True, eq=False)
class DOMRect(Mapping[str, int]):
    """A rectangle of whole pixels. Cannot be changed.

    It is also a mapping, so `rect.width`, `rect["width"]` and `dict(rect)` work, it equals the
    dict of its members, and it can be given wherever a rect is asked for.
    """

    x: int = 0
    y: int = 0
    width: int = 0
    height: int = 0

    @property
    def left(self) -> int:
        """The first column."""
        return self.x

    @property
    def top(self) -> int:
        """The first row."""
        return self.y

    @property
    def right(self) -> int:
        """The first column after it."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row after it."""
        return self.y + self.height

    def to_json(self) -> dict[str, int]:
        """All its members, the edges too."""
        return {name: getattr(self, name) for name in (*_SIDES, "top", "right", "bottom", "left")}

    def __getitem__(self, name: str) -> int:
        if name not in _SIDES:
            raise KeyError(name)
        value: int = getattr(self, name)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(_SIDES)

    def __len__(self) -> int:
        return len(_SIDES)

    def __hash__(self) -> int:
        return hash((self.x, self.y, self.width, self.height))


_SIDES = ("x", "y", "width", "height")


@dataclass(frozen=True, slots=True)
class PlanePart:
    """What part of a plane goes where: a "computed plane layout" of section 9.4.4.

    Attributes:
        offset: First byte in the buffer.
        stride: Bytes from row to row in the buffer.
        top: First row of the plane.
        rows: Rows.
        left_bytes: First byte in each row of the plane.
        row_bytes: Bytes of each row.
    """

    offset: int
    stride: int
    top: int
    rows: int
    left_bytes: int
    row_bytes: int

    @property
    def end(self) -> int:
        """The first byte after the plane's last row, padding included."""
        return self.offset + self.stride * self.rows


@dataclass(frozen=True, slots=True)
class CombinedLayout:
    """The parts of all planes.

    Attributes:
        allocation_size: The bytes that a buffer for them needs.
        parts: Of each plane.
        spans: The first byte of each in the buffer, and the first after it.
        strides: Bytes from row to row of each.
        is_block: Whether they lie back to back, in order and without gaps.
    """

    allocation_size: int
    parts: tuple[PlanePart, ...]
    spans: tuple[tuple[int, int], ...]
    strides: tuple[int, ...]
    is_block: bool

    @classmethod
    def of(cls, parts: Sequence[PlanePart]) -> CombinedLayout:
        """The layout of these planes."""
        spans = tuple((part.offset, part.end) for part in parts)
        return cls(
            allocation_size=max(end for _, end in spans),
            parts=tuple(parts),
            spans=spans,
            strides=tuple(part.stride for part in parts),
            is_block=all(before[1] == after[0] for before, after in pairwise(spans)),
        )

    def as_plane_layouts(self) -> list[PlaneLayout]:
        """Offset and stride of each plane, as new dicts."""
        return [PlaneLayout(offset=part.offset, stride=part.stride) for part in self.parts]


def parse_rect(
    rect: object, pixel_format: PixelFormat | None, coded_width: int, coded_height: int
) -> DOMRect:
    """A rectangle of pixels within a frame.

    Args:
        rect: Members x, y, width and height, each 0 if absent; or a sequence of these four.
            Fractions are cut off (section 9.6).
        pixel_format: Its chroma sub-sampling decides where a rectangle may begin.
        coded_width: Width of the frame in pixels.
        coded_height: Height of the frame in pixels.

    Raises:
        TypeError: Not finite, negative, empty, outside of the frame, or beginning within a
            chroma sample.
    """
    x, y, width, height = (_pixels(value, name) for name, value in _members(rect))
    if not width or not height:
        raise TypeError(f"the rect is empty: {width} x {height} pixels")
    if x + width > coded_width or y + height > coded_height:
        raise TypeError(
            f"the rect ends at ({x + width}, {y + height}), outside of the frame's "
            f"{coded_width} x {coded_height} pixels"
        )
    found = DOMRect(x, y, width, height)
    if pixel_format is not None:
        check_alignment(found, pixel_format)
    return found


def check_alignment(rect: DOMRect, pixel_format: PixelFormat) -> None:
    """Raise a TypeError if a rectangle begins within a chroma sample."""
    across, down = pixel_format.chroma
    if rect.x % across or rect.y % down:
        raise TypeError(
            f"the rect begins at ({rect.x}, {rect.y}); in {pixel_format.name} "
            f"x must be a multiple of {across} and y of {down}"
        )


def _members(rect: object) -> list[tuple[str, object]]:
    if isinstance(rect, Mapping):
        return [(name, rect.get(name, 0)) for name in _SIDES]
    if isinstance(rect, Sequence) and not isinstance(rect, str | bytes) and len(rect) == 4:
        return list(zip(_SIDES, rect, strict=True))
    raise TypeError(f"a rect has the members x, y, width and height, unlike {rect!r}")


def _pixels(value: object, name: str) -> int:
    number = as_float(value)
    if not math.isfinite(number) or number < 0:
        raise TypeError(f"the rect's {name} must be finite and not negative, not {value!r}")
    return math.trunc(number)


def compute_layout(
    rect: DOMRect, pixel_format: PixelFormat, layout: object = None
) -> CombinedLayout:
    """Where each plane of a rectangle of pixels lies in a buffer.

    Args:
        rect: The pixels; must be aligned to the chroma samples of `pixel_format`.
        pixel_format: The planes.
        layout: An offset and stride in bytes for each plane, or None for tight packing in order.

    Raises:
        TypeError: Too few or too many planes, a stride less than a row, planes that overlap, or
            offsets and sizes that do not fit 32 bits.
    """
    if layout is None:
        return _tight_layout(rect.x, rect.y, rect.width, rect.height, pixel_format.name)
    return _layout(rect, pixel_format, _plane_layouts(layout, len(pixel_format.planes)))


@lru_cache(maxsize=64)  # asked for every frame, and nearly always the same
def _tight_layout(
    x: int, y: int, width: int, height: int, name: VideoPixelFormat
) -> CombinedLayout:
    return _layout(DOMRect(x, y, width, height), PIXEL_FORMATS[name], None)


def _layout(
    rect: DOMRect, pixel_format: PixelFormat, given: list[tuple[int, int]] | None
) -> CombinedLayout:
    parts: list[PlanePart] = []
    size = 0
    for index, plane in enumerate(pixel_format.planes):
        row_bytes = plane.row_bytes(rect.width)
        offset, stride = (size, row_bytes) if given is None else given[index]
        if stride < row_bytes:
            raise TypeError(
                f"plane {index} has rows of {row_bytes:,} bytes, more than its stride of {stride:,}"
            )
        part = PlanePart(
            offset=offset,
            stride=stride,
            top=rect.y // plane.down,
            rows=plane.rows(rect.height),
            left_bytes=rect.x // plane.across * plane.sample_bytes,
            row_bytes=row_bytes,
        )
        if part.end > UNSIGNED_LONG_MAX:
            raise TypeError(f"plane {index} ends at byte {part.end:,}, beyond 32 bits")
        for earlier, other in enumerate(parts):
            if part.end > other.offset and other.end > part.offset:
                raise TypeError(f"planes {earlier} and {index} overlap")
        parts.append(part)
        size = max(size, part.end)
    return CombinedLayout.of(parts)


def _plane_layouts(layout: object, planes: int) -> list[tuple[int, int]]:
    given = list(layout) if isinstance(layout, Iterable) else [None]
    items = [item for item in given if isinstance(item, Mapping)]
    if len(items) < len(given):
        raise TypeError("layout must be a list of dicts with offset and stride")
    if len(items) != planes:
        raise TypeError(f"layout describes {len(items)} planes, the format has {planes}")
    for item in items:
        require("PlaneLayout", item, "offset", "stride")
    return [
        (unsigned_long(item["offset"], "offset"), unsigned_long(item["stride"], "stride"))
        for item in items
    ]
