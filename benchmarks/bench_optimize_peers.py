"""What is compared by bytes at equal looks: encoders behind one signature."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

# Read by libvips when it starts: one thread for each encoder.
os.environ["VIPS_CONCURRENCY"] = "1"

from PIL import Image

from stripline._vips import library
from stripline.image.encode.registry import encoder_for
from stripline.image.output import Output
from stripline.image.picture import Picture as StriplinePicture
from stripline.streams import MemorySink

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]
    Encode = Callable[[Pixels, int | None], tuple[bytes, float]]
    """Pixels and quality (None where there is none) to a file and milliseconds."""


_ALL_OF_MOZJPEG = {
    "subsample_mode": "on",
    "optimize_coding": True,
    "interlace": True,
    "trellis_quant": True,
    "overshoot_deringing": True,
    "optimize_scans": True,
    "quant_table": 3,  # its own default
}


@dataclass(frozen=True, slots=True)
class Contender:
    """One encoder with its settings.

    Attributes:
        name: To show.
        encode: Makes a file.
    """

    name: str
    encode: Encode


def image_of(pixels: Pixels) -> Any:  # noqa: ANN401 - pyvips has no types
    """An array as libvips sees it, without a copy."""
    height, width, bands = pixels.shape
    image = library().Image.new_from_memory(pixels.data, width, height, bands, "uchar")
    return image.copy(interpretation="srgb")


def _timed(make: Callable[[], bytes]) -> tuple[bytes, float]:
    began = time.perf_counter()
    file = make()
    return file, 1000 * (time.perf_counter() - began)


def _pillow(form: str, pixels: Pixels, quality: int | None) -> tuple[bytes, float]:
    def make() -> bytes:
        file = io.BytesIO()
        if quality is None:
            Image.fromarray(pixels).save(file, form)
        else:
            Image.fromarray(pixels).save(file, form, quality=quality)
        return file.getvalue()

    return _timed(make)


def _mozjpeg(pixels: Pixels, quality: int | None) -> tuple[bytes, float]:
    save = image_of(pixels).jpegsave_buffer
    return _timed(lambda: bytes(save(Q=quality, **_ALL_OF_MOZJPEG)))


def _stripline(
    form: str, settings: dict[str, Any], pixels: Pixels, quality: int | None
) -> tuple[bytes, float]:
    output, encoder = Output(format=form, **settings), encoder_for(form)

    def make() -> bytes:
        sink = MemorySink()
        encoder.write(StriplinePicture(image_of(pixels)), output, sink, quality=quality)
        return sink.getvalue()

    return _timed(make)


def stripline(name: str, form: str, settings: dict[str, Any]) -> Contender:
    """Stripline with settings of `Output`."""
    return Contender(name, partial(_stripline, form, settings))


def pillow(form: str) -> Contender:
    """Pillow with its defaults."""
    return Contender("Pillow, defaults", partial(_pillow, form))


def mozjpeg() -> Contender:
    """All that mozjpeg has, through pyvips, whose wheel links it."""
    return Contender("mozjpeg by pyvips", _mozjpeg)


class Sharp:
    """A running process of sharp.

    Args:
        command: Starts it.
        environment: Variables it needs.
        folder: For pixels on their way.
    """

    def __init__(self, command: tuple[str, ...], environment: dict[str, str], folder: Path) -> None:
        self._pixels = folder / "pixels.raw"
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **environment},
            text=True,
        )

    def contender(self, name: str, form: str, options: dict[str, Any]) -> Contender:
        """Sharp with some settings."""
        return Contender(name, partial(self._encode, form, options))

    def _encode(
        self, form: str, options: dict[str, Any], pixels: Pixels, quality: int | None
    ) -> tuple[bytes, float]:
        self._pixels.write_bytes(pixels.tobytes())
        height, width, channels = pixels.shape
        job = {
            "pixels": str(self._pixels),
            "width": width,
            "height": height,
            "channels": channels,
            "format": form,
            "options": options if quality is None else {**options, "quality": quality},
        }
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("sharp's process has no pipes")
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return base64.b64decode(answer["file"]), answer["ms"]

    def close(self) -> None:
        """End the process."""
        self._process.communicate()
