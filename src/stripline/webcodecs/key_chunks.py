"""Whether a chunk's bytes can begin a stream (section 4.5, `decode()`: "inspect the chunk")."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from stripline.webcodecs.nal_units import sei_types, split_lengths, split_start_codes, unit_type
from stripline.webcodecs.obus import FRAMES, SEQUENCE_HEADER, split_obus

if TYPE_CHECKING:
    from stripline.webcodecs.codec_string import VideoCodec

__all__ = ["is_surely_delta"]

# ITU-T H.264, table 7-1: slices, and what a decoder can start at: an IDR slice or a sequence
# parameter set, or a recovery point among supplemental information (D.1.1).
_AVC_SLICES: Final = frozenset({1, 2, 5})
_AVC_STARTS: Final = frozenset({5, 7})
_AVC_SEI: Final = 6
_RECOVERY_POINT: Final = 6
# ITU-T H.265, table 7-1: slices are 0 to 31, those of pictures to start at 16 to 23.
_HEVC_SLICES: Final = range(32)
_HEVC_STARTS: Final = range(16, 24)


def is_surely_delta(codec: VideoCodec, data: bytes, length_bytes: int | None) -> bool:
    """Whether these bytes are sound and need earlier pictures.

    False where that cannot be told: damage is the decoder's to find.

    Args:
        codec: What the codec string says.
        data: The chunk's bytes.
        length_bytes: Bytes of the length before each unit of H.264 and H.265; None for start codes.
    """
    if not data:
        return False
    if codec.kind == "vp8":
        return _is_vp8_delta(data)
    if codec.kind == "vp9":
        return _is_vp9_delta(data[0])
    with suppress(ValueError):
        if codec.kind == "av1":
            return _is_av1_delta(data)
        units = split_start_codes(data)
        if length_bytes is not None:
            units = split_lengths(data, length_bytes)
        types = {unit_type(codec.kind, unit) for unit in units}
        if codec.kind == "avc":
            starts = bool(types & _AVC_STARTS) or any(map(_is_recovery_point, units))
            return bool(types & _AVC_SLICES) and not starts
        slices = types.intersection(_HEVC_SLICES)
        return bool(slices) and not slices.intersection(_HEVC_STARTS)
    return False


def _is_recovery_point(unit: bytes) -> bool:
    return unit_type("avc", unit) == _AVC_SEI and _RECOVERY_POINT in sei_types(unit)


def _is_vp8_delta(data: bytes) -> bool:
    """RFC 6386, section 9.1: not a key frame, a version, show_frame, the first partition's size.

    The size and the versions that there are (0 to 3) tell a frame from other bytes.
    """
    tag = int.from_bytes(data[:3], "little")
    return bool(tag & 1) and tag >> 1 & 7 <= 3 and tag >> 5 <= len(data) - 3


def _is_vp9_delta(first: int) -> bool:
    """VP9 specification, section 6.2: marker, profile, show_existing_frame, frame_type."""
    if first >> 6 != 2:
        return False
    reserved = first >> 4 & 3 == 3
    rest = first << (5 if reserved else 4)
    return bool(rest & 0x80 or rest & 0x40)


def _is_av1_delta(data: bytes) -> bool:
    """AV1 specification, section 5.9.2: show_existing_frame and frame_type begin a frame."""
    for kind, begin, end in split_obus(data):
        if kind == SEQUENCE_HEADER:
            return False
        if kind in FRAMES and begin < end:
            return bool(data[begin] & 0xE0)
    return False
