from __future__ import annotations

from stripline.webcodecs.codec_string import VideoCodec
from stripline.webcodecs.levels import fits_level, fits_level_in_time, level_name


def test_levels() -> None:
    assert fits_level(VideoCodec("avc", 66, 30), 720, 576)
    assert not fits_level(VideoCodec("avc", 66, 30), 736, 576)
    assert not fits_level(VideoCodec("avc", 66, 31), 3600 * 16, 16)
    assert fits_level(VideoCodec("hevc", 1, 93), 1280, 720)
    assert not fits_level(VideoCodec("hevc", 1, 93), 1920, 1080)
    assert fits_level(VideoCodec("vp9", 0, 10), 4096, 4096)
    assert level_name(VideoCodec("avc", 66, 9)) == "1b"
    assert level_name(VideoCodec("avc", 66, 31)) == "3.1"
    assert level_name(VideoCodec("hevc", 1, 153)) == "5.1"


def test_levels_in_time() -> None:
    assert fits_level_in_time(VideoCodec("hevc", 1, 93), 1280, 720, 36)
    assert not fits_level_in_time(VideoCodec("hevc", 1, 93), 1280, 720, 36.1)
    assert fits_level_in_time(VideoCodec("avc", 66, 10), 176, 144, 1000)
