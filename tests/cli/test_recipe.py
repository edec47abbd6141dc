"""`stripline recipe`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from stripline.image import Recipe, load_variants
from tests.cli.command import done, refused, run

if TYPE_CHECKING:
    from pathlib import Path


def test_schema_describes_recipes_and_variants() -> None:
    schema = json.loads(done(run("recipe", "schema")).stdout)
    recipe = schema["$defs"]["Recipe"]
    assert set(recipe["properties"]) == set(Recipe.model_fields)
    assert recipe["properties"]["orient"]["description"].startswith("Turn the pixels upright")
    variants, one = schema["anyOf"]
    assert one == {"$ref": "#/$defs/Recipe"}
    assert variants["properties"]["variants"]["additionalProperties"] == one


def test_schema_knows_every_place_that_it_points_to() -> None:
    schema = json.loads(done(run("recipe", "schema")).stdout)
    places = set()

    def collect(value: object) -> None:
        if isinstance(value, dict):
            if "$ref" in value:
                places.add(value["$ref"])
            for part in value.values():
                collect(part)
        elif isinstance(value, list):
            for part in value:
                collect(part)

    collect(schema)
    assert {f"#/$defs/{name}" for name in schema["$defs"]} == places


def test_schema_allows_what_can_be_written_in_short() -> None:
    schema = json.loads(done(run("recipe", "schema")).stdout)
    fields = schema["$defs"]["Recipe"]["properties"]
    for name in ("background", "metadata"):
        kinds = {kind.get("type") for kind in fields[name]["anyOf"]}
        assert {"array", "string"} <= kinds


def test_check_prints_fingerprints(tmp_path: Path) -> None:
    file = tmp_path / "web.toml"
    file.write_text(
        "[variants.sm]\nresize = { width = 320 }\n[variants.large]\nresize = { width = 1600 }\n"
    )
    prints = {name: recipe.fingerprint for name, recipe in load_variants(file).items()}
    assert done(run("recipe", "check", file)).stdout.decode().splitlines() == [
        f"sm     {prints['sm']}",
        f"large  {prints['large']}",
    ]
    report = json.loads(done(run("recipe", "check", file, "--json")).stdout)
    assert report == {"file": str(file), "variants": prints}
    single = tmp_path / "one.yaml"
    single.write_text("output:\n  format: webp\n")
    expected = load_variants(single)[""].fingerprint
    assert done(run("recipe", "check", single)).stdout.decode() == f"{expected}\n"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[variants]\n", "at least one"),
        ("resize = { width = -3 }\n", "resize.width"),
        ("quality = 80\n", "quality"),
        ('[variants.a]\noutput = { format = "bmp" }\n', "bmp"),
        ("= 3\n", "r.toml"),
    ],
)
def test_check_names_what_is_wrong(tmp_path: Path, text: str, word: str) -> None:
    (tmp_path / "r.toml").write_text(text)
    assert word in refused(run("recipe", "check", "r.toml", directory=tmp_path), 2)


def test_no_file(tmp_path: Path) -> None:
    assert "nowhere.toml" in refused(run("recipe", "check", "nowhere.toml", directory=tmp_path), 1)
