"""JPEG: our own streaming encoder, mozjpeg (through libvips), or our own for the smallest files.

======  ===========================================================  ===========  ===========
effort  encoder                                                      bytes, time  memory
======  ===========================================================  ===========  ===========
0 to 2  our own: baseline, standard Huffman tables, in strips        100 %, 1     a few rows
        (default: 2)
3 to 5  mozjpeg: progressive, optimised Huffman tables               97 %, 6      3 B/pixel
6       mozjpeg: and trellis quantisation, deringing, searched       85 %, 28     3 B/pixel
        scans, its quantiser table 2, whose quality scale is its own
7 to 9  our own: errors where the picture hides them (see            76 %, 130    8 B/pixel,
        stripline.jpeg.masked), searched scans by mozjpeg                         44 MB
======  ===========================================================  ===========  ===========

Bytes and time are those of two photographs at quality 80, 4:2:0. At equal SSIMULACRA2 effort 6
takes 80 to 98 % of the bytes, at a quality that is 0 to 3 higher; effort 7 takes 72 to 78 %, at a
quality from 5 lower to 1 higher.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from stripline._vips import vips_errors
from stripline.errors import InvalidRecipe, WorkerLost
from stripline.image.encode._mozjpeg import recode
from stripline.image.encode._rows import PictureRows
from stripline.image.encode._savers import (
    HeadWriter,
    SinkWriter,
    bare,
    check_depth,
    check_size,
    first,
    save,
    wanted_quality,
)
from stripline.image.encode.encoder import Traits
from stripline.image.settings import Effort, Quality, Settings
from stripline.jpeg import iter_encode
from stripline.jpeg.markers import SOI, metadata_segments
from stripline.jpeg.masked import encode_masked
from stripline.pools import SerialExecutor

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from stripline.image.output import Output
    from stripline.image.picture import Picture, Pixels
    from stripline.jpeg import Sampling
    from stripline.jpeg.masked import MaskedSampling
    from stripline.streams import Sink

DEFAULT_QUALITY: Final = 80
DEFAULT_EFFORT: Final = 2
MOZJPEG_EFFORT: Final = 3
_TRELLIS_EFFORT: Final = 6
MASKED_EFFORT: Final = 7
# From this quality on, halved chroma costs more than it saves.
FULL_CHROMA_QUALITY: Final = 90
# mozjpeg's table tuned for MS-SSIM. At SSIMULACRA2 80 on six photographs, sharp and soft, it took
# 81 to 93 % of the bytes of our own encoder (88 % on average), table 3 took 80 to 104 % (91 %),
# table 5 took 78 to 105 % (90 %), Annex K's 96 to 102 % (99 %, of three).
_QUANTISERS: Final = 2
_APP0: Final = b"\xff\xe0"


class JpegSettings(Settings):
    """How to write a JPEG."""

    quality: Quality | None = None
    """On the scale of the Independent JPEG Group; None for the output's, else 80."""
    subsampling: Literal["auto", "4:4:4", "4:2:2", "4:4:0", "4:2:0"] = "auto"
    """How much chroma to keep; `auto` is `4:2:0` below quality 90, else `4:4:4`. From effort 3 on
    only these two can be had."""
    progressive: bool | None = None
    """Whether the file shows a coarse picture first. None for what the effort implies: no up to 2,
    yes from 3 on, where it is smaller too. True without any effort asked for means effort 3. From
    effort 7 on it cannot be False."""
    effort: Effort | None = None
    """None for the output's, else 2. See the table above."""


class JpegEncoder:
    """Writes JPEG files."""

    traits = Traits(
        name="jpeg",
        extension="jpg",
        media_type="image/jpeg",
        alpha=False,
        animation=False,
        lossy=True,
        lossless=False,  # of pixels; a JPEG's own coefficients can be kept: see jpeg_lossless.py
        max_side=65_500,  # where decoders built on libjpeg stop
        quality=DEFAULT_QUALITY,
        metadata=("exif", "xmp", "icc", "comment", "density"),
    )

    def write(
        self,
        picture: Picture,
        output: Output,
        sink: Sink,
        *,
        quality: int | None = None,
        pool: Executor | None = None,
    ) -> None:
        """Encode; see `Encoder.write`."""
        settings = self._resolve(output, quality)
        check_size(picture, self.traits)
        check_depth(picture, self.traits)
        writer = SinkWriter(sink)
        if settings["effort"] < MOZJPEG_EFFORT:
            pieces = iter_encode(
                PictureRows(picture.pixels),
                quality=settings["quality"],
                subsampling=settings["subsampling"],
                metadata=picture.metadata,
                pool=SerialExecutor() if pool is None else pool,
            )
            for piece in pieces:
                writer.write(piece)
            return
        segments = metadata_segments(picture.metadata)
        headed = HeadWriter(writer, lambda head: _with_segments(head, segments))
        if settings["effort"] >= MASKED_EFFORT:
            headed.write(_smallest(picture.pixels, settings["quality"], settings["subsampling"]))
            return
        save(bare(picture.pixels), "jpegsave", headed, **_mozjpeg_options(settings))

    def resolved_settings(self, output: Output) -> dict[str, Any]:
        """What `write` will use.

        Raises:
            InvalidRecipe: Settings that do not go together.
        """
        return self._resolve(output, None)

    def _resolve(self, output: Output, found: int | None) -> dict[str, Any]:
        own = output.jpeg
        if output.lossless:
            raise InvalidRecipe(
                "JPEG cannot hold pixels without loss; only a JPEG source can become a JPEG"
                " losslessly, with its size and colours unchanged"
            )
        quality = wanted_quality(found, own.quality, output.quality, DEFAULT_QUALITY)
        asked = own.effort if own.effort is not None else output.effort
        effort = first(asked, default=MOZJPEG_EFFORT if own.progressive else DEFAULT_EFFORT)
        if own.progressive and effort < MOZJPEG_EFFORT:
            raise InvalidRecipe(
                f"a progressive JPEG needs effort {MOZJPEG_EFFORT} or more, not {effort}"
            )
        sampling: Sampling
        if own.subsampling == "auto":
            sampling = "4:2:0" if quality < FULL_CHROMA_QUALITY else "4:4:4"
        else:
            sampling = own.subsampling
        if effort >= MOZJPEG_EFFORT and sampling not in {"4:4:4", "4:2:0"}:
            raise InvalidRecipe(
                f"subsampling {sampling} can be had up to effort {MOZJPEG_EFFORT - 1},"
                f" not at {effort}; there it is 4:4:4 or 4:2:0"
            )
        progressive = first(own.progressive, default=effort >= MOZJPEG_EFFORT)
        if effort >= MASKED_EFFORT and not progressive:
            raise InvalidRecipe(
                f"a baseline JPEG can be had up to effort {_TRELLIS_EFFORT}, not at {effort}"
            )
        return {
            "quality": quality,
            "effort": effort,
            "subsampling": sampling,
            "progressive": progressive,
        }


def _mozjpeg_options(settings: dict[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {
        "Q": settings["quality"],
        "subsample_mode": "on" if settings["subsampling"] == "4:2:0" else "off",
        "optimize_coding": True,
        "interlace": settings["progressive"],
    }
    if settings["effort"] >= _TRELLIS_EFFORT:
        options |= {
            "trellis_quant": True,
            "overshoot_deringing": True,
            "optimize_scans": settings["progressive"],
            "quant_table": _QUANTISERS,
        }
    return options


def _smallest(pixels: Pixels, quality: int, sampling: MaskedSampling) -> bytes:
    """A progressive file without metadata.

    Raises:
        WorkerLost: The process that chooses scans failed.
    """
    with vips_errors():
        samples = pixels.write_to_memory()
    made = encode_masked(
        samples,
        pixels.width,
        pixels.height,
        quality=quality,
        sampling="grey" if pixels.bands == 1 else sampling,
    )
    recoded = recode(made)
    if recoded is None:
        raise WorkerLost("the process that recodes a JPEG refused what our own encoder made")
    return recoded


def _with_segments(head: bytes, segments: bytes) -> bytes | None:
    """The file with our APP0 and metadata in place of the APP0 that libvips wrote."""
    if len(head) < 6:
        return None
    rest = len(SOI)
    if head[rest : rest + 2] == _APP0:
        rest += 2 + int.from_bytes(head[rest + 2 : rest + 4], "big")
    if len(head) < rest:
        return None
    return SOI + segments + head[rest:]
