"""SVG: cleaned by an allow-list, then drawn by librsvg through libvips, in a process of its own.

A small drawing can take minutes (blurs, drawings that use drawings), and librsvg cannot be stopped.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from typing import TYPE_CHECKING, Final

from stripline import _vips
from stripline.errors import CorruptImage, LimitExceeded, MissingDependency, describe
from stripline.image.decode.vips import as_picture
from stripline.pools.child import READY, Refused, ask_child

if TYPE_CHECKING:
    from stripline.image.picture import Picture
    from stripline.streams.source import Source

# A drawing of more text than this is no picture for a page; a compressed one may be a bomb.
_MAX_TEXT_BYTES: Final = 32 << 20
_GZIP: Final = b"\x1f\x8b"
_INLINE_PICTURES: Final = {"image": ["png", "jpeg", "gif", "webp"]}
_SIZE: Final = "<III"  # width, height, channels: what stands before the pixels

# What libvips takes a drawing's units for does not matter: only its proportions are used.
_CHILD: Final = f"""
import struct, sys
import pyvips
load = pyvips.Image.svgload_buffer
text, width = sys.stdin.buffer.read(), int(sys.argv[1])
{READY}
try:
    own = load(text, access="sequential").width
    drawn = load(text, scale=width / own, access="sequential")
    pixels = drawn.write_to_memory()
except pyvips.Error as error:
    sys.exit(" ".join(str(error).split()))
sys.stdout.buffer.write(struct.pack("{_SIZE}", drawn.width, drawn.height, drawn.bands))
sys.stdout.buffer.write(pixels)
"""


def decode_svg(source: Source, width: int, seconds: float | None = None) -> Picture:
    """Draw the picture `width` pixels across, in at most so many seconds.

    Scripts, links to other files and everything else that an SVG for the web need not have are
    taken out first.

    Raises:
        CorruptImage: Not sound XML, or librsvg cannot draw it.
        LimitExceeded: More than 32 MiB of text, or it takes longer.
        WorkerLost: The process that draws it did not start, or was killed.
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
    try:
        drawn = ask_child(_CHILD, clean, str(width), seconds=seconds, purpose="draws an SVG")
    except Refused as error:
        raise CorruptImage(f"{source.name}: {error}") from error
    columns, rows, channels = struct.unpack_from(_SIZE, drawn)
    pixels = memoryview(drawn)[struct.calcsize(_SIZE) :]
    vips = _vips.library()
    image = vips.Image.new_from_memory(pixels, columns, rows, channels, "uchar")
    return as_picture(image.copy(interpretation="srgb"))


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
