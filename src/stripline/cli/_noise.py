"""Smooth random fields, one row at a time, for the demo's scene.

Value noise: random numbers on a grid, interpolated between, summed over octaves of halving cell
size and falling amplitude, so that the spectrum falls like that of a landscape. A row needs only
the two grid rows around it, so a field costs a few rows of memory however tall the picture is.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Row = NDArray[np.float32]

# Grid cells across and down before the random numbers repeat; a prime, so that octaves never align.
PERIOD = 127

# Octaves with smaller cells, in pixels, would only be aliases.
SMALLEST_CELL = 1.5


class _Octave:
    """One grid of random values in -1..1, stretched over the columns of a picture."""

    def __init__(self, seed: int, width: int, cell_width: float) -> None:
        grid = np.random.default_rng(seed).random((PERIOD, PERIOD), dtype=np.float32)
        self._grid = grid * np.float32(2) - np.float32(1)
        self._steps = np.roll(self._grid, -1, axis=1) - self._grid
        position = np.arange(width, dtype=np.float64) / cell_width
        cell = np.floor(position)
        self._left = cell.astype(np.int32) % PERIOD
        t = (position - cell).astype(np.float32)
        self._blend = t * t * (np.float32(3) - np.float32(2) * t)

    def stretched(self, index: int, out: Row) -> None:
        """Write grid row `index`, interpolated to every column, to `out`."""
        np.take(self._steps[index % PERIOD], self._left, out=out)
        out *= self._blend
        out += self._grid[index % PERIOD][self._left]


class Field:
    """A sum of octaves: rough at every scale from `cell` pixels down to a few."""

    def __init__(
        self,
        seed: int,
        width: int,
        cell: float,
        *,
        octaves: int,
        gain: float = 0.5,
        stretch: float = 1.0,
    ) -> None:
        """Make a field whose largest cells are `cell` pixels high and `cell * stretch` wide.

        Each further octave halves the cells and multiplies the amplitude by `gain`; there are at
        most `octaves` of them.
        """
        fitting = 1 + max(0, int(math.log2(max(cell, SMALLEST_CELL) / SMALLEST_CELL)))
        count = min(octaves, fitting)
        self._heights = [max(cell, SMALLEST_CELL) / 2**number for number in range(count)]
        self._amplitudes = [gain**number for number in range(count)]
        self._octaves = [
            _Octave(seed * 101 + number, width, max(height * stretch, 1.0))
            for number, height in enumerate(self._heights)
        ]
        # Two stretched grid rows an octave. Grid row i is kept in place i % 2 of its octave.
        self._rows: Row = np.zeros((2 * count, width), np.float32)
        self._kept = [-1] * (2 * count)
        self._weights: Row = np.zeros(2 * count, np.float32)

    def row(self, y: float) -> Row:
        """The field's values along row `y` >= 0: `width` float32, mostly within -1.5..1.5."""
        for number, octave in enumerate(self._octaves):
            position = y / self._heights[number]
            cell = int(position)
            t = position - cell
            lower = t * t * (3 - 2 * t)
            for index, weight in ((cell, 1 - lower), (cell + 1, lower)):
                place = 2 * number + index % 2
                if self._kept[place] != index:
                    octave.stretched(index, self._rows[place])
                    self._kept[place] = index
                self._weights[place] = weight * self._amplitudes[number]
        total: Row = np.einsum("i,ij->j", self._weights, self._rows)
        return total


def profile(seed: int, width: int, cell: float, *, octaves: int, gain: float = 0.5) -> Row:
    """One row of a field of its own: the outline of a mountain ridge."""
    return Field(seed, width, cell, octaves=octaves, gain=gain).row(0.37 * cell)
