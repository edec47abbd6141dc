"""Steps and encoders that other packages bring, by the example of one."""

from __future__ import annotations

import io
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from stripline import image
from stripline.errors import InvalidRecipe
from stripline.image import MemorySinks, Recipe, plugins
from stripline.image.encode import registry
from tests.image import corpus

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = Path(__file__).parents[2] / "examples" / "plugin"


def install(folder: Path, name: str, points: dict[str, dict[str, str]]) -> None:
    """What pip leaves of a package's entry points."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = []
    for group, names in points.items():
        lines += [f"[{group}]", *(f"{key} = {value}" for key, value in names.items())]
    (info / "entry_points.txt").write_text("\n".join(lines))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of installed packages, forgotten afterwards."""
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    plugins.step_for.cache_clear()
    registry.encoder_for.cache_clear()


@pytest.fixture
def example(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The example, as if it were installed."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    install(site, project["name"], project["entry-points"])
    monkeypatch.syspath_prepend(EXAMPLE)
    yield
    sys.modules.pop("stripline_frame", None)


@pytest.mark.usefixtures("example")
def test_the_example() -> None:
    pixels = corpus.small_photo(40, 50)
    sinks = MemorySinks()
    recipe = Recipe.read(
        {
            "steps": [{"step": "frame", "thickness": 3, "colour": "navy"}],
            "output": {"format": "ppm"},
        }
    )
    image.process(corpus.saved(Image.fromarray(pixels), "PNG"), recipe, sinks)
    made = np.asarray(Image.open(io.BytesIO(sinks.files[""])))
    assert made.shape == (46, 56, 3)
    assert np.array_equal(made[3:-3, 3:-3], pixels)
    assert (made[0] == (0, 0, 128)).all()
    assert (made[:, -1] == (0, 0, 128)).all()


@pytest.mark.usefixtures("example")
def test_a_step_checks_its_own_settings() -> None:
    with pytest.raises(InvalidRecipe, match="thickness"):
        Recipe.read({"steps": [{"step": "frame", "thickness": 0}]})
    with pytest.raises(InvalidRecipe, match="colur"):
        Recipe.read({"steps": [{"step": "frame", "colur": "navy"}]})


@pytest.mark.usefixtures("example")
def test_settings_of_a_step_are_part_of_the_fingerprint() -> None:
    thin = Recipe.read({"steps": [{"step": "frame", "thickness": 3}]})
    thick = Recipe.read({"steps": [{"step": "frame", "thickness": 4}]})
    assert thin.fingerprint != thick.fingerprint


def test_packages_that_cannot_be_used(site: Path) -> None:
    install(site, "one", {"stripline.steps": {"twice": "json:dumps", "gone": "no_such:Thing"}})
    install(site, "two", {"stripline.steps": {"twice": "json:loads"}})
    with pytest.raises(InvalidRecipe, match="several packages bring step 'twice'"):
        Recipe.read({"steps": [{"step": "twice"}]})
    with pytest.raises(InvalidRecipe, match=r"step 'gone' .*No module named 'no_such'"):
        Recipe.read({"steps": [{"step": "gone"}]})
    with pytest.raises(InvalidRecipe, match=r"brings step 'none' .*there are gone, twice"):
        Recipe.read({"steps": [{"step": "none"}]})
