"""Pictures that are colours of red, green and blue, and animations, by Pillow."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from stripline.errors import MissingDependency
from stripline.webcodecs.enums import VideoPixelFormat
from stripline.webcodecs.exceptions import EncodingError
from stripline.webcodecs.frame_sources import widen
from stripline.webcodecs.media import Media
from stripline.webcodecs.orientation import UPRIGHT, Orientation
from stripline.webcodecs.pixel_formats import pixel_format

try:
    from PIL import Image, features
except ImportError as error:
    raise MissingDependency("decoding images", "pillow", "video") from error

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "PillowPictures",
    "check_size",
    "is_supported",
    "jpeg_components",
    "media_of",
    "over",
    "read_orientation",
    "read_rgba",
]

_ORIENTATION_TAG: Final = 0x0112

# What Pillow raises for files that are damaged.
_DAMAGE: Final = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    RuntimeError,
    IndexError,
    TypeError,
    struct.error,
    Image.DecompressionBombError,
)

# Formats that a Pillow may have been built without, and its names for what reads them.
_OPTIONAL: Final = {"AVIF": "avif", "WEBP": "webp"}


def is_supported(name: str) -> bool:
    """Whether Pillow reads a format here."""
    return name not in _OPTIONAL or bool(features.check(_OPTIONAL[name]))


def check_size(size: tuple[int, int], *, animated: bool) -> None:
    """Refuse what would fill memory: more pixels than Pillow warns of, or, still, twice as many.

    Raises:
        EncodingError: There are more than `PIL.Image.MAX_IMAGE_PIXELS` says, if it says any.
    """
    most = Image.MAX_IMAGE_PIXELS
    if most is not None and size[0] * size[1] > most * (1 if animated else 2):
        raise EncodingError(
            f"a picture of {size[0]} x {size[1]} pixels is too large: raise "
            f"PIL.Image.MAX_IMAGE_PIXELS, which is {most}, if it is to be trusted"
        )


def _open(data: bytes, name: str, *, animated: bool = False) -> Image.Image:
    # Image.open would warn of large pictures, on the standard error of whoever made the decoder.
    try:
        if name not in Image.OPEN:
            Image.init()
        image = Image.OPEN[name][0](io.BytesIO(data), "")
    except _DAMAGE as error:
        raise EncodingError(f"the picture cannot be read: {error}") from error
    check_size(image.size, animated=animated)
    return image


def read_orientation(data: bytes, name: str) -> Orientation:
    """How a picture must be turned, by its Exif data or, of AVIF, its properties.

    Args:
        data: The file.
        name: Pillow's name of the format.
    """
    with _open(data, name) as image:
        try:
            tag = image.getexif().get(_ORIENTATION_TAG, 1)
        except (OSError, ValueError, SyntaxError, KeyError, TypeError):
            return UPRIGHT  # damaged Exif data says nothing of the pixels
        return Orientation.from_exif(tag)


def jpeg_components(data: bytes) -> int:
    """How many colours a JPEG has."""
    with _open(data, "JPEG") as image:
        return len(image.getbands())


class PillowPictures:
    """The frames of one file, best asked for in order.

    Args:
        data: The file, or as much of it as holds the frames to be asked for.
        name: Pillow's name of the format.
        alpha: Whether frames have alpha whatever they look like, as frames of animations do.
        animated: Whether it is an animation, which may be less large.
    """

    def __init__(self, data: bytes, name: str, *, alpha: bool, animated: bool) -> None:
        self._image = _open(data, name, animated=animated)
        self._alpha = alpha

    def media(self, index: int) -> Media:
        """The pixels of a frame.

        Raises:
            EncodingError: They are damaged or cut.
        """
        image = self._image
        try:
            image.seek(index)
            image.load()
            alpha = self._alpha or image.has_transparency_data
            pixels = _samples(image, "RGBA" if alpha else "RGB")
        except _DAMAGE as error:
            raise EncodingError(f"frame {index} is damaged or cut: {error}") from error
        return media_of(pixels)

    def close(self) -> None:
        """Let the file go."""
        self._image.close()


def read_rgba(data: bytes, name: str) -> NDArray[Any]:
    """The pixels of a still picture; shape (height, width, 4).

    Raises:
        EncodingError: They are damaged or cut.
    """
    with _open(data, name) as image:
        try:
            return _samples(image, "RGBA")
        except _DAMAGE as error:
            raise EncodingError(f"the picture is damaged or cut: {error}") from error


def over(above: NDArray[Any], below: NDArray[Any]) -> NDArray[Any]:
    """One picture over another, of the same size; shapes (height, width, 4)."""
    return np.asarray(Image.alpha_composite(Image.fromarray(below), Image.fromarray(above)))


def media_of(pixels: NDArray[Any]) -> Media:
    """Pixels as they are given out; shape (height, width, 3 or 4)."""
    height, width, colors = pixels.shape
    alpha = colors == 4
    block = (pixels.reshape(-1) if alpha else widen(pixels)).data.toreadonly()
    name = VideoPixelFormat.RGBA if alpha else VideoPixelFormat.RGBX
    size = (width, height)
    return Media.of_block(pixel_format(name), size, block, (4 * width,), (0, 0, *size))


def _samples(image: Image.Image, mode: str) -> NDArray[Any]:
    """Eight bits of each colour; shape (height, width, 3 or 4)."""
    if image.mode.startswith("I"):  # 16 bits of grey, which Pillow would clip to 8
        grey = (np.asarray(image).astype(np.int64) >> 8).astype(np.uint8)
        image = Image.fromarray(grey)
    return np.ascontiguousarray(np.asarray(image.convert(mode)))
