"""Whatever a file's bytes are, there is an answer with sense in it or an error of ours."""

from __future__ import annotations

import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripline.errors import CorruptImage, LimitExceeded, SourceError, UnsupportedFormat
from stripline.image.headers import FORMATS, ImageInfo, probe
from stripline.image.limits import Limits
from tests.image.headers.samples import MAKERS, sample

# Beyond it, cutting and changing bytes touches pixels only.
HEADER_BYTES = 1_500
MAGICS = (
    b"\xff\xd8\xff",
    sample("png")[:33],
    b"GIF89a",
    sample("webp")[:20],
    b"II*\0\x08\0\0\0",
    b"MM\0+\0\x08\0\0" + bytes(7) + b"\x10",
    sample("bmp")[:18],
    sample("avif")[:40],
    sample("heic")[:40],
    b"<svg ",
    b"\xff\x0a",
)


class Forward(io.RawIOBase):
    """A stream of a few bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, size: int = -1, /) -> bytes:
        return self._data.read(min(size, 777))


def check(info: ImageInfo) -> None:
    assert info.format in FORMATS
    assert min(info.width, info.height, info.bit_depth) >= 1
    assert info.frames >= (info.format != "jxl")
    assert 1 <= info.orientation <= 8
    assert info.icc_bytes >= 0
    assert info.pixels >= info.width * info.height
    assert info.describe()


@pytest.mark.parametrize("name", MAKERS)
def test_cut_at_every_byte(name: str) -> None:
    data = sample(name)
    whole = probe(data)
    for end in range(min(len(data), HEADER_BYTES)):
        try:
            info = probe(data[:end])
        except (CorruptImage, UnsupportedFormat):
            continue
        # What is said of a part is true of the whole: only later frames may be missing, and what
        # they bring.
        check(info)
        assert (info.format, info.width, info.height) == (whole.format, whole.width, whole.height)
        assert (info.orientation, info.icc_bytes) == (whole.orientation, whole.icc_bytes)
        assert info.frames <= whole.frames


@pytest.mark.parametrize("name", MAKERS)
@given(data=st.data())
def test_changed_bytes(name: str, data: st.DataObject) -> None:
    damaged = bytearray(sample(name)[: 4 * HEADER_BYTES])
    places = st.integers(0, min(len(damaged), HEADER_BYTES) - 1)
    changes = data.draw(st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=8))
    for at, value in changes:
        damaged[at] = value
    answers = []
    for source in (bytes(damaged), Forward(bytes(damaged))):
        try:
            info = probe(source, Limits())
        except SourceError as error:
            answers.append(type(error).__name__)
        else:
            check(info)
            answers.append(info.describe())
    # A stream may only differ by how far it may be followed.
    assert answers[0] == answers[1] or "LimitExceeded" in answers


@given(st.sampled_from(MAGICS), st.binary(max_size=300))
def test_any_bytes_after_a_magic(magic: bytes, tail: bytes) -> None:
    with suppress(CorruptImage, UnsupportedFormat, LimitExceeded):  # any other fails the test
        check(probe(magic + tail))


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("value", [0x00, 0xFF, 0x7F])
def test_extreme_numbers_everywhere(name: str, value: int) -> None:
    data = sample(name)
    for at in range(min(len(data), 600)):
        for size in (1, 4, 8):
            damaged = data[:at] + bytes((value,)) * size + data[at + size :]
            with suppress(CorruptImage, UnsupportedFormat, LimitExceeded):
                check(probe(damaged))
