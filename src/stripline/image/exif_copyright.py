"""EXIF with nothing but who made a picture and who owns it (TIFF 6.0: Artist, Copyright)."""

from __future__ import annotations

import struct
from typing import Final

from stripline.streams.exif import EXIF_PREFIX

_ARTIST: Final = 0x013B
_COPYRIGHT: Final = 0x8298
_TYPE_ASCII: Final = 2
_MAX_TEXT_BYTES: Final = 30_000  # a JPEG's EXIF segment must hold both


def copyright_only(exif: bytes) -> bytes | None:
    """EXIF with the artist and the copyright of `exif`; None if it has neither."""
    texts = _texts(exif.removeprefix(EXIF_PREFIX))
    if not texts:
        return None
    entries, values = b"", b""
    values_at = 8 + 2 + 12 * len(texts) + 4
    for tag, text in sorted(texts.items()):
        size = len(text)
        if size <= 4:
            field = text.ljust(4, b"\0")
        else:
            field = struct.pack(">I", values_at + len(values))
            values += text + bytes(size % 2)
        entries += struct.pack(">HHI", tag, _TYPE_ASCII, size) + field
    return b"MM\0*" + struct.pack(">IH", 8, len(texts)) + entries + bytes(4) + values


def _texts(tiff: bytes) -> dict[int, bytes]:
    """The two texts with their final zeros, as far as they are there and sound."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return {}
    (start,) = struct.unpack_from(f"{order}I", tiff, 4)
    if start + 2 > len(tiff):
        return {}
    (count,) = struct.unpack_from(f"{order}H", tiff, start)
    texts: dict[int, bytes] = {}
    for number in range(count):
        at = start + 2 + 12 * number
        if at + 12 > len(tiff):
            break
        tag, kind, size, value = struct.unpack_from(f"{order}HHII", tiff, at)
        if (
            tag not in {_ARTIST, _COPYRIGHT}
            or kind != _TYPE_ASCII
            or not 0 < size <= _MAX_TEXT_BYTES
        ):
            continue
        text = tiff[at + 8 : at + 8 + size] if size <= 4 else tiff[value : value + size]
        if len(text) == size and text.strip(b"\0 "):
            texts[tag] = text
    return texts
