"""YUV to RGB in double precision, straight from ITU-T H.273, section 8.3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Kr and Kb.
LUMA_WEIGHTS = {
    "bt709": (0.2126, 0.0722),
    "bt470bg": (0.299, 0.114),
    "smpte170m": (0.299, 0.114),
    "bt2020-ncl": (0.2627, 0.0593),
}


def rgb_of_yuv(yuv: NDArray[Any], matrix: str, *, bits: int, full: bool) -> NDArray[np.float64]:
    """Colours of 0 to 255, not rounded, of samples; the last axis is Y, U, V, then R, G, B."""
    y, u, v = np.moveaxis(yuv.astype(np.float64), -1, 0)
    top, unit = 2**bits - 1, 2 ** (bits - 8)
    luma = y / top if full else (y - 16 * unit) / (219 * unit)
    span = top if full else 224 * unit
    if matrix == "rgb":
        green, blue, red = (
            (each / top if full else (each - 16 * unit) / (219 * unit)) for each in (y, u, v)
        )
    else:
        kr, kb = LUMA_WEIGHTS[matrix]
        pb, pr = ((each - 2 ** (bits - 1)) / span for each in (u, v))
        red = luma + 2 * (1 - kr) * pr
        blue = luma + 2 * (1 - kb) * pb
        green = (luma - kr * red - kb * blue) / (1 - kr - kb)
    return np.stack([red, green, blue], axis=-1).clip(0, 1) * 255
