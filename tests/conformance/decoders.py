"""Other people's JPEG decoders, each told to be strict, behind one signature.

A decoder gets a file's bytes and gives uint8 pixels of shape (height, width, 3), or (height,
width) for a grey file. It raises DecoderWarning when its library objects, be it only by a warning.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
import pytest
import pyvips
import simplejpeg
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]


class DecoderWarning(Exception):
    """A decoder failed, or printed something while decoding."""


@contextlib.contextmanager
def silent_stderr() -> Iterator[None]:
    """Raise DecoderWarning if C code writes to standard error inside the block."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with tempfile.TemporaryFile() as file:
            os.dup2(file.fileno(), 2)
            try:
                yield
            finally:
                os.dup2(kept, 2)
            file.seek(0)
            said = file.read().decode(errors="replace").strip()
    finally:
        os.close(kept)
    if said:
        raise DecoderWarning(said)


def pillow(data: bytes) -> Pixels:
    """Pillow, which carries its own libjpeg-turbo, and keeps that one's warnings to itself."""
    try:
        with silent_stderr(), Image.open(io.BytesIO(data)) as image:
            image.load()
            return np.asarray(image)
    except OSError as error:
        raise DecoderWarning(*error.args) from error


def djpeg(data: bytes, *options: str) -> Pixels:
    """libjpeg-turbo's own program: reports on standard error what libjpeg calls a warning."""
    program = shutil.which("djpeg")
    if program is None:
        message = "djpeg is missing: run tools/install-test-tools"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    done = subprocess.run([program, "-pnm", *options], input=data, capture_output=True, check=False)
    if done.returncode or done.stderr:
        raise DecoderWarning(done.stderr.decode())
    with Image.open(io.BytesIO(done.stdout)) as image:
        return np.asarray(image)


def turbojpeg(data: bytes) -> Pixels:
    """libjpeg-turbo through simplejpeg, where `strict` turns warnings into errors."""
    try:
        space = simplejpeg.decode_jpeg_header(data)[2]
        wanted = "GRAY" if space == "Gray" else "RGB"
        pixels: Pixels = simplejpeg.decode_jpeg(data, wanted, strict=True)
    except ValueError as error:
        raise DecoderWarning(*error.args) from error
    return pixels[..., 0] if wanted == "GRAY" else pixels


def libvips(data: bytes) -> Pixels:
    """libvips, whose wheel carries mozjpeg."""
    try:
        image = pyvips.Image.new_from_buffer(data, "", fail_on="warning")
        pixels = np.frombuffer(image.write_to_memory(), np.uint8)
    except pyvips.Error as error:
        raise DecoderWarning(*error.args) from error
    pixels = pixels.reshape(image.height, image.width, image.bands)
    return pixels[..., 0] if image.bands == 1 else pixels


def opencv(data: bytes) -> Pixels:
    """OpenCV, which carries its own libjpeg-turbo and prints its warnings."""
    with silent_stderr():
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        message = "OpenCV could not decode the file"
        raise DecoderWarning(message)
    found = np.asarray(pixels, np.uint8)
    return found if found.ndim == 2 else found[..., ::-1]


# Decoders with the same inverse DCT (libjpeg's accurate integer one) and upsampling.
SAME_PIXELS: dict[str, Callable[[bytes], Pixels]] = {
    "Pillow": pillow,
    "djpeg": djpeg,
    "libvips": libvips,
    "OpenCV": opencv,
    "turbojpeg": turbojpeg,
}


def ffmpeg(data: bytes) -> tuple[str, list[Pixels]]:
    """FFmpeg's own decoder, without conversion: its name of the layout, and the planes."""
    file = io.BytesIO(data)
    try:
        with av.logging.Capture() as messages, av.open(file, "r", format="mjpeg") as container:
            stream = container.streams.video[0]
            stream.codec_context.options = {"err_detect": "explode"}
            frames = list(container.decode(stream))
    except av.FFmpegError as error:
        raise DecoderWarning(*error.args) from error
    warnings = [text for level, _, text in messages if level <= av.logging.WARNING]
    if warnings or len(frames) != 1:
        message = f"{len(frames)} frames; {warnings}"
        raise DecoderWarning(message)
    frame = frames[0]
    planes = []
    for plane in frame.planes:
        rows = np.frombuffer(bytes(plane), np.uint8).reshape(plane.height, plane.line_size)
        planes.append(rows[:, : plane.width].copy())
    return frame.format.name, planes


def ycbcr(data: bytes) -> Pixels:
    """The file's YCbCr as libjpeg-turbo decodes it, colour upsampled: shape (height, width, 3)."""
    with Image.open(io.BytesIO(data)) as image:
        image.draft("YCbCr", image.size)
        image.load()
        return np.asarray(image)
