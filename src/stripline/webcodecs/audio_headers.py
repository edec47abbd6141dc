"""The few bytes around compressed audio: descriptions of Opus and FLAC, headers of ADTS."""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["OpusHead", "adts_header", "flac_description", "opus_packet_frames"]

_OPUS_MAGIC: Final = b"OpusHead"
_OPUS_HEAD_BYTES: Final = 19
_OPUS_FAMILY_BYTES: Final = 21  # with the counts of streams, before the mapping itself
OPUS_HZ: Final = 48_000
"""The rate in which Opus counts, whatever the rate of what was encoded (RFC 6716, section 2)."""

# ISO/IEC 14496-3, table 1.18.
_AAC_HZ: Final = (
    *(96_000, 88_200, 64_000, 48_000, 44_100, 32_000),
    *(24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350),
)


class OpusHead(NamedTuple):
    """An identification header (RFC 7845, section 5.1).

    Attributes:
        channels: How many.
        pre_skip: Samples at 48 kHz to drop when decoding begins.
    """

    channels: int
    pre_skip: int

    @classmethod
    def parse(cls, data: bytes) -> OpusHead:
        """Read one.

        Raises:
            ValueError: It is none, or is cut.
        """
        if len(data) < _OPUS_HEAD_BYTES or not data.startswith(_OPUS_MAGIC):
            raise ValueError(f"{len(data)} bytes are no OpusHead of 19 bytes or more")
        if data[8] >> 4:  # the major version
            raise ValueError(f"OpusHead has version {data[8]}; version 1 is known")
        channels, family = data[9], data[18]
        if channels == 0 or (family == 0 and channels > 2):
            raise ValueError(f"OpusHead of family {family} has {channels} channels")
        if family and len(data) < _OPUS_FAMILY_BYTES + channels:
            raise ValueError(f"OpusHead lacks the mapping of its {channels} channels")
        return cls(channels, int.from_bytes(data[10:12], "little"))


def opus_packet_frames(packet: bytes) -> int:
    """Samples at 48 kHz that a packet decodes to (RFC 6716, section 3.1).

    Raises:
        ValueError: The packet is empty, cut or longer than 120 ms.
    """
    if not packet:
        raise ValueError("an Opus packet has one byte at least")
    config, code = packet[0] >> 3, packet[0] & 3
    if config < 12:  # SILK: 10, 20, 40, 60 ms
        frames = (480, 960, 1920, 2880)[config & 3]
    elif config < 16:  # hybrid: 10, 20 ms
        frames = (480, 960)[config & 1]
    else:  # CELT: 2.5, 5, 10, 20 ms
        frames = 120 << (config & 3)
    count = (1, 2, 2, 0)[code]
    if code == 3:
        if len(packet) < 2:
            raise ValueError("the Opus packet is cut before its count of frames")
        count = packet[1] & 63
    if not 0 < frames * count <= 5760:
        raise ValueError(f"an Opus packet of {count} times {frames} samples; 5760 are the most")
    return frames * count


def flac_description(stream_info: bytes) -> bytes:
    """A FLAC stream's beginning, with STREAMINFO as its last metadata block (RFC 9639, 8.1)."""
    return b"fLaC\x80" + len(stream_info).to_bytes(3, "big") + stream_info


def adts_header(size: int, rate: int, channels: int) -> bytes:
    """The header of a frame of MPEG-4 AAC LC (ISO/IEC 14496-3, 1.A.2), without CRC.

    Args:
        size: Bytes of the bare frame.
        rate: Hz; one of the thirteen that have an index.
        channels: 1 to 6.
    """
    length = size + 7
    profile = 1  # audio object type 2, less one
    # 12 bits of sync, ID, layer, protection absent; profile, rate, channels; length; fullness of
    # the buffer, which 0x7FF leaves open; number of raw blocks less one.
    word = 0xFFF1 << 40
    word |= profile << 38 | _AAC_HZ.index(rate) << 34 | channels << 30
    word |= length << 13 | 0x7FF << 2
    return word.to_bytes(7, "big")
