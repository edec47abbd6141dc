"""ImageSource: frames of files that are still coming in, or that end early."""

from __future__ import annotations

import numpy as np
import pytest

from stripline.webcodecs.exceptions import EncodingError
from stripline.webcodecs.image_source import ImageSource
from tests.webcodecs.pictures import animated, colors, photo, saved

TYPES = {"GIF": "image/gif", "PNG": "image/png", "WEBP": "image/webp"}


def source_of(name: str, data: bytes) -> ImageSource:
    source = ImageSource(TYPES[name])
    source.feed(data, final=True)
    return source


@pytest.mark.parametrize("name", list(TYPES))
def test_what_has_come_whole_of_a_cut_animation_is_decoded(name: str) -> None:
    data = animated(name, 5)
    whole, cut = source_of(name, data), source_of(name, data[: len(data) * 2 // 3])
    count = len(cut.tracks[0].ends)
    assert 1 < count < 5
    for index in range(count):
        frame, wanted = cut.decode(0, index), whole.decode(0, index)
        assert np.array_equal(colors(frame), colors(wanted))
        assert (frame.timestamp, frame.duration) == (wanted.timestamp, wanted.duration)
    with pytest.raises(EncodingError, match="is cut"):
        cut.decode(0, count)


@pytest.mark.parametrize("name", list(TYPES))
def test_a_cut_animation_is_decoded_in_any_order(name: str) -> None:
    data = animated(name, 4)
    whole = source_of(name, data)
    cut = source_of(name, data[: whole.tracks[0].ends[2] + 200])
    for index in (0, 1, 0, 1, 2, 0, 1, 2, 1):
        assert np.array_equal(colors(cut.decode(0, index)), colors(whole.decode(0, index)))


@pytest.mark.parametrize("at", [0.05, 0.5])
@pytest.mark.parametrize("name", list(TYPES))
def test_damage_stays_damage(name: str, at: float) -> None:
    data = bytearray(saved(photo(), name, **({"lossless": True} if name == "WEBP" else {})))
    middle = int(len(data) * at)
    data[middle : middle + 200] = bytes(200)
    source = source_of(name, bytes(data))
    seen = []
    for _ in range(3):
        try:
            seen.append(colors(source.decode(0, 0)).tobytes())
        except EncodingError as error:
            seen.append(str(error).encode())
    assert len(set(seen)) == 1
    if name == "PNG":
        assert b"damaged" in seen[0]


@pytest.mark.parametrize("name", list(TYPES))
def test_a_still_picture_lasts_as_long_however_it_comes(name: str) -> None:
    data = saved(photo(), name)
    for last in range(1, 40):
        source = ImageSource(TYPES[name])
        source.feed(data[:-last], final=False)
        early = source.decode(0, 0) if source.tracks and source.has(0, 0) else None
        source.feed(data[-last:], final=True)
        assert source.decode(0, 0).duration is None
        assert early is None or early.duration is None
