from __future__ import annotations

import dataclasses
import pickle
from typing import get_args

import pytest

from stripline.image.headers import FORMATS, Format, ImageInfo, probe
from tests.image.headers.samples import MAKERS, sample


def test_every_format_has_a_name_and_a_sample() -> None:
    assert tuple(FORMATS) == get_args(Format)
    assert {probe(sample(name)).format for name in MAKERS} == set(FORMATS)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("jpeg", "JPEG 61 x 40, 8-bit YCbCr, baseline, ICC profile, orientation 6"),
        ("gif", "GIF 61 x 40, 8-bit palette + alpha, lzw, 3 frames"),
        ("tiff-pages", "TIFF 61 x 40, 8-bit RGB, none, 3 pages"),
        ("apng", "PNG 61 x 40, 8-bit RGB, deflate, 3 frames"),
        ("bigtiff", "TIFF 61 x 40, 8-bit RGB, deflate, tiled"),
    ],
)
def test_description(name: str, text: str) -> None:
    assert probe(sample(name)).describe() == text


def test_size_after_orientation() -> None:
    info = ImageInfo("jpeg", 3, 2, 1, 8, "grey", alpha=False, coding="baseline")
    for orientation in range(1, 9):
        turned = dataclasses.replace(info, orientation=orientation)
        assert turned.upright_size == ((3, 2) if orientation < 5 else (2, 3))
        assert turned.pixels == 6


def test_facts_travel_to_other_processes_and_cannot_change() -> None:
    info = probe(sample("png"))
    assert pickle.loads(pickle.dumps(info)) == info  # noqa: S301 - our own
    with pytest.raises(dataclasses.FrozenInstanceError):
        info.width = 7  # type: ignore[misc]  # that is what is tested
