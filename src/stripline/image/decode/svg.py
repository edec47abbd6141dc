"""SVG: cleaned by an allow-list, then drawn by librsvg through libvips."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING, Final

from stripline import _vips
from stripline.errors import CorruptImage, LimitExceeded, MissingDependency, describe
from stripline.image.decode.vips import as_picture

if TYPE_CHECKING:
    from stripline.image.picture import Picture
    from stripline.streams.source import Source

# A drawing of more text than this is no picture for a page; a compressed one may be a bomb.
_MAX_TEXT_BYTES: Final = 32 << 20
_GZIP: Final = b"\x1f\x8b"
_INLINE_PICTURES: Final = {"image": ["png", "jpeg", "gif", "webp"]}


def decode_svg(source: Source, width: int) -> Picture:
    """Draw the picture `width` pixels across.

    Scripts, links to other files and everything else that an SVG for the web need not have are
    taken out first.

    Raises:
        CorruptImage: Not sound XML, or librsvg cannot draw it.
        LimitExceeded: More than 32 MiB of text.
        MissingDependency: The cleaner is not installed.
    """
    try:
        import py_svg_hush  # noqa: PLC0415 - optional
    except ImportError as error:
        raise MissingDependency("reading SVG", "py-svg-hush", "image") from error
    text = _text(source)
    try:
        clean = py_svg_hush.filter_svg(text, keep_data_url_mime_types=_INLINE_PICTURES)
    except ValueError as error:
        raise CorruptImage(f"{source.name}: {describe(error)}") from error
    with _vips.vips_errors(source.name):
        vips = _vips.library()
        # What libvips takes its units for does not matter: only its proportions are used.
        own_width = vips.Image.svgload_buffer(clean, access="sequential").width
        drawn = vips.Image.svgload_buffer(clean, scale=width / own_width, access="sequential")
        return as_picture(drawn)


def _text(source: Source) -> bytes:
    try:
        with source.open() as file:
            head = file.read(2)
            file.seek(0)
            if head == _GZIP:
                with gzip.GzipFile(fileobj=file) as inner:
                    text = inner.read(_MAX_TEXT_BYTES + 1)
            else:
                text = file.read(_MAX_TEXT_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise CorruptImage(f"{source.name}: {describe(error)}") from error
    if len(text) > _MAX_TEXT_BYTES:
        raise LimitExceeded("bytes of SVG", len(text), _MAX_TEXT_BYTES)
    return text
