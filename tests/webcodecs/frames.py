"""Frames for tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from stripline.webcodecs.pixel_formats import PixelFormat, pixel_format
from stripline.webcodecs.video_frame import VideoFrame


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


def copied(frame: VideoFrame, **options: Any) -> bytes:
    """What `copy_to()` copies."""
    data = bytearray(frame.allocation_size(options))
    frame.copy_to(data, options).result()
    return bytes(data)
