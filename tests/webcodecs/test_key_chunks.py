from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripline.webcodecs.codec_string import VideoCodec
from stripline.webcodecs.key_chunks import is_surely_delta

KINDS = ["avc", "hevc", "vp8", "vp9", "av1"]


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.binary(max_size=60), lengths=st.sampled_from([None, 1, 2, 4]))
def test_any_bytes_are_looked_at(kind: str, data: bytes, lengths: int | None) -> None:
    assert is_surely_delta(VideoCodec(kind), data, lengths) in {True, False}


@pytest.mark.parametrize(
    ("kind", "data", "delta"),
    [
        ("vp8", b"\x10\0\0", False),
        ("vp8", b"\x31\0\0\0", True),  # version 0, shown, a first partition of 1 byte
        ("vp8", b"\x31\0\0", False),  # which is not there
        ("vp8", b"\x39\0\0\0", False),  # version 4
        ("vp8", b"\xff" * 50, False),
        ("vp9", b"\x82", False),  # marker 2, profile 0, frame_type 0
        ("vp9", b"\x86", True),
        ("vp9", b"\x88", True),  # show_existing_frame
        ("vp9", b"\x06", False),  # no marker: damage is not told here
        ("avc", b"\0\0\1\x65", False),
        ("avc", b"\0\0\1\x41", True),
        ("avc", b"\0\0\1\x06\x06\0\0\1\x41", False),  # a recovery point
        ("avc", b"\0\0\1\x06\1\1\x55\x06\1\x44\x80\0\0\1\x41", False),  # after another one
        ("avc", b"\0\0\1\x06\1\1\x06\x80\0\0\1\x41", True),  # pic_timing
        ("avc", b"\0\0\1\x06\xff\x06\1\x06\x80\0\0\1\x41", True),  # type 261
        ("avc", b"\0\0\1\x06\1\x09\x06\x80\0\0\1\x41", True),  # cut short
        ("hevc", b"\0\0\1\x26\x01", False),  # IDR_W_RADL
        ("hevc", b"\0\0\1\x02\x01", True),  # TRAIL_R
        ("av1", b"\x12\0\x0a\1\0", False),
        ("av1", b"\x12\0\x32\1\x10", False),  # a shown key frame
        ("av1", b"\x12\0\x32\1\x30", True),
    ],
)
def test_key_and_delta(kind: str, data: bytes, delta: bool) -> None:
    assert is_surely_delta(VideoCodec(kind), data, None) is delta
