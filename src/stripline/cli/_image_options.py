"""Options of the commands that make pictures: their names, and what help says of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

_SIZE = "Size"
_LOOK = "Look"
_FILE = "File"

Inputs = Annotated[
    list[str],
    typer.Argument(
        metavar="INPUT",
        help="Pictures, folders (with all below them), or - for standard input.",
        show_default=False,
    ),
]
RecipeFile = Annotated[
    Path | None,
    typer.Option(
        "--recipe",
        metavar="FILE",
        help="A recipe, or several variants, in TOML, YAML or JSON. Options given beside it "
        "replace what it says.",
    ),
]
Metadata = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WHAT",
        help="What to keep: none, icc, exif, xmp, copyright, all; several with commas, or the "
        "option again.",
        show_default="none",
        rich_help_panel=_LOOK,
    ),
]
Colour = Annotated[
    str | None,
    typer.Option(
        metavar="srgb|p3|keep",
        help="Convert to sRGB or Display P3, or leave colours and profile.",
        rich_help_panel=_LOOK,
    ),
]


def _box(text: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(metavar="WxH", help=text, rich_help_panel=_SIZE)
    return option


@dataclass(frozen=True, slots=True)
class Size:
    """How large a picture becomes, and how it gets there."""

    scale: Annotated[
        float | None,
        typer.Option(metavar="N", help="Times as wide and high, as 0.5.", rich_help_panel=_SIZE),
    ] = None
    width: Annotated[
        int | None, typer.Option(metavar="N", help="Pixels across.", rich_help_panel=_SIZE)
    ] = None
    height: Annotated[
        int | None, typer.Option(metavar="N", help="Pixels down.", rich_help_panel=_SIZE)
    ] = None
    fit: Annotated[str | None, _box("As large as fits within.")] = None
    fill: Annotated[str | None, _box("Cover it all; what is over is cut off.")] = None
    pad: Annotated[str | None, _box("The whole picture on a background of that size.")] = None
    exact: Annotated[str | None, _box("Exactly that, distorted.")] = None
    gravity: Annotated[
        str | None,
        typer.Option(
            metavar="PLACE",
            help="What --fill keeps and where --pad puts the picture: centre, top, bottom, left, "
            "right, top-left and so on; for --fill also entropy or attention.",
            show_default="centre",
            rich_help_panel=_SIZE,
        ),
    ] = None
    filter: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="nearest, bilinear, bicubic, mitchell, lanczos2 or lanczos3.",
            show_default="lanczos3",
            rich_help_panel=_SIZE,
        ),
    ] = None
    enlarge: Annotated[
        bool | None,
        typer.Option(
            "--enlarge/--no-enlarge",
            help="Blow smaller pictures up.",
            show_default="no-enlarge",
            rich_help_panel=_SIZE,
        ),
    ] = None
    linear: Annotated[
        bool | None,
        typer.Option(
            "--linear/--no-linear",
            help="Average light, not its encoding: slower, keeps fine bright detail.",
            show_default="no-linear",
            rich_help_panel=_SIZE,
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture looks, and what comes with it."""

    background: Annotated[
        str | None,
        typer.Option(
            metavar="COLOUR",
            help="What shows through transparent pixels and around --pad: a name, #rgb, #rrggbb "
            "or r,g,b; around --pad also transparent.",
            show_default="alpha is kept where the format has it",
            rich_help_panel=_LOOK,
        ),
    ] = None
    sharpen: Annotated[
        bool | None,
        typer.Option(
            "--sharpen/--no-sharpen",
            help="Crisper edges, after scaling.",
            show_default="no-sharpen",
            rich_help_panel=_LOOK,
        ),
    ] = None
    colour: Colour = None
    metadata: Metadata = None


@dataclass(frozen=True, slots=True)
class Kind:
    """Which file is made, and how small."""

    format: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="jpeg, png, webp, avif, tiff, gif; keep for the source's; auto for the smallest.",
            rich_help_panel=_FILE,
        ),
    ] = None
    quality: Annotated[
        str | None,
        typer.Option(
            "-q",
            "--quality",
            metavar="N|auto",
            help="1 (small) to 100 (faithful) on the format's scale; auto for the lowest that "
            "looks right.",
            show_default="the format's",
            rich_help_panel=_FILE,
        ),
    ] = None
    target: Annotated[
        float | None,
        typer.Option(
            metavar="SCORE",
            help="SSIMULACRA 2 score to reach, as small as possible: 90 looks the same, 80 high, "
            "70 good.",
            rich_help_panel=_FILE,
        ),
    ] = None
    max_bytes: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            help="The largest file allowed, as 200k or 1.5M.",
            rich_help_panel=_FILE,
        ),
    ] = None
    lossless: Annotated[
        bool | None,
        typer.Option(
            "--lossless/--lossy",
            help="Keep every pixel, or not.",
            show_default="lossy",
            rich_help_panel=_FILE,
        ),
    ] = None
    effort: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=9,
            metavar="N",
            help="0 (fast) to 9 (small).",
            show_default="the format's",
            rich_help_panel=_FILE,
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class Running:
    """How the work is done and what is said of it."""

    force: Annotated[bool, typer.Option("-f", "--force", help="Replace files that exist.")] = False
    threads: Annotated[
        int | None,
        typer.Option(
            min=1, max=1024, help="Pictures at a time.", show_default="one per usable core"
        ),
    ] = None
    seconds: Annotated[
        float, typer.Option(metavar="N", help="What a picture may take before it is given up.")
    ] = 300.0
    dry_run: Annotated[
        bool,
        typer.Option("-n", "--dry-run", help="Say what would be written, and write nothing."),
    ] = False
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False
