"""`stripline watch`: pictures are worked on as they come into folders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from stripline.cli import _batch_options as batch_options  # noqa: TC001 - Typer reads it
from stripline.cli import _image_options as options  # noqa: TC001 - Typer reads it
from stripline.cli._errors import needing_batch, reported
from stripline.cli._groups import with_groups
from stripline.cli._recipes import changes_of


@dataclass(frozen=True, slots=True)
class Watching:
    """How folders are watched."""

    settle: Annotated[
        float,
        typer.Option(
            min=0.01, metavar="SECONDS", help="A file is taken when it has not changed for so long."
        ),
    ] = 1.0
    deleted: Annotated[
        str,
        typer.Option(
            metavar="keep|remove", help="What becomes of the files of pictures that are deleted."
        ),
    ] = "keep"
    poll: Annotated[
        bool,
        typer.Option("--poll", help="Look again and again, as folders of other machines need it."),
    ] = False


@with_groups
def watch(
    folders: Annotated[
        list[str], typer.Argument(metavar="DIR...", help="Folders.", show_default=False)
    ],
    *,
    output: batch_options.Output = None,
    profile: batch_options.Profile = None,
    recipe: options.RecipeFile = None,
    template: batch_options.Template = None,
    size: options.Size,
    look: options.Look,
    kind: options.Kind,
    watching: Watching,
    which: batch_options.Which,
    work: batch_options.Work,
    again: batch_options.Again,
    word: batch_options.Word,
    config: batch_options.Config = None,
    journal: batch_options.JournalPlace = None,
) -> None:
    """Work on pictures as they come into folders, change, move or go, until Ctrl-C or SIGTERM.

    What came while nobody watched is done first. All that happens is logged. For example:

    stripline watch incoming -o web --profile web
    """
    changes = changes_of(size, look, kind)
    if watching.deleted not in {"keep", "remove"}:
        message = f"--deleted {watching.deleted}: there are keep and remove"
        raise typer.BadParameter(message)
    with reported():
        with needing_batch():
            from stripline.cli._batch_command import Asked  # noqa: PLC0415 - an extra
            from stripline.cli._watch_command import watch_command  # noqa: PLC0415

        places = {"output": output, "profile": profile, "template": template, "journal": journal}
        asked = Asked(folders, config, recipe, changes, places, which, work, again, word)
        watch_command(
            asked,
            settle_seconds=watching.settle,
            remove=watching.deleted == "remove",
            poll=watching.poll,
        )
