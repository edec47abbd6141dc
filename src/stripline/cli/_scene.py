"""The demo's picture: an evening by a lake, made of formulas, any size, a few rows in memory.

It is made to be as hard on an encoder as a photograph: smooth sky, soft clouds, sharp outlines,
rough slopes, ripples and film grain. The same size always gives the same picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from stripline.cli._noise import Field, profile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Row = NDArray[np.float32]  # shape (width,), or (3, width) for red, green and blue
    Colour = NDArray[np.float32]  # shape (3,)

# Places in the picture as shares of its width and height, from the top left.
SHORE = 0.72
SUN = (0.66, 0.47)

# Sky colours from the top down to the shore: share of the way, red, green, blue.
SKY = np.array(
    [
        (0.00, 34, 58, 116),
        (0.35, 92, 118, 170),
        (0.62, 190, 160, 168),
        (0.82, 244, 186, 134),
        (1.00, 255, 208, 140),
    ]
)

GRAIN_STRENGTH = 3.2  # standard deviation, in levels of 255
GRAIN_LENGTH = 1 << 19  # random numbers kept; every row starts somewhere else in them


def colour(red: float, green: float, blue: float) -> Colour:
    """Three levels of 255 as an array."""
    return np.array((red, green, blue), np.float32)


SUNLIGHT = colour(255, 214, 150)
CLOUD = colour(235, 222, 224)
HAZE = colour(206, 166, 156)


@dataclass(frozen=True, slots=True)
class Ridge:
    """A silhouette: in each column everything from `top` down belongs to it."""

    top: Row  # pixels from the picture's top
    highest: float
    lowest: float
    tone: Colour
    texture: Field
    roughness: float  # levels of 255
    misty_below: float  # the row, in pixels, at which haze has swallowed most of it


class Scene:
    """Rows of a `width` x `height` RGB picture."""

    def __init__(self, width: int, height: int) -> None:
        """Prepare what all rows share: outlines, noise, the sun's glow along a row."""
        self.width = width
        self.height = height
        self._scale = math.sqrt(width * height / 1.5)  # the height of a 3:2 picture of this size
        across = np.arange(width, dtype=np.float32) / np.float32(width) - np.float32(SUN[0])
        across *= np.float32(width / self._scale)
        self._wide_glow = np.exp(-((across / np.float32(0.55)) ** 2))
        self._near_glow = np.exp(-((across / np.float32(0.06)) ** 2))
        self._sun_path = np.exp(-np.abs(across) / np.float32(0.09))
        self._clouds = Field(11, width, self._scale / 5, octaves=8, gain=0.55, stretch=2.6)
        self._ripples = Field(12, width, self._scale / 70, octaves=6, gain=0.75, stretch=6)
        self._ranges = self._make_ranges()
        self._bank = self._make_bank()
        grain = np.random.default_rng(13).standard_normal(
            GRAIN_LENGTH + 3 * width, dtype=np.float32
        )
        self._grain = grain * np.float32(GRAIN_STRENGTH)

    def batches(self, rows: int = 16) -> Iterator[memoryview]:
        """The whole picture from the top, `rows` rows at a time (fewer at the end), as bytes."""
        for top in range(0, self.height, rows):
            yield self.pixels(top, min(top + rows, self.height)).data.cast("B")

    def pixels(self, top: int, bottom: int) -> NDArray[np.uint8]:
        """Rows `top` up to `bottom`, an array of shape (bottom - top, width, 3)."""
        out = np.empty((bottom - top, self.width, 3), np.uint8)
        mixed = np.empty((self.width, 3), np.float32)
        for y in range(top, bottom):
            start = y * 245_437 % GRAIN_LENGTH
            grain = self._grain[start : start + 3 * self.width].reshape(self.width, 3)
            np.add(self._row(y).T, grain, out=mixed)
            np.clip(mixed, 0, 255, out=mixed)
            out[y - top] = mixed
        return out

    def _row(self, y: int) -> Row:
        """Row `y` without grain."""
        shore = SHORE * self.height
        if y > self._bank.lowest + 1:
            row: Row = np.zeros((3, self.width), np.float32)
        elif y < shore:
            row = self._land(y)
        else:
            row = self._water(y, shore)
        if y > self._bank.highest:
            _cover(row, self._bank, y)
        return row

    def _land(self, y: float) -> Row:
        """The sky and the mountains in front of it; what is wholly hidden is not drawn."""
        first = 0
        for number, ridge in enumerate(self._ranges):
            if y > ridge.lowest + 1:
                first = number
        hidden = y > self._ranges[first].lowest + 1
        row: Row = np.zeros((3, self.width), np.float32) if hidden else self._sky(y)
        for ridge in self._ranges[first:]:
            if y > ridge.highest:
                _cover(row, ridge, y)
        return row

    def _sky(self, y: float) -> Row:
        """The sky's gradient, the sun's glow and the clouds."""
        share = y / (SHORE * self.height)
        distance = (y - SUN[1] * self.height) / self._scale
        glow = self._wide_glow * np.float32(0.55 * math.exp(-((distance / 0.30) ** 2)))
        near = 1.35 * math.exp(-((distance / 0.06) ** 2))
        if near > 1e-3:
            glow += self._near_glow * np.float32(near)
        cover = self._clouds.row(y)
        cover += np.float32(0.5 - share)
        np.clip(cover, 0, 1, out=cover)
        cover *= np.float32(0.75)
        # clear = base + glow * light, cloud = pale + glow * 60, sky = clear + cover * (cloud -
        # clear): three sums of the same three rows, so written as one matrix product.
        base = np.array([np.interp(share, SKY[:, 0], SKY[:, i]) for i in (1, 2, 3)], np.float32)
        light = SUNLIGHT - np.float32(0.55) * base
        pale = np.float32(0.55) * base + np.float32(0.45) * CLOUD
        terms = np.stack((glow, cover, glow * cover))
        factors = np.stack((light, pale - base, np.float32(60) - light))
        sky: Row = np.einsum("tc,tx->cx", factors, terms)
        sky += base[:, np.newaxis]
        return sky

    def _water(self, y: int, shore: float) -> Row:
        """What stands above the shore mirrored, darkened, broken by ripples growing towards us."""
        depth = (y - shore) / (self.height - shore)
        row = self._land(shore * (1 - 0.85 * depth))
        ripple = self._ripples.row((y - shore) / (0.25 + depth))
        glitter = np.clip(ripple - np.float32(0.30), 0, 1)
        glitter *= self._sun_path
        glitter *= np.float32(230)
        ripple *= np.float32(0.07 + 0.08 * depth)
        ripple += np.float32(0.74 - 0.30 * depth)
        row *= ripple
        row += glitter * colour(1.0, 0.84, 0.58)[:, np.newaxis]
        row += colour(0, 6, 14)[:, np.newaxis]
        return row

    def _make_ranges(self) -> list[Ridge]:
        """Three mountain ranges, paler with distance."""
        ranges = []
        for seed, crest, swing, feature, tone, roughness in (
            (21, 0.50, 0.11, 0.45, colour(142, 124, 150), 9.0),
            (22, 0.58, 0.10, 0.35, colour(92, 84, 116), 13.0),
            (23, 0.66, 0.05, 0.28, colour(44, 46, 70), 16.0),
        ):
            outline = profile(seed, self.width, feature * self._scale, octaves=11, gain=0.49)
            top = outline * np.float32(-swing * self.height) + np.float32(crest * self.height)
            texture = Field(seed + 50, self.width, self._scale / 30, octaves=7, gain=0.88)
            ranges.append(
                Ridge(
                    top=top,
                    highest=float(top.min()),
                    lowest=float(top.max()),
                    tone=tone,
                    texture=texture,
                    roughness=roughness,
                    misty_below=(crest + 0.16) * self.height,
                )
            )
        return ranges

    def _make_bank(self) -> Ridge:
        """The dark bank on our side of the lake, with firs on it."""
        outline = profile(24, self.width, 0.5 * self._scale, octaves=9, gain=0.45)
        top = outline * np.float32(-0.04 * self.height) + np.float32(0.94 * self.height)
        top -= self._firs()
        return Ridge(
            top=top,
            highest=float(top.min()),
            lowest=float(top.max()),
            tone=colour(30, 36, 26),
            texture=Field(75, self.width, self._scale / 60, octaves=7, gain=0.95, stretch=0.35),
            roughness=13.0,
            misty_below=math.inf,
        )

    def _firs(self) -> Row:
        """How far firs on the bank rise above it in each column, in pixels."""
        random = np.random.default_rng(31)
        x = np.arange(self.width, dtype=np.float32)
        rise: Row = np.zeros(self.width, np.float32)
        for _ in range(110):
            # Crowded and tall at the sides, so that the lake stays in view.
            side = random.beta(0.4, 0.5)
            tall = (0.04 + 0.20 * random.random()) * self._scale
            tall *= 0.25 + abs(2 * side - 1) ** 2
            centre, half = side * self.width, 0.16 * tall
            first, last = max(int(centre - half), 0), min(int(centre + half) + 1, self.width)
            if first >= last:
                continue
            off = np.abs(x[first:last] - np.float32(centre)) / np.float32(half)
            branches = off * np.float32(11) % np.float32(1) * np.float32(0.10)
            tree = (np.float32(1) - off - branches) * np.float32(tall)
            np.maximum(rise[first:last], tree, out=rise[first:last])
        return rise


def _cover(row: Row, ridge: Ridge, y: float) -> None:
    """Lay a ridge over a row in place; its outline is blended over one pixel."""
    alpha = np.clip(np.float32(y) - ridge.top, 0, 1)
    shade = ridge.texture.row(y)
    shade *= np.float32(ridge.roughness)
    shade *= alpha
    mist = 0.0
    if math.isfinite(ridge.misty_below):
        mist = min(max((y - ridge.highest) / (ridge.misty_below - ridge.highest), 0.0), 1.0)
    tone = ridge.tone + (HAZE - ridge.tone) * np.float32(0.35 * mist)
    row *= np.float32(1) - alpha
    row += shade
    row += alpha * tone[:, np.newaxis]
