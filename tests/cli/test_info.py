"""`stripline info`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from PIL import Image, ImageCms

from stripline import jpeg
from tests.cli.command import done, refused, run
from tests.cli.pictures import picture, ppm

if TYPE_CHECKING:
    from pathlib import Path


def test_jpeg_in_words(tmp_path: Path) -> None:
    data = jpeg.encode(picture(), quality=85, subsampling="4:2:0")
    (tmp_path / "a.jpg").write_bytes(data)
    said = done(run("info", "a.jpg", directory=tmp_path)).stdout.decode()
    for word in ("120 x 77", "JPEG, baseline", "4:2:0", "quality      85", "strips       1"):
        assert word in said


def test_jpeg_as_json(tmp_path: Path) -> None:
    metadata = jpeg.Metadata(comment="a cat", density=(300, 200), icc=bytes(600))
    data = jpeg.encode(picture(), quality=31, metadata=metadata)
    (tmp_path / "a.jpg").write_bytes(data)
    facts = json.loads(done(run("info", "--json", "a.jpg", directory=tmp_path)).stdout)
    assert facts["file"] == "a.jpg"
    assert facts["file_bytes"] == len(data)
    assert (facts["width"], facts["height"], facts["quality"]) == (120, 77, 31)
    assert (facts["comment"], facts["density"], facts["icc_bytes"]) == ("a cat", [300, 200], 600)
    assert [segment["name"] for segment in facts["segments"]][-1] == "SOS"


def test_jpeg_on_standard_input() -> None:
    said = done(run("info", "-", stdin=jpeg.encode(picture()))).stdout.decode()
    assert "120 x 77" in said


def test_somebody_elses_jpeg(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    Image.fromarray(picture()).save(file, quality=60, progressive=True)
    said = done(run("info", file)).stdout.decode()
    assert "progressive" in said
    assert "60" in said


def test_jpeg_has_what_all_have(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(picture()).convert("CMYK").save(tmp_path / "a.jpg", exif=exif)
    facts = json.loads(done(run("info", "--json", "a.jpg", directory=tmp_path)).stdout)
    assert (facts["format"], facts["colour"], facts["orientation"]) == ("jpeg", "cmyk", 6)
    said = done(run("info", "a.jpg", directory=tmp_path)).stdout.decode()
    assert "cmyk, 8 bits" in said
    assert "6, as EXIF counts" in said


def test_other_formats(tmp_path: Path) -> None:
    image = Image.fromarray(picture())
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    clear = image.convert("RGBA")
    clear.putalpha(99)
    clear.save(tmp_path / "a.png", icc_profile=icc)
    image.save(tmp_path / "b.gif", save_all=True, append_images=[image.rotate(90)])
    image.save(tmp_path / "c.webp", lossless=True)
    image.save(tmp_path / "d.tif", save_all=True, append_images=[image])
    for name, words in {
        "a.png": ("PNG, deflate, lossless", "rgb, 8 bits, transparency", "ICC profile"),
        "b.gif": ("GIF", "palette, 8 bits", "frames       2"),
        "c.webp": ("WebP", "lossless"),
        "d.tif": ("TIFF", "pages        2"),
    }.items():
        said = done(run("info", name, directory=tmp_path)).stdout.decode()
        for word in ("120 x 77", *words):
            assert word in said
        facts = json.loads(done(run("info", name, "--json", directory=tmp_path)).stdout)
        assert facts["file_bytes"] == (tmp_path / name).stat().st_size
        assert (facts["width"], facts["height"]) == (120, 77)
    data = (tmp_path / "a.png").read_bytes()
    facts = json.loads(done(run("info", "-", "--json", stdin=data)).stdout)
    assert (facts["format"], facts["bit_depth"], facts["alpha"]) == ("png", 8, True)


def test_rows_without_a_format(tmp_path: Path) -> None:
    (tmp_path / "a.ppm").write_bytes(ppm(picture()))
    said = done(run("info", "a.ppm", directory=tmp_path)).stdout.decode()
    assert "120 x 77" in said
    assert "rgb" in said
    facts = json.loads(done(run("info", "a.ppm", "--json", directory=tmp_path)).stdout)
    assert (facts["format"], facts["pixels"]) == ("netpbm", "rgb")


def test_what_is_no_picture_fails(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"just text, no picture at all")
    (tmp_path / "cut.jpg").write_bytes(jpeg.encode(picture())[:100])
    (tmp_path / "program.png").write_bytes(b"MZ" + bytes(200))
    (tmp_path / "empty.png").write_bytes(b"")
    for name, found in (("a.txt", "text"), ("program.png", "program"), ("empty.png", "empty")):
        said = refused(run("info", name, directory=tmp_path), 1)
        assert name in said
        assert found in said
    refused(run("info", "cut.jpg", directory=tmp_path), 1)
    assert "nowhere.jpg" in refused(run("info", "nowhere.jpg", directory=tmp_path), 1)
    refused(run("info", "-", stdin=b"text"), 1)
