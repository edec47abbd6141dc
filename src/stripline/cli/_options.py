"""Options that several commands share, and how their words are read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, cast

import typer

from stripline.errors import InvalidOption
from stripline.pools import SerialExecutor, default_pool
from stripline.streams import colour

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

    from stripline.jpeg import Sampling

SAMPLINGS = {
    "444": "4:4:4",
    "422": "4:2:2",
    "440": "4:4:0",
    "420": "4:2:0",
    "grey": "grey",
    "gray": "grey",
}


def parse_sampling(text: str) -> Sampling:
    """Read 444, 4:4:4, 420 … or grey."""
    try:
        return cast("Sampling", SAMPLINGS[text.lower().replace(":", "")])
    except KeyError:
        message = f"{text!r} is none of 444, 422, 420, 440, grey"
        raise typer.BadParameter(message) from None


def parse_colour(text: str) -> tuple[int, int, int]:
    """Read a colour: a name, #rgb, #rrggbb or r,g,b with numbers from 0 to 255."""
    try:
        return colour.parse_colour(text)
    except InvalidOption as error:
        raise typer.BadParameter(str(error)) from None


Quality = Annotated[
    int, typer.Option("-q", "--quality", min=1, max=100, help="1 (small) to 100 (faithful).")
]
SubsamplingOption = Annotated[
    str,
    typer.Option(
        "-s",
        "--subsampling",
        metavar="444|422|420|440|grey",
        help="How finely colour is kept: 444 everywhere, 422 every second column, "
        "440 every second row, 420 both, grey not at all.",
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(min=1, max=1024, help="Threads that encode.", show_default="one per usable core"),
]
Force = Annotated[bool, typer.Option("-f", "--force", help="Replace OUT if it exists.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@contextmanager
def pool_of(threads: int | None) -> Iterator[Executor]:
    """The pool for --threads; one made here is shut down on the way out."""
    if threads is None:
        yield default_pool()
        return
    pool = SerialExecutor() if threads == 1 else ThreadPoolExecutor(threads, "stripline")
    with pool:
        yield pool
