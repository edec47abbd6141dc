"""The frames of an APNG, composed as PNG (third edition), section 11.3.6, has it.

Pillow decodes the picture of each frame; how it is laid over those before is done here, as Pillow
mixes alpha by what is above alone, and cannot go back to where it has been.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from stripline.webcodecs._image_pillow import check_size, media_of, over, read_rgba
from stripline.webcodecs.exceptions import EncodingError
from stripline.webcodecs.image_scan import PNG_SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from stripline.webcodecs.media import Media

__all__ = ["ApngPictures", "still_png"]

_ANIMATION: Final = frozenset({b"acTL", b"fcTL", b"fdAT"})
_FRAME: Final = frozenset({b"fcTL", b"IDAT", b"fdAT"})
_COLORS: Final = frozenset({b"PLTE", b"tRNS"})
_FRAME_CONTROL: Final = struct.Struct(">IIIIIHHBB")
_TO_BACKGROUND, _TO_PREVIOUS = 1, 2
_OVER: Final = 1


@dataclass(slots=True)
class _Frame:
    """One frame: where it lies, how it is laid, and its compressed samples."""

    place: tuple[slice, slice]
    dispose: int
    blend: int
    parts: list[bytes] = field(default_factory=list)

    @property
    def size(self) -> tuple[int, int]:
        rows, columns = self.place
        return columns.stop - columns.start, rows.stop - rows.start


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Of each whole chunk its kind, its body, and all of its bytes."""
    at = len(PNG_SIGNATURE)
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4])
        if end > len(data):
            return
        yield data[at + 4 : at + 8], data[at + 8 : end - 4], data[at:end]
        at = end


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def still_png(data: bytes) -> bytes:
    """The same file without its animation."""
    kept = [whole for kind, _, whole in _chunks(data) if kind not in _ANIMATION]
    return PNG_SIGNATURE + b"".join(kept)


class ApngPictures:
    """The frames of one file, best asked for in order.

    Args:
        data: The file, or as much of it as holds the frames to be asked for.

    Raises:
        EncodingError: The file has no header, or is too large.
    """

    def __init__(self, data: bytes) -> None:
        self._header = b""
        self._colors: list[bytes] = []
        self._frames: list[_Frame] = []
        self._damage = "it is not there"
        self._read(data)
        width, height = self._size
        check_size((width, height), animated=True)
        self._canvas: NDArray[Any] = np.zeros((height, width, 4), np.uint8)
        self._before = self._canvas  # what the last frame was laid over
        self._next = 0

    @property
    def _size(self) -> tuple[int, int]:
        if len(self._header) < 8:
            raise EncodingError("the APNG has no header")
        return int.from_bytes(self._header[:4]), int.from_bytes(self._header[4:8])

    def _read(self, data: bytes) -> None:
        """Find the frames, up to one that is damaged."""
        number, animated = 0, False
        for kind, body, whole in _chunks(data):
            if kind == b"IHDR":
                self._header = body
            elif kind in _COLORS:
                self._colors.append(whole)
            animated |= kind == b"acTL"
            if not animated or kind not in _FRAME or (kind != b"fcTL" and not self._frames):
                continue
            damage = self._damage_of(kind, body, whole, number)
            if damage:
                self._damage = damage
                if kind != b"fcTL":
                    self._frames.pop()
                return
            number += kind in _ANIMATION
            if kind == b"fcTL":
                self._frames.append(self._frame(body))
            else:
                self._frames[-1].parts.append(body[4:] if kind == b"fdAT" else body)

    def _damage_of(self, kind: bytes, body: bytes, whole: bytes, number: int) -> str:
        """What is wrong with a chunk of a frame; empty for nothing."""
        if whole[-4:] != zlib.crc32(kind + body).to_bytes(4):
            return f"the checksum of a chunk {kind.decode()} is wrong"
        if kind in _ANIMATION and body[:4] != number.to_bytes(4):
            return f"chunk {number} of the frames is missing"
        if kind != b"fcTL":
            return ""
        if len(body) != _FRAME_CONTROL.size:
            return f"a chunk fcTL of {len(body)} bytes"
        _, width, height, x, y = _FRAME_CONTROL.unpack(body)[:5]
        most = self._size
        if not (width and height and x + width <= most[0] and y + height <= most[1]):
            return f"{width} x {height} at {x}, {y} is not within {most[0]} x {most[1]}"
        return ""

    def _frame(self, body: bytes) -> _Frame:
        _, width, height, x, y, _, _, dispose, blend = _FRAME_CONTROL.unpack(body)
        if dispose == _TO_PREVIOUS and not self._frames:
            dispose = _TO_BACKGROUND  # there is none
        return _Frame((slice(y, y + height), slice(x, x + width)), dispose, blend)

    def media(self, index: int) -> Media:
        """The pixels of a frame.

        Raises:
            EncodingError: They are damaged or cut.
        """
        if index >= len(self._frames):
            raise EncodingError(f"frame {index} is damaged or cut: {self._damage}")
        if index < self._next - 1:
            self._next = 0
        while self._next <= index:
            self._show(self._next)
            self._next += 1
        return media_of(self._canvas.copy())

    def _show(self, index: int) -> None:
        """Lay a frame over what is there, after what the one before says becomes of it."""
        canvas = self._canvas
        if not index:
            canvas[:] = 0
        elif self._frames[index - 1].dispose == _TO_BACKGROUND:
            canvas[self._frames[index - 1].place] = 0
        elif self._frames[index - 1].dispose == _TO_PREVIOUS:
            canvas[self._frames[index - 1].place] = self._before
        frame = self._frames[index]
        self._before = canvas[frame.place].copy()
        pixels = self._pixels(frame)
        canvas[frame.place] = over(pixels, self._before) if frame.blend == _OVER else pixels

    def _pixels(self, frame: _Frame) -> NDArray[Any]:
        """A frame's own picture; shape (height, width, 4)."""
        header = struct.pack(">II", *frame.size) + self._header[8:]
        chunks = [_chunk(b"IHDR", header), *self._colors]
        chunks += [_chunk(b"IDAT", b"".join(frame.parts)), _chunk(b"IEND", b"")]
        return read_rgba(PNG_SIGNATURE + b"".join(chunks), "PNG")

    def close(self) -> None:
        """Let the file go."""
        self._frames.clear()
