from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stripline.streams.exif import EXIF_PREFIX, minimal_exif, orientation, with_orientation

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
