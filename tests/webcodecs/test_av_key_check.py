from __future__ import annotations

from typing import Any

import pytest

from stripline.webcodecs import EncodedVideoChunk, EncodingError, VideoEncoder, VideoFrame
from stripline.webcodecs._av_key_check import begin_key_check
from stripline.webcodecs.codec_string import VideoCodec, parse_video
from tests.support import photograph

CODECS = ["vp8", "vp09.00.10.08", "vp09.01.10.08.03"]


def check_key_frame(codec: VideoCodec, data: bytes) -> None:
    check = begin_key_check(codec, data)
    if check is not None:
        check.verdict()


def parsed(codec: str) -> VideoCodec:
    found = parse_video(codec)
    assert found is not None
    return found


def encoded(codec: str) -> list[bytes]:
    chunks: list[EncodedVideoChunk] = []
    errors: list[Any] = []
    with VideoEncoder(chunks.append, errors.append) as encoder:
        encoder.configure(codec=codec, width=256, height=192, bitrate=2_000_000)
        for number in range(4):
            pixels = photograph()[10 * number : 10 * number + 192, :256]
            encoder.encode(VideoFrame(pixels, timestamp=number), key_frame=number == 2)
    assert not errors
    return [bytes(chunk) for chunk in chunks]


@pytest.mark.parametrize("codec", CODECS)
def test_key_frames_are_whole_or_not(codec: str) -> None:
    chunks = encoded(codec)
    for chunk in chunks:  # delta frames pass
        check_key_frame(parsed(codec), chunk)
    for part in (0.3, 0.5, 0.9):
        with pytest.raises(EncodingError, match="damaged"):
            check_key_frame(parsed(codec), chunks[0][: int(part * len(chunks[0]))])


@pytest.mark.parametrize("codec", ["avc1.42001E", "av01.0.04M.08"])
def test_other_codecs_are_not_checked(codec: str) -> None:
    assert begin_key_check(parsed(codec), b"anything") is None
