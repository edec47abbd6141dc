"""A JPEG file taken apart into its segments (ITU-T T.81, annex B) and put together again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from stripline.errors import CorruptImage

if TYPE_CHECKING:
    from collections.abc import Iterator

SOI: Final = b"\xff\xd8"
EOI: Final = b"\xff\xd9"
APP0, APP1, APP2, APP14, APP15, COM = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE
_EOI_CODE, _SOS = 0xD9, 0xDA
# Within coded data FF stands only before 00 (a stuffed byte), a restart marker or another FF.
_END_OF_SCAN: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


class Segment(NamedTuple):
    """One segment, and the coded data behind it if it begins a scan."""

    marker: int
    """The second byte of its marker: `0xE1` for APP1."""
    payload: bytes
    """What follows its length."""
    coded: bytes = b""
    """After SOS: everything up to the next segment."""

    @property
    def is_application(self) -> bool:
        """Whether it is APPn or COM: what decoders of the picture can do without."""
        return APP0 <= self.marker <= APP15 or self.marker == COM

    def encoded(self) -> bytes:
        """As it stands in a file."""
        length = (len(self.payload) + 2).to_bytes(2, "big")
        return bytes((0xFF, self.marker)) + length + self.payload + self.coded


def segments(data: bytes) -> Iterator[Segment]:
    """All segments from SOI to EOI; what follows EOI is not the picture's.

    Raises:
        CorruptImage: The file is malformed, or ends before EOI.
    """
    if not data.startswith(SOI):
        raise CorruptImage(f"not a JPEG: it begins with {data[:2].hex(' ')}, not ff d8")
    at = len(SOI)
    while True:
        while data[at : at + 2] == b"\xff\xff":  # fill bytes may stand before any marker
            at += 1
        if len(data) < at + 2:
            raise CorruptImage(f"the JPEG ends after {len(data):,} bytes, before its EOI marker")
        if data[at] != 0xFF:
            raise CorruptImage(f"no marker at byte {at:,} of the JPEG, where one must be")
        marker = data[at + 1]
        if marker == _EOI_CODE:
            return
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        end = at + 2 + size
        if size < 2 or end > len(data):
            raise CorruptImage(f"the segment at byte {at:,} of the JPEG is cut short")
        payload = data[at + 4 : end]
        at = end
        if marker == _SOS:
            found = _END_OF_SCAN.search(data, end)
            at = len(data) if found is None else found.start()
        yield Segment(marker, payload, data[end:at])
