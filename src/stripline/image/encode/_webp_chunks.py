"""Metadata as chunks of a WebP file (WebP container specification, "Extended File Format")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stripline.streams.exif import EXIF_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stripline.streams import Metadata

_HEADER_BYTES: Final = 12
_EXTENDED: Final = b"VP8X"
_ICC, _ALPHA, _EXIF, _XMP = 0x20, 0x10, 0x08, 0x04


def with_metadata(
    file: bytes, metadata: Metadata, *, width: int, height: int, alpha: bool
) -> bytes:
    """A WebP file with EXIF, XMP and ICC profile; it has no place for comments and densities.

    Args:
        file: With or without the extended header, and with none of these.
        metadata: What to write.
        width: Pixels across.
        height: Rows of a frame.
        alpha: Whether the picture has transparency.
    """
    flags = (
        (_ICC if metadata.icc else 0)
        | (_EXIF if metadata.exif else 0)
        | (_XMP if metadata.xmp else 0)
    )
    if not flags:
        return file
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    extended = bytes((_ALPHA if alpha else 0, 0, 0, 0)) + size
    chunks = list(_chunks(file))
    if chunks[0][0] == _EXTENDED:
        extended = chunks.pop(0)[1]
    chunks.insert(0, (_EXTENDED, bytes((extended[0] | flags,)) + extended[1:]))
    if metadata.icc:
        chunks.insert(1, (b"ICCP", metadata.icc))
    if metadata.exif:
        chunks.append((b"EXIF", metadata.exif.removeprefix(EXIF_PREFIX)))
    if metadata.xmp:
        chunks.append((b"XMP ", metadata.xmp))
    content = b"".join(
        name + len(data).to_bytes(4, "little") + data + bytes(len(data) % 2)
        for name, data in chunks
    )
    return b"RIFF" + (len(content) + 4).to_bytes(4, "little") + b"WEBP" + content


def _chunks(file: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = _HEADER_BYTES
    while at < len(file):
        size = int.from_bytes(file[at + 4 : at + 8], "little")
        yield file[at : at + 4], file[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
