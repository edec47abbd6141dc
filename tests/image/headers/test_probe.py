from __future__ import annotations

import io
import os
import threading
from typing import TYPE_CHECKING

import pytest
import pyvips
from PIL import Image

from stripline.errors import InvalidOption, LimitExceeded, SourceFailed, UnsupportedFormat
from stripline.image.headers import PeekedStream, probe, sniff
from stripline.image.limits import Limits
from tests.image.headers.samples import (
    AV1C,
    HEIGHT,
    MAKERS,
    WIDTH,
    box,
    format_of,
    heif,
    ispe,
    pillow,
    png_chunk,
    png_header,
    sample,
    tiff_directory,
)
from tests.support import run_script

if TYPE_CHECKING:
    from pathlib import Path

NOT_IN_LIBVIPS = {"avif-animated", "bmp", "bmp-alpha", "jxl", "jxl-alpha"}
NOT_IN_PILLOW = {"svg"}
LARGE = 50_000_000


class ForwardOnly:
    """A pipe, as far as it matters."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int) -> bytes:
        return self._file.read(size)


class Counting(io.BytesIO):
    """Knows how many bytes were read."""

    bytes_read = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.bytes_read += len(data)
        return data


class Unseekable(io.BytesIO):
    """Says that it can seek."""

    def seek(self, *_: int) -> int:
        raise OSError("it is broken")


class Slow(io.BytesIO):
    """Gives less than it is asked for."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 0, 1000))


@pytest.mark.parametrize("name", MAKERS)
def test_samples(name: str) -> None:
    info = probe(sample(name))
    assert (info.format, info.width, info.height) == (format_of(name), WIDTH, HEIGHT)
    assert info.bytes == len(sample(name))
    assert sniff(sample(name)[:4096]) == info.format


@pytest.mark.parametrize("name", set(MAKERS) - NOT_IN_PILLOW)
def test_agrees_with_pillow(name: str) -> None:
    info = probe(sample(name))
    with Image.open(io.BytesIO(sample(name))) as image:
        expected = "heif" if info.format == "heic" else info.format
        assert (image.format or "").lower() == expected
        size = info.upright_size if info.format in {"avif", "tiff"} else (info.width, info.height)
        assert size == image.size
        assert info.frames == getattr(image, "n_frames", 1)
        has_alpha = image.mode in {"RGBA", "LA"} or "transparency" in image.info
        assert info.alpha == has_alpha or info.frames > 1
        if info.format != "jxl":  # whose plugin makes a profile where none is stored
            assert bool(info.icc_bytes) == bool(image.info.get("icc_profile"))
        if info.format != "avif":  # whose plugin reports what is already applied
            assert info.orientation == image.getexif().get(0x0112, 1)


@pytest.mark.parametrize("name", set(MAKERS) - NOT_IN_LIBVIPS)
def test_agrees_with_libvips(name: str) -> None:
    info = probe(sample(name))
    theirs = pyvips.Image.new_from_buffer(sample(name), "")
    size = info.upright_size if info.format in {"avif", "heic"} else (info.width, info.height)
    assert size == (theirs.width, theirs.height)
    assert info.alpha == theirs.hasalpha()
    if info.format not in {"png", "avif"}:  # libvips reads one frame of these
        pages = theirs.get("n-pages") if theirs.get_typeof("n-pages") else 1
        assert info.frames == pages
    if info.format not in {"png", "avif"}:
        turned = theirs.get("orientation") if theirs.get_typeof("orientation") else 1
        assert info.orientation == turned
    assert bool(info.icc_bytes) == bool(theirs.get_typeof("icc-profile-data"))


@pytest.mark.parametrize("name", MAKERS)
def test_every_way_in_gives_the_same_answer(name: str, tmp_path: Path) -> None:
    data = sample(name)
    expected = probe(data)
    path = tmp_path / "file"
    path.write_bytes(data)
    assert probe(path) == probe(str(path)) == expected
    assert probe(bytearray(data)) == probe(memoryview(data)) == expected
    with path.open("rb") as file:
        assert probe(file) == expected
    assert probe(Slow(data)) == expected
    streamed = probe(ForwardOnly(data + bytes(100_000)))
    held = probe(data + bytes(100_000))
    assert streamed.bytes is None
    assert (streamed.describe(), streamed.cicp) == (held.describe(), held.cicp)


@pytest.mark.parametrize("name", MAKERS)
def test_a_stream_can_be_read_after_it_was_probed(name: str) -> None:
    data = sample(name)
    stream = PeekedStream(ForwardOnly(data))
    assert probe(stream).describe() == probe(data).describe()
    assert stream.read() == data


def test_a_file_is_read_from_where_it_stands_and_put_back() -> None:
    file = io.BytesIO(b"before" + sample("tiff-pages") + b"")
    file.seek(6)
    assert probe(file) == probe(sample("tiff-pages"))
    assert file.tell() == 6
    file.seek(0)
    with pytest.raises(UnsupportedFormat):
        probe(file)
    assert file.tell() == 0


def test_a_pipe_by_its_path(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(sample("png"),))
    writer.start()
    assert probe(pipe) == probe(sample("png"))
    writer.join()


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceFailed, match=r"FileNotFoundError.*none\.png"):
        probe(tmp_path / "none.png")
    with pytest.raises(SourceFailed, match="IsADirectoryError"):
        probe(tmp_path)
    with pytest.raises(SourceFailed, match="ValueError"):
        probe("zero\0within")
    closed = io.BytesIO(b"x")
    closed.close()
    with pytest.raises(SourceFailed, match="closed"):
        probe(closed)
    with pytest.raises(SourceFailed, match="it is broken"):
        probe(Unseekable(sample("png")))
    for wrong in (7, None, memoryview(bytes(8))[::2]):
        with pytest.raises(InvalidOption, match="none of: path, contiguous bytes"):
            probe(wrong)  # type: ignore[arg-type]  # that is what is tested


def large_files() -> dict[str, bytes]:
    zeros = bytes(LARGE)
    jpeg, webp = pillow("jpeg"), pillow("webp", exif=b"Exif\0\0II*\0")
    pixels = webp.index(b"VP8 ")
    entries = [(256, 3, 61), (257, 3, 40), (262, 3, 1)]
    return {
        "jpeg": jpeg + zeros,
        "png": png_header(61, 40) + png_chunk(b"IDAT", zeros),
        "webp": webp[:pixels] + b"JUNK" + LARGE.to_bytes(4, "little") + zeros + webp[pixels:],
        "tiff": b"II*\0" + (8 + LARGE).to_bytes(4, "little") + zeros + tiff_directory(entries, 0),
        "bmp": pillow("bmp") + zeros,
        "avif": box(b"ftyp", b"avif", bytes(4))
        + box(b"mdat", zeros)
        + heif(ispe(61, 40), AV1C)[24:],
        "heic": sample("heic") + zeros,
        "svg": sample("svg") + zeros,
        "jxl": sample("jxl") + zeros,
    }


def test_little_is_read_of_large_files() -> None:
    for kind, data in large_files().items():
        if kind == "webp":  # the size of all that follows
            data = data[:4] + (len(data) - 8).to_bytes(4, "little") + data[8:]  # noqa: PLW2901 - repaired
        file = Counting(data)
        info = probe(file)
        assert (info.format, info.width, info.height, info.bytes) == (kind, 61, 40, len(data))
        assert file.bytes_read <= 100_000, kind


def test_a_stream_is_not_kept_without_bound() -> None:
    directory = b"II*\0" + (100 << 20).to_bytes(4, "little")
    with pytest.raises(LimitExceeded, match="of which 67,108,864 are allowed"):
        probe(ForwardOnly(directory + bytes(20_000)))


def test_a_stream_is_not_followed_beyond_the_limit() -> None:
    directory = b"II*\0" + (20_000).to_bytes(4, "little")
    stream = ForwardOnly(directory + bytes(30_000))
    with pytest.raises(LimitExceeded, match="20,000 bytes, of which 19,999 are allowed"):
        probe(stream, Limits(bytes=19_999))
    assert len(stream.read(100_000)) == 30_008 - 16_384


def test_limits_are_checked() -> None:
    assert probe(sample("png"), Limits()).format == "png"
    with pytest.raises(LimitExceeded, match="2,440 pixels, of which 1,000 are allowed"):
        probe(sample("png"), Limits(pixels=1000))


def test_probing_loads_no_other_library(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(sample("avif"))
    loaded = run_script(
        "import sys; from stripline.image.headers import probe; probe(sys.argv[1])"
        "\nprint(*sys.modules)",
        tmp_path / "a",
    ).split()
    assert "stripline.image.headers.isobmff" in loaded
    assert not {"numpy", "pyvips", "PIL", "asyncio"} & set(loaded)
    assert "stripline.image" not in run_script("import stripline, sys\nprint(*sys.modules)").split()
