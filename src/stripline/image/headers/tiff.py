"""TIFF 6.0 and BigTIFF (also DNG, NEF and CR2, which are TIFF), and Adobe's supplements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from stripline.image.headers.info import Colour, ImageInfo
from stripline.streams.exif import UPRIGHT

if TYPE_CHECKING:
    from stripline.image.headers.header import Header

_MAX_ENTRIES: Final = 65_535  # what classic TIFF's count can say
_MAX_VALUES: Final = 64  # of BitsPerSample and ExtraSamples: one of each channel
_MAX_PARTS: Final = 65_536  # strips or tiles whose places are looked at
# Of the types that whole numbers have: BYTE, SHORT, LONG, UNDEFINED, the signed three, LONG8.
_TYPE_BYTES: Final = {1: 1, 3: 2, 4: 4, 6: 1, 7: 1, 8: 2, 9: 4, 16: 8}

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_ORIENTATION, _SAMPLES, _TILE_WIDTH, _INK_SET, _EXTRA_SAMPLES = 274, 277, 322, 332, 338
_STRIP_OFFSETS, _STRIP_BYTES, _TILE_OFFSETS, _TILE_BYTES = 273, 279, 324, 325
_ICC: Final = 34_675
_ASSOCIATED_ALPHA, _UNASSOCIATED_ALPHA = 1, 2
_INK_SET_CMYK: Final = 1

_COLOURS: Final[dict[int, Colour]] = {
    0: "grey",
    1: "grey",
    2: "rgb",
    3: "palette",
    4: "grey",
    5: "cmyk",
    6: "ycbcr",
    8: "lab",
    9: "lab",
    10: "lab",
}
# Compression: its name, and whether the pixels stay as they were (None: it can do both).
_CODINGS: Final[dict[int, tuple[str, bool | None]]] = {
    1: ("none", True),
    2: ("ccitt rle", True),
    3: ("ccitt fax 3", True),
    4: ("ccitt fax 4", True),
    5: ("lzw", True),
    6: ("old jpeg", False),
    7: ("jpeg", None),  # T.81's lossless process too, as in DNG
    8: ("deflate", True),
    32_773: ("packbits", True),
    32_946: ("deflate", True),
    34_712: ("jpeg 2000", None),
    34_887: ("lerc", None),
    34_925: ("lzma", True),
    50_000: ("zstd", True),
    50_001: ("webp", None),
    50_002: ("jpeg xl", None),
}


class _Layout(NamedTuple):
    """How numbers are written in this file."""

    order: Literal["little", "big"]
    offset_bytes: int  # of an offset and of a value's place in an entry
    count_bytes: int  # of a directory's number of entries

    @property
    def entry_bytes(self) -> int:
        return 4 + 2 * self.offset_bytes


class _Entry(NamedTuple):
    kind: int
    values: int  # how many
    value: bytes


_NOTHING: Final = _Entry(1, 0, b"")


def read_tiff(header: Header) -> ImageInfo:
    """Read the first directory, and count those that follow it.

    Raises:
        CorruptImage: The directories are malformed, go in circles, or the first is cut short.
        LimitExceeded: More pages than the header may count.
    """
    layout, first = _open(header)
    entries, following = _directory(header, layout, first)
    page = _Page(header, layout, entries)
    width, height = page.required("width", _WIDTH), page.required("height", _HEIGHT)
    extra = page.numbers(_EXTRA_SAMPLES)
    coding, lossless = _CODINGS.get(code := page.number(_COMPRESSION, 1), (f"code {code}", None))
    orientation = page.number(_ORIENTATION, UPRIGHT)
    return ImageInfo(
        format="tiff",
        width=width,
        height=height,
        frames=_count_pages(header, layout, first, following),
        bit_depth=page.bits(),
        colour=_colour(page),
        alpha=_ASSOCIATED_ALPHA in extra or _UNASSOCIATED_ALPHA in extra,
        coding=coding,
        icc_bytes=entries[_ICC].values if _ICC in entries else 0,
        orientation=orientation if 1 <= orientation <= 8 else UPRIGHT,
        lossless=lossless,
        tiled=_TILE_WIDTH in entries,
        complete=header.size is None or page.pixels_end() <= header.size,
        bytes=header.size,
    )


def _open(header: Header) -> tuple[_Layout, int]:
    """The layout, and the offset of the first directory."""
    head = header.take(0, 8)
    order: Literal["little", "big"] = "little" if head.startswith(b"II") else "big"
    if int.from_bytes(head[2:4], order) == 42:
        return _Layout(order, 4, 2), int.from_bytes(head[4:8], order)
    head = header.take(0, 16)
    if int.from_bytes(head[4:6], order) != 8 or head[6:8] != b"\0\0":
        raise header.corrupt("a BigTIFF whose offsets do not have 8 bytes", 4)
    return _Layout(order, 8, 8), int.from_bytes(head[8:16], order)


def _directory(header: Header, layout: _Layout, at: int) -> tuple[dict[int, _Entry], int]:
    """The entries by tag, and the offset of the next directory."""
    size = layout.entry_bytes
    count = int.from_bytes(header.take(at, layout.count_bytes), layout.order)
    if not 0 < count <= _MAX_ENTRIES:
        raise header.corrupt(f"a directory of {count:,} entries", at)
    start = at + layout.count_bytes
    data = header.take(start, count * size)
    entries: dict[int, _Entry] = {}
    for offset in range(0, len(data), size):
        tag, kind = (int.from_bytes(data[i : i + 2], layout.order) for i in (offset, offset + 2))
        middle = offset + 4 + layout.offset_bytes
        values = int.from_bytes(data[offset + 4 : middle], layout.order)
        entries.setdefault(tag, _Entry(kind, values, data[middle : offset + size]))
    following = header.take(start + len(data), layout.offset_bytes)
    return entries, int.from_bytes(following, layout.order)


def _count_pages(header: Header, layout: _Layout, first: int, following: int) -> int:
    """Directories in the chain; one that is not all there ends it, as in a file cut short."""
    seen = {first}
    while following:
        if following in seen:
            raise header.corrupt("the directories go in a circle", following)
        count = header.upto(following, layout.count_bytes)
        entries = int.from_bytes(count, layout.order)
        if len(count) < layout.count_bytes or not 0 < entries <= _MAX_ENTRIES:
            break
        end = following + layout.count_bytes + entries * layout.entry_bytes
        link = header.upto(end, layout.offset_bytes)
        if len(link) < layout.offset_bytes:
            break
        seen.add(following)
        header.count_frame(len(seen))
        following = int.from_bytes(link, layout.order)
    return len(seen)


class _Page:
    """The values of one directory."""

    def __init__(self, header: Header, layout: _Layout, entries: dict[int, _Entry]) -> None:
        self._header = header
        self._layout = layout
        self._entries = entries

    def numbers(self, tag: int, most: int = _MAX_VALUES) -> list[int]:
        """All values of a tag; none if it is not there, or empty."""
        kind, count, value = self._entries.get(tag, _NOTHING)
        size = _TYPE_BYTES.get(kind, 0)
        if not size or count > most:
            raise self._header.corrupt(f"tag {tag} has {count:,} values of type {kind}", 0)
        if size * count > len(value):
            value = self._header.take(int.from_bytes(value, self._layout.order), size * count)
        return [
            int.from_bytes(value[at : at + size], self._layout.order)
            for at in range(0, size * count, size)
        ]

    def number(self, tag: int, default: int) -> int:
        """The first value of a tag."""
        return (self.numbers(tag) or [default])[0]

    def required(self, name: str, tag: int) -> int:
        """The first value of a tag that must be there and above 0."""
        value = self.number(tag, 0)
        if not value:
            raise self._header.corrupt(f"the first page has no {name}", 0)
        return value

    def pixels_end(self) -> int:
        """Where the last strip or tile ends; 0 if that is not said, or of too many."""
        for offsets, sizes in ((_STRIP_OFFSETS, _STRIP_BYTES), (_TILE_OFFSETS, _TILE_BYTES)):
            if self._has_few(offsets) and self._has_few(sizes):
                starts = self.numbers(offsets, _MAX_PARTS)
                parts = zip(starts, self.numbers(sizes, _MAX_PARTS), strict=False)
                return max((offset + size for offset, size in parts), default=0)
        return 0

    def _has_few(self, tag: int) -> bool:
        entry = self._entries.get(tag, _NOTHING)
        return 0 < entry.values <= _MAX_PARTS and entry.kind in _TYPE_BYTES

    def bits(self) -> int:
        """Of the deepest channel; 1 is what the standard says where nothing is said."""
        deepest = max(self.numbers(_BITS), default=1)
        if not 1 <= deepest <= 64:
            raise self._header.corrupt(f"{deepest:,} bits a sample", 0)
        return deepest


def _colour(page: _Page) -> Colour:
    photometric = page.number(_PHOTOMETRIC, -1)
    if photometric == 5 and page.number(_INK_SET, _INK_SET_CMYK) != _INK_SET_CMYK:
        return "other"
    if photometric == 2 and page.number(_SAMPLES, 1) < 3:
        return "other"
    return _COLOURS.get(photometric, "other")
