"""AVIF, through libvips (libheif, aom): 8, 10 or 12 bits, lossy and lossless, stills.

`effort` is libheif's own scale of 0 to 9. The default is 2: at 800 pixels across 4 takes eight
times as long. The whole picture is held in memory: aom cannot stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from stripline.errors import InvalidRecipe
from stripline.image.encode._avif_items import with_exif
from stripline.image.encode._savers import (
    EXIF,
    ICC,
    XMP,
    SinkWriter,
    bare,
    check_depth,
    check_size,
    first,
    saved,
    wanted_quality,
    with_blobs,
)
from stripline.image.encode.encoder import Traits
from stripline.image.settings import Effort, Quality, Settings

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from stripline.image.output import Output
    from stripline.image.picture import Picture, Pixels
    from stripline.streams import Metadata, Sink

DEFAULT_QUALITY: Final = 60
DEFAULT_EFFORT: Final = 2
# From this quality on, halved chroma costs more than it saves.
_FULL_CHROMA_QUALITY: Final = 90


class AvifSettings(Settings):
    """How to write an AVIF."""

    quality: Quality | None = None
    """On libheif's scale; None for the output's, else 60."""
    subsampling: Literal["auto", "4:4:4", "4:2:0"] = "auto"
    """How much chroma to keep; `auto` is `4:2:0` below quality 90, else `4:4:4`."""
    bits: Literal[8, 10, 12] | None = None
    """Bits a channel; None for 8, or 12 where the picture has 16."""
    effort: Effort | None = None
    """None for the output's, else 2."""


class AvifEncoder:
    """Writes AVIF files."""

    traits = Traits(
        name="avif",
        extension="avif",
        media_type="image/avif",
        alpha=True,
        animation=False,
        lossy=True,
        lossless=True,
        max_side=16_384,  # libheif's security limit for reading
        quality=DEFAULT_QUALITY,
        bit_depths=(8, 10, 12),
        metadata=("exif", "xmp", "icc"),
    )

    def write(
        self,
        picture: Picture,
        output: Output,
        sink: Sink,
        *,
        quality: int | None = None,
        pool: Executor | None = None,  # noqa: ARG002 - aom's threads are libvips' to give
    ) -> None:
        """Encode; see `Encoder.write`."""
        settings = self._resolve(output, quality)
        check_size(picture, self.traits)
        check_depth(picture, self.traits)
        metadata = picture.metadata
        pixels, keep = _with_metadata(bare(picture.pixels), metadata)
        file = saved(pixels, "heifsave", keep=keep, **_options(pixels, settings))
        SinkWriter(sink).write(with_exif(file, metadata.exif) if metadata.exif else file)

    def resolved_settings(self, output: Output) -> dict[str, Any]:
        """What `write` will use; `bits` is None where the picture decides.

        Raises:
            InvalidRecipe: Settings that do not go together.
        """
        return self._resolve(output, None)

    def _resolve(self, output: Output, found: int | None) -> dict[str, Any]:
        own = output.avif
        if output.lossless and own.subsampling == "4:2:0":
            raise InvalidRecipe("subsampling 4:2:0 drops chroma, which lossless forbids")
        quality = wanted_quality(found, own.quality, output.quality, DEFAULT_QUALITY)
        sampling = own.subsampling
        if sampling == "auto":
            full = output.lossless or quality >= _FULL_CHROMA_QUALITY
            sampling = "4:4:4" if full else "4:2:0"
        return {
            "quality": None if output.lossless else quality,
            "effort": first(own.effort, output.effort, default=DEFAULT_EFFORT),
            "lossless": output.lossless,
            "subsampling": sampling,
            "bits": own.bits,
        }


def _with_metadata(pixels: Pixels, metadata: Metadata) -> tuple[Pixels, int]:
    """Pixels with what libvips is to write, and the flags that say so."""
    keep = (
        (EXIF if metadata.exif else 0) | (XMP if metadata.xmp else 0) | (ICC if metadata.icc else 0)
    )
    return with_blobs(pixels, icc_profile_data=metadata.icc, xmp_data=metadata.xmp), keep


def _options(pixels: Pixels, settings: dict[str, Any]) -> dict[str, Any]:
    bits = first(settings["bits"], default=8 if pixels.format == "uchar" else 12)
    quality = {"lossless": True} if settings["lossless"] else {"Q": settings["quality"]}
    return {
        **quality,
        "compression": "av1",
        "bitdepth": bits,
        "effort": settings["effort"],
        "subsample_mode": "on" if settings["subsampling"] == "4:2:0" else "off",
    }
