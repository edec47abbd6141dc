"""`stripline demo` and the picture it draws."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from stripline import jpeg
from stripline.cli._scene import Scene
from stripline.cli.app import app
from tests.cli.command import done, refused, run

if TYPE_CHECKING:
    from pathlib import Path


def test_draws_encodes_and_reports(tmp_path: Path) -> None:
    result = done(run("demo", "--megapixels", "0.3", "--no-photographs", directory=tmp_path))
    said = result.stdout.decode()
    for word in ("megapixels/s", "kernels", "peak memory", "stripline-demo.jpg"):
        assert word in said
    info = jpeg.inspect(tmp_path / "stripline-demo.jpg")
    assert (info.width, info.height) == (671, 447)
    with Image.open(tmp_path / "stripline-demo.jpg") as image:
        seen = np.asarray(image).astype(np.int16)
    drawn = Scene(671, 447).pixels(0, 447)
    assert np.abs(seen - drawn).mean() < 5


def test_runs_again_over_its_own_file_only(tmp_path: Path) -> None:
    small = ("demo", "--megapixels", "0.05", "--no-photographs")
    done(run(*small, directory=tmp_path))
    done(run(*small, directory=tmp_path))
    refused(run(*small, "-o", "stripline-demo.jpg", directory=tmp_path), 2)
    done(run(*small, "-o", "stripline-demo.jpg", "--force", directory=tmp_path))


def test_picture_on_standard_output_report_beside_it(tmp_path: Path) -> None:
    result = run("demo", "--megapixels", "0.05", "-o", "-", directory=tmp_path)
    assert result.returncode == 0
    assert jpeg.inspect(result.stdout).width == 274
    assert b"megapixels/s" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_options_reach_the_encoder(tmp_path: Path) -> None:
    options = ("-o", "a.jpg", "-q", "80", "-s", "444", "--threads", "1", "--no-photographs")
    done(run("demo", "--megapixels", "0.05", *options, directory=tmp_path))
    assert jpeg.inspect(tmp_path / "a.jpg").sampling == "4:4:4"


@pytest.mark.parametrize("size", ["0", "-3", "100000"])
def test_impossible_sizes_exit_with_2(tmp_path: Path, size: str) -> None:
    refused(run("demo", "--megapixels", size, directory=tmp_path), 2)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("width", "height"), [(240, 160), (97, 61), (40, 300), (1, 1)])
def test_scene_is_the_same_in_batches_of_any_size(width: int, height: int) -> None:
    whole = Scene(width, height).pixels(0, height).tobytes()
    for rows in (1, 7, 16, height):
        assert b"".join(Scene(width, height).batches(rows)) == whole


def test_scene_is_as_rough_as_a_photograph() -> None:
    """An encoder that is fast on it should be fast on photographs, which take 2 to 4 bits here."""
    scene = Scene(900, 600)
    data = jpeg.encode(scene.pixels(0, 600), quality=90, subsampling="4:2:0")
    assert 1.0 < 8 * len(data) / (900 * 600) < 4.0


def test_photographs_become_files_for_the_web(tmp_path: Path) -> None:
    for _ in range(2):  # there is something to see each time
        said = done(run("demo", "--megapixels", "0.05", directory=tmp_path)).stdout.decode()
        assert re.search(r"job 1 done: 1\d done", said)
    for name, format_, width in (("large", "WEBP", 512), ("small", "WEBP", 320)):
        with Image.open(tmp_path / f"stripline-demo/web/astronaut-{name}.webp") as image:
            assert (image.format, image.width) == (format_, width)
    with Image.open(tmp_path / "stripline-demo/web/astronaut-thumb.jpg") as image:
        assert image.size == (120, 120)
    assert "astronaut.png" in (tmp_path / "stripline-demo/report.html").read_text()


def test_without_scikit_image_the_landscape_is_drawn_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("stripline.cli._demo_batch.find_spec", lambda _: None)
    result = CliRunner().invoke(app, ["demo", "--megapixels", "0.05"])
    assert (result.exit_code, result.stderr) == (0, "")
    assert 'scikit-image: pip install "stripline[demo]"' in result.stdout
    assert (tmp_path / "stripline-demo.jpg").is_file()
