"""Whether the end of a container is missing, as its outermost boxes or elements tell.

FFmpeg takes the end of the file for the end of the media in Matroska and in an MP4's tables.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from stripline.webcodecs.containers.source import Source

__all__ = ["missing_bytes"]

# Boxes that a file is made of (ISO/IEC 14496-12, section 6, and QuickTime); what else comes after
# them is no part of it.
_BOXES: Final = frozenset(
    b"ftyp styp moov moof mdat mfra free skip wide meta meco uuid sidx ssix prft emsg pdin".split()
)
# RFC 8794, section 11.2.1, and RFC 9559, section 5.1.
_EBML: Final = b"\x1a\x45\xdf\xa3"
_SEGMENT: Final = b"\x18\x53\x80\x67"


def missing_bytes(source: Source) -> int:
    """How many bytes an MP4, WebM or Matroska file lacks at its end; 0 where it does not tell.

    Args:
        source: Keeps its place. One that cannot seek does not tell.
    """
    if not source.seekable():
        return 0
    place = source.tell()
    try:
        length = source.seek(0, os.SEEK_END)
        first = _bytes_at(source, 0, 4)
        end = _segment_end(source) if first == _EBML else _boxes_end(source, length)
    finally:
        source.seek(place)
    return max(0, end - length)


def _bytes_at(source: Source, place: int, count: int) -> bytes:
    source.seek(place)
    return source.read(count)


def _boxes_end(source: Source, length: int) -> int:
    end, kind = 0, b""
    while end + 8 <= length:
        header = _bytes_at(source, end, 16)
        size, kind = int.from_bytes(header[:4]), header[4:8]
        if kind not in _BOXES or size == 0:  # 0 is up to the end of the file
            return 0
        if size == 1:
            size = int.from_bytes(header[8:])
        if size < 8:
            return 0
        end += size
    # A fragment is the pair of "moof" and "mdat".
    return end + 8 if kind == b"moof" else end


def _segment_end(source: Source) -> int:
    header = _element_end(source, 0)
    if header is None or _bytes_at(source, header, 4) != _SEGMENT:
        return 0
    return _element_end(source, header) or 0


def _element_end(source: Source, place: int) -> int | None:
    """Where an element with an identifier of four bytes ends; None if it does not say."""
    data = _bytes_at(source, place + 4, 8)
    if not data or not data[0]:
        return None
    width = 9 - data[0].bit_length()
    size = int.from_bytes(data[:width]) & ((1 << 7 * width) - 1)
    unknown = size == (1 << 7 * width) - 1
    return None if unknown or len(data) < width else place + 4 + width + size
