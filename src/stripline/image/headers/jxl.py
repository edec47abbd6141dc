"""JPEG XL: ISO/IEC 18181-1, annex D (the image header), and 18181-2 (the container)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stripline.image.headers.info import ImageInfo

if TYPE_CHECKING:
    from collections.abc import Callable

    from stripline.image.headers.header import Header

_CODESTREAM: Final = b"\xff\x0a"
_MAX_BOXES: Final = 1_000
# All that is read of the codestream. A header has some 20 bytes; the names of extra channels are
# what can make it long.
_HEADER_BYTES: Final = 4_096
_MAX_EXTRA_CHANNELS: Final = 256  # level 10 of the codestream allows no more
_RATIOS: Final = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}
_ALPHA, _SPOT_COLOUR, _CFA = 0, 2, 5
_GREY: Final = 1

# The four ways of writing a number, each as (bits, what is added).
_Choices = tuple[tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, int]]
_SIDE: Final[_Choices] = ((9, 1), (13, 1), (18, 1), (30, 1))
_PREVIEW_SIDE: Final[_Choices] = ((6, 1), (8, 65), (10, 321), (12, 1345))
_PREVIEW_EIGHTHS: Final[_Choices] = ((0, 16), (0, 32), (5, 1), (9, 33))
_ENUM: Final[_Choices] = ((0, 0), (0, 1), (4, 2), (6, 18))


def read_jxl(header: Header) -> ImageInfo:
    """Read the image header, wherever the codestream begins.

    Raises:
        CorruptImage: It is malformed or cut short.
    """
    at = 0 if header.prefix.startswith(_CODESTREAM) else _codestream(header)
    if header.take(at, 2) != _CODESTREAM:
        raise header.corrupt("a codestream that does not begin with FF 0A", at)
    return _Parser(header, at + 2).info()


def _codestream(header: Header) -> int:
    """Where the codestream begins in the container."""
    at = 0
    for _ in range(_MAX_BOXES):
        head = header.take(at, 8)
        size, kind, head_bytes = int.from_bytes(head[:4], "big"), head[4:], 8
        if size == 1:
            size, head_bytes = int.from_bytes(header.take(at + 8, 8), "big"), 16
        if kind == b"jxlc":
            return at + head_bytes
        if kind == b"jxlp":  # a part, after its number
            return at + head_bytes + 4
        if size < head_bytes:  # 0 is the last box, to the end of the file
            break
        at += size
    raise header.corrupt("no codestream in the container", at)


class _Parser:
    """Reads bits, the least significant of each byte first."""

    def __init__(self, header: Header, at: int) -> None:
        self._header = header
        self._at = at
        data = header.upto(at, _HEADER_BYTES)
        self._left = 8 * len(data)
        self._value = int.from_bytes(data, "little")

    def info(self) -> ImageInfo:
        height, width = self._size()
        orientation, animated = 1, False
        depth, alpha, xyb, grey = 8, False, True, False
        if not self._bits(1):  # not everything is as usual
            if self._bits(1):
                orientation, animated = self._extra_fields()
            depth = self._bit_depth()
            self._bits(1)  # whether 16 bits are enough for its buffers
            alpha = self._extra_channels()
            xyb = bool(self._bits(1))
            grey = self._is_grey()
        return ImageInfo(
            format="jxl",
            width=width,
            height=height,
            frames=0 if animated else 1,
            bit_depth=depth,
            colour="grey" if grey else "rgb",
            alpha=alpha,
            coding="xyb" if xyb else "direct",
            orientation=orientation,
            # Colours that were not changed to XYB may still have lost something.
            lossless=False if xyb else None,
            bytes=self._header.size,
        )

    def _bits(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise self._header.cut_short(self._at, 1)
        value = self._value & (1 << count) - 1
        self._value >>= count
        return value

    def _number(self, choices: _Choices) -> int:
        bits, base = choices[self._bits(2)]
        return self._bits(bits) + base

    def _size(self) -> tuple[int, int]:
        """Height and width of the picture."""
        if self._bits(1):
            return self._sides(lambda: 8 * (self._bits(5) + 1))
        return self._sides(lambda: self._number(_SIDE))

    def _preview_size(self) -> tuple[int, int]:
        if self._bits(1):
            return self._sides(lambda: 8 * self._number(_PREVIEW_EIGHTHS))
        return self._sides(lambda: self._number(_PREVIEW_SIDE))

    def _sides(self, side: Callable[[], int]) -> tuple[int, int]:
        height = side()
        ratio = self._bits(3)
        if not ratio:
            return height, side()
        across, down = _RATIOS[ratio]
        return height, height * across // down

    def _extra_fields(self) -> tuple[int, bool]:
        orientation = self._bits(3) + 1
        if self._bits(1):  # the size it is meant to be shown in
            self._size()
        if self._bits(1):
            self._preview_size()
        animated = bool(self._bits(1))
        if animated:
            self._number(((0, 100), (0, 1000), (10, 1), (30, 1)))  # ticks a second
            self._number(((0, 1), (0, 1001), (8, 1), (10, 1)))
            self._number(((0, 0), (3, 0), (16, 0), (32, 0)))  # loops
            self._bits(1)  # timecodes
        return orientation, animated

    def _bit_depth(self) -> int:
        if self._bits(1):  # floating point
            depth = self._number(((0, 32), (0, 16), (0, 24), (6, 1)))
            self._bits(4)
            return depth
        return self._number(((0, 8), (0, 10), (0, 12), (6, 1)))

    def _extra_channels(self) -> bool:
        """Whether one of them is alpha."""
        count = self._number(((0, 0), (0, 1), (4, 2), (12, 1)))
        if count > _MAX_EXTRA_CHANNELS:
            raise self._header.corrupt(f"{count:,} extra channels", self._at)
        return _ALPHA in [self._extra_channel() for _ in range(count)]

    def _extra_channel(self) -> int:
        if self._bits(1):
            return _ALPHA
        kind = self._number(_ENUM)
        self._bit_depth()
        self._number(((0, 0), (0, 3), (0, 4), (3, 1)))  # how much smaller it is
        self._bits(8 * self._number(((0, 0), (4, 0), (5, 16), (10, 48))))  # its name
        if kind == _ALPHA:
            self._bits(1)  # premultiplied
        elif kind == _SPOT_COLOUR:
            self._bits(4 * 16)
        elif kind == _CFA:
            self._number(((0, 1), (2, 0), (4, 3), (8, 19)))
        return kind

    def _is_grey(self) -> bool:
        if self._bits(1):  # sRGB
            return False
        self._bits(1)  # an ICC profile
        return self._number(_ENUM) == _GREY
