"""Planes of a frame as numpy arrays, without a copy."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from stripline.webcodecs.pixel_formats import pixel_format

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stripline.webcodecs.enums import VideoPixelFormat
    from stripline.webcodecs.frame_layout import CombinedLayout, DOMRect
    from stripline.webcodecs.media import Media

__all__ = ["Samples", "copy_planes", "packed_pixels", "plane_view", "visible_planes"]

Samples: TypeAlias = "NDArray[np.uint8] | NDArray[np.uint16]"


def plane_view(media: Media, index: int, rect: DOMRect) -> NDArray[Any]:
    """The samples of one plane that belong to some pixels.

    Returns:
        Read-only, of shape (rows, samples), or (rows, samples, components) where a sample has more
        than one; uint8, or little-endian uint16 for more than 8 bits.
    """
    sides = (rect.x, rect.y, rect.width, rect.height)
    shape, kind, offset, strides = _layouts(media.format, media.strides, sides)[index]
    return np.ndarray(shape, kind, media.planes[index], offset, strides)


def visible_planes(media: Media) -> tuple[NDArray[Any], ...]:
    """The visible samples of all planes, each as `plane_view` gives it."""
    layouts = _layouts(media.format, media.strides, media.visible)
    return tuple(
        [
            np.ndarray(shape, kind, plane, offset, strides)
            for plane, (shape, kind, offset, strides) in zip(media.planes, layouts, strict=True)
        ]
    )


@lru_cache(maxsize=64)  # asked for every frame, and nearly always the same
def _layouts(
    name: VideoPixelFormat, all_strides: tuple[int, ...], sides: tuple[int, int, int, int]
) -> list[tuple[tuple[int, ...], np.dtype[Any], int, tuple[int, ...]]]:
    """The shape, type, offset and strides of each plane's array."""
    x, y, width, height = sides
    found = []
    for plane, stride in zip(pixel_format(name).planes, all_strides, strict=True):
        size = plane.sample_bytes // plane.components
        axes = 3 if plane.components > 1 else 2
        shape = (plane.rows(height), -(-width // plane.across), plane.components)
        strides = (stride, plane.sample_bytes, size)
        offset = y // plane.down * stride + x // plane.across * plane.sample_bytes
        found.append((shape[:axes], np.dtype(f"<u{size}"), offset, strides[:axes]))
    return found


def packed_pixels(
    buffer: memoryview, offset: int, stride: int, rows: int, row_bytes: int
) -> NDArray[np.uint32]:
    """Pixels of four bytes each as little-endian numbers, of shape (rows, pixels).

    The first byte, red in RGBA, is the lowest of a number.
    """
    return np.ndarray((rows, row_bytes // 4), "<u4", buffer, offset, (stride, 4))


def copy_planes(media: Media, layout: CombinedLayout, destination: memoryview) -> None:
    """Copy the planes of some pixels; bytes between rows and planes are left alone."""
    for plane, stride, part in zip(media.planes, media.strides, layout.parts, strict=True):
        shape = (part.rows, part.row_bytes)
        source: NDArray[np.uint8] = np.ndarray(
            shape, np.uint8, plane, part.top * stride + part.left_bytes, (stride, 1)
        )
        target: NDArray[np.uint8] = np.ndarray(
            shape, np.uint8, destination, part.offset, (part.stride, 1)
        )
        target[...] = source
