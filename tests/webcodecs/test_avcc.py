"""Records are compared with those that FFmpeg's muxer writes from the same stream."""

from __future__ import annotations

import io
from contextlib import suppress
from fractions import Fraction

import av
import numpy as np
import pytest

from stripline.webcodecs._avcc import ParameterSets, avcc, hvcc, length_bytes
from stripline.webcodecs.nal_units import split_start_codes


def stream(encoder: str, pixels: str, **options: str) -> tuple[bytes, bytes]:
    """The first packet of an encoder, as Annex B, and FFmpeg's record for it."""
    # FFmpeg 8's writer of hvcC depends on memory that it has not written: of the same bytes it
    # takes one in ten for a stream of several layers and refuses.
    for _ in range(20):
        with suppress(av.error.PatchWelcomeError):
            return once(encoder, pixels, options)
    raise AssertionError("FFmpeg wrote no record")


def once(encoder: str, pixels: str, options: dict[str, str]) -> tuple[bytes, bytes]:
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as container:
        track = container.add_stream(encoder, rate=Fraction(30), options=options)
        assert isinstance(track, av.VideoStream)
        track.width, track.height, track.pix_fmt = 320, 192, pixels
        frame = av.VideoFrame.from_ndarray(np.zeros((192, 320, 3), np.uint8), "rgb24")
        packets = track.encode(frame.reformat(format=pixels)) + track.encode(None)
        sets = bytes(track.codec_context.extradata or b"")
        data = sets + bytes(packets[0])
        container.mux(packets)
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
    sets = ParameterSets("avc")
    rest = sets.take(split_start_codes(data))
    assert all(unit[0] & 31 not in {7, 8} for unit in rest)
    assert sets.record() == expected
    assert length_bytes("avc", expected) == 4


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv420p10le", "yuv422p10le", "yuv444p"])
def test_hvcc_is_as_ffmpeg_writes_it(pixels: str) -> None:
    params = "log-level=none:info=0"
    data, expected = stream("libx265", pixels, **{"x265-params": params})
    sets = ParameterSets("hevc")
    sets.take(split_start_codes(data))
    ours = sets.record()
    # FFmpeg tells parallelism and frame rate from other sources and may mark arrays complete: the
    # head is compared as far as the sets say it, and the sets themselves.
    assert ours[:13] == expected[:13]
    assert ours[16:19] == expected[16:19]
    assert ours[21] == expected[21]
    for unit in split_start_codes(data)[:3]:
        assert unit in ours
        assert unit in expected
    assert length_bytes("hevc", expected) == 4


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
