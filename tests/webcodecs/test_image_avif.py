"""What the boxes of AVIF files say, and which pictures are decoded."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image

from stripline.webcodecs.image_avif import is_plain_still, read_sequence
from stripline.webcodecs.image_source import ImageSource
from tests.webcodecs.pictures import animated, colors, photo, saved


def clear(number: int) -> Image.Image:
    """A photograph that fades to the right, or to the left where the number is odd."""
    image = photo(4 * number, alpha=True)
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if number % 2 else image


def moving(**options: object) -> bytes:
    more = [clear(number) for number in range(1, 4)]
    settings = {"save_all": True, "append_images": more, "duration": [30, 40, 50, 60]}
    return saved(clear(0), "AVIF", speed=9, **settings, **options)


def source_of(data: bytes) -> ImageSource:
    source = ImageSource("image/avif")
    source.feed(data, final=True)
    return source


def without(data: bytes, kind: bytes) -> bytes:
    """The same file, whose boxes of a kind count for nothing."""
    return data.replace(kind, b"free")


def test_an_animation_with_alpha_is_decoded_with_it() -> None:
    source = source_of(moving())
    assert [(scan.animated, len(scan.ends)) for scan in source.tracks] == [(False, 1), (True, 4)]
    for index in (0, 1, 3, 2, 0):
        frame = source.decode(1, index)
        assert frame.format == "RGBA"
        assert frame.duration == (30_000, 40_000, 50_000, 60_000)[index]
        wanted = np.asarray(clear(index)).astype(int)
        given = colors(frame).astype(int)
        assert np.abs(given - wanted)[..., 3].max() <= 8
        assert np.abs(given - wanted)[..., :3].mean() < 9


def test_the_still_picture_of_a_file_with_alpha_is_decoded_with_it() -> None:
    source = source_of(moving())
    given = colors(source.decode(0, 0)).astype(int)
    assert np.abs(given - np.asarray(clear(0)))[..., 3].max() <= 8


def test_the_sequence_is_decoded_where_the_picture_comes_first() -> None:
    data = moving()
    assert source_of(data).primary == 1
    source = source_of(data[:8] + b"avif" + data[12:])
    assert source.primary == 0
    given = colors(source.decode(1, 3)).astype(int)
    assert np.abs(given - np.asarray(clear(3)))[..., 3].max() <= 8


@pytest.mark.parametrize(
    ("data", "plain"),
    [
        (saved(photo(), "AVIF", speed=9), True),
        (saved(photo(alpha=True), "AVIF", speed=9), False),
        (saved(photo(), "AVIF", speed=9) + b"auxl grid", True),
    ],
)
def test_what_a_still_picture_is(data: bytes, plain: bool) -> None:
    assert is_plain_still(data) is plain
    assert read_sequence(data) is None


def test_how_often_a_sequence_is_shown_again() -> None:
    data = animated("AVIF", 3, speed=9)
    sequence = read_sequence(data)
    assert sequence is not None
    assert (sequence.track, sequence.alpha, sequence.repetitions) == (1, False, math.inf)
    unsaid = read_sequence(without(data, b"edts"))
    assert unsaid is not None
    assert unsaid.repetitions == math.inf
    edits = data.index(b"elst")
    for flags, length, again in ((0, None, 0), (1, 1, 0), (1, 3, 2)):
        changed = bytearray(data)
        changed[edits + 7] = flags
        if length is not None:
            edit = int.from_bytes(data[edits + 12 : edits + 20])
            header = data.index(b"tkhd")
            changed[header + 32 : header + 40] = (length * edit).to_bytes(8, "big")
        found = read_sequence(bytes(changed))
        assert found is not None
        assert found.repetitions == again
        assert source_of(bytes(changed)).tracks[1].repetitions == again


def test_media_data_are_not_searched() -> None:
    data = animated("AVIF", 3, speed=9)
    once = data.replace(b"elst\1\0\0\1", b"elst\1\0\0\0")
    names = b"elst\1\0\0\1 tkhd auxl grid"
    assert (
        source_of(once + (len(names) + 8).to_bytes(4) + b"free" + names).tracks[1].repetitions == 0
    )


def test_no_end_of_a_file_is_an_error_of_its_own() -> None:
    data = moving()
    for end in range(0, len(data), 7):
        read_sequence(data[:end])
        is_plain_still(data[:end])
