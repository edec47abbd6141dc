from __future__ import annotations

import io
import struct

import pytest
from PIL import Image

from stripline.errors import CorruptImage, LimitExceeded
from stripline.image.headers import probe
from stripline.image.limits import Limits
from tests.image.headers.samples import ICC_PROFILE, animation, exif, pillow, sample

EXTENDED = sample("webp")
ANIMATED = sample("webp-animated")


def changed(data: bytes, at: bytes, offset: int, new: bytes) -> bytes:
    start = data.index(at) + offset
    return data[:start] + new + data[start + len(new) :]


@pytest.mark.parametrize(
    ("mode", "lossless", "colour"),
    [
        ("RGB", False, "ycbcr"),
        ("RGB", True, "rgb"),
        ("RGBA", False, "ycbcr"),
        ("RGBA", True, "rgb"),
    ],
)
@pytest.mark.parametrize("profile", [b"", ICC_PROFILE])
def test_kinds(mode: str, lossless: bool, colour: str, profile: bytes) -> None:
    info = probe(pillow("webp", mode, lossless=lossless, icc_profile=profile))
    assert (info.width, info.height, info.bit_depth, info.frames) == (61, 40, 8, 1)
    assert (info.lossless, info.colour, info.alpha) == (lossless, colour, mode == "RGBA")
    assert info.icc_bytes == len(profile)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(orientation: int) -> None:
    assert probe(pillow("webp", exif=exif(orientation))).orientation == orientation


@pytest.mark.parametrize("lossless", [False, True])
def test_animation(lossless: bool) -> None:
    data = animation("webp", 4, "RGBA", lossless=lossless, exif=exif(7))
    info = probe(data)
    with Image.open(io.BytesIO(data)) as image:
        assert info.frames == image.n_frames == 4  # type: ignore[attr-defined]  # the plugin's own
    assert (info.animated, info.alpha, info.orientation) == (True, True, 7)
    assert info.lossless == lossless


def test_counting_stops_at_the_limit() -> None:
    with pytest.raises(LimitExceeded, match="3 frames, of which 2 are allowed"):
        probe(ANIMATED, Limits(frames=2))


def test_a_file_cut_short_has_the_frames_that_begin_in_it() -> None:
    last = ANIMATED.rindex(b"ANMF")
    assert probe(ANIMATED[:last]).frames == 2
    assert probe(ANIMATED[: last + 40]).frames == 3


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (EXTENDED[:12], "WebP: the file of 12 bytes ends"),
        (EXTENDED[:-40], "ends within its header"),  # EXIF, which comes last
        (changed(EXTENDED, b"VP8X", 0, b"VP9X"), "the first chunk is b'VP9X'"),
        (changed(EXTENDED, b"VP8X", 4, b"\2"), "a VP8X chunk that is too short"),
        (changed(EXTENDED, b"VP8X", 12, b"\1\0\0"), "61 x 40 pixels on a canvas of 2 x 40"),
        (changed(EXTENDED, b"VP8 ", 0, b"VP8?"), "no pixels"),
        (changed(EXTENDED, b"\x9d\x01\x2a", 0, b"\0"), "does not begin with a key frame"),
        (changed(EXTENDED, b"\x9d\x01\x2a", 3, b"\0\0"), "0 x 40 pixels"),
        (changed(sample("webp-lossless"), b"VP8L", 8, b"\0"), "VP8L without its signature"),
        (changed(ANIMATED, b"ANMF", 14, b"\xff"), "a frame that is not within the canvas"),
        (
            EXTENDED[:4] + b"\xff" * 4 + EXTENDED[8:30] + b"JUNK\0\0\0\0" * 200_001,
            "more than 200,000 chunks",
        ),
    ],
)
def test_damage_is_named(data: bytes, text: str) -> None:
    with pytest.raises(CorruptImage, match=text):
        probe(data)


def test_the_largest_size_of_a_canvas() -> None:
    head = b"RIFF" + struct.pack("<I", 1000) + b"WEBPVP8X" + struct.pack("<II", 10, 2)
    frame = b"ANMF" + struct.pack("<I", 24) + bytes(16) + b"VP8L" + bytes(4)
    info = probe(head + b"\xff" * 6 + frame)
    assert (info.width, info.height, info.frames) == (1 << 24, 1 << 24, 1)
