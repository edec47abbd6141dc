"""`stripline video`: the commands of videos put together."""

from __future__ import annotations

import typer

from stripline.cli.video_encode import encode
from stripline.cli.video_info import info

app = typer.Typer(
    name="video",
    help="Make videos of pictures or frames, and look at video files.",
    no_args_is_help=True,
)
for command in (encode, info):
    app.command()(command)
