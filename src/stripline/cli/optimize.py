"""`stripline optimize`: the same pictures in fewer bytes, in another folder or in their place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from stripline.cli import _image_options as options
from stripline.cli._errors import reported
from stripline.cli._groups import with_groups
from stripline.cli._outcome import planned_outcome
from stripline.cli._pictures import Picture, find, look_at
from stripline.cli._places import check_all, given_format, place_of
from stripline.cli._recipes import changes_of, check_formats, recipes_of
from stripline.cli._replace import Rewrite, possible_names
from stripline.cli._report import report
from stripline.cli._run import run
from stripline.cli._worth import reason_to_leave

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from stripline.cli._outcome import Outcome

# What a lossy encoding loses must buy something: a second run would otherwise shave a percent off
# each time, and never end.
_LOSSY_MARGIN_PERCENT: Final = 5.0
# Each format's step at which most of what can be saved is saved: the smallest-file path of JPEG,
# oxipng's level 2, and libwebp's own default.
_EFFORTS: Final[dict[str, dict[str, Any]]] = {
    "jpeg": {"effort": 6},
    "png": {"effort": 3},
    "webp": {"effort": 4},
}


@dataclass(frozen=True, slots=True)
class Where:
    """Where the files go, and when they are worth it."""

    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT",
            help="A folder; or a file, if there is one INPUT; or - for standard output.",
            show_default=False,
        ),
    ] = None
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Replace the pictures where that saves bytes.")
    ] = False
    keep_times: Annotated[
        bool, typer.Option("--keep-times", help="Give files the times of their pictures.")
    ] = False
    margin: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=99,
            metavar="PERCENT",
            help="Keep the source's own bytes unless so much is saved.",
            show_default="5; with --lossless or --max-bytes 0",
        ),
    ] = None


@with_groups
def optimize(
    inputs: options.Inputs,
    *,
    where: Where,
    kind: options.Kind,
    colour: options.Colour = None,
    metadata: options.Metadata = None,
    running: options.Running,
) -> None:
    """Make pictures smaller in bytes, at the same size in pixels, and never larger.

    What would not be smaller stays as it is, byte for byte. For example:

    stripline optimize photos -o smaller

    stripline optimize photos --in-place --lossless --keep-times

    stripline optimize scan.png -o scan.webp --quality auto

    stripline optimize shop --in-place --max-bytes 200k
    """
    if (where.output is None) != where.in_place:
        message = "say where the files go: either -o OUT or --in-place"
        raise typer.BadParameter(message)
    changes = changes_of(options.Size(), options.Look(colour=colour, metadata=metadata), kind)
    with reported():
        place = None
        if where.output is not None:
            place = place_of(where.output, inputs, several=False, template=None)
        recipe = recipes_of(None, _with_defaults(changes, where.margin))[""]
        recipe = recipe if place is None else given_format(place, recipe)
        check_formats([recipe])
        folder = place.path if place is not None and place.is_folder else None
        found = find(inputs, output=folder, in_place=where.in_place)
        files = [look_at(file, {"": recipe}) for file in found]
        files = [reason_to_leave(file, in_place=where.in_place) or file for file in files]
        names = {
            file.name: possible_names(place, file) for file in files if isinstance(file, Picture)
        }
        check_all(files, names, place, force=running.force)
        rewrite = Rewrite(
            place,
            keep_times=where.keep_times,
            force=running.force,
            seconds=running.seconds,
        )

        def work(picture: Picture, strips: Executor | None) -> Outcome:
            if running.dry_run:
                return planned_outcome(picture, names[picture.name])
            return rewrite(picture, strips)

        ran = run(files, work, threads=running.threads, label="optimizing")
    quiet = place is not None and place.path is None
    report(ran, as_json=running.as_json, dry_run=running.dry_run, quiet=quiet)


def _with_defaults(changes: dict[str, Any], margin: float | None) -> dict[str, Any]:
    """What is asked for, and what a picture that is to stay the same needs beside it."""
    output = dict(changes["output"])
    lossless = bool(output.get("lossless"))
    if "effort" not in output:
        output |= {name: dict(settings) for name, settings in _EFFORTS.items()}
    if not lossless:
        output.setdefault("png", {})["palette"] = "auto"
    if margin is None:
        # A file that has to fit a size is worth it however little is saved.
        margin = 0.0 if lossless or "max_bytes" in output else _LOSSY_MARGIN_PERCENT
    output |= {"never_larger": True, "margin": margin / 100}
    defaults = {"colour": "keep"} if lossless else {}
    return {**defaults, **changes, "output": output}
