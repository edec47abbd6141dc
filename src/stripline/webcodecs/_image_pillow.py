"""Pictures that are colours of red, green and blue, and animations, by Pillow."""

from __future__ import annotations

import io
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

__all__ = ["PillowPictures", "is_supported", "jpeg_components", "read_orientation"]

_ORIENTATION_TAG: Final = 0x0112


# Formats that a Pillow may have been built without, and its names for what reads them.
_OPTIONAL: Final = {"AVIF": "avif", "WEBP": "webp"}


def is_supported(name: str) -> bool:
    """Whether Pillow reads a format here."""
    return name not in _OPTIONAL or bool(features.check(_OPTIONAL[name]))


def _open(data: bytes, name: str) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=[name])
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise EncodingError(f"the picture cannot be read: {error}") from error


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
    """

    def __init__(self, data: bytes, name: str, *, alpha: bool) -> None:
        self._data, self._name = data, name
        self._image = _open(data, name)
        self._alpha = alpha

    def media(self, index: int) -> Media:
        """The pixels of a frame.

        Raises:
            EncodingError: They are damaged or cut.
        """
        if index < self._image.tell():
            # Pillow keeps the header of an APNG's next frame when it goes back, and stumbles on it.
            self.close()
            self._image = _open(self._data, self._name)
        image = self._image
        try:
            image.seek(index)
            image.load()
            alpha = self._alpha or image.has_transparency_data
            pixels = _samples(image, "RGBA" if alpha else "RGB")
        except (OSError, ValueError, SyntaxError, EOFError, IndexError) as error:
            raise EncodingError(f"frame {index} is damaged or cut: {error}") from error
        block = (pixels.reshape(-1) if alpha else widen(pixels)).data.toreadonly()
        name = VideoPixelFormat.RGBA if alpha else VideoPixelFormat.RGBX
        size = image.size
        return Media.of_block(pixel_format(name), size, block, (4 * size[0],), (0, 0, *size))

    def close(self) -> None:
        """Let the file go."""
        self._image.close()


def _samples(image: Image.Image, mode: str) -> NDArray[Any]:
    """Eight bits of each colour; shape (height, width, 3 or 4)."""
    if image.mode.startswith("I"):  # 16 bits of grey, which Pillow would clip to 8
        grey = (np.asarray(image).astype(np.int64) >> 8).astype(np.uint8)
        image = Image.fromarray(grey)
    return np.ascontiguousarray(np.asarray(image.convert(mode)))
