"""Metadata as chunks of a PNG file (PNG, third edition, sections 5 and 11; XMP part 3, 1.1.5)."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from stripline.streams.exif import EXIF_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable

    from stripline.streams import Metadata

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_IHDR_END: Final = len(SIGNATURE) + 12 + 13
_INCHES_PER_METRE: Final = 1 / 0.0254
_PER_METRE: Final = 1
# Written by libvips whether there is a density or not.
_DENSITY: Final = b"pHYs"
_XMP_KEYWORD: Final = b"XML:com.adobe.xmp"


def head_with(metadata: Metadata) -> Callable[[bytes], bytes | None]:
    """What puts metadata into a PNG file: given its first bytes, gives what to write for them.

    The result is None while the first bytes do not reach to the pixels (IDAT).
    """
    chunks = b"".join(_chunks(metadata))

    def rewrite(head: bytes) -> bytes | None:
        parts = [head[:_IHDR_END], chunks]
        at = _IHDR_END
        while (kind := head[at + 4 : at + 8]) != b"IDAT":
            end = at + 12 + int.from_bytes(head[at : at + 4], "big")
            if len(kind) < 4 or end > len(head):
                return None
            if kind != _DENSITY:
                parts.append(head[at:end])
            at = end
        return b"".join((*parts, head[at:]))

    return rewrite


def _chunks(metadata: Metadata) -> list[bytes]:
    """Chunks as there are, all of which may stand before the palette."""
    chunks = []
    if metadata.icc:
        chunks.append(_chunk(b"iCCP", b"icc\0\0" + zlib.compress(metadata.icc, 9)))
    if metadata.density:
        per_metre = (round(dpi * _INCHES_PER_METRE) for dpi in metadata.density)
        sizes = b"".join(count.to_bytes(4, "big") for count in per_metre)
        chunks.append(_chunk(_DENSITY, sizes + bytes((_PER_METRE,))))
    if metadata.exif:
        chunks.append(_chunk(b"eXIf", metadata.exif.removeprefix(EXIF_PREFIX)))
    if metadata.xmp:
        # Not compressed (two zeros), no language, no translated keyword.
        chunks.append(_chunk(b"iTXt", _XMP_KEYWORD + bytes(5) + metadata.xmp))
    if metadata.comment:
        comment = metadata.comment
        text = comment.encode() if isinstance(comment, str) else comment
        chunks.append(_chunk(b"iTXt", b"Comment" + bytes(5) + text))
    return chunks


def _chunk(kind: bytes, content: bytes) -> bytes:
    checked = kind + content
    return len(content).to_bytes(4, "big") + checked + zlib.crc32(checked).to_bytes(4, "big")
