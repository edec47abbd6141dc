"""PNG: libvips' writer, then oxipng where a small file is worth the time.

======  ==========================================================================
effort  what it does
======  ==========================================================================
0 to 2  deflate level 1, 3 or 6; rows as they are or the best of all filters for
        each, whichever a few rows say is smaller; at 2 (default) also a palette,
        where that is exact
3 to 6  oxipng level 2: also every exact reduction of depth, channels and palette
7 to 9  oxipng levels 2 and 4, the smaller of both: 1 % smaller, 8 times the time
======  ==========================================================================

`lossless` without an effort is effort 3. With `palette=True` oxipng level 2 begins at the default
effort. All this holds the whole picture. One of more than 64 MB streams at effort 0 to 2, with the
best filter for each row; one of more than 256 million samples always does, at deflate level 9 from
effort 3 on, and `palette="auto"` leaves it as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import oxipng
from pydantic import Field

from stripline._vips import vips_errors
from stripline.errors import InvalidRecipe
from stripline.image.encode._flat import is_exact, palette_suffices
from stripline.image.encode._png_chunks import head_with
from stripline.image.encode._png_rows import has_few_colours, row_filter, some_rows
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
    from collections.abc import Iterator
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
# Bytes of a picture that is held to see how it is best written: some 20 megapixels.
_MAX_LOOKED_BYTES: Final = 64 * 1024 * 1024
# A palette that is to be exact.
_EXACT: Final[dict[str, Any]] = {"colours": 256, "quality": 100, "dither": 0.0}
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
        metadata=("exif", "xmp", "icc", "comment", "density"),
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
        rewrite, writer = head_with(picture.metadata), SinkWriter(sink)
        if _streams(pixels, settings):
            level = _SMALLEST_LEVEL if settings["oxipng"] else _LEVELS[settings["effort"]]
            interlace = settings["interlace"]
            head = HeadWriter(writer, rewrite)
            save(pixels, "pngsave", head, compression=level, filter="all", interlace=interlace)
            return
        files = (rewrite(file) or file for file in _files(pixels, settings))
        if settings["oxipng"]:
            files = (_optimised(file, settings) for file in files)
        writer.write(min(files, key=len))

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


def _streams(pixels: Pixels, settings: dict[str, Any]) -> bool:
    """Whether the picture is too large to be held, as far as it need not be."""
    if settings["palette"] is True:
        return False
    samples: int = pixels.width * pixels.height * pixels.bands
    if settings["oxipng"] or settings["palette"]:
        return samples > _MAX_HELD_SAMPLES
    return samples * (1 if pixels.format == "uchar" else 2) > _MAX_LOOKED_BYTES


def _files(pixels: Pixels, settings: dict[str, Any]) -> Iterator[bytes]:
    """The file in one or two ways, of which the smaller is to be taken."""
    palette, effort = settings["palette"], settings["effort"]
    if palette is True:
        yield _indexed(pixels, settings)
        return
    if settings["oxipng"] and not palette:
        yield saved(pixels, "pngsave", **_PASSING, interlace=settings["interlace"])
        return
    with vips_errors():
        pixels = pixels.copy_memory()  # they are read more than once
    if settings["oxipng"]:
        options = _PASSING
        few = False
    else:
        rows, level = some_rows(pixels), _LEVELS[effort]
        options = {"compression": level, "filter": row_filter(rows, level)}
        few = effort == DEFAULT_EFFORT and has_few_colours(rows)
    yield saved(pixels, "pngsave", **options, interlace=settings["interlace"])
    if palette:
        file = _indexed(pixels, settings)
        if palette_suffices(at_most_8_bits(pixels), file):
            yield file
    elif few:
        file = _indexed(pixels, {**settings, **_EXACT})
        if is_exact(pixels, file):
            yield file


def _indexed(pixels: Pixels, settings: dict[str, Any]) -> bytes:
    """The file with a palette."""
    passing = _PASSING if settings["oxipng"] else {"compression": _LEVELS[-1], "filter": "none"}
    return saved(
        at_most_8_bits(pixels),
        "pngsave",
        palette=True,
        bitdepth=(settings["colours"] - 1).bit_length(),
        Q=settings["quality"],
        dither=settings["dither"],
        interlace=settings["interlace"],
        **passing,
    )


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
