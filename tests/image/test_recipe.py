"""Recipes as values, in files, and their fingerprints."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from stripline.errors import InvalidRecipe
from stripline.image import Output, Recipe, Resize, load_variants, read_variants

if TYPE_CHECKING:
    from pathlib import Path

THUMBNAIL = {"resize": {"width": 320}, "output": {"format": "webp", "quality": 70}}


def test_a_recipe_is_a_value() -> None:
    recipe = Recipe.read(THUMBNAIL)
    assert recipe == Recipe(resize=Resize(width=320), output=Output(format="webp", quality=70))
    assert hash(recipe.resize) == hash(Resize(width=320))
    copy = pickle.loads(pickle.dumps(recipe))  # noqa: S301 - our own bytes
    assert copy == recipe
    assert copy.fingerprint == recipe.fingerprint
    with pytest.raises(ValueError, match="frozen"):
        recipe.orient = False


def test_fingerprints_stay() -> None:
    # Written down once: a change of these numbers makes every finished job run again.
    assert Recipe().fingerprint == "ede0de807492408040925c13f91e20c5"
    assert Recipe.read(THUMBNAIL).fingerprint == "f1b3d791dd93074f73ac8f9917c80dc1"


def test_fingerprints_are_of_what_is_asked_for() -> None:
    recipe = Recipe.read(THUMBNAIL)
    assert recipe.fingerprint == recipe.change(orient=True).fingerprint
    assert recipe.fingerprint != recipe.change(orient=False).fingerprint
    spelled_out = Recipe.read({**THUMBNAIL, "colour": "srgb", "metadata": []})
    assert recipe.fingerprint == spelled_out.fingerprint


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ({"resize": {"width": -1}}, "resize.width: Input should be greater than or equal to 1"),
        ({"colour": "cmyk"}, "colour: Input should be 'srgb', 'p3' or 'keep'"),
        ({"background": "reddish"}, "background: .*'reddish' is not a colour"),
        ({"background": [1, 2, 256]}, r"background: \(1, 2, 256\) is not a colour"),
        ({"qualty": 3}, "qualty: Extra inputs are not permitted"),
        ({"output": {"quality": 101}}, "output.quality"),
        ({"output": {"quality": 50, "target": 80}}, "output: quality is a number and target"),
        ({"output": {"lossless": True, "max_bytes": 9}}, "output: lossless leaves no quality"),
        ({"steps": [{"step": "no such step"}]}, "no installed package brings step 'no such step'"),
    ],
)
def test_complaints_name_the_place(value: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InvalidRecipe, match=complaint):
        Recipe.read(value)


TOML = """
[variants.sm]
resize = { width = 320 }
output = { format = "webp", quality = 70 }
[variants.lg]
background = "#102030"
metadata = "copyright"
"""
YAML = """
variants:
  sm:
    resize: {width: 320}
    output: {format: webp, quality: 70}
  lg:
    background: "#102030"
    metadata: copyright
"""
JSON = json.dumps(
    {"variants": {"sm": THUMBNAIL, "lg": {"background": "#102030", "metadata": "copyright"}}}
)


@pytest.mark.parametrize(("suffix", "text"), [("toml", TOML), ("yaml", YAML), ("json", JSON)])
def test_files(tmp_path: Path, suffix: str, text: str) -> None:
    file = tmp_path / f"variants.{suffix}"
    file.write_text(text)
    variants = load_variants(file)
    assert list(variants) == ["sm", "lg"]
    assert variants["sm"] == Recipe.read(THUMBNAIL)
    assert variants["lg"].background == (16, 32, 48)
    assert variants["lg"].metadata == ("copyright",)


def test_a_file_with_one_recipe(tmp_path: Path) -> None:
    file = tmp_path / "one.toml"
    file.write_text("resize = { width = 320 }\noutput = { format = 'webp', quality = 70 }")
    assert load_variants(file) == {"": Recipe.read(THUMBNAIL)}


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("a.toml", "variants = [", "a.toml: "),
        ("a.yaml", "a: [", "a.yaml: "),
        ("a.json", "{", "a.json: "),
        ("a.json", "[]", "must hold the fields of a recipe"),
        ("a.txt", "", "ends in .toml, .yaml, .yml or .json, not '.txt'"),
        ("a.toml", "[variants.a]\nwidth = 3", "variant 'a': width: Extra inputs"),
    ],
)
def test_files_that_hold_no_recipe(tmp_path: Path, name: str, text: str, complaint: str) -> None:
    file = tmp_path / name
    file.write_text(text)
    with pytest.raises(InvalidRecipe, match=complaint):
        load_variants(file)


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ({"variants": {}}, "at least one"),
        ({"variants": {"a": 3}}, "variant 'a' must hold"),
        ({"variants": {"a": {}}, "orient": True}, "beside variants there is orient"),
    ],
)
def test_variants_that_are_none(value: dict[str, Any], complaint: str) -> None:
    with pytest.raises(InvalidRecipe, match=complaint):
        read_variants(value)


def test_the_schema_describes_every_field() -> None:
    schema = Recipe.model_json_schema()
    assert {"resize", "colour", "output", "metadata"} <= set(schema["properties"])
    for definition in schema["$defs"].values():
        for name, field in definition.get("properties", {}).items():
            assert field.get("description") or "$ref" in field, name


def test_formats_may_be_called_by_their_endings() -> None:
    output = Recipe.read({"output": {"format": "TIF", "candidates": ["jpg", "PNG", "tif"]}}).output
    assert (output.format, output.candidates) == ("tiff", ("jpeg", "png", "tiff"))
