"""Options that several commands share, and how their words are read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, cast

import typer

from stripline.pools import SerialExecutor, default_pool

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

# The sixteen colour names of HTML 4, and the two spellings of grey.
COLOURS = {
    "black": "#000000",
    "silver": "#c0c0c0",
    "gray": "#808080",
    "grey": "#808080",
    "white": "#ffffff",
    "maroon": "#800000",
    "red": "#ff0000",
    "purple": "#800080",
    "fuchsia": "#ff00ff",
    "green": "#008000",
    "lime": "#00ff00",
    "olive": "#808000",
    "yellow": "#ffff00",
    "navy": "#000080",
    "blue": "#0000ff",
    "teal": "#008080",
    "aqua": "#00ffff",
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
    word = COLOURS.get(text.strip().lower(), text.strip().lower())
    try:
        if "," in word:
            levels = tuple(int(part) for part in word.split(","))
        else:
            digits = word.removeprefix("#")
            if len(digits) == 3:
                digits = "".join(digit * 2 for digit in digits)
            levels = tuple(bytes.fromhex(digits)) if word.startswith("#") else ()
    except ValueError:
        levels = ()
    if len(levels) != 3 or not all(0 <= level <= 255 for level in levels):
        message = f"{text!r} is not a colour: give a name ({', '.join(COLOURS)}), "
        raise typer.BadParameter(message + "#rgb, #rrggbb, or r,g,b from 0 to 255")
    return levels[0], levels[1], levels[2]


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
