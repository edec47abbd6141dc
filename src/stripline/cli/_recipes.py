"""From the words of options, and a recipe file, to recipes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from stripline.cli._image_options import Kind, Look, Size
    from stripline.image import Recipe

Fields = dict[str, Any]

_BOX: Final = re.compile(r"(\d+)\s*[x\u00d7]\s*(\d+)", re.IGNORECASE)
_BYTES: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([kmg]?)(i?)b?", re.IGNORECASE)
_POWERS: Final = {"": 0, "k": 1, "m": 2, "g": 3}
_OPTIONS: Final = {"inside": "--fit", "fill": "--fill", "pad": "--pad", "exact": "--exact"}
_SIZES: Final = ("scale", "width", "height", "fit")


def changes_of(size: Size, look: Look, kind: Kind) -> Fields:
    """What options say of a recipe, as its fields.

    Raises:
        typer.BadParameter: Options that exclude each other, or that cannot be read.
    """
    background = look.background
    resize = _size(size) | _given(
        gravity=size.gravity, filter=size.filter, enlarge=size.enlarge, linear=size.linear
    )
    if size.pad is not None:
        resize |= _given(background=background)
        background = None if background == "transparent" else background
    fields = _given(colour=look.colour, background=background)
    if look.sharpen is not None:
        fields["sharpen"] = {} if look.sharpen else None
    if look.metadata:
        fields["metadata"] = [word.strip() for text in look.metadata for word in text.split(",")]
    output = _given(
        format=kind.format,
        quality=None if kind.quality is None else parse_quality(kind.quality),
        target=kind.target,
        max_bytes=None if kind.max_bytes is None else parse_bytes(kind.max_bytes),
        lossless=kind.lossless,
        effort=kind.effort,
    )
    return {**fields, "resize": resize, "output": output}


def _size(size: Size) -> Fields:
    """The width and height, or the scale, that one of many options asks for."""
    boxes = {"inside": size.fit, "fill": size.fill, "pad": size.pad, "exact": size.exact}
    sides = _given(width=size.width, height=size.height)
    asked = [_OPTIONS[fit] for fit, text in boxes.items() if text is not None]
    asked += ["--scale"] * (size.scale is not None) + ["--width and --height"] * bool(sides)
    if len(asked) > 1:
        message = f"{', '.join(asked)} exclude each other: give one of them"
        raise typer.BadParameter(message)
    for fit, text in boxes.items():
        if text is not None:
            across, down = parse_box(text)
            return {"width": across, "height": down, "fit": fit}
    return sides | _given(scale=size.scale)


def _given(**fields: Any) -> Fields:  # noqa: ANN401 - whatever an option holds
    """Those that are there."""
    return {name: value for name, value in fields.items() if value is not None}


def parse_quality(text: str) -> int | str:
    """Read a number from 1 to 100, or auto."""
    if text.lower() == "auto":
        return "auto"
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 100:
        return int(text)
    message = f"quality {text!r} is neither a number from 1 to 100 nor auto"
    raise typer.BadParameter(message)


def parse_box(text: str) -> tuple[int, int]:
    """Read WxH, as 800x600."""
    match = _BOX.fullmatch(text.strip())
    if match is None:
        message = f"{text!r} is not a width and a height, as 800x600"
        raise typer.BadParameter(message)
    return int(match[1]), int(match[2])


def parse_bytes(text: str) -> int:
    """Read a number of bytes: 200000, 200k, 1.5MB (thousands), 200KiB (times 1,024)."""
    match = _BYTES.fullmatch(text.strip())
    if match is None or (match[3] and not match[2]):
        message = f"{text!r} is not a number of bytes, as 200k or 1.5M"
        raise typer.BadParameter(message)
    base = 1024 if match[3] else 1000
    return int(float(match[1]) * base ** _POWERS[match[2].lower()])


def recipes_of(file: Path | None, changes: Mapping[str, Any]) -> dict[str, Recipe]:
    """Recipes by name: those of the file, or the default one, with changes made to each.

    Args:
        file: A recipe file; None for the default recipe, without a name.
        changes: Fields of a recipe; those of `resize` and `output` one by one.

    Raises:
        StriplineError, OSError: See `stripline.image.load_variants`.
    """
    from stripline.image import Recipe, load_variants  # noqa: PLC0415 - loads pydantic

    return with_changes({"": Recipe()} if file is None else load_variants(file), changes)


def with_changes(recipes: Mapping[str, Recipe], changes: Mapping[str, Any]) -> dict[str, Recipe]:
    """The same recipes with changes made to each; see `recipes_of`."""
    return {name: _changed(recipe, changes) for name, recipe in recipes.items()}


def _changed(recipe: Recipe, changes: Mapping[str, Any]) -> Recipe:
    fields: Fields = recipe.model_dump(exclude_defaults=True)
    for name, value in changes.items():
        if name not in {"resize", "output"}:
            fields[name] = value
        elif value:
            base = dict(fields.get(name) or {})
            if any(word in value for word in _SIZES):  # a size replaces the other one as a whole
                base = {word: kept for word, kept in base.items() if word not in _SIZES}
            fields[name] = {**base, **value}
    return type(recipe).read(fields)


def check_formats(recipes: Iterable[Recipe]) -> None:
    """Refuse formats that nobody can write, before any picture is looked at.

    Raises:
        InvalidRecipe: There is no such encoder.
    """
    from stripline.image.encode.registry import encoder_for  # noqa: PLC0415 - loads pydantic

    for recipe in recipes:
        output = recipe.output
        if output.format == "auto":
            for name in output.candidates:
                encoder_for(name)
        elif output.format != "keep":
            encoder_for(output.format)
