from __future__ import annotations

import io
import struct

import pytest
import pyvips
from PIL import Image

from stripline.errors import CorruptImage, LimitExceeded
from stripline.image.headers import gif, probe
from stripline.image.limits import Limits
from tests.image.headers.samples import animation, pillow, sample, vips

BLACK_WHITE = bytes(3) + b"\xff" * 3


def screen(width: int = 8, height: int = 4, flags: int = 0x80) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, flags, 0, 0) + BLACK_WHITE


def frame(left: int = 0, width: int = 8, flags: int = 0) -> bytes:
    return b"," + struct.pack("<HHHHB", left, 0, width, 4, flags) + b"\2\2\x44\1\0"


@pytest.mark.parametrize("frames", [1, 2, 7])
def test_frames_are_counted(frames: int) -> None:
    data = animation("gif", frames)
    info = probe(data)
    with Image.open(io.BytesIO(data)) as image:
        assert info.frames == frames == getattr(image, "n_frames", 1)
    assert info.animated == (frames > 1)
    assert (info.width, info.height) == (61, 40)


def test_depth_is_the_largest_tables() -> None:
    assert probe(screen() + frame() + b";").bit_depth == 1
    assert probe(vips(".gif", bitdepth=4)).bit_depth == 4
    assert probe(pillow("gif")).bit_depth == 8
    local = frame(flags=0x80 | 2)
    local = local[:10] + bytes(24) + local[10:]
    assert probe(screen() + local + b";").bit_depth == 3


def test_transparency_and_interlace() -> None:
    assert not probe(pillow("gif")).alpha
    holes = pyvips.Image.black(8, 8, bands=4).draw_rect([255] * 4, 2, 2, 4, 4, fill=True)
    assert probe(holes.copy(interpretation="srgb").gifsave_buffer()).alpha
    assert probe(pillow("gif", interlace=True)).progressive
    assert not probe(pillow("gif", interlace=False)).progressive


def test_the_first_frame_can_be_larger_than_the_screen() -> None:
    data = bytearray(pillow("gif"))
    data[6:10] = struct.pack("<HH", 1, 1)
    theirs = pyvips.Image.new_from_buffer(bytes(data), "")
    assert (probe(data).width, probe(data).height) == (theirs.width, theirs.height) == (61, 40)


def test_a_file_cut_short_has_the_frames_that_begin_in_it() -> None:
    data = sample("gif")
    third = data.rindex(b"\x00,\0\0") + 1
    assert probe(data[:third]).frames == 2
    assert probe(data[: third + 9]).frames == 2
    assert probe(data[: third + 10]).frames == 3


def test_junk_ends_the_file_as_it_does_for_decoders() -> None:
    assert probe(screen() + frame() * 2 + b"junk" + frame()).frames == 2


def test_blocks_are_not_walked_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    data = screen() + frame() + b"!\xfe" + b"\1x" * 1_000 + b"\0;"
    assert probe(data).frames == 1
    monkeypatch.setattr(gif, "_MAX_BLOCKS", 999)
    with pytest.raises(CorruptImage, match="more than 999 blocks"):
        probe(data)


def test_counting_stops_at_the_limit() -> None:
    many = screen() + frame() * 1000 + b";"
    assert probe(many).frames == 1000
    with pytest.raises(LimitExceeded, match="11 frames, of which 10 are allowed") as caught:
        probe(many, Limits(frames=10))
    assert (caught.value.what, caught.value.found, caught.value.allowed) == ("frames", 11, 10)
    with pytest.raises(LimitExceeded, match="100,001 frames, of which 100,000 are allowed"):
        probe(screen() + frame() * 100_001)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"GIF89a\1\0", "GIF: the file of 8 bytes ends within its header"),
        (screen() + b";", "no frame, at byte 19"),
        (screen() + b",\0\0", "needs 10 more, at byte 19"),
        (screen(0, 0) + frame(width=0) + b";", "0 x 4 pixels"),
    ],
)
def test_damage_is_named(data: bytes, text: str) -> None:
    with pytest.raises(CorruptImage, match=text):
        probe(data)
