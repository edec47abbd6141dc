"""SSIMULACRA 2 said as plainly as it can be, in double precision: what the engine is measured by.

J. Sneyers, SSIMULACRA 2.1, Cloudinary 2023. The blur is computed here as its author does it, by
recursion (D. Charalampidis, IEEE Trans. Signal Processing 64(14), 2016), where the engine has
nine taps. The weights are those of the PyPI package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from ssimulacra2.ssimulacra2 import weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Planes = NDArray[np.float64]  # (3, height, width)

SIGMA = 1.5
C2 = 0.0009
CURVE = (6.248496625763138e-05, -0.020884521182843837, 2.326765642916932, 0)
BIAS = 0.0037930732552754493
ABSORBANCE = np.array(
    [
        [0.30, 0.622, 0.078],
        [0.23, 0.692, 0.078],
        [0.24342268924547819, 0.20476744424496821, 1 - 0.24342268924547819 - 0.20476744424496821],
    ]
)


def _recursion() -> tuple[int, Planes, Planes]:
    """N and, for the three cosines, the factors of the input and of the last output (33 to 57)."""
    n = round(3.2795 * SIGMA + 0.2546)
    omega = np.array([1, 3, 5]) * np.pi / (2 * n)
    signs = np.array([1, -1, 1])
    p = signs / np.tan(omega / 2)
    r = signs * p**2 / np.sin(omega)
    rho = np.exp(-0.5 * SIGMA**2 * omega**2) / n
    d_13, d_35, d_51 = (p[i] * r[j] - r[i] * p[j] for i, j in ((0, 1), (1, 2), (2, 0)))
    zeta = np.array([d_35 / d_13, d_51 / d_13, 1])
    beta = np.linalg.solve(np.array([p, r, zeta]), np.array([1, n**2 - SIGMA**2, zeta @ rho]))
    return n, -beta * np.cos(omega * (n + 1)), 2 * np.cos(omega)


def _blur_down(planes: Planes) -> Planes:
    n, of_input, of_last = _recursion()
    height = planes.shape[1]
    # Zeros around; the recursion starts where the first row comes into reach.
    padded = np.pad(planes, ((0, 0), (2 * n, n), (0, 0)))
    last = np.zeros((3, *planes[:, 0].shape))
    before = last
    rows = []
    for y in range(1 - n, height):
        both = padded[:, y + n - 1] + padded[:, y + 3 * n - 1]
        factors = of_input[:, None, None], of_last[:, None, None]
        last, before = factors[0] * both + factors[1] * last - before, last
        if y >= 0:
            rows.append(last.sum(axis=0))
    return np.stack(rows, axis=1)


def blur(planes: Planes) -> Planes:
    """Down and across; there is nothing outside the picture."""
    return _blur_down(_blur_down(planes).swapaxes(1, 2)).swapaxes(1, 2)


def linear_light(pixels: NDArray[np.uint8]) -> Planes:
    """From sRGB, IEC 61966-2-1."""
    x = np.moveaxis(pixels.astype(np.float64) / 255, 2, 0)
    linear: Planes = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    return linear


def positive_xyb(linear: Planes) -> Planes:
    """XYB as in JPEG XL, moved to positive numbers."""
    mixed = np.tensordot(ABSORBANCE, linear, 1) + BIAS
    long, medium, short = np.cbrt(mixed) - np.cbrt(BIAS)
    x, y = (long - medium) / 2, (long + medium) / 2
    return np.stack([14 * x + 0.42, y + 0.01, short - y + 0.55])


def halve(linear: Planes) -> Planes:
    """Means of two by two; an odd last row or column counts twice."""
    _, height, width = linear.shape
    even: Planes = np.pad(linear, ((0, 0), (0, height % 2), (0, width % 2)), mode="edge")
    return (even[:, ::2, ::2] + even[:, 1::2, ::2] + even[:, ::2, 1::2] + even[:, 1::2, 1::2]) / 4


def maps(a: Planes, b: Planes) -> tuple[Planes, Planes, Planes]:
    """Where structure differs, where edges appeared, where edges were lost."""
    mean_a, mean_b = blur(a), blur(b)
    covariance = blur(a * b) - mean_a * mean_b
    variances = blur(a * a) - mean_a**2 + blur(b * b) - mean_b**2
    ssim = 1 - (1 - (mean_a - mean_b) ** 2) * (2 * covariance + C2) / (variances + C2)
    edges = (1 + np.abs(b - mean_b)) / (1 + np.abs(a - mean_a)) - 1
    return np.maximum(ssim, 0), np.maximum(edges, 0), np.maximum(-edges, 0)


def _norm(kind: Planes, power: int) -> Planes:
    averages: Planes = (kind**power).mean(axis=(1, 2)) ** (1 / power)
    return averages


def score(original: NDArray[np.uint8], distorted: NDArray[np.uint8]) -> float:
    """SSIMULACRA 2 of two pictures of shape (height, width, 3)."""
    a, b = linear_light(original), linear_light(distorted)
    norms: list[NDArray[np.float64]] = []
    for scale in range(6):
        if min(a.shape[1:]) < 8:
            break
        if scale:
            a, b = halve(a), halve(b)
        kinds = maps(positive_xyb(a), positive_xyb(b))
        norms.append(
            np.array([[_norm(kind, power) for kind in kinds] for power in (1, 4)])
        )  # power, kind, channel
    ordered = np.moveaxis(np.array(norms), 3, 0).ravel()  # channel, scale, power, kind
    error = 0.9562382616834844 * float(ordered @ weights[: ordered.size])
    error = float(np.polyval(CURVE, error))
    return 100 - 10 * error**0.6276336467831387 if error > 0 else 100.0
