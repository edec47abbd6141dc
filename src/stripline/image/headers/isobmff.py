"""AVIF and HEIC: ISO/IEC 23008-12 (HEIF) in ISO/IEC 14496-12 boxes, AV1-AVIF 1.1.

The size, depth and colours of a still are properties of its primary item in the `meta` box; the
frames of a sequence are counted in `moov` (`isobmff_track.py`). EXIF in these files does not turn
the picture (HEIF, 6.5.10): the properties `irot` and `imir` do.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from stripline.errors import UnsupportedFormat
from stripline.image.headers.info import FORMATS, Colour, Format, ImageInfo
from stripline.image.headers.isobmff_boxes import Box, Fields, children
from stripline.image.headers.isobmff_track import Track, read_movie

if TYPE_CHECKING:
    from stripline.image.headers.header import Header

_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})
_HEIC_BRANDS: Final = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
)
# These say that it is HEIF, but not how it is coded; the primary item does.
_HEIF_BRANDS: Final = frozenset({b"mif1", b"mif2", b"msf1", b"miaf"})
_SEQUENCE_BRANDS: Final = frozenset({b"avis", b"msf1", b"hevc", b"hevx", b"hevm", b"hevs"})

# A thousand tiles need about 50 kB.
_MAX_META_BYTES: Final = 1 << 20
_DERIVED_ITEMS: Final = frozenset({b"grid", b"iovl", b"iden"})
_ALPHA_URNS: Final = (
    b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0",
    b"urn:mpeg:hevc:2015:auxid:1\0",
)
_CODECS: Final[dict[bytes, tuple[Format, str]]] = {
    b"av01": ("avif", "av1"),
    b"hvc1": ("heic", "hevc"),
    b"hev1": ("heic", "hevc"),
}
_CONFIGURATIONS: Final = {b"av1C": b"av01", b"hvcC": b"hvc1"}
# Orientations as (mirrored left to right, then turned clockwise this often by 90 degrees).
_TURNS: Final = ((1, 6, 3, 8), (2, 7, 4, 5))


def heif_format(prefix: bytes) -> Format | None:
    """Which of ours it is by the brands of `ftyp`, which begins the file."""
    brands = _brands(prefix)
    for brand in brands:
        if brand in _AVIF_BRANDS:
            return "avif"
        if brand in _HEIC_BRANDS:
            return "heic"
    return "heic" if _HEIF_BRANDS & set(brands) else None


def read_heif(header: Header) -> ImageInfo:
    """Read the primary item's properties, and the samples of a sequence.

    Raises:
        CorruptImage: The boxes are malformed or cut short.
        LimitExceeded: More frames than the header may count.
        UnsupportedFormat: The pixels are coded as something other than AV1 or HEVC.
    """
    item: _Item | None = None
    track: Track | None = None
    wanted = {b"meta"}
    if _SEQUENCE_BRANDS & set(_brands(header.prefix)):
        wanted.add(b"moov")
    for box in children(header, 0, None):
        if box.kind not in wanted:
            continue
        if box.kind == b"meta":
            item = _read_meta(header, box)
        else:
            track = read_movie(header, box)
        wanted.remove(box.kind)
        if not wanted:
            break
    if item is None and track is not None:
        item = _Item(kind=track.kind, boxes=track.boxes, size=track.size, alpha=track.alpha)
    if item is None:
        raise header.corrupt("no meta box with a primary item", header.size or 0)
    properties = _Properties(header)
    for box in item.boxes:
        properties.read(box)
    return _info(header, item, properties, track)


def _brands(prefix: bytes) -> list[bytes]:
    end = int.from_bytes(prefix[:4], "big")
    compatible = prefix[16:end]
    return [prefix[8:12], *(compatible[at : at + 4] for at in range(0, len(compatible), 4))]


@dataclass(slots=True)
class _Item:
    """What says how the picture looks: an item's kind and properties, or a track's."""

    kind: bytes
    boxes: list[Box]
    size: tuple[int, int] | None = None
    alpha: bool = False
    # Of all items: a picture in tiles has its decoder's configuration at the tiles.
    others: list[Box] = field(default_factory=list)


def _read_meta(header: Header, meta: Box) -> _Item | None:
    """The primary item; None if there is none, as in a sequence's file."""
    if meta.end - meta.start > _MAX_META_BYTES:
        raise header.corrupt(f"a meta box of {meta.end - meta.start:,} bytes", meta.start)
    parts: dict[bytes, list[Box]] = defaultdict(list)
    for box in children(header, meta.start + 4, meta.end):
        parts[box.kind].append(box)
    if not parts[b"pitm"]:
        return None
    fields = Fields(header, parts[b"pitm"][0])
    primary = fields.number(2 if fields.version() == 0 else 4)
    masks = {item for box in parts[b"iref"] for item in _auxiliaries(header, box, primary)}
    properties: list[Box] = []
    used: dict[int, list[int]] = {}
    for iprp in parts[b"iprp"]:
        for box in children(header, iprp.start, iprp.end):
            if box.kind == b"ipco":
                properties += children(header, box.start, box.end)
            elif box.kind == b"ipma":
                used.update(_associations(header, box, {primary, *masks}))

    def of(item: int) -> list[Box]:
        numbers = used.get(item, [])
        if any(number > len(properties) for number in numbers):
            raise header.corrupt(f"item {item} has a property that is not there", meta.start)
        return [properties[number - 1] for number in numbers if number]

    return _Item(
        kind=_item_kind(header, parts[b"iinf"], primary),
        boxes=of(primary),
        alpha=any(_is_alpha(header, box) for item in masks for box in of(item)),
        others=properties,
    )


def _item_kind(header: Header, infos: list[Box], wanted: int) -> bytes:
    for iinf in infos:
        fields = Fields(header, iinf)
        fields.number(2 if fields.version() == 0 else 4)
        for box in children(header, fields.at, iinf.end):
            entry = Fields(header, box)
            version = entry.version()
            if box.kind == b"infe" and version >= 2:
                item = entry.number(2 if version == 2 else 4)
                entry.number(2)  # protection
                if item == wanted:
                    return entry.take(4)
    raise header.corrupt(f"the primary item {wanted} is not listed", infos[0].start if infos else 0)


def _auxiliaries(header: Header, iref: Box, primary: int) -> list[int]:
    """Items that belong to the primary one in some way that the eye does not see."""
    width = 2 if Fields(header, iref).version() == 0 else 4
    found: list[int] = []
    for box in children(header, iref.start + 4, iref.end):
        if box.kind == b"auxl":
            fields = Fields(header, box)
            item = fields.number(width)
            if primary in [fields.number(width) for _ in range(fields.number(2))]:
                found.append(item)
    return found


def _associations(header: Header, ipma: Box, wanted: set[int]) -> dict[int, list[int]]:
    """The properties of the wanted items, counted from 1."""
    fields = Fields(header, ipma)
    item_bytes = 2 if fields.version() == 0 else 4
    number_bytes = 2 if fields.flags & 1 else 1
    mask = (1 << 8 * number_bytes - 1) - 1  # without the bit that says `essential`
    found: dict[int, list[int]] = {}
    for _ in range(fields.number(4)):
        item, count = fields.number(item_bytes), fields.number(1)
        if item in wanted:
            found[item] = [fields.number(number_bytes) & mask for _ in range(count)]
        else:
            fields.skip(count * number_bytes)
    return found


def _is_alpha(header: Header, box: Box) -> bool:
    if box.kind != b"auxC":
        return False
    urn = header.upto(box.start + 4, max(map(len, _ALPHA_URNS)))
    return urn.startswith(_ALPHA_URNS)


class _Properties:
    """What the properties of one item say, taken in their order."""

    def __init__(self, header: Header) -> None:
        self._header = header
        self.size: tuple[int, int] | None = None
        self.depth: int | None = None
        self.channels: int | None = None
        self.codec: bytes | None = None
        self.coded_depth = 8
        self.grey = False
        self.icc_bytes = 0
        self.cicp: tuple[int, int, int, int] | None = None
        self._aperture: tuple[int, int] | None = None
        self._mirrored = 0
        self._turns = 0

    @property
    def orientation(self) -> int:
        return _TURNS[self._mirrored][self._turns % 4]

    def shown(self, coded: tuple[int, int]) -> tuple[int, int]:
        """The size of the part that is shown."""
        shown = self._aperture or coded
        if not (0 < shown[0] <= coded[0] and 0 < shown[1] <= coded[1]):
            raise self._header.corrupt(f"a part of {shown} of a picture of {coded} pixels", 0)
        return shown

    def read(self, box: Box) -> None:
        fields = Fields(self._header, box)
        if box.kind == b"ispe":
            fields.version()
            self.size = fields.number(4), fields.number(4)
        elif box.kind == b"pixi":
            fields.version()
            self.channels = fields.number(1)
            self.depth = max((fields.number(1) for _ in range(self.channels)), default=None)
        elif box.kind == b"irot":  # anticlockwise
            self._turns -= fields.number(1) & 3
        elif box.kind == b"imir":
            # After a mirror, what was turned one way is turned the other. Axis 0 swaps top and
            # bottom, which is left and right and a half turn.
            self._turns = (0 if fields.number(1) & 1 else 2) - self._turns
            self._mirrored ^= 1
        elif box.kind == b"clap":  # as fractions
            across, per_x, down, per_y = (fields.number(4) for _ in range(4))
            self._aperture = (across // per_x, down // per_y) if per_x and per_y else (0, 0)
        elif box.kind == b"colr":
            self._colours(fields, box)
        elif box.kind in _CONFIGURATIONS:
            self.configuration(box)

    def configuration(self, box: Box) -> None:
        """Read av1C (AV1-ISOBMFF 1.2, 2.3.3) or hvcC (ISO/IEC 14496-15, 8.3.3.1)."""
        fields = Fields(self._header, box)
        self.codec = _CONFIGURATIONS[box.kind]
        if box.kind == b"av1C":
            bits = fields.take(3)[2]
            self.coded_depth = (12 if bits & 0x20 else 10) if bits & 0x40 else 8
            self.grey = bool(bits & 0x10)
        else:
            data = fields.take(18)
            self.coded_depth = 8 + (data[17] & 7)
            self.grey = data[16] & 3 == 0

    def _colours(self, fields: Fields, box: Box) -> None:
        kind = fields.take(4)
        if kind == b"nclx":
            primaries, transfer, matrix = (fields.number(2) for _ in range(3))
            self.cicp = primaries, transfer, matrix, fields.number(1) >> 7
        elif kind in {b"prof", b"rICC"}:
            self.icc_bytes = box.end - fields.at


def _info(header: Header, item: _Item, properties: _Properties, track: Track | None) -> ImageInfo:
    if properties.codec is None:
        for box in item.others:
            if box.kind in _CONFIGURATIONS:
                properties.configuration(box)
                break
    kind = properties.codec if item.kind in _DERIVED_ITEMS else item.kind
    if kind not in _CODECS:
        raise UnsupportedFormat(
            f"HEIF with pixels coded as {(kind or item.kind).decode('latin-1')!r}"
        )
    picture_format, coding = _CODECS[kind]
    header.name = FORMATS[picture_format]
    coded = properties.size or item.size or (0, 0)
    width, height = properties.shown(coded)
    colour: Colour = "ycbcr"
    if properties.grey or properties.channels == 1:
        colour = "grey"
    elif properties.cicp is not None and properties.cicp[2] == 0:  # matrix 0 is none
        colour = "rgb"
    return ImageInfo(
        format=picture_format,
        width=width,
        height=height,
        frames=1 if track is None else track.frames,
        bit_depth=properties.depth or properties.coded_depth,
        colour=colour,
        alpha=item.alpha or (track is not None and track.alpha),
        coding=coding,
        icc_bytes=properties.icc_bytes,
        cicp=properties.cicp,
        orientation=properties.orientation,
        coded_size=coded if coded != (width, height) else None,
        bytes=header.size,
    )
