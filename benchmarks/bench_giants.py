"""Files of gigantic pictures, written row by row where their format allows it.

Their content is soft noise: what a decoder holds in memory does not depend on it.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

from bench_rows import BATCH_ROWS, batches

from stripline import jpeg

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_FILTER_NONE, _FILTER_UP = b"\0", b"\2"  # of a PNG's row: as it is; as the difference to the last


def write_jpeg(path: Path, side: int) -> None:
    """A baseline JPEG, 4:2:0."""
    rows = batches(side, side)
    jpeg.encode(rows, path, width=side, height=side, format="rgb", quality=80, subsampling="4:2:0")


def write_png(path: Path, side: int) -> None:
    """A PNG, 8-bit RGB. Of each batch the first row is noise and the others repeat it."""
    row = 3 * side
    deflate = zlib.compressobj(1)
    with path.open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.write(_png_chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)))
        for batch in batches(side, side):
            repeats = len(batch) // row - 1
            data = deflate.compress(_FILTER_NONE + bytes(batch[:row]))
            data += deflate.compress((_FILTER_UP + bytes(row)) * repeats)
            file.write(_png_chunk(b"IDAT", data))
        file.write(_png_chunk(b"IDAT", deflate.flush()))
        file.write(_png_chunk(b"IEND", b""))


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _by_pyvips(**options: object) -> Callable[[Path, int], None]:
    def write(path: Path, side: int) -> None:
        import pyvips

        batch = next(batches(side, BATCH_ROWS))
        rows: Any = pyvips.Image.new_from_memory(batch, side, BATCH_ROWS, 3, "uchar")
        rows = rows.copy(interpretation="srgb")
        rows.replicate(1, -(-side // BATCH_ROWS)).crop(0, 0, side, side).write_to_file(
            str(path), **options
        )

    return write


# Kind -> its file name's ending, and what writes a square picture of a side in pixels.
GIANTS: dict[str, tuple[str, Callable[[Path, int], None]]] = {
    "JPEG": ("jpg", write_jpeg),
    "PNG": ("png", write_png),
    "TIFF, deflate": ("tif", _by_pyvips(compression="deflate", predictor="horizontal")),
    "progressive JPEG": ("jpg", _by_pyvips(interlace=True)),
    "interlaced PNG": ("png", _by_pyvips(interlace=True, compression=1)),
    "WebP": ("webp", _by_pyvips(effort=0)),
    "AVIF": ("avif", _by_pyvips(effort=0)),
}
