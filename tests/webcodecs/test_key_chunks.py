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
        ("vp8", b"\x10", False),
        ("vp8", b"\x11", True),
        ("vp9", b"\x82", False),  # marker 2, profile 0, frame_type 0
        ("vp9", b"\x86", True),
        ("vp9", b"\x88", True),  # show_existing_frame
        ("vp9", b"\x06", False),  # no marker: damage is not told here
        ("avc", b"\0\0\1\x65", False),
        ("avc", b"\0\0\1\x41", True),
        ("avc", b"\0\0\1\x06\x06\0\0\1\x41", False),  # a recovery point, maybe
        ("hevc", b"\0\0\1\x26\x01", False),  # IDR_W_RADL
        ("hevc", b"\0\0\1\x02\x01", True),  # TRAIL_R
        ("av1", b"\x12\0\x0a\1\0", False),
        ("av1", b"\x12\0\x32\1\x10", False),  # a shown key frame
        ("av1", b"\x12\0\x32\1\x30", True),
    ],
)
def test_key_and_delta(kind: str, data: bytes, delta: bool) -> None:
    assert is_surely_delta(VideoCodec(kind), data, None) is delta
