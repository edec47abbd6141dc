"""PNG: libvips' writer, then oxipng where a small file is worth the time.

======  ==========================================================================
effort  what it does
======  ==========================================================================
0 to 2  deflate level 1, 3 or 6, the best of all filters for each row (default: 2)
3 to 6  oxipng level 2: also every exact reduction of depth, channels and palette
7 to 9  oxipng levels 2 and 4, the smaller of both: 1 % smaller, 8 times the time
======  ==========================================================================

`lossless` without an effort is effort 3. With `palette=True` oxipng level 2 begins at the default
effort. oxipng holds the whole picture: one of more than 256 million samples is written row by row
at deflate level 9 in place of it, and `palette="auto"` leaves it as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import oxipng
from pydantic import Field

from stripline._vips import vips_errors
from stripline.errors import InvalidRecipe
from stripline.image.encode._flat import palette_suffices
from stripline.image.encode._png_chunks import head_with
from stripline.image.encode._savers import (
    HeadWriter,
    SinkWriter,
    at_most_8_bits,
    bare,
    check_depth,
    check_size,
    first,
    save,
    saved,
    wanted_quality,
)
from stripline.image.encode.encoder import Traits
from stripline.image.settings import Effort, Quality, Settings

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from stripline.image.output import Output
    from stripline.image.picture import Picture, Pixels
    from stripline.streams import Sink

# Level of deflate by effort, where oxipng is not asked for.
_LEVELS: Final = (1, 3, 6)
_SMALLEST_LEVEL: Final = 9
_OPTIMISE_EFFORT: Final = 3
_SEARCH_EFFORT: Final = 7
DEFAULT_EFFORT: Final = 2
_DEFAULT_PALETTE_QUALITY: Final = 100
# Samples of a picture that may be held at once: by oxipng (some copies of them), and to compare a
# palette's colours with the true ones.
_MAX_HELD_SAMPLES: Final = 256 * 1024 * 1024
# How libvips writes what oxipng reads.
_PASSING: Final[dict[str, Any]] = {"compression": 1, "filter": "none"}


class PngSettings(Settings):
    """How to write a PNG."""

    palette: bool | Literal["auto"] = False
    """Reduce the picture to a palette, which is not exact if it has more colours. `auto` does it
    where the result looks the same (45 dB or more, see `_flat.py`): drawings, screenshots, icons;
    photographs keep all their colours."""
    colours: Literal[2, 4, 16, 256] = 256
    """Size of the palette at most."""
    quality: Quality | None = None
    """Of the palette: fewer colours are used if that reaches it. None for the output's, else
    100, which is exact if there are colours enough."""
    dither: Annotated[float, Field(ge=0, le=1)] = 0.0
    """How much of what a palette lacks is made up by mixing neighbours. It hides bands in smooth
    parts and makes files much larger."""
    bits: Literal[8, 16] = 16
    """At most so many bits a channel; pictures of 8 bits keep them."""
    interlace: bool = False
    """Whether the file shows a coarse picture first: a larger file, made in the memory of the
    whole picture."""
    effort: Effort | None = None
    """None for the output's, else 2. See the table above."""


class PngEncoder:
    """Writes PNG files."""

    traits = Traits(
        name="png",
        extension="png",
        media_type="image/png",
        alpha=True,
        animation=False,
        lossy=False,
        lossless=True,
        max_side=1_000_000,  # libpng's own limit
        quality=None,
        bit_depths=(8, 16),
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
        pixels = bare(picture.pixels)
        if settings["bits"] == 8 or settings["palette"] is True:
            pixels = at_most_8_bits(pixels)
        rewrite = head_with(picture.metadata)
        held = pixels.width * pixels.height * pixels.bands <= _MAX_HELD_SAMPLES
        if settings["palette"] == "auto" and held:
            with vips_errors("source"):
                pixels = pixels.copy_memory()  # they are read twice
        file = _indexed(pixels, settings, held=held)
        if settings["oxipng"] and held:
            file = file or saved(pixels, "pngsave", **_PASSING, interlace=settings["interlace"])
            SinkWriter(sink).write(_optimised(rewrite(file) or file, settings))
        elif file is not None:
            SinkWriter(sink).write(rewrite(file) or file)
        else:
            level = _SMALLEST_LEVEL if settings["oxipng"] else _LEVELS[settings["effort"]]
            head = HeadWriter(SinkWriter(sink), rewrite)
            interlace = settings["interlace"]
            save(pixels, "pngsave", head, compression=level, filter="all", interlace=interlace)

    def resolved_settings(self, output: Output) -> dict[str, Any]:
        """What `write` will use; `quality` is the palette's, None without one.

        Raises:
            InvalidRecipe: Settings that do not go together.
        """
        return self._resolve(output, None)

    def _resolve(self, output: Output, found: int | None) -> dict[str, Any]:
        own = output.png
        if output.lossless and own.palette is True:
            raise InvalidRecipe(
                "a palette may change colours, which lossless forbids; without `palette` a picture"
                " of 256 colours or less gets one that is exact"
            )
        palette = False if output.lossless else own.palette
        effort = first(
            own.effort,
            output.effort,
            default=_OPTIMISE_EFFORT if output.lossless else DEFAULT_EFFORT,
        )
        threshold = DEFAULT_EFFORT if palette is True else _OPTIMISE_EFFORT
        quality = wanted_quality(found, own.quality, output.quality, _DEFAULT_PALETTE_QUALITY)
        return {
            "quality": quality if palette else None,
            "effort": effort,
            "oxipng": effort >= threshold,
            "palette": palette,
            "colours": own.colours,
            "dither": own.dither,
            "bits": own.bits,
            "interlace": own.interlace,
        }


def _indexed(pixels: Pixels, settings: dict[str, Any], *, held: bool) -> bytes | None:
    """The file with a palette, if it shall have one."""
    palette = settings["palette"]
    if not palette or (palette == "auto" and not held):
        return None
    passing = _PASSING if settings["oxipng"] else {"compression": _LEVELS[-1], "filter": "none"}
    file = saved(
        at_most_8_bits(pixels),
        "pngsave",
        palette=True,
        bitdepth=settings["colours"].bit_length() // 2,
        Q=settings["quality"],
        dither=settings["dither"],
        interlace=settings["interlace"],
        **passing,
    )
    if palette == "auto" and not palette_suffices(at_most_8_bits(pixels), file):
        return None
    return file


def _optimised(file: bytes, settings: dict[str, Any]) -> bytes:
    """The file through oxipng, chunks kept."""
    levels = (2, 4) if settings["effort"] >= _SEARCH_EFFORT else (2,)
    # Level 4 tries more filters, but on smooth drawings it came out a quarter larger than 2.
    return min(
        (
            bytes(
                oxipng.optimize_from_memory(
                    file,
                    level=level,
                    strip=oxipng.StripChunks.none(),
                    interlace=oxipng.Interlacing.Adam7
                    if settings["interlace"]
                    else oxipng.Interlacing.Off,
                )
            )
            for level in levels
        ),
        key=len,
    )
