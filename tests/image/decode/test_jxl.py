"""JPEG XL, with a libvips that reads it and with one that does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from stripline import _vips, image
from stripline.errors import UnsupportedFormat
from stripline.image import MemorySinks, Recipe
from stripline.image.decode import Wanted, decode, vips
from stripline.image.headers import probe
from stripline.streams.exif import orientation
from stripline.streams.source import open_source
from tests.image import corpus
from tests.image.headers import samples

HAS_LOADER = bool(_vips.library().type_find("VipsOperation", "jxlload_source"))
WITHOUT = pytest.mark.skipif(HAS_LOADER, reason="this libvips reads JPEG XL")


@WITHOUT
def test_a_libvips_without_it_says_what_was_found_and_what_to_do() -> None:
    message = r"a JPEG XL, which libvips \d+\.\d+\.\d+ was built without.*convert it to PNG"
    with pytest.raises(UnsupportedFormat, match=message):
        image.process(samples.sample("jxl"), Recipe(), MemorySinks())


def test_the_loader_is_used_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    # The loader of another format, under the name of this one, whose files no wheel reads.
    monkeypatch.setitem(vips._LOADERS, "jxl", "pngload_source")
    turned = Image.Exif()
    turned[0x0112] = 6
    source = corpus.saved(Image.fromarray(corpus.small_photo()), "PNG", exif=turned)
    picture = decode(open_source(source, None), replace(probe(source), format="jxl"), Wanted())
    assert np.array_equal(picture.pixels.numpy(), corpus.small_photo())
    assert picture.metadata.exif is not None
    assert orientation(picture.metadata.exif) == 1  # libjxl has turned it
