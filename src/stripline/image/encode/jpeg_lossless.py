"""A smaller JPEG of the same coefficients: optimised Huffman tables and scans, less metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from stripline._vips import library, vips_errors
from stripline.errors import CorruptImage
from stripline.image.encode._jpeg_segments import (
    APP0,
    APP1,
    APP2,
    APP14,
    EOI,
    SOI,
    Segment,
    segments,
)
from stripline.image.encode._mozjpeg import recode
from stripline.image.exif_copyright import copyright_only
from stripline.jpeg.markers import ICC_PREFIX, XMP_PREFIX
from stripline.streams.exif import (
    EXIF_PREFIX,
    UPRIGHT,
    minimal_exif,
    orientation,
    with_orientation,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stripline.image.steps.metadata import Keep

_JFIF: Final = b"JFIF\0"
_JFIF_BYTES: Final = 14
_ADOBE: Final = b"Adobe"
_EXTENDED_XMP: Final = b"http://ns.adobe.com/xmp/extension/\0"
# Multi-picture format (CIPA DC-007): places in the file of further pictures, after EOI.
_MPF: Final = b"MPF\0"


def optimize_jpeg(data: bytes, keep: tuple[Keep, ...], *, seconds: float | None = None) -> bytes:
    """The same picture in fewer bytes, bit by bit the same to every decoder.

    mozjpeg recodes the coefficients, with optimised Huffman tables and the progressive scans that
    suit the picture best. What is in the file beside the picture is chosen by `keep`:

    - What decides colours and orientation stays: JFIF, Adobe and ICC segments and, when EXIF goes,
      its orientation alone.
    - `exif`, `xmp`: those; `copyright`: artist and copyright out of EXIF; `all`: comments and
      every other segment too.
    - What follows the picture (previews, gain maps, films of phones), and the directory of it,
      always goes: its places in the file would be wrong.

    Args:
        data: A whole JPEG file.
        keep: As in a recipe.
        seconds: How long recoding may take; None for ever.

    Returns:
        The smaller of the recoded file and the file with nothing but its metadata changed; so it is
        never larger than `data`. It is the latter too where libjpeg warns of the coded data, or
        cannot code what it has decoded: recoded, damage could not be told from the picture.

    Raises:
        CorruptImage: The file is malformed, or ends early.
        LimitExceeded: It took longer than `seconds`.
        UnsupportedFormat: A kind of JPEG that libjpeg cannot read, as one of 12 bits.
        WorkerLost: The process that recodes was killed, or did not start.
    """
    found = list(segments(data))
    head = _kept(found, keep)
    stripped = _join(head, (part for part in found if not part.is_application))
    if not _is_sound(data):
        return stripped
    recoded = recode(stripped, seconds)
    if recoded is None:
        return stripped
    optimised = _join(head, (part for part in segments(recoded) if not part.is_application))
    return min(stripped, optimised, key=len)


def _is_sound(data: bytes) -> bool:
    """Whether libjpeg decodes all coefficients without a warning.

    Raises:
        CorruptImage: The coded data ends early.
    """
    try:
        _decode(data, "warning")
    except CorruptImage:
        _decode(data, "truncated")
        return False
    return True


def _decode(data: bytes, fail_on: str) -> None:
    """Read a file at an eighth of its size, which takes little more than its coefficients do."""
    with vips_errors():
        read = library().Image.new_from_buffer
        header = read(data, "")
        shrink = 8 if min(header.width, header.height) >= 8 else 1
        read(data, "", shrink=shrink, access="sequential", fail_on=fail_on).avg()


def _join(head: Iterable[Segment], rest: Iterable[Segment]) -> bytes:
    return b"".join((SOI, *(part.encoded() for part in (*head, *rest)), EOI))


def _kept(found: list[Segment], keep: tuple[Keep, ...]) -> list[Segment]:
    kept: list[Segment] = []
    for part in found:
        if not part.is_application:
            continue
        if part.marker == APP0 and part.payload.startswith(_JFIF):
            # Its own thumbnail goes: the last two bytes kept say that it has no pixels.
            kept.append(Segment(APP0, part.payload[: _JFIF_BYTES - 2] + b"\0\0"))
        elif part.marker == APP1 and part.payload.startswith(EXIF_PREFIX):
            kept.extend(_exif(part, keep))
        elif _is_kept(part, keep):
            kept.append(part)
    return kept


def _is_kept(part: Segment, keep: tuple[Keep, ...]) -> bool:
    if part.marker == APP2 and part.payload.startswith(_MPF):
        return False
    if part.marker == APP14 and part.payload.startswith(_ADOBE):
        return True
    if part.marker == APP2 and part.payload.startswith(ICC_PREFIX):
        return True
    if part.marker == APP1 and part.payload.startswith((XMP_PREFIX, _EXTENDED_XMP)):
        return "xmp" in keep or "all" in keep
    return "all" in keep


def _exif(part: Segment, keep: tuple[Keep, ...]) -> list[Segment]:
    if "exif" in keep or "all" in keep:
        return [part]
    exif = part.payload.removeprefix(EXIF_PREFIX)
    turned = orientation(exif)
    less = copyright_only(exif) if "copyright" in keep else None
    if less is not None:
        less = with_orientation(less, turned)
    elif turned != UPRIGHT:
        less = minimal_exif(turned)
    return [] if less is None else [Segment(APP1, EXIF_PREFIX + less)]
