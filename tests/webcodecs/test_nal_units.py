from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripline.webcodecs.nal_units import (
    BitReader,
    join_lengths,
    sei_types,
    split_lengths,
    split_start_codes,
    to_start_codes,
    unescape,
    unit_type,
)

# What can be a unit: not empty, no start code inside, no zero at the end.
UNITS = st.lists(
    st.binary(min_size=1, max_size=30)
    .map(lambda data: data.replace(b"\0\0", b"\0\3"))
    .map(lambda data: data.rstrip(b"\0") + b"\x80"),
    max_size=6,
)


@given(UNITS)
def test_both_framings_are_undone(units: list[bytes]) -> None:
    assert split_start_codes(to_start_codes(units)) == units
    assert split_lengths(join_lengths(units), 4) == units


def test_start_codes_of_three_bytes_and_zeros_between() -> None:
    data = b"\0\0\1\x67a\0\0\0\0\1\x68b\0\0\0"
    assert split_start_codes(data) == [b"\x67a", b"\x68b"]
    assert split_start_codes(b"no start code") == []


@pytest.mark.parametrize("data", [b"\0\0\0\2a", b"\0\0", b"\xff\xff\xff\xffabc"])
def test_lengths_beyond_the_end(data: bytes) -> None:
    with pytest.raises(ValueError, match="unit of"):
        split_lengths(data, 4)


def test_types() -> None:
    assert unit_type("avc", b"\x67") == 7
    assert unit_type("hevc", b"\x42\x01") == 33


def test_emulation_prevention() -> None:
    assert unescape(b"a\0\0\3\1\0\0\3\0") == b"a\0\0\1\0\0\0"


def test_bits_and_exp_golomb() -> None:
    reader = BitReader(bytes([0b1_010_011_0, 0b0100_0000]))
    assert [reader.golomb() for _ in range(4)] == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="are left"):
        reader.bits(99)
    with pytest.raises(ValueError, match="Exp-Golomb"):
        BitReader(bytes(9)).golomb()


def test_types_of_supplemental_information() -> None:
    assert list(sei_types(b"\x06\0\1\x80\xff\x06\2ab\x06\0\x80")) == [0, 261, 6]
    assert list(sei_types(b"\x06\x80")) == []
    with pytest.raises(ValueError, match="cut short"):
        list(sei_types(b"\x06\xff"))
