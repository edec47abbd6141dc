"""JPEG files as rows of pixels, at full size or a half, a quarter or an eighth of it.

Shrinking a photograph spends most of its time on decoding; the engine's decoder does that faster
than the usual ones, for the files that cameras and encoders write by default. For others
:func:`open_scaled` says so at once, and libvips takes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, get_args

from stripline.errors import CorruptImage, InvalidOption
from stripline.jpeg._engine import DamagedJpeg, NativeDecoder, kernels_in_use, open_decoder
from stripline.streams import bytes_per_row, packed_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Buffer

    from stripline.streams import PixelFormat, Rows

__all__ = ["Denominator", "ScaledRows", "open_scaled"]

Denominator = Literal[1, 2, 4, 8]
"""The picture comes at one over this of its size."""

_DENOMINATORS: Final[tuple[int, ...]] = get_args(Denominator)


def open_scaled(data: Buffer, denominator: Denominator = 1) -> ScaledRows | None:
    """Read a JPEG file's headers and get ready to decode it.

    Read are 8-bit sequential files with Huffman coding and one scan, grey or of three components,
    whose chroma is whole or halved. Pixels are the very same as those of libjpeg-turbo with its
    accurate integer transform and smooth upsampling. Neither orientation nor colour profiles are
    looked at.

    Args:
        data: A whole file, C-contiguous. It is not copied and must stay as it is.
        denominator: 1, 2, 4 or 8. Sides are divided by it and rounded up.

    Returns:
        The rows, or None if the file is a JPEG of another kind: progressive, arithmetic, lossless,
        12-bit, CMYK, of several scans, with other sampling factors, or without its height.

    Raises:
        CorruptImage: Not a JPEG, or its headers are damaged or cut short.
        InvalidOption: Another denominator.
    """
    if denominator not in _DENOMINATORS:
        raise InvalidOption(f"denominator is {denominator!r}; it can be 1, 2, 4 or 8")
    try:
        decoder = open_decoder(data, denominator, kernels_in_use())
    except DamagedJpeg as error:
        raise _corrupt(error) from None
    return None if decoder is None else ScaledRows(decoder)


class ScaledRows:
    """A row source (:class:`stripline.streams.RowSource`) whose rows are decoded as they are read.

    Memory grows with the picture's width and with the batch, not with its height.
    """

    def __init__(self, decoder: NativeDecoder) -> None:
        self._decoder = decoder

    @property
    def width(self) -> int:
        """Pixels in a row, after scaling."""
        return self._decoder.width

    @property
    def height(self) -> int:
        """Rows, after scaling."""
        return self._decoder.height

    @property
    def format(self) -> PixelFormat:
        """`rgb` or `grey`."""
        return "grey" if self._decoder.format == "grey" else "rgb"

    def batches(self, rows: int) -> Iterator[Rows]:
        """Give all rows once, `rows` at a time. Decoding runs without the interpreter's lock.

        Raises:
            CorruptImage: The data is damaged or cut short. Earlier batches were good.
            InvalidOption: `rows` is less than 1.
        """
        if rows < 1:
            raise InvalidOption(f"a batch has at least one row, not {rows}")
        row_bytes = bytes_per_row(self.width, self.format)
        try:
            while batch := self._decoder.read(rows):
                yield packed_rows(batch, row_bytes)
        except DamagedJpeg as error:
            raise _corrupt(error) from None


def _corrupt(error: DamagedJpeg) -> CorruptImage:
    what, position = error.args
    return CorruptImage(f"damaged JPEG, at byte {position:,}: {what}")
