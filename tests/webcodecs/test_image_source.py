"""ImageSource: frames of files that are still coming in, or that end early."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from stripline.webcodecs.exceptions import EncodingError
from stripline.webcodecs.image_source import ImageSource
from tests.webcodecs.pictures import HEIGHT, WIDTH, animated, colors, photo, saved

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


def test_a_gif_cut_within_its_second_frame_has_its_first() -> None:
    data = animated("GIF", 2)
    for end in range(source_of("GIF", data).tracks[0].ends[0], len(data), 101):
        for more in (b"", b"\x2c\0"):
            frame = source_of("GIF", data[:end] + more).decode(0, 0)
            assert frame.coded_width == WIDTH


@pytest.mark.parametrize("cut", [1, 4, 5, 11, 12])
def test_a_png_without_its_end_is_decoded(cut: int) -> None:
    for data, last in ((saved(photo(), "PNG"), 0), (animated("PNG", 3), 2)):
        whole, short = source_of("PNG", data), source_of("PNG", data[:-cut])
        assert len(short.tracks[0].ends) == last + 1
        frame, wanted = short.decode(0, last), whole.decode(0, last)
        assert np.array_equal(colors(frame), colors(wanted))
        assert frame.duration == wanted.duration
    for cut_more in (13, 50):
        with pytest.raises(EncodingError, match="is cut"):
            source_of("PNG", saved(photo(), "PNG")[:-cut_more]).decode(0, 0)


def test_large_pictures_are_refused_without_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = WIDTH * HEIGHT
    stills = {name: saved(photo(), name) for name in ("PNG", "GIF")}
    moving = {name: animated(name, 2) for name in TYPES}
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", pixels * 2 // 3)
    for name, data in stills.items():
        assert source_of(name, data).decode(0, 0).coded_width == WIDTH
    for name, data in moving.items():
        with pytest.raises(EncodingError, match="160 x 120"):
            source_of(name, data).decode(0, 1)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", pixels // 3)
    for name, data in stills.items():
        with pytest.raises(EncodingError, match="160 x 120"):
            source_of(name, data).decode(0, 0)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    for name, data in moving.items():
        assert source_of(name, data).decode(0, 1).coded_width == WIDTH
