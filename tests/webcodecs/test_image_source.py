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
def test_a_still_picture_lasts_as_long_however_it_comes(name: str) -> None:
    data = saved(photo(), name)
    for last in range(1, 40):
        source = ImageSource(TYPES[name])
        source.feed(data[:-last], final=False)
        early = source.decode(0, 0) if source.tracks and source.has(0, 0) else None
        source.feed(data[-last:], final=True)
        assert source.decode(0, 0).duration is None
        assert early is None or early.duration is None
