"""Baseline files whose errors lie where the picture hides them, for as few bytes as that allows.

What SSIMULACRA 2 measures is known before a picture is coded: an error counts the less the more the
picture varies around it, at each of several scales. So every coefficient's error has a price in
looks, and every symbol one in bits; the engine weighs both. The whole picture is needed, and time:
half a second a megapixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

from stripline.errors import InvalidOption
from stripline.jpeg._engine import masked_scan
from stripline.jpeg.markers import (
    EOI,
    SOI,
    frame_segment,
    huffman_segment,
    metadata_segments,
    quantiser_segment,
    scan_segment,
)
from stripline.jpeg.tables import Tables
from stripline.streams import Metadata

if TYPE_CHECKING:
    from typing_extensions import Buffer

MaskedSampling = Literal["4:4:4", "4:2:0", "grey"]
"""How chroma is coded here."""

# Steps at quality 50, inversely proportional to the root of how much an error of the coefficient
# counts: the geometric mean over two photographs of scikit-image (astronaut, coffee), as they are
# and twice as large, at SSIMULACRA2 80. How coarse they are in all, chroma beside luma, and the
# price of a bit below were tried on these too; two others (chelsea, motorcycle) agree.
_LUMA: Final = (
    *(10, 12, 16, 23, 30, 29, 29, 35),
    *(12, 15, 18, 26, 32, 32, 32, 37),
    *(16, 18, 22, 29, 35, 35, 35, 39),
    *(23, 26, 29, 34, 38, 38, 39, 42),
    *(30, 32, 35, 38, 39, 40, 41, 42),
    *(29, 32, 35, 38, 40, 41, 41, 42),
    *(29, 32, 35, 39, 41, 41, 41, 42),
    *(35, 37, 39, 42, 42, 42, 42, 43),
)
_CHROMA: Final = (
    *(9, 10, 12, 16, 21, 26, 34, 47),
    *(10, 12, 14, 18, 24, 30, 39, 53),
    *(12, 14, 17, 21, 27, 34, 44, 59),
    *(16, 18, 21, 25, 32, 40, 52, 66),
    *(21, 24, 27, 32, 39, 48, 61, 74),
    *(26, 30, 34, 40, 48, 58, 71, 83),
    *(34, 39, 44, 52, 61, 71, 82, 94),
    *(47, 53, 59, 66, 74, 83, 94, 103),
)
# Of a bit at quality 50, in the engine's unit of looks (engine/src/masked/masking.hpp).
_PRICE: Final = 3.4
# How the price grows with the scale by which the Independent JPEG Group multiplies its steps. With
# this, a quality from 30 to 95 gives about the score that it gives with their library: on the
# photographs above, 8 crops, prices for the same score lay within a factor of 1.7 around it.
_PRICE_POWER: Final = 1.5


@dataclass(frozen=True, slots=True)
class Trade:
    """What a quality means here.

    Attributes:
        tables: Steps and the standard's Huffman tables.
        price: Of a bit.
    """

    tables: Tables
    price: float


@lru_cache(maxsize=100)  # every quality there is
def trade_for(quality: int) -> Trade:
    """What is given for what at a quality.

    Args:
        quality: 1 to 100. The looks are about those that a plain encoder has at the same quality of
            the Independent JPEG Group's scale; at 100 all steps are 1 and bits cost nothing.

    Raises:
        InvalidOption: Another quality.
    """
    if not 1 <= quality <= 100:
        raise InvalidOption(f"quality is {quality}; it goes from 1 to 100")
    scale = 50 / quality if quality < 50 else 2 - quality / 50
    price = _PRICE * scale**_PRICE_POWER
    # Where an error of one step is worth as many bits as before, steps grow as the price's root.
    steps = (
        bytes(min(max(round(step * scale ** (_PRICE_POWER / 2)), 1), 255) for step in steps)
        for steps in (_LUMA, _CHROMA)
    )
    return Trade(Tables(*steps), price)


def encode_masked(
    pixels: Buffer, width: int, height: int, *, quality: int, sampling: MaskedSampling
) -> bytes:
    """A baseline JPEG file with standard Huffman tables and no metadata: meant to be recoded.

    Args:
        pixels: Packed 8-bit rows: red, green, blue in turn, or grey for the sampling `grey`.
        width: Pixels in a row, 1 to 65,535.
        height: Rows, 1 to 65,535.
        quality: See `trade_for`.
        sampling: How chroma is coded.

    Raises:
        InvalidOption: Another quality.
        ValueError: The buffer is not as large as the picture, or a side is out of range.
    """
    trade = trade_for(quality)
    scan = masked_scan(pixels, (width, height), sampling, trade.tables, trade.price)
    return b"".join(
        (
            SOI,
            metadata_segments(Metadata()),
            quantiser_segment(trade.tables, sampling),
            frame_segment(width, height, sampling),
            huffman_segment(trade.tables, sampling),
            scan_segment(sampling),
            scan,
            EOI,
        )
    )
