"""WebP, through libvips: lossy, near-lossless and lossless, still and animated.

`effort` 0 to 6 is libwebp's own; above 6 nothing changes. The default, 2, takes half of the time of
4, which saves 3 %. The whole picture is held in memory: libwebp cannot stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import Field

from stripline.image.encode._savers import (
    SinkWriter,
    animated,
    bare,
    check_depth,
    check_size,
    first,
    saved,
    wanted_quality,
)
from stripline.image.encode._webp_chunks import with_metadata
from stripline.image.encode.encoder import Traits
from stripline.image.settings import Effort, Quality, Settings

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from stripline.image.output import Output
    from stripline.image.picture import Picture
    from stripline.streams import Sink

DEFAULT_QUALITY: Final = 80
DEFAULT_EFFORT: Final = 2
_MAX_EFFORT: Final = 6
# Of lossless files: how hard libwebp tries, not what it keeps.
_LOSSLESS_TRIES: Final = 75


class WebpSettings(Settings):
    """How to write a WebP."""

    quality: Quality | None = None
    """On libwebp's scale; None for the output's, else 80."""
    near_lossless: Annotated[int, Field(ge=0, le=100)] | None = None
    """Lossless coding of pixels that are changed a little where that packs better: 100 not at all,
    60 hardly visible, 0 most. None for lossy coding."""
    alpha_quality: Annotated[int, Field(ge=0, le=100)] = 100
    """Of transparency in lossy files; 100 keeps it exactly."""
    smart_subsample: bool = False
    """Halve chroma with care for sharp coloured edges: several times slower."""
    preset: Literal["default", "photo", "picture", "drawing", "icon", "text"] = "default"
    """What the picture is, for libwebp's lossy tuning."""
    effort: Effort | None = None
    """None for the output's, else 2."""


class WebpEncoder:
    """Writes WebP files."""

    traits = Traits(
        name="webp",
        extension="webp",
        media_type="image/webp",
        alpha=True,
        animation=True,
        lossy=True,
        lossless=True,
        max_side=16_383,  # 14 bits in the bitstream, less one
        quality=DEFAULT_QUALITY,
        metadata=("exif", "xmp", "icc"),
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
        """Encode; see `Encoder.write`."""
        settings = self._resolve(output, quality)
        check_size(picture, self.traits)
        check_depth(picture, self.traits)
        file = saved(
            bare(picture.pixels) if picture.frames == 1 else animated(picture),
            "webpsave",
            **_options(settings),
        )
        size = {"width": picture.width, "height": picture.height}
        SinkWriter(sink).write(
            with_metadata(file, picture.metadata, **size, alpha=picture.has_alpha)
        )

    def resolved_settings(self, output: Output) -> dict[str, Any]:
        """What `write` will use; `quality` is None where coding is lossless or nearly so."""
        return self._resolve(output, None)

    def _resolve(self, output: Output, found: int | None) -> dict[str, Any]:
        own = output.webp
        near = None if output.lossless else own.near_lossless
        lossy = not output.lossless and near is None
        quality = wanted_quality(found, own.quality, output.quality, DEFAULT_QUALITY)
        return {
            "quality": quality if lossy else None,
            "effort": first(own.effort, output.effort, default=DEFAULT_EFFORT),
            "lossless": output.lossless,
            "near_lossless": near,
            "alpha_quality": own.alpha_quality,
            "smart_subsample": own.smart_subsample,
            "preset": own.preset,
        }


def _options(settings: dict[str, Any]) -> dict[str, Any]:
    common = {"effort": min(settings["effort"], _MAX_EFFORT), "preset": settings["preset"]}
    if settings["lossless"]:
        # `exact`: colours under transparent pixels are kept too.
        return {**common, "lossless": True, "exact": True, "Q": _LOSSLESS_TRIES}
    if settings["near_lossless"] is not None:
        return {**common, "near_lossless": True, "Q": settings["near_lossless"]}
    return {
        **common,
        "Q": settings["quality"],
        "alpha_q": settings["alpha_quality"],
        "smart_subsample": settings["smart_subsample"],
    }
