from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripline.webcodecs.codec_string import AudioCodec, VideoCodec, parse_audio, parse_video

VIDEO = {
    "avc1.42001E": VideoCodec("avc", 66, 30),
    "avc1.42e01e": VideoCodec("avc", 66, 30, constraints=0xE0),
    "avc3.4D0028": VideoCodec("avc", 77, 40, in_band=True),
    "avc1.640033": VideoCodec("avc", 100, 51),
    "avc1.42100B": VideoCodec("avc", 66, 9, constraints=0x10),
    "avc1.6E001F": VideoCodec("avc", 110, 31, bit_depth=10),
    "avc1.7A001F": VideoCodec("avc", 122, 31, bit_depth=10, chroma="422"),
    "avc1.F4001F": VideoCodec("avc", 244, 31, bit_depth=14, chroma="444"),
    "hvc1.1.6.L93.B0": VideoCodec("hevc", 1, 93),
    "hev1.1.6.L93": VideoCodec("hevc", 1, 93, in_band=True),
    "hvc1.1.6.L123.00": VideoCodec("hevc", 1, 123),
    "hvc1.2.4.H150.B0": VideoCodec("hevc", 2, 150, high_tier=True, bit_depth=10),
    "hvc1.4.10.L120.9D.08": VideoCodec("hevc", 4, 120, bit_depth=10, chroma="422"),
    "hvc1.4.10.L120.9E.08": VideoCodec("hevc", 4, 120, bit_depth=8, chroma="444"),
    "hvc1.4.10.L120.9C.88": VideoCodec("hevc", 4, 120, bit_depth=10, chroma="420"),
    "vp8": VideoCodec("vp8"),
    "vp09.00.10.08": VideoCodec("vp9", 0, 10),
    "vp09.01.10.08": VideoCodec("vp9", 1, 10, chroma="444"),
    "vp09.01.10.08.02": VideoCodec("vp9", 1, 10, chroma="422"),
    "vp09.02.41.10.01.09.16.09.01": VideoCodec("vp9", 2, 41, bit_depth=10),
    "vp09.03.10.12.03": VideoCodec("vp9", 3, 10, bit_depth=12, chroma="444"),
    "av01.0.04M.08": VideoCodec("av1", 0, 4),
    "av01.0.08H.10": VideoCodec("av1", 0, 8, high_tier=True, bit_depth=10),
    "av01.0.04M.10.0.112.09.16.09.0": VideoCodec("av1", 0, 4, bit_depth=10),
    "av01.0.04M.08.1": VideoCodec("av1", 0, 4, chroma="400"),
    "av01.1.04M.08": VideoCodec("av1", 1, 4, chroma="444"),
    "av01.1.04M.08.0.000": VideoCodec("av1", 1, 4, chroma="444"),
    "av01.2.04M.08": VideoCodec("av1", 2, 4, chroma="422"),
    "av01.2.04M.12.0.110": VideoCodec("av1", 2, 4, bit_depth=12, chroma="420"),
}


@pytest.mark.parametrize(("text", "codec"), VIDEO.items())
def test_video_strings(text: str, codec: VideoCodec) -> None:
    assert parse_video(text) == codec


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bogus",
        "vp9",
        "VP8",
        "vp8.0",
        "vp08.00.10.08",
        "av1",
        "h264",
        "avc1",
        "avc1.42001",
        "avc1.42001E0",
        "avc2.42001E",
        "avc1.42001G",
        "avc1.43001E",  # no such profile
        "avc1.42001D",  # level 2.9
        " avc1.42001E",
        "avc1.42001E,vp8",
        "hvc1.1.6.L94.B0",
        "hvc1.1.6.M93.B0",
        "hvc1.A1.6.L93.B0",
        "hvc1.9.6.L93.B0",
        "hvc1.1.6.H93.B0",  # the high tier begins at level 4
        "hvc1.1.6.L93.B0.0.0.0.0.0.0",
        "vp09.00.10",
        "vp09.04.10.08",
        "vp09.00.12.08",
        "vp09.00.10.10",  # profile 0 has 8 bits
        "vp09.02.10.08",
        "vp09.00.10.08.03",  # profile 0 is 4:2:0
        "vp09.01.10.08.01",
        "vp09.0.10.08",
        "vp09.00.10.08.01.01.01.01.00.00",
        "av01.0.04M",
        "av01.3.04M.08",
        "av01.0.24M.08",
        "av01.0.02M.08",  # level 2.2 is reserved
        "av01.0.04H.08",  # the high tier begins at level 4.0
        "av01.0.04M.12",
        "av01.0.04M.09",
        "av01.0.04M.08.0.000",  # profile 0 is 4:2:0
        "av01.2.04M.08.0.110",  # profile 2 with 8 bits is 4:2:2
        "av01.1.04M.08.1",  # no grey in profile 1
        "av01.0.04M.08.0.119",
    ],
)
def test_what_is_no_video_string(text: str) -> None:
    assert parse_video(text) is None


AUDIO = {
    "opus": AudioCodec("opus"),
    "mp4a.40.2": AudioCodec("aac", "2"),
    "mp4a.40.02": AudioCodec("aac", "2"),
    "mp4a.40.5": AudioCodec("aac", "5"),
    "mp4a.67": AudioCodec("aac", "mpeg2"),
    "mp4a.6B": AudioCodec("mp3"),
    "mp3": AudioCodec("mp3"),
    "pcm-f32": AudioCodec("pcm", "f32"),
    "ulaw": AudioCodec("ulaw"),
}


@pytest.mark.parametrize(("text", "codec"), AUDIO.items())
def test_audio_strings(text: str, codec: AudioCodec) -> None:
    assert parse_audio(text) == codec


@pytest.mark.parametrize("text", ["", "Opus", "aac", "mp4a", "mp4a.40", "mp4a.40.99", "pcm-s8"])
def test_what_is_no_audio_string(text: str) -> None:
    assert parse_audio(text) is None


PIECES = st.sampled_from([*VIDEO, *AUDIO, ".", "0", "1", "M", "H", "L", "ff", "avc1", "٣"])


@given(st.lists(PIECES, max_size=4).map("".join) | st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    codec = parse_video(text)
    if codec is not None:
        assert text.isascii()
        assert codec.bit_depth in {8, 10, 12, 14, 16}
        assert codec.chroma in {"400", "420", "422", "444"}


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
def test_every_h264_string_has_its_bytes(profile: int, flags: int, level: int) -> None:
    codec = parse_video(f"avc1.{profile:02X}{flags:02x}{level:02X}")
    if codec is not None:
        assert (codec.profile, codec.constraints) == (profile, flags)
        assert codec.level == level or (codec.level, level) == (9, 11)
