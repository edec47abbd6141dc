"""The segments of a JPEG file, from SOI to SOS (ITU-T T.81 annex B, JFIF 1.02, EXIF, XMP, ICC.1).

No Adobe segment is written: with a JFIF segment, three components are YCbCr and one is grey, which
is all that is coded here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from stripline.errors import InvalidOption
from stripline.streams.exif import EXIF_PREFIX

if TYPE_CHECKING:
    from stripline.jpeg.tables import Tables
    from stripline.streams import Metadata

Sampling = Literal["4:4:4", "4:2:2", "4:4:0", "4:2:0", "grey"]
"""How many chroma samples are coded: all, half across, half down, half both ways, or none."""

SOI: Final = b"\xff\xd8"
EOI: Final = b"\xff\xd9"

_APP0, _APP1, _APP2, _COM = 0xE0, 0xE1, 0xE2, 0xFE
_DQT, _SOF0, _DHT, _DRI, _SOS = 0xDB, 0xC0, 0xC4, 0xDD, 0xDA

XMP_PREFIX: Final = b"http://ns.adobe.com/xap/1.0/\0"
ICC_PREFIX: Final = b"ICC_PROFILE\0"

# Start-of-frame markers (T.81, table B.1) and what they say.
PROCESSES: Final[dict[int, str]] = {
    0xC0: "baseline",
    0xC1: "extended sequential",
    0xC2: "progressive",
    0xC3: "lossless",
    0xC5: "differential sequential",
    0xC6: "differential progressive",
    0xC7: "differential lossless",
    0xC9: "arithmetic sequential",
    0xCA: "arithmetic progressive",
    0xCB: "arithmetic lossless",
    0xCD: "arithmetic differential sequential",
    0xCE: "arithmetic differential progressive",
    0xCF: "arithmetic differential lossless",
}

# A segment's length has 16 bits and counts itself.
_MAX_PAYLOAD_BYTES: Final = 65_533
# An ICC segment is numbered with one byte, from 1, beside one byte for how many there are.
MAX_EXIF_BYTES: Final = _MAX_PAYLOAD_BYTES - len(EXIF_PREFIX)
"""The longest EXIF that a JPEG can hold, without its prefix."""
MAX_XMP_BYTES: Final = _MAX_PAYLOAD_BYTES - len(XMP_PREFIX)
"""The longest XMP that a JPEG can hold in one piece."""
MAX_COMMENT_BYTES: Final = _MAX_PAYLOAD_BYTES
"""The longest comment that a JPEG can hold in one piece."""
_ICC_CHUNK_BYTES: Final = _MAX_PAYLOAD_BYTES - len(ICC_PREFIX) - 2
_MAX_ICC_CHUNKS: Final = 255
MAX_RESTART_INTERVAL_MCUS: Final = 65_535

# From the start of SOF0 to its height: marker, length, precision.
HEIGHT_OFFSET_BYTES: Final = 5

# The first component's sampling factors, horizontal and vertical in four bits each; the other two
# have 1 and 1.
_LUMA_FACTORS: Final[dict[Sampling, int]] = {
    "4:4:4": 0x11,
    "4:2:2": 0x21,
    "4:4:0": 0x12,
    "4:2:0": 0x22,
    "grey": 0x11,
}

# Natural (row by row) index of each coefficient in zigzag order (T.81, figure A.6).
ZIGZAG: Final = tuple(
    sorted(
        range(64),
        key=lambda i: (
            i // 8 + i % 8,
            # Diagonals run upwards and downwards in turn.
            i // 8 if (i // 8 + i % 8) % 2 else i % 8,
        ),
    )
)


def restart_marker(index: int) -> bytes:
    """The marker between strip `index` and the next: RST0 to RST7 in turn."""
    return bytes((0xFF, 0xD0 | index % 8))


def metadata_segments(metadata: Metadata) -> bytes:
    """APP0 (JFIF), which is always there, then EXIF, XMP, ICC and a comment as there are.

    Raises:
        InvalidOption: A part is too long for its segment, or a density out of range.
    """
    parts = [_jfif(metadata.density)]
    if metadata.exif:
        parts.append(
            _one_segment("EXIF", _APP1, EXIF_PREFIX, metadata.exif.removeprefix(EXIF_PREFIX))
        )
    if metadata.xmp:
        parts.append(_one_segment("XMP", _APP1, XMP_PREFIX, metadata.xmp))
    if metadata.icc:
        parts.extend(_icc_segments(metadata.icc))
    if metadata.comment:
        comment = metadata.comment
        text = comment.encode() if isinstance(comment, str) else comment
        parts.append(_one_segment("comment", _COM, b"", text))
    return b"".join(parts)


def quantiser_segment(tables: Tables, sampling: Sampling) -> bytes:
    """DQT with one table for grey, two for colour, in zigzag order."""
    chosen = (tables.luma,) if sampling == "grey" else (tables.luma, tables.chroma)
    return _segment(
        _DQT,
        b"".join(
            bytes((number, *(steps[natural] for natural in ZIGZAG)))
            for number, steps in enumerate(chosen)
        ),
    )


def huffman_segment(tables: Tables, sampling: Sampling) -> bytes:
    """DHT with the DC and AC tables of luma, and for colour those of chroma."""
    chosen = [(0x00, tables.dc_luma), (0x10, tables.ac_luma)]
    if sampling != "grey":
        chosen += [(0x01, tables.dc_chroma), (0x11, tables.ac_chroma)]
    return _segment(_DHT, b"".join(bytes((where,)) + table for where, table in chosen))


def frame_segment(width: int, height: int, sampling: Sampling) -> bytes:
    """SOF0: baseline, 8 bits. The height is `HEIGHT_OFFSET_BYTES` from the start."""
    components = [bytes((1, _LUMA_FACTORS[sampling], 0))]
    if sampling != "grey":
        components += [bytes((2, 0x11, 1)), bytes((3, 0x11, 1))]
    return _segment(
        _SOF0,
        b"\x08"
        + height.to_bytes(2, "big")
        + width.to_bytes(2, "big")
        + bytes((len(components),))
        + b"".join(components),
    )


def restart_segment(mcus: int) -> bytes:
    """DRI: a restart marker follows every `mcus` MCUs, except the last."""
    return _segment(_DRI, mcus.to_bytes(2, "big"))


def scan_segment(sampling: Sampling) -> bytes:
    """SOS: all components in one scan, all 64 coefficients."""
    components = bytes((1, 0x00)) if sampling == "grey" else bytes((1, 0x00, 2, 0x11, 3, 0x11))
    return _segment(_SOS, bytes((len(components) // 2,)) + components + bytes((0, 63, 0)))


def _segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2, "big") + payload


def _one_segment(name: str, marker: int, prefix: bytes, content: bytes) -> bytes:
    limit = _MAX_PAYLOAD_BYTES - len(prefix)
    if len(content) > limit:
        raise InvalidOption(f"{name} is {len(content):,} bytes; a segment holds {limit:,}")
    return _segment(marker, prefix + content)


def _jfif(density: tuple[int, int] | None) -> bytes:
    # Unit 1 is dots per inch; unit 0 says that the two numbers are the pixels' shape alone.
    unit, (x, y) = (0, (1, 1)) if density is None else (1, density)
    if not (0 < x <= 0xFFFF and 0 < y <= 0xFFFF):
        raise InvalidOption(f"density is {x} x {y} dots per inch; each goes from 1 to 65,535")
    return _segment(
        _APP0,
        b"JFIF\0\x01\x02" + bytes((unit,)) + x.to_bytes(2, "big") + y.to_bytes(2, "big") + b"\0\0",
    )


def _icc_segments(profile: bytes) -> list[bytes]:
    chunks = [
        profile[start : start + _ICC_CHUNK_BYTES]
        for start in range(0, len(profile), _ICC_CHUNK_BYTES)
    ]
    if len(chunks) > _MAX_ICC_CHUNKS:
        limit = _ICC_CHUNK_BYTES * _MAX_ICC_CHUNKS
        raise InvalidOption(f"ICC profile is {len(profile):,} bytes; a file holds {limit:,}")
    return [
        _segment(_APP2, ICC_PREFIX + bytes((number, len(chunks))) + chunk)
        for number, chunk in enumerate(chunks, start=1)
    ]
