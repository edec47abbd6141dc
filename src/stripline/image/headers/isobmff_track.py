"""The frames of an AVIF or HEIC sequence: the picture track in `moov` (ISO/IEC 14496-12, 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from stripline.image.headers.isobmff_boxes import Box, Fields, children

if TYPE_CHECKING:
    from stripline.image.headers.header import Header

_PICTURE_HANDLERS: Final = (b"pict", b"vide")
_ALPHA_HANDLER: Final = b"auxv"
# A hundred thousand frames need about 2.4 MB of tables.
_MAX_MOVIE_BYTES: Final = 4 << 20
# A visual sample entry's own fields, before the boxes in it (12.1.3).
_SAMPLE_ENTRY_BYTES: Final = 78


class Track(NamedTuple):
    """A sequence of pictures: how it is coded and what is said of it, as of an item."""

    frames: int
    kind: bytes
    size: tuple[int, int]
    boxes: list[Box]
    alpha: bool


def read_movie(header: Header, moov: Box) -> Track | None:
    """The first track of pictures; None if there is none.

    Raises:
        CorruptImage: The boxes are malformed or cut short.
        LimitExceeded: More frames than the header may count.
    """
    if moov.end - moov.start > _MAX_MOVIE_BYTES:
        raise header.corrupt(f"a moov box of {moov.end - moov.start:,} bytes", moov.start)
    first: Track | None = None
    alpha = False
    for trak in children(header, moov.start, moov.end):
        media = _only(header, trak, b"mdia") if trak.kind == b"trak" else None
        handler = None if media is None else _only(header, media, b"hdlr")
        if media is None or handler is None:
            continue
        kind = Fields(header, handler).take(12)[8:]
        alpha = alpha or kind == _ALPHA_HANDLER
        if first is None and kind in _PICTURE_HANDLERS:
            first = _read_track(header, media)
    return None if first is None else first._replace(alpha=alpha)


def _only(header: Header, parent: Box, kind: bytes) -> Box | None:
    return next(
        (box for box in children(header, parent.start, parent.end) if box.kind == kind), None
    )


def _read_track(header: Header, media: Box) -> Track:
    table: Box | None = media
    for kind in (b"minf", b"stbl"):
        table = None if table is None else _only(header, table, kind)
    if table is None:
        raise header.corrupt("a track without a table of samples", media.start)
    description = _only(header, table, b"stsd")
    sizes = _only(header, table, b"stsz") or _only(header, table, b"stz2")
    if description is None or sizes is None:
        raise header.corrupt("a track without its samples' sizes", table.start)
    # After version, flags and the number of entries.
    entry = next(children(header, description.start + 8, description.end), None)
    if entry is None:
        raise header.corrupt("a track without a description of its samples", description.start)
    fields = Fields(header, entry)
    fields.skip(24)
    size = fields.number(2), fields.number(2)
    boxes = list(children(header, entry.start + _SAMPLE_ENTRY_BYTES, entry.end))
    return Track(_count_samples(header, sizes), entry.kind, size, boxes, alpha=False)


def _count_samples(header: Header, sizes: Box) -> int:
    fields = Fields(header, sizes)
    fields.version()
    common, count = fields.number(4), fields.number(4)
    if sizes.kind == b"stz2":
        bits_each, common = common & 0xFF, 0
    else:
        bits_each = 32
    room = sizes.end - fields.at
    if not count or (not common and count * bits_each > 8 * room):
        raise header.corrupt(f"{count:,} samples with {room:,} bytes for their sizes", sizes.start)
    header.count_frame(count)
    return count
