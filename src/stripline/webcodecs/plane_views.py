"""Planes of a frame as numpy arrays, without a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from stripline.webcodecs.pixel_formats import pixel_format

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from stripline.webcodecs.frame_layout import CombinedLayout, DOMRect
    from stripline.webcodecs.media import Media

__all__ = ["Samples", "copy_planes", "packed_pixels", "plane_view"]

Samples: TypeAlias = "NDArray[np.uint8] | NDArray[np.uint16]"


def plane_view(media: Media, index: int, rect: DOMRect) -> NDArray[Any]:
    """The samples of one plane that belong to some pixels.

    Returns:
        Read-only, of shape (rows, samples), or (rows, samples, components) where a sample has more
        than one; uint8, or little-endian uint16 for more than 8 bits.
    """
    form = pixel_format(media.format)
    plane, stride = form.planes[index], media.strides[index]
    size = plane.sample_bytes // plane.components
    shape = [plane.rows(rect.height), -(-rect.width // plane.across)]
    strides = [stride, plane.sample_bytes]
    if plane.components > 1:
        shape.append(plane.components)
        strides.append(size)
    offset = rect.y // plane.down * stride + rect.x // plane.across * plane.sample_bytes
    return np.ndarray(shape, f"<u{size}", media.planes[index], offset, strides)


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
