from __future__ import annotations

import io
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stripline.errors import CorruptImage, InvalidDimensions, StriplineError, UnsupportedFormat
from stripline.streams import open_rows
from stripline.streams.netpbm import NetpbmRows
from tests.streams.test_raw import Trickle
from tests.support import noise


def read(data: bytes) -> tuple[NetpbmRows, bytes]:
    source = open_rows(io.BytesIO(data))
    assert isinstance(source, NetpbmRows)
    return source, b"".join(bytes(batch.planes[0]) for batch in source.batches(3))


@pytest.mark.parametrize(
    ("header", "channels", "pixel_format"),
    [
        (b"P5 7 5 255\n", 1, "grey"),
        (b"P6\n7 5\n255\n", 3, "rgb"),
        (b"P6 # a comment\n# and another 9 9\n 7#glued\n5 255\n", 3, "rgb"),
        (b"P5\t7\r5\n255 ", 1, "grey"),
        (b"P7\nWIDTH 7\nHEIGHT 5\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\n", 3, "rgb"),
        (b"P7\nHEIGHT 5\nWIDTH 7\nDEPTH 1\nMAXVAL 255\nTUPLTYPE GRAYSCALE\nENDHDR\n", 1, "grey"),
        (
            b"P7\n# x\nWIDTH  7\n\nHEIGHT 5\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n",
            4,
            "rgba",
        ),
        (b"P7\nWIDTH 7\nHEIGHT 5\nDEPTH 4\nMAXVAL 255\nENDHDR\n", 4, "rgba"),
    ],
)
def test_headers(header: bytes, channels: int, pixel_format: str) -> None:
    pixels = noise(5, 7, channels).tobytes()
    source, found = read(header + pixels)
    assert (source.width, source.height, source.format) == (7, 5, pixel_format)
    assert found == pixels


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_what_pillow_writes(mode: str) -> None:
    image = Image.fromarray(noise(5, 7)).convert(mode)
    file = io.BytesIO()
    image.save(file, "ppm")
    assert read(file.getvalue())[1] == np.asarray(image).tobytes()


def test_no_byte_more_than_the_picture_is_read() -> None:
    picture = b"P5 2 2 255\n1234"
    file = io.BytesIO(picture + picture)
    for _ in range(2):
        source = open_rows(file)
        (batch,) = source.batches(9)
        assert bytes(batch.planes[0]) == b"1234"
    assert file.read() == b""


def test_from_a_pipe_that_trickles() -> None:
    source = open_rows(Trickle(b"P5 2 2 255\n1234", 1))
    assert b"".join(bytes(batch.planes[0]) for batch in source.batches(9)) == b"1234"


@pytest.mark.parametrize(
    ("data", "error", "text"),
    [
        (b"P6", CorruptImage, "ends early"),
        (b"P6 7 5 2", CorruptImage, "ends early"),
        (b"P6 # no end", CorruptImage, "ends early"),
        (b"P6 seven 5 255\n", CorruptImage, "'seven' for its width"),
        (b"P6 7 -5 255\n", CorruptImage, "'-5' for its height"),
        (b"P6 7 99999999999 255\n", CorruptImage, "for its height"),
        (b"P6 " + b" " * 70_000, CorruptImage, "longer than 65,536 bytes"),
        (b"P6 0 5 255\n", InvalidDimensions, "width is 0"),
        (b"P6 7 65536 255\n", InvalidDimensions, "height is 65,536"),
        (b"P6 7 5 65535\n", UnsupportedFormat, "maximum of 65535"),
        (b"P5 7 5 1\n", UnsupportedFormat, "maximum of 1 "),
        (b"P7\nWIDTH 7\nDEPTH 1\nMAXVAL 255\nENDHDR\n", CorruptImage, "no HEIGHT"),
        (b"P7\nWIDTH x\nHEIGHT 5\nDEPTH 1\nMAXVAL 255\nENDHDR\n", CorruptImage, "'x' for its"),
        (
            b"P7\nWIDTH 7\nHEIGHT 5\nDEPTH 2\nMAXVAL 255\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\n",
            UnsupportedFormat,
            r"2 samples \(GRAYSCALE_ALPHA\)",
        ),
        (
            b"P7\nWIDTH 7\nHEIGHT 5\nDEPTH 5\nMAXVAL 255\nENDHDR\n",
            UnsupportedFormat,
            r"5 samples \(no type\)",
        ),
    ],
)
def test_headers_that_cannot_be_read(data: bytes, error: type[StriplineError], text: str) -> None:
    with pytest.raises(error, match=text):
        open_rows(io.BytesIO(data))


@given(
    st.sampled_from([b"P5", b"P6", b"P7\n"]),
    st.lists(
        st.sampled_from(
            [b"WIDTH 7\n", b"HEIGHT 5\n", b"DEPTH 3\n", b"MAXVAL 255\n", b"ENDHDR\n", b" 7", b"#\n"]
        )
        | st.binary(max_size=6)
    ),
)
def test_any_header_is_read_or_refused(magic: bytes, parts: list[bytes]) -> None:
    with suppress(StriplineError):  # any other error fails the test
        source = open_rows(io.BytesIO(magic + b"".join(parts)))
        assert 1 <= source.width <= 65_535
