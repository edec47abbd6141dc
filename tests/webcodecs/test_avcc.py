"""Records are compared with those that FFmpeg's muxer writes from the same stream."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
import pytest

from stripline.webcodecs._avcc import ParameterSets, avcc, hvcc, length_bytes
from stripline.webcodecs.nal_units import split_start_codes, unescape


def stream(encoder: str, pixels: str, **options: str) -> tuple[bytes, bytes | None]:
    """The first packet of an encoder, as Annex B, and FFmpeg's record for it."""
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as container:
        track = container.add_stream(encoder, rate=Fraction(30), options=options)
        assert isinstance(track, av.VideoStream)
        track.width, track.height, track.pix_fmt = 320, 192, pixels
        frame = av.VideoFrame.from_ndarray(np.zeros((192, 320, 3), np.uint8), "rgb24")
        packets = track.encode(frame.reformat(format=pixels)) + track.encode(None)
        sets = bytes(track.codec_context.extradata or b"")
        data = sets + bytes(packets[0])
        try:
            container.mux(packets)
        except av.FFmpegError:
            # FFmpeg 8's writer of hvcC depends on memory that it has not written: now and then it
            # takes the same bytes for a stream of several layers and refuses.
            return data, None
    target.seek(0)
    with av.open(target) as container:
        record = container.streams.video[0].codec_context.extradata
    assert record is not None
    return data, bytes(record)


@pytest.mark.parametrize(
    ("pixels", "profile"),
    [
        ("yuv420p", "baseline"),
        ("yuv420p", "main"),
        ("yuv420p", "high"),
        ("yuv420p10le", "high10"),
        ("yuv422p", "high422"),
        ("yuv444p", "high444"),
    ],
)
def test_avcc_is_as_ffmpeg_writes_it(pixels: str, profile: str) -> None:
    data, expected = stream("libx264", pixels, profile=profile)
    assert expected is not None
    sets = ParameterSets("avc")
    rest = sets.take(split_start_codes(data))
    assert all(unit[0] & 31 not in {7, 8} for unit in rest)
    assert sets.record() == expected
    assert length_bytes("avc", expected) == 4


@pytest.mark.parametrize(
    ("pixels", "chroma", "bits"),
    [("yuv420p", 1, 8), ("yuv420p10le", 1, 10), ("yuv422p10le", 2, 10), ("yuv444p", 3, 8)],
)
def test_hvcc_says_what_the_sets_say(pixels: str, chroma: int, bits: int) -> None:
    params = "log-level=none:info=0"
    data, expected = stream("libx265", pixels, **{"x265-params": params})
    sets = ParameterSets("hevc")
    units = split_start_codes(data)
    sets.take(units)
    ours = sets.record()
    # ISO/IEC 14496-15, 8.3.2.1: profile, tier and level as in the sequence parameter set, chroma
    # and depths, one temporal layer, lengths of four bytes.
    assert ours[:13] == b"\1" + unescape(units[1])[3:15]
    assert ours[16:19] == bytes((0xFC | chroma, 0xF8 | bits - 8, 0xF8 | bits - 8))
    assert ours[21] == 0x0F
    assert all(unit in ours for unit in units[:3])
    assert length_bytes("hevc", ours) == 4
    if expected is not None:
        # FFmpeg tells parallelism and frame rate from other sources and may mark arrays complete.
        assert ours[:13] + ours[16:19] + ours[21:22] == (
            expected[:13] + expected[16:19] + expected[21:22]
        )
        assert all(unit in expected for unit in units[:3])


def test_missing_and_broken_sets() -> None:
    with pytest.raises(ValueError, match="no sequence"):
        ParameterSets("avc").record()
    with pytest.raises(ValueError, match="no sequence"):
        ParameterSets("hevc").record()
    with pytest.raises(ValueError, match="cut short"):
        hvcc([], [b"\x42\1abc"], [])
    with pytest.raises(ValueError, match="are left"):
        avcc([b"\x67\x64\x00\x1e"], [], [])


@pytest.mark.parametrize("record", [b"", b"\0\0\0\1\x67\x42", b"\2" + bytes(30), bytes(6)])
def test_what_is_no_record(record: bytes) -> None:
    assert length_bytes("avc", record) is None
    assert length_bytes("hevc", record) is None
