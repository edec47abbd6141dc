"""Which format a file is in, by its first bytes; never by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stripline.image.headers.bmp import is_bmp
from stripline.image.headers.isobmff import heif_format
from stripline.image.headers.svg import is_svg

if TYPE_CHECKING:
    from stripline.image.headers.info import Format

# CgBI is what Apple's tools make of PNG files in an app: another compression, other pixels.
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_APPLE_PNG: Final = _PNG + b"\0\0\0\x04CgBI"

_MAGICS: Final[tuple[tuple[bytes, Format], ...]] = (
    (b"\xff\xd8\xff", "jpeg"),
    (_PNG, "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),
    (b"MM\0+", "tiff"),
    (b"\xff\x0a", "jxl"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "jxl"),
)


def sniff(prefix: bytes) -> Format | None:
    """The format of a file that begins with these bytes, or None if it is none of ours.

    Args:
        prefix: The beginning of a file; 4 kB are enough for nearly all, 12 bytes for most. An SVG
            can begin with any amount of comments.
    """
    for magic, found in _MAGICS:
        if prefix.startswith(magic):
            return None if prefix.startswith(_APPLE_PNG) else found
    if prefix.startswith(b"RIFF") and prefix[8:12] == b"WEBP":
        return "webp"
    if prefix[4:8] == b"ftyp":
        return heif_format(prefix)
    if is_bmp(prefix):
        return "bmp"
    return "svg" if is_svg(prefix) else None
