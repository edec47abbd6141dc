"""Frames for tests, and what tests of video share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st

from stripline.webcodecs.pixel_formats import PixelFormat, pixel_format
from stripline.webcodecs.video_frame import VideoFrame

if TYPE_CHECKING:
    from stripline.webcodecs import DOMException


def unexpected(error: DOMException) -> None:
    """The error callback of a codec that should not fail."""
    raise AssertionError(error)


def random_planes(form: PixelFormat, width: int, height: int, seed: int = 1) -> list[Any]:
    """Tightly packed planes of random samples, each within the format's bits."""
    generator = np.random.default_rng(seed)
    return [
        generator.integers(
            0,
            1 << form.bits,
            (
                plane.rows(height),
                plane.row_bytes(width) // (plane.sample_bytes // plane.components),
            ),
        ).astype("<u2" if form.bits > 8 else "u1")
        for plane in form.planes
    ]


def random_frame(name: str, width: int, height: int, seed: int = 1, **members: Any) -> VideoFrame:
    """A frame of random samples."""
    planes = random_planes(pixel_format(name), width, height, seed)
    data = b"".join(plane.tobytes() for plane in planes)
    init = {"format": name, "coded_width": width, "coded_height": height, "timestamp": 0}
    return VideoFrame(data, {**init, **members})


def drawn_part(data: st.DataObject, name: str, width: int, height: int) -> dict[str, int]:
    """Any rect that a frame of this format and size can be cut to."""
    across, down = pixel_format(name).chroma
    x = data.draw(st.integers(0, (width - 1) // across)) * across
    y = data.draw(st.integers(0, (height - 1) // down)) * down
    wide, high = data.draw(st.integers(1, width - x)), data.draw(st.integers(1, height - y))
    return {"x": x, "y": y, "width": wide, "height": high}


def copied(frame: VideoFrame, **options: Any) -> bytes:
    """What `copy_to()` copies."""
    data = bytearray(frame.allocation_size(options))
    frame.copy_to(data, options).result()
    return bytes(data)
