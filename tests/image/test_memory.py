"""Estimates of memory, beside what is really taken."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from stripline._vips import library
from stripline.image import Recipe, probe
from stripline.image.memory import held_bytes, needed_bytes
from stripline.image.variant import job_for
from tests.support import photograph, run_script

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="peaks of memory are read from Linux's /proc"
)

PEAK = """
import json, sys
from pathlib import Path
from stripline.image import FolderSinks, Recipe, process

def kilobytes(field):
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1])

folder, small, large = map(Path, sys.argv[1:4])
recipes = {name: Recipe.read(recipe) for name, recipe in json.loads(sys.argv[4]).items()}
process(small, recipes, FolderSinks(folder, "warm", "{stem}-{variant}.{ext}"))
Path("/proc/self/clear_refs").write_text("5")  # forgets the peak so far: proc(5)
before = kilobytes("VmRSS")
process(large, recipes, FolderSinks(folder, "x", "{stem}-{variant}.{ext}"))
print((kilobytes("VmHWM") - before) * 1024)
"""
SMALL: dict[str, Any] = {"resize": {"width": 800}, "output": {"format": "jpeg"}}
LARGE: dict[str, Any] = {"resize": {"width": 2_000}, "output": {"format": "webp", "effort": 0}}
SIDE = 2_560


def as_is(image_format: str, **output: Any) -> dict[str, Any]:
    return {"": {"output": {"format": image_format, **output}}}


CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("a.jpg", {}, {"": SMALL}),
    ("a.jpg", {"progressive": True}, {"": SMALL}),
    ("a.jpg", {"progressive": True, "subsampling": 0}, {"": SMALL}),
    ("a.png", {"compress_level": 1}, {"": SMALL}),
    ("a.webp", {"method": 0}, {"": SMALL}),
    ("a.bmp", {}, {"": SMALL}),
    ("a.gif", {}, {"": SMALL}),
    ("a.tif", {"compression": "tiff_deflate"}, {"": SMALL}),
    ("a.jpg", {}, as_is("jpeg")),
    ("a.jpg", {}, as_is("jpeg", effort=3, quality=95)),
    ("a.jpg", {}, as_is("png", effort=3)),
    ("a.jpg", {}, as_is("webp", quality=75, effort=0)),
    ("a.jpg", {}, as_is("jpeg", effort=7, quality=95)),
    ("a.jpg", {}, as_is("jpeg", quality="auto")),
    ("a.jpg", {}, {"large": LARGE, "small": SMALL, "same": {}}),
]


@pytest.mark.parametrize(
    ("name", "options", "recipe", "bytes_a_pixel"),
    [
        ("a.jpg", {}, SMALL, 0),
        ("a.png", {}, {"output": {"format": "jpeg"}}, 0),
        ("a.tif", {}, {"resize": {"width": 99}, "output": {"format": "png", "effort": 0}}, 0),
        ("a.jpg", {"progressive": True}, SMALL, 4.2),
        ("a.jpg", {"progressive": True, "subsampling": 0}, SMALL, 7.2),
        ("a.webp", {}, SMALL, 8.9),
        ("a.avif", {"speed": 10}, SMALL, 15.5),
        ("a.jpg", {}, {"output": {"format": "avif"}}, 21.6),
        ("a.jpg", {}, {"output": {"format": "jpeg", "effort": 3, "quality": 80}}, 7.5),
        ("a.jpg", {}, {"output": {"lossless": True}}, 5.0),
    ],
)
def test_what_does_not_stream_is_held(
    tmp_path: Path, name: str, options: dict[str, Any], recipe: dict[str, Any], bytes_a_pixel: float
) -> None:
    Image.fromarray(photograph()).save(tmp_path / name, **options)
    info = probe(tmp_path / name)
    jobs = [job_for("", Recipe.read(recipe), info)]
    assert held_bytes(info, jobs) == int(bytes_a_pixel * 512 * 512)
    assert held_bytes(info, jobs) < needed_bytes(info, jobs)


@pytest.mark.parametrize(("name", "options", "recipes"), CASES)
def test_no_more_is_taken_than_was_estimated(
    tmp_path: Path, name: str, options: dict[str, Any], recipes: dict[str, Any]
) -> None:
    pixels = np.ascontiguousarray(photograph(6, 6)[:SIDE, :SIDE])
    Image.fromarray(pixels).save(tmp_path / name, **options)
    small = tmp_path / f"small-{name}"
    Image.fromarray(pixels[:256, :256]).save(small, **options)
    info = probe(tmp_path / name)
    jobs = [job_for(key, Recipe.read(recipe), info) for key, recipe in recipes.items()]
    estimate = needed_bytes(info, jobs)
    taken = int(run_script(PEAK, tmp_path, small, tmp_path / name, json.dumps(recipes)))
    assert taken <= estimate
    # Nor so much that few pictures would run beside each other.
    assert estimate <= 4 * taken + (32 << 20)


@pytest.mark.parametrize(("name", "options"), [("a.jpg", {"Q": 50}), ("a.png", {"compression": 1})])
def test_400_megapixels_become_a_thumbnail_in_128_megabytes(
    tmp_path: Path, name: str, options: dict[str, int]
) -> None:
    tile = library().Image.new_from_array(photograph()).copy(interpretation="srgb")
    tile.replicate(40, 40).crop(0, 0, 20_000, 20_000).write_to_file(str(tmp_path / name), **options)
    small = tmp_path / f"small-{name}"
    tile.write_to_file(str(small))
    recipes = json.dumps({"": SMALL})
    peak = int(run_script(PEAK, tmp_path, small, tmp_path / name, recipes))
    assert peak <= 128 << 20
