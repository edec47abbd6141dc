"""JPEG by our own decoder where that is faster, else by libvips; the pixels are the same."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from stripline import _vips
from stripline.errors import CorruptImage
from stripline.image.decode.vips import decode_with_vips
from stripline.image.headers.header import Header
from stripline.image.headers.jpeg import read_comment
from stripline.jpeg.decode import open_scaled

if TYPE_CHECKING:
    from stripline.image.headers import ImageInfo
    from stripline.image.picture import Picture
    from stripline.jpeg.decode import Denominator
    from stripline.streams.source import Source

# Our decoder takes half of libvips' time, but the file and its pixels are in memory at once: that
# is worth it up to this size, which holds 24 megapixels whole and 1,500 at an eighth.
MAX_MEMORY_BYTES: Final = 96 << 20


def decode_jpeg(
    source: Source, info: ImageInfo, denominator: Denominator, *, salvage: bool
) -> Picture:
    """Open a JPEG at one over `denominator` of its size.

    Raises:
        CorruptImage: It is damaged.
        UnsupportedFormat: Of a kind that libvips cannot read.
    """
    picture = decode_with_vips(
        source, "jpeg", shrink=denominator, all_frames=False, salvage=salvage
    )
    metadata = replace(picture.metadata, comment=_comment(source))
    picture = replace(picture, metadata=metadata)
    bands = 1 if info.colour == "grey" else 3
    needed = (info.bytes or 0) + picture.width * picture.height * bands
    if salvage or info.bytes is None or needed > MAX_MEMORY_BYTES:
        return picture
    pixels = _by_our_own(source, denominator)
    return picture if pixels is None else replace(picture, pixels=pixels)


def _comment(source: Source) -> bytes | None:
    """The comment, which libvips does not read."""
    if source.path is None:
        view = memoryview(source.data())
        return read_comment(Header(lambda at, size: bytes(view[at : at + size]), len(view)))
    with source.open() as file:

        def fetch(at: int, size: int) -> bytes:
            file.seek(at)
            return file.read(size)

        return read_comment(Header(fetch))


def _by_our_own(source: Source, denominator: Denominator) -> Any:  # noqa: ANN401 - libvips' image
    """All pixels; None if the file is of a kind that our decoder does not read."""
    try:
        rows = open_scaled(source.data(), denominator)
        if rows is None:
            return None
        # All rows at once: to join batches would touch as much fresh memory again.
        (batch,) = rows.batches(rows.height)
    except CorruptImage as error:
        raise CorruptImage(f"{source.name}: {error}") from error
    bands = 1 if rows.format == "grey" else 3
    pixels = _vips.library().Image.new_from_memory(
        batch.planes[0], rows.width, rows.height, bands, "uchar"
    )
    return pixels.copy(interpretation="b-w" if bands == 1 else "srgb")
