"""A libvips image as a source of rows for our own encoder."""

from __future__ import annotations

from contextlib import closing
from queue import Queue
from threading import Thread
from typing import TYPE_CHECKING, Final

from stripline._vips import vips_errors
from stripline.image.encode._savers import bare, save
from stripline.streams import PIXEL_BYTES, PixelFormat, Rows, check_side

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from stripline.image.picture import Pixels

_FORMAT_OF_BANDS: Final[dict[int, PixelFormat]] = {1: "grey", 3: "rgb", 4: "rgba"}

_BATCH_ROWS: Final = 32
_PIECES_AHEAD: Final = 2
# A small picture comes whole, which is as fast and needs no thread.
_WHOLE_BYTES: Final = 8 << 20


class PictureRows:
    """Rows of 8-bit grey, RGB or RGBA, computed as they are asked for, in order, once.

    Args:
        pixels: The image.

    Raises:
        InvalidDimensions: A side of more than 65,535 pixels.
        CorruptImage: From `batches`: the source is damaged.
    """

    def __init__(self, pixels: Pixels) -> None:
        self.width = check_side("width", pixels.width)
        self.height = check_side("height", pixels.height)
        self.format: PixelFormat = _FORMAT_OF_BANDS[pixels.bands]
        self._pixels: Pixels = pixels

    def batches(self, rows: int) -> Iterator[Rows]:  # noqa: ARG002 - see _BATCH_ROWS
        """Give a few rows at a time."""
        row_bytes = self.width * PIXEL_BYTES[self.format]
        if row_bytes * self.height <= _WHOLE_BYTES:
            with vips_errors():
                data = self._pixels.write_to_memory()
            yield Rows((memoryview(data).cast("B"),), (row_bytes,), self.height, stable=True)
            return
        pump = _Pump(self._pixels, _BATCH_ROWS * row_bytes)
        with closing(pump.pieces()) as pieces:
            for piece in pieces:
                yield Rows((memoryview(piece),), (row_bytes,), len(piece) // row_bytes, stable=True)

    def close(self) -> None:
        """Let go of the image."""
        self._pixels = None


class _Pump:
    """Runs libvips in a thread and hands its pixels over, a little ahead of who takes them.

    To fetch regions would need no thread. But libvips keeps buffers from one request to the next
    in its own threads only: a PNG of 400 megapixels scaled to 16 took 352 MB by regions, whatever
    their height, and takes 134 MB so; a JPEG of 16 megapixels scaled to 4 took 142 ms of CPU time
    and takes 105.

    Args:
        pixels: The image.
        piece_bytes: How much to hand over at once.
    """

    def __init__(self, pixels: Pixels, piece_bytes: int) -> None:
        self._pixels = bare(pixels)
        self._piece_bytes = piece_bytes
        self._held = bytearray()
        self._stopped = False
        # Pieces, and in the end None or what went wrong.
        self._ready: Queue[bytes | BaseException | None] = Queue(_PIECES_AHEAD)
        self._thread = Thread(target=self._run, name="stripline-rows", daemon=True)

    def pieces(self) -> Generator[bytes]:
        """All pixels, in pieces of the same size but for the last. Closing this ends the thread."""
        self._thread.start()
        piece: bytes | BaseException | None = b""
        try:
            while isinstance(piece := self._ready.get(), bytes):
                yield piece
        finally:
            self._stopped = True
            while isinstance(piece, bytes):  # nobody wants the rest
                piece = self._ready.get()
            self._thread.join()
        if piece is not None:
            raise piece

    def write(self, data: bytes) -> None:
        """Take what libvips computed: a row or a few."""
        if self._stopped:
            raise _NotWanted
        self._held += data
        while len(self._held) >= self._piece_bytes:
            self._ready.put(bytes(self._held[: self._piece_bytes]))
            del self._held[: self._piece_bytes]

    def _run(self) -> None:
        """The thread."""
        end = None
        try:
            save(self._pixels, "rawsave", self)
            if self._held:
                self._ready.put(bytes(self._held))
        except BaseException as error:  # noqa: BLE001 - raised where the pieces are taken
            end = error
        self._ready.put(end)


class _NotWanted(Exception):
    """Stops libvips when nobody takes its pixels any longer."""
