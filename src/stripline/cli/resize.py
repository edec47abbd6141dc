"""`stripline resize`: pictures in, pictures of another size or format out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from stripline.cli import _image_options as options  # noqa: TC001 - Typer reads it
from stripline.cli._errors import reported
from stripline.cli._groups import with_groups
from stripline.cli._outcome import Outcome, planned_outcome
from stripline.cli._pictures import Picture, find, look_at
from stripline.cli._places import Place, check_all, check_template, given_format, place_of, planned
from stripline.cli._recipes import changes_of, check_formats, recipes_of
from stripline.cli._report import report
from stripline.cli._run import run
from stripline.cli._sinks import PlacedSinks

if TYPE_CHECKING:
    from concurrent.futures import Executor

_SIZES = "--scale, --width, --height, --fit, --fill, --pad, --exact"


@dataclass(frozen=True, slots=True)
class Details:
    """How files are named and damaged ones are met."""

    template: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Names of files in a folder, made of {stem} {variant} {width} {height} {quality} "
            "{ext}.",
            show_default="{stem}.{ext}; with several variants {stem}-{variant}.{ext}",
        ),
    ] = None
    salvage: Annotated[
        bool, typer.Option("--salvage", help="Take what can be read of damaged files.")
    ] = False


@with_groups
def resize(
    inputs: options.Inputs,
    *,
    output: Annotated[
        str,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT",
            help="A folder; or a file, if one file is made; or - for standard output.",
            show_default=False,
        ),
    ],
    size: options.Size,
    look: options.Look,
    kind: options.Kind,
    recipe: options.RecipeFile = None,
    details: Details,
    running: options.Running,
) -> None:
    """Make pictures smaller, or of another shape or format. The originals stay as they are.

    For example:

    stripline resize photo.jpg -o small.webp --width 800

    stripline resize photos -o web --fit 1600x1600 --format auto --quality auto

    stripline resize photos -o thumbs --fill 200x200 --gravity attention

    stripline resize hero.png -o out --recipe web.toml --template '{stem}-{width}w.{ext}'
    """
    changes = changes_of(size, look, kind)
    if not changes["resize"] and recipe is None:
        message = f"say how large: {_SIZES}, or --recipe"
        raise typer.BadParameter(message)
    with reported():
        recipes = recipes_of(recipe, changes)
        place = place_of(output, inputs, several=len(recipes) > 1, template=details.template)
        check_template(place, recipes.values())
        recipes = {name: given_format(place, one) for name, one in recipes.items()}
        check_formats(recipes.values())
        found = find(inputs, output=place.path if place.is_folder else None)
        files = [look_at(file, recipes) for file in found]
        names = {file.name: planned(place, file) for file in files if isinstance(file, Picture)}
        check_all(files, names, place, force=running.force)

        def work(picture: Picture, strips: Executor | None) -> Outcome:
            if running.dry_run:
                return planned_outcome(picture, names[picture.name])
            return _resized(picture, strips, place, details, running)

        ran = run(files, work, threads=running.threads, label="resizing")
    report(ran, as_json=running.as_json, dry_run=running.dry_run, quiet=place.path is None)


def _resized(
    picture: Picture,
    strips: Executor | None,
    place: Place,
    details: Details,
    running: options.Running,
) -> Outcome:
    """Make a picture's files."""
    from stripline.image import Limits, process  # noqa: PLC0415 - loads the image room

    sinks = PlacedSinks(place, picture, force=running.force)
    limits = Limits(seconds=running.seconds)
    result = process(
        picture.source, picture.recipes, sinks, limits, salvage=details.salvage, pool=strips
    )
    return Outcome.done(picture, result, sinks.paths)
