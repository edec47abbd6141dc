"""What the boxes of an AVIF file say of its picture and its sequence.

Sources: ISO/IEC 14496-12, sections 4.2 (boxes), 8.3.2 (tkhd), 8.6.6 (elst) and 8.11 (meta); AV1
Image File Format 1.1.0, section 4 (auxiliary pictures); ISO/IEC 23000-22, section 7.3.4 (the
repetition).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["AvifSequence", "is_plain_still", "read_sequence", "with_sequence_first"]


@dataclass(frozen=True, slots=True)
class AvifSequence:
    """A sequence of pictures.

    Attributes:
        track: The number of its track of colours.
        alpha: Whether another track has its alpha.
        repetitions: How often it is shown again; infinite when the file does not say.
    """

    track: int
    alpha: bool
    repetitions: float


def _boxes(data: bytes, kind: bytes) -> Iterator[bytes]:
    """The bodies of the boxes of a kind that follow each other; the last may be cut."""
    at = 0
    while at + 8 <= len(data):
        size, header = int.from_bytes(data[at : at + 4]), 8
        if size == 1:
            size, header = int.from_bytes(data[at + 8 : at + 16]), 16
        elif size == 0:  # up to the end
            size = len(data) - at
        if size < header:
            return
        if data[at + 4 : at + 8] == kind:
            yield data[at + header : at + size]
        at += size


def _box(data: bytes, *path: bytes) -> bytes | None:
    """The body of the first box at a path of kinds, each within the one before."""
    for kind in path:
        body = next(_boxes(data, kind), None)
        if body is None:
            return None
        data = body
    return data


def is_plain_still(data: bytes) -> bool:
    """Whether the file's picture is one picture without alpha, and not made of several."""
    meta = _box(data, b"meta") or b""
    return b"auxl" not in meta and b"grid" not in meta


def read_sequence(data: bytes) -> AvifSequence | None:
    """The sequence, if the file says by its brands that it has one."""
    brands, movie = _box(data, b"ftyp"), _box(data, b"moov")
    if brands is None or movie is None or b"avis" not in brands:
        return None
    tracks = list(_boxes(movie, b"trak"))
    alpha = [_box(track, b"tref", b"auxl") is not None for track in tracks]
    if all(alpha):
        return None
    colors = tracks[alpha.index(False)]
    header = _box(colors, b"tkhd") or b""
    at = 20 if header[:1] == b"\1" else 12
    number = int.from_bytes(header[at : at + 4])
    return AvifSequence(number, any(alpha), _repetitions(colors, header))


def _repetitions(track: bytes, header: bytes) -> float:
    """How often a track is shown again.

    The edit list's first flag says that the edit repeats, until the track is over.
    """
    edits = _box(track, b"edts", b"elst")
    if edits is None:
        return math.inf
    if not edits[3:4] or not edits[3] & 1:
        return 0
    edit = int.from_bytes(edits[8 : 16 if edits[0] == 1 else 12])
    start, size = (28, 8) if header[:1] == b"\1" else (20, 4)
    length = int.from_bytes(header[start : start + size])
    if not edit or length == (1 << 8 * size) - 1:
        return math.inf
    return max(0, math.ceil(length / edit) - 1)


def with_sequence_first(data: bytes, *, first: bool) -> bytes:
    """The file with another major brand, by which libavif chooses its sequence or its picture."""
    return data[:8] + (b"avis" if first else b"avif") + data[12:]
