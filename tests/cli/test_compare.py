"""`stripline compare`."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from stripline.image import psnr, ssimulacra2
from tests.cli.command import done, refused, run
from tests.cli.pictures import files_below, photo, picture, size_of

if TYPE_CHECKING:
    from pathlib import Path


def rgb(path: Path) -> bytes:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).tobytes()


def test_measures_what_the_library_measures(tmp_path: Path) -> None:
    photo(tmp_path / "a.png", 200, 140)
    photo(tmp_path / "b.webp", 200, 140, quality=40)
    facts = json.loads(done(run("compare", "a.png", "b.webp", "--json", directory=tmp_path)).stdout)
    one, other = rgb(tmp_path / "a.png"), rgb(tmp_path / "b.webp")
    assert facts["ssimulacra2"] == pytest.approx(ssimulacra2(one, other, 200, 140), abs=0.01)
    assert facts["psnr"] == pytest.approx(psnr(one, other, 200, 140), abs=0.01)
    assert facts["b"]["bytes"] == (tmp_path / "b.webp").stat().st_size
    assert not facts["identical"]
    said = done(run("compare", "a.png", "b.webp", directory=tmp_path)).stdout.decode()
    for word in ("PNG 200 x 140", "WebP 200 x 140", f"{facts['ssimulacra2']:.2f}", " dB", "saved"):
        assert word in said


def test_compares_what_is_shown(tmp_path: Path) -> None:
    upright = Image.fromarray(picture(120, 80))
    upright.save(tmp_path / "a.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    upright.transpose(Image.Transpose.ROTATE_90).save(
        tmp_path / "turned.webp", exif=exif, lossless=True
    )
    clear = np.dstack([picture(120, 80), np.full((80, 120), 255, np.uint8)])
    clear[:40, :, 3] = 0
    Image.fromarray(clear).save(tmp_path / "clear.png")
    white = picture(120, 80).copy()
    white[:40] = 255
    Image.fromarray(white).save(tmp_path / "white.png")
    for one, other in (("a.png", "turned.webp"), ("white.png", "clear.png")):
        result = done(run("compare", one, other, "--json", directory=tmp_path))
        facts = json.loads(result.stdout)
        assert (facts["identical"], facts["psnr"]) == (True, None)
        assert facts["ssimulacra2"] == 100
    assert b"the same pixels" in done(run("compare", "a.png", "a.png", directory=tmp_path)).stdout


def test_side_by_side(tmp_path: Path) -> None:
    photo(tmp_path / "a.png", 120, 80)
    photo(tmp_path / "b.jpg", 120, 80, quality=20)
    options = ("compare", "a.png", "b.jpg", "-o", "side.png")
    done(run(*options, directory=tmp_path))
    assert size_of(tmp_path / "side.png") == ("PNG", (3 * 120 + 2 * 8, 80))
    with Image.open(tmp_path / "side.png") as image:
        pixels = np.asarray(image).astype(int)
    with Image.open(tmp_path / "b.jpg") as image:
        other = np.asarray(image).astype(int)
    one = picture(120, 80).astype(int)
    assert np.array_equal(pixels[:, :120], one)
    assert np.abs(pixels[:, 128:248] - other).mean() < 1
    difference = np.minimum(8 * np.abs(pixels[:, :120] - pixels[:, 128:248]), 255)
    assert np.array_equal(pixels[:, 256:], difference)
    assert (pixels[:, 120:128] == 255).all()
    assert "exists" in refused(run(*options, directory=tmp_path), 2)
    done(run(*options, "--force", directory=tmp_path))
    assert files_below(tmp_path) == ["a.png", "b.jpg", "side.png"]


def test_what_cannot_be_compared(tmp_path: Path) -> None:
    photo(tmp_path / "a.png", 120, 80)
    photo(tmp_path / "b.png", 60, 40)
    said = refused(run("compare", "a.png", "b.png", directory=tmp_path), 2)
    assert "120 x 80" in said
    assert "60 x 40" in said
    assert "stripline resize b.png --exact 120x80 --enlarge" in said
    done(
        run("resize", "b.png", "--exact", "120x80", "--enlarge", "-o", "c.png", directory=tmp_path)
    )
    facts = json.loads(done(run("compare", "a.png", "c.png", "--json", directory=tmp_path)).stdout)
    assert math.isfinite(facts["psnr"])
    said = refused(run("compare", "a.png", "c.png", "-o", "side.xyz", directory=tmp_path), 2)
    assert "something.png" in said
    said = refused(run("compare", "a.png", "c.png", "-o", "a.png", "-f", directory=tmp_path), 2)
    assert "input itself" in said
    (tmp_path / "d.png").write_text("no picture")
    refused(run("compare", "a.png", "d.png", directory=tmp_path), 1)
    refused(run("compare", "a.png", "nowhere.png", directory=tmp_path), 1)


def test_small_and_moving_pictures(tmp_path: Path) -> None:
    photo(tmp_path / "a.png", 7, 7)
    result = done(run("compare", "a.png", "a.png", directory=tmp_path))
    assert b"too small" in result.stdout
    frames = [Image.fromarray(np.roll(picture(60, 40), at, axis=1)) for at in (0, 20)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    result = run("compare", "a.gif", "a.gif", directory=tmp_path)
    assert result.returncode == 0
    assert b"several frames" in result.stderr
