"""`stripline config`: what commands about many pictures are set to, and by whom."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from stripline.cli import _batch_options as batch_options  # noqa: TC001 - Typer reads it
from stripline.cli._errors import needing_batch, reported
from stripline.cli._options import AsJson  # noqa: TC001 - Typer reads it

if TYPE_CHECKING:
    from stripline.batch.config import Loaded

app = typer.Typer(name="config", help="Show settings of `batch` and `watch`.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Show settings of `batch` and `watch`."""


@app.command()
def show(
    *,
    profile: batch_options.Profile = None,
    config: batch_options.Config = None,
    output: batch_options.Output = None,
    workers: Annotated[
        int | None, typer.Option("--workers", metavar="N", help="As for batch.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show each setting and where it came from: default, file, profile, environment, flag.

    The later one in this row decides. For example:

    stripline config show

    STRIPLINE_WORKERS=4 stripline config show --profile web --json
    """
    with reported():
        with needing_batch():
            from stripline.batch.config import load_config  # noqa: PLC0415 - an extra

        flags = {"profile": profile, "output": output, "workers": workers}
        settings = load_config(flags, file=config)
        if as_json:
            typer.echo(json.dumps(_as_json(settings), indent=2))
        else:
            _print(settings)


def _as_json(settings: Loaded) -> dict[str, object]:
    return {
        "file": None if settings.file is None else str(settings.file),
        "settings": {
            name: {"value": value, "from": origin} for name, value, origin in settings.rows()
        },
        "variants": {
            name: recipe.model_dump(mode="json", exclude_defaults=True)
            for name, recipe in settings.variants.items()
        },
    }


def _print(settings: Loaded) -> None:
    from stripline.cli._batch_report import print_table  # noqa: PLC0415 - of the extra

    rows = [
        (name, _words(value), "-" if origin == "default" else origin)
        for name, value, origin in settings.rows()
    ]
    print_table(("setting", "value", "from"), rows, left=3)
    typer.echo(f"file: {settings.file or 'none'}")
    if settings.variants:
        typer.echo(f"variants: {', '.join(name or '-' for name in settings.variants)}")


def _words(value: object) -> str:
    if value is None or value == []:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
