from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from stripline.streams.exif import (
    EXIF_PREFIX,
    minimal_exif,
    orientation,
    with_orientation,
    without_thumbnail,
)

ORIENTATIONS = range(1, 9)


def pillow_exif(value: int | None = None, *, make: str = "Maker") -> bytes:
    exif = Image.Exif()
    exif[0x010F] = make
    if value is not None:
        exif[0x0112] = value
    return exif.tobytes()


def as_pillow_reads(exif: bytes) -> dict[int, object]:
    read = Image.Exif()
    read.load(EXIF_PREFIX + exif.removeprefix(EXIF_PREFIX))
    return dict(read)


@pytest.mark.parametrize("value", ORIENTATIONS)
def test_reads_what_others_wrote(value: int) -> None:
    assert orientation(pillow_exif(value)) == value
    assert orientation(pillow_exif(value).removeprefix(EXIF_PREFIX)) == value


@pytest.mark.parametrize("value", ORIENTATIONS)
def test_others_read_the_minimal_one(value: int) -> None:
    assert as_pillow_reads(minimal_exif(value)) == {0x0112: value}
    assert orientation(minimal_exif(value)) == value


def test_no_orientation_is_upright() -> None:
    assert orientation(pillow_exif()) == 1


@pytest.mark.parametrize("value", ORIENTATIONS)
@pytest.mark.parametrize("before", [None, 1, 3, 6])
@pytest.mark.parametrize("make", ["Maker", "M"])
def test_changing_it_keeps_all_else(value: int, before: int | None, make: str) -> None:
    exif = with_orientation(pillow_exif(before, make=make), value)
    assert exif is not None
    assert orientation(exif) == value
    assert as_pillow_reads(exif)[0x010F] == make


def test_what_says_so_already_is_not_touched() -> None:
    exif = pillow_exif(6)
    assert with_orientation(exif, 6) is exif
    assert with_orientation(None, 1) is None
    assert with_orientation(b"nonsense", 1) == b"nonsense"


def test_nothing_and_nonsense_become_the_minimal_one() -> None:
    assert with_orientation(None, 6) == minimal_exif(6)
    assert with_orientation(b"nonsense", 6) == minimal_exif(6)


@given(st.binary(max_size=80), st.sampled_from([b"", b"II*\0", b"MM\0*", b"MM\0*\0\0\0\x08"]))
def test_any_bytes_are_survived(tail: bytes, head: bytes) -> None:
    assert orientation(head + tail) in ORIENTATIONS
    changed = with_orientation(head + tail, 5)
    assert changed is not None
    assert orientation(changed) == 5


@given(st.data())
def test_damage_anywhere_is_survived(data: st.DataObject) -> None:
    exif = bytearray(pillow_exif(6).removeprefix(EXIF_PREFIX))
    for _ in range(data.draw(st.integers(1, 4))):
        exif[data.draw(st.integers(0, len(exif) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(exif[: data.draw(st.integers(0, len(exif)))])
    assert orientation(cut) in ORIENTATIONS
    changed = with_orientation(cut, 7)
    assert changed is not None
    assert orientation(changed) == 7


THUMBNAIL = b"\xff\xd8" + b"a small secret " * 9 + b"\xff\xd9"


def with_thumbnail(order: str, *, last: bool = True, strips: bool = False) -> bytes:
    """EXIF with an orientation and a maker in IFD0, and a thumbnail, which may come last."""
    maker = b"somebody\0"
    first = 8 + 2 + 2 * 12 + 4
    second = first + len(maker) + 1
    pixels = second + 2 + 2 * 12 + 4
    data = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8)
    data += struct.pack(f"{order}HHHII", 2, 0x010F, 2, len(maker), first)
    data += struct.pack(f"{order}HHIHHI", 0x0112, 3, 1, 6, 0, second) + maker + b"\0"
    where, how_long = (0x0111, 0x0117) if strips else (0x0201, 0x0202)
    data += struct.pack(f"{order}HHHII", 2, where, 4, 1, pixels)
    data += struct.pack(f"{order}HHIII", how_long, 4, 1, len(THUMBNAIL), 0) + THUMBNAIL
    return data if last else data + b"what a maker put here"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("strips", [True, False])
@pytest.mark.parametrize("prefix", [b"", EXIF_PREFIX])
def test_thumbnails_go_and_nothing_else(
    order: str, last: bool, strips: bool, prefix: bytes
) -> None:
    before = prefix + with_thumbnail(order, last=last, strips=strips)
    read = Image.Exif()
    read.load(EXIF_PREFIX + before.removeprefix(EXIF_PREFIX))
    assert read.get_ifd(ExifTags.IFD.IFD1)
    after = without_thumbnail(before)
    assert b"secret" in before
    assert b"secret" not in after
    assert after.startswith(prefix)
    assert as_pillow_reads(after) == as_pillow_reads(before) == {0x010F: "somebody", 0x0112: 6}
    read.load(EXIF_PREFIX + after.removeprefix(EXIF_PREFIX))
    assert not read.get_ifd(ExifTags.IFD.IFD1)
    assert (len(after) < len(before)) == last
    assert last or after.endswith(b"what a maker put here")
    assert without_thumbnail(after) == after


def test_exif_without_a_thumbnail_is_left_as_it_is() -> None:
    for exif in (pillow_exif(3), minimal_exif(6), b"", b"nonsense", EXIF_PREFIX + b"II*\0"):
        assert without_thumbnail(exif) == exif


@given(
    st.lists(st.tuples(st.integers(0, 250), st.integers(0, 255)), max_size=6), st.integers(0, 250)
)
def test_damaged_exif_never_fails(flips: list[tuple[int, int]], end: int) -> None:
    exif = bytearray(with_thumbnail("<"))
    for at, value in flips:
        exif[at % len(exif)] = value
    cut = bytes(exif[:end])
    assert len(without_thumbnail(cut)) <= len(cut)
    assert orientation(without_thumbnail(cut)) == orientation(cut)
