"""Picture files for tests."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image
from skimage import data

WIDTH, HEIGHT = 160, 120


def photo(number: int = 0, *, alpha: bool = False) -> Image.Image:
    """A window of a photograph, another for each number."""
    pixels = data.astronaut()  # type: ignore[no-untyped-call]  # ships no types
    window = pixels[20 * number : 20 * number + HEIGHT, 100 : 100 + WIDTH]
    if alpha:
        ramp = np.tile(np.linspace(0, 255, WIDTH).astype(np.uint8), (HEIGHT, 1))
        window = np.dstack([window, ramp])
    return Image.fromarray(window)


def saved(image: Image.Image, name: str, **options: Any) -> bytes:
    """A file of Pillow's."""
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


def animated(name: str, frames: int, duration: int | list[int] = 100, **options: Any) -> bytes:
    """An animation; durations in milliseconds."""
    more = [photo(number) for number in range(1, frames)]
    settings = {"save_all": True, "append_images": more, "duration": duration, **options}
    return saved(photo(), name, **settings)


def colors(frame: Any) -> Any:
    """A frame's pixels as RGBA; shape (height, width, 4)."""
    size = frame.allocation_size(format="RGBA")
    samples = bytearray(size)
    frame.copy_to(samples, format="RGBA").result()
    visible = frame.visible_rect
    return np.frombuffer(samples, np.uint8).reshape(int(visible.height), int(visible.width), 4)


def difference(frame: Any, image: Image.Image) -> float:
    """The mean difference of opaque samples."""
    wanted = np.asarray(image.convert("RGB")).astype(int)
    return float(np.abs(colors(frame)[..., :3].astype(int) - wanted).mean())
