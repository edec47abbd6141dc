"""JPEG to JPEG without touching the coefficients."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from stripline import jpeg
from stripline._vips import library
from stripline.errors import (
    CorruptImage,
    LimitExceeded,
    StriplineError,
    UnsupportedFormat,
    WorkerLost,
)
from stripline.image.encode._jpeg_segments import segments
from stripline.image.encode._mozjpeg import recode
from stripline.image.encode.jpeg_lossless import optimize_jpeg
from stripline.jpeg import inspect
from stripline.streams.exif import orientation
from tests.image.encode import samples

if TYPE_CHECKING:
    from stripline.image.steps.metadata import Keep

KEEP_ALL: tuple[Keep, ...] = ("all",)


def from_pillow(pixels: Any = None, mode: str | None = None, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(samples.coffee() if pixels is None else pixels, mode).save(
        file, "JPEG", **options
    )
    return file.getvalue()


FUZZED = from_pillow(samples.coffee()[:40, :56], exif=samples.EXIF, comment=b"hello")
EXTREME = (240, 379, 394, 403, 608, 708)


def described(turned: int = 1) -> bytes:
    """A JPEG with all kinds of metadata."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x8298] = turned, "Maker", "Somebody"
    return from_pillow(
        exif=exif, xmp=samples.XMP, icc_profile=samples.ICC, comment=b"hello", dpi=(300, 200)
    )


def coefficients(file: bytes) -> bytes:
    """The file in one canonical coding of its coefficients."""
    import mozjpeg_lossless_optimization as mozjpeg

    recoded: bytes = mozjpeg.optimize(file, mozjpeg.COPY_MARKERS.NONE)
    return recoded


@pytest.mark.parametrize(
    "file",
    [
        from_pillow(quality=85),
        from_pillow(quality=85, progressive=True),
        from_pillow(quality=60, subsampling=0, optimize=True),
        from_pillow(quality=90, subsampling=1),
        from_pillow(samples.coffee()[:, :, 0]),
        from_pillow(samples.coffee()[:1, :1]),
        from_pillow(np.dstack([samples.coffee(), samples.coffee()[:, :, :1]]), "CMYK"),
        from_pillow(quality=95, keep_rgb=True),
        jpeg.encode(np.tile(samples.coffee(), (4, 1, 1)), quality=92, subsampling="4:4:0"),
    ],
    ids=("baseline", "progressive", "optimised", "4:2:2", "grey", "tiny", "cmyk", "rgb", "strips"),
)
@pytest.mark.filterwarnings("ignore:'mode' parameter:DeprecationWarning")
def test_same_pixels_to_every_decoder_in_fewer_bytes(file: bytes) -> None:
    optimised = optimize_jpeg(file, ())
    assert len(optimised) <= len(file)
    before, after = samples.opened(file), samples.opened(optimised)
    assert before.mode == after.mode
    assert np.array_equal(np.asarray(before), np.asarray(after))
    read = library().Image.new_from_buffer
    assert np.array_equal(read(file, "").numpy(), read(optimised, "").numpy())
    assert coefficients(optimised) == coefficients(file)
    # A second pass finds nothing more.
    assert optimize_jpeg(optimised, ()) == optimised


def test_it_saves_what_optimised_scans_save() -> None:
    file = from_pillow(quality=85)
    assert len(optimize_jpeg(file, ())) < 0.96 * len(file)


@pytest.mark.parametrize(
    ("keep", "expected"),
    [
        (("all",), {"exif", "xmp", "icc", "comment"}),
        ((), {"icc"}),
        (("icc",), {"icc"}),
        (("none",), {"icc"}),
        (("exif",), {"exif", "icc"}),
        (("xmp",), {"xmp", "icc"}),
        (("exif", "xmp"), {"exif", "xmp", "icc"}),
        (("copyright",), {"exif", "icc"}),
    ],
)
def test_metadata_by_policy(keep: Any, expected: set[str]) -> None:
    optimised = optimize_jpeg(described(), keep)
    found = samples.said(optimised)
    assert found.pop("dpi") == (300, 200)
    assert set(found) == expected
    tags = found.get("exif", {})
    assert tags == {
        "exif": {0x0112: 1, 0x010F: "Maker", 0x8298: "Somebody"},
        "all": {0x0112: 1, 0x010F: "Maker", 0x8298: "Somebody"},
        "copyright": {0x8298: "Somebody"},
    }.get(keep[0] if keep else "", {})


@pytest.mark.parametrize("keep", [(), ("none",), ("copyright",), ("xmp",), ("all",)])
def test_orientation_survives(keep: Any) -> None:
    optimised = optimize_jpeg(described(turned=6), keep)
    assert orientation(samples.opened(optimised).info["exif"]) == 6
    assert inspect(io.BytesIO(optimised)).orientation == 6


def test_what_follows_the_picture_goes() -> None:
    file = from_pillow()
    # A second picture behind the first, and the directory that points to it (APP2, MPF).
    directory = b"\xff\xe2\0\x0aMPF\0abcd"
    assert optimize_jpeg(file[:2] + directory + file[2:] + file, KEEP_ALL) == optimize_jpeg(
        file, KEEP_ALL
    )


def test_jfif_thumbnail_goes() -> None:
    file = from_pillow()
    assert file[2:6] == b"\xff\xe0\0\x10"
    with_thumbnail = file[:4] + b"\0\x13" + file[6:18] + b"\x01\x01abc" + file[20:]
    assert samples.opened(with_thumbnail).info["jfif_version"] == (1, 1)
    assert optimize_jpeg(with_thumbnail, ()) == optimize_jpeg(file, ())


@pytest.mark.parametrize("share", range(10))
def test_truncated(share: int) -> None:
    file = described()
    with pytest.raises(CorruptImage):
        optimize_jpeg(file[: len(file) * share // 10], KEEP_ALL)


def test_what_decoders_only_warn_of_is_not_recoded() -> None:
    file = from_pillow()
    middle = len(file) // 2
    damaged = file[:middle] + b"\xff\xd9"
    # The coded data ends early: recoded, what is missing would look as if it had been there.
    assert optimize_jpeg(damaged, KEEP_ALL) == damaged
    assert len(optimize_jpeg(described()[:-1000] + b"\xff\xd9", ())) < len(described()) - 1000


def test_12_bits() -> None:
    file = bytearray(from_pillow())
    at = file.index(b"\xff\xc0")
    file[at + 1], file[at + 4] = 0xC1, 12
    with pytest.raises((UnsupportedFormat, CorruptImage)):
        optimize_jpeg(bytes(file), ())


def test_time_limit() -> None:
    with pytest.raises(LimitExceeded, match="seconds"):
        optimize_jpeg(from_pillow(), (), seconds=1e-6)


def test_a_process_that_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(WorkerLost, match="recodes a JPEG ended with 1"):
        optimize_jpeg(from_pillow(), ())
    monkeypatch.setattr(sys, "executable", "/not/there")
    with pytest.raises(WorkerLost, match="could not be started"):
        optimize_jpeg(from_pillow(), ())


@pytest.mark.parametrize("seed", EXTREME)
def test_files_that_end_libjpeg(seed: int) -> None:
    """Found by fuzzing: each made the library leave with "DCT coefficient out of range"."""
    random = np.random.default_rng(seed)
    file, headers = bytearray(FUZZED), FUZZED.index(b"\xff\xda")
    for _ in range(random.integers(1, 5)):
        file[random.integers(2, headers + 20 if seed % 2 else len(file))] = random.integers(0, 256)
    assert recode(bytes(file)) is None
    assert optimize_jpeg(bytes(file), KEEP_ALL) == bytes(file)


@settings(max_examples=25)
@given(st.data())
def test_fuzz(data: st.DataObject) -> None:
    file = bytearray(FUZZED)
    for _ in range(data.draw(st.integers(1, 4))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    try:
        optimised = optimize_jpeg(bytes(file), KEEP_ALL)
    except StriplineError:
        return
    assert len(optimised) <= len(file)
    assert b"".join(part.encoded() for part in segments(optimised)) == optimised[2:-2]
