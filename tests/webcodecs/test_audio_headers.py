"""The bytes around compressed audio."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripline.webcodecs.audio_headers import (
    OpusHead,
    adts_header,
    flac_description,
    opus_packet_frames,
)

HEAD = b"OpusHead\1\2" + (312).to_bytes(2, "little") + (48_000).to_bytes(4, "little") + bytes(3)


def test_an_opus_head_is_read() -> None:
    assert OpusHead.parse(HEAD) == (2, 312)
    six = HEAD[:9] + b"\6" + HEAD[10:18] + bytes([1, 4, 2, 0, 4, 1, 2, 3, 5])
    assert OpusHead.parse(six) == (6, 312)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        HEAD[:18],
        HEAD.replace(b"Head", b"Tags"),
        HEAD[:8] + b"\x10" + HEAD[9:],
        HEAD[:9] + b"\0" + HEAD[10:],
        HEAD[:9] + b"\3" + HEAD[10:],
        HEAD[:9] + b"\3" + HEAD[10:18] + bytes([1, 2, 1, 0, 2]),
    ],
)
def test_what_is_no_opus_head(data: bytes) -> None:
    with pytest.raises(ValueError, match="OpusHead"):
        OpusHead.parse(data)


@pytest.mark.parametrize(
    ("packet", "frames"),
    [
        (bytes([16 << 3]), 120),  # CELT, 2.5 ms
        (bytes([31 << 3]), 960),  # CELT, 20 ms
        (bytes([31 << 3 | 1]), 1920),  # two of them
        (bytes([31 << 3 | 3, 6]), 5760),  # six
        (bytes([3 << 3]), 2880),  # SILK, 60 ms
        (bytes([13 << 3]), 960),  # hybrid, 20 ms
    ],
)
def test_how_long_an_opus_packet_is(packet: bytes, frames: int) -> None:
    assert opus_packet_frames(packet) == frames


@given(st.binary(min_size=2, max_size=4).filter(lambda packet: packet[0] & 3 != 3))
def test_a_packet_of_one_or_two_frames_has_a_length(packet: bytes) -> None:
    assert 120 <= opus_packet_frames(packet) <= 5760


@pytest.mark.parametrize("packet", [b"", b"\3", bytes([31 << 3 | 3, 7]), b"\3\0"])
def test_what_is_no_opus_packet(packet: bytes) -> None:
    with pytest.raises(ValueError, match="Opus packet"):
        opus_packet_frames(packet)


def test_adts_names_size_rate_and_channels() -> None:
    header = adts_header(1000, 44_100, 2)
    assert len(header) == 7
    word = int.from_bytes(header, "big")
    assert word >> 44 == 0xFFF
    assert word >> 40 & 1 == 1  # no CRC
    assert (word >> 38 & 3) + 1 == 2  # AAC LC
    assert word >> 34 & 15 == 4  # 44.1 kHz
    assert word >> 30 & 7 == 2
    assert word >> 13 & 0x1FFF == 1007


def test_flac_begins_with_its_name_and_stream_info() -> None:
    assert flac_description(bytes(34)) == b"fLaC" + bytes([0x80, 0, 0, 34]) + bytes(34)
