"""Groups of options become options, and options a group."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Annotated

import typer
from typer.testing import CliRunner

from stripline.cli._groups import with_groups


@dataclass(frozen=True, slots=True)
class Colours:
    red: Annotated[int, typer.Option(help="How red.")] = 1
    name: Annotated[str | None, typer.Option("--called")] = None


CALLS: list[tuple[str, Colours, bool]] = []


@with_groups
def paint(wall: Annotated[str, typer.Argument()], *, colours: Colours, twice: bool = False) -> None:
    """Paint a wall."""
    CALLS.append((wall, colours, twice))


def test_fields_stand_where_the_group_stood() -> None:
    assert list(inspect.signature(paint).parameters) == ["wall", "red", "name", "twice"]
    assert (paint.__name__, paint.__doc__) == ("paint", "Paint a wall.")


def test_the_command_gets_a_group() -> None:
    app = typer.Typer()
    app.command()(paint)
    CALLS.clear()
    for words in (["north"], ["south", "--red", "7", "--called", "rust", "--twice"]):
        assert CliRunner().invoke(app, words).exit_code == 0
    (north, south) = CALLS
    assert north == ("north", Colours(), False)
    assert south == ("south", Colours(7, "rust"), True)
    assert "How red." in CliRunner().invoke(app, ["--help"]).stdout
