"""HEIC, by pi-heif."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest
from PIL import Image

from stripline import image
from stripline.errors import MissingDependency
from stripline.image import MemorySinks, Recipe
from tests.image.headers import samples
from tests.support import psnr


def made(source: bytes, **values: object) -> Image.Image:
    sinks = MemorySinks()
    image.process(source, Recipe.read({"output": {"format": "png"}, **values}), sinks)
    return Image.open(io.BytesIO(sinks.files[""]))


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_the_picture(mode: str) -> None:
    picture = made(samples.heic(mode, quality=95))
    assert picture.mode == mode
    assert psnr(np.asarray(picture), np.asarray(samples.picture(mode))) > 34


def test_it_is_turned_once_and_its_exif_says_so() -> None:
    # pillow-heif writes the turn that EXIF asks for as a property of the picture (irot).
    source = samples.heic(quality=95, exif=samples.exif(6))
    for values in ({}, {"orient": False}):
        picture = made(source, metadata="all", **values)
        assert picture.getexif()[0x010F] == "a camera's maker"
        assert picture.getexif()[0x0112] == 1
        assert image.probe(source).upright_size == picture.size


def test_without_pi_heif_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    message = r'reading HEIC needs pi-heif: pip install "stripline\[heif\]"'
    with pytest.raises(MissingDependency, match=message):
        made(samples.sample("heic"))
