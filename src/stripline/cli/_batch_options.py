"""Options of the commands that work on many pictures; each is a setting, see `stripline config`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

_WHICH = "Which"
_WORK = "Work"
_WORD = "Progress"


def _option(*names: str, metavar: str, text: str, panel: str | None, default: str = "") -> Any:  # noqa: ANN401 - Typer's
    return typer.Option(
        *names, metavar=metavar, help=text, rich_help_panel=panel, show_default=default or False
    )


Config = Annotated[
    Path | None,
    _option(
        "--config",
        metavar="FILE",
        text="Settings and profiles.",
        panel=None,
        default="stripline.toml or .yaml, here or above",
    ),
]
Profile = Annotated[
    str | None,
    _option(
        "--profile",
        metavar="NAME",
        text="What to make: a profile of the settings, or web, thumbnails, archive, print.",
        panel=None,
    ),
]
Output = Annotated[
    str | None,
    _option(
        "-o",
        "--output",
        metavar="OUT",
        text="A folder, or an address in an object store.",
        panel=None,
    ),
]
Template = Annotated[
    str | None,
    _option(
        "--template",
        metavar="NAME",
        text="Names of files, made of {stem} {variant} {width} {height} {quality} {ext}; with / "
        "between folders.",
        panel=None,
        default="{stem}.{ext}; with several variants {stem}-{variant}.{ext}",
    ),
]
JournalPlace = Annotated[
    str | None,
    _option(
        "--journal",
        metavar="URL",
        text="Where jobs are written down: a file, or a database as postgresql://...",
        panel=None,
        default="a file of yours",
    ),
]


@dataclass(frozen=True, slots=True)
class Which:
    """Which files are wanted, and in which order."""

    include: Annotated[
        list[str] | None,
        _option(
            "--include",
            metavar="PATTERN",
            text="Only what fits, as *.jpg or a/**; several times for several.",
            panel=_WHICH,
        ),
    ] = None
    exclude: Annotated[
        list[str] | None,
        _option(
            "--exclude",
            metavar="PATTERN",
            text="Not what fits. `.striplineignore` files count too.",
            panel=_WHICH,
        ),
    ] = None
    larger: Annotated[
        str | None,
        _option("--larger", metavar="SIZE", text="At least so many bytes, as 20k.", panel=_WHICH),
    ] = None
    smaller: Annotated[
        str | None,
        _option("--smaller", metavar="SIZE", text="At most so many bytes.", panel=_WHICH),
    ] = None
    newer: Annotated[
        str | None,
        _option("--newer", metavar="DATE", text="Changed on 2026-01-31 or later.", panel=_WHICH),
    ] = None
    older: Annotated[
        str | None, _option("--older", metavar="DATE", text="Changed before.", panel=_WHICH)
    ] = None
    hidden: Annotated[
        bool,
        typer.Option("--hidden", help="Also names that begin with a dot.", rich_help_panel=_WHICH),
    ] = False
    order: Annotated[
        str | None,
        _option(
            "--order",
            metavar="found|smallest|largest",
            text="Which goes first.",
            panel=_WHICH,
            default="found",
        ),
    ] = None
    priority: Annotated[
        list[str] | None,
        _option(
            "--priority",
            metavar="PATTERN=N",
            text="What fits goes before all of a lower number; 0 without. The last that fits "
            "decides.",
            panel=_WHICH,
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class Work:
    """How the work is done."""

    workers: Annotated[
        int | None,
        _option(
            "--workers",
            metavar="N",
            text="Pictures at a time.",
            panel=_WORK,
            default="one per usable core",
        ),
    ] = None
    processes: Annotated[
        bool,
        typer.Option(
            "--processes",
            help="In processes: a decoder that crashes costs one picture.",
            rich_help_panel=_WORK,
        ),
    ] = False
    cluster: Annotated[
        str | None,
        _option(
            "--cluster",
            metavar="URL|local",
            text="On a Dask cluster, as tcp://10.0.0.1:8786.",
            panel=_WORK,
        ),
    ] = None
    memory: Annotated[
        str | None,
        _option(
            "--memory",
            metavar="SIZE",
            text="For all pictures at work together, as 512MB.",
            panel=_WORK,
            default="60 % of what there is",
        ),
    ] = None
    seconds: Annotated[
        float | None,
        _option(
            "--seconds", metavar="N", text="That a picture may take.", panel=_WORK, default="300"
        ),
    ] = None
    retries: Annotated[
        int | None,
        _option(
            "--retries",
            metavar="N",
            text="Attempts after one that failed for what may pass.",
            panel=_WORK,
            default="3",
        ),
    ] = None
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="Decode each file again and compare, before it counts as done.",
            rich_help_panel=_WORK,
        ),
    ] = False
    salvage: Annotated[
        bool,
        typer.Option(
            "--salvage", help="Take what can be read of damaged files.", rich_help_panel=_WORK
        ),
    ] = False
    cache: Annotated[
        str | None,
        _option(
            "--cache",
            metavar="DIR[:SIZE]",
            text="Keep results there, so that the same bytes are never worked on twice.",
            panel=_WORK,
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class Word:
    """What is said while it is done."""

    progress: Annotated[
        str | None,
        _option(
            "--progress",
            metavar="auto|bar|json|none",
            text="A bar, or a JSON object a line on standard output.",
            panel=_WORD,
            default="a bar on a terminal",
        ),
    ] = None
    log_format: Annotated[
        str | None,
        _option(
            "--log-format",
            metavar="json|console",
            text="Write a log to standard error.",
            panel=_WORD,
        ),
    ] = None
    log_level: Annotated[
        str | None,
        _option(
            "--log-level",
            metavar="debug|info|warning|error",
            text="The least that is logged.",
            panel=_WORD,
            default="info",
        ),
    ] = None
    metrics_port: Annotated[
        int | None,
        _option(
            "--metrics-port", metavar="N", text="Answer Prometheus on this machine.", panel=_WORD
        ),
    ] = None
    metrics_file: Annotated[
        str | None,
        _option(
            "--metrics-file", metavar="FILE", text="For node_exporter's textfiles.", panel=_WORD
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class Again:
    """What is done of what was done before."""

    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Also what failed, though nothing changed.")
    ] = False
    force: Annotated[bool, typer.Option("-f", "--force", help="Also what is done.")] = False
    replace: Annotated[bool, typer.Option("--replace", help="Replace files that no job made.")] = (
        False
    )
