"""`stripline optimize`: fewer bytes, never more, and what would be lost is left alone."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.cli.command import done, refused, run
from tests.cli.pictures import coarse, files_below, photo, picture, size_of

if TYPE_CHECKING:
    from pathlib import Path


def pixels_of(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGBA"))


def test_lossless_keeps_every_pixel(tmp_path: Path) -> None:
    photo(tmp_path / "in/a.jpg", 300, 200, quality=90)
    photo(tmp_path / "in/b.png", 300, 200, compress_level=1)
    photo(tmp_path / "in/c.webp", 300, 200, lossless=True, method=0)
    done(run("optimize", "in", "-o", "out", "--lossless", directory=tmp_path))
    for name in ("a.jpg", "b.png", "c.webp"):
        before, after = tmp_path / "in" / name, tmp_path / "out" / name
        assert size_of(after) == size_of(before)
        assert after.stat().st_size <= before.stat().st_size
        assert np.array_equal(pixels_of(after), pixels_of(before))


def test_lossy_is_smaller_and_names_stay(tmp_path: Path) -> None:
    photo(tmp_path / "in/sub/A.JPEG", 300, 200, quality=97)
    result = done(run("optimize", "in", "-o", "out/", "--json", directory=tmp_path))
    (file,) = json.loads(result.stdout)["files"]
    assert files_below(tmp_path / "out") == ["sub/A.JPEG"]
    assert file["outputs"][0]["bytes"] == (tmp_path / "out/sub/A.JPEG").stat().st_size
    assert file["saved"] > 0.3


def test_what_would_not_be_smaller_stays_byte_for_byte(tmp_path: Path) -> None:
    before = photo(tmp_path / "in/a.jpg", 300, 200, quality=25).read_bytes()
    result = done(run("optimize", "in", "-o", "out", "-q", "90", "--json", directory=tmp_path))
    (file,) = json.loads(result.stdout)["files"]
    assert (tmp_path / "out/a.jpg").read_bytes() == before
    assert (file["outputs"][0]["kept_source"], file["saved"]) == (True, 0)
    result = done(run("optimize", "in", "-o", "two", "-q", "90", directory=tmp_path))
    assert b"kept" in result.stdout


def test_margin(tmp_path: Path) -> None:
    before = photo(tmp_path / "a.jpg", 300, 200, quality=90).read_bytes()
    options = ("optimize", "a.jpg", "-o", "b.jpg", "--lossless", "--force")
    done(run(*options, directory=tmp_path))
    saved = 1 - (tmp_path / "b.jpg").stat().st_size / len(before)
    assert 0 < saved < 0.5
    done(run(*options, "--margin", "50", directory=tmp_path))
    assert (tmp_path / "b.jpg").read_bytes() == before


def test_another_format(tmp_path: Path) -> None:
    photo(tmp_path / "in/a.png", 300, 200)
    flat = np.full((40, 40, 3), 200, np.uint8)  # smaller as PNG than as anything lossy
    Image.fromarray(flat).save(tmp_path / "in/b.png", optimize=True)
    done(run("optimize", "in", "-o", "out", "--format", "jpeg", directory=tmp_path))
    assert size_of(tmp_path / "out/a.jpg") == ("JPEG", (300, 200))
    assert (tmp_path / "out/b.png").read_bytes() == (tmp_path / "in/b.png").read_bytes()
    done(run("optimize", "in/a.png", "-o", "a.webp", directory=tmp_path))
    assert size_of(tmp_path / "a.webp") == ("WEBP", (300, 200))
    said = refused(run("optimize", "in/b.png", "-o", "b.jpg", directory=tmp_path), 1)
    assert "not small enough" in said
    assert not (tmp_path / "b.jpg").exists()


def test_size_and_score_as_goals(tmp_path: Path) -> None:
    photo(tmp_path / "a.png", 300, 200)
    options = ("optimize", "a.png", "-o", "a.webp", "--force", "--json")
    done(run(*options, "--max-bytes", "6k", directory=tmp_path))
    assert (tmp_path / "a.webp").stat().st_size <= 6000
    scores = []
    for score in ("85", "50"):
        result = done(run(*options, "--target", score, directory=tmp_path))
        scores.append(json.loads(result.stdout)["files"][0]["outputs"][0]["score"])
    assert scores[0] >= 85 > scores[1] >= 50
    said = done(run(*options[:-1], "-q", "auto", directory=tmp_path)).stdout.decode()
    assert "score" in said


def test_a_size_to_fit_counts_more_than_the_margin(tmp_path: Path) -> None:
    size = photo(tmp_path / "a.jpg", 300, 200, quality=60).stat().st_size
    limit = str(size - size // 50)
    done(run("optimize", "a.jpg", "-o", "b.jpg", "--max-bytes", limit, directory=tmp_path))
    assert (tmp_path / "b.jpg").stat().st_size <= int(limit)


def test_standard_streams(tmp_path: Path) -> None:
    source = photo(tmp_path / "a.jpg", 300, 200, quality=97).read_bytes()
    made = done(run("optimize", "-", "-o", "-", stdin=source)).stdout
    assert len(made) < len(source)
    with Image.open(io.BytesIO(made)) as image:
        assert (image.format, image.size) == ("JPEG", (300, 200))
    # What cannot be made smaller comes out as it went in.
    assert done(run("optimize", "-", "-o", "-", stdin=made)).stdout == made
    assert "cannot be replaced" in refused(run("optimize", "-", "--in-place", stdin=source), 2)


def test_what_would_lose_something_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    photo(folder / "a.bmp")
    frames = [Image.fromarray(np.roll(picture(60, 40), at, axis=1)) for at in (0, 20, 40)]
    frames[0].save(folder / "b.tif", save_all=True, append_images=frames[1:])
    frames[0].save(folder / "c.png", save_all=True, append_images=frames[1:])
    Image.fromarray(picture()).convert("CMYK").save(folder / "d.tif")
    (folder / "e.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="5" height="5"/>'
        "</svg>"
    )
    frames[0].save(folder / "f.gif", save_all=True, append_images=frames[1:])
    before = {name: (folder / name).read_bytes() for name in files_below(folder)}
    result = run("optimize", "in", "--in-place", "--lossless", directory=tmp_path)
    assert result.returncode == 0
    said = result.stderr.decode()
    for name, reason in (
        ("a.bmp", "BMP cannot be written"),
        ("b.tif", "3 pages, and only the first"),
        ("c.png", "3 frames, and only the first"),
        ("d.tif", "converted to RGB"),
        ("e.svg", "a drawing"),
        ("f.gif", "GIF cannot be written without loss"),
    ):
        assert f"in/{name}: skipped: " in said
        assert reason in said
    assert {name: (folder / name).read_bytes() for name in files_below(folder)} == before
    result = run("optimize", "in", "-o", "out", "--format", "webp", directory=tmp_path)
    # Asked for, conversion goes ahead, beside the originals; frames are never lost.
    assert files_below(tmp_path / "out") == ["a.webp", "d.webp", "e.webp", "f.webp"]
    assert "3 pages" in result.stderr.decode()


def test_animations_keep_their_frames(tmp_path: Path) -> None:
    frames = [Image.fromarray(coarse(60, 40)), Image.fromarray(picture(60, 40))]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=70)
    done(run("optimize", "a.gif", "-o", "a.webp", directory=tmp_path))
    with Image.open(tmp_path / "a.webp") as image:
        assert getattr(image, "n_frames", 1) == 2


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ((), "--in-place"),
        (("--in-place", "-o", "out"), "--in-place"),
        (("-o", "out/", "--margin", "100"), "margin"),
        (("-o", "out/", "--lossless", "--target", "80"), "lossless"),
        (("-o", "out/", "--format", "docx"), "docx"),
        (("-o", "a.png"), "is an input"),
    ],
)
def test_what_cannot_be_asked_for(tmp_path: Path, options: tuple[str, ...], word: str) -> None:
    photo(tmp_path / "a.png")
    assert word in refused(run("optimize", "a.png", *options, directory=tmp_path), 2)
    assert files_below(tmp_path) == ["a.png"]
