"""What to make of a picture: steps and output, as a value.

Recipes are frozen, can be pickled and compared, and have a fingerprint that stays the same across
runs, machines and releases as long as what they ask for stays the same. Files in TOML, YAML or
JSON hold one recipe, or several by name below `variants`::

    [variants.sm]
    resize = { width = 320 }
    output = { format = "webp" }
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError, field_validator

from stripline.errors import InvalidRecipe, MissingDependency
from stripline.image.output import Output
from stripline.image.plugins import CustomStep
from stripline.image.settings import Colour, Settings
from stripline.image.steps.colour import Space
from stripline.image.steps.metadata import Keep
from stripline.image.steps.resize import Resize
from stripline.image.steps.sharpen import Sharpen

# Part of every fingerprint: raised when the same recipe starts to give other pictures.
_RULES: Final = 1

Variants = Mapping[str, "Recipe"]


class Recipe(Settings):
    """Steps and an output. Everything has a default: `Recipe()` saves the picture anew."""

    orient: bool = True
    """Turn the pixels upright. If not, the orientation is kept in the metadata."""
    resize: Resize | None = None
    """How large it becomes; None leaves the size."""
    colour: Space = "srgb"
    """`srgb` converts by ICC profile, `p3` to Display P3, `keep` leaves pixels and profile."""
    sharpen: Sharpen | None = None
    """Crisper edges, after scaling."""
    background: Colour | None = None
    """What transparent pixels are laid over. None keeps alpha where the format has it, and lays it
    over white where it has not."""
    steps: tuple[CustomStep, ...] = ()
    """Steps that plugins bring, done after scaling and before sharpening."""
    metadata: tuple[Keep, ...] = ()
    """What to keep: `exif`, `xmp`, `icc`, `copyright`, or `all`; `none` is the same as nothing."""
    output: Output = Output()
    """Which file to make."""

    @field_validator("metadata", mode="before", json_schema_input_type=tuple[Keep, ...] | Keep)
    @classmethod
    def _one_word(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> Recipe:
        """Make a recipe of plain values, as files hold them.

        Raises:
            InvalidRecipe: Names each value that is wrong, and why.
        """
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            raise InvalidRecipe(_complaints(error)) from error

    def change(self, **values: object) -> Recipe:
        """The same recipe with some fields replaced, validated again.

        Raises:
            InvalidRecipe: See `read`.
        """
        return self.read({**dict(self), **values})

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that stand for what the recipe asks for.

        Only what differs from the defaults counts, so that new options leave it as it is.
        """
        asked = self.model_dump(mode="json", exclude_defaults=True)
        text = json.dumps([_RULES, asked], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def _complaints(error: ValidationError) -> str:
    lines = []
    for problem in error.errors(include_url=False):
        where = ".".join(str(part) for part in problem["loc"]) or "the recipe"
        message = problem["msg"].removeprefix("Value error, ")
        lines.append(f"{where}: {message}")
    return "; ".join(lines)


def read_variants(value: Mapping[str, Any]) -> dict[str, Recipe]:
    """Recipes by name from plain values: those below `variants`, or one without a name.

    Raises:
        InvalidRecipe: Names the variant and each value that is wrong.
    """
    if "variants" not in value:
        return {"": Recipe.read(value)}
    if len(value) > 1:
        others = ", ".join(sorted(key for key in value if key != "variants"))
        raise InvalidRecipe(f"beside variants there is {others}; put it into each variant")
    named = value["variants"]
    if not isinstance(named, Mapping) or not named:
        raise InvalidRecipe("variants must hold at least one recipe by name")
    recipes = {}
    for name, fields in named.items():
        if not isinstance(fields, Mapping):
            raise InvalidRecipe(f"variant {name!r} must hold the fields of a recipe")
        try:
            recipes[str(name)] = Recipe.read(fields)
        except InvalidRecipe as error:
            raise InvalidRecipe(f"variant {name!r}: {error}") from error
    return recipes


def load_variants(path: str | os.PathLike[str]) -> dict[str, Recipe]:
    """Recipes by name from a TOML, YAML or JSON file, told apart by the name's ending.

    Raises:
        InvalidRecipe: The file is malformed or does not hold recipes.
        MissingDependency: YAML without PyYAML.
        OSError: The file cannot be read.
    """
    file = Path(path)
    text = file.read_text(encoding="utf-8")
    try:
        value = parse_text(file.suffix.lower(), text)
    except ValueError as error:
        raise InvalidRecipe(f"{file}: {error}") from error
    if not isinstance(value, Mapping):
        raise InvalidRecipe(f"{file} must hold the fields of a recipe, or variants")
    try:
        return read_variants(value)
    except InvalidRecipe as error:
        raise InvalidRecipe(f"{file}: {error}") from error


def parse_text(suffix: str, text: str) -> object:
    """What a text in TOML, YAML or JSON holds, told apart by the ending of its file's name.

    Raises:
        ValueError: It is malformed.
        InvalidRecipe: Another ending.
        MissingDependency: YAML without PyYAML.
    """
    if suffix == ".toml":
        return tomllib.loads(text)
    if suffix == ".json":
        value: object = json.loads(text)
        return value
    if suffix in {".yaml", ".yml"}:
        try:
            import yaml  # noqa: PLC0415 - for this one kind of file
        except ImportError as error:
            raise MissingDependency("reading YAML recipes", "PyYAML", "image") from error
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise ValueError(" ".join(str(error).split())) from error
        return value
    raise InvalidRecipe(f"a recipe's name ends in .toml, .yaml, .yml or .json, not {suffix!r}")
