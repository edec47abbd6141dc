"""How much memory work on a picture takes, from its header and the recipes alone.

The numbers are peaks of resident memory above that of a process that had everything loaded,
measured on photographs of 17 and 38 megapixels and rounded up: libvips 8.18, one thread, glibc.
What streams costs bytes for each pixel of a row, whatever the height; what does not, bytes for each
pixel of the picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from stripline.image.decode import Wanted, decoded_bytes, shrink_for
from stripline.image.decode.jpeg import MAX_MEMORY_BYTES
from stripline.image.encode.jpeg import MASKED_EFFORT, MOZJPEG_EFFORT
from stripline.image.ladder import source_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripline.image.encode.encoder import Encoder
    from stripline.image.headers import ImageInfo
    from stripline.image.ladder import Scaled
    from stripline.image.output import Output
    from stripline.image.variant import Job

# Every task: stacks, tables, small buffers.
_BASE: Final = 12 << 20
# Decoding rows, for each pixel of one: JPEG 3,700 to 4,300, PNG and TIFF 5,500 to 6,500; with alpha
# 25,000, as colours are multiplied by it in floating point.
_ROW: Final = 6_600
_ROW_WITH_ALPHA: Final = 26_000
# Decoders that hold the picture, bytes a pixel of it: AVIF 15.4, BMP (through Pillow) 14.0, WebP
# 8.8, HEIC 8.0, JPEG XL 7.0 (libjxl 0.7), GIF 5.9.
_WHOLE: Final = {
    "avif": 15.5,
    "bmp": 14.0,
    "webp": 8.9,
    "heic": 9.0,
    "jxl": 8.0,
    "gif": 6.0,
    "svg": 20.0,
}
# A progressive JPEG's coefficients, two bytes each, and what else there is of each pixel: 3.9 bytes
# at 4:2:0, 7.2 at 4:4:4.
_COEFFICIENT: Final = 2.0
_PROGRESSIVE: Final = 1.2
_INTERLACED: Final = 4.3
# Encoding rows of JPEG with our own encoder, for each pixel of one: 14,000.
_ENCODED_ROW: Final = 14_000
# Encoders that hold the picture, bytes a pixel of it. WebP without a quality looks first whether
# the picture is flat; at effort 6 it takes 9.9.
_MOZJPEG: Final = 7.5
_MOZJPEG_FULL_CHROMA: Final = 15.5
# Our own encoder for the smallest files: the pixels, coefficients in the process that recodes them,
# a tile of 576 x 576 pixels to work in, and levels of 512 rows.
_MASKED: Final = 8.0
_MASKED_FULL_CHROMA: Final = 11.0
_MASKED_TILE: Final = 44 << 20
_MASKED_ROW: Final = 3_072
_COEFFICIENTS: Final = 5.0
_PNG_SQUEEZED: Final = 14.0
_PNG_PALETTE: Final = 8.0
_WEBP: Final = 10.0
_WEBP_LOSSLESS: Final = 34.0
_GIF: Final = 12.5
_AVIF: Final = 21.6
_AVIF_LOSSLESS: Final = 38.0
_UNKNOWN: Final = 16.0
# Searching for a quality: the pixels, and a reference of a sample of a megapixel with its score.
_SEARCHED: Final = 4.0
_SAMPLE: Final = 50 << 20
# Verifying: two files and the pixels of both.
_VERIFIED: Final = 12
# `Ladder` keeps decoded pixels for several variants up to this.
_SHARED: Final = 256 << 20
_PIXEL: Final = 4


def needed_bytes(info: ImageInfo, jobs: Sequence[Job]) -> int:
    """What `process` needs at most, in bytes above what an idle process has.

    Args:
        info: What the probe found.
        jobs: What each variant will be; see `variant.job_for`.
    """
    return int(
        _BASE
        + max(_decoding(info, job) for job in jobs)
        + _sharing(info, jobs)
        + max(_encoding(info, job) for job in jobs)
    )


def verifying_bytes(info: ImageInfo, jobs: Sequence[Job]) -> int:
    """What comes on top if outputs are looked at; see `verify.check_file`.

    Args:
        info: What the probe found.
        jobs: What each variant will be.
    """
    boxes = [job.scaled.box for job in jobs if job.scaled is not None]
    pixels = max((box.out_width * box.out_height for box in boxes), default=info.pixels)
    return _VERIFIED * pixels + min(_SAMPLE, 50 * pixels)


def held_bytes(info: ImageInfo, jobs: Sequence[Job]) -> int:
    """The part of that which no reading by rows can spare: 0 if the picture streams.

    Args:
        info: What the probe found.
        jobs: What each variant will be.
    """
    whole = max(_whole(info, job) for job in jobs)
    return int(whole + max(0 if _streams(job) else _encoding(info, job) for job in jobs))


def _streams(job: Job) -> bool:
    """Whether the file is made a few rows at a time."""
    output = job.recipe.output
    return (
        job.scaled is not None
        and len(job.encoders) == 1
        and _streaming(job.encoders[0], output)
        and output.goal_score is None
        and output.max_bytes is None
    )


def _streaming(encoder: Encoder, output: Output) -> bool:
    settings = encoder.resolved_settings(output)
    match encoder.traits.name:
        case "jpeg":
            return bool(settings["effort"] < MOZJPEG_EFFORT)
        case "png":
            return output.png.palette in {False, None} and not settings.get("oxipng")
        case name:
            return name == "tiff"


def _decoding(info: ImageInfo, job: Job) -> float:
    if job.scaled is None:
        return 0  # the coefficients are counted as encoding
    alpha = info.alpha and info.format not in _WHOLE
    rows = info.width * (_ROW_WITH_ALPHA if alpha else _ROW) * (2 if info.bit_depth > 8 else 1)
    own = info.format == "jpeg" and not info.progressive
    held = _whole(info, job) + (_own_decoder(info, job.scaled) if own else 0)
    return min(rows, _ROW * info.pixels) + held


def _whole(info: ImageInfo, job: Job) -> float:
    """What is in memory at once of all rows, the source's and the scaled ones."""
    if job.scaled is None:
        return 0
    held = 0.0
    frames = info.frames if job.scaled.animated else 1
    if info.format == "svg":
        held = _WHOLE["svg"] * job.scaled.box.width * job.scaled.box.height
    elif info.format in _WHOLE:
        held = _WHOLE[info.format] * info.pixels * frames
    elif info.progressive and info.format == "jpeg":
        held = (_COEFFICIENT * (info.samples or 3) + _PROGRESSIVE) * info.pixels
    elif info.progressive:
        held = _INTERLACED * info.pixels
    turned = job.recipe.orient and info.orientation != 1
    if turned or job.recipe.steps:
        held += _PIXEL * job.scaled.box.width * job.scaled.box.height * frames
    return held


def _own_decoder(info: ImageInfo, scaled: Scaled) -> float:
    """The file and twice its pixels, where our own decoder reads it; see `decode.jpeg`."""
    pixels = decoded_bytes(info, Wanted(shrink=shrink_for(info, _factor(info, scaled))))
    size = info.bytes or 0
    return size + 2 * pixels if size + pixels <= MAX_MEMORY_BYTES else 0


def _factor(info: ImageInfo, scaled: Scaled) -> float:
    width, height = source_size(info, scaled.recipe)
    return max(scaled.box.width / width, scaled.box.height / height)


def _sharing(info: ImageInfo, jobs: Sequence[Job]) -> float:
    """Decoded pixels that serve several variants, and the variants that serve smaller ones."""
    scaled = [job.scaled for job in jobs if job.scaled is not None]
    if len(scaled) < 2:
        return 0
    wanted = Wanted(
        shrink=shrink_for(info, max(_factor(info, one) for one in scaled)),
        all_frames=any(one.animated for one in scaled),
        deep=any(one.deep for one in scaled),
    )
    kept = sum(_PIXEL * one.box.width * one.box.height for one in scaled)
    return min(_SHARED, decoded_bytes(info, wanted)) + kept


def _encoding(info: ImageInfo, job: Job) -> float:
    if job.scaled is None:
        return _COEFFICIENTS * info.pixels
    box, output = job.scaled.box, job.recipe.output
    frames = info.frames if job.scaled.animated else 1
    pixels = box.out_width * box.out_height * frames
    each = [_one_encoder(encoder, output, box.out_width, pixels) for encoder in job.encoders]
    searched = output.goal_score is not None or output.max_bytes is not None or len(each) > 1
    extra = _SEARCHED * pixels + min(_SAMPLE, 50 * pixels) if searched else 0
    source = (info.bytes or 0) if output.never_larger else 0
    return max(each) + extra + source


def _one_encoder(encoder: Encoder, output: Output, width: int, pixels: int) -> float:
    settings = encoder.resolved_settings(output)
    lossless = output.lossless
    match encoder.traits.name:
        case "jpeg":
            return _jpeg(settings, output, width, pixels)
        case "webp":
            return (_WEBP_LOSSLESS if lossless or _may_be_flat(output) else _WEBP) * pixels
        case "avif":
            return (_AVIF_LOSSLESS if lossless else _AVIF) * pixels
        case "gif":
            return _GIF * pixels
        case "png":
            return _png(settings, output, width, pixels)
        case "tiff":
            return _ROW * width
        case _:
            return _UNKNOWN * pixels


def _jpeg(settings: dict[str, Any], output: Output, width: int, pixels: int) -> float:
    if settings["effort"] < MOZJPEG_EFFORT:
        return min(_ENCODED_ROW * width, _PIXEL * pixels)
    full = settings["subsampling"] == "4:4:4" or output.goal_score is not None
    if settings["effort"] < MASKED_EFFORT:
        return (_MOZJPEG_FULL_CHROMA if full else _MOZJPEG) * pixels
    work = min(_MASKED_TILE, 130 * pixels) + min(_MASKED_ROW * width, 6 * pixels)
    return work + (_MASKED_FULL_CHROMA if full else _MASKED) * pixels


def _may_be_flat(output: Output) -> bool:
    """Whether WebP may turn out lossless, which only the pixels decide."""
    return output.quality is None or output.goal_score is not None


def _png(settings: dict[str, Any], output: Output, width: int, pixels: int) -> float:
    if output.png.palette not in {False, None} or output.goal_score is not None:
        return max(_PNG_PALETTE, _PNG_SQUEEZED if settings.get("oxipng") else 0) * pixels
    return _PNG_SQUEEZED * pixels if settings.get("oxipng") else _ROW * width
