"""`stripline encode`, as a program of its own: files, pipes, refusals."""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from stripline import jpeg
from tests.cli.command import done, refused, run
from tests.cli.pictures import picture, ppm

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "picture.ppm"
    path.write_bytes(ppm(picture()))
    return path


def test_writes_beside_the_input_by_default(source: Path, tmp_path: Path) -> None:
    result = done(run("encode", source))
    assert result.stdout == b""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["picture.jpg", "picture.ppm"]
    assert (tmp_path / "picture.jpg").read_bytes() == jpeg.encode(picture())


def test_options_reach_the_encoder(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jpeg"
    done(run("encode", source, "-o", out, "--quality", "70", "--subsampling", "420"))
    assert out.read_bytes() == jpeg.encode(picture(), quality=70, subsampling="4:2:0")


@pytest.mark.parametrize(
    ("word", "sampling"),
    [("444", "4:4:4"), ("422", "4:2:2"), ("440", "4:4:0"), ("420", "4:2:0"), ("grey", "grey")],
)
def test_every_subsampling(source: Path, word: str, sampling: jpeg.Sampling) -> None:
    result = done(run("encode", source, "-o", "-", "-s", word))
    assert result.stdout == jpeg.encode(picture(), subsampling=sampling)


def test_pipe_to_pipe() -> None:
    result = done(run("encode", "-", stdin=ppm(picture())))
    assert result.stdout == jpeg.encode(picture())


def test_pipe_to_file(tmp_path: Path) -> None:
    done(run("encode", "-", "-o", "out.jpg", stdin=ppm(picture()), directory=tmp_path))
    assert (tmp_path / "out.jpg").read_bytes() == jpeg.encode(picture())


def test_raw_pixels(tmp_path: Path) -> None:
    pixels = picture(64, 48)
    size = ("--width", "64", "--height", "48", "--format", "bgr")
    done(run("encode", "-", "-o", "a.jpg", *size, stdin=pixels.tobytes(), directory=tmp_path))
    expected = jpeg.encode(np.ascontiguousarray(pixels[..., ::-1]))
    assert (tmp_path / "a.jpg").read_bytes() == expected


def test_raw_pixels_of_unknown_height(tmp_path: Path) -> None:
    size = ("--width", "64", "--format", "rgb")
    pixels = picture(64, 48)
    done(run("encode", "-", "-o", "a.jpg", *size, stdin=pixels.tobytes(), directory=tmp_path))
    assert jpeg.inspect(tmp_path / "a.jpg").height == 48


def test_unknown_height_into_a_pipe_is_refused() -> None:
    size = ("--width", "64", "--format", "rgb")
    result = run("encode", "-", *size, stdin=picture(64, 48).tobytes())
    assert "height" in refused(result, 1)


@pytest.mark.parametrize("threads", ["1", "2", "5"])
def test_threads_change_nothing_but_the_time(source: Path, threads: str) -> None:
    result = done(run("encode", source, "-o", "-", "--threads", threads))
    assert result.stdout == jpeg.encode(picture())


@pytest.mark.parametrize(
    ("word", "colour"),
    [
        ("white", (255, 255, 255)),
        ("#f00", (255, 0, 0)),
        ("#00ff80", (0, 255, 128)),
        ("1,2,3", (1, 2, 3)),
    ],
)
def test_background(tmp_path: Path, word: str, colour: tuple[int, int, int]) -> None:
    clear = np.zeros((16, 16, 4), np.uint8)
    Image.fromarray(clear).save(tmp_path / "clear.png")
    done(run("encode", "clear.png", "--background", word, directory=tmp_path))
    with Image.open(tmp_path / "clear.jpg") as image:
        seen = np.asarray(image.convert("RGB")).astype(np.int16)
    assert np.abs(seen - colour).max() <= 2


def test_metadata_that_changes_the_look_is_always_kept(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a cat"
    exif[0x0112] = 6  # orientation: turn right
    file = tmp_path / "cat.png"
    Image.fromarray(picture()).save(file, exif=exif, icc_profile=_profile())
    kept = done(run("encode", file, "-o", "-", "--keep-metadata")).stdout
    stripped = done(run("encode", file, "-o", "-", "--strip")).stdout
    assert done(run("encode", file, "-o", "-")).stdout == stripped
    with Image.open(io.BytesIO(kept)) as image:
        assert image.getexif()[0x010E] == "a cat"
        assert image.info["icc_profile"] == _profile()
    with Image.open(io.BytesIO(stripped)) as image:
        assert dict(image.getexif()) == {0x0112: 6}
        assert image.info["icc_profile"] == _profile()
    assert b"a cat" not in stripped


@cache
def _profile() -> bytes:  # cached: every new one has another time in it
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def test_existing_file_needs_force(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jpg"
    out.write_bytes(b"precious")
    assert "--force" in refused(run("encode", source, "-o", out), 2)
    assert out.read_bytes() == b"precious"
    done(run("encode", source, "-o", out, "--force"))
    assert out.read_bytes() == jpeg.encode(picture())


def test_input_is_never_replaced(source: Path, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(jpeg.encode(picture()))
    (tmp_path / "other.jpg").hardlink_to(photo)
    before = photo.read_bytes()
    for arguments in (["photo.jpg"], ["photo.jpg", "-o", "other.jpg"]):
        said = refused(run("encode", *arguments, "--force", directory=tmp_path), 2)
        assert "input itself" in said
    assert photo.read_bytes() == before
    assert source.exists()


def test_directory_as_target_is_refused(source: Path, tmp_path: Path) -> None:
    assert "directory" in refused(run("encode", source, "-o", tmp_path), 2)


def test_missing_input_fails(tmp_path: Path) -> None:
    said = refused(run("encode", "nowhere.png", directory=tmp_path), 1)
    assert "nowhere.png" in said
    assert list(tmp_path.iterdir()) == []


def test_truncated_input_leaves_no_file(tmp_path: Path) -> None:
    data = ppm(picture())[:-500]
    said = refused(run("encode", "-", "-o", "out.jpg", stdin=data, directory=tmp_path), 1)
    assert "rows" in said
    assert list(tmp_path.iterdir()) == []


def test_junk_is_refused(tmp_path: Path) -> None:
    (tmp_path / "junk.png").write_bytes(b"this is no picture" * 100)
    refused(run("encode", "junk.png", directory=tmp_path), 1)
    assert [path.name for path in tmp_path.iterdir()] == ["junk.png"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--quality", "0"],
        ["--quality", "101"],
        ["--quality", "high"],
        ["--subsampling", "411"],
        ["--background", "ultraviolet"],
        ["--background", "1,2"],
        ["--background", "#12345"],
        ["--threads", "0"],
        ["--width", "0"],
        ["--nonsense"],
    ],
)
def test_misuse_exits_with_2(source: Path, arguments: list[str], tmp_path: Path) -> None:
    refused(run("encode", source, *arguments), 2)
    assert [path.name for path in tmp_path.iterdir()] == ["picture.ppm"]


def test_unknown_format_exits_with_2(tmp_path: Path) -> None:
    size = ("--width", "4", "--height", "4", "--format", "cmyk")
    result = run("encode", "-", "-o", "a.jpg", *size, stdin=bytes(64), directory=tmp_path)
    assert "cmyk" in refused(result, 2)


def test_unknown_kernels_exit_with_2(source: Path) -> None:
    result = run("encode", source, extra={"STRIPLINE_KERNELS": "mmx"})
    said = refused(result, 2)
    assert "mmx" in said
    assert "scalar" in said
