"""What the beginning of a picture file says."""

from __future__ import annotations

import pytest

from stripline.webcodecs.exceptions import EncodingError
from stripline.webcodecs.image_scan import SCANNERS, Scan
from tests.webcodecs.pictures import animated, photo, saved

FILES: list[tuple[str, bytes, int]] = [
    ("image/gif", animated("GIF", 3, [10, 20, 30], loop=0), 3),
    ("image/png", animated("PNG", 3, [10, 20, 30]), 3),
    ("image/png", animated("PNG", 3, [10, 20], default_image=True), 2),
    ("image/webp", animated("WEBP", 3, [10, 20, 30]), 3),
    ("image/gif", saved(photo(), "GIF"), 1),
    ("image/png", saved(photo(), "PNG"), 1),
    ("image/webp", saved(photo(alpha=True), "WEBP"), 1),
    ("image/jpeg", saved(photo(), "JPEG"), 1),
]


def scan(media_type: str, data: bytes, *, final: bool) -> Scan:
    found = Scan()
    SCANNERS[media_type](found, data, final=final)
    return found


@pytest.mark.parametrize(("media_type", "data", "count"), FILES)
@pytest.mark.parametrize("step", [1, 7, 1000])
def test_pieces_say_the_same_as_the_whole(
    media_type: str, data: bytes, count: int, step: int
) -> None:
    found, so_far = Scan(), bytearray()
    for at in range(0, len(data), step):
        so_far += data[at : at + step]
        SCANNERS[media_type](found, so_far, final=False)
    SCANNERS[media_type](found, so_far, final=True)
    assert len(found.ends) == count
    assert found == scan(media_type, data, final=True)


@pytest.mark.parametrize(("media_type", "data", "count"), FILES)
def test_frames_are_found_one_by_one(media_type: str, data: bytes, count: int) -> None:
    whole = scan(media_type, data, final=True)
    assert len(whole.ends) == count
    assert whole.ends[-1] <= len(data)
    if media_type == "image/jpeg":
        return  # a JPEG's end is known with the last byte only
    # That a frame of APNG has ended is known with the header of the next chunk, and whether the
    # first one of a GIF is all there is with the next byte.
    more = 8 if whole.animated and media_type == "image/png" else 0
    for number, at in enumerate(whole.ends):
        end = at + more + (media_type == "image/gif" and number == 0)
        assert len(scan(media_type, data[:end], final=False).ends) == number + 1
        assert len(scan(media_type, data[: end - 1], final=False).ends) == number


def test_a_webp_canvas_that_no_picture_fills_is_refused() -> None:
    data = bytearray(animated("WEBP", 2))
    data[29] = 0x10  # the third byte of the height
    with pytest.raises(EncodingError, match="160 x 1048696"):
        scan("image/webp", bytes(data), final=True)


def test_a_gif_frame_without_a_delay_has_none_of_another() -> None:
    data = animated("GIF", 3, [10, 20, 30])
    second = data.index(b"\x21\xf9\x04", data.index(b"\x21\xf9\x04") + 8)
    found = scan("image/gif", data[:second] + data[second + 8 :], final=True)
    assert found.durations == [10_000, 0, 30_000]


@pytest.mark.parametrize(("media_type", "data", "count"), FILES)
def test_no_beginning_says_more_than_the_whole(media_type: str, data: bytes, count: int) -> None:
    known = False
    for size in [*range(400), *range(400, len(data), 97), len(data)]:
        found = scan(media_type, data[:size], final=False)
        assert len(found.ends) <= count
        assert found.known >= known  # what is known stays so
        known = found.known
    assert known


@pytest.mark.parametrize("media_type", list(SCANNERS))
def test_other_data_is_refused_at_once(media_type: str) -> None:
    with pytest.raises(EncodingError, match="it begins with 6e 6f"):
        scan(media_type, b"no", final=False)
    with pytest.raises(EncodingError):
        scan(media_type, b"", final=True)
