"""How options, and a recipe file, become recipes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import typer

from stripline.cli._image_options import Kind, Look, Size
from stripline.cli._recipes import changes_of, parse_box, parse_bytes, parse_quality, recipes_of
from stripline.errors import InvalidRecipe
from stripline.image import Recipe

if TYPE_CHECKING:
    from pathlib import Path


def recipe(size: Size | None = None, look: Look | None = None, kind: Kind | None = None) -> Recipe:
    return recipes_of(None, changes_of(size or Size(), look or Look(), kind or Kind()))[""]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("200000", 200_000),
        ("200k", 200_000),
        ("200 kB", 200_000),
        ("1.5M", 1_500_000),
        ("1.5mb", 1_500_000),
        ("200KiB", 204_800),
        ("2Gi", 2 << 30),
        ("7b", 7),
    ],
)
def test_sizes_of_files(text: str, count: int) -> None:
    assert parse_bytes(text) == count


@pytest.mark.parametrize("text", ["", "k", "-1", "1.5.5M", "12 parsecs", "5ib", "1e6"])
def test_what_is_no_size_of_a_file(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="bytes"):
        parse_bytes(text)


def test_boxes() -> None:
    assert parse_box("800x600") == parse_box(" 800 X 600 ") == parse_box("800\u00d7600")
    for text in ("", "800", "800x", "x600", "800x600x2", "-8x6", "8.5x6"):
        with pytest.raises(typer.BadParameter, match="800x600"):
            parse_box(text)


def test_qualities() -> None:
    assert (parse_quality("1"), parse_quality("100"), parse_quality("AUTO")) == (1, 100, "auto")
    for text in ("0", "101", "best", "", "8.5", "-1"):
        with pytest.raises(typer.BadParameter, match="quality"):
            parse_quality(text)


@pytest.mark.parametrize(
    ("size", "fields"),
    [
        (Size(scale=0.5), {"scale": 0.5}),
        (Size(width=300), {"width": 300}),
        (Size(width=300, height=200), {"width": 300, "height": 200}),
        (Size(fit="30x20"), {"width": 30, "height": 20, "fit": "inside"}),
        (
            Size(fill="30x20", gravity="attention"),
            {"width": 30, "height": 20, "fit": "fill", "gravity": "attention"},
        ),
        (
            Size(pad="30x20", enlarge=True),
            {"width": 30, "height": 20, "fit": "pad", "enlarge": True},
        ),
        (
            Size(exact="30x20", filter="mitchell", linear=True),
            {"width": 30, "height": 20, "fit": "exact", "filter": "mitchell", "linear": True},
        ),
    ],
)
def test_each_size(size: Size, fields: dict[str, Any]) -> None:
    assert recipe(size) == Recipe.read({"resize": fields})


def test_sizes_exclude_each_other() -> None:
    for size in (
        Size(scale=1, width=3),
        Size(fit="3x3", fill="3x3"),
        Size(exact="3x3", height=3),
        Size(pad="3x3", scale=2),
    ):
        with pytest.raises(typer.BadParameter, match="exclude"):
            changes_of(size, Look(), Kind())


def test_looks() -> None:
    look = Look(background="#102030", sharpen=True, colour="p3", metadata=["exif, xmp", "icc"])
    assert recipe(look=look) == Recipe.read(
        {
            "background": [16, 32, 48],
            "sharpen": {},
            "colour": "p3",
            "metadata": ["exif", "xmp", "icc"],
        }
    )


def test_background_of_padding() -> None:
    padded = recipe(Size(pad="9x9"), Look(background="red"))
    assert padded.resize is not None
    assert padded.resize.background == padded.background == (255, 0, 0)
    clear = recipe(Size(pad="9x9"), Look(background="transparent"))
    assert clear.resize is not None
    assert (clear.resize.background, clear.background) == ("transparent", None)
    with pytest.raises(InvalidRecipe, match="transparent"):
        recipe(Size(fit="9x9"), Look(background="transparent"))


def test_kinds() -> None:
    kind = Kind(format="JPG", quality="auto", target=None, max_bytes="20k", effort=4)
    output = recipe(kind=kind).output
    assert (output.format, output.quality, output.max_bytes) == ("jpeg", "auto", 20_000)
    assert (output.effort, output.lossless) == (4, False)
    assert recipe(kind=Kind(target=85.5)).output.goal_score == 85.5


def test_what_does_not_go_together_is_named() -> None:
    for kind in (
        Kind(lossless=True, target=90),
        Kind(quality="70", target=90),
        Kind(lossless=True, max_bytes="9k"),
    ):
        with pytest.raises(InvalidRecipe, match="output"):
            recipe(kind=kind)
    with pytest.raises(InvalidRecipe, match="colour"):
        recipe(look=Look(colour="cmyk"))
    with pytest.raises(InvalidRecipe, match="metadata"):
        recipe(look=Look(metadata=["gps"]))
    with pytest.raises(InvalidRecipe, match="gravity"):
        recipe(Size(fit="3x3", gravity="attention"))


def test_options_replace_what_each_variant_says(tmp_path: Path) -> None:
    file = tmp_path / "r.toml"
    file.write_text(
        "[variants.sm]\n"
        'resize = { width = 30, height = 30, fit = "fill", filter = "mitchell" }\n'
        'output = { format = "png", effort = 7, webp = { quality = 60 } }\n'
        'sharpen = { sigma = 1 }\nmetadata = "exif"\n'
        "[variants.md]\n"
        "resize = { scale = 0.5 }\n"
    )
    changes = changes_of(Size(width=40), Look(sharpen=False), Kind(format="webp", lossless=True))
    assert recipes_of(file, changes) == {
        "sm": Recipe.read(
            {
                "resize": {"width": 40, "filter": "mitchell"},
                "output": {
                    "format": "webp",
                    "lossless": True,
                    "effort": 7,
                    "webp": {"quality": 60},
                },
                "metadata": ["exif"],
            }
        ),
        "md": Recipe.read(
            {"resize": {"width": 40}, "output": {"format": "webp", "lossless": True}}
        ),
    }
    assert recipes_of(file, changes_of(Size(), Look(), Kind()))["md"] == Recipe.read(
        {"resize": {"scale": 0.5}}
    )
