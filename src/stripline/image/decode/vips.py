"""JPEG, PNG, GIF, WebP, TIFF, AVIF and JPEG XL, through libvips."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from stripline import _vips
from stripline.errors import CorruptImage
from stripline.image.picture import FOR_EVER, Picture
from stripline.streams.metadata import Metadata

if TYPE_CHECKING:
    from stripline.streams.source import Source

# Texts of a PNG, by number and keyword. libvips reads no comments of other formats.
_COMMENT: Final = re.compile(rb"png-comment-\d+-Comment")
_LOADERS: Final = {
    "jpeg": "jpegload_source",
    "png": "pngload_source",
    "gif": "gifload_source",
    "webp": "webpload_source",
    "tiff": "tiffload_source",
    "avif": "heifload_source",
    "jxl": "jxlload_source",
}
_DEFAULT_DELAY_MS: Final = 100  # what browsers take for a delay that is missing or next to nothing


def loads(image_format: str) -> bool:
    """Whether this libvips was built with the loader of a format."""
    return bool(_vips.library().type_find("VipsOperation", _LOADERS[image_format]))


def decode_with_vips(
    source: Source, image_format: str, *, shrink: int, all_frames: bool, salvage: bool
) -> Picture:
    """Open a file with the loader of its format, and no other.

    Raises:
        CorruptImage: It is damaged.
        UnsupportedFormat: The loader cannot read this kind of its format.
    """
    options: dict[str, Any] = {
        "access": "sequential",
        # "none" would give grey rows in place of what is missing, without a word.
        "fail_on": "none" if salvage else _vips.FAIL_ON,
    }
    if shrink > 1:
        options["shrink"] = shrink
    if all_frames:
        options["n"] = -1
    with _vips.vips_errors(source.name):
        vips = _vips.library()
        if salvage and image_format == "tiff":
            _check_codec(source)
        opened = open_with_vips(source)
        pixels = vips.Operation.call(_LOADERS[image_format], opened, **options)
        return as_picture(pixels)


def _check_codec(source: Source) -> None:
    """Nothing can be salvaged by a libtiff without the codec: libvips would give black.

    Raises:
        UnsupportedFormat: It has not the codec of this TIFF.
    """
    with suppress(CorruptImage), _vips.vips_errors(source.name):
        vips = _vips.library()
        options = {"access": "sequential", "fail_on": _vips.FAIL_ON}
        pixels = vips.Image.tiffload_source(open_with_vips(source), **options)
        pixels.crop(0, 0, 1, 1).avg()


def open_with_vips(source: Source) -> Any:  # noqa: ANN401 - libvips has no types
    """The file for libvips to read. Files are opened by libvips, so that they are not copied."""
    vips = _vips.library()
    if source.path is not None:
        return vips.Source.new_from_file(source.path)
    return vips.Source.new_from_memory(source.data())


def as_picture(pixels: Any) -> Picture:  # noqa: ANN401 - libvips has no types
    """What a loader gave, with its frames and metadata."""
    height = _vips.field(pixels, "page-height") or pixels.height
    frames = pixels.height // height if pixels.height % height == 0 else 1
    comments = [pixels.get(name) for name in _vips.field_names(pixels) if _COMMENT.fullmatch(name)]
    metadata = Metadata(
        exif=_vips.blob(pixels, "exif-data"),
        xmp=_vips.blob(pixels, "xmp-data"),
        icc=_vips.blob(pixels, "icc-profile-data"),
        comment=comments[0] if comments else None,
        density=_vips.dpi_of(pixels),
    )
    return Picture(
        pixels,
        frames=frames,
        delays=_delays(pixels, frames),
        loops=_vips.field(pixels, "loop") or FOR_EVER,
        metadata=metadata,
        orientation=_vips.field(pixels, "orientation") or 1,
    )


def _delays(pixels: Any, frames: int) -> tuple[int, ...]:  # noqa: ANN401 - libvips has no types
    if frames == 1:
        return ()
    found = tuple(int(delay) for delay in (_vips.field(pixels, "delay") or ()))[:frames]
    return found + (_DEFAULT_DELAY_MS,) * (frames - len(found))
