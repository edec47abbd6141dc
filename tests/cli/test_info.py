"""`stripline info`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from PIL import Image

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


def test_other_formats(tmp_path: Path) -> None:
    Image.fromarray(picture()).save(tmp_path / "a.tif", dpi=(72, 72))
    (tmp_path / "a.ppm").write_bytes(ppm(picture()))
    for name in ("a.tif", "a.ppm"):
        said = done(run("info", name, directory=tmp_path)).stdout.decode()
        assert "120 x 77" in said
        assert "rgb" in said
    facts = json.loads(done(run("info", "a.tif", "--json", directory=tmp_path)).stdout)
    assert (facts["format"], facts["pixels"]) == ("other", "rgb")
    assert facts["density"] == [72, 72]


def test_what_is_no_picture_fails(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"just text, no picture at all")
    (tmp_path / "cut.jpg").write_bytes(jpeg.encode(picture())[:100])
    refused(run("info", "a.txt", directory=tmp_path), 1)
    refused(run("info", "cut.jpg", directory=tmp_path), 1)
    assert "nowhere.jpg" in refused(run("info", "nowhere.jpg", directory=tmp_path), 1)
    refused(run("info", "-", stdin=b"text"), 1)
