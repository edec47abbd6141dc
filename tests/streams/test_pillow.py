from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from stripline.errors import UnsupportedPixels
from stripline.streams.pillow import PillowRows, is_pillow_image
from tests.support import noise


@pytest.mark.parametrize(
    ("mode", "pixel_format"), [("L", "grey"), ("RGB", "rgb"), ("RGBA", "rgba"), ("RGBX", "rgbx")]
)
def test_modes(mode: str, pixel_format: str) -> None:
    image = Image.fromarray(noise(5, 7)).convert(mode)
    source = PillowRows(image)
    assert (source.width, source.height, source.format) == (7, 5, pixel_format)
    found = b"".join(bytes(batch.planes[0]) for batch in source.batches(2))
    assert found == np.asarray(image).tobytes()


@pytest.mark.parametrize(
    ("mode", "advice"),
    [
        ("1", "L"),
        ("P", "RGB"),
        ("LA", "RGBA"),
        ("CMYK", "RGB"),
        ("YCbCr", "RGB"),
        ("I", "L"),
        ("F", "L"),
        ("I;16", "L"),
    ],
)
def test_other_modes_say_what_to_convert_to(mode: str, advice: str) -> None:
    with pytest.raises(UnsupportedPixels, match=rf"mode {mode} .*convert\('{advice}'\)"):
        PillowRows(Image.new(mode, (7, 5)))


def test_it_is_told_from_other_objects() -> None:
    assert is_pillow_image(Image.new("RGB", (7, 5)))
    assert not is_pillow_image(noise(5, 7))
    assert not is_pillow_image("a.png")
