"""`stripline encode`: a picture or raw pixels in, a JPEG out."""

from __future__ import annotations

import sys
import time
from typing import Annotated, cast

import typer

from stripline import jpeg
from stripline.cli import _files, _options, _text
from stripline.cli._errors import reported
from stripline.cli._progress import ProgressBar
from stripline.cli._stdin import standard_input


def encode(
    source: Annotated[
        str,
        typer.Argument(
            metavar="INPUT",
            help="A picture of any format libvips reads, a PPM or PAM, or - for standard input.",
        ),
    ],
    *,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT",
            help="The JPEG to write, or - for standard output.",
            show_default="INPUT's name with .jpg",
        ),
    ] = None,
    quality: _options.Quality = 100,
    subsampling: _options.SubsamplingOption = "444",
    threads: _options.Threads = None,
    background: Annotated[
        str,
        typer.Option(
            metavar="COLOUR",
            help="What shows through transparent pixels: a name, #rgb, #rrggbb or r,g,b.",
        ),
    ] = "white",
    keep_metadata: Annotated[
        bool,
        typer.Option(
            "--keep-metadata/--strip",
            help="Copy EXIF, XMP and the rest, or only what changes how the picture looks: "
            "its colour profile and orientation.",
        ),
    ] = False,
    width: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Raw pixels: their width.")
    ] = None,
    height: Annotated[
        int | None,
        typer.Option(
            min=1, max=65535, help="Raw pixels: their height.", show_default="until they end"
        ),
    ] = None,
    pixel_format: Annotated[
        str | None,
        typer.Option(
            "--format", metavar="FORMAT", help="Raw pixels: rgb, rgba, bgr, bgra, rgbx, bgrx, grey."
        ),
    ] = None,
    force: _options.Force = False,
) -> None:
    """Encode a picture as JPEG, in little memory, on all cores.

    INPUT is read as it is encoded, never whole. Examples:

    stripline encode scan.tif -o scan.jpg -q 90 -s 420

    ppmtool | stripline encode - -o out.jpg

    producer | stripline encode - --width 1920 --height 1080 --format rgb > out.jpg
    """
    sampling = _options.parse_sampling(subsampling)
    colour = _options.parse_colour(background)
    target = _files.default_target(source) if output is None else output
    _files.check_target(source, target, force=force)
    if source == _files.STANDARD_STREAM and sys.stdin.isatty():
        message = "standard input is a terminal: pipe a picture into it"
        raise typer.BadParameter(message)
    began = time.perf_counter()
    with reported(), _options.pool_of(threads) as pool, ProgressBar("encoding") as progress:
        size = jpeg.encode(
            standard_input() if source == _files.STANDARD_STREAM else source,
            _files.opened(target),
            width=width,
            height=height,
            format=cast("jpeg.PixelFormat | None", pixel_format),
            quality=quality,
            subsampling=sampling,
            background=colour,
            metadata="keep" if keep_metadata else None,
            pool=pool,
            progress=progress.update,
        )
    seconds = time.perf_counter() - began
    if target != _files.STANDARD_STREAM and sys.stderr.isatty():
        typer.echo(f"{target}: {_text.byte_count(size)} in {seconds:.2f} s", err=True)
