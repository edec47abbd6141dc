"""GIF, through libvips (cgif, libimagequant): up to 256 colours a frame, animation.

`effort` 0 to 9 is how well colours are chosen (libvips' 1 to 10); the default is 6. Frames that
equal the one before are merged with it, and their delays added. GIF counts in hundredths of a
second, has one transparent colour (alpha of half and more is opaque) and no metadata.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field

from stripline.errors import InvalidRecipe
from stripline.image.encode._savers import (
    SinkWriter,
    animated,
    bare,
    check_depth,
    check_size,
    first,
    save,
)
from stripline.image.encode.encoder import Traits
from stripline.image.settings import Effort, Settings

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from stripline.image.output import Output
    from stripline.image.picture import Picture
    from stripline.streams import Sink

DEFAULT_EFFORT: Final = 6
_DELAY_STEP_MS: Final = 10


class GifSettings(Settings):
    """How to write a GIF."""

    dither: Annotated[float, Field(ge=0, le=1)] = 1.0
    """How much of what the palette lacks is made up by mixing neighbours."""
    interframe_maxerror: Annotated[float, Field(ge=0, le=32)] = 0.0
    """Pixels that differ less than this from the frame before become transparent, for a smaller
    file; 0 for equal ones alone."""
    interpalette_maxerror: Annotated[float, Field(ge=0, le=256)] = 3.0
    """A frame uses an earlier palette if its colours differ less than this."""
    interlace: bool = False
    """Whether the file shows a coarse picture first."""
    effort: Effort | None = None
    """None for the output's, else 6."""


class GifEncoder:
    """Writes GIF files."""

    traits = Traits(
        name="gif",
        extension="gif",
        media_type="image/gif",
        alpha=True,
        animation=True,
        lossy=False,
        lossless=False,
        max_side=65_535,
        quality=None,
    )

    def write(
        self,
        picture: Picture,
        output: Output,
        sink: Sink,
        *,
        quality: int | None = None,  # noqa: ARG002 - there is none
        pool: Executor | None = None,  # noqa: ARG002 - one thread
    ) -> None:
        """Encode; see `Encoder.write`."""
        settings = self.resolved_settings(output)
        check_size(picture, self.traits)
        check_depth(picture, self.traits)
        pixels = (
            bare(picture.pixels)
            if picture.frames == 1
            else animated(picture, step_ms=_DELAY_STEP_MS)
        )
        effort = settings.pop("effort") + 1
        save(pixels, "gifsave", SinkWriter(sink), effort=effort, **settings)

    def resolved_settings(self, output: Output) -> dict[str, Any]:
        """What `write` will use.

        Raises:
            InvalidRecipe: GIF cannot be lossless.
        """
        if output.lossless:
            raise InvalidRecipe("GIF cannot be lossless: it has 256 colours; PNG and WebP can")
        own = output.gif
        return {
            "effort": first(own.effort, output.effort, default=DEFAULT_EFFORT),
            "dither": own.dither,
            "interframe_maxerror": own.interframe_maxerror,
            "interpalette_maxerror": own.interpalette_maxerror,
            "interlace": own.interlace,
        }
