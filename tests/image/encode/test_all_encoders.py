"""What holds for every format."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from PIL import Image

from stripline._vips import library
from stripline.errors import (
    CorruptImage,
    InvalidDimensions,
    SinkFailed,
    TooFewRows,
    UnsupportedPixels,
)
from stripline.image.encode.registry import encoder_for, encoder_names
from stripline.image.output import Output
from stripline.image.picture import Picture
from stripline.streams import MemorySink
from tests.image.encode import samples
from tests.support import psnr

if TYPE_CHECKING:
    from collections.abc import Callable

FORMATS = ("jpeg", "png", "webp", "avif", "tiff", "gif")
VARIANTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("jpeg", {}),
    ("jpeg", {"effort": 4}),
    ("jpeg", {"effort": 7}),
    ("png", {}),
    ("png", {"effort": 3}),
    ("png", {"png": {"palette": True}}),
    ("png", {"png": {"palette": "auto"}}),
    ("webp", {}),
    ("webp", {"lossless": True}),
    ("avif", {"effort": 0}),
    ("tiff", {}),
    ("tiff", {"tiff": {"tile": True}}),
    ("gif", {}),
)


class FailingSink(MemorySink):
    """Takes some bytes, then no more."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def write(self, data: Any) -> None:
        self.room -= len(data)
        if self.room < 0:
            raise OSError(28, "No space left on device")
        super().write(data)


def test_all_formats_are_tested() -> None:
    assert encoder_names()[: len(FORMATS)] == FORMATS


@pytest.mark.parametrize(("name", "output"), VARIANTS)
def test_pixels_are_read_once(name: str, output: dict[str, Any]) -> None:
    pixels = samples.coffee()
    once = samples.encode(samples.sequential(pixels), name, **output)
    assert once == samples.encode(pixels, name, **output)
    assert samples.opened(once).size == (600, 400)


@pytest.mark.parametrize(("name", "output"), VARIANTS)
def test_failing_sink(name: str, output: dict[str, Any]) -> None:
    pixels = samples.coffee()
    size = len(samples.encode(pixels, name, **output))
    sink = FailingSink(size // 2)
    with pytest.raises(SinkFailed, match="No space left on device") as caught:
        encoder_for(name).write(samples.picture(pixels), Output(format=name, **output), sink)
    assert isinstance(caught.value.__cause__, OSError)
    assert not caught.value.retryable
    assert caught.value.written == len(sink.getvalue()) <= size // 2


@pytest.mark.parametrize(("name", "output"), VARIANTS)
def test_damaged_source(name: str, output: dict[str, Any]) -> None:
    file = io.BytesIO()
    Image.fromarray(samples.coffee()).save(file, "JPEG")
    data = file.getvalue()[: len(file.getvalue()) // 2]
    image = library().Image.new_from_buffer(data, "", access="sequential", fail_on="truncated")
    with pytest.raises(CorruptImage):
        encoder_for(name).write(Picture(image), Output(format=name, **output), MemorySink())


@pytest.mark.parametrize("name", FORMATS)
def test_metadata_of_the_image_itself_is_not_written(name: str) -> None:
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    source = Image.fromarray(samples.coffee())
    source.save(file, "JPEG", exif=exif, icc_profile=samples.ICC, xmp=samples.XMP, dpi=(300, 300))
    image = library().Image.new_from_buffer(file.getvalue(), "")
    assert "exif-ifd0-Make" in image.get_fields()
    found = samples.said(samples.encode(Picture(image), name))
    if name == "tiff":
        assert found.pop("exif")
        assert found.pop("dpi") == (72, 72)
    assert found == {}


@pytest.mark.parametrize("name", FORMATS)
def test_what_a_format_can_hold_is_written_and_the_rest_is_left_out(name: str) -> None:
    full = replace(samples.FULL, comment="hello", density=(300, 150))
    found = samples.said(samples.encode(samples.picture(samples.coffee(), full), name))
    parts = {"dpi" if part == "density" else part for part in encoder_for(name).traits.metadata}
    assert set(found) == parts
    if "exif" in parts:
        tags = found["exif"]
        assert isinstance(tags, dict)
        assert tags[0x010E] == "hello"


@pytest.mark.parametrize("name", FORMATS)
def test_side_that_is_too_long(name: str) -> None:
    traits = encoder_for(name).traits
    image = library().Image.black(traits.max_side + 1, 1, bands=3).copy(interpretation="srgb")
    sink = MemorySink()
    with pytest.raises(InvalidDimensions, match=f"{name.upper()} can have {traits.max_side:,}"):
        encoder_for(name).write(Picture(image), Output(format=name), sink)
    assert sink.getvalue() == b""


@pytest.mark.parametrize("name", FORMATS)
def test_floating_point_pixels(name: str) -> None:
    pixels = samples.picture(samples.coffee().astype(np.float32))
    with pytest.raises(UnsupportedPixels, match="float"):
        encoder_for(name).write(pixels, Output(format=name), MemorySink())


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "gif"])
def test_grey_stays_grey(name: str) -> None:
    grey = samples.coffee()[:, :, 1]
    found = samples.opened(samples.encode(grey, name, effort=2)).convert("RGB")
    planes = np.asarray(found).astype(int)
    # Decoders round the three colours of lossy WebP and AVIF apart, by one level.
    assert np.abs(planes - planes[:, :, :1]).max() <= (1 if name in {"avif", "webp"} else 0)
    assert psnr(planes[:, :, 0].astype(np.uint8), grey) > 33


@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "avif", "tiff"])
def test_opencv_agrees_with_pillow(name: str) -> None:
    file = samples.encode(samples.coffee(), name, effort=2)
    decoded = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    ours = samples.pixels_of(file)
    assert psnr(np.ascontiguousarray(decoded[:, :, ::-1]).astype(np.uint8), ours) > 45


@pytest.mark.parametrize("name", FORMATS)
def test_effort_and_quality_are_found_by_the_cascade(name: str) -> None:
    encoder = encoder_for(name)
    default = encoder.resolved_settings(Output())
    common = encoder.resolved_settings(Output(effort=1, quality=33))
    own: dict[str, Any] = {name: {"effort": 0}}
    if name in {"jpeg", "webp", "avif"}:
        own[name]["quality"] = 44
    particular = encoder.resolved_settings(Output(effort=1, quality=33, **own))
    assert default.get("quality") == encoder.traits.quality
    assert default["effort"] == (6 if name in {"tiff", "gif"} else 2)
    assert (common["effort"], particular["effort"]) == (1, 0)
    if name in {"jpeg", "webp", "avif"}:
        assert (common["quality"], particular["quality"]) == (33, 44)


@pytest.mark.parametrize("name", ["jpeg", "webp", "avif"])
def test_quality_of_the_search_comes_first(name: str) -> None:
    wanted: dict[str, Any] = {"format": name, "quality": 90, name: {"quality": 95}}
    output = Output(**wanted)
    source = samples.picture(samples.coffee())
    sizes = []
    for quality in (20, 50, 80, None):
        sink = MemorySink()
        encoder_for(name).write(source, output, sink, quality=quality)
        sizes.append(len(sink.getvalue()))
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[1] / 1.3 < sizes[2] / 1.3**2


@pytest.mark.parametrize("name", FORMATS)
def test_errors_of_ours_pass_untouched(name: str) -> None:
    class Stop(TooFewRows):
        pass

    class StoppingSink(MemorySink):
        def write(self, data: Any) -> None:  # noqa: ARG002 - it takes none
            raise Stop(1, 2)

    with pytest.raises(Stop):
        encoder_for(name).write(samples.picture(samples.coffee()), Output(), StoppingSink())


def test_interrupts_pass_through_libvips() -> None:
    class InterruptedSink(MemorySink):
        def write(self, data: Any) -> None:  # noqa: ARG002 - it takes none
            raise KeyboardInterrupt

    write: Callable[..., None] = encoder_for("png").write
    with pytest.raises(KeyboardInterrupt):
        write(samples.picture(samples.coffee()), Output(), InterruptedSink())
