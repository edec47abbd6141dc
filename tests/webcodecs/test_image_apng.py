"""APNG: how frames are laid over each other, and what is wrong with some."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

from stripline.webcodecs.exceptions import EncodingError
from stripline.webcodecs.image_source import ImageSource
from tests.webcodecs.pictures import animated, colors, photo, saved

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 8
RED, BLUE, HALF_BLUE = (255, 0, 0, 255), (0, 0, 255, 255), (0, 0, 255, 128)
NONE, BACKGROUND, PREVIOUS = range(3)
SOURCE, OVER = range(2)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def apng(
    frames: list[tuple[NDArray[Any], tuple[int, int], int, int]],
    kind: int = 6,
    more: bytes = b"",
    count: int | None = None,
) -> bytes:
    """A file of frames: samples of shape (height, width, channels), x and y, disposal, blending."""
    data = b"\x89PNG\r\n\x1a\n" + chunk(
        b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 8, kind, 0, 0, 0)
    )
    data += chunk(b"acTL", struct.pack(">II", len(frames) if count is None else count, 0)) + more
    number = 0
    for index, (pixels, (x, y), dispose, blend) in enumerate(frames):
        height, width = pixels.shape[:2]
        control = (number, width, height, x, y, 1, 10, dispose, blend)
        data += chunk(b"fcTL", struct.pack(">IIIIIHHBB", *control))
        samples = zlib.compress(b"".join(b"\0" + row.tobytes() for row in pixels))
        number += 1 + bool(index)
        rest = struct.pack(">I", number - 1) + samples
        data += chunk(b"fdAT", rest) if index else chunk(b"IDAT", samples)
    return data + chunk(b"IEND", b"")


def plain(color: tuple[int, ...], width: int = SIDE, height: int = SIDE) -> NDArray[Any]:
    return np.full((height, width, len(color)), color, np.uint8)


def source_of(data: bytes) -> ImageSource:
    source = ImageSource("image/png")
    source.feed(data, final=True)
    return source


def test_what_is_half_clear_over_what_is_opaque_is_opaque() -> None:
    data = apng([(plain(RED), (0, 0), NONE, SOURCE), (plain(HALF_BLUE, 4, 4), (2, 2), NONE, OVER)])
    frame = colors(source_of(data).decode(0, 1))
    assert frame[0, 0].tolist() == list(RED)
    assert np.abs(frame[3, 3].astype(int) - (127, 0, 128, 255)).max() <= 1


def test_a_palette_with_alpha_is_mixed_as_colours() -> None:
    palette = chunk(b"PLTE", bytes([255, 0, 0, 0, 0, 255])) + chunk(b"tRNS", bytes([255, 128]))
    below, above = plain((0,)), plain((1,), 4, 4)
    data = apng([(below, (0, 0), NONE, SOURCE), (above, (2, 2), NONE, OVER)], 3, palette)
    frame = colors(source_of(data).decode(0, 1))
    assert frame[0, 0].tolist() == list(RED)
    assert np.abs(frame[3, 3].astype(int) - (127, 0, 128, 255)).max() <= 1


def test_a_grey_that_stands_for_nothing_shows_what_is_below() -> None:
    clear = chunk(b"tRNS", struct.pack(">H", 7))
    data = apng(
        [(plain((200,)), (0, 0), NONE, SOURCE), (plain((7,)), (0, 0), NONE, OVER)], 0, clear
    )
    assert colors(source_of(data).decode(0, 1))[3, 3].tolist() == [200, 200, 200, 255]


def test_disposal() -> None:
    last = (plain(BLUE, 1, 1), (7, 7), NONE, SOURCE)
    for dispose, left in ((NONE, BLUE), (BACKGROUND, (0, 0, 0, 0)), (PREVIOUS, RED)):
        middle = (plain(BLUE, 4, 4), (2, 2), dispose, SOURCE)
        source = source_of(apng([(plain(RED), (0, 0), NONE, SOURCE), middle, last]))
        for index, color in ((2, left), (1, BLUE), (0, RED), (2, left)):
            assert colors(source.decode(0, index))[3, 3].tolist() == list(color)
    first = (plain(RED), (0, 0), PREVIOUS, SOURCE)  # there is nothing before: it goes
    assert colors(source_of(apng([first, last])).decode(0, 1))[0, 0].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("seed", range(12))
def test_frames_are_as_ffmpeg_lays_them(seed: int) -> None:
    random = np.random.default_rng(seed)
    frames = [(random.integers(0, 256, (SIDE, SIDE, 4), np.uint8), (0, 0), NONE, SOURCE)]
    for _ in range(6):
        x, y = (int(at) for at in random.integers(0, SIDE, 2))
        size = (int(random.integers(1, SIDE - y + 1)), int(random.integers(1, SIDE - x + 1)), 4)
        pixels = random.integers(0, 256, size, np.uint8)
        frames.append((pixels, (x, y), int(random.integers(3)), int(random.integers(2))))
    data = apng(frames)
    source = source_of(data)
    with av.open(io.BytesIO(data), "r") as file:
        wanted = [frame.to_ndarray(format="rgba") for frame in file.decode(video=0)]
    assert len(wanted) == len(frames)
    for index in random.permutation(len(frames)):
        frame = colors(source.decode(0, int(index))).astype(int)
        seen = frame[..., 3] > 16  # where little is left, colours are of few bits
        assert np.abs(frame - wanted[index])[seen].max(initial=0) <= 8
        assert np.abs(frame - wanted[index])[..., 3].max() <= 1


def test_frames_before_a_damaged_one_are_decoded() -> None:
    whole = animated("PNG", 4)
    ends = source_of(whole).tracks[0].ends
    damaged = bytearray(whole)
    damaged[ends[1] + 500] ^= 0x10
    source = source_of(bytes(damaged))
    for index in (0, 1, 0):
        assert np.array_equal(
            colors(source.decode(0, index)), colors(source_of(whole).decode(0, index))
        )
    for index in (2, 3, 2):
        with pytest.raises(EncodingError, match="checksum"):
            source.decode(0, index)
    assert source.decode(0, 1).timestamp == 100_000


@pytest.mark.parametrize("wrong", ["place", "order"])
def test_frames_that_are_out_of_place_are_errors(wrong: str) -> None:
    frames = [(plain(RED), (0, 0), NONE, SOURCE), (plain(BLUE, 4, 4), (5, 2), NONE, SOURCE)]
    data = apng(frames)
    if wrong == "order":
        data = data.replace(struct.pack(">II", 1, 4), struct.pack(">II", 2, 4))
        at = data.rindex(b"fcTL")
        data = data[: at + 30] + zlib.crc32(data[at : at + 30]).to_bytes(4) + data[at + 34 :]
    source = source_of(data)
    assert colors(source.decode(0, 0))[0, 0].tolist() == list(RED)
    with pytest.raises(EncodingError, match="missing" if wrong == "order" else "not within 8 x 8"):
        source.decode(0, 1)


@pytest.mark.parametrize("count", [0, 1 << 31])
def test_an_animation_of_an_impossible_count_is_a_still_picture(count: int) -> None:
    source = source_of(apng([(plain(RED), (0, 0), NONE, SOURCE)] * 2, count=count))
    assert (source.tracks[0].animated, len(source.tracks[0].ends)) == (False, 1)
    frame = source.decode(0, 0)
    assert frame.duration is None
    assert colors(frame)[0, 0].tolist() == list(RED)


def test_an_orientation_after_the_frames_is_found() -> None:
    exif = b"II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0"
    for data in (animated("PNG", 2), saved(photo(), "PNG")):
        turned = data[:-12] + chunk(b"eXIf", exif) + data[-12:]
        assert source_of(turned).decode(0, 0).rotation == 90
