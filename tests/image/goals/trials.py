"""Pictures to search qualities for, and encoders that count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw
from skimage import data

from stripline.image.encode.registry import encoder_for
from stripline.image.goals.choose import choose
from stripline.image.goals.judge import Judge
from stripline.image.output import Output
from tests.image.encode.samples import picture

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from numpy.typing import NDArray

    from stripline.image.encode.encoder import Encoder, Traits
    from stripline.image.goals.choose import Choice
    from stripline.image.picture import Picture
    from stripline.streams import Sink


class Counted:
    """An encoder that notes what it wrote."""

    def __init__(self, name: str) -> None:
        self.encoder: Encoder = encoder_for(name)
        self.written: list[tuple[int | None, int]] = []
        """Quality and pixels of each."""

    @property
    def traits(self) -> Traits:
        return self.encoder.traits

    def resolved_settings(self, output: Output) -> dict[str, Any]:
        return self.encoder.resolved_settings(output)

    def write(
        self,
        picture: Picture,
        output: Output,
        sink: Sink,
        *,
        quality: int | None = None,
        pool: Executor | None = None,
    ) -> None:
        self.written.append((quality, picture.pixels.width * picture.pixels.height))
        self.encoder.write(picture, output, sink, quality=quality, pool=pool)


def chosen(pixels: NDArray[Any], **output: Any) -> tuple[Choice, list[Counted]]:
    """What `choose` makes of an array, and what the encoders wrote until then."""
    wanted = Output(**output)
    names = wanted.candidates if wanted.format == "auto" else (wanted.format,)
    counted = [Counted(name) for name in names]
    return choose(picture(pixels), wanted, tuple(counted)), counted


def encoded(pixels: NDArray[Any], name: str, quality: int) -> bytes:
    """A file at a quality, without a search."""
    choice, _ = chosen(pixels, format=name, quality=quality)
    return choice.encoded(None)


def score_of(pixels: NDArray[Any], file: bytes) -> float:
    """SSIMULACRA 2 on the whole."""
    return Judge(picture(pixels).pixels).score(file)


def enlarged(pixels: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """A photograph of more pixels."""
    image = Image.fromarray(pixels)
    size = (image.width * factor, image.height * factor)
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS))


def coffee() -> NDArray[np.uint8]:
    """A photograph, 600 x 400."""
    found: NDArray[np.uint8] = data.coffee()  # type: ignore[no-untyped-call]  # ships no types
    return found


def cat() -> NDArray[np.uint8]:
    """A photograph, 451 x 300."""
    found: NDArray[np.uint8] = data.chelsea()  # type: ignore[no-untyped-call]  # ships no types
    return found


def screenshot(photo: NDArray[np.uint8] | None = None) -> NDArray[np.uint8]:
    """Text, boxes and discs, as windows show them; perhaps with a photograph (512 high)."""
    image = Image.new("RGB", (800, 560), (245, 246, 248))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 800, 40), fill=(40, 80, 160))
    draw.rectangle((0, 40, 160, 560), fill=(230, 232, 238))
    for row in range(31):
        draw.text((170, 48 + row * 16), f"line {row}: 0123456789 and letters", fill=(20, 20, 30))
    for disc in range(7):
        top = 60 + disc * 60
        draw.ellipse((20, top, 60, top + 40), fill=(30 * disc, 200 - 20 * disc, 90))
    pixels = np.array(image)
    if photo is not None:
        pixels[48:, 400:] = photo[:, :400]
    return pixels


def icon() -> NDArray[np.uint8]:
    """A drawing on nothing, 256 x 256 RGBA."""
    image = Image.new("RGBA", (256, 256), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.ellipse((20, 20, 236, 236), fill=(200, 30, 60, 255))
    draw.rectangle((100, 60, 150, 200), fill=(255, 255, 255, 160))
    return np.asarray(image)


def fading(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A photograph that fades out to the left."""
    height, width = pixels.shape[:2]
    alpha = np.tile(np.linspace(0, 255, width).astype(np.uint8), (height, 1))
    return np.dstack([pixels, alpha])


def gradient() -> NDArray[np.uint8]:
    """Black to white, 640 x 480."""
    pixels = np.empty((480, 640, 3), np.uint8)
    pixels[...] = np.linspace(0, 255, 640).astype(np.uint8)[np.newaxis, :, np.newaxis]
    return pixels
