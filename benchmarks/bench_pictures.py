"""Pictures to measure and test encoders on: photographs, a smooth one, 1/f noise.

The photographs are those inside scikit-image's wheel; nothing is downloaded. All pictures are
uint8 arrays of shape (height, width, 3), C-contiguous, and the same every time.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import skimage.io
from skimage import data

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]

# Names of files in the package; each shows something else: skin and cloth, fur, wood, metal.
PHOTOGRAPHS = ("astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png")

NOISE_PERIOD = 1024  # pixels after which the noise repeats, without a seam


def photograph(name: str) -> Picture:
    """One photograph as it is, by its file name in scikit-image's data folder."""
    path = Path(data.__file__).parent / name
    return np.ascontiguousarray(skimage.io.imread(path)[..., :3], dtype=np.uint8)


def mirrored(picture: Picture, width: int, height: int) -> Picture:
    """`picture` repeated to a size, every other copy mirrored so that no seam shows.

    The copies are cut to odd sizes, so that they meet the encoder's 8x8 blocks at every offset
    and few blocks are ever equal.
    """
    rows, columns = picture.shape[:2]
    odd = picture[: rows - 1 + rows % 2, : columns - 1 + columns % 2]

    def places(length: int, wanted: int) -> NDArray[np.intp]:
        turn = np.concatenate((np.arange(length), np.arange(length)[::-1]))
        return np.resize(turn, wanted)

    rows_taken = odd[places(odd.shape[0], height)]
    return np.ascontiguousarray(rows_taken[:, places(odd.shape[1], width)])


def photographs(width: int, height: int) -> Picture:
    """The photographs in bands one above the other, each repeated to fill its band."""
    edges = [height * number // len(PHOTOGRAPHS) for number in range(len(PHOTOGRAPHS) + 1)]
    bands = [
        mirrored(photograph(name), width, bottom - top)
        for name, top, bottom in zip(PHOTOGRAPHS, edges, edges[1:], strict=False)
        if bottom > top
    ]
    return np.concatenate(bands)


def smooth(width: int, height: int) -> Picture:
    """Slow waves of colour, rounded to 8 bits: hardly any detail."""
    x = np.linspace(0, 1, width, dtype=np.float32)[np.newaxis, :]
    y = np.linspace(0, 1, height, dtype=np.float32)[:, np.newaxis]
    picture = np.empty((height, width, 3), np.uint8)
    for channel, (across, down) in enumerate(((3.1, 1.7), (2.3, 4.1), (1.1, 2.9))):
        waves = np.sin(x * np.float32(across * math.pi)) * np.cos(y * np.float32(down * math.pi))
        picture[..., channel] = np.rint(waves * np.float32(110) + np.float32(128))
    return picture


def noise(width: int, height: int) -> Picture:
    """Noise whose amplitude falls with frequency as in photographs (1/f), without their edges."""
    random = np.random.default_rng(5)
    frequency = np.fft.fftfreq(NOISE_PERIOD)
    radius = np.hypot(frequency[:, np.newaxis], frequency[np.newaxis, : NOISE_PERIOD // 2 + 1])
    radius[0, 0] = np.inf  # no constant part: the mean is set below
    planes = []
    for _ in range(3):
        spectrum = np.fft.rfft2(random.standard_normal((NOISE_PERIOD, NOISE_PERIOD))) / radius
        plane = np.fft.irfft2(spectrum)
        planes.append(plane / plane.std())
    # Channels of a photograph are mostly alike.
    luma = planes[0]
    channels = [np.clip(128 + 45 * luma + 12 * plane, 0, 255) for plane in planes]
    tile = np.stack(channels, axis=-1).astype(np.uint8)
    return np.ascontiguousarray(
        tile[np.arange(height) % NOISE_PERIOD][:, np.arange(width) % NOISE_PERIOD]
    )


PICTURES: dict[str, Callable[[int, int], Picture]] = {
    "photographs": photographs,
    "smooth": smooth,
    "noise": noise,
}


def size_for(megapixels: float) -> tuple[int, int]:
    """Width and height of a 3:2 picture of about that many megapixels."""
    width = round(math.sqrt(megapixels * 1.5e6))
    return width, round(width / 1.5)
