"""The commands put together."""

from __future__ import annotations

from typing import Annotated

import typer

import stripline
from stripline.cli.batch import batch
from stripline.cli.compare import compare
from stripline.cli.config import app as config
from stripline.cli.demo import demo
from stripline.cli.doctor import doctor
from stripline.cli.encode import encode
from stripline.cli.info import info
from stripline.cli.jobs import app as jobs
from stripline.cli.optimize import optimize
from stripline.cli.recipe import app as recipe
from stripline.cli.resize import resize
from stripline.cli.video import app as video
from stripline.cli.watch import watch

app = typer.Typer(
    name="stripline",
    help="Turn pixels and pictures into small files: fast, streaming, in bounded memory.",
    no_args_is_help=True,
    # A bug should show Python's own traceback, which people can paste into a report.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (resize, optimize, batch, watch, compare, encode, info, doctor, demo):
    app.command()(command)
for group in (jobs, config, recipe, video):
    app.add_typer(group)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - Typer calls it with the flag's value
    if wanted:
        typer.echo(f"stripline {stripline.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Turn pixels and pictures into small files: fast, streaming, in bounded memory."""
