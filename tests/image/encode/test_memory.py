"""Memory while a large picture is encoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import pytest

from tests.image.encode import samples
from tests.support import run_script

if TYPE_CHECKING:
    from pathlib import Path

WIDTH, HEIGHT = 20_000, 4_000

STREAMED = """
import sys
from pathlib import Path
from stripline._vips import library
from stripline.image.encode.registry import encoder_for
from stripline.image.output import Output
from stripline.image.picture import Picture
from stripline.streams import FileSink
def peak():  # of this program: ru_maxrss begins with that of the process which started it
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])
vips = library()
name, source, target, scale = sys.argv[1:]
encoder = encoder_for(name)
small = vips.Image.black(64, 64, bands=3).copy(interpretation="srgb")
sink = FileSink(target); encoder.write(Picture(small), Output(effort=0), sink); sink.commit()
before = peak()
image = vips.Image.new_from_file(source, access="sequential")
if scale != "1":
    image = image.resize(float(scale))
sink = FileSink(target); encoder.write(Picture(image), Output(effort=0), sink); sink.commit()
print((peak() - before) // 1024)
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A TIFF file of strips, which can be read from top to bottom in little memory."""
    path: Path = tmp_path_factory.mktemp("large") / "large.tif"
    tiles = samples.picture(samples.coffee()).pixels.replicate(34, 10)
    tiles.crop(0, 0, WIDTH, HEIGHT).tiffsave(str(path), compression="jpeg", Q=80)
    return path


@pytest.mark.parametrize("name", ["jpeg", "png", "tiff"])
def test_240_megabytes_of_pixels_take_a_fraction_of_that(
    name: str, source: Path, tmp_path: Path
) -> None:
    target = tmp_path / f"large.{name}"
    # Measured: 82, 54 and 78, of which the source takes some.
    assert 10 < int(run_script(STREAMED, name, source, target, 1)) < 128
    if name == "jpeg":
        decoded = cv2.imread(str(target), cv2.IMREAD_REDUCED_COLOR_8)
        assert decoded is not None
        assert decoded.shape == (HEIGHT // 8, WIDTH // 8, 3)
    else:
        assert target.stat().st_size > WIDTH * HEIGHT // 10


def test_scaled_rows_take_no_more(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "scaled.jpeg"
    assert 10 < int(run_script(STREAMED, "jpeg", source, target, 0.4)) < 128  # measured: 111
    decoded = cv2.imread(str(target), cv2.IMREAD_REDUCED_COLOR_8)
    assert decoded is not None
    assert decoded.shape == (HEIGHT // 20, WIDTH // 20, 3)
