"""`stripline batch`: any number of pictures, each done once, whatever happens on the way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 - Typer reads it
from typing import Annotated

import typer

from stripline.cli import _batch_options as batch_options  # noqa: TC001 - Typer reads it
from stripline.cli import _image_options as options  # noqa: TC001 - Typer reads it
from stripline.cli._errors import needing_batch, reported
from stripline.cli._groups import with_groups
from stripline.cli._recipes import changes_of


@dataclass(frozen=True, slots=True)
class Said:
    """What is said, and whether anything is done."""

    report: Annotated[
        list[Path] | None,
        typer.Option(
            "--report",
            metavar="FILE",
            help="Write a report when it is over: .html with pictures, .csv or .json.",
            show_default=False,
        ),
    ] = None
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False
    dry_run: Annotated[
        bool, typer.Option("-n", "--dry-run", help="Say what would be done, and do nothing.")
    ] = False


@with_groups
def batch(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Folders (with all below them), pictures, addresses as s3://bucket/prefix.",
            show_default=False,
        ),
    ],
    *,
    output: batch_options.Output = None,
    profile: batch_options.Profile = None,
    recipe: options.RecipeFile = None,
    template: batch_options.Template = None,
    size: options.Size,
    look: options.Look,
    kind: options.Kind,
    which: batch_options.Which,
    work: batch_options.Work,
    again: batch_options.Again,
    word: batch_options.Word,
    said: Said,
    config: batch_options.Config = None,
    journal: batch_options.JournalPlace = None,
) -> None:
    """Make files of many pictures: fast, within memory, and so that it can be stopped any time.

    The same command again does what is missing or changed, and nothing else. For example:

    stripline batch photos -o web --profile web --report report.html

    stripline batch photos -o small --fit 1600x1600 --format webp --processes

    stripline batch s3://shop/in -o s3://shop/out --profile thumbnails --cluster tcp://10.0.0.1:8786
    """
    changes = changes_of(size, look, kind)
    with reported():
        with needing_batch():
            from stripline.cli._batch_command import Asked, run_command  # noqa: PLC0415 - an extra

        places = {"output": output, "profile": profile, "template": template, "journal": journal}
        asked = Asked(inputs, config, recipe, changes, places, which, work, again, word)
        run_command(asked, said.report or (), as_json=said.as_json, dry_run=said.dry_run)
