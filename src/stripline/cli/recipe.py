"""`stripline recipe`: what recipe files may say, and whether one says it."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003 - Typer reads it
from typing import Annotated, Any

import typer

from stripline.cli import _options  # noqa: TC001 - Typer reads it
from stripline.cli._errors import reported
from stripline.cli._recipes import check_formats

app = typer.Typer(
    name="recipe",
    help="Check recipe files, and print the schema they follow.",
    no_args_is_help=True,
)


@app.command()
def schema() -> None:
    """Print the JSON schema of a recipe file: one recipe, or several by name below variants.

    Editors check and complete TOML and YAML by it too. For example:

    stripline recipe schema > recipe.schema.json
    """
    with reported():
        document = _schema()
    typer.echo(json.dumps(document, indent=2))


def _schema() -> dict[str, Any]:
    from stripline.image import Recipe  # noqa: PLC0415 - loads pydantic

    recipe = Recipe.model_json_schema()
    definitions = recipe.pop("$defs", {})
    one = {"$ref": "#/$defs/Recipe"}
    variants = {
        "type": "object",
        "description": "Several recipes by name.",
        "properties": {
            "variants": {"type": "object", "minProperties": 1, "additionalProperties": one}
        },
        "required": ["variants"],
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A recipe of stripline",
        "anyOf": [variants, one],
        "$defs": {**definitions, "Recipe": recipe},
    }


@app.command()
def check(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="In TOML, YAML or JSON.", show_default=False),
    ],
    *,
    as_json: _options.AsJson = False,
) -> None:
    """Read a recipe file and print each variant's name and fingerprint.

    The fingerprint stays the same as long as what is asked for stays the same. For example:

    stripline recipe check web.toml
    """
    with reported():
        from stripline.image import load_variants  # noqa: PLC0415 - loads pydantic

        recipes = load_variants(file)
        check_formats(recipes.values())
        fingerprints = {name: recipe.fingerprint for name, recipe in recipes.items()}
    if as_json:
        typer.echo(json.dumps({"file": str(file), "variants": fingerprints}, indent=2))
        return
    longest = max(len(name) for name in fingerprints)
    for name, fingerprint in fingerprints.items():
        typer.echo(f"{name:<{longest}}  {fingerprint}" if longest else fingerprint)
