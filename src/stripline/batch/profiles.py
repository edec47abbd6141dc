"""Profiles: what to make of pictures, and how, by a name. Some are shipped, files bring more.

::

    [profiles.shop]
    template = "{stem}-{variant}.{ext}"      # any setting of `Config`
    [profiles.shop.variants.sm]              # recipes by name; `[profiles.shop.recipe]` for one
    resize = { width = 320 }
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from stripline.errors import InvalidOption, InvalidRecipe
from stripline.image.recipe import read_variants

if TYPE_CHECKING:
    from stripline.image import Recipe

_KEYS: Final = ("recipe", "variants")


@dataclass(frozen=True, slots=True)
class Profile:
    """What a name stands for.

    Attributes:
        name: It.
        origin: Where it comes from, in words.
        variants: Recipes by name; none if it has settings alone.
        settings: Values for `Config`, not checked yet.
    """

    name: str
    origin: str
    variants: Mapping[str, Recipe]
    settings: Mapping[str, Any]


def read_profile(name: str, value: object, origin: str) -> Profile:
    """A profile of plain values.

    Raises:
        InvalidOption: It is no table.
        InvalidRecipe: One of its recipes asks for what cannot be.
    """
    where = f"profile {name} ({origin})"
    if not isinstance(value, Mapping):
        raise InvalidOption(f"{where} must hold settings, and recipes as variants or recipe")
    given = [key for key in _KEYS if key in value]
    if len(given) > 1:
        raise InvalidOption(f"{where} has variants and a recipe: move the recipe into variants")
    if "profile" in value:
        raise InvalidOption(f"{where} names another profile; it can only hold what it needs itself")
    variants: Mapping[str, Recipe] = {}
    for key in given:
        asked = value[key] if key == "recipe" else {"variants": value[key]}
        if not isinstance(asked, Mapping):
            raise InvalidOption(f"{where}: {key} must hold the fields of a recipe")
        try:
            variants = read_variants(asked)
        except InvalidRecipe as error:
            raise InvalidRecipe(f"{where}: {error}") from error
    settings = {key: one for key, one in value.items() if key not in _KEYS}
    return Profile(name, origin, variants, settings)


@cache
def shipped_profiles() -> Mapping[str, Profile]:
    """Those that come with stripline, by name."""
    text = files("stripline.batch").joinpath("profiles.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)["profiles"]
    return {name: read_profile(name, table, "shipped") for name, table in tables.items()}
