from __future__ import annotations

import pytest

from stripline.webcodecs.enums import VideoPixelFormat
from stripline.webcodecs.pixel_formats import PIXEL_FORMATS, pixel_format


def test_every_format_is_described() -> None:
    assert set(PIXEL_FORMATS) == set(VideoPixelFormat)
    assert all(name == form.name for name, form in PIXEL_FORMATS.items())


# Bytes of 5 x 3 pixels, counted by hand from section 9.8.
@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("I420", 15 + 2 * 6),
        ("I420A", 15 + 2 * 6 + 15),
        ("I420P10", 2 * (15 + 2 * 6)),
        ("I422", 15 + 2 * 9),
        ("I422AP12", 2 * (15 + 2 * 9 + 15)),
        ("I444", 3 * 15),
        ("I444AP10", 2 * 4 * 15),
        ("NV12", 15 + 2 * 6),
        ("RGBA", 60),
        ("BGRX", 60),
    ],
)
def test_sizes(name: str, size: int) -> None:
    planes = pixel_format(name).planes
    assert sum(plane.row_bytes(5) * plane.rows(3) for plane in planes) == size


@pytest.mark.parametrize("name", list(VideoPixelFormat))
def test_names_say_what_formats_are(name: VideoPixelFormat) -> None:
    form = pixel_format(name)
    assert form.bits == (int(name[-2:]) if "P1" in name else 8)
    assert form.has_alpha == ("A" in name)
    assert form.is_rgb == ("RGB" in name or "BGR" in name)
    opaque = pixel_format(form.opaque)
    assert not opaque.has_alpha
    assert (opaque.bits, opaque.chroma) == (form.bits, form.chroma)
    assert form.planes[: len(opaque.planes)] == opaque.planes


def test_there_are_no_others() -> None:
    with pytest.raises(KeyError):
        pixel_format("I410")
