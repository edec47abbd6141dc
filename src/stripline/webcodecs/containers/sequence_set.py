"""What a sequence parameter set of H.264 says of reordering (ITU-T H.264, 7.3.2.1.1 and E.1.1)."""

from __future__ import annotations

from typing import Final

from stripline.webcodecs.nal_units import BitReader, split_start_codes, unescape, unit_type

__all__ = ["avc_reorder_depth", "avc_sequence_set"]

_HIGH_PROFILES: Final = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_EXTENDED_ASPECT: Final = 255  # aspect_ratio_idc "Extended_SAR"


_SEQUENCE_SET: Final = 7  # nal_unit_type


def avc_sequence_set(extradata: bytes) -> bytes:
    """The first sequence parameter set of an avcC record, or of units with start codes.

    Raises:
        ValueError: There is none.
    """
    if extradata[:1] == b"\1":  # 14496-15, 5.3.3.1: its length is at byte 6
        size = int.from_bytes(extradata[6:8], "big")
        units = [extradata[8 : 8 + size]]
    else:
        units = split_start_codes(extradata)
    for unit in units:
        if len(unit) >= 4 and unit_type("avc", unit) == _SEQUENCE_SET:
            return unit
    raise ValueError("there is no sequence parameter set")


def avc_reorder_depth(unit: bytes) -> int | None:
    """How many pictures come before one that is shown before them, at most; None: not said.

    Raises:
        ValueError: The parameter set is cut short.
    """
    read = BitReader(unescape(unit[1:]))
    profile = read.bits(8)
    read.bits(16)  # constraint flags and level
    read.golomb()
    if profile in _HIGH_PROFILES:
        _skip_high(read)
    read.golomb()  # log2_max_frame_num_minus4
    kind = read.golomb()  # pic_order_cnt_type
    if kind == 2:
        return 0  # pictures are shown in decoding order (8.2.1.3)
    if kind == 0:
        read.golomb()
    else:
        read.bits(1)
        read.golomb()
        read.golomb()
        for _ in range(read.golomb()):
            read.golomb()
    read.golomb()  # max_num_ref_frames
    read.bits(1)
    read.golomb()  # width
    read.golomb()  # height
    if not read.bits(1):  # frame_mbs_only_flag
        read.bits(1)
    read.bits(1)
    if read.bits(1):  # frame_cropping_flag
        for _ in range(4):
            read.golomb()
    return _usability(read) if read.bits(1) else None


def _skip_high(read: BitReader) -> None:
    """Chroma, depths and scaling lists."""
    chroma = read.golomb()
    if chroma == 3:
        read.bits(1)
    read.golomb()
    read.golomb()
    read.bits(1)
    if not read.bits(1):  # seq_scaling_matrix_present_flag
        return
    for index in range(12 if chroma == 3 else 8):
        if read.bits(1):
            _skip_scaling_list(read, 16 if index < 6 else 64)


def _skip_scaling_list(read: BitReader, size: int) -> None:
    last, following = 8, 8
    for _ in range(size):
        if following:
            number = read.golomb()
            delta = (number + 1) // 2 if number % 2 else -(number // 2)  # se(v), 9.1.1
            following = (last + delta) % 256
        last = following or last


def _usability(read: BitReader) -> int | None:
    """max_num_reorder_frames of the video usability information, if it is there."""
    _skip_looks(read)
    if read.bits(1):  # timing_info_present_flag
        read.bits(65)
    has_buffers = False
    for _ in range(2):  # nal_hrd_parameters_present_flag, vcl_hrd_parameters_present_flag
        if read.bits(1):
            _skip_buffers(read)
            has_buffers = True
    if has_buffers:
        read.bits(1)
    read.bits(1)
    if not read.bits(1):  # bitstream_restriction_flag
        return None
    read.bits(1)
    for _ in range(4):
        read.golomb()
    return read.golomb()


def _skip_looks(read: BitReader) -> None:
    """Aspect, overscan, colours and the place of chroma."""
    if read.bits(1) and read.bits(8) == _EXTENDED_ASPECT:
        read.bits(32)
    if read.bits(1):  # overscan_info_present_flag
        read.bits(1)
    if read.bits(1):  # video_signal_type_present_flag
        read.bits(4)
        if read.bits(1):
            read.bits(24)
    if read.bits(1):  # chroma_loc_info_present_flag
        read.golomb()
        read.golomb()


def _skip_buffers(read: BitReader) -> None:
    """hrd_parameters()."""
    count = read.golomb() + 1
    read.bits(8)
    for _ in range(count):
        read.golomb()
        read.golomb()
        read.bits(1)
    read.bits(20)
