"""Rows from a Pillow image, without importing Pillow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from stripline.errors import UnsupportedPixels
from stripline.streams._rows import PIXEL_BYTES, PixelFormat, Rows, check_side

if TYPE_CHECKING:
    from collections.abc import Iterator

_FORMAT_OF_MODE: Final[dict[str, PixelFormat]] = {
    "L": "grey",
    "RGB": "rgb",
    "RGBA": "rgba",
    "RGBX": "rgbx",
}
_CONVERT_TO: Final = {"1": "L", "I": "L", "F": "L", "LA": "RGBA", "PA": "RGBA", "La": "RGBA"}


class PillowImage(Protocol):
    """What is needed of `PIL.Image.Image`."""

    @property
    def mode(self) -> str:
        """Names the layout of its pixels."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""

    def crop(self, box: tuple[int, int, int, int], /) -> PillowImage:
        """The pixels from left, top up to right, bottom."""

    def tobytes(self) -> bytes:
        """Packed rows."""


def is_pillow_image(source: object) -> bool:
    """Whether `source` has what is needed of a Pillow image."""
    return all(hasattr(source, name) for name in ("mode", "size", "crop", "tobytes"))


class PillowRows:
    """Rows from a Pillow image, copied strip by strip.

    Only pixels are taken: what the image says of orientation and colour is, once it has been
    worked with, no longer certain. Pass it as `Metadata` if it holds.

    Args:
        image: An image of mode L, RGB, RGBA or RGBX.

    Raises:
        InvalidDimensions: A side outside 1 to 65,535.
        UnsupportedPixels: Another mode; says what to convert to.
    """

    def __init__(self, image: PillowImage) -> None:
        mode = str(image.mode)
        if mode not in _FORMAT_OF_MODE:
            advice = _CONVERT_TO.get(mode, "L" if mode.startswith("I;") else "RGB")
            raise UnsupportedPixels(
                f"a Pillow image of mode {mode} cannot be encoded; use .convert({advice!r})"
            )
        self.format = _FORMAT_OF_MODE[mode]
        self.width = check_side("width", image.size[0])
        self.height = check_side("height", image.size[1])
        self._image = image

    def batches(self, rows: int) -> Iterator[Rows]:
        """Copy `rows` rows at a time."""
        row_bytes = self.width * PIXEL_BYTES[self.format]
        for top in range(0, self.height, rows):
            bottom = min(top + rows, self.height)
            data = self._image.crop((0, top, self.width, bottom)).tobytes()
            yield Rows((memoryview(data),), (row_bytes,), bottom - top, stable=True)
