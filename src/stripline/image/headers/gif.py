"""GIF 87a and 89a: CompuServe's specification, 1990."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stripline.image.headers.info import ImageInfo

if TYPE_CHECKING:
    from stripline.image.headers.header import Header

_SCREEN_BYTES: Final = 13
_TABLE_FLAG, _INTERLACE_FLAG, _TRANSPARENT_FLAG = 0x80, 0x40, 0x01
_IMAGE, _EXTENSION, _TRAILER, _CONTROL = 0x2C, 0x21, 0x3B, 0xF9
# Pixels are in blocks of up to 255 bytes, which must be walked to count frames. Encoders fill them:
# this is a gigabyte, and a second.
_MAX_BLOCKS: Final = 4_000_000
_WINDOW_BYTES: Final = 65_536


def read_gif(header: Header) -> ImageInfo:
    """Walk all blocks: nothing else says how many frames there are.

    The size is that of the screen, or of what the first frame covers if that is more, as libvips
    and Pillow have it. A file that ends early has the frames that begin in it.

    Raises:
        CorruptImage: No frame begins in the file, or its size is 0.
        LimitExceeded: More frames than the header may count.
    """
    return _Walk(header).info()


class _Walk:
    """Goes through the blocks once."""

    def __init__(self, header: Header) -> None:
        screen = header.take(0, _SCREEN_BYTES)
        self._header = header
        header.window = _WINDOW_BYTES
        self._width = int.from_bytes(screen[6:8], "little")
        self._height = int.from_bytes(screen[8:10], "little")
        self._depth = (screen[10] & 7) + 1 if screen[10] & _TABLE_FLAG else 1
        self._frames = 0
        self._blocks = 0
        self._transparent = False
        self._interlaced = False
        at = _SCREEN_BYTES + _table_bytes(screen[10])
        while (kind := header.byte(at)) is not None and kind != _TRAILER:
            self._blocks += 1
            if kind == _IMAGE:
                at = self._image(at)
            elif kind == _EXTENSION:
                at = self._extension(at)
            else:  # decoders stop here too, and show what came before
                break
        self._complete = kind is not None
        if not self._frames:
            raise header.corrupt("no frame", at)

    def info(self) -> ImageInfo:
        if not self._width or not self._height:
            raise self._header.corrupt(f"{self._width} x {self._height} pixels", 6)
        return ImageInfo(
            format="gif",
            width=self._width,
            height=self._height,
            frames=self._frames,
            bit_depth=self._depth,
            colour="palette",
            alpha=self._transparent,
            coding="lzw",
            progressive=self._interlaced,
            lossless=True,
            complete=self._complete,
            bytes=self._header.size,
        )

    def _image(self, at: int) -> int:
        head = self._header.upto(at, 10)
        if len(head) < 10:
            if not self._frames:
                raise self._header.cut_short(at, 10)
            return at + 10
        left, top, width, height = (int.from_bytes(head[i : i + 2], "little") for i in (1, 3, 5, 7))
        flags = head[9]
        self._frames += 1
        self._header.count_frame(self._frames)
        if self._frames == 1:
            self._width = max(self._width, left + width)
            self._height = max(self._height, top + height)
        if flags & _TABLE_FLAG:
            self._depth = max(self._depth, (flags & 7) + 1)
        self._interlaced = self._interlaced or bool(flags & _INTERLACE_FLAG)
        return self._skip_blocks(at + 10 + _table_bytes(flags) + 1)

    def _extension(self, at: int) -> int:
        if self._header.byte(at + 1) == _CONTROL:
            control = self._header.upto(at + 2, 2)
            if len(control) == 2 and control[1] & _TRANSPARENT_FLAG:
                self._transparent = True
        return self._skip_blocks(at + 2)

    def _skip_blocks(self, at: int) -> int:
        byte, blocks = self._header.byte, self._blocks
        while size := byte(at):  # stops at an empty block, and at the end of the file
            at += size + 1
            blocks += 1
            if blocks > _MAX_BLOCKS:
                raise self._header.corrupt(f"more than {_MAX_BLOCKS:,} blocks", at)
        self._blocks = blocks
        return at + 1


def _table_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & _TABLE_FLAG else 0
