"""Files play in FFmpeg's own program and in a browser."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from stripline.webcodecs.containers import Muxer
from tests.webcodecs.containers.media import (
    HEIGHT,
    RATE,
    WIDTH,
    encoded,
    encoded_tone,
    muxed,
    picture,
    read,
    with_b_frames,
)
from tests.webcodecs.containers.players import Chromium, probe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MP4 = ("avc1.42C00B", "vp09.00.10.08", "av01.0.00M.08")
WEBM = ("vp8", "vp09.00.10.08", "av01.0.00M.08")
# Debian's Chromium plays no H.265.
FILES = [("mp4", codec) for codec in MP4] + [("webm", codec) for codec in WEBM]


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    browser = Chromium()
    yield browser
    browser.close()


def expected_row(index: int) -> Any:
    return picture(index)[HEIGHT // 2].astype(int)


@pytest.mark.parametrize("fragmented", [False, True])
@pytest.mark.parametrize(("name", "codec"), FILES)
def test_chromium_plays_and_seeks(
    name: str, codec: str, browser: Chromium, *, fragmented: bool
) -> None:
    data = muxed(encoded(codec), name, fragmented=fragmented)
    # In the midst of a frame, forwards and backwards, over key frames. A live WebM has no index.
    frames = [0] if fragmented and name == "webm" else [0, 25, 7, 14]
    found = browser.play(data, f"video/{name}", [(index + 0.5) / RATE for index in frames])
    assert (found["width"], found["height"]) == (WIDTH, HEIGHT)
    if not fragmented or name == "mp4":  # a live WebM has no duration
        assert found["duration"] == pytest.approx(1.0, abs=0.05)
    for index, row in zip(frames, found["seen"], strict=True):
        seen = np.array(row).reshape(-1, 4)[:, :3]
        wrong = [np.abs(seen - expected_row(index + away)).mean() for away in (-2, 0, 2)]
        assert wrong[1] < 20
        assert wrong[1] == min(wrong)


def test_chromium_turns_pictures(browser: Chromium) -> None:
    data = muxed(encoded("avc1.42C00B", 3, 10, 90), "mp4")
    found = browser.play(data, "video/mp4", [0.05])
    assert (found["width"], found["height"]) == (HEIGHT, WIDTH)


@pytest.mark.parametrize(
    ("name", "codec", "sound"),
    [
        ("mp4", "avc1.42C00B", "mp4a.40.2"),
        ("mp4", "avc1.42C00B", "opus"),
        ("mp4", "vp09.00.10.08", "flac"),
        ("webm", "vp8", "opus"),
        ("webm", "vp8", "vorbis"),
    ],
)
def test_chromium_plays_sound_beside_pictures(
    name: str, codec: str, sound: str, browser: Chromium
) -> None:
    target = io.BytesIO()
    with Muxer(target, name) as muxer:
        for chunk, metadata in encoded(codec) + encoded_tone(sound):
            muxer.write(chunk, metadata)
    found = browser.play(target.getvalue(), f"video/{name}", [0.5])
    assert found["duration"] == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("fragmented", [False, True])
@pytest.mark.parametrize(
    ("name", "codec"), [*FILES, ("mp4", "hvc1.1.6.L30.90"), ("matroska", "avc1.42C00B")]
)
def test_ffprobe_has_nothing_to_complain_of(
    name: str, codec: str, tmp_path: Path, *, fragmented: bool
) -> None:
    path = tmp_path / "clip"
    path.write_bytes(muxed(encoded(codec), name, fragmented=fragmented))
    found = probe(path)
    (stream,) = found["streams"]
    assert (stream["width"], stream["height"]) == (WIDTH, HEIGHT)
    assert stream["nb_read_frames"] == "30"
    assert stream["color_space"] == "bt709"
    if not fragmented:
        assert float(found["format"]["duration"]) == pytest.approx(1.0, abs=0.002)


@pytest.mark.parametrize("encoder", ["libx264", "libx265"])
def test_ffprobe_likes_b_frames(encoder: str, tmp_path: Path) -> None:
    track, chunks = read(with_b_frames(encoder))
    path = tmp_path / "clip.mp4"
    with Muxer(path) as muxer:
        muxer.add_video_track(track.decoder_config)
        for chunk in chunks:
            muxer.write(chunk)
    (stream,) = probe(path)["streams"]
    assert stream["nb_read_frames"] == "30"
    assert float(stream["start_time"]) == 0
    assert int(stream["has_b_frames"]) > 0
