"""TIFF, through libvips: in strips or tiles, with a pyramid, 8 or 16 bits.

`effort` 0 to 9 is the level of deflate (at least 1); for zstd it is one and a half times as much;
other compressions have none. The default is 6. Files that could pass 4 GB become BigTIFF.
"""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any, Final, Literal

from stripline.errors import InvalidRecipe, UnsupportedFormat
from stripline.image.encode._savers import (
    ICC,
    XMP,
    SinkWriter,
    at_most_8_bits,
    bare,
    check_depth,
    check_size,
    first,
    save,
    wanted_quality,
    with_blobs,
)
from stripline.image.encode._tiff_exif import add_exif
from stripline.image.encode.encoder import Traits
from stripline.image.settings import Effort, Quality, Settings

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from stripline.image.output import Output
    from stripline.image.picture import Picture, Pixels
    from stripline.streams import Metadata, Sink

DEFAULT_QUALITY: Final = 80
DEFAULT_EFFORT: Final = 6
_MM_PER_INCH: Final = 25.4
# Classic TIFF has offsets of 32 bits. What cannot be packed grows a little, and there are tables.
_CLASSIC_BYTES: Final = 3_900_000_000
_PYRAMID_SHARE: Final = 4 / 3
# TIFF needs to seek: up to this size a file is made in memory, beyond it on the disk.
_SPOOL_BYTES: Final = 64 * 1024 * 1024
_COPY_BYTES: Final = 1024 * 1024
_NOT_BUILT_IN: Final = "support is not configured"
_READER: Final = "tiff2vips"  # which says the same of a source


class TiffSettings(Settings):
    """How to write a TIFF."""

    compression: Literal["none", "deflate", "zstd", "lzw", "jpeg", "webp"] = "deflate"
    """`jpeg` and `webp` are lossy (`webp` not with the output's `lossless`) and of 8 bits. `zstd`
    needs a libvips that was built with it, which pyvips-binary's is not."""
    quality: Quality | None = None
    """Of `jpeg` and `webp`; None for the output's, else 80."""
    predictor: Literal["auto", "none", "horizontal"] = "auto"
    """Whether differences are stored; `auto` does it for deflate, zstd and lzw."""
    tile: bool = False
    """Store squares in place of strips, so that parts can be read alone."""
    tile_size: Literal[128, 256, 512, 1024] = 256
    """Pixels on a tile's side."""
    pyramid: bool = False
    """Add the picture at a half, a quarter, ... of its size, each a page; implies `tile`."""
    bits: Literal[8, 16] = 16
    """At most so many bits a channel; pictures of 8 bits keep them."""
    effort: Effort | None = None
    """None for the output's, else 6."""


class TiffEncoder:
    """Writes TIFF files."""

    traits = Traits(
        name="tiff",
        extension="tif",
        media_type="image/tiff",
        alpha=True,
        animation=False,
        lossy=False,  # by default, and quality then means nothing
        lossless=True,
        max_side=1_000_000,
        quality=None,
        bit_depths=(8, 16),
        metadata=("exif", "xmp", "icc", "density"),
    )

    def write(
        self,
        picture: Picture,
        output: Output,
        sink: Sink,
        *,
        quality: int | None = None,
        pool: Executor | None = None,  # noqa: ARG002 - one thread
    ) -> None:
        """Encode; see `Encoder.write`.

        Raises:
            UnsupportedFormat: libvips was built without that compression.
        """
        settings = self._resolve(output, quality)
        check_size(picture, self.traits)
        check_depth(picture, self.traits)
        pixels = bare(picture.pixels)
        if settings["bits"] == 8:
            pixels = at_most_8_bits(pixels)
        pixels, keep = _with_metadata(pixels, picture.metadata)
        with tempfile.SpooledTemporaryFile(_SPOOL_BYTES) as file:
            try:
                save(pixels, "tiffsave", file, keep=keep, **saver_options(pixels, settings))
            except UnsupportedFormat as error:
                if _NOT_BUILT_IN not in str(error) or _READER in str(error.__cause__):
                    raise
                raise UnsupportedFormat(
                    f"this build of libvips cannot write TIFF with {settings['compression']}:"
                    " choose another compression"
                ) from error
            if picture.metadata.exif:
                add_exif(file, picture.metadata.exif)
            file.seek(0)
            writer = SinkWriter(sink)
            while data := file.read(_COPY_BYTES):
                writer.write(data)

    def resolved_settings(self, output: Output) -> dict[str, Any]:
        """What `write` will use.

        Raises:
            InvalidRecipe: Settings that do not go together.
        """
        return self._resolve(output, None)

    def _resolve(self, output: Output, found: int | None) -> dict[str, Any]:
        own = output.tiff
        if output.lossless and own.compression == "jpeg":
            raise InvalidRecipe("compression jpeg is lossy, which lossless forbids")
        lossy = own.compression == "jpeg" or (own.compression == "webp" and not output.lossless)
        quality = wanted_quality(found, own.quality, output.quality, DEFAULT_QUALITY)
        packs = own.compression in {"deflate", "zstd", "lzw"}
        auto = "horizontal" if packs else "none"
        return {
            "quality": quality if lossy else None,
            "effort": first(own.effort, output.effort, default=DEFAULT_EFFORT),
            "compression": own.compression,
            "predictor": auto if own.predictor == "auto" else own.predictor,
            "tile": own.tile or own.pyramid,
            "tile_size": own.tile_size,
            "pyramid": own.pyramid,
            "bits": 8 if own.compression in {"jpeg", "webp"} else own.bits,
        }


def _with_metadata(pixels: Pixels, metadata: Metadata) -> tuple[Pixels, int]:
    """Pixels with what libvips is to write, and the flags that say so."""
    across, down = (dpi / _MM_PER_INCH for dpi in metadata.density or (72, 72))
    keep = (XMP if metadata.xmp else 0) | (ICC if metadata.icc else 0)
    said = with_blobs(pixels, icc_profile_data=metadata.icc, xmp_data=metadata.xmp)
    return said.copy(xres=across, yres=down), keep


def saver_options(pixels: Pixels, settings: dict[str, Any]) -> dict[str, Any]:
    """What resolved settings are to libvips, for such pixels."""
    compression, effort = settings["compression"], settings["effort"]
    options: dict[str, Any] = {
        "compression": compression,
        "predictor": settings["predictor"],
        "resunit": "inch",
        "tile": settings["tile"],
        "pyramid": settings["pyramid"],
        "bigtiff": _bytes(pixels, pyramid=settings["pyramid"]) > _CLASSIC_BYTES,
    }
    if settings["tile"]:
        options |= {"tile_width": settings["tile_size"], "tile_height": settings["tile_size"]}
    if compression == "deflate":
        options["level"] = max(1, effort)
    elif compression == "zstd":
        options["level"] = max(1, round(1.5 * effort))
    elif compression == "webp" and settings["quality"] is None:
        options["lossless"] = True
    if settings["quality"] is not None:
        options["Q"] = settings["quality"]
    return options


def _bytes(pixels: Pixels, *, pyramid: bool) -> float:
    """What the pixels take unpacked."""
    size: int = pixels.width * pixels.height * pixels.bands
    return size * (1 if pixels.format == "uchar" else 2) * (_PYRAMID_SHARE if pyramid else 1)
